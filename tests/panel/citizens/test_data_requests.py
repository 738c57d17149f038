"""Requests about one's own data at the operator's desk: a letter entered, the clock, an answer, a copy, an erasure."""

from __future__ import annotations

import asyncio
import re
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from citizen.receipts import data_requests
from citizen.receipts.data_requests import DataRequestKind, DataRequestState, KeptDataRequest, NewDataRequest
from consents.dates import day_bounds
from consents.people import new_holder, register
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.store import Snapshot, Statement, Transaction
from panel import notice_job
from panel.audit import audit_log
from panel.audit.audit_log import AuditSearch
from panel.operations import operator_status
from panel.people import brakes
from panel.retention import erased_list
from panel.rights import Membership, Permission, Role, Staff
from tests.conftest import Clock
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, ISIK, Colleague, Office
from tests.panel.seen import FIRST, SeenDeeds, number
from tests.web.client import refused_for

AT = "/panel/isletmen/veri-talepleri"
LETTER = {"kind": "copy", "proof": "Islak imzalı dilekçe, kimlik görüldü", "text": "Kaydımı istiyorum <b>"}
OWNER = Membership(Role.OWNER, Permission.MEMBER)


def asked(here: Office, kind: DataRequestKind, person: int = 1) -> int:
    new = NewDataRequest(kind, number(person), "benim sözlerim")
    found: int | None = here.registry.store.write_now(data_requests.add, here.registry.keyring, new)
    assert found is not None
    return found


def kept(here: Office, request: int) -> KeptDataRequest:
    found = here.registry.store.read_now(data_requests.find, here.registry.keyring, request)
    assert found is not None
    return found


@pytest.fixture
def here(office: OpenOffice) -> Office:
    return office()


@pytest.fixture
def operator(here: Office) -> Colleague:
    return here.somebody(Staff.OPERATOR)


def test_a_letter_enters_the_same_register(here: Office, operator: Colleague) -> None:
    for missing, place in (("address", "okuyamadık"), ("kind", "Ne istediğini seçin."), ("proof", "Kimliğini nasıl")):
        form = {"address": number(1), **LETTER}
        del form[missing]
        refused_for(operator.post(AT, data=form), 422, place)
    refused_for(operator.post(AT, data={"address": number(1), **LETTER, "proof": "ok"}), 422, "Kimliğini nasıl")
    for named in ("Ayşe, 0532 765 43 21, imzası tam", "TCKN 10000000146, kimlik görüldü", "ayse@example.com yazdı"):
        refused_for(operator.post(AT, data={"address": number(1), **LETTER, "proof": named}), 422, "Bu nota telefon")
    page = operator.shown(AT, data={"address": number(1), **LETTER}).text
    assert "Talep kaydedildi." in page
    assert "Kaydımı istiyorum &lt;b&gt;" in page, "a stranger's words are no markup"
    assert number(1) not in page
    (one,) = here.registry.store.read_now(data_requests.waiting, here.registry.keyring)
    assert (one.kind, one.address, one.proof, one.entered_by) == (
        DataRequestKind.COPY, number(1), LETTER["proof"], operator.number,
    )  # fmt: skip
    assert here.acts() == ["data-request-entered"]
    (entry,) = here.registry.store.read_now(audit_log.find, here.registry.keyring, AuditSearch())
    assert (entry.before, entry.after, entry.why, entry.mark) == ("", "copy", "", None), (
        "an erasure empties the request"
    )
    mine = here.registry.store.read_now(data_requests.of_address, here.registry.keyring, number(1), 0)
    assert [found.id for found in mine] == [one.id], "the citizen's page shows it"


