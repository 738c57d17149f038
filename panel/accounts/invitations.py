"""Table ``panel_invitation``: invitations by a link that works once, for a week."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select, text

from consents.columns import micros, stored
from consents.instants import DAY
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, among, table
from panel.rights import Membership, Permission, Role, Staff
from panel.tables import PanelInvitation

_table = table(PanelInvitation)
LIFE = 7 * DAY
MOST_OPEN = 20  # of a company, or to the operator's people
MOST_A_DAY = 3  # to one address, over all companies

_COLUMNS = "id, email, staff, provider, role, rights, brands, invited_by, created_at, expires_at, ended_at, partner"
_BY_ID = Statement(text(f"SELECT {_COLUMNS} FROM panel_invitation WHERE id = :id"))
_BY_DIGEST = Statement(text(f"SELECT {_COLUMNS} FROM panel_invitation WHERE digest = :digest"))
_OPEN = "ended_at IS NULL AND expires_at > :now ORDER BY id DESC"
_OF = Statement(text(f"SELECT {_COLUMNS} FROM panel_invitation WHERE provider = :provider AND {_OPEN}"))
_OF_STAFF = Statement(
    text(f"SELECT {_COLUMNS} FROM panel_invitation WHERE provider IS NULL AND partner IS NULL AND {_OPEN}")
)
_OF_PARTNER = Statement(text(f"SELECT {_COLUMNS} FROM panel_invitation WHERE partner = :partner AND {_OPEN}"))
_BY = Statement(text(f"SELECT {_COLUMNS} FROM panel_invitation WHERE invited_by = :person AND {_OPEN}"))
_TO = Statement(
    select(func.count())
    .select_from(_table)
    .where(among(_table.c.email, "forms", blobs=True), _table.c.created_at > bindparam("since"))
)
# In one statement: of two that come at once with the same link, one finds it open.
_END = Statement(
    text("UPDATE panel_invitation SET ended_at = :now WHERE id = :id AND ended_at IS NULL AND expires_at > :now")
)


class Invitation(NamedTuple):
    id: int
    email: str
    staff: Staff
    provider: int | None
    membership: Membership
    invited_by: int
    created_at: int
    expires_at: int
    ended_at: int | None
    partner: int | None = None

    def live(self, now: int) -> bool:
        """Whether it can still be accepted."""
        return self.ended_at is None and now < self.expires_at


def add(
    transaction: Transaction,
    keyring: Keyring,
    digest: bytes,
    email: str,
    invited_by: int,
    *,
    provider: int | None = None,
    membership: Membership | None = None,
    staff: Staff = Staff.NONE,
    partner: int | None = None,
) -> int:
    """Stores an invitation; ``digest``: SHA-256 of its link's token. Returns its number."""
    given = membership or Membership(Role.USER, Permission(0))
    brands = None if given.brands is None else ",".join(map(str, sorted(given.brands)))
    columns = "digest,email,staff,provider,role,rights,brands,partner,invited_by,created_at,expires_at"
    whom = (digest, keyring.seal(email), staff.value, provider, given.role.value, given.rights.value, brands, partner)
    times = (stored(transaction.now), stored(transaction.now + LIFE))
    transaction.insert("panel_invitation", columns, [(*whom, invited_by, *times)])
    found = by_digest(transaction, keyring, digest)
    assert found is not None
    return found.id


def by_number(snapshot: Snapshot, keyring: Keyring, number: int) -> Invitation | None:
    row = snapshot.one(_BY_ID, {"id": number})
    return None if row is None else _opened(keyring, row)


def by_digest(snapshot: Snapshot, keyring: Keyring, digest: bytes) -> Invitation | None:
    row = snapshot.one(_BY_DIGEST, {"digest": digest})
    return None if row is None else _opened(keyring, row)


def waiting(snapshot: Snapshot, keyring: Keyring, provider: int | None, now: int) -> list[Invitation]:
    """Open invitations of a provider, or to the operator's people, the newest first."""
    values = {"now": stored(now)} | ({} if provider is None else {"provider": provider})
    return [_opened(keyring, row) for row in snapshot.all(_OF_STAFF if provider is None else _OF, values)]


def waiting_at_partner(snapshot: Snapshot, keyring: Keyring, partner: int, now: int) -> list[Invitation]:
    """Open invitations to a partner's people (internal id), the newest first."""
    return [_opened(keyring, row) for row in snapshot.all(_OF_PARTNER, {"partner": partner, "now": stored(now)})]


def open_by(snapshot: Snapshot, keyring: Keyring, person: int, now: int) -> list[Invitation]:
    """Open invitations that a person made, at any company."""
    return [_opened(keyring, row) for row in snapshot.all(_BY, {"person": person, "now": stored(now)})]


def lately(transaction: Transaction, keyring: Keyring, email: str) -> int:
    """Invitations to a canonical e-mail within a day, from anyone."""
    forms = transaction.array(keyring.all_forms(email))
    (count,) = transaction.one(_TO, {"forms": forms, "since": stored(transaction.now - DAY)}) or (0,)
    return int(count)


def end(transaction: Transaction, number: int) -> bool:
    """Accepts or withdraws one; False where it was accepted, withdrawn or expired."""
    return transaction.run(_END, {"id": number, "now": stored(transaction.now)}) == 1


def _opened(keyring: Keyring, row: tuple[Any, ...]) -> Invitation:
    number, email, staff, provider, role, rights, brands, by, created, expires, ended, partner = row
    address = keyring.unseal(bytes(email))
    assert address is not None  # an erasure leaves no digest in this table
    some = None if brands is None else frozenset(int(part) for part in brands.split(",") if part)
    membership = Membership(Role(role), Permission(rights), some)
    until = None if ended is None else micros(ended)
    times = micros(created), micros(expires), until
    return Invitation(number, address, Staff(staff), provider, membership, by, *times, partner)
