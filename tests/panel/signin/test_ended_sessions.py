"""A form whose session had ended: nothing is done, nothing that was typed is lost, and nobody else's is sent."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from panel.rights import Membership, Permission, Role
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, Colleague, Office, app_code, give_app

OWNER = Membership(Role.OWNER, Permission.MEMBER)
MANAGER = Membership(Role.MANAGER, Permission.MEMBER)
AT = f"/panel/{CINAR}"
PLACE = f"{AT}/kullanicilar/davet"
WISH = {"email": "yeni@example.com", "role": "user", "right": ["see", "load"], "scope": "all"}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


def referred(browser: Colleague, page: str) -> dict[str, str]:
    return {"referer": f"{browser.office.settings.public_url}{page}?davet"}


@pytest.mark.parametrize("how", ["idle", "signed out", "never"])
def test_what_was_typed_is_sent_after_the_next_sign_in(office: OpenOffice, how: str) -> None:
    here = office()
    owner = here.somebody(OWNER, email="derya@example.com") if how != "never" else here.browser()
    if how == "never":
        here.person("derya@example.com", OWNER)
    elif how == "idle":
        here.clock.forward(minutes=31)
    else:
        owner.post("/panel/cikis")
    late = owner.post(PLACE, data=WISH, headers=referred(owner, PLACE))
    assert late.status_code == 403
    assert "kaybolmadı" in late.text
    assert f'href="/panel/giris?git={PLACE}"' in html.unescape(late.text)
    assert here.sent == []
    kept = [(name, html.unescape(value)) for name, value in HIDDEN.findall(late.text)]
    assert kept == [
        ("email", "yeni@example.com"),
        ("role", "user"),
        ("right", "see"),
        ("right", "load"),
        ("scope", "all"),
    ]
    owner.sign_in("derya@example.com")
    again = {name: [value for each, value in kept if each == name] for name, _ in kept}
    assert owner.post(PLACE, data=again).headers["location"].endswith("?davet")
    assert here.sent[-1]["to"] == "yeni@example.com"


@pytest.mark.parametrize("has_app", [True, False])
def test_what_was_typed_is_kept_where_a_second_step_has_become_due(office: OpenOffice, has_app: bool) -> None:
    """The owner has made it a rule while somebody was typing."""
    here = office()
    owner, typing = here.somebody(OWNER), here.somebody(MANAGER, strong=False)
    assert typing.get(PLACE).status_code == 200
    owner.post(f"{AT}/kullanicilar/kural", data={"second_step": "1"})
    secret = give_app(here, typing.number) if has_app else ""
    late = typing.post(PLACE, data=WISH, headers=referred(typing, PLACE))
    assert (late.status_code, here.sent) == (403, [])
    step = "/panel/giris/ikinci" if has_app else "/panel/hesap/ikinci-adim"
    assert f'href="{step}?git={PLACE}"' in html.unescape(late.text)
    kept = [(name, html.unescape(value)) for name, value in HIDDEN.findall(late.text)]
    assert kept[0] == ("email", "yeni@example.com")
    assert typing.get(PLACE).headers["location"] == step
    if has_app:
        here.clock.forward(minutes=2)
        assert typing.post(step, data={"code": app_code(here, secret)}).status_code == 303
        again = {name: [value for each, value in kept if each == name] for name, _ in kept}
        assert typing.post(PLACE, data=again).headers["location"].endswith("?davet")


def test_what_was_typed_is_text(office: OpenOffice) -> None:
    late = office().browser().post(PLACE, data={'"><script>': "'\"><script>alert(1)</script>"})
    assert late.status_code == 403
    assert "<script>alert" not in late.text
    assert 'name="&#34;&gt;&lt;script&gt;"' in late.text


def led(here: Office, path: str, **options: Any) -> str:
    owner = here.browser()
    answer = owner.request("POST", path, **options)
    assert answer.status_code == 303
    return answer.headers["location"]


def test_a_file_and_a_button_lead_back_to_their_page(office: OpenOffice) -> None:
    here = office()
    page = f"{AT}/yukle"
    headers = referred(here.browser(), page)
    told = f"/panel/giris?bitti&git={page}"
    assert (
        led(here, page, data={"brand": str(BRANDS[CINAR][0])}, files={"file": ("a.csv", b"x")}, headers=headers) == told
    )
    assert led(here, f"{AT}/yuklemeler/1/uygula", headers=headers) == told
    assert "kaydedilmedi" in here.browser().get(told).text
    away = {"referer": "https://evil.example//panel/../x"}
    assert led(here, f"{AT}/yuklemeler/1/uygula", headers=away) == "/panel/giris?bitti"


def test_a_code_is_not_kept(office: OpenOffice) -> None:
    here = office()
    assert led(here, "/panel/giris/ikinci", data={"code": "123456"}) == "/panel/giris"


def test_a_page_that_renews_itself_goes_to_the_sign_in(office: OpenOffice) -> None:
    answer = office().browser().get(f"{AT}/yuklemeler/1", headers={"hx-request": "true"})
    assert (answer.status_code, answer.text) == (200, "")
    assert answer.headers["hx-redirect"] == f"/panel/giris?git={AT}/yuklemeler/1"
