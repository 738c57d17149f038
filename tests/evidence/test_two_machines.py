"""One PostgreSQL and two machines, each with a witness file of its own: a right system never complains on either."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.state import Key
from evidence import incremental, log
from tests.conftest import SECRET, Clock, Opener
from tests.consents.conftest import World
from tests.consents.deeds import ARAMA, BIREYSEL, Deeds
from tests.evidence.conftest import chronicle
from tests.evidence.test_incremental import onward, whole
from tests.providers.uploads.conftest import HEADER
from tests.test_witness_file import ROW, Izin


@pytest.fixture
def machines(tmp_path: Path) -> tuple[Path, Path]:
    """The file of the machine of the commands, and that of the other one."""
    return tmp_path / "here" / "checkpoints", tmp_path / "there" / "checkpoints"


@pytest.fixture
def registry(postgresql_url: str, open_registry: Opener) -> Registry:
    return open_registry(postgresql_url)


@pytest.fixture
def world(registry: Registry, clock: Clock, machines: tuple[Path, Path]) -> World:
    """A registry that was signed by one machine alone; the other has begun its file with it and then slept."""
    log.begin(registry, machines[1])
    return chronicle(registry, clock, machines[0])


def signed_by(registry: Registry, world: World, clock: Clock, file: Path) -> None:
    """A citizen's word, and a checkpoint of it alone."""
    clock.forward(seconds=7)
    status = RET if clock.now // 7_000_000 % 2 else ONAY
    Deeds(registry).decides(Key(world.ayse, world.isik, ARAMA, BIREYSEL), status=status)
    assert log.extend(registry, file) is not None


def sizes(file: Path) -> list[int]:
    return [int(line.split()[1]) for line in file.read_text().splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("order", ["whole first", "short first"])
def test_whoever_signed_neither_proof_complains_on_either_machine(
    registry: Registry, world: World, clock: Clock, machines: tuple[Path, Path], order: str
) -> None:
    assert sizes(machines[1]) == [0]
    assert whole(registry, machines[1]) is None
    for who in product(machines, repeat=3):
        for file in who:
            signed_by(registry, world, clock, file)
        if order == "whole first":
            assert [whole(registry, file) for file in machines] == [None, None]
        for file in machines:
            onward(registry, file, parts=2)
        assert [whole(registry, file) for file in machines] == [None, None]


@pytest.mark.parametrize(
    ("look", "module", "name"),
    [(whole, log, "_check_leaves"), (onward, incremental, "_check_ground"), (log.extend, log, "_base")],
)
def test_what_the_other_machine_signs_meanwhile_is_no_fault(
    registry: Registry,
    world: World,
    open_registry: Opener,
    clock: Clock,
    machines: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    look: Callable[[Registry, Path], Any],
    module: Any,
    name: str,
) -> None:
    here, there = machines
    assert whole(registry, here) is None
    site = open_registry(registry.store.engine.url.render_as_string(hide_password=False))
    before, left = getattr(module, name), [there, there]

    def meanwhile(*given: Any) -> Any:
        answer = before(*given)
        files = left.copy()
        left.clear()  # who signs comes here too
        for file in files:
            signed_by(site, world, clock, file)
        return answer

    monkeypatch.setattr(module, name, meanwhile)
    look(registry, here)
    assert left == []
    assert len(sizes(there)) > 2
    for file in machines:
        assert whole(registry, file) is None


@pytest.mark.parametrize("words", [("verify",), ("verify", "--since-checkpoint")], ids=["whole", "short"])
def test_after_two_commands_on_one_machine_the_other_proves_at_once(
    postgresql_url: str,
    machines: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: tuple[str, ...],
) -> None:
    """No worker runs: nothing tells the other machine's file before it is compared."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    izin = Izin(monkeypatch, capsys)

    def on(file: Path, *words: str) -> str:
        monkeypatch.setenv("WITNESS_FILE", str(file))
        status, said, told = izin(*words)
        assert status == 0, told
        assert told == "" or words[0] == "import", words
        return said

    here, there = machines
    for file in machines:  # before the first act; one that comes later hears that its file is gone
        monkeypatch.setenv("WITNESS_FILE", str(file))
        assert izin("verify")[0] == 0
    on(here, "provider", "add", "--code", "600100", "--title", "Çınar A.Ş.")
    on(here, "brand", "add", "--provider", "600100", "--code", "600101", "--title", "Çınar")
    for file in machines:  # what the short proof goes on from
        on(file, "verify")
    for number in (1, 2, 3):
        for again in ("a", "b"):
            Path(f"{again}.csv").write_text(f"{HEADER}\n{ROW.format(number + 3 * (again == 'b'))}\n")
            on(here, "import", f"{again}.csv", "--brand", "600101", "--initial")
        signed = sizes(here)
        assert signed[-1] > signed[-2] > sizes(there)[-1], "two that the other's file does not know"
        assert f"newest checkpoint: {signed[-1]} " in on(there, *words)
        assert sizes(there)[-1] == signed[-1], "the command told it, too"
        on(here, *words)
