"""What stood once a movement was recorded, where that is not its own word (rules L1, L4, L13 and L14): a provider's
ONAY may have waited, a word from the national registry may be older than what stands. Computed from history, so later
words leave past movements as they were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from functools import reduce
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, case, literal_column, select

from consents import blankets
from consents.columns import micros, stored
from consents.history import PROVIDER
from consents.movement_counts import kind_of
from consents.rules import BEKLIYOR, ONAY, Reconsent, Word, latest, standing
from consents.store import Snapshot, Statement, Value, among, table
from consents.tables.history_tables import Act, BlanketWord, Consent, ConsentEvent
from consents.terms import Actor

FEW = 20_000  # people who are held in memory at once

_event = table(ConsentEvent)
_act = table(Act)
_consent = table(Consent)
_undo = _act.alias("undo")

# Most recipients never gave the brand a word of their own, and their history need not be read: who did has a last
# word in what stands, or took it back by an undo since; each has an index of its own (consent_spoken, act_undoing).
# "+ 0" keeps the planner from the brand's index, through which a brand's whole history would be gone through.
_who_spoke = (
    select(_consent.c.recipient)
    .where(
        among(_consent.c.recipient, "recipients"),
        _consent.c.brand == bindparam("brand"),
        _consent.c.citizen_event.is_not(None),
    )
    .union_all(select(_act.c.recipient).where(among(_act.c.recipient, "recipients"), _act.c.undoes.is_not(None)))
)
_blanket = table(BlanketWord).c
_SPEAKERS: Value[int] = Statement(
    select(_consent.c.recipient)
    .where(_consent.c.brand == bindparam("brand"), _consent.c.citizen_event.is_not(None))
    .union_all(
        select(_act.c.recipient).where(_act.c.recipient.is_not(None), _act.c.undoes.is_not(None)),
        select(_blanket.recipient),
    )
    .limit(bindparam("most"))
)
_words_of = (
    select(
        *(_event.c[name] for name in ("recipient", "channel", "identity", "status", "source", "decided_at", "id")),
        _undo.c.id,
        _act.c.actor,
    )
    .select_from(_event.join(_act, _act.c.id == _event.c.act).outerjoin(_undo, _undo.c.undoes == _act.c.id))
    .where(_event.c.brand + 0 == bindparam("brand"), _act.c.undoes.is_(None), _act.c.blankets.is_(None))
)
_CITIZENS_WORDS = Statement(_words_of.where(_event.c.recipient.in_(_who_spoke), _act.c.actor != PROVIDER))
_ALL_WORDS = Statement(_words_of.where(among(_event.c.recipient, "recipients")))

# The act of a movement whose word may not be what stood: a provider's ONAY, or, negative, a word from the national
# registry.
DOUBTFUL = case(
    (and_(_act.c.actor == PROVIDER, _event.c.status == ONAY, _act.c.undoes.is_(None)), _act.c.id),
    (and_(_act.c.actor == literal_column(str(Actor.REGISTRY.code)), _act.c.undoes.is_(None)), -_act.c.id),
)

# (event, sealed address, recorded_at, decided_at, Kind.code, recipient, DOUBTFUL); times as stored: seconds since 1970
# UTC, with fractions.
Row = tuple[int, bytes, float, float, int, int, int | None]

_recipient, _doubtful = itemgetter(5), itemgetter(6)

# By (recipient, channel, identity): the words, each with the act that undid it, and whether by the provider.
_Words = Mapping[tuple[int, int, int], list[tuple[Word, int | None, bool]]]


def who_spoke(snapshot: Snapshot, brand: int) -> frozenset[int] | None:
    """All who may have given a word of their own to a brand, or to all, undone ones included; None where they are not
    few."""
    found = snapshot.column(_SPEAKERS, {"brand": brand, "most": FEW + 1})
    return frozenset(found) if len(found) <= FEW else None


def as_they_stood(
    snapshot: Snapshot, brand: int, rows: Sequence[Row], reconsent: Reconsent, spoke: Set[int] | None = None
) -> Sequence[Row]:
    """A brand's rows with what stood where that is not their own word. ``spoke``: of ``who_spoke``, where known."""
    if spoke is not None and not spoke:
        return rows
    odd = [*filter(_doubtful, rows)]
    if not odd:
        return rows
    relayed = {_recipient(row) for row in odd if _doubtful(row) < 0} if min(map(_doubtful, odd)) < 0 else set()
    doubtful = set(map(_recipient, odd))
    if spoke is not None:
        doubtful = relayed | doubtful & spoke
    ahead = blankets.ever(snapshot, doubtful)
    # Under RECONSENT=accept only a standing refusal keeps an ONAY waiting (rule L13).
    asked = doubtful if reconsent is Reconsent.CONFIRM else {recipient for recipient, _, _ in ahead}
    words = {
        **_words(snapshot, _CITIZENS_WORDS, brand, asked - relayed),
        **_words(snapshot, _ALL_WORDS, brand, relayed),
    }
    heard = {recipient for recipient, _, _ in (*words, *ahead)}
    if not heard:
        return rows
    past = _ConsentHistory(words, ahead, reconsent)
    return [past.as_it_stood(row) if _recipient(row) in heard and _doubtful(row) else row for row in rows]


def _words(snapshot: Snapshot, statement: Statement[Any], brand: int, recipients: Set[int]) -> _Words:
    words: dict[tuple[int, int, int], list[tuple[Word, int | None, bool]]] = defaultdict(list)
    if recipients:
        values = {"recipients": snapshot.array(sorted(recipients)), "brand": brand}
        for *key, status, source, decided_at, event, undone_by, actor in snapshot.all(statement, values):
            word = Word(status, source, micros(decided_at), None, event)
            words[key[0], key[1], key[2]].append((word, undone_by, actor == PROVIDER))
    return words


class _ConsentHistory(NamedTuple):
    words: _Words
    ahead: Mapping[blankets.Covered, Sequence[blankets.PastBlanket]]
    reconsent: Reconsent

    def as_it_stood(self, row: Row) -> Row:
        """Applies rules L1, L4 and L13 to the words before this row that were not undone."""
        event, sealed, recorded_at, decided_at, code, recipient, doubtful = row
        assert doubtful is not None
        kind, act, declared = kind_of(code), abs(doubtful), doubtful > 0
        covered = recipient, kind.channel, kind.identity
        earlier = [
            (word, theirs)
            for word, undone_by, theirs in self.words.get(covered, ())
            if word.event < event and (undone_by is None or undone_by > act)
        ]
        own = Word(kind.status, kind.source, micros(decided_at), None, event), declared
        citizen, provider = (
            reduce(latest, [word for word, theirs in [*earlier, own] if theirs is side], None) for side in (False, True)
        )
        stands = standing(citizen, provider, self.reconsent, blankets.at_act(self.ahead.get(covered, ()), act))
        assert stands is not None  # there is this word
        if stands.status == BEKLIYOR and declared:
            shown = kind._replace(status=BEKLIYOR)
            return event, sealed, recorded_at, decided_at, shown.code, recipient, doubtful
        word = stands.in_force()
        if word.event == event:
            return row
        shown = kind._replace(status=word.status, source=word.source)
        return event, sealed, recorded_at, stored(word.at), shown.code, recipient, doubtful
