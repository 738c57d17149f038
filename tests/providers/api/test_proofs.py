"""The proof that a movement reached its provider: which way, when, and when it was taken."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from typer.testing import CliRunner

from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction
from evidence import log
from izin import cli
from izin.operations import registry as opening
from providers.callers import call_log
from providers.deliveries import handout_store
from providers.deliveries.handout_store import FeedReading
from providers.push import pusher
from tests.providers.api.conftest import Open
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, Desk, Program, asked, brand, codes, consent
from tests.providers.api.target import Target
from tests.providers.api.test_consents import RET, decides

B = brand(CINAR)


@pytest.fixture
def target() -> Iterator[Target]:
    made = Target()
    yield made
    made.close()


@pytest.fixture
def here(desk: Open) -> Desk:
    return desk(PUSH_PRIVATE="1")


def refused(here: Desk, program: Program, number: int = 1) -> str:
    """A citizen refuses by SMS; the id of his movement, for which the feed was not asked."""
    decides(here, number, RET)
    told = program.post(f"{B}/consents/status", asked(number))
    return str(told.json()["transactionId"])


def proof(program: Program, name: str, path: str = B) -> dict[str, Any]:
    answer = program.get(f"{path}/deliveries/{name}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_movement_that_nobody_has_fetched_has_gone_no_way(here: Desk, cinar: Program) -> None:
    name = refused(here, cinar)
    expected = {"transactionId": name, "creationDate": "2026-11-24 12:00:00", "deliveries": []}
    assert proof(cinar, name) == proof(cinar, name.upper()) == expected


def test_the_feed_hands_it_out_and_asking_on_from_there_says_that_it_was_taken(here: Desk, cinar: Program) -> None:
    name = refused(here, cinar)
    here.clock.forward(minutes=1)
    page = cinar.get(f"{B}/consents/changes").json()
    way = {"way": "feed", "time": "2026-11-24 12:01:00"}
    assert proof(cinar, name)["deliveries"] == [way | {"taken": None}]
    here.clock.forward(minutes=1)
    assert cinar.get(f"{B}/consents/changes?after={page['after']}").status_code == 204
    assert proof(cinar, name)["deliveries"] == [way | {"taken": "2026-11-24 12:02:00"}]
    other = refused(here, cinar, 2)
    assert proof(cinar, other)["deliveries"] == [], "what came later was not in that page"


def test_a_push_is_taken_when_it_was_answered_with_success_and_not_before(
    here: Desk, cinar: Program, target: Target
) -> None:
    cinar.post(f"{B}/push/registration", {"connection": [target.connection()]})
    target.mood = 500
    name = refused(here, cinar)
    decides(here, 1, RET, channel=0)
    asyncio.run(pusher.deliver(here.registry, private=True, seconds=60))
    assert proof(cinar, name)["deliveries"] == []
    target.mood = 200
    here.clock.forward(minutes=1)
    asyncio.run(pusher.deliver(here.registry, private=True, seconds=60))
    at = "2026-11-24 12:01:00"
    assert target.heard == [name]
    assert proof(cinar, name)["deliveries"] == [{"way": "push", "time": at, "taken": at}]
    calls = [
        one["transactionId"] for one in cinar.get(f"{B}/consents/changes").json()["list"] if one["type"] == "ARAMA"
    ]
    assert [one["way"] for one in proof(cinar, calls[0])["deliveries"]] == ["feed"], "the push was of another channel"


def test_a_day_file_is_taken_when_the_day_was_agreed_to(here: Desk, cinar: Program) -> None:
    name = refused(here, cinar)
    here.clock.forward(hours=20)
    program = here.program("cinar")
    assert program.get(f"{B}/changes/2026-11-24/file").status_code == 200
    (first,) = proof(program, name)["deliveries"]
    assert (first["way"], first["taken"]) == ("file", None)
    program.get(f"{B}/changes/2026-11-24/file")
    assert len(handouts(here)) == 1, "once is enough"
    assert program.call("PUT", f"{B}/agreements/2026-11-24", {"agreementStatus": True}).status_code == 200
    assert [one["taken"] for one in proof(program, name)["deliveries"]] == [None, "2026-11-25 08:00:00"]


@pytest.mark.parametrize("name", ["", "x", "0" * 64, "ab" * 500, "%00"])
def test_what_names_no_movement_is_not_found(here: Desk, cinar: Program, name: str) -> None:
    answer = cinar.get(f"{B}/deliveries/{name or '-'}")
    assert (answer.status_code, codes(answer)) == (404, ["Z424"])


def test_nobody_learns_of_another_brands_movement(here: Desk, cinar: Program) -> None:
    name = refused(here, cinar)
    for path, program in ((brand(CINAR_ALT), cinar), (brand(ISIK), here.program("isik"))):
        answer = program.get(f"{path}/deliveries/{name}")
        assert (answer.status_code, codes(answer)) == (404, ["Z424"])
    assert codes(here.program("isik").get(f"{B}/deliveries/{name}")) == ["H353"]
    here.grant(CINAR, (1, 0, 0))
    assert codes(here.program("partner").get(f"{B}/deliveries/{name}")) == ["H353"], "a partner reads its channels"
    here.grant(CINAR, (0, 1, 0))
    assert proof(here.program("partner"), name)["transactionId"] == name


# -- who has read what -------------------------------------------------------------------------------------------------


def handouts(here: Desk) -> list[tuple[int, int, bool]]:
    """The rows of the table, in order: first and last event, whether they were taken."""
    statement = Statement(text("SELECT first_event, last_event, taken_at IS NOT NULL FROM handout ORDER BY id"))
    return [(first, last, bool(taken)) for first, last, taken in here.registry.store.read_now(Snapshot.all, statement)]


def test_one_programs_reading_says_nothing_of_anothers(here: Desk, cinar: Program) -> None:
    here.grant(CINAR, (1, 1, 1))  # a partner that may read all
    name, partner = refused(here, cinar), here.program("partner")
    page = cinar.get(f"{B}/consents/changes").json()
    here.clock.forward(minutes=1)
    assert partner.get(f"{B}/consents/changes?after={page['after']}").status_code == 204
    assert proof(cinar, name)["deliveries"] == [{"way": "feed", "time": "2026-11-24 12:00:00", "taken": None}]
    assert partner.get(f"{B}/consents/changes").json()["after"] == page["after"]
    partner.get(f"{B}/consents/changes?after={page['after']}")
    assert [one["taken"] is not None for one in proof(cinar, name)["deliveries"]] == [False, True]
    cinar.get(f"{B}/consents/changes?after={page['after']}")
    assert [one["taken"] is not None for one in proof(cinar, name)["deliveries"]] == [True, True]


def test_a_program_whose_rights_were_changed_has_taken_what_it_had_read(here: Desk, cinar: Program) -> None:
    here.grant(CINAR, (0, 1, 0))
    name, partner = refused(here, cinar), here.program("partner")
    page = partner.get(f"{B}/consents/changes").json()
    here.grant(CINAR, (1, 1, 1))
    partner.get(f"{B}/consents/changes?after={page['after']}")
    assert [one["taken"] for one in proof(cinar, name)["deliveries"]] == ["2026-11-24 12:00:00"]


def test_a_poll_that_is_repeated_leaves_no_more_rows_and_the_first_time_counts(here: Desk, cinar: Program) -> None:
    for number in (1, 2, 3):
        decides(here, number, RET)
    first = cinar.get(f"{B}/consents/changes?limit=2").json()
    for _ in range(3):
        here.clock.forward(minutes=1)
        cinar.get(f"{B}/consents/changes?limit=2")
    assert handouts(here) == [(1, 2, False)]
    cinar.get(f"{B}/consents/changes")
    assert handouts(here) == [(1, 2, False), (3, 3, False)], "what is new to the program, and no more"
    rest = cinar.get(f"{B}/consents/changes?after={first['after']}").json()
    for _ in range(2):
        assert cinar.get(f"{B}/consents/changes?after={rest['after']}").status_code == 204
    assert handouts(here) == [(1, 2, True), (3, 3, True)]
    name = first["list"][0]["transactionId"]
    assert proof(cinar, name)["deliveries"][0]["time"] == "2026-11-24 12:00:00"


def test_a_poll_without_news_writes_nothing(here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    decides(here, 1, RET)
    page = cinar.get(f"{B}/consents/changes").json()
    cinar.get(f"{B}/consents/changes?after={page['after']}")

    past = here.registry.store.write

    async def write(job: Any, *values: Any) -> Any:
        if job is not call_log.keep:  # a process's calls are written together, after their answers
            raise AssertionError("written")
        return await past(job, *values)

    monkeypatch.setattr(here.registry.store, "write", write)
    assert cinar.get(f"{B}/consents/changes?after={page['after']}").status_code == 204
    assert cinar.get(f"{B}/consents/changes").status_code == 200
    decides(here, 2, RET)
    with pytest.raises(AssertionError, match="written"):
        cinar.get(f"{B}/consents/changes?after={page['after']}")


def test_a_program_that_may_read_more_or_less_is_not_handed_anew_what_it_had(here: Desk, cinar: Program) -> None:
    here.grant(CINAR, (0, 1, 0))
    name, partner = refused(here, cinar), here.program("partner")
    for levels in ((0, 1, 0), (1, 1, 1), (0, 1, 0), (1, 1, 0), (1, 1, 1)):
        here.clock.forward(minutes=1)
        here.grant(CINAR, levels)
        assert partner.get(f"{B}/consents/changes").status_code == 200
        assert [one["time"] for one in proof(cinar, name)["deliveries"]] == ["2026-11-24 12:01:00"]


READERS = [
    ("cinar", "IYS", None),
    ("cinar", "IYS", 0),
    ("cinar", "IYS", 1),
    ("cinar", "IYS", 2),
    ("cinar", "HS", None),
    ("partner", "IYS", None),
]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(asked=st.lists(st.tuples(st.sampled_from(READERS), st.integers(0, 30), st.integers(0, 9)), max_size=25))
def test_whatever_is_asked_each_event_is_noted_once_for_each_reader_side_and_channel(here: Desk, asked: Any) -> None:
    users = Statement(text("SELECT username, id FROM api_user"))
    rows = Statement(text("SELECT reader, side, channel, first_event, last_event, taken_at FROM handout ORDER BY id"))

    def read(transaction: Transaction) -> None:
        transaction.connection.execute("DELETE FROM handout")
        ids = dict(transaction.all(users))
        first = transaction.all(Statement(text("SELECT min(id) FROM brand")))[0][0]
        seen: dict[Any, set[int]] = defaultdict(set)
        for (who, side, channel), after, length in asked:
            reading = FeedReading(first, ids[who], side, channel)
            before = transaction.all(rows)
            news = handout_store.is_news(transaction, reading, after, after + length, asked_on=after > 0)
            handout_store.note_page(transaction, reading, after, after + length, asked_on=after > 0)
            now = transaction.all(rows)
            assert news == (now != before), "a poll is written when it changes something, and then only"
            for one in range(3) if channel is None else (channel,):
                seen[(*reading[1:3], one)] |= set(range(after + 1, after + length + 1))
            for (*of, one), events in seen.items():
                mine = [row for row in now if list(row[:2]) == of and row[2] in (None, one)]
                noted = [event for row in mine for event in range(row[3], row[4] + 1)]
                assert sorted(noted) == sorted(events)
                assert of != [ids[who], side] or all(row[5] is not None for row in mine if row[4] <= after)

    here.registry.store.write_now(read)


# -- the command -------------------------------------------------------------------------------------------------------


def izin(here: Desk, monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    """``izin proof`` on the same registry."""

    @contextmanager
    def opened() -> Iterator[Registry]:
        yield here.registry

    monkeypatch.setattr(opening, "open_registry", opened)
    return CliRunner().invoke(cli.app, ["proof", *words])


def test_the_command_tells_the_same(here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    name = refused(here, cinar)
    assert "verilmedi / handed out in no way" in izin(here, monkeypatch, name).output
    page = cinar.get(f"{B}/consents/changes").json()
    here.clock.forward(minutes=2)
    cinar.get(f"{B}/consents/changes?after={page['after']}")
    done = izin(here, monkeypatch, name)
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "marka / brand: 600101",
        "kayıt / recorded: 2026-11-24 12:00:00",
        "hareket sorgusu / feed (cinar): verildi / handed out 2026-11-24 12:00:00; alındı / taken 2026-11-24 12:02:00",
    ]
    unknown = izin(here, monkeypatch, "0" * 64)
    assert (unknown.exit_code, "no such change" in unknown.output) == (1, True)


def test_the_log_proves_it_to_whoever_has_the_verifier_key(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number in range(2, 9):
        decides(here, number, RET)
    name, file = refused(here, cinar), tmp_path / "proof.json"
    early = izin(here, monkeypatch, name, "--log", str(file))
    assert (early.exit_code, "not signed yet" in early.output, file.exists()) == (1, True, False)
    log.extend(here.registry)
    for nowhere in (tmp_path, tmp_path / "none" / "x"):
        lost = izin(here, monkeypatch, name, "--log", str(nowhere))
        assert (lost.exit_code, "cannot be" in lost.output) == (2, True)
    done = izin(here, monkeypatch, name, "--log", str(file))
    assert done.exit_code == 0
    assert "RFC 9162" in done.output
    told = json.loads(file.read_text())
    assert climbed(told["event"]) == bytes.fromhex(told["act"]["data"])[-32:]
    signed, _, signatures = told["checkpoint"].partition("\n\n")
    lines = signed.split("\n")
    assert (int(lines[1]), base64.b64decode(lines[2])) == (8, climbed(told["act"]))
    key = base64.b64decode(told["verifier"].split("+", 2)[2])[1:]
    blob = base64.b64decode(signatures.splitlines()[0].split()[-1])[4:]
    Ed25519PublicKey.from_public_bytes(key).verify(blob, (signed + "\n").encode())
    other = tmp_path / "of-its-act.tlog-proof"
    assert izin(here, monkeypatch, name, "--tlog-proof", str(other)).exit_code == 0
    lines = other.read_text().split("\n")
    assert lines[:3] == [
        "c2sp.org/tlog-proof@v1",
        f"extra {base64.b64encode(bytes.fromhex(told['act']['data'])).decode()}",
        f"index {told['act']['place']}",
    ]
    assert [base64.b64decode(one).hex() for one in lines[3 : lines.index("")]] == told["act"]["path"]
    assert other.read_text().endswith(f"\n\n{told['checkpoint']}")


def climbed(proof: dict[str, Any]) -> bytes:
    """The root that a leaf's path leads to (RFC 9162, 2.1.3.2), by nothing but SHA-256."""
    found, place, last = sha256(b"\0" + bytes.fromhex(proof["data"])).digest(), proof["place"], proof["size"] - 1
    for sibling in map(bytes.fromhex, proof["path"]):
        if place % 2 or place == last:
            found = sha256(b"\1" + sibling + found).digest()
            while place and not place % 2:
                place, last = place // 2, last // 2
        else:
            found = sha256(b"\1" + found + sibling).digest()
        place, last = place // 2, last // 2
    assert last == 0
    return found


