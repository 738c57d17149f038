"""Evidence in the columns of a file: kept as the API's call keeps it, refused with its reason, taken back with the
load; and the row from which a consent was loaded. On both databases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from consents import history
from consents.brands.companies import KnownBrand
from consents.instants import DAY
from consents.people import register
from consents.queries import loads
from consents.registry import Registry
from consents.rules import ONAY
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Actor, Door
from providers.disputes import consent_evidence, disputes
from providers.disputes.consent_evidence import Attached, LoadedEvidence
from providers.disputes.dispute_states import DisputeState
from providers.uploads.taking_back import NotTakenBack, TakenBack, take_back
from tests.conftest import Clock
from tests.providers.uploads.conftest import GOOD, HEADER
from tests.providers.uploads.test_load import AYSE, Loader, brand, loader  # noqa: F401 - fixtures
from tests.providers.uploads.test_taking_back import sms

HASH = "ab" * 32
HEAD = f"{HEADER};onay metni;Metin sürümü;FORM NO;Onay sayfası;Belge özeti;imageHash"
FULL = {"text": "SMS almak istiyorum.", "version": "2", "form": "F-7", "url": "https://cinar.example/uye"}
FULL |= {"fileHash": HASH, "imageHash": HASH}
RET = GOOD.replace("ONAY", "RET")


def line(row: str = GOOD, **content: str) -> str:
    return ";".join([row, *(content.get(name, "") for name in FULL)])


def attached(registry: Registry) -> list[Attached]:
    events = registry.store.read_now(lambda snapshot: snapshot.all(EVENTS))
    found = registry.store.read_now(consent_evidence.of_events, registry.keyring, [event for (event,) in events])
    return [one for some in found.values() for one in some]


EVENTS: Statement[tuple[int]] = Statement(text("SELECT id FROM consent_event ORDER BY id"))


def test_each_column_is_kept_as_the_call_keeps_it(registry: Registry, loader: Loader) -> None:  # noqa: F811
    other = GOOD.replace("0001", "0002")
    tally = loader("\n".join([HEAD, line(other), line(**FULL | {"fileHash": HASH.upper()})]))
    assert (tally.recorded, tally.refused, tally.attached) == (2, 0, 1)
    (piece,) = attached(registry)
    assert piece.content == FULL
    rows = registry.store.read_now(loads.rows_of, [1, 2])
    assert sorted(rows.values()) == [1, 2]
    assert rows[piece.event] == 2
    assert registry.store.read_now(consent_evidence.verify, registry.keyring) is None


def test_columns_stand_anywhere_and_may_be_missing(registry: Registry, loader: Loader) -> None:  # noqa: F811
    loader(f"consentText;{HEADER}\nMetin;{GOOD}\n")
    (piece,) = attached(registry)
    assert piece.content == {"text": "Metin"}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("text", "a" * 2001, "en çok 2.000"),
        ("version", "v" * 65, "en çok 64"),
        ("form", "f" * 65, "en çok 64"),
        ("url", "http://cinar.example", "https:// ile"),
        ("fileHash", "ab", "64 karakter"),
        ("imageHash", "zz" * 32, "64 karakter"),
    ],
)
def test_a_bad_value_refuses_its_row_alone(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    loader: Loader,  # noqa: F811
    tmp_path: Path,
    field: str,
    value: str,
    words: str,
) -> None:
    other = GOOD.replace("0001", "0002")
    refusals = tmp_path / "refused.csv"
    tally = loader("\n".join([HEAD, line(**{field: value}), line(other, text="Metin")]), refusals=refusals)
    assert (tally.recorded, tally.refused) == (1, 1)
    assert dict(tally.codes) == {("Z430", 1): 1}
    written = refusals.read_text(encoding="utf-8-sig")
    assert words in written
    assert f"{field}" in written
    assert sms(registry, brand, AYSE) is None
    assert sms(registry, brand, "+905320000002") == ONAY


def test_a_refusal_is_taken_without_its_evidence(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    loader: Loader,  # noqa: F811
) -> None:
    tally = loader("\n".join([HEAD, line(RET, url="http://x")]))
    assert (tally.recorded, tally.refused) == (1, 0)
    assert tally.warnings == {"evidence-ret": 1}
    assert not attached(registry)


def test_a_repeat_attaches_to_the_earlier_consent_and_goes_with_its_load(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    loader: Loader,  # noqa: F811
    clock: Clock,
) -> None:
    loader(f"{HEADER}\n{GOOD}\n")
    content = "\n".join([HEAD, line(**FULL)])
    tally = loader(content)
    assert (tally.recorded, tally.unchanged, tally.attached) == (0, 1, 1)
    assert loader(content).attached == 0  # known
    number = tally.batch
    assert number is not None
    assert take_back(registry, number) == TakenBack(0, again=False)
    assert not attached(registry)
    assert sms(registry, brand, AYSE) == ONAY
    assert registry.store.read_now(consent_evidence.verify, registry.keyring) is None
    assert take_back(registry, number) == TakenBack(0, again=True)
    again = loader(content)
    assert again.attached == 1
    clock.now += 2 * DAY
    with pytest.raises(NotTakenBack):
        take_back(registry, again.batch or 0)
    assert len(attached(registry)) == 1


def test_of_its_own_consents_it_goes_too(registry: Registry, loader: Loader) -> None:  # noqa: F811
    tally = loader("\n".join([HEAD, line(**FULL)]))
    take_back(registry, tally.batch or 0)
    assert not attached(registry)
    assert registry.store.read_now(consent_evidence.of_load, tally.batch or 0).pieces == 1


def test_a_consent_takes_five(registry: Registry, loader: Loader) -> None:  # noqa: F811
    loader("\n".join([HEAD, *(line(version=str(number)) for number in range(5))]))
    tally = loader("\n".join([HEAD, line(version="6"), line(version="0")]))
    assert (tally.unchanged, tally.refused) == (1, 1)
    assert dict(tally.codes) == {("Z432", 1): 1}
    assert len(attached(registry)) == 5


def test_a_dry_run_attaches_nothing(registry: Registry, loader: Loader) -> None:  # noqa: F811
    tally = loader("\n".join([HEAD, line(**FULL), line(url="x")]), dry_run=True)
    assert (tally.recorded, tally.refused) == (1, 1)
    assert registry.store.read_now(consent_evidence.of_load, 1) == LoadedEvidence(0, 0)


def test_a_dispute_that_it_answered_is_open_again(
    registry: Registry,
    brand: KnownBrand,  # noqa: F811
    loader: Loader,  # noqa: F811
) -> None:
    loader(f"{HEADER}\n{GOOD}\n")

    def ask(transaction: Transaction) -> None:
        found = consent_evidence.latest(transaction, registry.keyring, registry.keyring.seal(AYSE), key)
        assert found is not None
        assert disputes.ask(transaction, found.event, found.key)

    key: Any = _key(brand)
    registry.store.write_now(ask)
    tally = loader("\n".join([HEAD, line(**FULL)]))
    found = registry.store.read_now(disputes.of_event, 1)
    assert found is not None
    assert found.state is DisputeState.KEPT
    take_back(registry, tally.batch or 0)
    after = registry.store.read_now(disputes.of_event, 1)
    assert after is not None
    assert (after.state, after.due_at, after.ended_at) == (DisputeState.OPEN, found.due_at, None)


def _key(brand: KnownBrand) -> Any:  # noqa: F811
    from consents.state import Key
    from consents.terms import Channel, Identity

    return Key(0, brand.id, Channel.MESAJ.code, Identity.BIREYSEL.code)


HARM = {
    "its row": "UPDATE consent_evidence SET row = 9 WHERE row = 1",
    "its load": "UPDATE consent_evidence SET upload = NULL",
    "taken back by nobody": "UPDATE consent_evidence SET taken_back = 1 WHERE taken_back IS NULL",
    "not taken back": "UPDATE consent_evidence SET taken_back = NULL",
}


@pytest.mark.parametrize("harm", HARM)
def test_verify_finds_what_was_changed(registry: Registry, loader: Loader, harm: str) -> None:  # noqa: F811
    one = loader("\n".join([HEAD, line(text="a")])).batch
    take_back(registry, one or 0)
    loader("\n".join([HEAD, line(text="b")]))
    assert registry.store.read_now(consent_evidence.verify, registry.keyring) is None
    registry.store.write_now(lambda transaction: transaction.run(Statement(text(HARM[harm]))))
    assert registry.store.read_now(consent_evidence.verify, registry.keyring) is not None


def test_windows_keep_each_rows_evidence(
    registry: Registry,
    loader: Loader,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rows are sorted and cut into parts on the way; each keeps its own."""
    lines = [line(GOOD.replace("0000001", f"00{number:05}"), form=f"F-{number}") for number in range(1, 701)]
    tally = loader("\n".join([HEAD, *lines]))
    assert tally.attached == 700
    found = attached(registry)
    rows = registry.store.read_now(loads.rows_of, [one.event for one in found])
    assert {one.content["form"] for one in found} == {f"F-{number}" for number in range(1, 701)}
    assert all(one.content["form"] == f"F-{rows[one.event]}" for one in found)
    assert json.dumps(sorted(rows.values())) == json.dumps(list(range(1, 701)))


