"""The call desk: a company's people declare what they are told, the operator's people record refusals alone."""

from __future__ import annotations

import re

import pytest
from httpx2 import Response
from sqlalchemy import text as sql

from citizen.alerts import owner_notices
from consents import ledger, state
from consents.brands import companies, provider_states
from consents.brands.company_changes import Why
from consents.history import Deed
from consents.languages import LANGUAGES, SMS_LETTERS
from consents.ledger import Wish
from consents.people import register
from consents.rules import RET, Standing
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Actor, Channel, Door, Identity, Source, Status
from panel.people import brakes
from panel.rights import Membership, Permission, Role, Staff
from settings import load
from tests.conftest import SECRET
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, NO_RIGHT, Colleague, Office
from tests.web.client import refused_for
from trust import record_numbers

DESK = Membership(Role.USER, Permission.DESK)
PHONE, BRAND = "+905320000001", 600101
AT = f"/panel/{CINAR}/masa"
SMS, PRIVATE = Channel.MESAJ, Identity.BIREYSEL


def said(status: str, **more: str) -> dict[str, str]:
    plain = {"address": "0532 000 00 01", "key": f"{BRAND} MESAJ", "why": "Kendi numarasından aradı"}
    return {**plain, "status": status, "identity": "BIREYSEL", **more}


def opened(browser: Colleague, address: str = "0532 000 00 01", why: str = "SMS istemediğini söylüyor") -> Response:
    """Who calls?"""
    return browser.post(f"{AT}/arayan", data={"address": address, "why": why})


def sheet(browser: Colleague, address: str = "0532 000 00 01") -> Response:
    """The caller's consents."""
    return browser.get(opened(browser, address).headers["location"])


def standing(here: Office, identity: Identity = PRIVATE) -> Standing | None:
    def look(snapshot: Snapshot) -> Standing | None:
        brand = companies.known_brand(snapshot, BRAND)
        person = register.find(snapshot, here.registry.keyring, register.person(here.registry.keyring, PHONE))
        assert brand is not None
        return None if person is None else state.of_key(snapshot, Key(person, brand.id, SMS.code, identity.code))

    return here.registry.store.read_now(look)


@pytest.mark.parametrize("status", ["RET", "ONAY"])
def test_a_company_declares_what_it_was_told(office: OpenOffice, status: str) -> None:
    here = office()
    shown = here.somebody(DESK).shown(AT, data=said(status))
    assert shown.status_code == 200
    assert "ayıt numarası" in shown.text
    found = standing(here)
    assert found is not None
    assert found.citizen is None, "the word is the company's"
    assert found.provider is not None
    assert found.provider.source == Source.HS_CAGRI_MERKEZI.code
    assert found.status == Status(status).code
    assert here.acts() == ["refusal-recorded" if status == "RET" else "consent-declared"]


def test_a_citizens_own_refusal_waits_for_him(office: OpenOffice) -> None:
    here = office()
    operator, desk = here.somebody(Staff.OPERATOR), here.somebody(DESK)
    operator.shown(AT, data=said("RET"))
    here.clock.forward(minutes=5)
    assert "bekliyor" in desk.shown(AT, data=said("ONAY")).text
    found = standing(here)
    assert found is not None
    assert found.status == Status.BEKLIYOR.code


def test_the_operator_records_a_refusal_as_the_citizens_own_word(office: OpenOffice) -> None:
    here = office()
    assert here.somebody(Staff.OPERATOR).shown(AT, data=said("RET")).status_code == 200
    for identity in Identity:
        found = standing(here, identity)
        assert found is not None
        assert found.citizen is not None
        assert found.citizen.source == Source.IYS_CM.code
        assert found.status == Status.RET.code


def test_the_operator_can_record_no_consent(office: OpenOffice) -> None:
    here = office()
    operator = here.somebody(Staff.OPERATOR)
    assert 'value="ONAY"' not in sheet(operator).text
    refused_for(operator.post(AT, data=said("ONAY")), 422, "Ne dediğini seçin.")
    assert standing(here) is None
    refused_for(here.somebody(Staff.AUDITOR).post(AT, data=said("RET")), 403, NO_RIGHT)


