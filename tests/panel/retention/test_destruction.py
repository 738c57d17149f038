"""What has ended is destroyed when its time is over, not a day before, and reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial

import pytest
from sqlalchemy import text as sql
from typer.testing import CliRunner

from asking import request_store
from asking.request_states import RequestMethod, RequestPurpose
from asking.request_store import NewRequest
from citizen.alerts import alert_store
from citizen.receipts import complaint_store, data_requests
from citizen.receipts.complaint_store import NewComplaint
from citizen.receipts.data_requests import DataRequestKind, NewDataRequest
from citizen.session import assisted_session_store, session_store
from consents import instants, ledger
from consents.brands import companies, company_changes
from consents.brands.company_changes import Why
from consents.care import aging
from consents.history import Deed
from consents.people import register
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.state import Key
from consents.store import Statement, Transaction
from consents.terms import Actor, Door
from gateways.outbox import outbox
from izin import cli, jobs
from izin.operations import maintenance_commands
from panel.audit import audit_log
from panel.audit.audit_log import AuditSearch
from panel.companies import application_store
from panel.companies.application_store import ApplicationState, NewApplication, SizeClass
from panel.retention import destruction, erasure
from panel.retention.aged_rows import DestructionKind
from providers.days import day_files, day_store, days_kept
from providers.days.day_store import Which
from providers.disputes import disputes
from settings import Settings, load
from tests.conftest import SECRET, Clock
from tests.consents.deeds import ARAMA, BIREYSEL, DAY, MESAJ, Deeds, onay
from tests.panel.changes import changed, note
from tests.panel.office import Office
from tests.panel.retention import whole
from trust import delegations, passkey_store
from trust.passkeys import NewPasskey
from web.rendering import when

PERSON, OTHER = "+905327654321", "+905321112233"
YEARS = 1095  # days


@pytest.fixture
def settings() -> Settings:
    return load({"SECRET_KEY": SECRET})


@pytest.fixture
def deeds(registry: Registry) -> Deeds:
    def work(transaction: Transaction) -> None:
        for code in (600100, 600200):
            companies.add_provider(transaction, code, f"Şirket {code}")
            companies.add_brand(transaction, code, code, f"Marka {code}")

    registry.store.write_now(work)
    return Deeds(registry)


def key(deeds: Deeds, address: str = PERSON, brand: int = 1) -> Key:
    keyring = deeds.registry.keyring
    who = register.person(keyring, address)
    return Key(deeds.store.write_now(register.enrol, keyring, who), brand, MESAJ, BIREYSEL)


def run(registry: Registry, settings: Settings) -> dict[DestructionKind, int]:
    """What a run destroys; a dry run before it counts as many."""
    counted = destruction.count(registry, settings)
    done = destruction.run(registry, settings).counts
    assert {kind: found for kind, found in counted.items() if found} == done
    return done


def address(registry: Registry, recipient: int) -> str | None:
    return registry.store.read_now(register.address, registry.keyring, recipient)


def test_a_person_goes_three_years_after_the_last_consent_ended(deeds: Deeds, clock: Clock, settings: Settings) -> None:
    registry, of = deeds.registry, key(deeds)
    deeds.declares(onay(of, clock.now - DAY))
    clock.forward(days=100)
    deeds.decides(of, status=RET)
    clock.forward(days=YEARS)
    assert run(registry, settings) == {}, "not before its time"
    assert address(registry, of.recipient) == PERSON
    clock.forward(seconds=1)
    assert run(registry, settings)[DestructionKind.PEOPLE] == 1
    assert address(registry, of.recipient) is None
    assert run(registry, settings) == {}
    whole(registry)


def test_the_tombstone_refuses_and_is_recognised(deeds: Deeds, clock: Clock, settings: Settings) -> None:
    registry, of = deeds.registry, key(deeds)
    deeds.decides(of, status=RET)
    clock.forward(days=YEARS, seconds=1)
    run(registry, settings)
    assert key(deeds) == of, "the same person, by the digest"
    deeds.declares(onay(of, clock.now - 10 * DAY))
    assert deeds.stands(of) != ONAY
    assert address(registry, of.recipient) is None


def test_who_permits_or_was_recorded_since_stays(deeds: Deeds, clock: Clock, settings: Settings) -> None:
    registry = deeds.registry
    permits, late = key(deeds), key(deeds, OTHER)
    deeds.declares(onay(permits, clock.now - DAY))
    for of in (permits._replace(brand=2), late):
        deeds.decides(of, status=RET)
    clock.forward(days=YEARS - 1)
    deeds.decides(late._replace(brand=2), status=RET)
    clock.forward(days=2)
    assert DestructionKind.PEOPLE not in run(registry, settings)
    assert (address(registry, permits.recipient), address(registry, late.recipient)) == (PERSON, OTHER)


def _request(transaction: Transaction, registry: Registry, of: Key) -> None:
    new = NewDataRequest(DataRequestKind.OBJECTION, PERSON, "itiraz ediyorum")
    assert data_requests.add(transaction, registry.keyring, new) is not None


def _session(transaction: Transaction, registry: Registry, of: Key) -> None:
    session_store.open_(transaction, registry.keyring, b"s" * 32, PERSON, None)


def _visit(transaction: Transaction, registry: Registry, of: Key) -> None:
    session_store.open_(transaction, registry.keyring, b"s" * 32, OTHER, None)
    assert assisted_session_store.begin(transaction, registry.keyring, b"s" * 32, PERSON, 0)


def _passkey(transaction: Transaction, registry: Registry, of: Key) -> None:
    made = NewPasskey(b"credential", b"public", 0)
    assert passkey_store.add(transaction, registry.keyring, PERSON, made, None, transaction.now)


def _helper(transaction: Transaction, registry: Registry, of: Key) -> None:
    assert delegations.begin(transaction, registry.keyring, PERSON, OTHER, 1, 30)


def _helped(transaction: Transaction, registry: Registry, of: Key) -> None:
    assert delegations.begin(transaction, registry.keyring, OTHER, PERSON, 1, 30)


def _watch(transaction: Transaction, registry: Registry, of: Key) -> None:
    alert_store.start(transaction, registry.keyring, of.recipient, "ayse@example.com", "tr")


def _complaint(transaction: Transaction, registry: Registry, of: Key) -> None:
    day = instants.day_of(transaction.now)
    new = NewComplaint(brand=1, sender="", channel=1, day=day, act=None, text="bıktım")
    assert complaint_store.count(transaction, registry.keyring, PERSON, of.recipient, new)


def _question(transaction: Transaction, registry: Registry, of: Key) -> None:
    asked = NewRequest(
        "public", 1, 1, None, None, RequestPurpose.CONSENT, RequestMethod.SMS_OTP, 2, 0, PERSON, None, None, False, "?"
    )
    request_store.start(transaction, registry.keyring, asked)


def _dispute(transaction: Transaction, registry: Registry, of: Key) -> None:
    assert disputes.ask(transaction, 1, of)


@pytest.mark.parametrize(
    "begin",
    [_request, _session, _visit, _passkey, _helper, _helped, _watch, _complaint, _question, _dispute],
    ids=lambda begin: begin.__name__.strip("_"),
)
def test_who_waits_for_something_or_uses_the_site_does_not_age(
    deeds: Deeds, clock: Clock, settings: Settings, begin: Callable[[Transaction, Registry, Key], None]
) -> None:
    registry, of, silent = deeds.registry, key(deeds), key(deeds, "+905339998877")
    for one in (of, silent):
        deeds.decides(one, status=RET)
    clock.forward(days=YEARS, seconds=1)
    registry.store.write_now(begin, registry, of)
    counts = _rows(registry)
    assert run(registry, settings)[DestructionKind.PEOPLE] == 1, "who is silent ages"
    assert (address(registry, of.recipient), address(registry, silent.recipient)) == (PERSON, None)
    assert _rows(registry) == counts
    whole(registry)


def test_the_owner_and_the_lines_of_a_business_do_not_age(deeds: Deeds, clock: Clock, settings: Settings) -> None:
    registry = deeds.registry
    owner, line, left, silent = many(deeds, clock, 4)
    at = clock.now / 1_000_000

    def begin(transaction: Transaction) -> None:
        sealed = registry.keyring.seal_data(b"{}")
        row = (1, owner, sealed, False, at)
        transaction.insert("business", "id,owner,sealed,standing,made_at", [row])
        lines = [(line, 1, at, None), (left, 1, at, at)]
        transaction.insert("business_line", "recipient,business,added_at,left_at", lines)

    registry.store.write_now(begin)
    assert run(registry, settings)[DestructionKind.PEOPLE] == 2
    assert [address(registry, one) is None for one in (owner, line, left, silent)] == [False, False, True, True]


def test_who_comes_back_while_a_run_is_at_work_stays(deeds: Deeds, clock: Clock, settings: Settings) -> None:
    registry = deeds.registry
    people, opened = many(deeds, clock, 5), list[str]()

    def signs_in() -> None:
        held = address(registry, people[4])
        if held is not None and not opened:
            opened.append(held)
            registry.store.write_now(session_store.open_, registry.keyring, b"s" * 32, held, None)

    done = destruction.run(registry, settings, signs_in)
    assert done.counts == {DestructionKind.PEOPLE: 4}
    assert [address(registry, one) is None for one in people] == [True] * 4 + [False]


def test_more_people_than_a_look_has_all_age(
    deeds: Deeds, clock: Clock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aging, "WINDOW", 2)
    people = many(deeds, clock, 5)
    assert run(deeds.registry, settings) == {DestructionKind.PEOPLE: 5}
    assert {address(deeds.registry, one) for one in people} == {None}


def _rows(registry: Registry) -> list[tuple[object, ...]]:
    """What a person uses or waits for."""
    read = (
        "SELECT count(*), count(address), sum(state) FROM data_request",
        "SELECT count(*) FROM session_address",
        "SELECT count(*) FROM helper_visit",
        "SELECT count(*) FROM passkey",
        "SELECT count(*) FROM delegation",
        "SELECT count(*) FROM watch",
        "SELECT count(*), count(recipient), count(text) FROM complaint",
        "SELECT count(*), sum(silent), max(length(address)) FROM consent_request",
        "SELECT count(*), sum(state) FROM consent_dispute",
    )
    with registry.store.snapshot() as snapshot:
        return [row for one in read for row in snapshot.all(Statement(sql(one)))]


def test_evidence_goes_with_what_it_proved(deeds: Deeds, clock: Clock, settings: Settings) -> None:
    """Of somebody who permits another brand."""
    registry, of = deeds.registry, key(deeds)
    deeds.declares(onay(of._replace(brand=2), clock.now - DAY))
    deeds.decides(of, status=RET, evidence=registry.keyring.seal_evidence({"text": "istemiyorum"}))
    act = registry.store.read_now(lambda snapshot: snapshot.value(_LAST_ACT))
    clock.forward(days=YEARS)
    assert run(registry, settings) == {}
    clock.forward(seconds=1)
    assert run(registry, settings) == {DestructionKind.EVIDENCE: 1}
    (sealed,) = registry.store.read_now(lambda snapshot: snapshot.column(_EVIDENCE, {"id": act}))
    assert registry.keyring.unseal_evidence(bytes(sealed)) == {}
    assert address(registry, of.recipient) == PERSON
    whole(registry)


def test_evidence_stays_where_its_brand_may_still_write_or_more_followed(
    deeds: Deeds, clock: Clock, settings: Settings
) -> None:
    """And where it is that of a refusal of new brands, which ends with nothing."""
    registry = deeds.registry
    permits, followed, closed = (key(deeds, f"+9053300000{place:02}") for place in range(3))
    for of in (permits, followed, closed):
        deeds.declares(onay(of._replace(brand=2, channel=ARAMA), clock.now - DAY))
    sealed = registry.keyring.seal_evidence({"text": "istemiyorum"})
    for of in (permits, followed):
        deeds.decides(of, status=RET, evidence=sealed)
    deeds.declares(onay(permits._replace(channel=ARAMA), clock.now - DAY))
    deeds.declares(onay(closed, clock.now - DAY))
    deed = Deed(Actor.CITIZEN, Door.PAGE, evidence=sealed)
    close = partial(ledger.change_blanket, refuses=True)
    assert deeds.store.write_now(close, registry.policy, closed.recipient, [(MESAJ, BIREYSEL)], deed)
    clock.forward(days=YEARS - 1)
    deeds.decides(followed._replace(channel=ARAMA), status=RET)
    clock.forward(days=2)
    assert run(registry, settings) == {}


_LAST_ACT: Statement[tuple[int]] = Statement(sql("SELECT max(id) FROM act WHERE recipient IS NOT NULL"))
_EVIDENCE: Statement[tuple[bytes]] = Statement(sql("SELECT evidence FROM act WHERE id = :id"))


def test_reasons_of_the_log_go_and_who_did_what_stays(deeds: Deeds, clock: Clock, settings: Settings) -> None:
    registry = deeds.registry
    changed(registry, lambda change: change.note("brand-renamed", why="Ayşe Hanım istedi", provider=1))
    why = Why(registry.keyring, "Ayşe Hanım istedi")
    registry.store.write_now(lambda transaction: company_changes.note(transaction, 1, "renamed", why))
    clock.forward(days=YEARS)
    assert run(registry, settings) == {}
    clock.forward(seconds=1)
    assert run(registry, settings) == {DestructionKind.ACTIONS: 1, DestructionKind.COMPANY_REASONS: 1}
    (entry,) = registry.store.read_now(audit_log.find, registry.keyring, AuditSearch(what="brand-renamed"))
    assert (entry.what, entry.why) == ("brand-renamed", "")
    (change,) = registry.store.read_now(company_changes.of_provider, registry.keyring, 600100)
    assert (change.what, change.reason) == ("renamed", "")
    whole(registry)


def test_a_decided_application_is_emptied(deeds: Deeds, clock: Clock, settings: Settings) -> None:
    registry = deeds.registry
    new = NewApplication("kurucu@example.com", "Yeni A.Ş.", "Yeni", "", "12345678901", "Ayşe Y", SizeClass.SMALL, None)
    add = application_store.add
    refused, approved, waits = (registry.store.write_now(add, registry.keyring, new) for _ in range(3))
    changed(registry, lambda change: application_store.decide(change, approved, ApplicationState.APPROVED))
    changed(registry, lambda change: application_store.decide(change, refused, ApplicationState.REFUSED, "Ayşe"))
    clock.forward(days=180)
    assert run(registry, settings) == {}
    clock.forward(seconds=1)
    assert run(registry, settings) == {DestructionKind.APPLICATIONS: 2}
    read = application_store.by_number
    emptied, other, kept = (registry.store.read_now(read, registry.keyring, one) for one in (refused, approved, waits))
    for one in (emptied, other):
        assert one is not None
        assert (one.email, one.tax, one.signatory, one.phone, one.why) == ("", "", "", "", "")
    assert kept is not None
    assert kept.tax == "12345678901"
    decided = registry.store.read_now(application_store.decided, registry.keyring)
    assert sorted(decided, key=lambda one: one.id) == [emptied, other]


def test_an_old_day_file_goes_and_its_hash_is_known(deeds: Deeds, clock: Clock, settings: Settings) -> None:
    registry, of = deeds.registry, key(deeds)
    deeds.declares(onay(of, clock.now - DAY))
    day = instants.day_of(clock.now)
    clock.forward(days=1)
    days_kept.make_due(registry)
    which = Which(1, day)
    made = registry.store.read_now(day_store.find, which)
    assert made is not None
    clock.forward(days=YEARS - 1)
    assert run(registry, settings) == {}
    clock.forward(days=1)
    assert run(registry, settings) == {DestructionKind.DAY_FILES: 1}
    assert registry.store.read_now(day_store.find, which) is None
    assert registry.store.read_now(day_files.next_piece, registry.keyring, which, -1) is None
    found = registry.store.read_now(day_store.by_hash, [1], made.sha384)
    assert found is not None
    assert found[2].day == day
    whole(registry)


@pytest.mark.parametrize("days", [3, 30])
def test_messages_age_by_the_setting(deeds: Deeds, clock: Clock, days: int) -> None:
    registry, chosen = deeds.registry, load({"SECRET_KEY": SECRET, "RETENTION_MESSAGES_DAYS": str(days)})

    def work(transaction: Transaction) -> None:
        outbox.post(
            transaction, registry.keyring, kind="sms", to=PERSON, text="Merhaba", expires_at=transaction.now + DAY
        )
        transaction.run(Statement(sql("UPDATE outbox SET state = 'sent'")))

    registry.store.write_now(work)
    left: Callable[[], int] = lambda: len(registry.store.read_now(outbox.readable, registry.keyring, 10))  # noqa: E731
    clock.forward(days=days)
    asyncio.run(jobs._sweep(registry, chosen))
    assert left() == 1
    clock.forward(seconds=1)
    asyncio.run(jobs._sweep(registry, chosen))
    assert left() == 0


def many(deeds: Deeds, clock: Clock, count: int) -> list[int]:
    keys = [key(deeds, f"+9053200{place:05}") for place in range(count)]
    for of in keys:
        deeds.decides(of, status=RET)
    clock.forward(days=YEARS, seconds=1)
    return [of.recipient for of in keys]


def test_an_interrupted_run_goes_on_and_counts_all(
    deeds: Deeds, clock: Clock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = deeds.registry
    people = many(deeds, clock, 5)
    forget, done = erasure.forget, list[str]()

    def until(transaction: Transaction, of: Registry, address: str) -> None:
        if len(done) == 3:
            raise KeyboardInterrupt
        forget(transaction, of, address)
        done.append(address)

    monkeypatch.setattr(erasure, "forget", until)
    with pytest.raises(KeyboardInterrupt):
        destruction.run(registry, settings)
    assert [address(registry, one) is None for one in people] == [True, True, True, False, False]
    assert registry.store.read_now(destruction.last) is None
    monkeypatch.setattr(erasure, "forget", forget)
    assert destruction.run(registry, settings).counts == {DestructionKind.PEOPLE: 5}
    (entry,) = registry.store.read_now(audit_log.find, registry.keyring, AuditSearch(what=destruction.WHAT))
    assert entry.after == "people=5"
    assert {address(registry, one) for one in people} == {None}
    whole(registry)


def test_who_cannot_be_forgotten_holds_up_no_other(
    deeds: Deeds, clock: Clock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = deeds.registry
    people = many(deeds, clock, 3)
    forget = erasure.forget

    def unless(transaction: Transaction, of: Registry, address: str) -> None:
        if address.endswith("1"):
            raise ValueError(address)
        forget(transaction, of, address)

    monkeypatch.setattr(erasure, "forget", unless)
    with pytest.raises(ValueError, match="90532"):
        destruction.run(registry, settings)
    assert [address(registry, one) is None for one in people] == [True, False, True]
    monkeypatch.setattr(erasure, "forget", forget)
    assert destruction.run(registry, settings).counts == {DestructionKind.PEOPLE: 1}


def test_a_day_of_many_brands_goes_a_brand_a_transaction(
    deeds: Deeds, clock: Clock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, of = deeds.registry, key(deeds)
    for brand in (1, 2):
        deeds.declares(onay(of._replace(brand=brand), clock.now - DAY))
    day = instants.day_of(clock.now)
    clock.forward(days=1)
    days_kept.make_due(registry)
    clock.forward(days=YEARS)
    replaced, replace = list[tuple[int, int]](), day_files.replace

    def noted(transaction: Transaction, brand: int, of: date) -> None:
        replaced.append((id(transaction), brand))
        replace(transaction, brand, of)
        if brand == 2 and len(replaced) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(day_files, "replace", noted)
    with pytest.raises(KeyboardInterrupt):
        destruction.run(registry, settings)
    assert [brand for _, brand in replaced] == [1, 2]
    left = [registry.store.read_now(day_store.find, Which(brand, day)) is not None for brand in (1, 2)]
    assert left == [False, True], "each brand is its own transaction"
    assert destruction.run(registry, settings).counts == {DestructionKind.DAY_FILES: 2}
    assert registry.store.read_now(day_store.find, Which(2, day)) is None
    whole(registry)


def test_a_run_that_another_process_ends_meanwhile_returns_its_result(
    deeds: Deeds, clock: Clock, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = deeds.registry
    people, others = many(deeds, clock, 5), list[destruction.DestructionRun]()

    def beside() -> None:
        if not others:
            others.append(destruction.run(registry, settings))

    mine = destruction.run(registry, settings, beside)
    assert mine.counts == others[0].counts == {DestructionKind.PEOPLE: 5}
    assert {address(registry, one) for one in people} == {None}
    assert "not_destroyed" not in capsys.readouterr().out
    assert len(registry.store.read_now(audit_log.find, registry.keyring, AuditSearch(what=destruction.WHAT))) == 1


def test_a_run_ends_no_other_that_has_begun_meanwhile(deeds: Deeds, clock: Clock, settings: Settings) -> None:
    registry = deeds.registry
    many(deeds, clock, 5)
    ended, begun = list[destruction.DestructionRun](), list[destruction.DestructionRun]()

    def beside() -> None:
        if not ended:
            ended.append(destruction.run(registry, settings))
            begun.append(registry.store.write_now(destruction._begin))

    assert destruction.run(registry, settings, beside).id == ended[0].id
    assert registry.store.write_now(destruction._begin).id == begun[0].id, "it is still open"


def test_the_report_names_nobody_and_is_kept_three_years(deeds: Deeds, clock: Clock, settings: Settings) -> None:
    registry = deeds.registry
    many(deeds, clock, 1)
    destruction.run(registry, settings)
    find = audit_log.find
    (entry,) = registry.store.read_now(find, registry.keyring, AuditSearch(what=destruction.WHAT))
    assert (entry.after, entry.before, entry.why, entry.object, entry.mark) == ("people=1", "", "", "", None)
    clock.forward(days=YEARS)
    destruction.run(registry, settings)
    (entry,) = registry.store.read_now(find, registry.keyring, AuditSearch(what=destruction.WHAT))
    assert entry.after == "people=1"


def test_the_command_counts_first_and_then_destroys(
    deeds: Deeds, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = deeds.registry
    many(deeds, clock, 2)

    @contextmanager
    def opened(chosen: Settings) -> Iterator[Registry]:
        yield registry

    monkeypatch.setattr(maintenance_commands, "open_registry", opened)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    printed = []
    for words in (["retention", "--dry-run"], ["retention"], ["retention"]):
        done = CliRunner().invoke(cli.app, words)
        assert done.exit_code == 0, done.output
        printed.append(done.output.splitlines()[0].partition("\t")[0])
    assert printed == ["2", "2", "0"]
    assert len(registry.store.read_now(audit_log.find, registry.keyring, AuditSearch(what="data-destroyed"))) == 1


def test_no_setting_keeps_the_log_for_less_than_three_years() -> None:
    with pytest.raises(Exception, match="RETENTION_LOGS_DAYS"):
        load({"SECRET_KEY": SECRET, "RETENTION_LOGS_DAYS": "1094"})


def test_the_privacy_notice_names_the_last_run(registry: Registry, clock: Clock, settings: Settings) -> None:
    here = Office(registry, clock)
    visitor = here.browser()
    assert "Son imha" not in visitor.get("/gizlilik").text, "there was none"
    run(registry, settings)
    page = visitor.get("/gizlilik").text
    assert f"Son imha: {when.day('tr', clock.now)}." in page
    assert "Süresi dolan veri yoktu." in page
    note(registry, "brand-renamed", why="Ayşe istedi")
    clock.forward(days=1096)
    counts = run(registry, settings)
    assert counts == {DestructionKind.ACTIONS: 1}
    for language, words in (("tr", "İmha edilen: panel notu 1."), ("de", "Vernichtet: Notizen im Firmenbereich 1.")):
        page = visitor.get(f"/gizlilik?lang={language}").text
        assert f"{when.day(language, clock.now)}." in page
        assert words in " ".join(page.split())
    here.close()
