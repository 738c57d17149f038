"""The public log, as outsiders see it: tiles and checkpoints by C2SP, checked by a verifier of somebody else's."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aics_tlog
import pytest
import typer
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from consents import ledger
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Actor
from evidence import checkpoints, log
from evidence.checkpoints import LogKey
from evidence.leaves import LogFault
from evidence.tlog import heads, notes, tiles
from evidence.tlog.heads import PublishedHead
from evidence.tlog.notes import ED25519, ML_DSA_44, BadNote, LogSigner, NoteKey
from izin.tlog import log_commands
from tests.conftest import Clock
from tests.evidence.conftest import chronicle, run


def record(registry: Registry, count: int) -> None:
    def work(transaction: Transaction) -> None:
        for _ in range(count):
            ledger.note(transaction, Actor.STAFF, registry.keyring.seal_evidence({"was": "here"}))

    registry.store.write_now(work)


def signer(registry: Registry) -> LogSigner:
    return LogSigner(registry.keyring, LogKey.of(registry.keyring).origin)


def newest(registry: Registry) -> PublishedHead:
    found = registry.store.read_now(heads.newest)
    assert found is not None
    return found


def export(registry: Registry, folder: Path) -> int:
    return log_commands.write(registry, newest(registry), folder)


def audited(registry: Registry, folder: Path) -> Any:
    """What the outsider finds: it verifies the checkpoint and each tile, with Ed25519's key alone."""
    key = aics_tlog.parse_vkey(LogKey.of(registry.keyring).verifier())
    note = aics_tlog.parse_note((folder / "checkpoint").read_bytes())
    result = aics_tlog.verify_checkpoint(note, key)
    assert (result.ok, result.error) == (True, None)
    point = aics_tlog.parse_checkpoint(note.text)
    return aics_tlog.audit_tiles(aics_tlog.FileSystemTileReader(folder), point.size, point.root, entries=False)


def test_an_outsiders_verifier_accepts_checkpoint_and_tiles(registry: Registry, clock: Clock, tmp_path: Path) -> None:
    chronicle(registry, clock)
    for count in (240, 300, 2100):
        record(registry, count)
        log.extend(registry)
        export(registry, tmp_path)
        report = audited(registry, tmp_path)
        size = newest(registry).size
        assert (report.size, report.tiles) == (size, len(list(tiles.of_tree(size))))
    assert size == 2651  # ten full tiles, one partial one, and the level above
    reader = aics_tlog.FileSystemTileReader(tmp_path)
    with registry.store.snapshot() as snapshot:
        for old, _ in checkpoints.list_all(snapshot):
            path = aics_tlog.consistency_proof_from_tiles(reader, old.size, size)
            root = aics_tlog.tree_root_from_tiles(reader, size)
            assert aics_tlog.verify_consistency(old.size, size, old.root, root, path)


def test_a_changed_tile_is_found(sqlite_registry: Registry, tmp_path: Path) -> None:
    record(sqlite_registry, 300)
    log.extend(sqlite_registry)
    export(sqlite_registry, tmp_path)
    file = tmp_path / "tile/0/000"
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(aics_tlog.TileVerificationError):
        audited(sqlite_registry, tmp_path)