@pytest.mark.parametrize(("status", "code"), [("RET", 200), ("ONAY", 422)])
def test_of_a_paused_company_refusals_pass_and_consents_do_not(office: OpenOffice, status: str, code: int) -> None:
    here = office()
    here.registry.store.write_now(provider_states.pause, CINAR, Why(here.registry.keyring, "deneme"))
    answer = here.somebody(DESK).shown(AT, data=said(status))
    assert answer.status_code == code
    assert (standing(here) is not None) is (status == "RET")


FAULTS = [
    ({"address": ""}, "Arayanın numarasını, e-postasını ya da kayıt numarasını yazın."),
    ({"address": "05320"}, "Numara çok kısa."),
    ({"address": "ayse@example.com"}, "En az bir kanal seçin."),
    ({"key": "600200 MESAJ"}, "En az bir kanal seçin."),
    ({"key": ""}, "En az bir kanal seçin."),
    ({"status": ""}, "Ne dediğini seçin."),
    ({"status": "BEKLIYOR"}, "Ne dediğini seçin."),
    ({"status": "ONAY", "identity": "BOTH"}, "İzni kimin için verdiğini seçin: kendisi ya da işletmesi."),
    ({"why": " "}, "Arayanı nasıl tanıdığınızı seçin ya da kısaca yazın."),
]


@pytest.mark.parametrize(("fault", "sentence"), FAULTS, ids=str)
def test_what_is_not_whole_records_nothing(office: OpenOffice, fault: dict[str, str], sentence: str) -> None:
    here = office()
    refused_for(here.somebody(DESK).post(AT, data=said("RET") | fault), 422, sentence)
    assert standing(here) is None
    assert here.acts() == []


@pytest.mark.parametrize("kind", [DESK, Staff.OPERATOR], ids=["company", "operator"])
def test_a_caller_is_offered_the_channels_of_their_address(office: OpenOffice, kind: Membership | Staff) -> None:
    here = office()
    desk = here.somebody(kind)
    for address, channels in (
        ("ayse@example.com", ["EPOSTA"]),
        ("0532 000 00 01", ["ARAMA", "MESAJ"]),
        ("0212 000 00 00", ["ARAMA"]),
    ):
        page = sheet(desk, address).text
        assert re.findall(rf'name="key" value="{BRAND} ([A-Z]+)"', page) == channels
    refused_for(opened(desk, "05320"), 422, "Numara çok kısa.")
    refused_for(opened(desk, "ayse@"), 422, "e-posta")


def number_in(text: str) -> str:
    """The record number on a page."""
    found = re.findall(r"\b[0-9]{4} [0-9]{4} [0-9]{4}\b", text.replace("\u00a0", " "))
    assert len(found) == 1, text
    return str(found[0])


@pytest.mark.parametrize("kind", [DESK, Staff.OPERATOR], ids=["company", "operator"])
def test_said_again_changes_nothing_and_has_the_same_number(office: OpenOffice, kind: Membership | Staff) -> None:
    here = office()
    desk = here.somebody(kind)
    first = desk.shown(AT, data=said("RET")).text
    here.clock.forward(minutes=1)
    again = desk.shown(AT, data=said("RET")).text
    assert here.acts() == ["refusal-recorded"]
    assert "Zaten kayıtlı" in again
    assert number_in(first) == number_in(again)


def test_the_number_of_a_citizens_own_refusal_is_not_told_to_a_company(office: OpenOffice) -> None:
    here = office()
    own = number_in(here.somebody(Staff.OPERATOR).shown(AT, data=said("RET")).text)
    desk = here.somebody(DESK)
    told = [desk.shown(AT, data=said("RET")).text for _ in range(2)]
    assert own not in "".join(told).replace("\u00a0", " ")


