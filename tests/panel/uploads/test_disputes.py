"""A dispute of a declared consent from its beginning to each of its ends, as each reader sees it."""

from __future__ import annotations

import asyncio
import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import text as sql

from consents import ledger, state
from consents.history import Deed
from consents.ledger import Claim
from consents.queries import loads, recorded
from consents.rules import ONAY, RET
from consents.state import Key
from consents.store import Statement, Transaction
from consents.terms import Actor, Channel, Door, Identity, Source
from evidence import log, receipts
from evidence.checkpoints import LogKey
from evidence.leaves import LogFault
from evidence.receipts import BadReceipt
from izin.operations import verify_commands
from panel import notice_job
from panel.audit.change import AuditedWork
from panel.retention import erasure
from panel.rights import Membership, Permission, Role, Staff
from providers.disputes import consent_evidence, disputes
from providers.disputes.dispute_states import NEXT, DisputeState, DisputeStep
from providers.disputes.disputes import Dispute
from tests.citizen.consents.town import AYSE, MEHMET, Town, Visitor
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, ISIK, Colleague, Office
from tests.panel.uploads.uploads import applied, rows
from tests.web.client import refused_for
from trust import record_numbers

BRAND = BRANDS[CINAR][0]
LOADER = Membership(Role.USER, Permission.LOAD)
ROW = f"/izinler/{BRAND}/MESAJ/BIREYSEL"
LIST, PAGE = f"/panel/{CINAR}/itirazlar", f"/panel/{CINAR}/kanit"
DESK = "/panel/isletmen/sikayetler"
DAY = 86_400_000_000  # µs
SHOWN = {"text": "Çınar'dan SMS almak istiyorum.", "version": "2", "url": "https://cinar.example/uye"}


class Case:
    """A declared consent of Ayşe at Çınar, and those who read about it."""

    def __init__(self, here: Office) -> None:
        self.here, self.town = here, Town(here.registry, here.browser())
        self.town.told(AYSE, BRAND)
        self.key = Key(self.town.person(AYSE), self.town.brand(BRAND), Channel.MESAJ.code, Identity.BIREYSEL.code)
        word = self.stands.provider
        assert word is not None
        self.event = word.event
        self.name = here.registry.keyring.transaction_id(self.event, here.clock.now)
        self.ayse: Visitor = self.town.sign_in(AYSE)
        self.loader: Colleague = here.somebody(LOADER)

    @property
    def stands(self) -> Any:
        return self.here.registry.store.read_now(state.of_key, self.key)

    @property
    def dispute(self) -> Dispute | None:
        return self.here.registry.store.read_now(disputes.of_event, self.event)

    def ask(self) -> None:
        data = {"brand": str(BRAND), "channel": "MESAJ", "identity": "BIREYSEL"}
        assert self.ayse.post("/izinler/itiraz", **data).status_code == 303

    def deny(self) -> None:
        assert self.ayse.press(ROW, status="RET", never="1").status_code == 200

    def answers(self, **given: str) -> Any:
        return self.loader.post(PAGE, data={"transaction": self.name, **given})

    def works(self, days: int = 0) -> None:
        """The job runs, so many days later."""
        self.here.clock.now += days * DAY
        asyncio.run(disputes.settle_all(self.here.registry, None))

    def words(self, who: Any, path: str) -> str:
        page = who.get(path).text
        return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<h1>") :]).split())


@pytest.fixture
def case(office: OpenOffice) -> Case:
    return Case(office())


def test_the_table_has_each_step_of_each_state() -> None:
    ends = {state for state in DisputeState if not any(of is state for of, _ in NEXT)}
    assert ends == {DisputeState.WITHDRAWN, DisputeState.SILENT}
    assert {step for _, step in NEXT} == set(DisputeStep)
    assert set(NEXT.values()) == set(DisputeState)


