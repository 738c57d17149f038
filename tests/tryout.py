"""A demo as a newcomer has it after ``make run``, in a folder of its own, for what looks at its pages from outside."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from izin.demo.load import PERSON
from tests import HOST, free_port, listening

IZIN = Path(sys.executable).with_name("izin")
CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
_CODE = re.compile(r'<strong class="num">([0-9]{6})</strong>')


@contextmanager
def demo_site() -> Iterator[str]:
    """The address of a demo while the block runs."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="izin-demo-") as folder:
        env = {"PATH": os.environ["PATH"], "HOME": folder, "PORT": str(port)}
        for words in (("migrate", "--quiet"), ("demo", "--if-empty")):
            subprocess.run([IZIN, *words], cwd=folder, env=env, check=True)
        with subprocess.Popen([IZIN, "serve", "--quiet"], cwd=folder, env=env, stderr=subprocess.DEVNULL) as site:
            try:
                while not listening(port):
                    assert site.poll() is None, "the demo did not start"
                    time.sleep(0.05)
                yield f"http://{HOST}:{port}"
            finally:
                site.terminate()


def sign_in(address: str) -> dict[str, str]:
    """The cookies of the demo's person after signing in with the code on the trial phone."""
    with httpx2.Client(base_url=address) as client:
        client.post("/giris", data={"address": PERSON[0]})
        while not (found := _CODE.search(client.get("/deneme").text)):
            time.sleep(0.1)
        assert client.post("/giris/kod", data={"code": found[1]}).headers["location"].startswith("/izinler")
        return dict(client.cookies)
