"""Loading files into a real registry, on both databases; now is Tuesday 24 November 2026, 12:00 in Türkiye."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from consents import history, ledger, state
from consents.brands import companies
from consents.brands.companies import KnownBrand
from consents.history import Deed
from consents.ledger import Wish
from consents.people import register
from consents.registry import Registry
from consents.rules import BEKLIYOR, ONAY, RET
from consents.state import Key
from consents.store import Snapshot, StoreUnavailable, Transaction
from consents.store.gates import postgresql_gate, sqlite_gate
from consents.terms import Actor, Channel, Door, Identity, Source
from izin import cli
from providers.uploads import pipeline
from providers.uploads.loading import Order, Tally, load
from providers.uploads.reading import LENGTH
from providers.uploads.taking_back import take_back
from tests import CORPUS
from tests.conftest import SECRET, Clock, Opener
from tests.providers.uploads.conftest import GOOD, HEADER

AYSE = "+905320000001"
DECK = """IZINTURU,ALICI**UNIQUE,DURUMU,IZINKAYNAGI,IZINTARIHI,IZNINALINDIGIBA YIKODU,FIRMATIPI
EPOSTA,ali@example.com,ONAY,HS_WEB,01.20.20 04:16 PM,,BIREYSEL
MESAJ,+902120000001,ONAY,HS_ATM,08.20.16 10:16 AM,,TACIR
ARAMA,+905320000001,RET,HS_2015,05.01.15 12:00 AM,123,BIREYSEL
"""

Loader = Callable[..., Tally]


@pytest.fixture
def brand(registry: Registry) -> KnownBrand:
    return registry.store.write_now(add_brand)


def add_brand(transaction: Transaction) -> KnownBrand:
    companies.add_provider(transaction, 600100, "Çınar Mağazacılık A.Ş.")
    companies.add_brand(transaction, 600100, 600101, "Çınar")
    companies.add_dealer(transaction, 600101, "Örnek Bayi", "123")
    known = companies.known_brand(transaction, 600101)
    assert known
    return known


@pytest.fixture
def loader(registry: Registry, brand: KnownBrand, tmp_path: Path) -> Loader:
    def run(content: str, progress: Callable[[int], None] = lambda rows: None, **options: Any) -> Tally:
        path = tmp_path / "izinler.csv"
        path.write_text(content, encoding="utf-8")
        return load(registry, Order(path, brand, **options), progress)

    return run


def test_a_lock_that_somebody_keeps_is_told_in_words(
    registry: Registry, loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (sqlite_gate, postgresql_gate):
        monkeypatch.setattr(one, "LONGEST_WAIT", 0.2)
    with ExitStack() as stack:
        other = stack.enter_context(closing(registry.store.gate()))

        def lock(rows: int) -> None:
            stack.enter_context(other.transaction())

        with pytest.raises(StoreUnavailable, match="another program keeps the database's write lock"):
            loader(f"{HEADER}\n{GOOD}\n", progress=lock)


@pytest.mark.parametrize("place", ["nowhere/refused.csv", ""])
def test_refused_rows_that_cannot_be_written_are_told_in_words(
    sqlite_url: str,
    open_registry: Opener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: str,
) -> None:
    open_registry(sqlite_url).store.write_now(add_brand)
    path = tmp_path / "izinler.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n", encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    command = ["izin", "import", str(path), "--brand", "600101", "--refusals", str(tmp_path / place)]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert "--refusals" in said
    assert str(tmp_path / place) in said


def counts(tally: Tally) -> tuple[int, int, int, int, int]:
    return tally.rows, tally.recorded, tally.unchanged, tally.refused, tally.pending


def stands(registry: Registry, brand: KnownBrand, address: str, channel: Channel, identity: Identity) -> int | None:
    def query(snapshot: Any) -> int | None:
        recipient = register.find(snapshot, registry.keyring, register.person(registry.keyring, address))
        found = recipient and state.of_key(snapshot, Key(recipient, brand.id, channel.code, identity.code))
        return found.status if found else None

    return registry.store.read_now(query)


def refuse(registry: Registry, brand: KnownBrand, address: str) -> None:
    """The citizen's own RET for SMS, now."""

    def work(transaction: Transaction) -> None:
        recipient = register.enrol(transaction, registry.keyring, register.person(registry.keyring, address))
        wish = Wish(brand.id, Channel.MESAJ.code, Identity.BIREYSEL.code, RET, Source.IYS_WEB.code)
        ledger.decide(transaction, registry.policy, recipient, [wish], Deed(Actor.CITIZEN, Door.PAGE))

    registry.store.write_now(work)


