"""Rule L10: neither a sign-in that is closed nor a carrier that is dead stands before a refusal."""

from __future__ import annotations

import json

import pytest

from consents.brands import companies
from consents.store import Snapshot
from consents.terms import Channel
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.conftest import desk as desk
from tests.citizen.signin.desk import AYSE, Desk
from tests.optout.hooks.conftest import PATH_SECRET
from tests.optout.sms.conftest import CINAR, Phone, furnish
from trust import minting
from trust.minting import LinkOrder

DEAD = "verimor://user:secret@127.0.0.1:1?from=908500000000&scheme=http"  # nobody listens there
MESSAGE = {
    "message_id": 1, "type": "inbound", "received_at": "2026-11-24 12:00:00", "network": "", "keyword": "",
    "source_addr": "905320000001", "destination_addr": "3838", "content": "RET CINAR",
}  # fmt: skip


@pytest.fixture
def closed(desk: Open) -> Desk:
    """A site whose carrier is dead, and where AYSE's sign-in is closed."""
    here = desk(SMS_GATEWAY=DEAD, HOOK_SECRET=PATH_SECRET, OPTOUT_NUMBER="3838", CODE_FAILURES_PER_DAY="3")
    here.registry.store.write_now(furnish)
    one = here.browser()
    one.ask(AYSE)
    for _ in range(3):
        one.type(here.other)
    assert "Giriş bir süre kapalı" in one.type(here.code).text
    return here


def test_l10_a_refusal_by_sms_is_recorded_and_its_reply_waits(closed: Desk) -> None:
    body = json.dumps([MESSAGE]).encode()
    answer = closed.browser().post(
        f"/hooks/verimor/{PATH_SECRET}", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 200
    assert stands(closed) == {(CINAR, "MESAJ"): "RET"}
    assert closed.sent[-1]["text"].startswith("CINAR icin kaydiniz yoktu; reddinizi yine de kaydettik.")


def test_l10_a_refusal_by_link_is_recorded(closed: Desk) -> None:
    brand = closed.registry.store.read_now(number)
    (issued,) = minting.mint_all(closed.registry, LinkOrder(brand, Channel.MESAJ, "", 400), [AYSE])
    assert closed.browser().post(issued.url).status_code == 200
    assert stands(closed) == {(CINAR, "MESAJ"): "RET"}


def number(snapshot: Snapshot) -> int:
    known = companies.known_brand(snapshot, CINAR)
    assert known
    return known.id


def stands(here: Desk) -> dict[tuple[int, str], str]:
    return Phone(here.registry, here.clock, here.settings).stands()