def test_a_feed_without_a_channel_proves_nothing_of_it(here: Desk) -> None:
    here.grant(CINAR, (1, 0, 0))  # calls alone
    cinar, partner = here.program("cinar"), here.program("partner")
    name = cinar.post(f"{B}/consents", consent(1)).json()["transactionId"]
    called = cinar.post(f"{B}/consents", consent(1, type="ARAMA")).json()["transactionId"]
    page = partner.get(f"{B}/consents/changes?source=HS").json()
    assert [move["transactionId"] for move in page["list"]] == [called]
    assert partner.get(f"{B}/consents/changes?source=HS&after={page['after']}").status_code == 204
    assert proof(cinar, name)["deliveries"] == []
    assert [one["taken"] for one in proof(cinar, called)["deliveries"]] == ["2026-11-24 12:00:00"]
    whole = cinar.get(f"{B}/consents/changes?source=HS").json()
    assert partner.get(f"{B}/consents/changes?source=HS&after={whole['after']}").status_code == 204
    assert [one["taken"] for one in proof(cinar, name)["deliveries"]] == [None], "somebody else's reading took it"


def test_a_proof_is_looked_for_in_a_thread_of_its_own(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that was handed out since is looked through."""
    name, seen, look = refused(here, cinar), list[str](), handout_store.of_event

    def watched(*arguments: Any) -> Any:
        seen.append(threading.current_thread().name)
        return look(*arguments)

    monkeypatch.setattr(handout_store, "of_event", watched)
    proof(cinar, name)
    assert [one.split("_")[0] for one in seen] == ["proof"]