def test_the_checkpoint_has_three_lines_and_both_signatures(sqlite_registry: Registry, clock: Clock) -> None:
    chronicle(sqlite_registry, clock)
    head, keys = newest(sqlite_registry), signer(sqlite_registry).keys
    body, _, signatures = head.text.partition("\n\n")
    checkpoint = sqlite_registry.store.read_now(checkpoints.latest)
    assert checkpoint is not None
    assert body == f"{keys[0].name}\n11\n{b64encode(checkpoint[0].root).decode()}"
    assert len(signatures.splitlines()) == 2
    note = notes.read(head.text)
    assert [key.kind for key in keys] == [ED25519, ML_DSA_44]
    assert keys[0].verifier() == LogKey.of(sqlite_registry.keyring).verifier()  # as published before
    assert [note.signed_at(key) for key in keys] == [0, checkpoint[0].made_at // 1_000_000]
    # The message of ML-DSA-44, put together by hand from C2SP's tlog-cosignature.
    data, name = note.signatures[1].data, keys[1].name.encode()
    message = b"subtree/v1\n\0" + bytes([len(name)]) + name + data[:8] + bytes([len(name)]) + name
    message += (0).to_bytes(8, "big") + (11).to_bytes(8, "big") + checkpoint[0].root
    MLDSA44PublicKey.from_public_bytes(keys[1].public).verify(data[8:], message)
    with pytest.raises(InvalidSignature):
        MLDSA44PublicKey.from_public_bytes(keys[1].public).verify(data[8:], message[:-1] + b"!")


@pytest.mark.parametrize("kind", [0, 1], ids=["ed25519", "ml-dsa-44"])
def test_a_changed_note_is_refused(sqlite_registry: Registry, clock: Clock, kind: int) -> None:
    chronicle(sqlite_registry, clock)
    text, key = newest(sqlite_registry).text, signer(sqlite_registry).keys[kind]
    with pytest.raises(BadNote):
        notes.read(text.replace("\n11\n", "\n12\n")).signed_at(key)
    stranger = NoteKey(key.name, key.kind, bytes(len(key.public)))
    assert notes.read(text).signed_at(stranger) is None


@pytest.mark.parametrize(
    "text",
    ["", "a\n", "a\n\n", "a\n\n— b\n", "a\n\n- b AAAAAAA=\n", "a\n\n— b+c AAAAAAA=\n", "a\t\n\n— b AAAAAAA=\n", "\n\n"],
)
def test_other_texts_are_no_notes(text: str) -> None:
    with pytest.raises(BadNote):
        notes.read(text)


def test_a_registry_from_before_the_tiles_gets_them(registry: Registry, clock: Clock, tmp_path: Path) -> None:
    chronicle(registry, clock)
    record(registry, 1500)
    log.extend(registry)
    expected = newest(registry)
    run(registry, "DELETE FROM log_tile")
    run(registry, "DELETE FROM log_head")
    record(registry, 1)
    log.extend(registry)  # the tiles catch up first, the checkpoint of the new act comes with them
    assert newest(registry).size == expected.size + 1
    export(registry, tmp_path)
    assert audited(registry, tmp_path).size == expected.size + 1


def test_only_what_is_new_is_exported(sqlite_registry: Registry, tmp_path: Path) -> None:
    record(sqlite_registry, 600)
    log.extend(sqlite_registry)
    assert export(sqlite_registry, tmp_path) == 4  # two full tiles, a partial one, a partial one above
    assert export(sqlite_registry, tmp_path) == 0
    full = tmp_path / "tile/0/001"
    before = full.stat().st_ino
    record(sqlite_registry, 200)
    log.extend(sqlite_registry)
    assert (tmp_path / "tile/0/002.p/88").exists()
    assert export(sqlite_registry, tmp_path) == 3  # the third is full now; a part of the fourth; a part above
    assert full.stat().st_ino == before
    assert not (tmp_path / "tile/0/002.p").exists()
    assert audited(sqlite_registry, tmp_path).size == 800
    assert not list(tmp_path.rglob(".*"))


def test_a_tile_that_a_power_cut_tore_is_written_again(sqlite_registry: Registry, tmp_path: Path) -> None:
    """An export was cut off after its tiles and before its checkpoint."""
    record(sqlite_registry, 300)
    log.extend(sqlite_registry)
    export(sqlite_registry, tmp_path)
    record(sqlite_registry, 300)
    log.extend(sqlite_registry)
    (tmp_path / "tile/0/001").write_bytes(b"")
    (tmp_path / "tile/0/002.p").mkdir()
    (tmp_path / "tile/0/002.p/88").write_bytes(bytes(88 * 32))
    export(sqlite_registry, tmp_path)
    assert audited(sqlite_registry, tmp_path).size == 600


def test_an_export_refuses_a_folder_of_another_history(sqlite_registry: Registry, tmp_path: Path) -> None:
    record(sqlite_registry, 300)
    log.extend(sqlite_registry)
    export(sqlite_registry, tmp_path)
    other = signer(sqlite_registry).note(299, bytes(32), 0)
    (tmp_path / "checkpoint").write_text(other)
    with pytest.raises(LogFault, match="another history"):
        export(sqlite_registry, tmp_path)
    (tmp_path / "checkpoint").write_text(other.replace("izin-log", "eve-log"))
    with pytest.raises(LogFault, match="of another log"):
        export(sqlite_registry, tmp_path)
    (tmp_path / "checkpoint").write_text("<html>")
    with pytest.raises(LogFault, match="no checkpoint"):
        export(sqlite_registry, tmp_path)


def test_an_empty_log_exports_nothing(sqlite_registry: Registry, tmp_path: Path) -> None:
    class Opened:
        def __enter__(self) -> Registry:
            return sqlite_registry

        def __exit__(self, *_: object) -> None:
            return None

    with pytest.raises(typer.Exit) as ended:
        log_commands.export(cast(typer.Context, SimpleNamespace(obj=Opened)), tmp_path / "log")
    assert ended.value.exit_code == 1
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(
    "text", ["0/1", "00/001", "64/000", "0/x000/001", "0/001.p/0", "0/001.p/256", "0/001.p/01", "-1/000", "0/x1/000"]
)
def test_a_path_has_one_spelling(text: str) -> None:
    assert tiles.read_path(text) is None


def test_paths_are_those_of_the_specification() -> None:
    found = tiles.read_path("0/x001/x234/067.p/8")
    assert found is not None
    assert (found.level, found.place, found.width) == (0, 1234067, 8)
    assert [tiles.spell(one) for one in tiles.of_tree(70_000)][-4:] == [
        "0/273.p/112",
        "1/000",
        "1/001.p/17",
        "2/000.p/1",
    ]
    assert [tiles.spell(one) for one in tiles.of_tree(256)] == ["0/000", "1/000.p/1"]


def test_verify_finds_what_was_published_otherwise(sqlite_registry: Registry) -> None:
    record(sqlite_registry, 600)
    log.extend(sqlite_registry)

    def verified() -> str | None:
        return sqlite_registry.store.read_now(log.verify, sqlite_registry.keyring)

    assert verified() is None
    whole = sqlite_registry.store.read_now(tiles.load, 0, 2)
    put = "UPDATE log_tile SET hashes = :hashes WHERE level = 0 AND place = 2"
    run(sqlite_registry, put, hashes=whole[:-1] + bytes([whole[-1] ^ 1]))
    assert verified() == "the tiles of the public log are not those of checkpoint 600"
    run(sqlite_registry, put, hashes=whole)
    below = sqlite_registry.store.read_now(tiles.load, 0, 0)
    run(
        sqlite_registry,
        "UPDATE log_tile SET hashes = :h WHERE level = 0 AND place = 0",
        h=bytes([below[0] ^ 1]) + below[1:],
    )
    assert verified() == "level 1 of the public log's tiles is not that of the level below"
    run(sqlite_registry, "DELETE FROM log_tile WHERE level = 0 AND place = 0")
    assert verified() == "tile 0/0 of the public log is missing or damaged"
    run(sqlite_registry, "INSERT INTO log_tile (level, place, hashes) VALUES (0, 0, :h)", h=below)
    assert verified() is None
    forged = signer(sqlite_registry).note(600, bytes(32), 0)
    run(sqlite_registry, "UPDATE log_head SET note = :note", note=forged)
    assert verified() == "the published checkpoint 600 is not the one of the log"
    run(sqlite_registry, "UPDATE log_head SET note = :note", note=forged.replace("AAAA", "BBBB"))
    assert verified() == "the published checkpoint 600 was not signed by this registry"