def test_a_brand_that_is_not_ones_own_cannot_be_named(office: OpenOffice) -> None:
    here = office()
    known = here.registry.store.read_now(companies.known_brand, 600100)
    assert known is not None
    desk = here.somebody(DESK._replace(brands=frozenset({known.id})))
    assert re.findall(r'name="key" value="([0-9]+)', sheet(desk).text) == ["600100"] * 2
    refused_for(desk.post(AT, data=said("RET")), 422, "En az bir kanal seçin.")
    desk.shown(AT, data=said("RET", all="RET"))
    assert standing(here) is None, "all are all that they see"


@pytest.mark.parametrize("kind", [DESK, Staff.OPERATOR], ids=["company", "operator"])
def test_what_was_recorded_is_shown_again_to_the_same_session_alone(
    office: OpenOffice, kind: Membership | Staff
) -> None:
    here = office()
    desk, other = here.somebody(kind), here.somebody(kind)
    led = desk.post(AT, data=said("RET"))
    assert led.status_code == 303
    at = led.headers["location"]
    assert at.startswith(f"{AT}?sonuc=")
    first, acts = desk.get(at).text, here.acts()
    assert "Ret kaydedildi" in first
    assert without_tokens(desk.get(at).text) == without_tokens(first)
    assert "Ret kaydedildi" not in other.get(at).text
    assert here.acts() == acts
    desk.post(f"{AT}/geri-al", data={"act": act_in(first)})
    assert "Ret kaydedildi" not in desk.get(at).text, "it was taken back"


def without_tokens(page: str) -> str:
    return re.sub(r"(sonuc=|caller\" value=\")[\w-]+", "", page)


def act_in(text: str) -> str:
    """The act that a page offers to take back."""
    (found,) = re.findall(r'name="act" value="([0-9-]+)"', text)
    return str(found)


@pytest.mark.parametrize("kind", [DESK, Staff.OPERATOR], ids=["company", "operator"])
def test_what_was_mistyped_is_taken_back_by_who_recorded_it(office: OpenOffice, kind: Membership | Staff) -> None:
    here = office()
    desk = here.somebody(kind)
    page = desk.shown(AT, data=said("RET")).text
    assert "+90\u00a0532\u00a0000\u00a000\u00a001" in page, "which number was recorded"
    act = act_in(page)
    assert act_in(desk.get(AT).text) == act, "also among the last acts"
    for other in (
        here.somebody(DESK),
        here.somebody(Staff.OPERATOR),
        here.somebody(Membership(Role.OWNER, DESK.rights)),
    ):
        assert 'name="act"' not in other.get(AT).text
        assert other.post(f"{AT}/geri-al", data={"act": act}).headers["location"] == f"{AT}?gec"
    assert standing(here) is not None
    here.clock.forward(minutes=9)
    assert desk.post(f"{AT}/geri-al", data={"act": act}).headers["location"] == f"{AT}?geri"
    assert standing(here) is None, "as before: no record at all"
    assert "geri alındı" in desk.get(f"{AT}?geri").text
    assert 'name="act"' not in desk.get(AT).text
    assert desk.post(f"{AT}/geri-al", data={"act": act}).headers["location"] == f"{AT}?gec"
    assert here.acts() == ["refusal-recorded", "desk-undone"]


def test_after_ten_minutes_it_stands(office: OpenOffice) -> None:
    here = office()
    desk = here.somebody(DESK)
    act = act_in(desk.shown(AT, data=said("RET")).text)
    here.clock.forward(minutes=10.1)
    assert 'name="act"' not in desk.get(AT).text
    assert desk.post(f"{AT}/geri-al", data={"act": act}).headers["location"] == f"{AT}?gec"
    assert standing(here) is not None


def test_what_the_citizen_has_refused_since_stays(office: OpenOffice) -> None:
    here = office()
    desk = here.somebody(DESK)
    act = act_in(desk.shown(AT, data=said("ONAY")).text)
    here.clock.forward(minutes=1)
    here.somebody(Staff.OPERATOR).shown(AT, data=said("RET"))
    assert desk.post(f"{AT}/geri-al", data={"act": act}).headers["location"] == f"{AT}?geri"
    found = standing(here)
    assert found is not None
    assert (found.status, found.provider) == (Status.RET.code, None)


