"""The ledger's rules that need no database. Statuses are their codes: RET 0, ONAY 1, BEKLIYOR 2 (consents/terms.py)."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from consents.instants import DAY, MINUTE
from consents.terms import Door, Identity, Source, Status

RET, ONAY, BEKLIYOR = Status.RET.code, Status.ONAY.code, Status.BEKLIYOR.code


# Rule L11: an act is undone through the door that did it, and within this time (µs); what was done by a key that others
# hold too, also by the address's proved holder. A file or a batch is taken back by its provider at any time; what
# somebody changed since stays. What the national registry relays, and a
# refusal for want of evidence, is never undone.
UNDO_WINDOWS: dict[Door, int | None] = {
    **{door: door.citizen.undo if door.citizen else None for door in Door if door not in (Door.SYNC, Door.DISPUTE)},
    Door.DESK: 10 * MINUTE,
}

# The citizen's own doors, and what follows from their lines in consents/terms.py.
DOOR_SOURCES: dict[Door, Source] = {door: door.citizen.source for door in Door if door.citizen}
HANDED_OUT = frozenset(door for door in Door if door.citizen and door.citizen.handed_out)
PROVED = frozenset({Door.PAGE, Door.SMS})  # where the address's holder undoes what was done by a link
# Where somebody else may have acted who can take it back: who holds a link, the business whose line it is, the desk, a
# helper on the citizen's pages.
SHARED = HANDED_OUT | {Door.BUSINESS, Door.DESK, Door.PAGE}
BOTH_IDENTITIES = frozenset(door for door in Door if door.citizen and door.citizen.both)

# What İYS's source list calls a refusal that the operator's desk records, when it erases a person (rule L15).
ERASED = Source.IYS_CM

# How long a provider's contrary word asks the citizen; silence leaves the refusal (rule L4).
WAITING = 30 * DAY


class Reconsent(StrEnum):
    """What a provider's newer ONAY does to the citizen's own RET (setting RECONSENT)."""

    CONFIRM = "confirm"  # it waits for the citizen: BEKLIYOR
    ACCEPT = "accept"  # it stands, as at İYS


class Policy(NamedTuple):
    reconsent: Reconsent = Reconsent.CONFIRM
    strict: bool = False


class Word(NamedTuple):
    """The last word of one side about one key. ``at``: µs, 0 = undated, the oldest possible; ``event``: its number; of
    a standing refusal (rule L13) that of its blanket word, negative."""

    status: int
    source: int | None
    at: int
    dealer: int | None
    event: int

    @property
    def blanket(self) -> bool:
        """Whether it is a standing refusal: no word about this key."""
        return self.event < 0


class Claim(NamedTuple):
    """A provider's (or the national registry's) account of one word. ``at``: µs, 0 = undated (TACIR)."""

    recipient: int
    brand: int
    channel: int
    identity: int
    status: int
    source: int | None
    at: int
    dealer: int | None = None


class Standing(NamedTuple):
    """The two last words of a key and the status that follows from them."""

    status: int
    citizen: Word | None
    provider: Word | None

    @property
    def own(self) -> Word | None:
        """The citizen's last word about this very key, standing refusals excluded."""
        return None if self.citizen is None or self.citizen.blanket else self.citizen

    def bare(self) -> Standing | None:
        """What would stand without a standing refusal, with which new words are compared."""
        if self.citizen is None or not self.citizen.blanket:
            return self
        return None if self.provider is None else Standing(self.provider.status, None, self.provider)

    def newest(self) -> Word:
        """The later of the two words (at the same instant the citizen's), with which new words are compared."""
        citizen, provider = self.citizen, self.provider
        if provider is None or (citizen is not None and provider.at <= citizen.at):
            assert citizen is not None
            return citizen
        return provider

    def in_force(self) -> Word:
        """The word that counts: under BEKLIYOR the citizen's own refusal (rule L4)."""
        if self.status == BEKLIYOR:
            assert self.citizen is not None
            return self.citizen
        return self.newest()


def order(word: Word) -> tuple[int, bool, int]:
    """Rule L1: by date, then RET over ONAY, then the event's number."""
    return word.at, word.status == RET, word.event


def latest(one: Word | None, other: Word | None) -> Word | None:
    """The later of two words of one side; commutative and idempotent, so the order of arrival never matters."""
    if one is None or other is None:
        return one or other
    return one if order(one) >= order(other) else other


def standing(
    citizen: Word | None, provider: Word | None, reconsent: Reconsent, blanket: Word | None = None
) -> Standing | None:
    """Rules L1 and L13: what stands, given the last word of each side; None without any. ``blanket``: the standing
    refusal in force, the citizen's word where there is no own one; its date never matters, and a provider's newer ONAY
    waits under RECONSENT=accept, too."""
    if citizen is None:
        if provider is None or blanket is None:
            return None if provider is None else Standing(provider.status, None, provider)
        citizen = blanket
    if provider is None or provider.at <= citizen.at:
        return Standing(citizen.status, citizen, provider)
    waits = provider.status == ONAY and citizen.status == RET
    waits = waits and (citizen.blanket or reconsent is Reconsent.CONFIRM)
    return Standing(BEKLIYOR if waits else provider.status, citizen, provider)


def refusal(stands: Standing | None, status: int, at: int) -> str | None:
    """Rule L5: İYS's code when a provider's new word does not fit what stands, else None. H174: a RET over a RET. H178:
    not later than what stands. A RET of the very instant of the provider's own ONAY wins; of the citizen's ONAY it is
    refused, because that would stand all the same (L1)."""
    if stands is None:
        return None
    if status == RET and stands.status == RET:
        return "H174"
    word = stands.newest()
    wins = status == RET and word.status == ONAY and word is stands.provider
    if at < word.at or (at == word.at and not wins):
        return "H178"
    return None


def could_send(before: int | None, identity: int, door: Door) -> bool:
    """Whether a brand was allowed to send until it was refused through ``door``, so that it has days left to stop.
    ``before``: the status that stood, None without any word. A TACIR without a record could be written to (Law 6563
    art. 6/2), unless the door refuses both identities as a precaution."""
    if before is None:
        return identity == Identity.TACIR.code and door not in BOTH_IDENTITIES
    return before == ONAY


def repeats(
    done_through: Door, done_at: int, asked_through: Door, now: int, *, own: bool | None = None, refuses: bool = True
) -> bool:
    """Rule L6: whether a word given once more needs no record of its own, because nobody else can take the first one
    back. ``own``: whether the first was the citizen's own act; None: unknown, then through the same door alone. Links
    among themselves never need one, else each click would; of ``SHARED`` the others only refuse."""
    if (done_through is asked_through if own is None else own) or {done_through, asked_through} <= HANDED_OUT:
        return True
    shared = SHARED if refuses else HANDED_OUT
    return done_through not in shared or not may_undo(done_through, done_at, done_through, now)


def may_undo(done_through: Door, done_at: int, asked_through: Door, now: int, *, helped: bool = False) -> bool:
    """Rule L11: only through the door of the act (for a call also SMS), within that door's time; what a holder of a
    link or a helper (``helped``) did, also by the holder of the address, within the time of the door they use."""
    owners = (done_through in HANDED_OUT or helped) and asked_through in PROVED
    same = asked_through is done_through or (done_through is Door.VOICE and asked_through is Door.SMS)
    if not (same or owners) or done_through not in UNDO_WINDOWS:
        return False
    window = UNDO_WINDOWS[asked_through if owners else done_through]
    return window is None or now <= done_at + window
