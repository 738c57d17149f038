"""Mailman itself with the plugin: its runners, LMTP and REST on this machine, its mails kept in a list."""

from __future__ import annotations

import os
import re
import shutil
import smtplib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2
from aiosmtpd.controller import Controller

from tests import HOST, ROOT, free_port, listening
from tests.connectors.registry import BRAND, IYS, Served

PLUGIN = ROOT / "connectors/mailman"
LIST, DOMAIN = "kampanya", "liste.example.com"
WORDING = "Çınar bana e-posta ile kampanya göndersin istiyorum."
MAILMAN = """
[mailman]
site_owner: yonetici@example.com
layout: here
[paths.here]
var_dir: {folder}
bin_dir: /usr/lib/mailman3/bin
etc_dir: {folder}
template_dir: {folder}/templates
log_dir: {folder}/logs
lock_dir: {folder}/locks
data_dir: {folder}/data
cache_dir: {folder}/cache
queue_dir: {folder}/queue
list_data_dir: {folder}/lists
messages_dir: {folder}/messages
archive_dir: {folder}/archives
ext_dir: {folder}/ext
pid_file: {folder}/master.pid
lock_file: {folder}/locks/master.lck
[database]
class: mailman.database.sqlite.SQLiteDatabase
url: sqlite:///{folder}/data/mailman.db
[mta]
incoming: mailman.mta.null.NullMTA
outgoing: mailman.mta.deliver.deliver
smtp_host: {host}
smtp_port: {smtp}
lmtp_host: {host}
lmtp_port: {lmtp}
[webservice]
hostname: {host}
port: {rest}
workers: 1
admin_user: yonetici
admin_pass: parola
[plugin.izin]
class: izin_mailman.plugin.Plugin
enabled: yes
component_package: izin_mailman
configuration: {folder}/izin.cfg
[runner.izin]
class: izin_mailman.runner.IzinRunner
sleep_time: 1s
"""
# What a join and a leave do not pass.
MAILMAN += "".join(f"[runner.{name}]\nstart: no\n" for name in ("archive", "bounces", "digest", "retry", "task"))
IZIN = """
[izin]
url = {url}
user = {user}
password = {password}
iys = {iys}

# A brand that is none of this user's stops no other.
[list baska.liste.example.com]
brand = 600201
wording = {wording}
version = 2026-11

[list kampanya.liste.example.com]
brand = {brand}
wording = {wording}
version = 2026-11
"""


class Newsletter:
    """One Mailman with one list."""

    address = f"{LIST}@{DOMAIN}"

    def __init__(self, folder: Path, lmtp: int, rest: int, received: list[EmailMessage]) -> None:
        self.folder, self._lmtp, self.received = folder, lmtp, received
        self._rest = httpx2.Client(base_url=f"http://{HOST}:{rest}/3.1", auth=("yonetici", "parola"), timeout=60)

    def close(self) -> None:
        self._rest.close()

    def rest(self, method: str, path: str, **data: Any) -> Any:
        answer = self._rest.request(method, path, json=data or None)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def send(self, sender: str, to: str, subject: str = "") -> None:
        """A mail as the provider of a person delivers it."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = sender, to, subject, f"<{time.time_ns()}@x>"
        mail.set_content("")
        with smtplib.LMTP(HOST, self._lmtp) as server:
            server.send_message(mail, sender, [to])

    def asked(self, person: str, count: int = 1) -> str:
        """The address in the last mail to a person that asks for a confirmation; empty while there are fewer."""
        froms = [str(mail["From"]) for mail in self.received if mail["X-RcptTo"] == person]
        found = [found[0] for one in froms if (found := re.search(rf"{LIST}-confirm\+\w+@{DOMAIN}", one))]
        return found[-1] if len(found) >= count else ""

    def wording_asked(self, person: str) -> str:
        """Text of the last mail to a person that asks."""
        return [str(mail.get_content()) for mail in self.received if mail["X-RcptTo"] == person][-1]

    def members(self) -> dict[str, str]:
        """E-mail -> delivery status."""
        found = self.rest("GET", f"/lists/{LIST}.{DOMAIN}/roster/member").get("entries", [])
        return {one["email"]: self._delivery(one["member_id"]) for one in found}

    def _delivery(self, member: str) -> str:
        answer = self._rest.get(f"/members/{member}/preferences")
        # Mailman answers 404 or 500 for a member who leaves between both questions.
        return "gone" if answer.is_error else answer.json().get("delivery_status", "enabled")

    def log(self) -> str:
        return "".join(path.read_text("utf-8") for path in sorted((self.folder / "logs").glob("*.log")))


class _Sink:
    def __init__(self) -> None:
        self.received: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        from email import message_from_bytes, policy

        for to in envelope.rcpt_tos:
            mail = message_from_bytes(envelope.content, policy=policy.default)
            mail["X-RcptTo"] = to
            self.received.append(mail)  # type: ignore[arg-type]
        return "250 OK"


@contextmanager
def mailman(izin: Served) -> Iterator[Newsletter]:
    """A Mailman with the plugin, while the block runs."""
    assert shutil.which("mailman"), "bash connectors/needs.sh mailman"
    smtp, lmtp, rest = free_port(), free_port(), free_port()
    sink = _Sink()
    with tempfile.TemporaryDirectory(prefix="izin-mailman-") as made:
        folder = Path(made)
        ports = {"smtp": smtp, "lmtp": lmtp, "rest": rest}
        (folder / "mailman.cfg").write_text(MAILMAN.format(folder=folder, host=HOST, **ports), "utf-8")
        values = {"url": izin.address, "user": izin.user, "password": izin.password, "iys": IYS, "brand": BRAND}
        # As the README writes it.
        template = f"templates/lists/{LIST}.{DOMAIN}/tr/list:user:action:subscribe.txt"
        (folder / template).parent.mkdir(parents=True)
        (folder / template).write_text(f"{WORDING}\n\n$listname: $user_email\n", "utf-8")
        (folder / "izin.cfg").write_text(IZIN.format(wording=WORDING, **values), "utf-8")
        env = {
            "PATH": f"{os.environ['PATH']}:/usr/lib/mailman3/bin",
            "PYTHONPATH": str(PLUGIN),
            "PYTHONDONTWRITEBYTECODE": "1",
            "MAILMAN_CONFIG_FILE": str(folder / "mailman.cfg"),
            "LC_ALL": "C.UTF-8",
        }
        as_root = ["--run-as-root"] if os.getuid() == 0 else []
        for words in (["create", "--language", "tr", Newsletter.address],):
            done = subprocess.run(["mailman", *as_root, *words], env=env, cwd=made, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
        mails = Controller(sink, HOST, smtp)
        mails.start()
        master = subprocess.Popen(
            ["/usr/lib/mailman3/bin/master", "-C", folder / "mailman.cfg"],
            env=env,
            cwd=made,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            for port in (lmtp, rest):
                while not listening(port):
                    assert master.poll() is None, "Mailman did not start"
                    time.sleep(0.1)
            opened = Newsletter(folder, lmtp, rest, sink.received)
            yield opened
            opened.close()
        finally:
            master.terminate()
            master.wait(60)
            mails.stop()
