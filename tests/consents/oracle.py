"""The ledger's rules L1 to L6, L11 and L13 told a second time, from docs/architecture.md alone; slow and plain.

It keeps every word that was ever recorded and works out what stands anew for each question. Statuses, sources and
doors are words here, not codes, so that nothing of the ledger is used to judge the ledger.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import NamedTuple

SECOND, MINUTE, DAY = 1_000_000, 60_000_000, 86_400_000_000  # µs
WINDOWS = {"page": DAY, "sms": DAY, "voice": DAY, "business": DAY} | dict.fromkeys(
    ("link", "qr", "mail", "mailbox", "request", "desk"), 10 * MINUTE
)
FOR_EVER = {"file", "api"}
HANDED_OUT = {"link", "qr", "mail", "mailbox", "request"}  # who sent the link holds it too
SHARED = HANDED_OUT | {"business", "desk", "page"}  # who acts for lines, for callers; a helper on the pages


class Said(NamedTuple):
    """What somebody says about one key; ``at``: µs, 0 without a date."""

    key: Hashable
    status: str
    source: str | None
    at: int = 0
    tacir: bool = False


class Word(NamedTuple):
    """A recorded word. ``side``: citizen or provider."""

    side: str
    key: Hashable
    status: str
    source: str | None
    at: int
    event: int
    act: int


class Act(NamedTuple):
    """``helper``: who did it on the citizen's pages, where it was not himself."""

    door: str
    at: int
    helper: str | None = None


class Blanket(NamedTuple):
    """A standing refusal or, where it does not refuse, its end. ``covers``: recipient, channel, identity."""

    covers: tuple[Hashable, ...]
    refuses: bool
    at: int
    number: int
    act: int


def _covering(key: Hashable) -> tuple[Hashable, ...]:
    recipient, _, channel, identity = key  # type: ignore[misc]
    return recipient, channel, identity


