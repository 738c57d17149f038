"""Random requests on the sockets of a really started site: never our fault, never for long, never much memory.

``GRAMMAR=100000 pytest -s tests/web/test_grammar.py`` tries more of them.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

from starlette.routing import Route

from izin import app
from providers import routes as api
from tests.web import grammar
from tests.web.wire import HELLO, started
from web.rendering.assets import Assets

COUNT = int(os.environ.get("GRAMMAR", "3000"))
MIB = 1 << 20
# Calls that İzin does not have answer 501, as they should.
NONE_OF_OURS = {path for paths in api.NOT_OFFERED.values() for path in paths}
SETTINGS = {"TRUSTED_PROXY": "127.0.0.0/8", "API_PER_SECOND": "1000000", "API_TOKENS_PER_HOUR": "1000000"}
TABLE = [route.path for route in [*app.routes(Assets()), *api.routes()] if isinstance(route, Route)]


def test_no_request_is_our_fault_and_others_are_answered_meanwhile(tmp_path: Path, sqlite_template: Path) -> None:
    dice = random.Random(20261126)
    templates = [*sorted(set(TABLE) - NONE_OF_OURS), "/none", "*", "/sps/none"]
    with started(tmp_path, sqlite_template, **SETTINGS) as site:
        asyncio.run(grammar.speak(site, grammar.requests(dice, templates, 300)))  # what is loaded once is no growth
        before = site.memory
        heard = asyncio.run(grammar.speak(site, grammar.requests(dice, templates, COUNT)))
        growth = site.memory - before
        print(f"{COUNT} requests: {dict(heard.statuses.most_common())}, {growth / MIB:.1f} MiB more,")
        print(f"{len(heard.others)} others answered, the slowest in {max(heard.others):.3f} s")
        assert heard.failed == []
        assert growth < 64 * MIB
        assert heard.others
        # One in twenty of those that are not the panel's, whose pages ask to sign in first.
        assert heard.statuses["200"] > COUNT / 20 * sum("/panel" not in one for one in templates) / len(templates)
        assert heard.statuses["400"] > COUNT / 20
        assert '"level": "error"' not in site.log
        assert b" 200 OK" in site.ask(HELLO)
        assert site.process.poll() is None
