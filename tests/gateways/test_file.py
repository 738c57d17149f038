"""The file carrier: one whole JSON object a line, for its owner's eyes."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import threading
from pathlib import Path

import pytest

from gateways.carrier import Down
from gateways.file.sending import File
from tests.gateways.conftest import MAIL, SMS, message


def test_a_message_is_one_line_with_five_names(tmp_path: Path) -> None:
    path = tmp_path / "new" / "outbox.jsonl"
    carrier = File(str(path))
    assert asyncio.run(carrier.send(message(SMS))) == "0123456789abcdef" * 2
    asyncio.run(carrier.send(message(MAIL)))
    first, second = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert first == {"at": "2026-11-24T09:00:00.000Z", "subject": "", **SMS}
    assert second == {"at": "2026-11-24T09:00:00.000Z", **MAIL}
    assert list(first) == ["at", "kind", "to", "subject", "text"]


def test_only_its_owner_reads_the_file(tmp_path: Path) -> None:
    path = tmp_path / "outbox.jsonl"
    before = os.umask(0)
    try:
        asyncio.run(File(str(path)).send(message()))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_lines_of_many_writers_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "outbox.jsonl"

    def write(name: int) -> None:
        for _ in range(50):
            File(str(path))._append(json.dumps({"text": str(name) * 5000}).encode() + b"\n")

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(texts) == 400
    assert {len(set(words)) for words in texts} == {1}


def test_a_folder_that_cannot_be_written_is_a_carrier_that_is_down(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Down, match=r"^file NotADirectoryError|file FileExistsError$"):
        asyncio.run(File(str(tmp_path / "file" / "outbox.jsonl")).send(message()))


def test_a_full_disk_spoils_only_its_own_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, whole = tmp_path / "outbox.jsonl", os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda file, line: whole(file, line[: len(line) // 2] if len(line) > 1 else line))
        with pytest.raises(Down, match=r"^file OSError$"):
            asyncio.run(File(str(path)).send(message()))
    asyncio.run(File(str(path)).send(message(MAIL)))
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[-1])["to"] == MAIL["to"]
