"""Whether what stands is the fold of history (rules L1, L7, L11), and history whole and guarded (``izin verify``).

Told to the database as what must hold of each row; it answers with the first row of which it does not. Of a key's
row each word must be an event that counts, on its side, and no event that counts may come after it: so the word is
the maximum, and the row the fold. No sorting, and memory stays flat however long history is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    Alias,
    ColumnElement,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)

from consents import history
from consents.columns import micros
from consents.instants import ISTANBUL, moment
from consents.models import Act, Brand, Consent, ConsentEvent, Dealer, Recipient
from consents.rules import BEKLIYOR, ONAY, RET, Reconsent, Standing, Word
from consents.state import Key, columns, unpack
from consents.store import Snapshot, Statement
from consents.terms import Channel, Identity, Source, Status, Term
from consents.triggers import missing
