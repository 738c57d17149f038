"""Who acts as what: the operator's people act at a company as that alone, and a paused or closed company's people do
what is left to them. Every line of the table of routes is tried, so a new one is too."""

from __future__ import annotations

import html
import re

import pytest

from consents.brands import provider_states
from consents.brands.company_changes import Why
from consents.brands.provider_states import ProviderState
from panel.accounts import memberships
from panel.gate import PanelRoute
from panel.rights import EVERY_GIVEN, Membership, Permission, Role, Staff
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, Colleague, Office
from tests.panel.test_matrix import ABOUT, ask, filled, name, things
from web.codes import SENTENCES

AT = f"/panel/{CINAR}"
OWNER = Membership(Role.OWNER, Permission.MEMBER)
MEMBERSHIPS = (OWNER, Membership(Role.USER, EVERY_GIVEN), Membership(Role.USER, Permission.LOAD))
LOOK = {"address": "0532 000 00 01", "why": ""}
ONAY = {**LOOK, "key": "600101 MESAJ", "identity": "BIREYSEL", "status": "ONAY", "why": "Aradı ve istediğini söyledi"}

# What a closed company's people may still use, and what a paused one's may not, beside the table of routes.
LEFT = {
    *(
        "GET /genel",
        "GET /genel/{brand:number}",
        "GET /kutuk",
        "POST /kutuk",
        "POST /kutuk/indir",
        "GET /masa",
        "POST /masa",
        "POST /masa/arayan",
        "POST /masa/geri-al",
        "GET /mektuplar",  # who writes to the company about this registry is answered all the same
        "POST /mektuplar",
    ),
    *("GET /yuklemeler", "GET /yuklemeler/{upload:number}", "POST /yuklemeler/{upload:number}/sil"),
    *("GET /yuklemeler/{upload:number}/geri-al", "GET /kullanicilar/{colleague:number}/kapat"),
    *("POST /yuklemeler/{upload:number}/geri-al", "GET /kullanicilar", "GET /kullanicilar/{colleague:number}"),
    *("POST /kullanicilar/{colleague:number}/kapat", "POST /davetler/{invitation:number}/geri-al"),
}
NOT_WHILE_PAUSED = {
    *("POST /sorgu/dosya", "GET /sorgu/dosyalar", "POST /sorgu/dosyalar/{export:number}/indir"),
    *("POST /raporlar/{brand:number}/indir", "GET /baglantilar", "POST /baglantilar", "GET /baglantilar/dosyalar"),
    *("POST /baglantilar/dosyalar/{linkfile:number}/indir", "POST /markalar", "POST /programlar"),
    "GET /programlar/{program:number}/sifre",
    *("POST /programlar/{program:number}/sifre", "POST /programlar/bildirim", "POST /programlar/deneme-alani"),
    "POST /programlar/olaylar",
    "POST /ortaklar/{brand:number}",
    "POST /programlar/bildirim/{push:number}/dene",
    *("POST /programlar/bildirim/{push:number}/bicim", "POST /programlar/bildirim/{push:number}/yeniden"),
    *("GET /programlar/bildirim/{push:number}/imza", "POST /programlar/bildirim/{push:number}/imza"),
    "POST /programlar/gonderim/{delivery:number}",
    *("POST /reddedenler/indir", "GET /liste", "POST /liste"),
    # It asks for no consent.
    *("GET /formlar/yeni", "POST /formlar/yeni", "GET /formlar/{form:number}/duzelt"),
    *("POST /formlar/{form:number}/duzelt", "POST /formlar/{form:number}/gonder"),
    *("GET /kasalar/yeni", "POST /kasalar/yeni"),
}


def both(here: Office, staff: Staff, membership: Membership) -> Colleague:
    """One of the operator's people whom a company has made one of its own."""
    browser, provider = here.somebody(staff), here.id_of(CINAR)
    here.registry.store.write_now(memberships.put, browser.number, provider, membership)
    return browser


@pytest.mark.parametrize("staff", [Staff.OPERATOR, Staff.AUDITOR])
def test_the_operators_people_may_at_a_company_what_the_table_gives_them_and_nothing_of_a_membership(
    office: OpenOffice, staff: Staff
) -> None:
    here = office()
    everybody = [both(here, staff, membership) for membership in MEMBERSHIPS]
    wrong = []
    for line in ABOUT:
        path = filled(line, CINAR, things(here, line, CINAR))
        found = [ask(browser, line, path) not in (403, 404) for browser in everybody]
        if found != [staff in line.staff] * len(everybody):
            wrong.append((name(line), found))
    assert wrong == []


def test_an_operator_whom_a_company_has_invited_records_no_onay_and_gives_a_reason(office: OpenOffice) -> None:
    here = office()
    operator = both(here, Staff.OPERATOR, OWNER)
    page = operator.shown(f"{AT}/masa/arayan", data={**LOOK, "why": "Şikâyet 2026/12"}).text
    assert ('value="RET"' in page, 'value="ONAY"' in page) == (True, False)
    refused = operator.shown(f"{AT}/masa", data=ONAY)
    assert (refused.status_code, "Ne dediğini seçin." in refused.text) == (422, True)
    recorded = operator.shown(f"{AT}/masa", data={**ONAY, "status": "RET"})
    assert recorded.status_code == 200
    assert here.acts() == ["address-looked-at", "refusal-recorded"]


