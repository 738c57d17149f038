"""A kill between an answer to a company's request and its notice: both are there, or neither, and the notice once."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from asking.answering import AnswerOutcome
from asking.request_states import RequestState
from asking.starting import Started
from consents.rules import ONAY
from tests import ROOT
from tests.asking.shop import Shop
from tests.conftest import SECRET, Clock, Opener

AYSE = "+905320000001"
# Answers in a process of its own, which dies at the place that is named.
_ANSWERS = """
import os, signal, sys
from asking import answering
from consents.registry import Registry
from consents.store.gates.gate import Gate
from gateways.outbox import outbox
from tests.asking.shop import Shop
from asking.starting import Started

url, secret, now, public, number, digits, where = sys.argv[1:]
registry = Registry.open(url, secret, now=lambda: int(now))
shop = Shop.__new__(Shop)
from settings import load
shop.registry, shop.settings = registry, load({"SECRET_KEY": secret})

def dies(*given, **more):
    os.kill(os.getpid(), signal.SIGKILL)

commit = Gate.commit
if where == "between":
    outbox.post = dies
elif where == "before":
    Gate.commit = dies
elif where == "after":
    Gate.commit = lambda self, transaction: (commit(self, transaction), dies())
print(shop.type(Started(int(number), public), digits).outcome)
"""


def answers(url: str, clock: Clock, started: Started, digits: str, where: str) -> subprocess.CompletedProcess[str]:
    words = [url, SECRET, str(clock.now), started.public, str(started.id), digits, where]
    return subprocess.run(
        [sys.executable, "-c", _ANSWERS, *words], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def notices(shop: Shop) -> int:
    return sum("siz onayladiniz" in one for one in shop.messages(AYSE))


@pytest.mark.parametrize(("where", "recorded"), [("between", False), ("before", False), ("after", True)])
def test_a_kill_loses_no_answer_and_doubles_no_notice(
    sqlite_url: str, open_registry: Opener, clock: Clock, where: str, recorded: bool
) -> None:
    first = Shop(open_registry(sqlite_url))
    started = first.ask(AYSE)
    assert isinstance(started, Started)
    digits = first.digits(AYSE)
    first.registry.close()
    killed = answers(sqlite_url, clock, started, digits, where)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    shop = Shop(open_registry(sqlite_url), furnished=True)
    assert (shop.status(AYSE), notices(shop)) == ((ONAY, 1) if recorded else (None, 0))
    assert (shop.request(started).state is RequestState.ANSWERED) is recorded
    # The company's program tries again, as after any answer that never came.
    assert shop.type(started, digits).outcome is (AnswerOutcome.ENDED if recorded else AnswerOutcome.OK)
    assert (shop.status(AYSE), notices(shop)) == (ONAY, 1)


def test_without_a_kill_the_process_answers(sqlite_url: str, open_registry: Opener, clock: Clock) -> None:
    """Else the kills above could be failures of the process."""
    shop = Shop(open_registry(sqlite_url))
    started = shop.ask(AYSE)
    assert isinstance(started, Started)
    done = answers(sqlite_url, clock, started, shop.digits(AYSE), "nowhere")
    assert done.stdout.strip() == "ok", done.stderr
    assert (shop.status(AYSE), notices(shop)) == (ONAY, 1)