def test_an_answer_and_a_refusal_need_words_and_close_once(here: Office, operator: Colleague) -> None:
    first, second = asked(here, DataRequestKind.CORRECTION), asked(here, DataRequestKind.OBJECTION)
    for form in ({"deed": "cevapla"}, {"deed": "reddet", "answer": " "}, {"answer": "Düzelttik."}):
        refused_for(operator.post(f"{AT}/{first}/karar", data=form), 422, "Cevabı yazın.")
    assert operator.post(f"{AT}/{first}/karar", data={"deed": "cevapla", "answer": "Düzelttik."}).status_code == 303
    late = operator.post(f"{AT}/{first}/karar", data={"deed": "reddet", "answer": "Olmaz."})
    refused_for(late, 409, "Bu talep bu arada kapandı.")
    assert operator.post(f"{AT}/{second}/karar", data={"deed": "reddet", "answer": "Yasal süre."}).status_code == 303
    assert [(kept(here, one).state, kept(here, one).answer) for one in (first, second)] == [
        (DataRequestState.ANSWERED, "Düzelttik."), (DataRequestState.REFUSED, "Yasal süre."),
    ]  # fmt: skip
    assert here.acts() == ["data-request-answered", "data-request-refused"]


def test_a_copy_is_a_look_within_the_limit(here: Office, operator: Colleague, monkeypatch: pytest.MonkeyPatch) -> None:
    SeenDeeds(here).allowed(1, FIRST)
    request = asked(here, DataRequestKind.COPY)
    monkeypatch.setattr(brakes, "LOOKS", 1)
    made = operator.post(f"{AT}/{request}/kopya")
    assert made.content.startswith(b"%PDF")
    assert made.headers["cache-control"] == "no-store"
    assert here.acts() == ["data-copied"]
    refused_for(operator.post(f"{AT}/{request}/kopya"), 429, "60 adrese bakılabilir")
    assert here.acts() == ["data-copied"]


def test_copies_in_a_row_are_slowed_and_noted(here: Office, operator: Colleague, clock: Clock) -> None:
    SeenDeeds(here).allowed(1, FIRST)
    request = asked(here, DataRequestKind.COPY)
    answers = [operator.post(f"{AT}/{request}/kopya") for _ in range(7)]
    assert [one.status_code for one in answers] == [200] * 5 + [429] * 2
    refused_for(answers[-1], 429, "Bir dakikada en çok 5 kişiye")
    assert here.acts() == ["data-copied"] * 5 + ["looks-too-fast"]
    clock.forward(minutes=1)
    assert operator.post(f"{AT}/{request}/kopya").status_code == 200


