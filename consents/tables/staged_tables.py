"""Temporary tables of a PostgreSQL connection for a provider's staged claims (``consents/ledger/staging.py``), which
end with the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from consents.store import Transaction

# Claims of one brand, numbered from 0 in their order. ``recipient`` is below zero for people who are enrolled in this
# same transaction: -1 is the first after ``:known``.
STAGED = "staged_claim"
# Their people, numbered from 0: sealed address and commitment of each.
STAGED_PEOPLE = "staged_person"

EMPTY = (
    f"CREATE TEMP TABLE IF NOT EXISTS {STAGED} (place integer NOT NULL, recipient bigint NOT NULL, "
    "channel smallint NOT NULL, identity smallint NOT NULL, status smallint NOT NULL, source smallint, "
    "decided_at double precision NOT NULL, dealer bigint, alone boolean NOT NULL) ON COMMIT DELETE ROWS",
    f"CREATE TEMP TABLE IF NOT EXISTS {STAGED_PEOPLE} (number integer NOT NULL, sealed bytea NOT NULL, "
    "commitment bytea NOT NULL) ON COMMIT DELETE ROWS",
    # Several lists may come in one transaction.
    f"DELETE FROM {STAGED}",
    f"DELETE FROM {STAGED_PEOPLE}",
)
"""Statements after which both tables are there, and empty."""

_FIELDS = (
    "CASE WHEN s.recipient < 0 THEN :known - s.recipient ELSE s.recipient END AS recipient, "
    f"s.channel, s.identity, s.status, s.source, s.decided_at, s.dealer FROM {STAGED} s"
)
# Where all of them are recorded, which is nearly always, their places are their numbers: nothing need be put in order.
ALL_RECORDED = f"(SELECT CAST(:first AS bigint) + s.place AS id, {_FIELDS})"
SOME_RECORDED = (
    f"(SELECT CAST(:first AS bigint) - 1 + row_number() OVER (ORDER BY s.place) AS id, {_FIELDS} WHERE NOT EXISTS "
    "(SELECT 1 FROM unnest(CAST(:out AS integer[])) AS gone(place) WHERE gone.place = s.place))"
)
"""The claims that are recorded, each with the number of its event; bind ``Recorded.values``."""


class Recorded(NamedTuple):
    """Which of the staged claims are recorded. ``known``: the last recipient before those enrolled with them;
    ``first``: the number of their first event; ``rows``: how many, without those at the places ``turned_away``."""

    brand: int
    known: int
    first: int
    rows: int
    turned_away: Sequence[int]

    def values(self, transaction: Transaction) -> dict[str, Any]:
        """As ALL_RECORDED takes them or, where some are turned away, SOME_RECORDED, with the brand."""
        values = {"brand": self.brand, "known": self.known, "first": self.first}
        return {**values, "out": transaction.array(self.turned_away)} if self.turned_away else values