def test_an_auditor_whom_a_company_has_invited_looks_with_a_reason_and_at_counts(office: OpenOffice) -> None:
    here = office()
    auditor, colleague = both(here, Staff.AUDITOR, OWNER), here.somebody(OWNER)
    refused = auditor.post(f"{AT}/adres", data=LOOK)
    assert (refused.status_code, "birkaç sözcükle yazın" in refused.text) == (422, True)
    assert here.acts() == []
    assert colleague.post(f"{AT}/adres", data=LOOK).status_code == 200
    colleague.shown(f"{AT}/masa", data=ONAY)
    rows = [one.get(f"{AT}/sorgu?brand=600101").text for one in (auditor, colleague)]
    assert ["+90 532 ••• •• 01" in page for page in rows] == [False, True]


def test_who_leaves_the_operator_is_one_of_the_companys_people_again(office: OpenOffice) -> None:
    here = office()
    person, operator = both(here, Staff.AUDITOR, OWNER), here.somebody(Staff.OPERATOR)
    assert "yetkileriniz bu görev sürdükçe askıdadır" in person.get("/panel/hesap").text
    assert person.get("/panel").headers["location"] == "/panel/isletmen"
    assert person.get(f"{AT}/kullanicilar").status_code == 403
    assert operator.post(f"/panel/isletmen/kisiler/{person.number}/kapat").status_code == 303
    person.sign_in(person.email)
    assert person.get(f"{AT}/kullanicilar").status_code == 200


def test_an_owner_who_works_for_the_operator_is_not_the_owner_that_a_company_needs(office: OpenOffice) -> None:
    here = office()
    resting, owner = both(here, Staff.OPERATOR, OWNER), here.somebody(OWNER)
    refused = owner.post(f"{AT}/kullanicilar/{owner.number}/kapat")
    assert (refused.status_code, "Son hesap sahibi kaldırılamaz" in refused.text) == (422, True)
    assert owner.post(f"{AT}/kullanicilar/{resting.number}/kapat").status_code == 303


def _pattern(line: PanelRoute) -> str:
    return re.sub(r"\{\w+:number\}", r"\\d+", line.path)


def _still(state: ProviderState) -> set[ProviderState]:
    """The states up to which a line must be open to be so in this one."""
    return {ProviderState.CLOSED} | ({ProviderState.PAUSED} if state is ProviderState.PAUSED else set())


def short(line_name: str) -> str:
    return line_name.replace("/panel/{company:number}", "")


@pytest.mark.parametrize("state", [ProviderState.PAUSED, ProviderState.CLOSED])
def test_what_a_paused_or_closed_companys_people_may_still_do(office: OpenOffice, state: ProviderState) -> None:
    here = office()
    owner, keyring = here.somebody(OWNER), here.registry.keyring
    staff = {kind: here.somebody(kind) for kind in (Staff.OPERATOR, Staff.AUDITOR)}
    change = provider_states.pause if state is ProviderState.PAUSED else provider_states.close
    here.registry.store.write_now(change, CINAR, Why(keyring, "deneme"))
    names, wrong = {short(name(line)) for line in ABOUT}, []
    assert names >= LEFT | NOT_WHILE_PAUSED
    said = "kayıtlarını durdurdu" if state is ProviderState.PAUSED else "şirketinizi kapattı"
    for line in ABOUT:
        path = filled(line, CINAR, things(here, line, CINAR))
        answer = owner.request(line.method, path, **({"data": {}} if line.method == "POST" else {}))
        is_open = (
            short(name(line)) in LEFT if state is ProviderState.CLOSED else short(name(line)) not in NOT_WHILE_PAUSED
        )
        offered = re.findall(r'<(a|form)\b[^>]* (?:href|action)="(/panel/\d+[^"?]*)"[^>]*', answer.text)
        for kind_of, place in offered if answer.status_code == 200 else []:
            wanted = [
                other
                for other in ABOUT
                if (other.method == "POST") == (kind_of == "form") and re.fullmatch(_pattern(other), place)
            ]
            if wanted and wanted[0].until not in _still(state):
                wrong.append((short(name(line)), f"leads to {place}"))
        turned_away = answer.status_code == 403 and said in answer.text
        if turned_away is is_open or (is_open and answer.status_code in (403, 404)):
            wrong.append((short(name(line)), answer.status_code))
        for kind, browser in staff.items():
            if kind in line.staff and ask(browser, line, path) in (403, 404):
                wrong.append((short(name(line)), kind.name))
    assert wrong == []


def test_a_closed_company_still_records_refusals_and_no_consent(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    here.registry.store.write_now(provider_states.close, CINAR, Why(here.registry.keyring, "deneme"))
    refused = owner.shown(f"{AT}/masa", data=ONAY)
    assert (refused.status_code, here.acts()) == (422, [])
    assert SENTENCES["H521"].text("tr") in html.unescape(refused.text)
    assert owner.shown(f"{AT}/masa", data={**ONAY, "status": "RET"}).status_code == 200
    assert here.acts() == ["refusal-recorded"]
    menu = owner.get(f"{AT}/genel").text
    assert [page in menu for page in ("/masa", "/kutuk", "/sorgu", "/baglantilar", "/adres")] == [True, True] + [
        False
    ] * 3