def recorded(registry: Registry) -> list[history.Event]:
    """What the first act did."""

    def read(snapshot: Snapshot) -> list[history.Event]:
        act = history.act(snapshot, 1)
        return history.events_of(snapshot, act) if act else []

    return registry.store.read_now(read)


def test_the_decks_three_rows_load_as_a_take_over(registry: Registry, brand: KnownBrand, loader: Loader) -> None:
    tally = loader(DECK, initial=True)
    assert counts(tally) == (3, 3, 0, 0, 0)
    assert tally.warnings == {"landline": 1}
    assert stands(registry, brand, "ali@example.com", Channel.EPOSTA, Identity.BIREYSEL) == ONAY
    assert stands(registry, brand, "+902120000001", Channel.MESAJ, Identity.TACIR) == ONAY
    assert stands(registry, brand, AYSE, Channel.ARAMA, Identity.BIREYSEL) == RET
    dealers = registry.store.read_now(companies.dealers, brand.id)
    by_channel = {event.key.channel: event.word.dealer for event in recorded(registry)}
    assert by_channel == {Channel.EPOSTA.code: None, Channel.MESAJ.code: None, Channel.ARAMA.code: dealers["123"]}


def test_the_deck_without_initial_keeps_its_refusal_only(loader: Loader, tmp_path: Path) -> None:
    refused = tmp_path / "refused.csv"
    tally = loader(DECK, refusals=refused)
    assert counts(tally) == (3, 1, 0, 2, 0)
    assert tally.warnings["late"] == 1
    with refused.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0]) == ["row", "field", "code", "message", "value", "line", "sheet"]
    assert [(line["row"], line["line"], line["field"], line["code"], line["value"]) for line in lines] == [
        ("1", "2", "consentDate", "H467", "2020-01-20 16:16:00"),
        ("2", "3", "consentDate", "H467", "2016-08-20 10:16:00"),
    ]
    assert all("iş gün" in line["message"] and "business days" in line["message"] for line in lines)


def test_a_file_sent_again_changes_nothing_however_late(
    registry: Registry, brand: KnownBrand, loader: Loader, clock: Clock
) -> None:
    content = f"{HEADER}\n{GOOD}\n{GOOD.replace('0001', '0002').replace('ONAY', 'RET')}\n"
    assert counts(loader(content)) == (2, 2, 0, 0, 0)
    clock.forward(days=400)
    assert counts(loader(content)) == (2, 0, 2, 0, 0)
    assert len(recorded(registry)) == 2


def test_rows_that_follow_one_another_are_all_recorded_and_known_again(loader: Loader) -> None:
    later = GOOD.replace("10:15", "11:15").replace("ONAY", "RET").replace("HS_WEB", "HS_MESAJ")
    last = GOOD.replace("10:15", "12:15")
    content = f"{HEADER}\n{GOOD}\n{later}\n{last}\n"
    assert counts(loader(content)) == (3, 3, 0, 0, 0)
    assert counts(loader(content)) == (3, 0, 3, 0, 0)


def test_an_older_onay_does_not_touch_a_ret(registry: Registry, brand: KnownBrand, loader: Loader) -> None:
    refuse(registry, brand, AYSE)
    tally = loader(f"{HEADER}\n{GOOD}\n")
    assert counts(tally) == (1, 0, 0, 1, 0)
    assert stands(registry, brand, AYSE, Channel.MESAJ, Identity.BIREYSEL) == RET


def test_a_newer_onay_waits_for_the_citizen(
    registry: Registry, brand: KnownBrand, loader: Loader, clock: Clock
) -> None:
    refuse(registry, brand, AYSE)
    clock.forward(hours=2)
    tally = loader(f"{HEADER}\n{GOOD.replace('2026-11-23 10:15:00', '2026-11-24 13:00:00')}\n")
    assert counts(tally) == (1, 1, 0, 0, 1)
    assert stands(registry, brand, AYSE, Channel.MESAJ, Identity.BIREYSEL) == BEKLIYOR


def test_an_upload_taken_back_leaves_what_stood_before(registry: Registry, brand: KnownBrand, loader: Loader) -> None:
    loader(f"{HEADER}\n{GOOD}\n")
    second = f"{HEADER}\n{GOOD.replace('10:15', '11:15').replace('ONAY', 'RET')}\n{GOOD.replace('0001', '0002')}\n"
    loader(second)
    assert take_back(registry, 2) == (2, False)
    assert stands(registry, brand, AYSE, Channel.MESAJ, Identity.BIREYSEL) == ONAY
    assert stands(registry, brand, "+905320000002", Channel.MESAJ, Identity.BIREYSEL) is None
    assert counts(loader(second)) == (2, 2, 0, 0, 0)