# What leads from an open dispute to each state, what each reader sees then, and what stands.
WALKS: dict[DisputeState, tuple[str, str, str]] = {
    DisputeState.OPEN: ("Şirketten kanıt istendi", "Son gün: 1 Aralık 2026", "Bu kişi"),
    DisputeState.KEPT: ("günü kanıt gösterdi", "Kanıt gösterildi", "İtiraza kanıtla yanıt verdiniz"),
    DisputeState.WITHDRAWN: ("günü onayı geri çekti", "Geri çekildi", "Kanıt ekle"),
    DisputeState.SILENT: ("Şirket süresinde yanıt vermedi", "Yanıt verilmedi, reddedildi", "süresinde yanıt verilmedi"),
}


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("end", WALKS)
def test_each_reader_sees_each_state(case: Case, end: DisputeState, refused: bool) -> None:
    here = case.here
    (case.deny if refused else case.ask)()
    if end is DisputeState.KEPT:
        assert case.answers(answer="kanit", **SHOWN).status_code == 303
    elif end is DisputeState.WITHDRAWN:
        assert case.answers(answer="geri-cek").status_code == 303
    case.works(days=8 if end is DisputeState.SILENT else 0)
    found = case.dispute
    assert found is not None
    assert found.state is end
    citizen, listed, shown = WALKS[end]
    case.ayse = case.town.sign_in(AYSE)
    loader = here.somebody(LOADER)
    assert citizen in case.words(case.ayse, f"/izinler/{BRAND}")
    assert listed in case.words(loader, LIST)
    assert AYSE not in loader.get(LIST).text
    assert shown in case.words(loader, f"{PAGE}?islem={case.name}")
    stands = RET if refused or end in (DisputeState.WITHDRAWN, DisputeState.SILENT) else ONAY
    assert case.stands.status == stands
    for staff in (Staff.OPERATOR, Staff.AUDITOR):
        refused_for(here.somebody(staff).get(LIST), 403, "Bunun için yetkiniz yok.")
        page = here.somebody(staff).get(DESK).text
        figures = re.findall(r'data-dispute="(\w+)">(\d+)<', page)
        assert dict(figures) == {one.name: str(int(one is end)) for one in WALKS}
    waits = "bildirdiğiniz onayın kanıtını istiyor" in case.words(loader, f"/panel/{CINAR}/genel")
    assert waits is (end is DisputeState.OPEN)


def test_a_silent_company_is_refused_once_and_the_history_has_the_reason(case: Case) -> None:
    case.ask()
    case.works(days=6)  # Monday: the last day is Tuesday, 1 December
    assert case.dispute is not None
    assert case.dispute.state is DisputeState.OPEN
    case.works(days=2)
    before = case.stands
    assert (before.status, before.citizen.source) == (RET, Source.IYS_CM.code)
    case.works(days=2)
    assert case.stands == before
    case.ayse = case.town.sign_in(AYSE)
    page = case.words(case.ayse, f"/izinler/{BRAND}")
    assert "Şirket onayın kanıtını süresinde göstermediği için reddedildi: SMS" in page
    assert "Reddettiniz" not in page
    assert (
        case.here.registry.store.read_now(disputes.counts, 0, case.here.clock.now + 1)[0].state is DisputeState.SILENT
    )


