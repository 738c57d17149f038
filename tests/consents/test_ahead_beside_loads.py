"""Rule L13 while others write: a citizen refuses ahead and ends it, as two other writers declare and take his words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from consents import ledger
from consents.brands import companies
from consents.care import audit
from consents.history import Deed
from consents.ledger import Claim, Wish
from consents.rules import ONAY, RET, Reconsent
from consents.state import Key
from consents.store import Transaction
from consents.terms import Actor, Door
from tests.conftest import Clock, Opener
from tests.consents.conftest import furnish
from tests.consents.deeds import BIREYSEL, DAY, HS_WEB, IYS_WEB, MESAJ, SECOND, Deeds

_BRANDS = 24
_TURNS = 9  # odd: at the end it is refused ahead


def test_l13_beside_other_writers_each_row_stands_as_it_says(
    database_url: str, open_registry: Opener, clock: Clock
) -> None:
    registries = [open_registry(database_url) for _ in range(3)]
    world = furnish(registries[0])
    page, files, doors = (Deeds(registry) for registry in registries)

    def found(transaction: Transaction) -> list[int]:
        for number in range(_BRANDS):
            companies.add_brand(transaction, 600100, 600300 + number, f"Marka {number}")
        known = [companies.known_brand(transaction, 600300 + number) for number in range(_BRANDS)]
        return [brand.id for brand in known if brand]

    brands = page.store.write_now(found)
    earlier = (page.registry.store.now() - DAY) // SECOND * SECOND

    def ahead(transaction: Transaction, refuses: bool) -> int | None:
        deed = Deed(Actor.CITIZEN, Door.PAGE)
        policy = page.registry.policy
        return ledger.change_blanket(transaction, policy, world.ayse, [(MESAJ, BIREYSEL)], deed, refuses=refuses)

    def declare(transaction: Transaction, brand: int) -> None:
        claim = Claim(world.ayse, brand, MESAJ, BIREYSEL, ONAY, HS_WEB, earlier)
        ledger.declare(transaction, files.registry.policy, brand, [claim], Deed(Actor.PROVIDER, Door.FILE))

    def approve(transaction: Transaction, brand: int) -> None:
        wish = Wish(brand, MESAJ, BIREYSEL, ONAY, IYS_WEB)
        ledger.decide(transaction, doors.registry.policy, world.ayse, [wish], Deed(Actor.CITIZEN, Door.PAGE))

    own = brands[::4]
    with ThreadPoolExecutor(3) as pool:
        turns = pool.submit(lambda: [page.store.write_now(ahead, turn % 2 == 0) for turn in range(_TURNS)])
        loads = pool.submit(lambda: [files.store.write_now(declare, brand) for brand in brands])
        words = pool.submit(lambda: [doors.store.write_now(approve, brand) for brand in own])
        taken = turns.result()
        assert len(loads.result()) == _BRANDS
        assert len(words.result()) == len(own)
    assert all(act is not None for act in taken), "each turn changed something"
    for brand in brands:
        stands = page.standing(Key(world.ayse, brand, MESAJ, BIREYSEL))
        assert stands
        assert stands.status == (ONAY if brand in own else RET)
    assert page.store.read_now(audit.verify, Reconsent.CONFIRM) is None
