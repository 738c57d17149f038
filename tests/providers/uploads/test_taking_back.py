"""A load is taken back within a day: what stood before stands again, and what somebody said since stays."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from sqlalchemy import text

from consents import movement_counts
from consents.brands.companies import KnownBrand
from consents.care import audit
from consents.instants import day_of
from consents.queries import loads
from consents.registry import Registry
from consents.rules import ONAY, RET, Reconsent
from consents.store import Statement, Store
from consents.terms import Channel, Identity
from evidence import seals
from izin import cli
from providers.uploads import takers, taking_back
from providers.uploads.loading import Order, load
from providers.uploads.taking_back import NotTakenBack, TakenBack, take_back
from tests.conftest import SECRET, Clock, Opener
from tests.providers.uploads.conftest import GOOD, HEADER, make_workbook
from tests.providers.uploads.test_load import AYSE, Loader, add_brand, brand, loader, refuse, stands  # noqa: F401 - fixtures
from tests.statements import Asked

MEHMET = "+905320000002"
TWO = f"{HEADER}\n{GOOD}\n{GOOD.replace('0001', '0002')}\n"


def sms(registry: Registry, brand: KnownBrand, address: str) -> int | None:  # noqa: F811
    return stands(registry, brand, address, Channel.MESAJ, Identity.BIREYSEL)


def test_what_a_citizen_said_since_stays(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    loader: Loader,  # noqa: F811
    clock: Clock,
) -> None:
    number = loader(TWO).batch
    assert number == 1
    clock.forward(hours=1)
    refuse(registry, brand, AYSE)
    assert take_back(registry, number) == TakenBack(2, again=False)
    assert (sms(registry, brand, AYSE), sms(registry, brand, MEHMET)) == (RET, None)
    assert registry.store.read_now(audit.verify, Reconsent.CONFIRM) is None
    assert take_back(registry, number) == TakenBack(2, again=True)
    assert (sms(registry, brand, AYSE), sms(registry, brand, MEHMET)) == (RET, None)


def test_a_load_of_several_parts_is_noted_once(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    loader: Loader,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for most in ("_FIRST_GUESS", "_MOST", "_FEWEST", "_FIRST_SETS", "_MOST_SETS", "_FEWEST_SETS"):
        monkeypatch.setattr(takers, most, 1)
    loader(TWO)
    assert len(registry.store.read_now(loads.acts, 1) or ()) == 2
    noted: list[int] = []
    for again in (False, True):
        done = take_back(registry, 1, note=lambda transaction, keyring, upload: noted.append(upload))
        assert done == TakenBack(2, again=again)
        assert noted == [1]
    assert (sms(registry, brand, AYSE), sms(registry, brand, MEHMET)) == (None, None)


def test_each_act_has_a_salt_of_its_own_so_that_its_leaf_cannot_be_guessed(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    loader: Loader,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for most in ("_FIRST_GUESS", "_MOST", "_FEWEST", "_FIRST_SETS", "_MOST_SETS", "_FEWEST_SETS"):
        monkeypatch.setattr(takers, most, 1)
    loader(TWO)
    take_back(registry, 1)
    counts = Statement(text("SELECT count(*), count(DISTINCT evidence_digest) FROM act WHERE door = 7"))
    assert registry.store.read_now(lambda snapshot: snapshot.one(counts)) == (4, 4)
    registry.store.read_now(seals.check, registry.keyring)


def test_only_the_load_that_is_named_is_taken_back(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    loader: Loader,  # noqa: F811
) -> None:
    first = loader(f"{HEADER}\n{GOOD}\n").batch
    second = loader(f"{HEADER}\n{GOOD.replace('0001', '0002')}\n").batch
    assert (first, second) == (1, 2)
    take_back(registry, 1)
    assert (sms(registry, brand, AYSE), sms(registry, brand, MEHMET)) == (None, ONAY)


def test_for_a_day_and_no_longer(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    loader: Loader,  # noqa: F811
    clock: Clock,
) -> None:
    loader(f"{HEADER}\n{GOOD}\n")
    loader(f"{HEADER}\n{GOOD.replace('0001', '0002')}\n")
    clock.forward(hours=24)
    assert take_back(registry, 1).movements == 1
    clock.forward(seconds=1)
    with pytest.raises(NotTakenBack, match="24 hours"):
        take_back(registry, 2)
    assert sms(registry, brand, MEHMET) == ONAY
    assert take_back(registry, 1) == TakenBack(1, again=True), "a repeat answers as the first time"


def test_cut_off_it_is_ended_by_doing_it_again(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    loader: Loader,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("providers.uploads.takers._FIRST_GUESS", 1)
    monkeypatch.setattr("providers.uploads.takers._FIRST_SETS", 1)
    loader(TWO + "\n".join(GOOD.replace("0001", f"{number:04}") for number in range(3, 30)) + "\n")
    acts, write_now = [0], Store.write_now

    def cut(store: Store, work: object, *arguments: object) -> object:
        if work is taking_back.undo_part:
            acts[0] += 1
            if acts[0] == 2:
                raise KeyboardInterrupt
        return write_now(store, work, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Store, "write_now", cut)
        with pytest.raises(KeyboardInterrupt):
            take_back(registry, 1)
    assert take_back(registry, 1) == TakenBack(29, again=False)
    assert [sms(registry, brand, f"+90532000{number:04}") for number in range(1, 30)] == [None] * 29


def test_many_consents_that_nobody_gave_before_go_in_few_round_trips(
    postgresql_url: str, open_registry: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each that is waited for under the write lock keeps everybody waiting."""
    asked = Asked(postgresql_url, monkeypatch)
    registry = open_registry(postgresql_url)
    known = registry.store.write_now(add_brand)
    path = tmp_path / "a.csv"
    path.write_text("\n".join([HEADER, *(GOOD.replace("0001", f"{number:04}") for number in range(1, 301))]) + "\n")
    assert load(registry, Order(path, known)).recorded == 300
    asked.forget()
    assert take_back(registry, 1) == TakenBack(300, again=False)
    assert asked.trips < 30
    assert [sms(registry, known, f"+90532000{number:04}") for number in (1, 150, 300)] == [None] * 3
    assert registry.store.read_now(audit.verify, Reconsent.CONFIRM) is None