def test_letters_and_erasures_have_an_hourly_limit(
    here: Office, operator: Colleague, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(brakes, "LETTERS", 3)
    monkeypatch.setattr(brakes, "ERASURES", 2)
    letters = [operator.post(AT, data={"address": number(one), **LETTER, "kind": "erasure"}) for one in range(1, 5)]
    assert [one.status_code for one in letters] == [303, 303, 303, 429]
    refused_for(letters[-1], 429, "en çok 30 talep yazılabilir")
    for one in (1, 2, 3):
        assert here.registry.store.write_now(data_requests.prove, one)
    erased = [operator.post(f"{AT}/{one}/kisiyi-sil") for one in (1, 2, 3)]
    assert [one.status_code for one in erased] == [303, 303, 429]
    refused_for(erased[-1], 429, "en çok 10 kişi silinebilir")
    assert kept(here, 3).address == number(3)
    clock.forward(hours=1, seconds=1)
    again = here.somebody(Staff.OPERATOR, email=operator.email)
    assert again.post(f"{AT}/3/kisiyi-sil").status_code == 303


def test_only_a_request_for_an_erasure_erases(here: Office, operator: Colleague) -> None:
    deeds = SeenDeeds(here)
    mine, request = deeds.allowed(1, FIRST), asked(here, DataRequestKind.COPY)
    refused_for(operator.get(f"{AT}/{request}/kisiyi-sil"), 409, "Bu talep silme istemiyor.")
    refused_for(operator.post(f"{AT}/{request}/kisiyi-sil"), 409, "Bu talep silme istemiyor.")
    assert (deeds.stands(mine), kept(here, request).state, here.acts()) == (ONAY, DataRequestState.OPEN, [])


@pytest.mark.parametrize("kind", [DataRequestKind.ERASURE, DataRequestKind.COPY])
def test_an_old_holders_letter_neither_erases_nor_copies_the_new_holders_record(
    here: Office, clock: Clock, kind: DataRequestKind
) -> None:
    deeds = SeenDeeds(here)
    mine, request = deeds.allowed(1, FIRST), asked(here, kind)
    clock.forward(hours=1)
    here.registry.store.write_now(partial(new_holder.answer, recipient=mine.recipient, new=True))
    clock.forward(minutes=1)
    deeds.decides(mine, status=ONAY)
    operator = here.somebody(Staff.OPERATOR)
    tried = [operator.post(f"{AT}/{request}/kopya")]
    if kind is DataRequestKind.ERASURE:
        tried += [operator.get(f"{AT}/{request}/kisiyi-sil"), operator.post(f"{AT}/{request}/kisiyi-sil")]
    for answer in tried:
        refused_for(answer, 409, "başka birine geçti")
    assert (deeds.stands(mine), kept(here, request).state, here.acts()) == (ONAY, DataRequestState.OPEN, [])
    later = asked(here, DataRequestKind.COPY)
    assert operator.post(f"{AT}/{later}/kopya").content.startswith(b"%PDF"), "the new holder's own request"


def test_an_erasure_by_letter_asks_first_and_erases_once(office: OpenOffice, tmp_path: Path) -> None:
    here = office(WITNESS_FILE=str(tmp_path / "witness"))
    operator = here.somebody(Staff.OPERATOR)
    deeds = SeenDeeds(here)
    mine, other = deeds.allowed(1, FIRST), deeds.allowed(2, FIRST)
    request = asked(here, DataRequestKind.ERASURE)
    page = operator.get(f"{AT}/{request}/kisiyi-sil").text
    assert "Bu geri alınamaz." in page
    assert deeds.stands(mine) == ONAY, "to look changes nothing"
    assert operator.post(f"{AT}/{request}/kisiyi-sil").status_code == 303
    assert (deeds.stands(mine), deeds.stands(other)) == (RET, ONAY)
    with here.registry.store.snapshot() as read:
        person = register.find(read, here.registry.keyring, register.person(here.registry.keyring, number(1)))
        assert person is not None
        assert register.erased_among(read, [person]) == {person}
    one = kept(here, request)
    assert (one.address, one.text, one.answer, one.state) == ("", "", "", DataRequestState.ANSWERED)
    refused_for(operator.post(f"{AT}/{request}/kisiyi-sil"), 409, "Bu talep bu arada kapandı.")
    refused_for(operator.post(f"{AT}/{request}/kopya"), 409, "Bu talep bu arada kapandı.")
    assert here.acts() == ["data-request-answered", "address-erased"]
    (notice,) = here.sent
    assert (notice["to"], notice["kind"]) == (number(1), "sms")
    for part in (f"silme ({one.number})", "kaydiniz silindi", "Siz istemediyseniz sitede Verilerim"):
        assert part in notice["text"]
    secret = Statement(sql("SELECT count(*) FROM outbox WHERE secret AND sealed IS NOT NULL"))
    assert here.registry.store.read_now(Snapshot.all, secret) == [(1,)], "deleted once it is sent"
    listed = erased_list.read(tmp_path / "witness-erased")
    assert [digest for digest, _ in listed] == [here.registry.keyring.digest(number(1))], "at once"
    assert re.search(rf"{one.number}: Silme", operator.get(AT).text), "number, kind and outcome stay"


def test_an_auditor_sees_counts_and_a_company_nothing(here: Office) -> None:
    request = asked(here, DataRequestKind.COPY)
    auditor = here.somebody(Staff.AUDITOR)
    page = auditor.get(AT).text
    assert "2026/1" in page
    assert f'href="{AT}/' not in page
    assert auditor.get(f"{AT}/{request}").status_code == 403
    refused_for(auditor.post(f"{AT}/{request}/kopya"), 403, "yetki")
    refused_for(here.somebody(OWNER).post(f"{AT}/{request}/kopya"), 403, "yetki")
    assert here.acts() == []


def test_the_clock_warns_on_the_twentieth_day_by_one_mail(here: Office, operator: Colleague, clock: Clock) -> None:
    asked(here, DataRequestKind.CORRECTION)
    clock.forward(days=19, hours=23)
    asyncio.run(notice_job.send(here.registry, here.settings))
    assert [one for one in here.sent if "talep" in one["text"]] == []
    assert not operator_status.load(here.registry, here.settings).late_data_requests(here.registry.store.now())
    clock.forward(hours=1)
    for _ in range(2):
        asyncio.run(notice_job.send(here.registry, here.settings))
    (mail,) = [one for one in here.sent if "talep" in one["text"]]
    assert mail["subject"] == "1 veri talebi cevap bekliyor"
    assert "2026/1, son gün 24 Aralık 2026" in mail["text"]
    assert number(1) not in mail["text"]
    view = operator_status.load(here.registry, here.settings)
    assert (view.data_requests, view.late_data_requests(here.registry.store.now())) == (1, True)
    again = here.somebody(Staff.OPERATOR)
    assert '<li class="tile urgent"><h2><a href="/panel/isletmen/veri-talepleri"' in again.get("/panel/isletmen").text
    clock.forward(days=11)
    assert "Süresi geçti: 24 Aralık 2026" in here.somebody(Staff.OPERATOR).get(AT).text.replace("\u00a0", " ")


def test_a_flood_of_requests_makes_one_mail_and_pages_of_a_hundred(
    here: Office, operator: Colleague, clock: Clock
) -> None:
    def add(transaction: Transaction) -> None:
        for place in range(1, 251):
            new = NewDataRequest(DataRequestKind.OBJECTION, number(place), by=operator.number)
            data_requests.add(transaction, here.registry.keyring, new)

    here.registry.store.write_now(add)
    page = operator.get(AT).text
    assert (page.count('class="row"'), "2026/100:" in page, "2026/101:" in page) == (100, True, False)
    assert f'href="{AT}?sonra=100">Sonraki sayfa' in page
    last = operator.get(f"{AT}?sonra=200").text
    assert (last.count('class="row"'), "2026/250:" in last, "Sonraki sayfa" in last) == (50, True, False)
    clock.forward(days=20)
    with here.registry.store.snapshot() as snapshot:
        (found,) = notice_job.late_data_requests(snapshot, here.registry, clock.now)
    assert (found.line.number, found.line.title, len(found.keys)) == (250, "2026/1", 1)
    for _ in range(2):
        asyncio.run(notice_job.send(here.registry, here.settings))
    (mail,) = [one for one in here.sent if one["to"] == operator.email]
    assert mail["subject"] == "250 veri talebi cevap bekliyor"
    assert len(mail["text"]) < 1000


def lettered(here: Office, operator: Colleague, kind: str = "copy", address: str = "") -> int:
    form = {**LETTER, "kind": kind, "address": address or number(1)}
    assert operator.post(AT, data=form).status_code == 303
    (found, *_) = here.registry.store.read_now(data_requests.waiting, here.registry.keyring)
    return found.id


def code_sent(here: Office) -> str:
    found = re.search(r"Kod (\d{6})", here.sent[-1]["text"])
    assert found
    return found[1]


def both(registry: Registry, clock: Clock) -> tuple[Office, Colleague]:
    here = Office(registry, clock)
    return here, here.somebody(Staff.OPERATOR)


@pytest.mark.parametrize("kind", ["copy", "erasure"])
def test_nothing_personal_is_answered_before_the_writer_gives_the_code(
    registry: Registry, clock: Clock, kind: str
) -> None:
    here, operator = both(registry, clock)
    deeds = SeenDeeds(here)
    mine = deeds.allowed(1, FIRST)
    request = lettered(here, operator, kind)
    tries = [
        operator.post(f"{AT}/{request}/kopya"),
        operator.post(f"{AT}/{request}/karar", data={"deed": "cevapla", "answer": "Kaydınız budur."}),
    ]
    if kind == "erasure":
        tries += [operator.get(f"{AT}/{request}/kisiyi-sil"), operator.post(f"{AT}/{request}/kisiyi-sil")]
    for answer in tries:
        refused_for(answer, 409, "kanıtlanmadı")
    page = operator.get(f"{AT}/{request}").text
    assert "/kopya" not in page
    assert "/kisiyi-sil" not in page
    assert 'value="cevapla"' not in page
    answered = request, DataRequestState.ANSWERED, "Kaydınız budur.", 1
    assert not registry.store.write_now(data_requests.close, registry.keyring, *answered), "the store refuses too"
    assert (deeds.stands(mine), kept(here, request).state) == (ONAY, DataRequestState.OPEN)
    assert "Kod yola çıktı." in operator.shown(f"{AT}/{request}/kod", data={}).text
    (sms,) = here.sent
    assert (sms["to"], sms["kind"], len(sms["text"]) <= 155) == (number(1), "sms", True)
    assert ("kopya" if kind == "copy" else "silme") in sms["text"]
    code = code_sent(here)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    refused_for(operator.post(f"{AT}/{request}/dogrula", data={"code": wrong}), 422, "Bu kod geçmiyor")
    refused_for(operator.post(f"{AT}/{request}/dogrula", data={"code": "x"}), 422, "Bu kod geçmiyor")
    assert kept(here, request).proved_at is None
    assert "Kod doğru." in operator.shown(f"{AT}/{request}/dogrula", data={"code": code}).text
    assert kept(here, request).proved_at == clock.now
    refused_for(operator.post(f"{AT}/{request}/kod"), 409, "bu arada kapandı")
    if kind == "copy":
        assert operator.post(f"{AT}/{request}/kopya").content.startswith(b"%PDF")
    else:
        assert operator.post(f"{AT}/{request}/kisiyi-sil").status_code == 303
        assert deeds.stands(mine) == RET
    assert here.acts()[:3] == ["data-request-entered", "data-request-code-sent", "data-request-proved"]


def test_a_code_belongs_to_its_letter_and_runs_out(here: Office, operator: Colleague, clock: Clock) -> None:
    first = lettered(here, operator)
    operator.post(f"{AT}/{first}/kod")
    code = code_sent(here)
    second = lettered(here, operator, address=number(2)) + 1
    refused_for(operator.post(f"{AT}/{second}/dogrula", data={"code": code}), 422, "Bu kod geçmiyor")
    refused_for(operator.post(f"{AT}/{first}/kod"), 429, "Şimdi kod gönderilemiyor")
    clock.forward(minutes=11)
    refused_for(operator.post(f"{AT}/{first}/dogrula", data={"code": code}), 422, "Bu kod geçmiyor")


def test_without_a_way_for_a_code_a_letter_can_only_be_refused(here: Office, operator: Colleague) -> None:
    request = lettered(here, operator, address="0212 555 00 44")
    refused_for(operator.post(f"{AT}/{request}/kod"), 409, "Bu numaraya kod gönderilemez.")
    assert here.sent == []
    refused = operator.post(f"{AT}/{request}/karar", data={"deed": "reddet", "answer": "Adresi kanıtlayamadınız."})
    assert refused.status_code == 303
    assert kept(here, request).state is DataRequestState.REFUSED


OWN = f"/panel/{CINAR}/mektuplar"
PASSED = {"kind": "erasure", "day": "2026-11-20", "reference": "DV-77"}


def test_a_company_passes_a_letter_on_and_sees_its_end_alone(registry: Registry, clock: Clock) -> None:
    here, operator = both(registry, clock)
    clerk = here.somebody(Membership(Role.USER, Permission.DESK))
    places = {"address": "okuyamadık", "kind": "Ne istediğini", "day": "Mektubun size", "reference": "Kendi kayıt"}
    for missing, place in places.items():
        form = {"address": number(1), **PASSED}
        del form[missing]
        refused_for(clerk.post(OWN, data=form), 422, place)
    for day in ("2026-11-25", "2026-09-01"):
        refused_for(clerk.post(OWN, data={"address": number(1), **PASSED, "day": day}), 422, "Mektubun size")
    named = {"address": number(1), **PASSED, "reference": "0532 765 43 21"}
    refused_for(clerk.post(OWN, data=named), 422, "Bu nota telefon")
    assert "Mektup iletildi." in clerk.shown(OWN, data={"address": number(1), **PASSED}).text
    (one,) = registry.store.read_now(data_requests.waiting, registry.keyring)
    assert (one.proved_at, one.reference, one.address) == (None, "DV-77", number(1))
    assert one.asked_at == day_bounds(date(2026, 11, 20))[0], "thirty days from the company's day of receipt"
    page = clerk.get(OWN).text.replace("\u00a0", " ")
    assert "Son gün: 20 Aralık 2026" in page
    assert "532" not in page
    shown = operator.get(f"{AT}/{one.id}").text
    assert "kayıt numarası: DV-77" in shown
    refused_for(here.somebody(Membership(Role.USER, Permission.SEE)).get(OWN), 403, "yetki")
    other = here.somebody(Membership(Role.USER, Permission.DESK), ISIK)
    foreign = other.get(f"/panel/{ISIK}/mektuplar").text
    assert "DV-77" not in foreign
    assert f"{one.number}:" not in foreign
    operator.post(f"{AT}/{one.id}/karar", data={"deed": "reddet", "answer": "Çok kişisel sözler."})
    page = clerk.get(OWN).text
    assert "Kabul edilmedi" in page
    assert "Çok kişisel sözler." not in page
    assert here.sent == [], "a company sends no code"
    assert here.acts() == ["data-request-passed-on", "data-request-refused"]


def test_a_company_passes_on_so_many_letters_a_day(here: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_requests, "BY_COMPANY", 2)
    clerk = here.somebody(Membership(Role.USER, Permission.DESK))
    colleague = here.somebody(Membership(Role.USER, Permission.DESK))
    given = [{"address": number(place), **PASSED} for place in range(1, 4)]
    assert [clerk.post(OWN, data=one).status_code for one in given[:2]] == [303, 303]
    refused_for(colleague.post(OWN, data=given[2]), 429, "en çok 20 mektup")
    other = here.somebody(Membership(Role.USER, Permission.DESK), ISIK)
    assert other.post(f"/panel/{ISIK}/mektuplar", data=given[2]).status_code == 303
    clock.forward(hours=25)
    later = here.somebody(Membership(Role.USER, Permission.DESK))
    assert later.post(OWN, data=given[2]).status_code == 303


def pass_on(here: Office, times: int = 1, **given: str) -> list[int]:
    clerk = here.somebody(Membership(Role.USER, Permission.DESK))
    form = {"address": number(1), **PASSED, **given}
    return [clerk.post(OWN, data=form).status_code for _ in range(times)]


def test_letters_of_a_company_take_no_room_of_the_holder(registry: Registry, clock: Clock) -> None:
    here, _ = both(registry, clock)
    assert pass_on(here, data_requests.OPEN_MOST) == [303] * data_requests.OPEN_MOST
    for _ in range(data_requests.OPEN_MOST):
        asked(here, DataRequestKind.COPY)
    full = NewDataRequest(DataRequestKind.COPY, number(1))
    assert registry.store.write_now(data_requests.add, registry.keyring, full) is None


def test_letters_that_a_company_received_earlier_come_first_and_are_told_when_they_come_late(
    registry: Registry, clock: Clock
) -> None:
    here, operator = both(registry, clock)

    def waiting(after: int = 0) -> list[int]:
        found = registry.store.read_now(data_requests.waiting, registry.keyring, after)
        return [one.id for one in found]

    def mails() -> int:
        asyncio.run(notice_job.send(registry, here.settings))
        return sum("talep" in one["text"] for one in here.sent if one["to"] == operator.email)

    asked(here, DataRequestKind.COPY, 2)
    clock.forward(days=21)
    asked(here, DataRequestKind.COPY, 3)
    assert mails() == 1
    pass_on(here, day="2026-11-20")
    assert waiting() == [3, 1, 2]
    assert (waiting(3), waiting(1), waiting(2)) == ([1, 2], [2], [])
    assert (mails(), mails()) == (2, 2)
    assert "2026/3, son gün 20 Aralık 2026" in here.sent[-1]["text"].replace("\u00a0", " ")


def test_no_code_goes_to_a_new_holder_for_an_old_holders_letter(registry: Registry, clock: Clock) -> None:
    here, operator = both(registry, clock)
    mine = SeenDeeds(here).allowed(1, FIRST)
    request = lettered(here, operator)
    clock.forward(minutes=10)
    registry.store.write_now(partial(new_holder.answer, recipient=mine.recipient, new=True))
    refused_for(operator.post(f"{AT}/{request}/kod"), 409, "başka birine geçti")
    assert here.sent == []