@pytest.mark.parametrize("way", ["their page", "another agent"])
def test_a_refusal_of_the_citizen_outlives_an_agent_who_takes_theirs_back(office: OpenOffice, way: str) -> None:
    """Who records a refusal as the citizen's own and takes it back must not take with it what the citizen refused
    meanwhile, though it was refused already."""
    here = office()
    operator = here.somebody(Staff.OPERATOR)
    act = act_in(operator.shown(AT, data=said("RET")).text)
    here.clock.forward(minutes=1)
    if way == "their page":
        person = register.person(here.registry.keyring, PHONE)
        recipient = here.registry.store.read_now(register.find, here.registry.keyring, person)
        brand = here.registry.store.read_now(companies.known_brand, BRAND)
        assert brand is not None
        assert recipient is not None
        wish = Wish(brand.id, SMS.code, PRIVATE.code, RET, Source.IYS_WEB.code)
        deed = Deed(Actor.CITIZEN, Door.PAGE)
        assert here.registry.store.write_now(ledger.decide, here.registry.policy, recipient, [wish], deed).act
    else:
        again = here.somebody(Staff.OPERATOR).shown(AT, data=said("RET"))
        assert "Ret kaydedildi" in again.text, "with a number of its own"
        assert act_in(again.text) != act
    here.clock.forward(minutes=1)
    assert operator.post(f"{AT}/geri-al", data={"act": act}).headers["location"] == f"{AT}?geri"
    found = standing(here)
    assert found is not None
    assert found.status == RET


@pytest.mark.parametrize("first", [DESK, Staff.OPERATOR], ids=["a colleague", "the operator"])
def test_a_refusal_said_to_two_agents_outlives_the_one_who_takes_theirs_back(
    office: OpenOffice, first: Membership | Staff
) -> None:
    """The second one hears from İYS's rules (H174) that it is recorded, and reads its caller that it stands."""
    here = office()
    agent, second = here.somebody(first), here.somebody(DESK)
    second.shown(AT, data=said("ONAY"))
    here.clock.forward(minutes=1)
    done = agent.shown(AT, data=said("RET"))
    assert "Bu kaydı geri al" in done.text
    here.clock.forward(minutes=1)
    every = [f"{BRAND} MESAJ", "600100 ARAMA"]  # one of them is new
    said_again = said("RET") | {"key": every}  # type: ignore[dict-item]
    assert "Ret kaydedildi" in second.shown(AT, data=said_again).text
    here.clock.forward(minutes=1)
    assert agent.post(f"{AT}/geri-al", data={"act": act_in(done.text)}).headers["location"] == f"{AT}?gec"
    assert "başka birine de söylediyse ret kalır" in agent.get(f"{AT}?gec").text
    found = standing(here)
    assert found is not None
    assert found.status == RET
    assert "Bu kaydı geri al" not in agent.get(AT).text, "nor is it offered"


def test_a_second_call_about_more_outlives_an_agent_who_takes_the_first_back(office: OpenOffice) -> None:
    """One of the second call's channels is refused already, by a record that the first agent may take back."""
    here = office()
    operator = here.somebody(Staff.OPERATOR)
    act = act_in(operator.shown(AT, data=said("RET")).text)
    here.clock.forward(minutes=1)
    again = here.somebody(Staff.OPERATOR).shown(AT, data=said("RET", all="RET"))
    assert "Ret kaydedildi" in again.text
    here.clock.forward(minutes=1)
    assert operator.post(f"{AT}/geri-al", data={"act": act}).headers["location"] == f"{AT}?geri"
    found = standing(here)
    assert found is not None
    assert found.status == RET


@pytest.mark.parametrize("act", ["", "x", "0", "1", "1-1", "-", "1-", "-5", "0-9", "9-1", "1-99999999999999999999"])
def test_what_is_no_act_of_the_desk_is_not_taken_back(office: OpenOffice, act: str) -> None:
    here = office()
    desk = here.somebody(DESK)
    desk.shown(AT, data=said("ONAY"))
    if act == "1-1":
        here.clock.forward(minutes=11)
    assert desk.post(f"{AT}/geri-al", data={"act": act}).headers["location"] == f"{AT}?gec"
    assert standing(here) is not None