@pytest.mark.parametrize("number", [2, 10**30])
def test_a_load_that_is_none_is_told_in_words(registry: Registry, brand: KnownBrand, number: int) -> None:  # noqa: F811
    with pytest.raises(NotTakenBack, match="There is no load number"):
        take_back(registry, number)


def test_a_load_that_recorded_nothing_is_told_in_words(registry: Registry, loader: Loader) -> None:  # noqa: F811
    assert loader(f"{HEADER}\n{GOOD.replace('MESAJ', 'FAKS')}\n").batch == 1
    with pytest.raises(NotTakenBack, match="recorded nothing"):
        take_back(registry, 1)


def test_a_dry_run_has_no_number(loader: Loader) -> None:  # noqa: F811
    assert loader(TWO, dry_run=True).batch is None


class Izin:
    """The command, in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        self.monkeypatch.setattr("sys.argv", ["izin", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        told = self.capsys.readouterr()
        return int(end.value.code or 0), told.out, told.err


@pytest.fixture
def izin(
    sqlite_url: str,
    open_registry: Opener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Izin:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    open_registry(sqlite_url).store.write_now(add_brand)
    Path("a.csv").write_text(TWO)
    return Izin(monkeypatch, capsys)


def test_the_command_names_the_load_and_takes_it_back(izin: Izin) -> None:
    status, said, told = izin("import", "a.csv", "--brand", "600101", "--initial")
    assert status == 0
    number = json.loads(said.splitlines()[-1])["batch"]
    assert f"izin import --take-back {number}\n" in told
    status, said, told = izin("import", "--take-back", str(number))
    assert (status, json.loads(said)) == (0, {"batch": number, "taken_back": 2})
    assert "what was changed since stays" in told
    status, said, told = izin("import", "--take-back", str(number))
    assert (status, json.loads(said)) == (0, {"batch": number, "taken_back": 2})
    assert "taken back before" in told
    assert "the registry is whole" in izin("verify")[1]
    assert json.loads(izin("import", "a.csv", "--brand", "600101", "--initial")[1].splitlines()[-1])["recorded"] == 2


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("--take-back", "9"), 1, "There is no load number 9"),
        (("--take-back", "0"), 2, "--take-back"),
        (("--take-back", "1", "a.csv"), 2, "stands alone"),
        (("--take-back", "1", "--brand", "600101"), 2, "stands alone"),
        (("--take-back", "1", "--dry-run"), 2, "stands alone"),
        (("a.csv",), 2, "--brand"),
        (("--brand", "600101"), 2, "FILE"),
    ],
)
def test_what_cannot_be_meant_is_told_in_words(izin: Izin, words: tuple[str, ...], status: int, told: str) -> None:
    ended, said, error = izin("import", *words)
    assert (ended, said) == (status, "")
    assert told in error.replace("\n", " ")


class CutOff(Exception):
    """Stands for a kill between two parts."""


def cut_off(*_: object) -> None:
    raise CutOff


def test_a_load_that_was_cut_off_is_gone_on_with_under_its_number_and_taken_back_as_one(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    loader: Loader,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    clock: Clock,
) -> None:
    for most in ("_FIRST_GUESS", "_MOST", "_FEWEST", "_FIRST_SETS", "_MOST_SETS", "_FEWEST_SETS"):
        monkeypatch.setattr(takers, most, 1)
    heard: list[int] = []
    with monkeypatch.context() as cut:
        cut.setattr(loads, "end", cut_off)
        for _ in range(2):
            with pytest.raises(CutOff):
                loader(TWO, begun=heard.append)
            clock.forward(minutes=10)
    assert len(registry.store.read_now(loads.acts, 1) or ()) == 2
    assert loader(TWO, begun=heard.append).batch == 1
    assert heard == [1, 1, 1], "the number is known before the first row"
    assert take_back(registry, 1).again is False
    assert (sms(registry, brand, AYSE), sms(registry, brand, MEHMET)) == (None, None)
    assert loader(TWO).batch == 2, "what was ended, and taken back, is another load"
    with pytest.raises(CutOff):
        loader(f"{TWO}{GOOD.replace('0001', '0003')}\n", progress=cut_off)
    assert loader(f"{TWO}{GOOD.replace('0001', '0003')}\n", initial=True).batch == 3
    with pytest.raises(CutOff):
        loader(f"{TWO}{GOOD.replace('0001', '0004')}\n", progress=cut_off)
    clock.forward(days=8)
    assert loader(f"{TWO}{GOOD.replace('0001', '0004')}\n", initial=True).batch == 5, "nobody remembers that one"


def test_one_that_was_cut_off_and_taken_back_begins_again_under_a_new_number(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    loader: Loader,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as cut:
        cut.setattr(loads, "end", cut_off)
        with pytest.raises(CutOff):
            loader(TWO)
    assert take_back(registry, 1).movements == 2
    assert loader(TWO).batch == 2
    assert sms(registry, brand, AYSE) == ONAY
    assert loader(TWO).batch == 3, "what came to its end is no load to go on with"


def test_the_command_names_the_sheets_that_it_does_not_read(izin: Izin) -> None:
    """And a refusal of the ledger names the sheet on which it stands."""
    head, row = TWO.splitlines()[0].split(";"), TWO.splitlines()[1].split(";")
    old = [*row[:5], "2015-04-30 10:00:00"]
    Path("a.xlsx").write_bytes(make_workbook([head, row], Retler=[[], head, old, old], Not=[["rapor"], ["x"]]))
    status, said, told = izin("import", "a.xlsx", "--brand", "600101", "--initial", "--refusals", "r.csv")
    assert status == 3
    counts = json.loads(said.splitlines()[-1])
    assert counts["unread_sheets"] == [{"sheet": "Not", "rows": 2, "why": "header"}]
    assert (counts["rows"], counts["recorded"], counts["refused"]) == (3, 1, 2)
    assert "Not: Bu sayfa okunmadı" in told
    with open("r.csv", encoding="utf-8-sig") as file:
        assert [(one["row"], one["line"], one["sheet"]) for one in csv.DictReader(file)] == [
            ("2", "3", "Retler"),
            ("3", "4", "Retler"),
        ]


def test_a_day_from_the_last_part_and_not_the_first(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    clock: Clock,
    tmp_path: Path,
) -> None:
    """A loading of two hours can be taken back for a day from its end."""
    file = tmp_path / "a.csv"
    file.write_text(TWO)
    first = load(registry, Order(file, brand))
    clock.forward(hours=2)
    file.write_text(TWO.replace("32000000", "32000001"))
    load(registry, Order(file, brand, upload=first.batch))
    clock.forward(hours=23)
    assert first.batch is not None
    assert take_back(registry, first.batch) == TakenBack(4, again=False)
    assert sms(registry, brand, "+905320000001") is None


def counted(registry: Registry, brand: KnownBrand) -> int:  # noqa: F811
    day = day_of(registry.store.now())
    return sum(one.amount for one in registry.store.read_now(movement_counts.by_day, [brand.id], day, day))


@pytest.mark.parametrize("before", [True, False], ids=["counted before", "not counted yet"])
def test_what_is_taken_back_is_counted_no_more(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    loader: Loader,  # noqa: F811
    clock: Clock,
    before: bool,
) -> None:
    kept = loader(TWO.replace("32000000", "32000001"))
    wrong = loader(TWO).batch
    if before:
        movement_counts.keep_up(registry)
        assert counted(registry, brand) == 4
    assert wrong is not None
    clock.forward(minutes=1)
    for _ in range(2):
        take_back(registry, wrong)
        movement_counts.keep_up(registry)
        assert counted(registry, brand) == kept.recorded == 2
    assert movement_counts.keep_up(registry) == 0


def test_what_is_taken_back_while_it_is_being_counted_is_counted_no_more(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    loader: Loader,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong, read = loader(TWO).batch, Store.read_now
    assert wrong is not None

    def between(store: Store, query: object, *arguments: object) -> object:
        found = read(store, query, *arguments)  # type: ignore[arg-type]
        if query is movement_counts._counted:
            monkeypatch.setattr(Store, "read_now", read)
            take_back(registry, wrong)
        return found

    monkeypatch.setattr(Store, "read_now", between)
    movement_counts.keep_up(registry)
    movement_counts.keep_up(registry)
    assert counted(registry, brand) == 0
