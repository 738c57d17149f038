"""Programs that are killed, disks that lose power, and the dice that decide when. See docs/durability.md.

The dice are the same in each run (their timing is not). ``CRASH_SCALE=20`` crashes twenty times as often, with dice of
its own; ``CRASH_SEED`` repeats them.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from consents.people import register
from consents.registry import Registry
from tests.conftest import SECRET
from tests.consents.conftest import furnish
from tests.crash import shim
from tests.crash.disk import Disk
from tests.crash.rounds import DATABASE
from tests.crash.writers import CITIZENS
from tests.crash.zygote import WRITERS, Zygote

SCALE = int(os.environ.get("CRASH_SCALE", "1"))

Tell = Callable[[object], None]
Zygotes = Callable[..., Zygote]


@pytest.fixture
def tell(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Prints a line although the test passes."""

    def say(what: object) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}: {what}", end="", flush=True)

    return say


@pytest.fixture
def dice(tell: Tell) -> random.Random:
    """The dice of one test; their seed is printed."""
    seed = int(os.environ.get("CRASH_SEED") or (random.SystemRandom().getrandbits(32) if SCALE > 1 else 1))
    tell(f"CRASH_SEED={seed}")
    return random.Random(seed)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """fsyncshadow.so."""
    try:
        return shim.build(tmp_path_factory.mktemp("fsyncshadow"))
    except shim.NoCompiler as error:
        pytest.fail(str(error), pytrace=False)


def people(url: str) -> None:
    """Two brands and the citizens the writers act for, as recipients 1, 2, 3 …"""
    with Registry.open(url, SECRET) as registry:
        furnish(registry)
        addresses = [f"yurttas{number}@example.com" for number in CITIZENS[2:]]
        more = [register.person(registry.keyring, address) for address in addresses]
        enrolled = registry.store.write_now(register.enrol_all, registry.keyring, more)
        assert enrolled == list(CITIZENS[2:])


@pytest.fixture(scope="session")
def furnished(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a SQLite registry in which nobody has decided anything."""
    folder = tmp_path_factory.mktemp("furnished")
    shutil.copy(sqlite_template, folder / DATABASE)
    people(f"sqlite:///{folder / DATABASE}")
    return folder


@pytest.fixture(scope="session")
def kept_zygotes() -> Iterator[dict[object, Zygote]]:
    """By what they run and with which environment: each takes two seconds to import what it needs."""
    made: dict[object, Zygote] = {}
    yield made
    for zygote in made.values():
        zygote.close()


@pytest.fixture
def zygotes(kept_zygotes: dict[object, Zygote], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygotes]:
    """Finds zygotes; what they run is killed after the test."""
    used: list[Zygote] = []

    def find(environment: Mapping[str, str] | None = None, program: str = WRITERS) -> Zygote:
        given = environment or os.environ
        key = program, frozenset(item for item in given.items() if item[0] != "PYTEST_CURRENT_TEST")
        if key not in kept_zygotes:
            log = tmp_path_factory.mktemp("zygote") / "errors"
            kept_zygotes[key] = Zygote(log, environment, program)
        used.append(kept_zygotes[key])
        return used[-1]

    yield find
    for zygote in used:
        zygote.kill()


@pytest.fixture(scope="session")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the disk stands whose power is cut, for all tests: the zygotes that work on it know its path."""
    return tmp_path_factory.mktemp("disk")


@pytest.fixture
def disk(disks: Path) -> Disk:
    return Disk(disks)
