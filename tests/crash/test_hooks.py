"""SIGKILL and power cuts of a site that takes SMS from a carrier: each message that was taken is kept, and once.

The carrier posts again what was not answered, and now and then what was (rules L6, L8, L9).
"""

from __future__ import annotations

import asyncio
import random
import shutil
from pathlib import Path

import pytest

from consents.store.engines import sqlite_library
from tests import repeats
from tests.crash import shim
from tests.crash.conftest import SCALE, Tell, Zygotes
from tests.crash.disk import Disk, PageCache
from tests.crash.journal import Promises
from tests.crash.oracle import Findings
from tests.crash.rounds import DATABASE, examine_file
from tests.crash.senders import SETTINGS, Phones, settle
from tests.crash.served import PROGRAM, Served, verified
from tests.crash.tally import Tally
from tests.crash.test_http import SLOWER
from tests.crash.visitors import ready
from tests.typist import Typist

KILLS, CUTS = repeats(10, 16) * SCALE, repeats(4, 5) * SCALE


@pytest.fixture(scope="module")
def phones(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Phones:
    folder = tmp_path_factory.mktemp("phones")
    shutil.copy(sqlite_template, folder / DATABASE)
    return settle(folder)


def in_the_end(served: Served, phones: Phones) -> Findings:
    """What is kept once the carrier has posted again all that was not answered, and the site is killed once more."""

    async def ask_again(port: int) -> None:
        await ready(port)
        await asyncio.gather(*(sender.ask_again(port) for sender in served.visitors))  # type: ignore[attr-defined]

    asyncio.run(ask_again(served.start()))
    served.zygote.kill()
    return examine_file(served.machine.live, Promises(), lambda ask, _: phones.examine(ask, served.visitors))  # type: ignore[arg-type]


def test_an_sms_that_was_taken_is_kept_and_once_when_the_site_is_killed(
    tmp_path: Path, phones: Phones, zygotes: Zygotes, dice: random.Random, tell: Tell, typist: Typist
) -> None:
    tally = Tally()
    served = Served(PageCache(tmp_path), zygotes(program=PROGRAM), dice, settings=SETTINGS)
    crashes = served.crashes(phones, 3 * KILLS)
    for crash in tally.until(crashes, KILLS, inside_a_write=0.4 * KILLS, acknowledged=2 * KILLS):
        assert crash.findings.clean, f"crash {tally.crashes}: {crash.findings}"
    tell(tally)
    assert tally.inside_a_write >= 0.4 * KILLS, "no fault: the kills missed the writes"
    assert tally.acknowledged >= 2 * KILLS, "no fault: next to nothing was taken"
    assert in_the_end(served, phones).clean
    assert verified(typist, served.machine.live / DATABASE) == ""


@pytest.mark.parametrize(
    "torn",
    [pytest.param(False, marks=pytest.mark.long), True],
    ids=["nothing unsynced is left", "some unsynced sectors are left"],
)
def test_an_sms_that_was_taken_is_kept_and_once_when_the_power_goes(
    torn: bool,
    disk: Disk,
    library: Path,
    phones: Phones,
    zygotes: Zygotes,
    dice: random.Random,
    tell: Tell,
    typist: Typist,
) -> None:
    tally = Tally()
    zygote = zygotes(shim.environment(library, live=disk.live, shadow=disk.shadow, slow_us=SLOWER), PROGRAM)
    served = Served(disk, zygote, dice, torn=torn, settings=SETTINGS)
    crashes = served.crashes(phones, 3 * CUTS)
    for crash in tally.until(crashes, CUTS, inside_a_write=0.2 * CUTS):
        assert crash.findings.clean, f"cut {tally.crashes}: {crash.findings}"
    tell(tally)
    assert tally.inside_a_write >= 0.2 * CUTS, "no fault: the cuts missed the writes"
    assert in_the_end(served, phones).clean
    assert verified(typist, disk.live / DATABASE) == ""


def test_a_site_that_takes_an_sms_before_it_commits_is_found_out(
    tmp_path: Path, phones: Phones, zygotes: Zygotes, dice: random.Random, tell: Tell
) -> None:
    tally = Tally()
    served = Served(PageCache(tmp_path), zygotes(program=PROGRAM), dice, weakness="hasty", settings=SETTINGS)
    for crash in served.crashes(phones, 40):
        tally.add(crash)
        if crash.findings.lost:
            break
    tell(tally)
    assert tally.lost, "messages were taken before the commit, and nobody noticed"


@pytest.fixture
def written_to(tmp_path: Path, phones: Phones, zygotes: Zygotes, dice: random.Random) -> Served:
    """A site that has taken messages and was killed."""
    served = Served(PageCache(tmp_path), zygotes(program=PROGRAM), dice, settings=SETTINGS)
    while not any(crash.spoken.recorded for crash in served.crashes(phones, 1)):
        pass
    return served


def test_messages_and_replies_too_many_or_too_few_are_noticed(written_to: Served, phones: Phones) -> None:
    library, live = sqlite_library(), written_to.machine.live

    def found_after(fault: str) -> Findings:
        connection = library.connect(str(live / DATABASE), isolation_level=None)
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("BEGIN")
        connection.execute(fault)
        try:
            return phones.examine(lambda query: connection.execute(query).fetchall(), written_to.visitors)  # type: ignore[arg-type]
        finally:
            connection.close()

    taken = next(name for sender in written_to.visitors for name in sender.answered)  # type: ignore[attr-defined]
    first = "(SELECT min(id) FROM outbox)"
    assert found_after("SELECT 1").clean
    assert found_after(f"DELETE FROM inbound_message WHERE name = '{taken}'").lost
    assert found_after("UPDATE inbound_message SET name = 'x' || name").broken
    assert found_after(f"DELETE FROM outbox WHERE id = {first}").lost
    columns = "kind, sealed, secret, created_at, expires_at, next_try_at, tries, state"
    again = f"SELECT {columns} FROM outbox WHERE id = {first}"
    assert found_after(f"INSERT INTO outbox ({columns}) {again}").doubled
    assert found_after("DELETE FROM consent WHERE brand = (SELECT min(brand) FROM consent)").broken