def test_a_worker_that_dies_in_the_middle_does_it_once(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.ask()
    case.here.clock.now += 8 * DAY
    step, store = disputes.step, case.here.registry.store

    def dies(*arguments: Any) -> bool:
        step(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(disputes, "step", dies)
    with pytest.raises(KeyboardInterrupt):
        store.write_now(disputes.settle, case.here.registry, 1)
    assert case.stands.status == ONAY
    assert case.dispute is not None
    assert case.dispute.state is DisputeState.OPEN
    monkeypatch.setattr(disputes, "step", step)
    case.works()
    case.works()
    refusals = Statement(sql("SELECT count(*) FROM act WHERE door = :door"))
    assert store.read_now(lambda snapshot: snapshot.one(refusals, {"door": Door.DISPUTE.code})) == (1,)


def test_a_dispute_that_fails_stops_no_other(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.ask()
    case.town.told(MEHMET, BRAND)
    data = {"brand": str(BRAND), "channel": "MESAJ", "identity": "BIREYSEL"}
    case.town.sign_in(MEHMET).post("/izinler/itiraz", **data)
    settle = disputes.settle

    def fails(transaction: Transaction, registry: Any, number: int) -> DisputeState:
        if number == 1:
            raise ValueError
        return settle(transaction, registry, number)

    monkeypatch.setattr(disputes, "settle", fails)
    case.works(days=8)
    store = case.here.registry.store
    assert [store.read_now(disputes.by_id, number).state for number in (1, 2)] == [
        DisputeState.OPEN,
        DisputeState.SILENT,
    ]


def test_a_new_declaration_does_not_save_the_company(case: Case) -> None:
    case.ask()
    case.here.clock.now += DAY
    case.town.told(AYSE, BRAND, ago=0.5, source="HS_MOBIL")
    case.works(days=8)
    assert case.stands.status == RET


def test_a_refusal_that_is_undone_ends_the_dispute_and_leaves_the_consent(case: Case) -> None:
    case.deny()
    found = case.dispute
    assert found is not None
    assert case.ayse.press(f"/izinler/geri-al/{found.refusal}").status_code == 200
    case.works(days=8)
    assert case.dispute is not None
    assert case.dispute.state is DisputeState.TAKEN_BACK
    assert case.stands.status == ONAY
    case.ayse = case.town.sign_in(AYSE)
    case.ask()
    assert case.dispute.state is DisputeState.OPEN


@pytest.mark.parametrize("how", ["deny", "ask"])
def test_denied_again_before_the_job_has_run_it_is_asked_again(case: Case, how: str) -> None:
    case.deny()
    first = case.dispute
    assert first is not None
    case.here.clock.now += 20_000_000
    assert case.ayse.press(f"/izinler/geri-al/{first.refusal}").status_code == 200
    case.here.clock.now += 20_000_000
    (case.deny if how == "deny" else case.ask)()
    case.works()
    again = case.dispute
    assert again is not None
    assert again.state is DisputeState.OPEN
    assert (again.refusal is None) is (how == "ask")
    assert again.refusal != first.refusal
    case.works(days=8)
    assert case.dispute is not None
    assert case.dispute.state is DisputeState.SILENT
    assert case.stands.status == RET


def test_what_is_declared_again_after_a_withdrawal_is_asked_about_again(case: Case) -> None:
    case.ask()
    assert case.answers(answer="geri-cek").status_code == 303
    case.here.clock.now += DAY
    case.town.told(AYSE, BRAND, ago=0.5, source="HS_MOBIL")
    assert case.stands.status == ONAY
    case.ayse = case.town.sign_in(AYSE)
    assert "geri çekti" not in case.words(case.ayse, f"/izinler/{BRAND}")
    assert 'action="/izinler/itiraz' in case.ayse.get(f"/izinler/{BRAND}").text
    case.ask()
    new = case.here.registry.store.read_now(disputes.of_event, case.stands.provider.event)
    assert new.state is DisputeState.OPEN
    assert "Şirketten kanıt istendi" in case.words(case.ayse, f"/izinler/{BRAND}")


@pytest.mark.parametrize("by", ["address", "page"])
def test_evidence_of_the_consent_as_declared_again_answers_the_dispute(case: Case, by: str) -> None:
    registry = case.here.registry
    case.ask()
    case.here.clock.now += DAY
    case.town.told(AYSE, BRAND, ago=0.5, source="HS_MOBIL")
    event = case.stands.provider.event
    assert event != case.event
    if by == "address":

        def attach(transaction: Transaction) -> list[int]:
            sealed = registry.keyring.seal(AYSE)
            found = consent_evidence.latest(transaction, registry.keyring, sealed, Key(0, *case.key[1:]))
            assert found is not None
            return consent_evidence.attach(transaction, registry.keyring, found, SHOWN, {"user": 1}).answers

        assert registry.store.write_now(attach) == [1]
    else:
        case.name, case.loader = registry.keyring.transaction_id(event, case.here.clock.now), case.here.somebody(LOADER)
        assert case.answers(answer="kanit", **SHOWN).status_code == 303
        assert case.here.acts()[-2:] == ["evidence-attached", "dispute-answered"]
    case.works(days=8)
    assert case.dispute is not None
    assert case.dispute.state is DisputeState.KEPT
    assert case.stands.status == ONAY
    case.ayse = case.town.sign_in(AYSE)
    page = case.words(case.ayse, f"/izinler/{BRAND}")
    assert "günü kanıt gösterdi" in page
    assert SHOWN["url"] in page


def test_evidence_of_an_older_declaration_answers_nothing(case: Case) -> None:
    case.here.clock.now += DAY
    case.town.told(AYSE, BRAND, ago=0.5, source="HS_MOBIL")
    case.ayse, case.loader = case.town.sign_in(AYSE), case.here.somebody(LOADER)
    case.ask()
    assert case.answers(answer="kanit", **SHOWN).status_code == 303
    asked = case.here.registry.store.read_now(disputes.of_event, case.stands.provider.event)
    assert asked.state is DisputeState.OPEN


def test_a_refusal_of_the_companys_program_withdraws(case: Case) -> None:
    case.ask()
    claim = Claim(*case.key, RET, Source.HS_WEB.code, case.here.clock.now)
    store, policy = case.here.registry.store, case.here.registry.policy
    store.write_now(ledger.declare, policy, case.key.brand, [claim], Deed(Actor.PROVIDER, Door.API))
    case.works()
    assert case.dispute is not None
    assert case.dispute.state is DisputeState.WITHDRAWN


def test_only_the_company_that_declared_it_answers(case: Case) -> None:
    case.ask()
    foreign = case.here.somebody(LOADER, ISIK)
    answer = foreign.post(f"/panel/{ISIK}/kanit", data={"transaction": case.name, **SHOWN})
    refused_for(answer, 422, "Bu hareket koduyla yanıt bekleyen bir onay yok")
    assert AYSE[-4:] not in foreign.get(f"/panel/{ISIK}/kanit?islem={case.name}").text
    assert case.dispute is not None
    assert case.dispute.state is DisputeState.OPEN
    brand = case.here.somebody(Membership(Role.USER, Permission.LOAD, frozenset({case.town.brand(BRANDS[CINAR][1])})))
    assert "itiraz yok" in case.words(brand, LIST)
    answer = brand.post(PAGE, data={"transaction": case.name, **SHOWN})
    refused_for(answer, 422, "Bu hareket koduyla yanıt bekleyen bir onay yok")


def test_what_the_form_refuses(case: Case) -> None:
    case.ask()
    for given, sentence in (
        ({"answer": "kanit"}, "En az bir alanı doldurun"),
        ({"answer": "kanit", "url": "http://x"}, "Bu alan çok uzun ya da geçersiz"),
        ({"answer": "yeterli"}, "yanıt bekleyen bir onay yok"),
        ({"answer": "x"}, "Nasıl yanıt vereceğinizi seçin"),
    ):
        answer = case.answers(**given)
        refused_for(answer, 422, sentence)
    assert case.dispute is not None
    assert case.dispute.state is DisputeState.OPEN
    files = {"file": ("ses.mp3", b"ses", "audio/mpeg")}
    data = {"transaction": case.name, "answer": "kanit"}
    assert case.loader.post(PAGE, data=data, files=files).status_code == 303
    (kept,) = case.here.registry.store.read_now(consent_evidence.of_events, case.here.registry.keyring, [case.event])[
        case.event
    ]
    assert kept.content == {"fileHash": sha256(b"ses").hexdigest()}
    assert case.here.acts()[-2:] == ["evidence-attached", "dispute-answered"]


def test_the_evidence_document_holds_and_proves_what_was_attached(case: Case) -> None:
    registry = case.here.registry
    case.answers(answer="kanit", **SHOWN)
    log.extend(registry)
    owner = case.here.somebody(Membership(Role.OWNER, Permission.MEMBER))
    asked = {"address": AYSE, "as": "json", "why": "2026/114 sayılı şikâyet"}
    text = owner.post(f"/panel/{CINAR}/adres/kanit", data=asked).text
    key = LogKey.of(registry.keyring)
    (movement,) = receipts.check_document(text, key)["movements"]
    (piece,) = movement["attached"]
    assert SHOWN.items() <= json.loads(piece["content"]).items()
    assert owner.post(f"/panel/{CINAR}/adres/kanit", data={**asked, "as": "pdf"}).content.startswith(b"%PDF-")
    for name, forged in (("content", piece["content"].replace("Çınar", "Işık")), ("note", piece["note"] + " ")):
        content = json.loads(text)
        content["movements"][0]["attached"][0][name] = forged
        content.pop("signature")
        # The registry's own key signs it: only the log shows that it is not what was recorded.
        with pytest.raises(BadReceipt, match="attached evidence"):
            receipts.check_document(receipts.sign_document(registry.keyring, content), key)


def test_one_mail_of_a_dispute_to_those_who_load(case: Case) -> None:
    case.ask()
    before = len(case.here.sent)
    for _ in range(2):
        asyncio.run(notice_job.send(case.here.registry, case.here.settings))
    mails = [one for one in case.here.sent[before:] if "kanıtını istiyor" in one["subject"]]
    assert [one["to"] for one in mails] == [case.loader.email]
    assert "1 Aralık 2026" in mails[0]["text"]
    assert AYSE[-4:] not in json.dumps(mails)


def test_one_mail_of_a_dispute_that_is_undone_and_raised_in_turn(case: Case) -> None:
    before = len(case.here.sent)
    for _ in range(3):
        case.deny()
        asyncio.run(notice_job.send(case.here.registry, case.here.settings))
        assert case.dispute is not None
        case.here.clock.now += 20_000_000
        assert case.ayse.press(f"/izinler/geri-al/{case.dispute.refusal}").status_code == 200
        case.works()
        case.here.clock.now += 20_000_000
    assert len([one for one in case.here.sent[before:] if "kanıtını istiyor" in one["subject"]]) == 1


def test_a_row_of_evidence_that_was_changed_has_its_turn(case: Case, tmp_path: Path) -> None:
    """``izin verify --since-checkpoint``: an old row, and a new one."""
    registry, witness = case.here.registry, tmp_path / "witness"
    case.answers(answer="kanit", **SHOWN)
    verify_commands._prove(registry, witness, accept_unwitnessed=True)
    for parts in (1, 0):
        assert verify_commands._proved_onward(registry, witness, parts)[0] is not None
    harm = Statement(
        sql("UPDATE consent_evidence SET committed = :other WHERE id = (SELECT max(id) FROM consent_evidence)")
    )
    registry.store.write_now(lambda transaction: transaction.run(harm, {"other": bytes(32)}))
    assert verify_commands._proved_onward(registry, witness, 0)[0] is not None  # no old row has its turn
    with pytest.raises(LogFault, match="attached evidence"):
        verify_commands._proved_onward(registry, witness, 1)


def test_a_new_row_of_evidence_that_was_changed_is_found(case: Case, tmp_path: Path) -> None:
    registry, witness = case.here.registry, tmp_path / "witness"
    verify_commands._prove(registry, witness, accept_unwitnessed=True)
    case.answers(answer="kanit", **SHOWN)
    log.extend(registry, witness)
    harm = Statement(sql("DELETE FROM consent_evidence"))
    registry.store.write_now(lambda transaction: transaction.run(harm))
    with pytest.raises(LogFault, match="attached evidence"):
        verify_commands._proved_onward(registry, witness, 0)


def test_a_stranger_and_a_helper_ask_nothing(case: Case) -> None:
    other = case.town.sign_in(MEHMET)
    data = {"brand": str(BRAND), "channel": "MESAJ", "identity": "BIREYSEL"}
    assert other.post("/izinler/itiraz", **data).status_code == 303
    assert case.dispute is None
    assert "Şirketin gösterdiği kanıt" not in other.get(f"/izinler/{BRAND}").text


def test_an_erased_person_leaves_a_count_and_nothing_else(case: Case) -> None:
    registry = case.here.registry
    case.ask()
    case.answers(answer="kanit", **SHOWN)

    work = AuditedWork(registry.keyring, None, erasure.erase)
    assert registry.store.write_now(work, registry, AYSE) == case.key.recipient
    assert case.dispute is None
    assert registry.store.read_now(disputes.counts, 0, case.here.clock.now + 1)[0].disputes == 1
    attached = registry.store.read_now(consent_evidence.of_events, registry.keyring, [case.event])
    assert attached[case.event][0].content == {}
    assert registry.store.read_now(consent_evidence.verify, registry.keyring) is None


def test_evidence_is_found_by_record_number_and_by_load(case: Case) -> None:
    here, keyring = case.here, case.here.registry.keyring
    act = here.registry.store.read_now(recorded.declared, case.event).act
    number = record_numbers.of_act(keyring, act)
    for typed in (case.name, number, record_numbers.spaced(number)):
        shown = case.words(case.loader, f"{PAGE}?{urlencode({'islem': typed})}")
        assert case.name in shown
        assert "Kanıt ekle" in shown
    # A company never finds another one's, and a load's consents only once they have evidence.
    foreign = here.somebody(LOADER, ISIK)
    assert "bulunan bir onay yok" in case.words(foreign, f"/panel/{ISIK}/kanit?islem={number}")
    file = applied(here, case.loader, rows(3))
    at = f"{PAGE}?islem={file.upload}"
    assert "bulunan bir onay yok" in case.words(case.loader, at)
    first, last = here.registry.store.read_now(loads.events, file.upload)
    assert last - first == 2
    found = [here.registry.store.read_now(recorded.declared, event) for event in (first, last)]
    names = [keyring.transaction_id(one.event, one.recorded_at) for one in found]
    for count, name in enumerate(names, 1):
        given = {"transaction": name, "answer": "kanit", **SHOWN}
        assert case.loader.post(PAGE, data=given).status_code == 303
        page = case.loader.get(at).text
        assert [name in page for name in names[:count]] == [True] * count
    assert page.count(f"{PAGE}?islem=") == 2
    assert f'href="/panel/{CINAR}/yuklemeler/{file.id}"' in case.loader.get(f"{PAGE}?islem={names[0]}").text
    assert "bulunan bir onay yok" in case.words(foreign, f"/panel/{ISIK}/kanit?islem={file.upload}")
    for typed in ("0", "9" * 30, "99999999999", number[:-1] + str((int(number[-1]) + 1) % 10)):
        assert "bulunan bir onay yok" in case.words(case.loader, f"{PAGE}?islem={typed}")
