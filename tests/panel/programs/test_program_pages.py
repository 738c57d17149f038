"""The pages of programs: a password stands on one answer alone, and who is ended is refused at the next call."""

from __future__ import annotations

import asyncio
import html
import json
import re
import shlex

import pytest

from consents import dates
from panel.rights import Membership, Permission, Role, Staff
from providers.callers import api_users, call_log, passwords, stray_calls
from providers.callers.api_users import Owner
from providers.openapi import reference
from tests import programs
from tests.panel.brands.forms import AT, OWNER, error_at, seen
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, ISIK, NO_RIGHT, STALE, Colleague, Office
from tests.panel.test_matrix import brand
from tests.providers.api.desk import codes
from tests.web.client import refused_for

LIST = f"{AT}/programlar"


def password(text: str) -> str:
    found = re.search(r'id="new-password">([^<]+)<', text)
    assert found
    return found[1]


def page_of(owner: Colleague, name: str) -> str:
    found = re.search(rf'href="({LIST}/\d+)">{name}<', owner.get(LIST).text)
    assert found
    return found[1]


def token(here: Office, name: str, secret: str) -> str:
    """The access token that a program gets, or the name of the error."""
    answer = here.browser().post("/oauth2/token", data={"username": name, "password": secret, "grant_type": "password"})
    return str(answer.json()["access_token" if answer.status_code == 200 else "error"])


def call(here: Office, access: str) -> str:
    """İYS's code where the call is refused, else ""."""
    path = f"/sps/{CINAR}/brands/{CINAR}/consents/status"
    body = {"recipient": "+905320000001", "recipientType": "BIREYSEL", "type": "MESAJ"}
    answer = here.browser().post(path, json=body, headers={"authorization": f"Bearer {access}"})
    return codes(answer)[0] if answer.status_code in (401, 403) else ""


