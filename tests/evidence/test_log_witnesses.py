"""Witnesses of the public log: two registries witness each other, and a fork is refused."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError

import aics_tlog
import pytest
from typer.testing import CliRunner

from consents.registry import Registry, prepare
from consents.store import Transaction
from consents.store import clock as real_clock
from evidence import log, merkle, receipts
from evidence.checkpoints import LogKey
from evidence.receipts import ReceiptHead
from evidence.tlog import heads, notes, signed_trees, tree_proofs, witness_states
from evidence.tlog.heads import PublishedHead
from evidence.tlog.notes import Head, LogSigner, NoteKey
from evidence.tlog.witness_states import WitnessState
from izin import app, cli, jobs
from izin.tlog import witness_asking, witness_server
from izin.tlog.witness_asking import Cosigned
from izin.tlog.witness_store import NotCosigned, WitnessKeys, WitnessStore
from panel.operations import operator_status
from settings import Refused, Settings, load
from tests import ROOT, free_port, listening
from tests.conftest import SECRET, Run, environment
from tests.evidence.test_public_log import newest, record, signer
from tests.gateways.stand_in import Served, Silent
from tests.providers.api.authority import Authority
from trust import paper_seals
from trust.paper_seals import Seal
from web import forms, server


class RunningWitness(NamedTuple):
    """``setting``: as in LOG_WITNESSES."""

    name: str
    setting: str
    store: WitnessStore


@contextmanager
def witnessing(folder: Path, name: str, *logs: NoteKey) -> Iterator[RunningWitness]:
    folder.mkdir(exist_ok=True)
    store, port, stops = WitnessStore(folder, WitnessKeys.open(folder, name), logs), free_port(), []
    site = witness_server.build(store)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(site, "127.0.0.1", port, stops.append)))
    thread.start()
    try:
        wait_for(port)
        yield RunningWitness(name, f"http://127.0.0.1:{port} {' '.join(store.keys.verifiers)}", store)
    finally:
        stops[0]()
        thread.join(20)
        store.close()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while not listening(port):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def followed(*witnesses: RunningWitness, **more: str) -> Settings:
    return load({"SECRET_KEY": SECRET, "LOG_WITNESSES": ",".join(one.setting for one in witnesses), **more})


def asked(registry: Registry, settings: Settings) -> dict[str, WitnessState]:
    asyncio.run(witness_asking.ask_all(registry, settings))
    states = registry.store.read_now(witness_states.list_all)
    return {name: one.state for name, one in states.items()}


def grown(registry: Registry, count: int) -> PublishedHead:
    record(registry, count)
    log.extend(registry)
    return newest(registry)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[str], Registry]]:
    """Opens registries of their own keys, with the real clock: witnesses have it too."""
    found: list[Registry] = []

    def open_own(name: str) -> Registry:
        url = f"sqlite:///{tmp_path / name}"
        if not (tmp_path / name).exists():
            prepare(url, SECRET)
        found.append(Registry.open(url, SECRET, now=real_clock))
        return found[-1]

    yield open_own
    for one in found:
        one.close()


def restored(registry: Registry, file: Path) -> None:
    """A backup of it, as an operator brings one back."""
    connection = registry.store.engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM INTO ?", (str(file),))
    finally:
        connection.invalidate()


def test_two_registries_witness_each_other_and_a_fork_is_refused(
    opened: Callable[[str], Registry], tmp_path: Path
) -> None:
    ours, theirs = opened("ours.db"), opened("theirs.db")
    with (
        witnessing(tmp_path / "w1", "ours.example/witness", *signer(theirs).keys) as of_ours,
        witnessing(tmp_path / "w2", "theirs.example/witness", *signer(ours).keys) as of_theirs,
        witnessing(tmp_path / "w3", "third.example/witness", *signer(ours).keys) as third,
    ):
        settings = followed(of_theirs, third)
        assert settings.log_quorum == 2
        for count in (300, 7, 600):
            head, other = grown(ours, count), grown(theirs, count + 1)
            assert asked(ours, settings) == {of_theirs.name: WitnessState.OK, third.name: WitnessState.OK}
            assert asked(theirs, followed(of_ours)) == {of_ours.name: WitnessState.OK}
            assert (newest(ours).size, newest(ours).cosigned) == (head.size, 2)
            assert (newest(theirs).size, newest(theirs).cosigned) == (other.size, 1)
        # Somebody else's verifier counts the same witnesses.
        keys = [aics_tlog.parse_vkey(one.store.keys.verifiers[0]) for one in (of_theirs, third)]
        log_key = aics_tlog.parse_vkey(LogKey.of(ours.keyring).verifier())
        result = aics_tlog.verify_checkpoint(
            aics_tlog.parse_note(newest(ours).text), log_key, keys, 2, max_age_seconds=600
        )
        assert (result.ok, result.error) == (True, None)
        assert all(notes.read(newest(ours).text).signed_at(NoteKey.read(one)) for one in third.store.keys.verifiers)

        restored(ours, tmp_path / "fork.db")
        forked = opened("fork.db")
        assert asked(ours, settings)[third.name] is WitnessState.OK
        grown(ours, 5)
        asked(ours, settings)
        # The copy goes on with acts of its own, past what the witnesses have seen: the proof is false.
        grown(forked, 20)
        assert set(asked(forked, settings).values()) == {WitnessState.FORK}
        assert newest(forked).cosigned == 0
        grown(forked, 1)  # and stays so
        assert set(asked(forked, settings).values()) == {WitnessState.FORK}
        words = forked.store.read_now(witness_states.contradictions, [of_theirs.name, third.name])
        assert len(words) == 2
        assert all("it cosigned another history of 912 acts" in one for one in words)
        process = app.build(settings, forked).app.state.process  # type: ignore[attr-defined]
        assert [one for one in process.warnings() if one in words] == words
        desk = operator_status.load(forked, settings)
        assert (desk.log_faults, desk.log_forked) == (words, True)
        desk = operator_status.load(ours, settings)
        assert (desk.log_faults, desk.log_forked) == ([], False)


def test_an_older_backup_is_behind_its_witness(opened: Callable[[str], Registry], tmp_path: Path) -> None:
    ours = opened("ours.db")
    grown(ours, 10)
    restored(ours, tmp_path / "older.db")
    with witnessing(tmp_path / "w", "w.example/a", *signer(ours).keys) as witness:
        grown(ours, 10)
        asked(ours, followed(witness))
        older = opened("older.db")
        assert asked(older, followed(witness)) == {witness.name: WitnessState.AHEAD}
        (sentence,) = older.store.read_now(witness_states.contradictions, [witness.name])
        assert "cosigned 20 acts, and this database holds 10" in sentence
        grown(older, 10)  # as many, and others
        assert asked(older, followed(witness)) == {witness.name: WitnessState.FORK}


def test_each_witness_fails_alone(
    opened: Callable[[str], Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, stranger = opened("ours.db"), opened("stranger.db")
    grown(ours, 3)
    monkeypatch.setattr(witness_asking, "SECONDS", 1.0)
    mute = free_port()

    with (
        socket.create_server(("127.0.0.1", mute)),
        witnessing(tmp_path / "w1", "good.example/w", *signer(ours).keys) as good,
        witnessing(tmp_path / "w2", "unknowing.example/w", *signer(stranger).keys) as unknowing,
    ):
        names = ("dead.example/w", free_port()), ("mute.example/w", mute)
        others = [
            RunningWitness(name, f"http://127.0.0.1:{port} {WitnessKeys(name, bytes(32)).verifiers[0]}", good.store)
            for name, port in names
        ]
        settings = followed(good, unknowing, *others, LOG_QUORUM="2")
        assert asked(ours, settings) == {
            "good.example/w": WitnessState.OK,
            "unknowing.example/w": WitnessState.REFUSED,
            "dead.example/w": WitnessState.SILENT,
            "mute.example/w": WitnessState.SILENT,
        }
        assert newest(ours).cosigned == 1
        named = [one.name for one in settings.log_witnesses]
        now = ours.store.now()
        assert [one.split()[1] for one in ours.store.read_now(witness_states.faults, named, now)] == [unknowing.name]
        later = ours.store.read_now(witness_states.faults, named, now + 2 * witness_states.PATIENCE)
        assert len(later) == 3
        assert ours.store.read_now(witness_states.contradictions, named) == []
        asked(ours, settings)
        assert newest(ours).text.count("good.example/w") == 2  # its two keys, once each


class Liar(Served):
    """A witness that names the same size to whoever asks."""

    def __init__(self, name: str, size: bytes) -> None:
        class Handler(Silent):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(409)
                self.send_header("content-length", str(len(size)))
                self.end_headers()
                self.wfile.write(size)

        self.serve(Handler)
        self.setting = f"http://127.0.0.1:{self.port} {WitnessKeys(name, bytes(32)).verifiers[0]}"


@pytest.mark.parametrize("size", [2**63, 10**19 - 1, 10**20 - 1, 10**60])
def test_a_witness_that_names_a_size_beyond_all_stores_costs_the_others_nothing(
    opened: Callable[[str], Registry], tmp_path: Path, size: int
) -> None:
    ours = opened("ours.db")
    grown(ours, 3)
    with (
        witnessing(tmp_path / "w1", "good.example/w", *signer(ours).keys) as good,
        closing(Liar("bad.example/w", b"%d\n" % size)) as bad,
    ):
        settings = load({"SECRET_KEY": SECRET, "LOG_WITNESSES": f"{bad.setting},{good.setting}"})
        assert asked(ours, settings) == {"bad.example/w": WitnessState.SILENT, good.name: WitnessState.OK}
        assert newest(ours).cosigned == 1


def test_an_answer_that_cannot_be_kept_costs_the_others_nothing(
    opened: Callable[[str], Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, keep = opened("ours.db"), witness_asking._keep
    grown(ours, 3)

    def breaks(transaction: Transaction, size: int, name: str, answer: Cosigned) -> None:
        if name == "bad.example/w":
            raise OverflowError
        keep(transaction, size, name, answer)

    monkeypatch.setattr(witness_asking, "_keep", breaks)
    with (
        witnessing(tmp_path / "w1", "bad.example/w", *signer(ours).keys) as bad,
        witnessing(tmp_path / "w2", "good.example/w", *signer(ours).keys) as good,
    ):
        assert asked(ours, followed(bad, good)) == {good.name: WitnessState.OK}
        assert newest(ours).cosigned == 1


def test_as_many_keys_as_the_settings_allow_fit_into_a_receipt_that_the_page_takes(
    opened: Callable[[str], Registry],
) -> None:
    ours = opened("ours.db")
    head, at = grown(ours, 3), int(time.time())
    keys = [WitnessKeys(f"witness{one}.example.org/izin", bytes([one]) * 32) for one in range(16)]
    both = [f"http://w {' '.join(one.verifiers)}" for one in keys[:8]]
    allowed = load(
        {
            "SECRET_KEY": SECRET,
            "LOG_WITNESSES": ",".join([*both, *(f"http://w {one.verifiers[0]}" for one in keys[8:])]),
        }
    )
    assert len(allowed.log_witnesses) == 16
    for named in ([*both, f"http://w {keys[8].verifiers[1]}"], [both[0], f"http://w {keys[0].verifiers[0]}"]):
        with pytest.raises(Refused, match="at most 16 keys of Ed25519 and 8 of ML-DSA-44"):
            load({"SECRET_KEY": SECRET, "LOG_WITNESSES": ",".join(named)})
    lines = [one.cosign(notes.read(head.note), at).splitlines(keepends=True) for one in keys]
    given = "".join(["".join(two) for two in lines[:8]] + [first for first, _ in lines[8:]])
    ours.store.write_now(heads.cosign, head.size, given, 16)
    ours.store.write_now(heads.stamp, head.size, bytes(6000))
    shown = ReceiptHead("İzin", "123456789015", "+90 532 ••• •• 01", {}, witnesses=16)
    receipt = ours.store.read_now(receipts.make, ours.keyring, 2, shown)
    assert receipt is not None
    assert receipts.check(receipt, LogKey.of(ours.keyring))["witnesses"]["cosigned"] == 16
    assert len(receipt.encode()) < forms.FORM_BYTES - 15_000  # the rest is for consents


def submission(old: int, note: str, *path: bytes) -> bytes:
    lines = [f"old {old}\n", *(f"{b64encode(one).decode()}\n" for one in path), "\n", note]
    return "".join(lines).encode()


@pytest.fixture
def witness(opened: Callable[[str], Registry], tmp_path: Path) -> Iterator[tuple[WitnessStore, LogSigner]]:
    own = signer(opened("ours.db"))
    (tmp_path / "w").mkdir()
    store = WitnessStore(tmp_path / "w", WitnessKeys.open(tmp_path / "w", "w.example/a"), own.keys)
    yield store, own
    store.close()


def tree(size: int, begins: int = 0) -> tuple[bytes, Callable[[int], list[bytes]]]:
    """The root, and the proof that it continues an older one, of leaves that are other ones from ``begins``."""
    leaves = [merkle.leaf(f"{one}{'x' * (one >= begins > 0)}".encode()) for one in range(size)]
    return merkle.root(leaves), lambda old: [
        merkle.root(leaves[start:end]) for start, end in tree_proofs.consistency_path(old, size)
    ]


OTHER_SIZE, OTHER_ROOT = "another size was cosigned", "another root of this size was cosigned"
FALSE_PROOF, NO_FORM = "the proof of consistency is false", "this is no submission of a checkpoint"
UNKNOWN, UNSIGNED = "this log is not known", "no key that is known for this log has signed it"


def refused(store: WitnessStore, body: bytes) -> tuple[int, str, int | None]:
    with pytest.raises(NotCosigned) as fault:
        store.add(body)
    return fault.value.status, str(fault.value), fault.value.size


def test_a_witness_answers_as_the_specification_says(witness: tuple[WitnessStore, LogSigner]) -> None:
    store, own = witness
    (seven, _), (twelve, path) = tree(7), tree(12)
    first, second = own.note(7, seven, 0), own.note(12, twelve, 0)
    assert store.add(submission(0, first)).count("— w.example/a ") == 2
    assert store.add(submission(7, first))  # the same again
    assert refused(store, submission(0, first)) == (409, OTHER_SIZE, 7)
    assert refused(store, submission(5, second, *path(5))) == (409, OTHER_SIZE, 7)
    assert refused(store, submission(7, own.note(7, bytes(32), 0))) == (409, OTHER_ROOT, 7)
    assert refused(store, submission(7, second)) == (422, FALSE_PROOF, None)
    assert refused(store, submission(7, second, *path(7)[:-1], bytes(32))) == (422, FALSE_PROOF, None)
    assert refused(store, submission(13, second)) == (400, "the old size is above the checkpoint's", None)
    forked, other_path = tree(12, 3)
    assert refused(store, submission(7, own.note(12, forked, 0), *other_path(7))) == (422, FALSE_PROOF, None)
    assert refused(store, submission(7, second.replace("izin-log", "eve-log"), *path(7))) == (404, UNKNOWN, None)
    false = second.replace("\n12\n", "\n13\n")
    assert refused(store, submission(7, false, *path(7))) == (403, UNSIGNED, None)
    stranger = notes.sign(WitnessKeys("x", bytes(32))._ed25519, own.origin, notes.read(second).body)
    # ML-DSA-44 signs the head alone: Ed25519's cosignature would cover what a stranger wrote under it.
    added = f"{notes.read(second).body}any text of a stranger\n\n{notes.read(second).signatures[1].line()}"
    assert refused(store, submission(7, added, *path(7))) == (400, "the checkpoint has extension lines", None)
    unsigned = notes.read(second).body + "\n" + stranger.line()
    assert refused(store, submission(7, unsigned, *path(7))) == (403, UNSIGNED, None)
    for body in (
        b"",
        b"\xff",
        b"old 7\n\n",
        submission(7, second, bytes(31)),
        submission(7, second, *[bytes(32)] * 64),
        submission(7, second).replace(b"old 7", b"old 07"),
        submission(7, second).replace(b"old 7", b"old -7"),
        submission(7, second).replace(b"old 7", "old ٧".encode()),
        submission(7, own.note(12, bytes(31), 0)),
    ):
        assert refused(store, body) == (400, NO_FORM, None)
    lines = store.add(submission(7, second, *path(7)))
    note = notes.read(second + lines)
    assert all(note.signed_at(NoteKey.read(one)) for one in store.keys.verifiers)
    assert note.head() == Head(own.origin, 12, twelve)


def test_of_two_submissions_at_once_one_is_cosigned(witness: tuple[WitnessStore, LogSigner], tmp_path: Path) -> None:
    """Two processes on one database, each with another continuation."""
    store, own = witness
    (four, _), (eight, path), (other, other_path) = tree(4), tree(8), tree(8, 5)
    store.add(submission(0, own.note(4, four, 0)))
    second = WitnessStore(tmp_path / "w", store.keys, own.keys)
    bodies = submission(4, own.note(8, eight, 0), *path(4)), submission(4, own.note(8, other, 0), *other_path(4))
    answers: list[str] = []

    def submit(to: WitnessStore, body: bytes) -> None:
        try:
            to.add(body)
            answers.append("")
        except NotCosigned as fault:
            answers.append(str(fault))

    threads = [threading.Thread(target=submit, args=given) for given in zip((store, second), bodies, strict=True)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    second.close()
    assert sorted(answers) == ["", OTHER_SIZE]


def test_senders_without_a_body_take_no_place(
    witness: tuple[WitnessStore, LogSigner], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, own = witness
    monkeypatch.setattr(witness_server, "WAITING", 1)
    monkeypatch.setattr(witness_server, "SECONDS", 1.0)
    stops: list[Callable[[], None]] = []
    port, site = free_port(), witness_server.build(store)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(site, "127.0.0.1", port, stops.append)))
    thread.start()
    try:
        wait_for(port)
        with socket.create_connection(("127.0.0.1", port), 20) as slow:
            slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: w.example\r\nContent-Length: 10\r\n\r\n")
            time.sleep(0.3)
            body = submission(0, own.note(7, tree(7)[0], 0))
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/add-checkpoint", body, timeout=20) as answer:
                assert answer.status == 200
            assert slow.recv(100).startswith(b"HTTP/1.1 408 ")
    finally:
        stops[0]()
        thread.join(20)


def test_a_witness_process_survives_a_kill(opened: Callable[[str], Registry], tmp_path: Path) -> None:
    own, folder, port = signer(opened("ours.db")), tmp_path / "w", free_port()
    command = [sys.executable, "-m", "izin", "witness", "serve", "--data", str(folder), "--name", "w.example/a"]
    command += ["--listen", f"127.0.0.1:{port}", "--log", own.keys[0].verifier()]
    if shutil.which("izin", path=str(Path(sys.executable).parent)):
        command[:3] = [str(Path(sys.executable).parent / "izin")]
    (seven, _), (twelve, path) = tree(7), tree(12)

    def post(body: bytes) -> tuple[int, str, bytes]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/add-checkpoint", body, timeout=20) as answer:
                return answer.status, answer.headers["content-type"], answer.read()
        except HTTPError as fault:
            return fault.code, fault.headers["content-type"], fault.read()

    @contextmanager
    def running() -> Iterator[subprocess.Popen[bytes]]:
        with subprocess.Popen(command, cwd=ROOT, env=environment(tmp_path), stderr=subprocess.DEVNULL) as process:
            try:
                wait_for(port)
                yield process
            finally:
                process.kill()

    with running() as process:
        status, kind, lines = post(submission(0, own.note(7, seven, 0)))
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
    with running():
        status, kind, size = post(submission(0, own.note(7, seven, 0)))
        assert (status, kind) == (409, "text/x.tlog.size")
        assert size == b"7\n"
        assert post(submission(7, own.note(12, bytes(32), 0), *path(7))) == (
            422,
            "text/plain; charset=utf-8",
            f"{FALSE_PROOF}\n".encode(),
        )
        status, _, again = post(submission(7, own.note(12, twelve, 0), *path(7)))
        assert status == 200
        assert post(bytes(witness_server.LARGEST + 1))[::2] == (413, b"Content Too Large")
    keys = [NoteKey.read(one) for one in WitnessKeys.open(folder).verifiers]
    for note, signed in ((own.note(7, seven, 0), lines), (own.note(12, twelve, 0), again)):
        assert all(notes.read(note + signed.decode()).signed_at(one) for one in keys)
    assert (folder / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(notes.BadNote, match=r"is named w\.example/a"):
        WitnessKeys.open(folder, "w.example/b")


def test_a_proof_for_other_tools_holds_with_the_outsiders_verifier(
    opened: Callable[[str], Registry], tmp_path: Path, run: Run
) -> None:
    ours = opened("ours.db")
    grown(ours, 300)
    key = LogKey.of(ours.keyring)
    assert ours.store.read_now(signed_trees.tlog_proof, key, 301) is None
    with witnessing(tmp_path / "w", "w.example/a", *signer(ours).keys) as witness:
        asked(ours, followed(witness))
        for act in (1, 256, 300):
            text = ours.store.read_now(signed_trees.tlog_proof, key, act)
            assert text is not None
            lines = text.split("\n")
            assert (lines[0], lines[2]) == ("c2sp.org/tlog-proof@v1", f"index {act - 1}")
            proof, note = signed_trees.read_tlog_proof(text)
            vkeys = [aics_tlog.parse_vkey(one) for one in (key.verifier(), witness.store.keys.verifiers[0])]
            assert aics_tlog.verify_checkpoint(aics_tlog.parse_note(note), vkeys[0], vkeys[1:], 1).ok
            root = aics_tlog.parse_checkpoint(aics_tlog.parse_note(note).text).root
            assert aics_tlog.verify_leaf_inclusion(proof.data, proof.place, proof.size, list(proof.path), root)
            (tmp_path / "act.tlog-proof").write_text(text, encoding="utf-8")
            command = "verify-receipt", str(tmp_path / "act.tlog-proof"), "--key", key.verifier(), "--witness"
            done = run(*command, witness.store.keys.verifiers[1])
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout.startswith(f"Makbuz gerçek / the receipt is genuine: {act} / 300\n")
            assert "Witness signatures: w.example/a 20" in done.stdout
            stranger = run(*command, WitnessKeys("x.example/b", bytes(32)).verifiers[0])
            assert (stranger.returncode, "x.example/b has not cosigned it" in stranger.stderr) == (1, True)
            (tmp_path / "act.tlog-proof").write_text(text.replace(f"index {act - 1}", f"index {act}"))
            false = run(*command[:-1])
            assert (false.returncode, "the act is not in the log" in false.stderr) == (1, True)
            assert not aics_tlog.verify_leaf_inclusion(proof.data, proof.place ^ 1, proof.size, list(proof.path), root)


@pytest.mark.parametrize("kind", [receipts.STATEMENT, receipts.LIST, receipts.ANSWER, "record"])
def test_a_document_that_no_witness_saw_is_refused_where_one_is_asked_for(
    opened: Callable[[str], Registry], tmp_path: Path, kind: str
) -> None:
    ours, witness = opened("ours.db"), WitnessKeys("w.example/a", bytes(32))
    head, file = grown(ours, 3), tmp_path / "document"
    cosigned = head.text + witness.cosign(notes.read(head.note), int(time.time()))
    key = LogKey.of(ours.keyring).verifier()

    def checked(checkpoint: str | None, *more: str) -> tuple[int, str]:
        if kind == "record":
            pdf = b"%PDF-1.7\nxref\nstartxref\n9\n%%EOF"
            file.write_bytes(paper_seals.sealed(pdf, Seal(paper_seals.RECORD, "202611291422"), ours.keyring))
        else:
            named = ("company", "registry", "made", "address", "brand", "title", "identity", "answered", "purpose")
            words = dict.fromkeys((*named, "method", "request", "salt"), "x")
            lists: dict[str, Any] = {"movements": [], "answers": [], "answer": {}, "checkpoint": checkpoint}
            file.write_text(receipts.sign_document(ours.keyring, {"format": kind, **words, **lists}), "utf-8")
        done = CliRunner().invoke(cli.app, ["verify-receipt", str(file), "--key", key, *more])
        return done.exit_code, done.output

    asks = "--witness", witness.verifiers[1]
    for checkpoint in (None, head.text, cosigned):
        assert checked(checkpoint)[0] == 0
    code, shown = checked(None, *asks)
    assert (code, "no checkpoint that a witness could cosign" in shown) == (1, True)
    assert checked(head.text, *asks)[0] == 1
    code, shown = checked(cosigned, *asks)
    assert (code, "Witness signatures: w.example/a 20" in shown) == ((1, False) if kind == "record" else (0, True))


def test_a_checkpoint_an_hour_is_stamped_and_the_receipt_shows_when(
    opened: Callable[[str], Registry], tmp_path: Path, run: Run
) -> None:
    """The authority is down at first; a receipt of that time has no stamp, a later one of the same act has."""
    ours = opened("izin.db")
    grown(ours, 3)
    (tmp_path / "tsa").mkdir()
    with closing(Authority(tmp_path / "tsa")) as authority:
        stamps = {"TSA_URL": authority.url, "TSA_ROOTS": str(authority.roots), "LOG_STAMPS": "1"}
        settings = load({"SECRET_KEY": SECRET, **stamps})
        authority.mood = "broken"
        asyncio.run(jobs._witnesses(ours, settings))
        assert newest(ours).stamp is None
        authority.mood = "stamp"
        for _ in range(2):
            asyncio.run(jobs._witnesses(ours, settings))
        assert authority.asked == 2
    head = newest(ours)
    assert head.stamp is not None
    shown = ReceiptHead("İzin", "123456789015", "+90 532 ••• •• 01", {}, witnesses=2)
    receipt = ours.store.read_now(receipts.make, ours.keyring, 2, shown)
    assert receipt is not None
    (tmp_path / "receipt.json").write_text(receipt, encoding="utf-8")
    key = LogKey.of(ours.keyring).verifier()
    done = run("verify-receipt", str(tmp_path / "receipt.json"), "--key", key)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Tanık imzaları / Witness signatures: 0 / 2\n" in done.stdout
    assert f"/ Time stamp: {datetime.now(UTC).year}-" in done.stdout
    assert "imzası doğrulanmadı; --tsa-roots ile doğrulayın / its signature is not verified" in done.stdout
    done = run("verify-receipt", str(tmp_path / "receipt.json"), "--key", key, "--tsa-roots", "tsa/ca.pem")
    assert (done.returncode, done.stderr) == (0, "")
    assert "imzası doğrulandı / its signature is verified" in done.stdout
    (tmp_path / "other").mkdir()
    Authority(tmp_path / "other").close()
    done = run("verify-receipt", str(tmp_path / "receipt.json"), "--key", key, "--tsa-roots", "other/ca.pem")
    assert done.returncode == 1
    assert "not verified" not in done.stdout
    done = run("verify-receipt", str(tmp_path / "receipt.json"), "--key", key, "--tsa-roots", "note.tsr")
    assert done.returncode == 2
    # Without this program: the signature of the authority over the log's own part of the note.
    (tmp_path / "note").write_text(signed_trees.own_part(json.loads(receipt)["checkpoint"]), encoding="utf-8")
    (tmp_path / "note.tsr").write_bytes(head.stamp)
    openssl = ["openssl", "ts", "-verify", "-data", "note", "-in", "note.tsr", "-CAfile", "tsa/ca.pem"]
    assert subprocess.run(openssl, cwd=tmp_path, capture_output=True, timeout=60).returncode == 0