def events(here: Office) -> list[tuple[int, int, int, int]]:
    """Brand's place, channel, identity and status of each recorded word."""
    rows = Statement(sql("SELECT brand, channel, identity, status FROM consent_event ORDER BY id"))
    return [tuple(row) for row in here.registry.store.read_now(lambda snapshot: snapshot.all(rows))]  # type: ignore[misc]


def test_acts_of_others_are_looked_through_without_the_write_lock(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    desk, written = here.somebody(DESK), list[object]()
    for _ in range(3):
        here.somebody(DESK).shown(AT, data=said("ONAY"))
        here.clock.forward(seconds=1)
        here.somebody(DESK).shown(AT, data=said("RET"))
        here.clock.forward(seconds=1)
    monkeypatch.setattr("panel.operations.call_centre_actions.undo", lambda *given: written.append(given))
    assert desk.post(f"{AT}/geri-al", data={"act": "1-2000"}).headers["location"] == f"{AT}?gec"
    assert written == []


@pytest.mark.parametrize("kind", [DESK, Staff.OPERATOR], ids=["company", "operator"])
def test_none_of_it_takes_three_presses(office: OpenOffice, kind: Membership | Staff) -> None:
    """Show, how the caller was identified, refuse all."""
    here = office()
    desk = here.somebody(kind)
    page = sheet(desk)
    form = page.text.partition(f'action="{AT}"')[2].partition("</form>")[0]
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', form))
    checked = dict(re.findall(r'type="radio" name="(\w+)" value="(\w+)"[^>]* checked', form))
    assert 'name="all" value="RET"' in form
    done = desk.shown(AT, data={**hidden, **checked, "how": "own", "all": "RET"})
    assert "Ret kaydedildi" in done.text
    found = events(here)
    assert len(found) == len(set(found)) == 2 * 2 * 2, "two brands, two channels, both identities"
    assert {status for *_, status in found} == {Status.RET.code}
    acts = here.acts()
    assert acts == ["address-looked-at", "refusal-recorded", "refusal-recorded"], "a line a brand"
    numbers = re.findall(r"\b[0-9]{4}\u00a0[0-9]{4}\u00a0[0-9]{4}\b", done.text)
    assert len(set(numbers)) == (1 if kind is Staff.OPERATOR else 2), "an act of one's own, or one a brand"
    act = act_in(done.text)
    assert act_in(desk.get(AT).text) == act
    undone = desk.shown(f"{AT}/geri-al", data={"act": act, **hidden})
    assert "Kayıt geri alındı" in undone.text
    assert "+90\u00a0532" in undone.text, "the caller stays"
    assert standing(here) is None
    assert here.acts() == [*acts, "desk-undone", "desk-undone"]


def test_what_stands_is_shown_by_brand_and_channel(office: OpenOffice) -> None:
    here = office()
    desk = here.somebody(DESK)
    desk.shown(AT, data=said("ONAY"))
    desk.shown(AT, data=said("RET", key=f"{BRAND} ARAMA", identity="BOTH"))
    here.clock.forward(seconds=1)
    page = sheet(desk).text
    shown = {
        key: re.sub(r"\s+", " ", re.sub(r"<.*?>", "", words)).strip()
        for key, words in re.findall(r'name="key" value="([^"]+)".*?>(.*?)</label>', page, re.DOTALL)
    }
    assert shown[f"{BRAND} MESAJ"].endswith("Onay, bireysel")
    assert shown[f"{BRAND} ARAMA"].endswith("Ret")
    assert shown["600100 MESAJ"].endswith("kayıt yok")


def test_a_look_is_logged_once_and_shown_to_its_session_alone(office: OpenOffice) -> None:
    here = office()
    desk, other = here.somebody(DESK), here.somebody(DESK)
    desk.shown(AT, data=said("ONAY"))
    at = opened(desk).headers["location"]
    assert "5320000001" not in at, "no address stands in a link"
    for _ in range(2):
        assert "Onay" in desk.get(at).text
    assert here.acts() == ["consent-declared", "address-looked-at"]
    assert "Kim arıyor?" in other.get(at).text
    for forged in ("", "x", at.partition("=")[2][:-1]):
        page = other.post(AT, data=said("RET", key="", caller=forged))
        assert "Arayanın izinleri gösterilmiyor" in page.text, "an error shows nothing that no log knows of"
        assert 'class="is ONAY"' not in page.text
    own = re.search(r'name="caller" value="([^"]+)"', desk.get(at).text)
    assert own
    assert 'class="is ONAY"' in desk.post(AT, data=said("RET", key="", caller=own[1])).text
    foreign = desk.post(AT, data=said("RET", key="", caller=own[1], address="0532 000 00 02"))
    assert "Arayanın izinleri gösterilmiyor" in foreign.text, "the proof is about one address"


def test_the_operators_people_give_a_reason_before_anything_is_shown(office: OpenOffice) -> None:
    here = office()
    operator = here.somebody(Staff.OPERATOR)
    refused_for(opened(operator, why="x"), 422, "birkaç sözcükle yazın")
    assert here.acts() == []
    assert "SMS istemediğini söylüyor</textarea>" in sheet(operator).text, "and need not write it twice"


@pytest.mark.parametrize("kind", [DESK, Staff.OPERATOR], ids=["company", "operator"])
def test_above_the_limit_of_looks_a_refusal_is_still_recorded(
    office: OpenOffice, kind: Membership | Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    monkeypatch.setattr(brakes, "CALLS", 2)
    monkeypatch.setattr(brakes, "LOOKS", 2)
    desk = here.somebody(kind)
    for _ in range(2):
        assert "kayıt yok" in sheet(desk).text
    page = sheet(desk).text
    assert "Arayanın izinleri gösterilmiyor" in page
    assert "kayıt yok" not in page
    assert here.acts() == ["address-looked-at"] * 2
    done = desk.shown(AT, data=said("RET")).text
    assert "Ret kaydedildi" in done
    refused_for(opened(desk, number_in(done)), 429, "kayıt numarası aranmadı")  # it is known


def test_the_number_that_a_citizen_reads_out_leads_to_them(office: OpenOffice) -> None:
    here = office()
    desk = here.somebody(DESK)
    number = number_in(here.somebody(Staff.OPERATOR).shown(AT, data=said("RET")).text)
    assert "+90\u00a0532\u00a0000\u00a000\u00a001" in sheet(desk, number).text
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    refused_for(opened(desk, wrong), 422, "Bu kayıt numarası gördüğünüz markalarda yok.")
    elsewhere = here.somebody(DESK, 600200)
    at = "/panel/600200/masa/arayan"
    refused_for(elsewhere.post(at, data={"address": number}), 422, "Bu kayıt numarası gördüğünüz markalarda yok.")
    other = here.registry.store.read_now(companies.known_brand, 600100)
    assert other is not None
    few = here.somebody(DESK._replace(brands=frozenset({other.id})))
    refused_for(opened(few, number), 422, "Bu kayıt numarası gördüğünüz markalarda yok.")
    keyring = here.registry.keyring
    here.registry.store.write_now(register.erase, keyring, register.person(keyring, PHONE))
    refused_for(opened(desk, number), 422, "Bu kayıt numarası gördüğünüz markalarda yok.")


def test_of_an_erased_person_no_consent_is_shown(office: OpenOffice) -> None:
    here = office()
    desk = here.somebody(DESK)
    desk.shown(AT, data=said("ONAY"))
    desk.shown(AT, data=said("RET", key="600100 MESAJ"))
    keyring = here.registry.keyring
    here.registry.store.write_now(register.erase, keyring, register.person(keyring, PHONE))
    page = sheet(desk).text
    assert 'class="is ONAY"' not in page
    assert 'class="is RET"' in page


def test_a_refusal_of_many_brands_is_undone_whole(office: OpenOffice) -> None:
    here = office()

    def more(transaction: Transaction) -> None:
        for code in range(601_000, 601_070):
            companies.add_brand(transaction, CINAR, code, f"Marka {code}")

    here.registry.store.write_now(more)
    desk = here.somebody(DESK)
    page = desk.shown(AT, data=said("RET", all="RET", identity="BOTH")).text
    assert page.count("<li><strong>Marka") == 72
    assert len(events(here)) == 72 * 4
    desk.shown(f"{AT}/geri-al", data={"act": act_in(page)})
    assert standing(here) is None
    assert here.acts().count("desk-undone") == 72


@pytest.mark.parametrize(
    ("membership", "page"),
    [
        (DESK, "masa"),
        (Membership(Role.USER, Permission.DESK | Permission.SEE), "masa"),
        (Membership(Role.USER, Permission.DESK | Permission.LOAD), "genel"),
        (Membership(Role.USER, Permission.SEE), "genel"),
        (Membership(Role.OWNER, Permission.MEMBER), "genel"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_an_agent_lands_at_the_desk(office: OpenOffice, membership: Membership, page: str) -> None:
    here = office()
    assert here.somebody(membership).get("/panel").headers["location"] == f"/panel/{CINAR}/{page}"


def test_the_address_hears_of_what_the_operators_desk_recorded_and_took_back(office: OpenOffice) -> None:
    """Nobody but they knows whether they called: an agent may record for somebody who did not, or take back behind the
    back of somebody who did."""
    here = office()
    operator = here.somebody(Staff.OPERATOR)
    page = operator.shown(AT, data=said("RET"))
    number = number_in(page.text)
    (first,) = here.sent
    assert (first["to"], first["kind"]) == (PHONE, "sms")
    assert f"telefonda 1 marka icin reddiniz kaydedildi ({number.replace(' ', '')})" in first["text"]
    operator.post(f"{AT}/geri-al", data={"act": act_in(page.text)})
    assert f"reddiniz ({number.replace(' ', '')}) geri alindi" in here.sent[1]["text"]
    assert operator.post(f"{AT}/geri-al", data={"act": act_in(page.text)}).headers["location"] == f"{AT}?gec"
    assert len(here.sent) == 2
    here.somebody(DESK).shown(AT, data=said("RET"))
    assert len(here.sent) == 2, "a company declares its own word"


@pytest.mark.parametrize("kind", [DESK, Staff.OPERATOR], ids=["company", "operator"])
def test_the_number_that_a_caller_hears_is_known_and_shows_that_it_was_taken_back(
    office: OpenOffice, kind: Membership | Staff
) -> None:
    here = office()
    agent, anybody = here.somebody(kind), here.browser()
    page = agent.shown(AT, data=said("RET"))
    checked = anybody.shown("/dogrula", data={"number": number_in(page.text)})
    assert checked.status_code == 200
    assert "Bu kayıt gerçek" in checked.text
    assert "Çağrı masasında" in checked.text
    assert "Geri alındı" not in checked.text
    assert "makbuzunu açın" not in checked.text, "it is nobody's receipt"
    assert str(CINAR) not in checked.text
    assert "532" not in checked.text.replace(number_in(page.text), "").replace("\u00a0", " ")
    agent.post(f"{AT}/geri-al", data={"act": act_in(page.text)})
    assert "Geri alındı" in anybody.shown("/dogrula", data={"number": number_in(page.text)}).text
    entry = record_numbers.of_act(here.registry.keyring, 2)  # of the audit log, which nobody is given
    refused_for(anybody.post("/dogrula", data={"number": entry}), 404, "böyle bir kayıt yok")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_notice_of_the_desk_fits_one_sms(language: str) -> None:
    settings = load({"SECRET_KEY": SECRET, "SITE_NAME": "M" * 40})
    for words in (
        owner_notices.desk_refused(settings, language, 5000, "9" * 12),
        owner_notices.desk_undone(settings, language, "9" * 12),
        owner_notices.desk_erased(settings, language, "9" * 12),
    ):
        assert words.isascii() or SMS_LETTERS[language] > 160
        assert len(words) <= SMS_LETTERS[language], (len(words), words)
