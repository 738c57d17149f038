"""A new key of the log: what was signed before stays good, outsiders follow the change, witnesses go on."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text as sql

from consents.people import register
from consents.people.rotation import rekey
from consents.registry import Registry, load_keys
from evidence import answer_seals, history_rows, log, receipts
from evidence.answer_seals import SealedQuestion
from evidence.checkpoints import LogKey
from evidence.leaves import LogFault
from evidence.receipts import BadReceipt
from evidence.tlog import key_changes, notes, signed_trees, tiles, tree_proofs
from evidence.tlog.key_changes import ReplacedKey
from evidence.tlog.notes import ED25519, BadNote, LogSigner, NoteKey
from izin.tlog import log_commands
from izin.tlog.witness_store import NotCosigned, WitnessKeys, WitnessStore
from tests import ROOT
from tests.conftest import SECRET, Clock, Opener, Run, environment
from tests.evidence.conftest import chronicle
from tests.evidence.test_log_witnesses import submission
from tests.evidence.test_public_log import audited, export, newest, record, signer
from tests.evidence.test_receipts import receipt
from trust import paper_seals
from trust.paper_seals import NoSeal, Seal

PDF = b"%PDF-1.7\nsomething\nstartxref\n1\n%%EOF"


def rotated(registry: Registry) -> LogKey:
    """As the command does it; this registry then has the new key, as after a start."""
    log.rotate_key(registry, SECRET)
    fresh = registry.store.read_now(load_keys, [SECRET])
    registry.keyring.__dict__.update(fresh.__dict__)
    return LogKey.of(registry.keyring)


def signed_again(registry: Registry, content: str, seed: bytes, verifier: str) -> str:
    """The receipt as another key of the log signs it."""
    changed = json.loads(content) | {"verifier": verifier}
    del changed["signature"]
    text = json.dumps(changed, ensure_ascii=False, indent=1) + "\n"
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(f"{receipts.FORMAT}\n{text}".encode())
    whole = {**changed, "signature": b64encode(signature).decode()}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def document(content: dict[str, Any], seed: bytes) -> str:
    """A statement, list or answer as a key of the log signs it."""
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(receipts._document_part(content))
    return receipts._written({**content, "signature": b64encode(signature).decode()})


def in_another_tree(registry: Registry, content: str, seed: bytes) -> str:
    """The receipt, its act alone in a tree that a thief of the key signed; not signed itself."""
    changed = json.loads(content)
    held = bytes.fromhex(changed["act"]["data"])
    data = held[:1] + (1).to_bytes(8, "big") + held[9:]  # as act 1
    root = sha256(b"\0" + data).digest()
    changed["act"] |= {"data": data.hex(), "place": 0, "size": 1, "path": []}
    changed["checkpoint"] = LogSigner(registry.keyring, LogKey.of(registry.keyring).origin, seed).note(1, root, 0)
    return json.dumps(changed, ensure_ascii=False, indent=1) + "\n"


def test_receipts_of_both_keys_hold_for_who_has_either(registry: Registry, clock: Clock) -> None:
    chronicle(registry, clock)
    first, before = LogKey.of(registry.keyring), receipt(registry, 2)
    sealed = registry.store.read_now(
        answer_seals.seal, registry.keyring, SealedQuestion.of("/x", b"?", "", 1), {"a": 1}
    )
    key = rotated(registry)
    record(registry, 3)
    log.extend(registry)
    after = receipt(registry, 2)
    assert json.loads(after)["keys"] == list(key.changes)
    assert (first.origin, first.verifier()) == (key.origin, LogKey.read(first.verifier()).verifier())
    assert first.verifier() != key.verifier()
    for public in (first.verifier(), key.verifier()):
        pinned = LogKey.read(public)
        assert pinned.following(receipts.carried_changes(after)).verifier() == key.verifier()
        for text in (before, after):
            known = pinned.following(key.changes)
            assert receipts.signed_by(text, known)
            assert receipts.check(text, known)["number"] == "123456789015"
    with pytest.raises(BadReceipt, match="another registry's key"):
        receipts.check(after, first)
    with pytest.raises(BadReceipt, match="another registry's key"):
        receipts.check(before, LogKey.read(key.verifier()))
    assert answer_seals.check(sealed, first)["path"] == "/x"
    with pytest.raises(BadReceipt, match="not all in it has a proof"):
        answer_seals.check(sealed, key)


def test_the_earlier_key_makes_nothing_more(registry: Registry, clock: Clock) -> None:
    chronicle(registry, clock)
    first, seed = LogKey.of(registry.keyring), registry.keyring.keys["log"]
    paper = paper_seals.sealed(PDF, Seal(paper_seals.RECORD, "202611241200"), registry.keyring)
    assert paper_seals.check(paper, first.public).kind == paper_seals.RECORD
    key = rotated(registry)
    record(registry, 3)
    log.extend(registry)
    with pytest.raises(NoSeal):
        paper_seals.check(paper, *key.publics())
    forged = signed_again(registry, receipt(registry, 2), seed, first.verifier())
    assert receipts.signed_by(forged, key)
    with pytest.raises(BadReceipt, match="an earlier key signed it"):
        receipts.check(forged, key)
    # A checkpoint of its own is none of the log either: the later sizes are the new key's.
    head = newest(registry)
    false = LogSigner(registry.keyring, key.origin, seed).note(head.size, bytes(32), 0)
    with pytest.raises(BadNote):
        signed_trees.head_of(false, key)


def test_without_a_proof_of_the_log_nothing_of_the_earlier_key_counts(registry: Registry, clock: Clock) -> None:
    world = chronicle(registry, clock)
    first, seed = LogKey.of(registry.keyring), registry.keyring.keys["log"]
    with registry.store.snapshot() as snapshot:
        address = register.address(snapshot, registry.keyring, world.mehmet)
        tree = signed_trees.newest(snapshot, first)
        assert tree is not None
        event = history_rows.act(snapshot, 2).first_event
        movement = receipts.prove_movement(snapshot, 2, event, tree.checkpoint)
    common = {"company": "Çınar A.Ş.", "made": movement["recorded"], "address": address}
    common |= {"salt": registry.keyring.salt(address).hex(), "checkpoint": tree.note, "verifier": first.verifier()}
    statement = {"format": receipts.STATEMENT, **common, "movements": [movement]}
    unproven = {**movement, "event": None, "act": None}
    piece = {"content": "x", "act": None}
    piece["note"] = json.dumps({"attached": sha256(b"x").hexdigest(), "event": event})
    answers = [{name: movement[name] for name in ("channel", "identity")} | {"answer": movement["status"]}]
    answer = {**statement, "format": receipts.ANSWER, "answers": answers, "purpose": "CONSENT"}
    rows = {"MESAJ": {"ONAY": ["+905320000001"]}}
    without = (
        {"format": receipts.LIST, **common, "answer": rows},
        {"format": receipts.LIST, **common, "answer": rows, "movements": [movement], "purpose": "CONSENT"},
        {"format": receipts.LIST, **common, "answer": rows, "checkpoint": None},
        {**statement, "movements": []},
        {**statement, "movements": [movement, unproven]},
        {**statement, "movements": [{**movement, "attached": [piece]}]},
        {**answer, "purpose": "VERIFY"},
        {**answer, "movements": [], "answers": [], "checkpoint": None},
    )
    files = [document(one, seed) for one in (statement, answer, *without)]
    for text in files:  # each is good while the key is the log's
        assert receipts.check_document(text, first)["company"] == "Çınar A.Ş."
    key = rotated(registry)
    record(registry, 3)
    log.extend(registry)
    for text in files[:2]:
        assert receipts.signed_earlier(receipts.check_document(text, key), key)
    for text in files[2:]:
        with pytest.raises(BadReceipt, match="an earlier key signed it"):
            receipts.check_document(text, key)


def test_the_checkpoint_of_an_answer_is_verified(registry: Registry, clock: Clock) -> None:
    chronicle(registry, clock)
    key, keyring = LogKey.of(registry.keyring), registry.keyring
    asked = SealedQuestion.of("/x", b"?", "", 1)
    sealed = registry.store.read_now(answer_seals.seal, keyring, asked, {"a": 1})
    good = json.loads(sealed)["signed"]["checkpoint"]
    stranger = LogSigner(keyring, key.origin, bytes(32)).note(1, bytes(32), 0)

    def answer(note: str) -> str:
        whole = json.loads(sealed)
        content = whole["signed"] | {"checkpoint": note}
        del content["signature"]
        signature = keyring.signer().sign(answer_seals._part(content))
        whole["signed"] = {**content, "signature": b64encode(signature).decode()}
        return answer_seals._json(whole)

    assert answer_seals.check(answer(good), key)["checkpoint"] == good
    for note in ("x\n1\n", good.replace("made", "Made"), good.partition("\n\n")[0], stranger):
        with pytest.raises(BadReceipt):
            answer_seals.check(answer(note), key)


def test_another_tree_of_the_earlier_key_is_none_of_the_log(registry: Registry, clock: Clock) -> None:
    """Offline only a witness or a time stamp shows it; the registry compares its own checkpoints."""
    chronicle(registry, clock)
    first, seed, before = LogKey.of(registry.keyring), registry.keyring.keys["log"], receipt(registry, 2)
    other = in_another_tree(registry, before, seed)
    key = rotated(registry)
    with registry.store.snapshot() as snapshot:
        for text, held in ((before, True), (other, False)):
            content = receipts.check(signed_again(registry, text, seed, first.verifier()), key)
            assert (receipts.signed_earlier(content, key), receipts.in_log(snapshot, content)) == (True, held)
        origin, size, _, *rest = json.loads(before)["checkpoint"].split("\n")
        of_its_size = "\n".join([origin, size, b64encode(bytes(32)).decode(), *rest])
        assert not receipts.in_log(snapshot, {"checkpoint": of_its_size})


def test_the_log_stays_whole_and_a_changed_change_shows(registry: Registry, clock: Clock, tmp_path: Path) -> None:
    witnessed = tmp_path / "witness"
    chronicle(registry, clock, witnessed)
    for _ in range(2):
        rotated(registry)
        record(registry, 2)
        log.extend(registry, witnessed)

    def fault() -> str | None:
        with registry.store.snapshot() as snapshot:
            return log.verify(snapshot, registry.keyring, witnessed)

    assert fault() is None
    first = LogKey.of(registry.keyring).changes[0]
    with registry.store.engine.begin() as connection:
        connection.execute(sql("UPDATE log_key SET size = size - 1 WHERE version = 1"))
    registry.keyring.__dict__.update(registry.store.read_now(load_keys, [SECRET]).__dict__)
    assert "was not signed so" in str(fault())
    with registry.store.engine.begin() as connection:
        connection.execute(sql("UPDATE log_key SET size = size + 1, note = :note WHERE version = 2"), {"note": first})
        connection.execute(sql("UPDATE log_key SET size = size + 1 WHERE version = 1"))
    registry.keyring.__dict__.update(registry.store.read_now(load_keys, [SECRET]).__dict__)
    assert fault() is not None


def private_keys(registry: Registry) -> tuple[str, Ed25519PrivateKey, Ed25519PrivateKey]:
    """The origin, the log's key, and a stranger's."""
    own = Ed25519PrivateKey.from_private_bytes(registry.keyring.keys["log"])
    return LogKey.of(registry.keyring).origin, own, Ed25519PrivateKey.from_private_bytes(bytes(32))


def test_a_change_needs_the_signatures_of_both_keys(registry: Registry) -> None:
    key, (origin, own, strange) = LogKey.of(registry.keyring), private_keys(registry)
    change = key_changes.write(origin, own, strange, 0, bytes(32), 0)
    assert key.following([change]).public == strange.public_key().public_bytes_raw()
    head, *signatures = change.partition("\n\n")[0], *change.splitlines()[-2:]
    for line in signatures:
        with pytest.raises(BadNote, match="both keys"):
            key.following([f"{head}\n\n{line}\n"])


def test_a_change_leads_to_no_other_log_and_not_in_a_circle(registry: Registry) -> None:
    key, (origin, own, strange) = LogKey.of(registry.keyring), private_keys(registry)
    other = "izin-log/0123456789abcdef"
    assert key.following([key_changes.write(other, own, strange, 0, bytes(32), 0)]).public == key.public
    pair = NoteKey(origin, ED25519, key.public), NoteKey(other, ED25519, strange.public_key().public_bytes_raw())
    text = key_changes._body(ReplacedKey(*pair, 0, bytes(32), datetime.fromtimestamp(0, UTC)))
    lines = notes.sign(own, origin, text).line() + notes.sign(strange, other, text).line()
    with pytest.raises(BadNote, match="no change"):
        key.following([f"{text}\n{lines}"])
    there, back = (key_changes.write(origin, *way, 0, bytes(32), 0) for way in ((own, strange), (strange, own)))
    assert len(key.following([there, back]).ended) == 2


def test_the_earlier_key_signs_what_was_recorded_before_the_change(registry: Registry) -> None:
    record(registry, 2)
    log.extend(registry)
    record(registry, 3)
    assert [one.size for one in rotated(registry).ended] == [5]


def test_a_change_that_names_another_root_shows(registry: Registry) -> None:
    record(registry, 2)
    log.extend(registry)
    origin, own, _ = private_keys(registry)
    rotated(registry)
    fresh = Ed25519PrivateKey.from_private_bytes(registry.keyring.keys["log"])
    false = key_changes.write(origin, own, fresh, 2, bytes(32), registry.store.now())
    with registry.store.engine.begin() as connection:
        connection.execute(sql("UPDATE log_key SET note = :note"), {"note": false})
    registry.keyring.__dict__.update(registry.store.read_now(load_keys, [SECRET]).__dict__)
    with registry.store.snapshot() as snapshot:
        assert "is not the one of the log" in str(log.verify(snapshot, registry.keyring))


def test_of_two_changes_at_the_same_time_one_is_refused(sqlite_url: str, open_registry: Opener, clock: Clock) -> None:
    registry, stale = open_registry(sqlite_url), open_registry(sqlite_url)
    record(registry, 1)
    log.extend(registry)
    key = rotated(registry)
    with pytest.raises(LogFault, match="by another program meanwhile"):
        log.rotate_key(stale, SECRET)
    assert LogKey.of(registry.store.read_now(load_keys, [SECRET])).publics() == key.publics()


def test_a_log_that_is_signed_while_its_key_changes_keeps_its_key(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(registry, 1)
    key, write = LogKey.of(registry.keyring), key_changes.write

    def meanwhile(*given: Any) -> str:
        record(registry, 1)
        log.extend(registry)
        return write(*given)

    monkeypatch.setattr(key_changes, "write", meanwhile)
    with pytest.raises(LogFault, match="by another program meanwhile"):
        log.rotate_key(registry, SECRET)
    assert LogKey.of(registry.store.read_now(load_keys, [SECRET])).publics() == key.publics()
    with registry.store.snapshot() as snapshot:
        assert log.verify(snapshot, registry.keyring) is None


def test_a_registry_without_an_act_changes_its_key_too(registry: Registry, tmp_path: Path) -> None:
    witnessed = tmp_path / "witness"
    log.begin(registry, witnessed)
    rotated(registry)
    record(registry, 2)
    log.extend(registry, witnessed)
    with registry.store.snapshot() as snapshot:
        assert log.verify(snapshot, registry.keyring, witnessed) is None


def test_a_witness_that_knows_the_earlier_key_goes_on_for_thirty_days(
    registry: Registry, clock: Clock, tmp_path: Path
) -> None:
    record(registry, 5)
    log.extend(registry)
    own, origin = signer(registry), LogKey.of(registry.keyring).origin
    old = WitnessStore(tmp_path, WitnessKeys("w.example/a", bytes(32)), own.keys)

    def submit(store: WitnessStore, before: int) -> str:
        head = newest(registry)
        with registry.store.snapshot() as snapshot:
            spans = tree_proofs.consistency_path(before, head.size)
            path = tiles.roots(lambda level, place: tiles.load(snapshot, level, place), spans)
        return store.add(submission(before, head.note, *path))

    assert "w.example/a" in submit(old, 0)
    rotated(registry)
    record(registry, 1)
    log.extend(registry)
    note = notes.read(newest(registry).note)
    assert [note.signed_at(one) is not None for one in (*own.keys, *signer(registry).keys)] == [True] * 4
    assert "w.example/a" in submit(old, 5)
    export(registry, tmp_path / "files")
    assert audited(registry, tmp_path / "files").size == 6
    assert (tmp_path / "files" / "keys").read_text() == log_commands.as_text(LogKey.of(registry.keyring))
    clock.forward(days=31)
    record(registry, 1)
    log.extend(registry)
    note = notes.read(newest(registry).note)
    assert [note.signed_at(one) is not None for one in (*own.keys, *signer(registry).keys)] == [
        False,
        False,
        True,
        True,
    ]
    with pytest.raises(NotCosigned, match="no key that is known"):
        submit(old, 6)
    both = WitnessStore(tmp_path, WitnessKeys("w.example/a", bytes(32)), (*own.keys, *signer(registry).keys))
    assert "w.example/a" in submit(both, 6)
    assert signer(registry).origin == origin
    old.close()
    both.close()


def test_each_earlier_key_signs_on_for_thirty_days(registry: Registry, clock: Clock) -> None:
    record(registry, 1)
    log.extend(registry)
    keys = [signer(registry).keys]
    for days in (0, 20):
        clock.forward(days=days)
        rotated(registry)
        keys.append(signer(registry).keys)
    for days, signing in ((0, [True, True, True]), (11, [False, True, True]), (20, [False, False, True])):
        clock.forward(days=days)
        record(registry, 1)
        log.extend(registry)
        note = notes.read(newest(registry).note)
        found = [[note.signed_at(one) is not None for one in pair] for pair in keys]
        assert found == [[one, one] for one in signing], days


def test_a_program_with_the_earlier_key_signs_nothing(
    sqlite_url: str, open_registry: Opener, registry: Registry
) -> None:
    record(registry, 2)
    stale = open_registry(str(registry.store.engine.url))
    rotated(registry)
    record(registry, 2)
    with pytest.raises(LogFault, match="start it again"):
        log.extend(stale)
    log.extend(registry)


def test_rekey_keeps_all_keys_of_the_log(registry: Registry, clock: Clock, open_registry: Opener) -> None:
    chronicle(registry, clock)
    key = rotated(registry)
    url = registry.store.engine.url.render_as_string(hide_password=False)
    rekey(url, "another secret of thirty-two letters", SECRET)
    fresh = registry.store.read_now(load_keys, ["another secret of thirty-two letters"])
    assert LogKey.of(fresh).publics() == key.publics()


KILLED = """
import os, signal, sys
from consents.store.cursors import Transaction
from izin import cli
insert, left = Transaction.insert, int(sys.argv.pop(1))
def counted(self, table, *more, **options):
    global left
    if table in ("registry_key", "log_key"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    insert(self, table, *more, **options)
Transaction.insert = counted
sys.argv[0] = "izin"
cli.main()
"""


def test_the_command_changes_the_key_whole_or_not_at_all(run: Run, tmp_path: Path) -> None:
    assert run("migrate").returncode == 0
    assert run("provider", "add", "--code", "600100", "--title", "Çınar A.Ş.").returncode == 0
    before = run("log", "key").stdout
    for inserts in (0, 1):
        program = [sys.executable, "-c", KILLED, str(inserts), "log", "rotate-key"]
        environ = environment(tmp_path, PYTHONPATH=str(ROOT))
        done = subprocess.run(program, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60)
        assert done.returncode == -9, done.stderr
        assert run("log", "key").stdout == before
        assert run("log", "changes").stdout == ""
        assert run("verify").returncode == 0
    done = run("log", "rotate-key")
    assert done.returncode == 0, done.stderr
    (change,) = key_changes.find_all(done.stdout)
    after = run("log", "key").stdout
    assert (run("log", "changes").stdout, after in done.stdout, after != before) == (change, True, True)
    read = key_changes.read(change)
    assert [read.before.verifier(), read.after.verifier()] == [before.splitlines()[0], after.splitlines()[0]]
    assert run("provider", "add", "--code", "600200", "--title", "Işık A.Ş.").returncode == 0
    verified = run("verify")
    assert (verified.returncode, read.after.verifier() in verified.stdout) == (0, True), verified.stderr


def test_a_living_worker_is_stopped_first(run: Run, tmp_path: Path) -> None:
    assert run("migrate").returncode == 0
    before = run("log", "key").stdout
    with closing(sqlite3.connect(tmp_path / "var" / "izin.db")) as connection:
        connection.execute("INSERT INTO worker VALUES (1, 'here:1', ?1, ?1, 1, '')", (time.time(),))
        connection.commit()
    done = run("log", "rotate-key")
    assert (done.returncode, "stop izin serve and izin worker" in done.stderr) == (1, True)
    assert run("log", "key").stdout == before
