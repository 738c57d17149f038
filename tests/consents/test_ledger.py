"""The ledger's rules, each by its number in docs/architecture.md, on both databases."""

from __future__ import annotations

from consents import history, ledger, state
from consents.history import Deed
from consents.ledger import PENDING, RECORDED, UNCHANGED, Claim, Wish
from consents.registry import Registry
from consents.rules import BEKLIYOR, ONAY, RET
from consents.state import Key
from consents.terms import Actor, Channel, Door, Identity, Source
from tests.conftest import Clock
from tests.consents.conftest import World

MESAJ, BIREYSEL = Channel.MESAJ.code, Identity.BIREYSEL.code
WEB, PAGE_SOURCE = Source.HS_WEB.code, Source.IYS_WEB.code
PAGE, FILE = Deed(Actor.CITIZEN, Door.PAGE), Deed(Actor.PROVIDER, Door.FILE)
SECOND = 1_000_000


def stands(registry: Registry, key: Key) -> int | None:
    found = registry.store.read_now(state.of_key, key)
    return None if found is None else found.status


def test_l1_a_providers_newer_onay_after_the_citizens_ret_waits(registry: Registry, world: World, clock: Clock) -> None:
    key = Key(world.ayse, world.cinar, MESAJ, BIREYSEL)
    wish = Wish(world.cinar, MESAJ, BIREYSEL, RET, PAGE_SOURCE)
    registry.store.write_now(ledger.decide, registry.policy, world.ayse, [wish], PAGE)
    clock.forward(minutes=2)
    claim = Claim(*key, ONAY, WEB, clock.now - SECOND)
    assert registry.store.write_now(ledger.declare, registry.policy, world.cinar, [claim], FILE) == [PENDING]
    assert stands(registry, key) == BEKLIYOR


def test_l6_a_repeat_changes_nothing_and_answers_as_before(registry: Registry, world: World, clock: Clock) -> None:
    claim = Claim(world.ayse, world.cinar, MESAJ, BIREYSEL, ONAY, WEB, clock.now - SECOND)
    said = [registry.store.write_now(ledger.declare, registry.policy, world.cinar, [claim], FILE) for _ in range(2)]
    assert said == [[RECORDED], [UNCHANGED]]
    assert len(registry.store.read_now(history.said, world.cinar, [world.ayse])) == 1