def test_a_password_is_shown_once_and_ends_with_the_next_one(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    shown = owner.post(LIST, data={"username": "crm"})
    first, page = password(shown.text), page_of(owner, "crm")
    assert "no-store" in shown.headers["cache-control"]
    for path in (LIST, page, f"{AT}/kutuk"):
        assert first not in owner.get(path).text
    assert "yeni şifre alın" in error_at(owner.post(LIST, data={"username": "crm"}), "username"), "a second click"
    access = token(here, "crm", first)
    assert call(here, access) == ""
    drawn = {"seen": seen(owner.get(page))}
    second = password(owner.post(f"{page}/sifre", data=drawn).text)
    refused_for(here.somebody(OWNER).post(f"{page}/sifre", data=drawn), 409, STALE)  # who was slower is told
    assert second != first
    assert second not in owner.get(page).text
    assert call(here, access) == "H351"
    assert token(here, "crm", first) == "invalid_request"
    assert call(here, token(here, "crm", second)) == ""
    assert here.acts() == ["program-added", "program-renewed"]


def test_who_is_ended_is_refused_at_the_next_call(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    secret = password(owner.post(LIST, data={"username": "crm"}).text)
    page, access = page_of(owner, "crm"), token(here, "crm", secret)
    assert call(here, access) == ""
    shown = seen(owner.get(page))
    assert owner.post(f"{page}/kapat", data={"seen": shown}).status_code == 303
    assert call(here, access) == "H351"
    assert token(here, "crm", secret) == "invalid_request"
    refused_for(owner.post(f"{page}/sifre", data={"seen": shown}), 409, STALE)
    assert "Erişimini kapat" not in owner.get(page).text
    assert "alınmış" in error_at(owner.post(LIST, data={"username": "crm"}), "username")


@pytest.mark.parametrize(
    ("username", "said"), [("", "boş"), ("iki kelime", "harf"), ("a" * 65, "harf")], ids=["none", "blank", "long"]
)
def test_a_name_that_cannot_be_is_refused_at_its_field(office: OpenOffice, username: str, said: str) -> None:
    here = office()
    assert said in error_at(here.somebody(OWNER).post(LIST, data={"username": username}), "username")
    assert here.acts() == []


def test_networks_are_kept_and_wrong_ones_refused(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    secret = password(owner.post(LIST, data={"username": "crm"}).text)
    page, access = page_of(owner, "crm"), token(here, "crm", secret)
    wrong = owner.post(f"{page}/aglar", data={"networks": "burası", "seen": seen(owner.get(page))})
    assert "192.0.2.0/24" in error_at(wrong, "networks")
    kept = owner.post(f"{page}/aglar", data={"networks": "192.0.2.0/24\n2001:db8::/32", "seen": seen(owner.get(page))})
    assert kept.status_code == 303
    assert "192.0.2.0/24, 2001:db8::/32" in owner.get(LIST).text
    assert call(here, access) == "H363"
    assert here.acts() == ["program-added", "program-networks-changed"]


def test_who_works_for_some_brands_sees_no_program(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    owner.post(LIST, data={"username": "crm"})
    own = frozenset({brand(here, CINAR)})
    browser = here.somebody(Membership(Role.USER, Permission.ADMINISTER, own))
    page = page_of(owner, "crm")
    assert "crm" not in browser.get(LIST).text
    assert browser.get(page).status_code == 403
    assert [browser.post(f"{page}/{act}").status_code for act in ("aglar", "sifre", "kapat")] == [403] * 3
    refused_for(browser.post(LIST, data={"username": "yeni"}), 403, NO_RIGHT)


def test_a_company_has_fifty_programs_at_the_most(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    for number in range(api_users.MOST):
        name = f"program{number}"
        here.registry.store.write_now(api_users.add, Owner.PROVIDER, CINAR, name, programs.password(name))
    refused = owner.post(LIST, data={"username": "crm"})
    assert refused.status_code == 422
    assert "En çok 50 program" in error_at(refused, "username")
    here.registry.store.write_now(api_users.end, Owner.PROVIDER, CINAR, "program7")
    assert password(owner.post(LIST, data={"username": "crm"}).text)


def test_where_all_threads_hash_nothing_is_added(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    owner = here.somebody(OWNER)
    owner.post(LIST, data={"username": "crm"})
    page = page_of(owner, "crm")
    drawn = {"seen": seen(owner.get(page))}
    monkeypatch.setattr(passwords, "QUEUE", -100)
    for path, data in ((LIST, {"username": "erp"}), (f"{page}/sifre", drawn)):
        answer = owner.post(path, data=data)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert here.acts() == ["program-added"]


def test_a_key_is_limited_in_the_panel(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    secret = password(owner.post(LIST, data={"username": "crm", "level": "read"}).text)
    page, access = page_of(owner, "crm"), token(here, "crm", secret)
    assert "yalnızca okur" in owner.get(LIST).text
    assert write(here, access) == "H353"
    assert call(here, access) == ""
    drawn = {"seen": seen(owner.get(page)), "level": "write"}
    assert "En az bir marka" in error_at(owner.post(f"{page}/yetki", data={**drawn, "scope": "some"}), "scope-some")
    other = {**drawn, "scope": "some", "brand": str(BRANDS[CINAR][1])}
    assert owner.post(f"{page}/yetki", data=other).status_code == 303
    refused_for(owner.post(f"{page}/yetki", data=other), 409, STALE)
    assert call(here, access) == "H353"
    again = {"seen": seen(owner.get(page)), "level": "write", "scope": "all", "brand": str(BRANDS[CINAR][1])}
    assert owner.post(f"{page}/yetki", data=again).status_code == 303
    assert (call(here, access), write(here, access)) == ("", "")
    rights = ["program-rights-changed"] * 3
    assert here.acts() == ["program-added", *rights]


def test_a_form_without_a_level_gives_no_right_to_write(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    shown = owner.post(LIST, data={"username": "crm", "level": "read"})
    form = {"username": "crm", "password": password(shown.text), "grant_type": "password"}
    access = here.browser().post("/oauth2/token", json=form).json()["access_token"]
    page = re.search(rf"{LIST}/\d+", shown.text)
    assert page is not None
    for given in ({}, {"level": "read"}):
        drawn = {"seen": seen(owner.get(page[0])), "scope": "all", **given}
        assert owner.post(f"{page[0]}/yetki", data=drawn).status_code == 303
        assert write(here, access) == "H353"


def write(here: Office, access: str) -> str:
    """İYS's code where a record is refused for its caller, else ""."""
    answer = here.browser().post(
        f"/sps/{CINAR}/brands/{CINAR}/consents", json={}, headers={"authorization": f"Bearer {access}"}
    )
    return codes(answer)[0] if answer.status_code in (401, 403) else ""


def test_a_programmer_copies_lines_and_reads_the_last_calls(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    shown = owner.post(LIST, data={"username": "crm"})
    secret, base = password(shown.text), here.settings.public_url
    line = html.unescape(re.search(r'<code id="line-token"[^>]*>([^<]+)<', shown.text)[1])  # type: ignore[index]
    assert line.startswith(f"curl -s {base}/oauth2/token ")
    assert json.loads(line.split(" -d ")[1].strip("'")) == {
        "grant_type": "password",
        "username": "crm",
        "password": secret,
    }
    for name in ("company", "brand"):
        assert re.search(rf'<code id="{name}"[^>]*>{CINAR}<', shown.text)
    guide = re.search(r'href="(/gelistirici/rehber[^"]+)"', shown.text)
    assert guide
    assert html.unescape(guide[1]) == f"/gelistirici/rehber?sirket={CINAR}&marka={CINAR}&ad=crm"
    assert "Henüz çağrı yok" in owner.get(f"{LIST}/cagrilar").text
    access = token(here, "crm", secret)
    assert (call(here, access), write(here, access)) == ("", "")
    store = here.registry.store
    asyncio.run(call_log.get(store).close(store))
    log = owner.get(f"{LIST}/cagrilar").text
    assert f"POST /sps/{CINAR}/brands/{CINAR}/consents/status" in log
    assert "POST /oauth2/token" in log
    assert len(re.findall('<tr><th scope="row">', log)) == 3
    failed = owner.get(f"{LIST}/cagrilar?hata").text
    assert len(re.findall('<tr><th scope="row">', failed)) == 1
    assert "H111" in failed
    assert "Henüz" in owner.get(f"{LIST}/cagrilar?program=999999").text
    foreign = here.somebody(OWNER, ISIK).get(f"/panel/{ISIK}/programlar/cagrilar").text
    assert "crm" not in foreign


def test_a_company_reads_what_is_wrong_with_its_program(office: OpenOffice) -> None:
    here = office()
    owner, staff = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    assert "Henüz anahtar yok" in owner.get(f"{LIST}/teshis").text
    secret = password(owner.post(LIST, data={"username": "crm"}).text)
    assert "Henüz çağrı yok" in owner.get(f"{LIST}/teshis").text
    access = token(here, "crm", secret)
    store = here.registry.store
    assert call(here, access) == ""
    asyncio.run(call_log.get(store).close(store))
    assert "2 çağrıda bir hata görünmüyor" in owner.get(f"{LIST}/teshis").text
    for _ in range(2):
        write(here, access)
    here.browser().post(f"/sps/{CINAR}/brands/{CINAR}/consents", json={}, headers={"X-Api-Key": "1"})
    for kept in (call_log.get(store), stray_calls.get(store)):
        asyncio.run(kept.close(store))
    page = html.unescape(owner.get(f"{LIST}/teshis").text)
    assert "Geri çevrilen kayıt hiç değişmeden 2 kez gönderildi (H111)." in page
    assert f"<code>POST /sps/{CINAR}/brands/{CINAR}/consents</code> 422 <code>H111</code>" in page
    assert "API anahtarı" not in page, "a claim is the operator's alone"
    seen_by_staff = html.unescape(staff.get(f"/panel/isletmen/saglayicilar/{CINAR}").text)
    assert "Başlıkta API anahtarı gönderiliyor" in seen_by_staff
    assert "<strong>crm</strong>: Geri çevrilen kayıt" in seen_by_staff
    assert "görülenler" not in staff.get(f"/panel/isletmen/saglayicilar/{ISIK}").text
    assert "crm" not in here.somebody(OWNER, ISIK).get(f"/panel/{ISIK}/programlar/teshis").text
    some = Membership(Role.USER, Permission.ADMINISTER, frozenset({brand(here, BRANDS[CINAR][1])}))
    assert "crm" not in here.somebody(some).get(f"{LIST}/teshis").text


def test_the_call_to_try_is_of_the_chosen_brand(office: OpenOffice) -> None:
    here = office(SANDBOX="0")
    owner = here.somebody(OWNER)
    feed = f"cagri={reference.page_name('PullPerBrandCode')}"
    for query, code in (("?", CINAR), (f"?marka={BRANDS[CINAR][1]}&", BRANDS[CINAR][1]), ("?marka=1&", CINAR)):
        page = html.unescape(owner.get(f"{LIST}/dene{query}{feed}").text)
        line = re.search(r'<code id="line"[^>]*>([^<]+)<', page)
        assert line
        assert f'"{here.settings.public_url}/sps/{CINAR}/brands/{code}/consents/changes"' in line[1]
        assert f"/gelistirici/rehber?sirket={CINAR}&marka={code}" in page
        assert 'id="try"' not in page, "there is no sandbox"
    other = BRANDS[CINAR][1]
    some = frozenset({brand(here, other)})
    limited = here.somebody(Membership(Role.USER, Permission.ADMINISTER, some)).get(f"{LIST}/dene").text
    assert f"/brands/{other}/" in limited
    assert f"/brands/{CINAR}/" not in limited
    assert "/cagrilar" not in limited


def test_each_call_of_the_api_can_be_shown_and_its_line_parses_as_shell(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    page = owner.get(f"{LIST}/dene").text
    names = re.findall(r'<option value="([A-Za-z][^"]+)"', page)
    assert len(names) == len(reference.operations("tr"))
    for name in names[:: len(names) // 12]:
        call = reference.operations("tr")[name]
        shown = html.unescape(owner.get(f"{LIST}/dene?cagri={name}").text)
        line = re.search(r'<code id="line"[^>]*>([^<]+)<', shown)
        assert line
        words = shlex.split(line[1])
        assert words[0] == "curl"
        if call.sample:
            dated = call.sample.replace("2026-11-23 10:15:00", dates.wire(here.registry.store.now()))
            assert json.loads(words[words.index("-d") + 1]) == json.loads(dated)
        method = words[words.index("-X") + 1] if "-X" in words else "POST" if call.sample else "GET"
        assert method == call.method


def test_where_there_is_a_sandbox_a_call_can_be_sent_there(office: OpenOffice) -> None:
    here = office()
    page = here.somebody(OWNER).get(f"{LIST}/dene?cagri={reference.page_name('addConsent')}").text
    assert 'data-method="POST" data-base="/sandbox"' in page
    assert f'value="/sps/{CINAR}/brands/{CINAR}/consents"' in page
    assert re.search(r'<script src="/static/try\.js\?', page)


def test_from_the_guide_a_person_comes_to_the_numbers_of_their_company(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    first = owner.get("/panel/rehber?kod=php").headers["location"]
    assert first == f"{LIST}/dene?rehber=php"
    assert owner.get(first).headers["location"] == f"/gelistirici/rehber?kod=php&sirket={CINAR}&marka={CINAR}"
    assert here.browser().get("/panel/rehber").headers["location"].startswith("/panel/giris?")
