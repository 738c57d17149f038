"""The disk whose power is cut: it keeps what fsync made durable, and nothing else."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash import shim
from tests.crash.disk import Disk

PAGE = 4096


class Machine:
    """Runs Python programs on a disk whose only file at first is ``old`` (three pages of ``o``)."""

    def __init__(self, folder: Path, library: Path) -> None:
        source = folder / "source"
        source.mkdir()
        (source / "old").write_bytes(b"o" * 3 * PAGE)
        self.disk = Disk(folder)
        self.disk.boot(source)
        self._environment = shim.environment(library, live=self.disk.live, shadow=self.disk.shadow)

    def start(self, program: str) -> subprocess.Popen[bytes]:
        text = f"import os; os.chdir('/'); live = {str(self.disk.live)!r}\n{program}"
        return subprocess.Popen(
            [sys.executable, "-c", text], env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def run(self, program: str) -> dict[str, bytes]:
        """The files that are left when the power goes at the program's end."""
        started = self.start(program)
        errors = started.communicate()[1]
        assert started.returncode == 0, errors.decode()
        return files(self.disk.image())


@pytest.fixture
def machine(tmp_path: Path, library: Path) -> Machine:
    return Machine(tmp_path, library)


def read(process: subprocess.Popen[bytes], count: int) -> int:
    """Waits for so many bytes of its output, and leaves the others to ``communicate``; their number."""
    assert process.stdout is not None
    for _ in range(count):
        assert os.read(process.stdout.fileno(), 1), process.communicate()[1].decode()
    return count


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_bytes_written_after_the_last_fsync_are_gone(machine: Machine) -> None:
    left = machine.run(
        "fd = os.open(live + '/old', os.O_RDWR)\n"
        "os.pwrite(fd, b'kept', 4096); os.fsync(fd); os.pwrite(fd, b'gone', 8192); os.pwrite(fd, b'gone', 4096)"
    )
    assert left["old"][PAGE : PAGE + 4] == b"kept"
    assert left["old"][2 * PAGE :] == b"o" * PAGE
    assert machine.disk.unsynced() == {"old": [1, 2]}


def test_fdatasync_and_plain_writes_are_followed_too(machine: Machine) -> None:
    left = machine.run("fd = os.open(live + '/old', os.O_RDWR); os.write(fd, b'kept'); os.fdatasync(fd)")
    assert left["old"][:5] == b"kepto"


def test_a_new_file_is_there_only_after_an_fsync_of_its_folder(machine: Machine) -> None:
    made = "fd = os.open(live + '/{0}', os.O_RDWR | os.O_CREAT); os.write(fd, b'{0}'); os.fsync(fd)\n"
    left = machine.run(made.format("new") + "os.fsync(os.open(live, os.O_RDONLY))\n" + made.format("newer"))
    assert left.keys() == {"old", "new"}
    assert left["new"] == b"new"


def test_a_file_whose_removal_was_not_made_durable_is_back(machine: Machine) -> None:
    again = "fd = os.open(live + '/old', os.O_RDWR | os.O_CREAT); os.write(fd, b'next'); os.fsync(fd)"
    assert machine.run(f"os.unlink(live + '/old')\n{again}") == {"old": b"o" * 3 * PAGE}


def test_a_rename_is_there_after_an_fsync_of_the_folder(machine: Machine) -> None:
    left = machine.run("os.rename(live + '/old', live + '/moved'); os.fsync(os.open(live, os.O_RDONLY))")
    assert left == {"moved": b"o" * 3 * PAGE}


def test_a_file_that_shrank_and_grew_again_holds_zeros(machine: Machine) -> None:
    left = machine.run(
        "fd = os.open(live + '/old', os.O_RDWR); os.ftruncate(fd, 10); os.ftruncate(fd, 5000); os.fsync(fd)"
    )
    assert left["old"] == b"o" * 10 + bytes(4990)


def test_what_one_process_made_durable_another_does_not_take_back(machine: Machine) -> None:
    again = "fd = os.open(live + '/old', os.O_RDWR); os.fsync(fd); os.write(1, b'.')\nwhile True: os.fsync(fd)"
    syncing = [machine.start(again) for _ in range(3)]
    for process in syncing:
        read(process, 1)
    appending = machine.start(
        "fd = os.open(live + '/old', os.O_RDWR | os.O_APPEND)\n"
        "while True: os.write(fd, b'o' * 4120); os.fsync(fd); os.write(1, b'.')"
    )
    appended = read(appending, 500)
    for process in (appending, *syncing):
        process.kill()
    appended += len(appending.communicate()[0])
    assert not any(process.communicate()[1] for process in syncing)
    durable = files(machine.disk.image())["old"][: 3 * PAGE + 4120 * appended]
    assert durable == b"o" * (3 * PAGE + 4120 * appended)


def test_a_torn_image_mixes_unsynced_sectors_in(machine: Machine) -> None:
    machine.run("fd = os.open(live + '/old', os.O_RDWR); os.pwrite(fd, b'n' * 3 * 4096, 0)")
    torn = [files(machine.disk.image(random.Random(number)))["old"] for number in range(20)]
    assert any(b"n" in left and b"o" in left for left in torn)
    assert all(set(left[place : place + 512]) in ({ord("n")}, {ord("o")}) for left in torn for place in (0, 512, PAGE))
    assert files(machine.disk.image())["old"] == b"o" * 3 * PAGE


def test_slow_us_makes_every_fsync_slower(tmp_path: Path, library: Path) -> None:
    program = (
        "import os, sys, time; fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)\n"
        "began = time.monotonic(); os.fsync(fd); os.fdatasync(fd); print(time.monotonic() - began)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "file")]
    slow = subprocess.run(command, env=shim.environment(library, slow_us=150_000), capture_output=True, check=True)
    assert float(slow.stdout) >= 0.3


def test_a_missing_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(shim.NoCompiler, match="apt-get install gcc"):
        shim.build(tmp_path)
    assert not os.listdir(tmp_path)
