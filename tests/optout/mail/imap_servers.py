"""A real IMAP server (Dovecot) of a test's own, and one on loopback that hangs, trickles and talks nonsense."""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from gateways import imap
from gateways.url import Gateway
from tests import free_port

PASSWORD = "a secret"
_CONFIG = """\
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
auth_allow_cleartext = yes
default_internal_user = {owner}
default_internal_group = {group}
default_login_user = {owner}
first_valid_uid = 1
first_valid_gid = 0
mail_driver = maildir
mail_path = {folder}/mail/%{{user}}
passdb static {{
  password = {password}
}}
userdb static {{
  fields {{
    uid = {owner}
    gid = {group}
    home = {folder}/home
  }}
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service imap {{
  process_limit = 8
}}
"""


class Dovecot:
    """A server whose every user has a mailbox; it runs as nobody where the tests run as root."""

    def __init__(self) -> None:
        self.folder, self.port = Path(tempfile.mkdtemp(prefix="izin-imap-", dir="/tmp")), free_port()
        self.owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        for name in ("run", "state", "home", "mail"):
            (self.folder / name).mkdir()
        config = self.folder / "dovecot.conf"
        owner, group = self.owner.pw_name, grp.getgrgid(self.owner.pw_gid).gr_name
        values = {"folder": self.folder, "owner": owner, "group": group, "port": self.port, "password": PASSWORD}
        config.write_text(_CONFIG.format(**values))
        self.give_away(self.folder)
        command = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
        assert command, "tests/needs.sh installs dovecot-imapd"
        self._process = subprocess.Popen([command, "-F", "-c", config], stderr=subprocess.DEVNULL)
        while not self._ready():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.02)

    def _ready(self) -> bool:
        """Whether it takes a login; it listens a moment before that."""
        with suppress(OSError, imaplib.IMAP4.error), imaplib.IMAP4("127.0.0.1", self.port) as client:
            client.login("first", PASSWORD)
            return True
        return False

    def give_away(self, folder: Path) -> None:
        """Makes the server's user the owner of a folder and what is in it."""
        if os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, self.owner.pw_uid, self.owner.pw_gid)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(120)
        shutil.rmtree(self.folder)


class Mailbox:
    """One user's Maildir: ``deliver`` puts a mail into it, ``flags`` reads what has been marked."""

    def __init__(self, server: Dovecot, user: str) -> None:
        self.server, self.user, self._count = server, user, 0
        self._folder = server.folder / "mail" / user
        for name in ("", "new", "cur", "tmp"):
            (self._folder / name).mkdir()
        server.give_away(self._folder)

    @property
    def url(self) -> str:
        password = PASSWORD.replace(" ", "%20")
        return f"imaps://{self.user}:{password}@127.0.0.1:{self.server.port}/INBOX?scheme=http"

    @property
    def gateway(self) -> Gateway:
        return imap.read_url(self.url)

    def deliver(self, mail: str) -> None:
        self._count += 1
        path = self._folder / "new" / f"{1_700_000_000 + self._count}.{self._count}.test"
        path.write_bytes(mail.replace("\n", "\r\n").encode("utf-8", "surrogateescape"))
        self.server.give_away(path)

    def flags(self) -> list[str]:
        """The Maildir flags of each mail, in the order of delivery: "S" seen, "F" flagged."""
        found = [path for part in ("new", "cur") for path in (self._folder / part).iterdir()]
        return [path.name.partition(":2,")[2] for path in sorted(found, key=lambda path: int(path.name.split(".")[1]))]

    def number_anew(self) -> None:
        """Gives the folder another UIDVALIDITY, as a server does that has lost its index."""
        for path in self._folder.glob("dovecot*"):
            path.unlink()
        time.sleep(1.1)  # Dovecot takes the second of the clock for it


class BadServer:
    """Speaks just enough IMAP to be logged in to, then does ``what`` at the first FETCH, or never greets at all."""

    def __init__(self, what: str) -> None:
        self.what, self._listener = what, socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.closed = threading.Event()  # by whoever looked
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def gateway(self) -> Gateway:
        return imap.read_url(f"imaps://ret:p@127.0.0.1:{self.port}/INBOX?scheme=http")

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=[client], daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            if self.what == "silent":
                client.recv(1)
                return
            client.sendall(b"* OK hello\r\n")
            for line in client.makefile("rb"):
                tag, command = line.split()[:2]
                self._answer(client, tag, command.upper(), line)
        self.closed.set()

    def _answer(self, client: socket.socket, tag: bytes, command: bytes, line: bytes) -> None:
        said = {
            b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
            b"SELECT": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 2] x\r\n",
        }.get(command, b"")
        if command == b"UID":
            if self.what == "trickle":
                while True:
                    client.sendall(b"*")
                    time.sleep(0.05)
            if self.what == "drop":
                client.close()
                return
            if self.what == "nonsense":
                said = b"* 1 FETCH (UID x BODY[] {5}\r\nabcde)\r\n* 1 FETCH (FLAGS ())\r\n"
            if self.what == "after":
                head = b"Subject: hello\r\n\r\n"
                said = b"* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)]<0> {%d}\r\n%b UID 1)\r\n" % (len(head), head)
        client.sendall(said + tag + b" OK done\r\n")
