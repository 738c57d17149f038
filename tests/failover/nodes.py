"""A primary and its standby on this machine: each can be killed, stopped, promoted and brought back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg

from tests import HOST, free_port, scratch
from tests.crash.server import Server, installed
from tests.failover import leftovers

PATIENCE = 60.0  # seconds
DATABASE = "izin"
# Small, because one of them stands on a small disk. A standby that was away for a while finds what it missed.
CONFIGURATION = {
    "wal_log_hints": "on",  # pg_rewind needs it, or checksums
    "wal_keep_size": "64MB",
    "max_wal_size": "64MB",
    "min_wal_size": "32MB",
    "max_connections": "40",
    "shared_buffers": "16MB",
    "wal_receiver_status_interval": "1s",
}


class Node(Server):
    """One PostgreSQL. Its data stand in a folder that a base backup fills; its socket stands beside them, because a
    base backup would copy the lock file of a socket too."""

    def __init__(self, name: str, log: Path, room: Path | None = None) -> None:
        """``room``: where its data go, if not where those of all tests do."""
        self.name, self.port = name, free_port()
        self._folder = Path(tempfile.mkdtemp(prefix=leftovers.named("node", f"{name}-"), dir=scratch()))
        self._tools, self._user = installed(self._folder)
        self._program = self._tools / "postgres"
        self._data = (room or self._folder) / "data"
        self._log = log.open("wb")
        self._postmaster: Any = None
        if room is not None and self._user:
            shutil.chown(room, self._user)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@{HOST}:{self.port}/{database}"

    def conninfo(self, name: str) -> str:
        """How a standby of this name reaches it."""
        return f"host={HOST} port={self.port} user=postgres application_name={name}"

    @property
    def running(self) -> bool:
        return self._postmaster is not None and self._postmaster.poll() is None

    def ask(self, *statements: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Runs statements one by one; the rows of the last."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def make(self, **more: str) -> None:
        """A new and empty server; ``more`` settings."""
        self._data.mkdir()
        installed(self._data, filled=True)
        lines = [f"{name} = '{value}'\n" for name, value in (CONFIGURATION | more).items()]
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(lines)
        self.start()

    def follow(self, primary: Node, *, rewind: bool = False) -> None:
        """Starts as the primary's standby: what it held is brought to where that is, or fetched anew."""
        if rewind:
            # What this one wrote and the other never received goes; it was acknowledged to nobody.
            source = f"--source-server=host={HOST} port={primary.port} user=postgres dbname=postgres"
            self._run("pg_rewind", "--no-sync", source)
        else:
            self.copy(primary)
        self.configure(primary_conninfo=primary.conninfo(self.name), synchronous_standby_names="")
        (self._data / "standby.signal").touch()
        self.start()

    def copy(self, primary: Node) -> None:
        """Makes a base backup of a primary at work, and starts nothing."""
        shutil.rmtree(self._data, ignore_errors=True)
        self._run(
            "pg_basebackup", "-h", HOST, "-p", str(primary.port), "-U", "postgres",
            "-X", "stream", "-c", "fast", "--no-sync",
        )  # fmt: skip

    def configure(self, **more: str) -> None:
        """Settings of a server that does not run, before all it has."""
        with (self._data / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in more.items())

    def recover(self, archive: Path, point: str) -> None:
        """Starts from a base backup and the archived log, up to a named point, and is a primary then."""
        self.configure(
            restore_command=f"cp {archive}/%f %p",
            archive_mode="off",
            recovery_target_name=point,
            recovery_target_action="promote",
            synchronous_standby_names="",
        )
        (self._data / "recovery.signal").touch()
        self.start()
        deadline = time.monotonic() + PATIENCE
        while self.ask("SELECT pg_is_in_recovery()") == [(True,)]:
            assert time.monotonic() < deadline, "it does not end its recovery"
            time.sleep(0.02)

    def archive_folder(self) -> Path:
        """A folder that it may write to."""
        made = self._folder / "archive"
        made.mkdir()
        if self._user:
            shutil.chown(made, self._user)
        return made

    def waits_for(self, names: str) -> None:
        """Whose word a COMMIT waits for."""
        self.ask(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'", "SELECT pg_reload_conf()")

    def promote(self) -> None:
        assert self.ask(f"SELECT pg_promote(true, {round(PATIENCE)})") == [(True,)]

    def start(self) -> None:
        command: list[str | Path] = [
            self._program, "-D", self._data, "-h", HOST, "-p", str(self.port), "-k", self._folder,
        ]  # fmt: skip
        self._launch(command)

    def suspend(self) -> None:
        """Stops all its processes: who connects is let in by the kernel and hears nothing."""
        postmaster = psutil.Process(self._postmaster.pid)
        postmaster.suspend()
        for process in postmaster.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def close(self) -> None:
        if self.running:
            self._postmaster.send_signal(signal.SIGQUIT)  # it takes its shared memory away; killed, it cannot
            try:
                self._postmaster.wait(PATIENCE / 4)
            except subprocess.TimeoutExpired:  # a test failed while it was stopped
                self.kill()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, tool: str, *words: str) -> None:
        command = [self._tools / tool, "-D", self._data, *words]
        done = subprocess.run(
            command, user=self._user, cwd=self._folder, env=os.environ, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{tool}: {done.stderr}"


class Pair:
    """Two nodes, of which one is the primary; as a rule the other is its synchronous standby."""

    def __init__(self, first: Node, second: Node) -> None:
        self.primary, self.standby = first, second
        first.make()
        first.ask(f"CREATE DATABASE {DATABASE}")
        self.nodes = (first, second)

    @property
    def url(self) -> str:
        """What a site is given: both hosts, in an order that has nothing to do with which of them is primary."""
        hosts = ",".join(f"{HOST}:{node.port}" for node in self.nodes)
        return f"postgresql://postgres@{hosts}/{DATABASE}?target_session_attrs=read-write"

    def promote(self) -> None:
        """The standby becomes primary. Nobody follows it yet, so it is told to wait for nobody."""
        self.standby.waits_for("")
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary

    def join(self, *, rewind: bool = False) -> None:
        """The other node follows the primary, whose COMMITs wait for it from then on."""
        self.standby.follow(self.primary, rewind=rewind)
        self.wait_for_it()

    def wait_for_it(self) -> None:
        """Returns once COMMITs wait for the standby and it keeps up."""
        self.primary.waits_for(self.standby.name)
        deadline = time.monotonic() + PATIENCE
        while self.primary.ask("SELECT state, sync_state FROM pg_stat_replication") != [("streaming", "sync")]:
            assert time.monotonic() < deadline, "the standby does not follow"
            time.sleep(0.02)

    def close(self) -> None:
        for node in self.nodes:
            node.close()


class Trio:
    """Three nodes: a primary, and two standbys of which either may acknowledge (docs/postgresql.md)."""

    def __init__(self, first: Node, *others: Node) -> None:
        self.primary, self.nodes = first, (first, *others)
        first.make()
        first.ask(f"CREATE DATABASE {DATABASE}")

    @property
    def url(self) -> str:
        """What a site is given: all hosts."""
        hosts = ",".join(f"{HOST}:{node.port}" for node in reversed(self.nodes))
        return f"postgresql://postgres@{hosts}/{DATABASE}"

    def join(self, *nodes: Node, rewind: bool = False) -> None:
        """They follow the primary, whose COMMITs wait for either of the two."""
        for node in nodes:
            node.follow(self.primary, rewind=rewind)
        self.primary.waits_for(self._either(self.primary))

    def following(self, *nodes: Node) -> None:
        """Returns once COMMITs may wait for each of these, and each keeps up."""
        wanted = [(node.name, "streaming", "quorum") for node in sorted(nodes, key=lambda node: node.name)]
        ask = "SELECT application_name, state, sync_state FROM pg_stat_replication ORDER BY 1"
        deadline = time.monotonic() + PATIENCE
        while (found := self.primary.ask(ask)) != wanted:
            assert time.monotonic() < deadline, f"{found}, and not {wanted}"
            time.sleep(0.02)

    def furthest(self) -> Node:
        """The standby that has most, as the page finds it: asked until none moves."""
        ask = "SELECT coalesce(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0', 0)"
        standbys, before = [node for node in self.nodes if node.running], list[int]()
        while (found := [node.ask(ask)[0][0] for node in standbys]) != before:
            before = found
            time.sleep(0.2)
        return standbys[found.index(max(found))]

    def promote(self, chosen: Node, *followers: Node, alone: bool = False) -> None:
        """As the page says; ``alone``: nobody is there to follow it."""
        chosen.waits_for("" if alone else self._either(chosen))
        chosen.promote()
        self.primary = chosen
        for node in followers:
            told = f"ALTER SYSTEM SET primary_conninfo = '{chosen.conninfo(node.name)}'"
            node.ask(told, "SELECT pg_reload_conf()")

    def _either(self, primary: Node) -> str:
        return f"ANY 1 ({', '.join(node.name for node in self.nodes if node is not primary)})"
