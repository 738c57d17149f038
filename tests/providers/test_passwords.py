"""Passwords of programs: what a real process makes of one, and that only tests make it cheaper."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys

import pytest

from providers.callers import passwords
from tests import ROOT

# As the console script does it, in a process of its own: nothing of the tests is loaded.
MADE = "import izin.cli; from providers.callers import passwords; print(passwords.hashed('kanarya'))"


@pytest.mark.slow
def test_a_real_process_hashes_at_the_full_price() -> None:
    ran = subprocess.run([sys.executable, "-c", MADE], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    empty, scheme, costs, salt, digest = ran.stdout.strip().split("$")
    assert (empty, scheme, costs, len(salt)) == ("", "scrypt", "ln=15,r=8,p=1", 32)
    made = hashlib.scrypt(b"kanarya", salt=bytes.fromhex(salt), n=32_768, r=8, p=1, maxmem=67_108_864)
    assert digest == made.hex()


def test_nothing_but_the_tests_can_set_the_price() -> None:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    price = re.compile(r"passwords\.COST|\bCost\(|[\"']COST[\"']|passwords import .*COST")
    naming = [name for name in listed.stdout.split() if price.search((ROOT / name).read_text(encoding="utf-8"))]
    assert {name for name in naming if not name.startswith("tests/")} <= {"providers/callers/passwords.py"}


@pytest.mark.parametrize("price", [(4, 8, 1), (5, 4, 2)])
def test_a_hash_is_compared_at_the_price_it_was_made_at(
    monkeypatch: pytest.MonkeyPatch, price: tuple[int, int, int]
) -> None:
    monkeypatch.setattr(passwords, "COST", passwords.Cost(*price))
    kept = passwords.hashed("kanarya")
    monkeypatch.setattr(passwords, "COST", passwords.Cost(6, 8, 1))
    assert passwords.matches("kanarya", kept)
    assert not passwords.matches("kanaria", kept)
    assert passwords.hashed("kanarya") != passwords.hashed("kanarya")
