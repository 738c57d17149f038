"""A site signs while somebody else looks: what came to the witness after the snapshot was taken is no fault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from consents.registry import Registry
from consents.rules import RET
from consents.state import Key
from evidence import incremental, log, verified
from panel.audit import audit_log
from tests.conftest import Clock, Opener
from tests.consents.deeds import ARAMA, BIREYSEL, Deeds
from tests.evidence.conftest import chronicle


def whole(registry: Registry, witness: Path) -> None:
    assert registry.store.read_now(log.verify, registry.keyring, witness) is None


def onward(registry: Registry, witness: Path) -> None:
    assert incremental.verify(registry, witness, audit_log.verify) is not None


# Beside each look, what it has done when the witness' turn comes.
@pytest.mark.parametrize(
    ("look", "module", "name"),
    [(whole, log, "_check_leaves"), (onward, incremental, "_check_ground"), (log.extend, log, "_base")],
)
def test_a_checkpoint_that_is_signed_after_the_snapshot_was_taken_is_no_fault(
    registry: Registry,
    open_registry: Opener,
    clock: Clock,
    witness_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    look: Callable[[Registry, Path], Any],
    module: ModuleType,
    name: str,
) -> None:
    world = chronicle(registry, clock, witness_file)
    verified.whole(registry, registry.store.read_now(verified.load, registry.store.now()))
    site = open_registry(registry.store.engine.url.render_as_string(hide_password=False))
    before, signed = getattr(module, name), list[int]()

    def meanwhile(*given: Any) -> Any:
        answer = before(*given)
        if not signed:
            signed.append(len(witness_file.read_text().splitlines()))
            clock.forward(minutes=2)
            Deeds(site).decides(Key(world.ayse, world.isik, ARAMA, BIREYSEL), status=RET)
            assert log.extend(site, witness_file)
        return answer

    monkeypatch.setattr(module, name, meanwhile)
    look(registry, witness_file)
    assert signed == [6]
    assert len(witness_file.read_text().splitlines()) >= 7
    whole(registry, witness_file)
