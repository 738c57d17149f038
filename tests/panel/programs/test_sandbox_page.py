"""The page of the sandbox: a test key by one press, which signs in there alone, and an empty start by another."""

from __future__ import annotations

import html
import re

from panel.rights import Membership, Permission, Role
from tests.panel.brands.forms import AT, OWNER, error_at
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, NO_RIGHT, Colleague
from tests.panel.test_matrix import brand
from tests.providers.api.desk import codes
from tests.web.client import refused_for

PAGE = f"{AT}/programlar/deneme-alani"


def shown(text: str, name: str) -> str:
    """A value to copy."""
    found = re.search(rf'<code id="{name}"[^>]*>([^<]+)<', text)
    assert found
    return found[1]


def signed_in(owner: Colleague, text: str) -> str:
    """The access token for the key that the page shows."""
    form = {"username": shown(text, "username"), "password": shown(text, "new-password"), "grant_type": "password"}
    answer = owner.post("/sandbox/oauth2/token", json=form)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def state(owner: Colleague, access: str) -> int:
    answer = owner.get("/sandbox/clock", headers={"authorization": f"Bearer {access}"})
    assert answer.status_code == 200 or codes(answer) == ["H351"]
    return int(answer.status_code)


def test_a_key_is_made_by_one_press_and_shown_once(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    before = owner.get(PAGE).text
    for named in (f"{here.settings.public_url}/sandbox", *map(str, BRANDS[CINAR])):
        assert named in html.unescape(before)
    made = owner.post(PAGE)
    secret = shown(made.text, "new-password")
    assert "no-store" in made.headers["cache-control"]
    page = owner.get(PAGE).text
    assert secret not in page
    program = re.search(rf'href="({AT}/programlar/\d+)">test_{CINAR}<', page)
    assert program
    of_key = owner.get(program[1]).text
    assert "yalnız deneme alanında geçer" in of_key
    assert "/yetki" not in of_key
    access = signed_in(owner, made.text)
    assert state(owner, access) == 200
    assert signed_in(owner, owner.post(PAGE).text) != access
    assert f">test_{CINAR}_2<" in owner.get(PAGE).text
    assert here.acts() == ["program-added"] * 2


def test_a_press_empties_it(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    made = owner.post(PAGE).text
    access = signed_in(owner, made)
    assert owner.post(f"{PAGE}/bosalt").headers["location"].endswith(f"{PAGE}?bosaltildi")
    assert "boşaltıldı" in owner.get(f"{PAGE}?bosaltildi").text
    assert state(owner, access) == 401
    assert state(owner, signed_in(owner, made)) == 200


def test_it_is_the_whole_companys(office: OpenOffice) -> None:
    here = office()
    some = here.somebody(Membership(Role.USER, Permission.ADMINISTER, frozenset({brand(here, CINAR)})))
    assert "Deneme anahtarı al" not in some.get(PAGE).text
    for path in (PAGE, f"{PAGE}/bosalt"):
        refused_for(some.post(path), 403, NO_RIGHT)
    assert here.acts() == []


def test_a_site_without_one_names_the_command(office: OpenOffice) -> None:
    owner = office(SANDBOX="0").somebody(OWNER)
    page = owner.get(PAGE).text
    assert "izin sandbox" in page
    assert "Deneme anahtarı al" not in page
    answer = owner.post(f"{PAGE}/bosalt")
    assert answer.headers["location"].endswith(PAGE), "it empties nothing, and does not say so"
    assert "izin sandbox" in owner.get(answer.headers["location"]).text


def test_a_real_key_gets_no_name_of_a_test_key(office: OpenOffice) -> None:
    here = office()
    refused = here.somebody(OWNER).post(f"{AT}/programlar", data={"username": f"test_{CINAR}"})
    assert "deneme anahtarlarınındır" in error_at(refused, "username")
    assert here.acts() == []