class Oracle:
    """What the ledger must answer and hold. ``act``, ``event``: the last numbers given."""

    def __init__(
        self, *, accept: bool = False, strict: bool = False, act: int = 0, event: int = 0, blanket: int = 0
    ) -> None:
        self.accept, self.strict = accept, strict  # RECONSENT=accept, STRICT_IYS=1
        self.act, self.event, self.blanket = act, event, blanket
        self.blankets: list[Blanket] = []
        self.words: list[Word] = []
        self.acts: dict[int, Act] = {}
        self.undone: dict[int, int] = {}  # act -> the act that undid it

    def last(self, side: str, key: Hashable) -> Word | None:
        """L1: the maximum by date, RET over ONAY, event; L11: without what was undone."""
        said = (word for word in self.counting() if (word.side, word.key) == (side, key))
        return max(said, key=lambda word: (word.at, word.status == "RET", word.event), default=None)

    def counting(self) -> list[Word]:
        return [word for word in self.words if word.act not in self.undone]

    def ahead(self, covers: tuple[Hashable, ...]) -> Blanket | None:
        """L13: the standing refusal in force."""
        said = [one for one in self.blankets if one.covers == covers and one.act not in self.undone]
        return said[-1] if said and said[-1].refuses else None

    def citizens(self, key: Hashable) -> Word | None:
        """L13: his own word about the key, whenever it was given; else the standing refusal, where there is a key."""
        ahead = self.ahead(_covering(key))
        if (own := self.last("citizen", key)) is not None or ahead is None or self.last("provider", key) is None:
            return own
        return Word("citizen", key, "RET", "IYS_WEB", ahead.at, -ahead.number, ahead.act)

    def stands(self, key: Hashable) -> str | None:
        """L1, L4 and L13."""
        return self._follows(self.citizens(key), self.last("provider", key))

    def bare(self, key: Hashable) -> str | None:
        """What would stand without any standing refusal."""
        return self._follows(self.last("citizen", key), self.last("provider", key))

    def _follows(self, citizen: Word | None, provider: Word | None) -> str | None:
        if citizen is None or provider is None:
            alone = citizen or provider
            return alone and alone.status
        if provider.at <= citizen.at:
            return citizen.status
        if (citizen.status, provider.status) == ("RET", "ONAY"):
            return "ONAY" if self.accept and citizen.event > 0 else "BEKLIYOR"
        return provider.status

    def held(self, key: Hashable) -> tuple[str | None, Word | None, Word | None]:
        """What stands, and the two last words under it."""
        return self.stands(key), self.citizens(key), self.last("provider", key)

    def decide(
        self, wishes: Iterable[Said], door: str, now: int, helper: str | None = None, *, reads: bool = False
    ) -> list[Word] | None:
        """L2: the words recorded, stamped now; none where the wish stands (L6). None: an ONAY by a clock behind.
        ``reads``: whether the ledger can read who acted on a page."""
        words, event = list(self.words), self.event
        for wish in wishes:
            own, provider = self.last("citizen", wish.key), self.last("provider", wish.key)
            stood = own is not None and own.status == wish.status == self.stands(wish.key)
            if stood and own and self._is_his(own, Act(door, now, helper), reads):
                continue
            latest = max(word.at if word else -1 for word in (self.citizens(wish.key), provider))
            if latest > now + SECOND and wish.status == "ONAY":
                self.words, self.event = words, event
                return None
            self._record("citizen", wish._replace(at=max(now, latest + 1)))
        return self._close(door, now, helper)

    def _is_his(self, word: Word, again: Act, reads: bool) -> bool:
        """L6: nobody but himself can take the word back; else he says it anew."""
        act = self.acts.get(word.act)
        shared = SHARED if word.status == "RET" else HANDED_OUT
        if act is None or act.door not in shared or {act.door, again.door} <= HANDED_OUT:
            return True
        if act.door == "page" and reads:
            same = act.helper is None or again.helper is not None
        else:
            same = act.door == again.door
        return same or again.at > act.at + WINDOWS.get(act.door, DAY)

    def hear(self, side: str, claims: Iterable[Said], door: str, now: int, oldest: int = 0) -> list[str]:
        """L2 to L6: the answers to a provider's words, or to the citizens' own from the national registry."""
        answers = []
        for claim in claims:
            answer = self._answer(side, claim, oldest)
            if side == "citizen" and claim.at > now + SECOND and answer == "recorded":  # ahead of the clock
                if claim.status == "ONAY":
                    answers.append("H162")
                    continue
                claim = claim._replace(at=self._not_ahead(claim, now))
                answer = self._answer(side, claim, oldest)
            if answer == "recorded":
                self._record(side, claim)
                citizen = self.citizens(claim.key)
                covered = citizen is not None and citizen.event < 0 and claim.status == "ONAY"
                if side == "provider" and (covered or self.stands(claim.key) == "BEKLIYOR"):
                    answer = "pending"
            answers.append(answer)
        self._close(door, now)
        return answers

    def refuse_ahead(
        self, covers: list[tuple[Hashable, ...]], now: int, *, refuses: bool
    ) -> dict[Hashable, str] | None:
        """L13: what the feed is told; None where all of it stands so already."""
        fresh = [one for one in sorted(set(covers)) if (self.ahead(one) is not None) is not refuses]
        if not fresh:
            return None
        keys = {word.key for word in self.words if _covering(word.key) in fresh}
        before = {key: self.stands(key) for key in keys}
        known = [key for key in keys if self.last("citizen", key) is None and self.last("provider", key) is not None]
        dates = [word.at for key in known for word in self.held(key)[1:] if word]
        at = max([now, *(date + 1 for date in dates)])
        self.act += 1
        for one in fresh:
            self.blanket += 1
            self.blankets.append(Blanket(one, refuses, at, self.blanket, self.act))
        self.acts[self.act] = Act("page", max([now, *(act.at for act in self.acts.values())]))
        return self._turned(before)

    def _turned(self, before: dict[Hashable, str | None]) -> dict[Hashable, str]:
        """Of these keys those that a brand may no longer use, or may again."""
        again = {key: self.stands(key) for key in before}
        told = {
            key: "ONAY" if status == "ONAY" else "RET"
            for key, status in again.items()
            if (status == "ONAY") != (before[key] == "ONAY")
        }
        self.event += len(told)
        return told

    def undo(self, act: int, door: str, now: int, *, reads: bool = False) -> dict[Hashable, str] | None:
        """L11: what the feed is told, or None where the act may not be undone through this door, or no longer."""
        done = self.acts[act]
        helped = reads and done.helper is not None
        owners = (done.door in HANDED_OUT or helped) and door in ("page", "sms")
        if door != done.door and (done.door, door) != ("voice", "sms") and not owners:
            return None
        now = max([now, *(act.at for act in self.acts.values())])
        within = door if owners else done.door
        if done.door not in FOR_EVER and (within not in WINDOWS or now > done.at + WINDOWS[within]):
            return None
        if covers := [one.covers for one in self.blankets if one.act == act]:
            stood = {word.key: self.stands(word.key) for word in self.words if _covering(word.key) in covers}
            self.act += 1
            self.undone[act] = self.act
            return self._turned(stood)
        before = {word.key: self.held(word.key) for word in self.words if word.act == act}
        self.act += 1
        self.undone[act] = self.act
        again = {key: self.stands(key) for key, held in before.items() if self.held(key) != held}
        told = {key: "ONAY" if status == "ONAY" else "RET" for key, status in again.items() if status}
        self.event += len(told)
        return told

    def _answer(self, side: str, claim: Said, oldest: int) -> str:
        if any((word.side, *word[1:5]) == (side, *claim[:4]) for word in self.counting()):
            return "unchanged"
        before = [word for word in (self.last("citizen", claim.key), self.last("provider", claim.key)) if word]
        newest = max(before, key=lambda word: (word.at, word.side == "citizen"), default=None)
        if side == "citizen":
            return "recorded"
        if newest is None and self.strict and claim.status == "RET":
            return "H175"
        if newest is not None and claim.tacir and not (claim.at and claim.source):
            return "H463" if claim.at else "H462"
        if claim.status == self.bare(claim.key) == "RET":
            return "H174"
        wins_a_tie = newest is not None and (newest.side, newest.status, claim.status) == ("provider", "ONAY", "RET")
        if newest is not None and (claim.at < newest.at or (claim.at == newest.at and not wins_a_tie)):
            return "H178"
        return "H467" if 0 < claim.at < oldest and (self.strict or claim.status == "ONAY") else "recorded"

    def _not_ahead(self, claim: Said, now: int) -> int:
        """L2: a RET of the future counts from now, but over an ONAY that stands, though that is of the future too."""
        latest = max((word.at for side in ("citizen", "provider") if (word := self.last(side, claim.key))), default=0)
        ahead = self.bare(claim.key) == "ONAY" and latest >= now + SECOND
        return min(claim.at, latest + 1) if ahead else now

    def _record(self, side: str, said: Said) -> None:
        self.event += 1
        self.words.append(Word(side, *said[:4], self.event, self.act + 1))

    def forget(self, recipient: Hashable) -> None:
        """L15: an erasure takes the evidence, and with it who helped."""
        erased = {word.act for word in self.words if _covering(word.key)[0] == recipient}
        self.acts |= {act: self.acts[act]._replace(helper=None) for act in erased}

    def _close(self, door: str, now: int, helper: str | None = None) -> list[Word]:
        """Ends an act that recorded something. Acts are recorded in order though the clock be set back."""
        words = [word for word in self.words if word.act == self.act + 1]
        if words:
            self.act += 1
            self.acts[self.act] = Act(door, max([now, *(act.at for act in self.acts.values())]), helper)
        return words