def test_a_dry_run_answers_as_the_loading_would_and_changes_nothing(
    registry: Registry, brand: KnownBrand, loader: Loader, clock: Clock, tmp_path: Path
) -> None:
    refuse(registry, brand, AYSE)
    loader(f"{HEADER}\n{GOOD.replace('0001', '0002')}\n")
    clock.forward(hours=2)
    numbers = [f"+90532000{n:04d}" for n in range(1, 60)]
    rows = [GOOD.replace(AYSE, number) for number in numbers] * 2
    rows += [GOOD.replace(AYSE, number).replace("ONAY", "RET").replace("11-23", "11-24") for number in numbers]
    rows += [GOOD.replace("2026-11-23 10:15:00", "2026-11-24 13:00:00"), GOOD.replace("MESAJ", "FAKS")]
    content = "\n".join([HEADER, *rows]) + "\n"
    before = registry.store.read_now(everything)
    tried = loader(content, dry_run=True, refusals=tmp_path / "tried.csv")
    assert registry.store.read_now(everything) == before
    done = loader(content, refusals=tmp_path / "done.csv")
    assert counts(tried) == counts(done)
    assert done.pending == 1
    assert (tmp_path / "tried.csv").read_bytes() == (tmp_path / "done.csv").read_bytes()


def test_a_dry_run_knows_the_dealers_of_the_companys_other_brands(
    registry: Registry, loader: Loader, tmp_path: Path
) -> None:
    """Consents of all its brands are looked at, because a package counts an address once for all of them."""
    loader(f"{HEADER};retailerCode\n{GOOD};123\n")

    def second(transaction: Transaction) -> KnownBrand | None:
        companies.add_brand(transaction, 600100, 600102, "Çınar Ev")
        return companies.known_brand(transaction, 600102)

    other = registry.store.write_now(second)
    assert other is not None
    path = tmp_path / "other.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n", encoding="utf-8")
    assert counts(load(registry, Order(path, other, dry_run=True), lambda rows: None)) == (1, 1, 0, 0, 0)


def everything(snapshot: Any) -> list[int]:
    cursor = snapshot.connection.cursor()
    found = []
    for table in ("recipient", "act", "consent_event", "consent", "upload"):
        cursor.execute(f"SELECT count(*) FROM {table}")
        found.append(cursor.fetchone()[0])
    return found


def test_the_corpus_row_too_late_for_iys_is_refused_and_the_late_ret_is_not(loader: Loader) -> None:
    corpus = CORPUS / "csv_rows.jsonl"
    cases = {case["id"]: case for case in map(json.loads, corpus.read_text(encoding="utf-8").splitlines())}
    late_onay, late_ret = cases["csv_rows-025"]["input"], cases["csv_rows-009"]["input"]
    tally = loader(f"{HEADER}\n{late_onay}\n{late_ret.replace('0001', '0002')}\n")
    assert counts(tally) == (2, 1, 0, 1, 0)


def test_refused_in_advance_with_an_erased_address_still_stands(
    registry: Registry, brand: KnownBrand, loader: Loader, clock: Clock
) -> None:
    refuse(registry, brand, AYSE)
    registry.store.write_now(register.erase, registry.keyring, register.person(registry.keyring, AYSE))
    assert counts(loader(f"{HEADER}\n{GOOD}\n")) == (1, 0, 0, 1, 0)
    assert stands(registry, brand, AYSE, Channel.MESAJ, Identity.BIREYSEL) == RET


def test_strict_iys_refuses_a_first_and_a_late_ret(
    database_url: str, open_registry: Callable[..., Registry], registry: Registry, brand: KnownBrand, tmp_path: Path
) -> None:
    strict = open_registry(database_url, strict=True)
    path = tmp_path / "ret.csv"
    path.write_text(f"{HEADER}\n{GOOD.replace('ONAY', 'RET')}\n")
    assert counts(load(strict, Order(path, brand))) == (1, 0, 0, 1, 0)


def test_a_load_that_is_given_up_leaves_no_thread_behind() -> None:
    before = set(threading.enumerate())
    ahead = pipeline._ahead(io.BytesIO((LENGTH.pack(3) + b"row") * 20))
    assert next(ahead) == b"row"
    ahead.close()
    assert set(threading.enumerate()) <= before
