"""Deeds in one line each: what citizens, providers and the national registry do to a registry in tests."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from sqlalchemy import text

from consents import history, ledger, state
from consents.history import Deed
from consents.ledger import Claim, Decision, Policy, Undone, Wish
from consents.registry import Registry
from consents.rules import DOOR_SOURCES, ONAY, RET, Standing
from consents.state import Key
from consents.store import Statement
from consents.terms import Actor, Channel, Door, Identity, Source

ARAMA, MESAJ, EPOSTA = (channel.code for channel in Channel)
BIREYSEL, TACIR = (identity.code for identity in Identity)
HS_WEB, HS_MOBIL = Source.HS_WEB.code, Source.HS_MOBIL.code
IYS_WEB, IYS_MOBIL = Source.IYS_WEB.code, Source.IYS_MOBIL.code
SECOND, MINUTE, HOUR, DAY = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000  # µs
YEAR = 365 * DAY
UNDATED = 0

_ACTS = Statement(text("SELECT id FROM act ORDER BY id"))
_EVENTS = Statement(text(f"SELECT {history.EVENT_COLUMNS} FROM consent_event ORDER BY id"))
_ROWS = Statement(text(f"SELECT {state.COLUMNS} FROM consent ORDER BY {state.KEY}"))


def onay(key: Key, at: int, source: int | None = HS_WEB) -> Claim:
    """An ONAY as its provider would say it."""
    return Claim(*key, ONAY, source, at)


def ret(key: Key, at: int, source: int | None = HS_WEB) -> Claim:
    """A RET, likewise."""
    return Claim(*key, RET, source, at)


class Recorded(NamedTuple):
    """One event as the database holds it; ``at`` in the store's own unit, seconds."""

    id: int
    recipient: int
    brand: int
    channel: int
    identity: int
    status: int
    source: int | None
    at: float
    dealer: int | None
    act: int


class Deeds:
    """Acts on one registry."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.store = registry.store

    def decides(
        self,
        *keys: Key,
        status: int,
        door: Door = Door.PAGE,
        evidence: tuple[bytes, bytes] | None = None,
        helper: str | None = None,
        by_text: str | None = None,
        reads: bool = True,
    ) -> Decision:
        """The citizen's own word about his keys, in one act; on a page it may be a helper's, or that of a session that
        an SMS began. ``reads``: whether the ledger can read that, as in the program."""
        wishes = [Wish(*key[1:], status, DOOR_SOURCES[door].code) for key in keys]
        if by_text:
            evidence = self.registry.keyring.seal_evidence({"session": by_text, "by_text": True})
        deed = Deed(Actor.CITIZEN, door, evidence=self.helped(helper) if helper else evidence)
        decide = partial(ledger.decide, keyring=self.registry.keyring if reads else None)
        return self.store.write_now(decide, self._policy, keys[0].recipient, wishes, deed)

    def helped(self, helper: str) -> tuple[bytes, bytes]:
        """The evidence of an act in a helper's assisted session."""
        return self.registry.keyring.seal_evidence({"helper_mark": helper})

    def declares(self, *claims: Claim, door: Door = Door.FILE, oldest: int = 0) -> list[str]:
        """A provider's words about one brand, in one act; an ONAY before ``oldest`` is late."""
        deed = Deed(Actor.PROVIDER, door)
        declare = partial(ledger.declare, oldest=oldest)
        return self.store.write_now(declare, self._policy, claims[0].brand, claims, deed)

    def relays(self, *claims: Claim) -> list[str]:
        """Citizens' words about one brand, from the national registry."""
        deed = Deed(Actor.REGISTRY, Door.SYNC)
        return self.store.write_now(ledger.relay, self._policy, claims[0].brand, claims, deed)

    def undoes(self, act: int, door: Door = Door.PAGE) -> Undone | None:
        """Somebody asks through ``door`` that an act be undone."""
        actor = Actor.PROVIDER if door in (Door.FILE, Door.API) else Actor.CITIZEN
        undo = partial(ledger.undo, keyring=self.registry.keyring)
        return self.store.write_now(undo, self._policy, act, Deed(actor, door))

    def standing(self, key: Key) -> Standing | None:
        return self.store.read_now(state.of_key, key)

    def stands(self, key: Key) -> int | None:
        """The status that stands; None: nobody has spoken."""
        standing = self.standing(key)
        return None if standing is None else standing.status

    def acts(self) -> list[int]:
        return [row[0] for row in self.store.read_now(lambda snapshot: snapshot.all(_ACTS))]

    def events(self) -> list[Recorded]:
        return [Recorded(*row) for row in self.store.read_now(lambda snapshot: snapshot.all(_EVENTS))]

    def table(self) -> list[tuple[object, ...]]:
        """Table ``consent``, row by row."""
        return self.store.read_now(lambda snapshot: snapshot.all(_ROWS))

    def folded(self, *keys: Key) -> dict[Key, Standing | None]:
        """What stands by history alone."""
        return self.store.read_now(history.fold, keys, self._policy.reconsent)

    @property
    def _policy(self) -> Policy:
        return self.registry.policy
