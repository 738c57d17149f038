"""Day files on their way into the database: in order, whole, and nothing plain on a disk."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from typing import Any

import pytest

from consents.registry import Registry
from consents.state import Key
from providers.days import day_files, day_reports, days_kept
from providers.days.day_store import ALL, Which
from providers.days.days_kept import SealedPieces
from tests.conftest import NOON, Clock
from tests.consents.conftest import AYSE, MEHMET, furnish
from tests.consents.deeds import BIREYSEL, EPOSTA, HOUR, MESAJ, Deeds, onay
from tests.providers.days.test_reports import TODAY


@pytest.fixture
def on_disk(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """All that is written into temporary files."""
    written: list[bytes] = []
    real: Callable[..., Any] = tempfile.SpooledTemporaryFile

    def recorded(*arguments: Any, **options: Any) -> Any:
        file = real(*arguments, **options)
        write = file.write

        def noted(data: bytes) -> int:
            written.append(bytes(data))
            return int(write(data))

        file.write = noted
        return file

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", recorded)
    return written


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 25])
@pytest.mark.parametrize("portion", [1, 3, 10, 40])
def test_pieces_are_sealed_one_by_one_and_come_back_in_order(size: int, portion: int) -> None:
    data = bytes(range(65, 65 + size))
    with SealedPieces(10, lambda piece: b"<" + piece.lower() + b">") as file:
        for start in range(0, size, portion):
            assert file.write(data[start : start + portion]) == len(data[start : start + portion])
        found = list(file.end())
    assert found == [b"<" + data[start : start + 10].lower() + b">" for start in range(0, size, 10)]
    assert file.size == size


def test_a_day_file_waits_for_its_keeping_sealed_and_is_kept_as_it_was_filled(
    registry: Registry, clock: Clock, on_disk: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days_kept, "PIECE", 100)
    monkeypatch.setattr(days_kept, "SPOOLED", 1)
    world, deeds = furnish(registry), Deeds(registry)
    for place, who in enumerate([world.ayse, world.mehmet] * 3):
        clock.forward(seconds=1)
        deeds.declares(
            onay(Key(who, world.cinar, (MESAJ, EPOSTA)[place % 2], BIREYSEL), NOON - HOUR + place * 1_000_000)
        )
    clock.forward(days=1)
    which = Which(world.cinar, TODAY, ALL)
    plain = io.BytesIO()
    day_reports.fill(plain, registry, world.cinar, TODAY)
    on_disk.clear()
    made = days_kept.ensure(registry, which)
    assert made is not None
    assert made.size == len(plain.getvalue()) > 500
    kept = registry.store.read_now(lambda snapshot: b"".join(day_files.pieces(snapshot, registry.keyring, which)))
    assert kept == plain.getvalue()
    assert AYSE.encode() in kept
    assert len(on_disk) == -(-made.size // 100)
    secrets = AYSE.encode(), MEHMET.encode(), b"HS_WEB"
    assert all(secret in kept for secret in secrets)
    assert not [data for data in on_disk if any(secret in data for secret in secrets)]