def test_pieces_are_written_together(
    registry: Registry,
    loader: Loader,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An act for each, but no question for each: a refusal waits for the rows before it."""
    written: list[int] = []
    append_notes = history.append_notes

    def count(transaction: Transaction, actor: Actor, door: Door, notes: Any) -> int:
        written.append(len(notes))
        return append_notes(transaction, actor, door, notes)

    monkeypatch.setattr(history, "append_notes", count)
    lines = [line(GOOD.replace("0000001", f"00{number:05}"), form=f"F-{number}") for number in range(1, 41)]
    assert loader("\n".join([HEAD, *lines])).attached == 40
    assert written == [40]
    assert len({one.id for one in attached(registry)}) == 40
    assert registry.store.read_now(consent_evidence.verify, registry.keyring) is None


def test_rows_keep_their_numbers_beside_those_that_change_nothing(registry: Registry, loader: Loader) -> None:  # noqa: F811
    lines = [GOOD.replace("0000001", f"{number:07}") for number in range(1, 10)]
    loader("\n".join([HEADER, lines[1], lines[4]]))
    before = len(registry.store.read_now(lambda snapshot: snapshot.all(EVENTS)))
    bad = lines[7].replace("MESAJ", "FAKS")
    newer = lines[2].replace("ONAY", "RET")
    given = [*lines[:3], newer, *lines[3:7], bad, lines[8], lines[0]]
    tally = loader("\n".join([HEADER, *given]))
    assert (tally.recorded, tally.unchanged, tally.refused) == (7, 3, 1)
    events = [event for (event,) in registry.store.read_now(lambda snapshot: snapshot.all(EVENTS))][before:]
    rows = registry.store.read_now(loads.rows_of, events)

    def words(snapshot: Snapshot) -> dict[int, tuple[str, int]]:
        found = {one.id: one for act in _acts(snapshot) for one in history.events_of(snapshot, act)}
        address = {event: register.address(snapshot, registry.keyring, found[event].key.recipient) for event in events}
        return {event: (address[event] or "", found[event].word.status) for event in events}

    for event, (address, status) in registry.store.read_now(words).items():
        assert address[-7:] in given[rows[event] - 1].replace(" ", "")
        assert ("RET" in given[rows[event] - 1]) is (status != ONAY)


def _acts(snapshot: Snapshot) -> list[history.PastAct]:
    found = (history.act(snapshot, number) for number in range(1, 20))
    return [one for one in found if one is not None]
