"""Table ``push_connection``: where movements are pushed; made, listed, ended (progress: ``push_store``). URL, user,
password and signing secrets are encrypted, with the partner that made the connection, if any. With a partner's rights
its connections end. A connection for all brands and channels of a provider has a row for each, under the number
(``whole``) of its first; brands that are added later get theirs by ``fill``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import exists, select, text

from consents.brands import companies, provider_list
from consents.columns import micros, stored
from consents.keys import Keyring
from consents.queries import feed, reports
from consents.store import Snapshot, Statement, Transaction, Value, table
from consents.terms import Channel
from providers.callers import partners
from providers.push import push_deliveries, signing
from providers.push.signing import SigningSecret
from providers.tables import PushConnection

LONGEST = 255  # characters of a user name or password
ACTIVE = 2  # connections of a brand and channel (API document 3.2.0)

_OF_BRAND = Statement(
    text(
        "SELECT id, channel, sealed, registered_at, works, whole FROM push_connection WHERE brand = :brand ORDER BY id"
    )
)
_OF_WHOLE = Statement(text("SELECT id, sealed FROM push_connection WHERE whole = :whole ORDER BY id"))
_WHOLE_OF: Value[int | None] = Statement(text("SELECT whole FROM push_connection WHERE id = :id"))
_SEAL = Statement(text("UPDATE push_connection SET sealed = :sealed WHERE id = :id"))
_JOIN = Statement(text("UPDATE push_connection SET whole = :whole WHERE id = :id"))
_SPLIT = Statement(text("UPDATE push_connection SET whole = NULL WHERE whole = :whole"))
_c, _brand, _others = table(PushConnection).c, companies.CODES.c, companies.CODES.alias("others")
_row = table(PushConnection).alias("row")
# Brands of the company of a connection for all, which has no row for them.
_MISSING = Statement(
    select(_c.whole, _others.c.brand)
    .distinct()
    .join(companies.CODES, _brand.brand == _c.brand)
    .join(_others, _others.c.company == _brand.company)
    .where(_c.whole.is_not(None), ~exists().where(_row.c.whole == _c.whole, _row.c.brand == _others.c.brand))
)
_STATES = Statement(text("SELECT id, tries, error, next_try_at FROM push_connection WHERE brand = :brand"))
_BRAND_OF: Value[int] = Statement(text("SELECT brand FROM push_connection WHERE id = :id"))
_RENEW = Statement(
    text("UPDATE push_connection SET sealed = :sealed, works = :yes, tries = 0, next_try_at = :now WHERE id = :id")
)
_REWIND = Statement(
    text(
        "UPDATE push_connection SET cursor = :cursor, sealed = :sealed, tries = 0, next_try_at = :now "
        "WHERE id = :id AND cursor = :former"
    )
)
_PLACE = Statement(text("SELECT registered_at, cursor, sealed FROM push_connection WHERE id = :id"))
_REMOVE = Statement(text("DELETE FROM push_connection WHERE id = :id"))


class Foreign(Exception):
    """A connection of another owner, which only that one or the provider may renew."""


class OfAllBrands(Exception):
    """One row of a connection for all brands and channels, which a caller for some brands may not take out of it."""


class PushTarget(NamedTuple):
    """``events``: the body is a batch of CloudEvents, not İYS's list; ``basic``: user and password are sent;
    ``signs``: posts are signed, once there is a secret; ``had``: the event up to which it had everything when it was
    last set back, 0 never."""

    url: str
    username: str
    password: str
    secrets: tuple[SigningSecret, ...] = ()
    events: bool = False
    basic: bool = True
    signs: bool = True
    had: int = 0

    @property
    def account(self) -> tuple[str, str, str]:
        return self[:3]

    def with_form_of(self, other: PushTarget) -> PushTarget:
        """The same account with the signing secrets and the form of another; a secret of its own signs."""
        formed = other._replace(url=self.url, username=self.username, password=self.password)
        return formed._replace(secrets=self.secrets, signs=self.signs) if self.secrets else formed

    @property
    def signing(self) -> tuple[SigningSecret, ...]:
        """The secrets that sign its posts."""
        return self.secrets if self.signs else ()


class WantedConnection(NamedTuple):
    """``channel`` by code."""

    channel: int
    target: PushTarget


class PushAnswers(NamedTuple):
    """The last posts. ``tries``: failures since the last success; ``error``: class of the last failure, None after a
    success; ``next_at``: µs."""

    tries: int
    error: str | None
    next_at: int


class MadeConnection(NamedTuple):
    """``works``: its last post was taken; ``registered_at``: µs; ``partner``: who made it; ``whole``: the number of the
    connection for all brands and channels that it is a row of."""

    id: int
    channel: int
    target: PushTarget
    partner: int | None
    registered_at: int
    works: bool
    whole: int | None = None


def of_brand(snapshot: Snapshot, keyring: Keyring, brand: int) -> list[MadeConnection]:
    return [
        MadeConnection(number, channel, *opened(keyring, sealed), micros(at), bool(works), whole)
        for number, channel, sealed, at, works, whole in snapshot.all(_OF_BRAND, {"brand": brand})
    ]


def answers(snapshot: Snapshot, brand: int) -> dict[int, PushAnswers]:
    """By the connections' internal ids."""
    rows = snapshot.all(_STATES, {"brand": brand})
    return {number: PushAnswers(tries, error, micros(at)) for number, tries, error, at in rows}


def find(snapshot: Snapshot, keyring: Keyring, number: int) -> MadeConnection | None:
    brand = brand_of(snapshot, number)
    found = of_brand(snapshot, keyring, brand) if brand is not None else []
    return next((one for one in found if one.id == number), None)


def brand_of(snapshot: Snapshot, number: int) -> int | None:
    return snapshot.value(_BRAND_OF, {"id": number})


def fits(text: str) -> bool:
    return 1 <= len(text) <= LONGEST and text.isprintable()


def fits_as_user(text: str) -> bool:
    """``fits`` for a user name, which has no colon (RFC 7617, 2)."""
    return fits(text) and ":" not in text


def register(
    transaction: Transaction,
    keyring: Keyring,
    brand: int,
    wanted: Iterable[WantedConnection],
    partner: int | None = None,
    *,
    of_some: bool = False,
) -> int | None:
    """Makes connections that begin with the next movement. ``of_some``: the caller is for some brands alone. Returns
    the index of the first connection above the limit (the caller must abandon the transaction), else None. An existing
    URL and channel gets the new user and password and keeps its cursor; the provider's renewal makes it the provider's.
    Errors: Foreign where another partner made it, OfAllBrands."""
    for index, one in enumerate(wanted):
        if _put(transaction, keyring, brand, one, partner, of_some=of_some) is None:
            return index
    return None


def register_whole(transaction: Transaction, keyring: Keyring, provider: int, target: PushTarget) -> int | None:
    """``register`` for all brands and channels of a provider, also later brands. Its number, None above the limit."""
    brands = [brand.id for brand in provider_list.brands_of(transaction, provider)]
    signed = in_form_for_all(transaction, keyring, provider, target)._replace(had=0)
    whole = None
    for brand, channel in [(one, channel) for one in brands for channel in Channel]:
        number = _put(transaction, keyring, brand, WantedConnection(channel.code, signed), None)
        if number is None:
            return None
        whole = whole or number
        transaction.run(_JOIN, {"id": number, "whole": whole})
    return whole


def in_form(
    snapshot: Snapshot, keyring: Keyring, brand: int, wanted: WantedConnection, partner: int | None = None
) -> PushTarget:
    """The target as ``register`` would store it: in the form of the connection that it renews, if any."""
    same = _same(of_brand(snapshot, keyring, brand), wanted)
    renews = same is not None and partner in (None, same.partner)
    return wanted.target.with_form_of(same.target) if same is not None and renews else wanted.target


def in_form_for_all(snapshot: Snapshot, keyring: Keyring, provider: int, target: PushTarget) -> PushTarget:
    """``in_form`` of ``register_whole``."""
    brands = [brand.id for brand in provider_list.brands_of(snapshot, provider)]
    held = [one.target for brand in brands for one in of_brand(snapshot, keyring, brand)]
    same = [one for one in held if one.url == target.url]
    return target.with_form_of(next((one for one in same if one.secrets), same[0])) if same else target


def _same(existing: Iterable[MadeConnection], wanted: WantedConnection) -> MadeConnection | None:
    return next((one for one in existing if (one.channel, one.target.url) == (wanted.channel, wanted.target.url)), None)


def _put(
    transaction: Transaction,
    keyring: Keyring,
    brand: int,
    wanted: WantedConnection,
    partner: int | None,
    *,
    of_some: bool = False,
) -> int | None:
    """One connection of ``register``: its number, None above the limit."""
    channel, target = wanted
    existing = [one for one in of_brand(transaction, keyring, brand) if one.channel == channel]
    same = _same(existing, wanted)
    if same is None:
        row = brand, channel, _sealed(keyring, target, partner), feed.last_event(transaction)
        return None if len(existing) >= ACTIVE else _insert(transaction, *row)
    if partner not in (None, same.partner):
        raise Foreign
    _split(transaction, same.whole, of_some=of_some)
    formed = target.with_form_of(same.target)
    if target.secrets:
        secrets = signing.renewed(same.target.secrets, target.secrets[0].text, transaction.now)
        formed = formed._replace(secrets=secrets)
    sealed = _sealed(keyring, formed, partner)
    transaction.run(_RENEW, {"id": same.id, "sealed": sealed, "yes": True, "now": stored(transaction.now)})
    return same.id


def missing(snapshot: Snapshot) -> list[tuple[int, int]]:
    """Connections for all, each with a newer brand of its company for which it has no row yet."""
    return snapshot.all(_MISSING)


def fill(transaction: Transaction, whole: int, brand: int) -> None:
    """Adds the rows of one of ``missing``, from the brand's first movement on."""
    if (whole, brand) in transaction.all(_MISSING):
        ((_, sealed), *_) = transaction.all(_OF_WHOLE, {"whole": whole})
        for channel in Channel:
            _insert(transaction, brand, channel.code, bytes(sealed), 0, whole)


def rows_of(snapshot: Snapshot, number: int) -> list[int]:
    """The rows of a connection: all of one for all brands and channels, else itself."""
    whole = snapshot.value(_WHOLE_OF, {"id": number})
    return [number] if whole is None else [row for row, _ in snapshot.all(_OF_WHOLE, {"whole": whole})]


def renew_secret(transaction: Transaction, keyring: Keyring, number: int, fresh: str) -> None:
    """Gives a connection a signing secret; the one before it signs too for a day."""
    for row in rows_of(transaction, number):
        made = find(transaction, keyring, row)
        assert made is not None
        secrets = signing.renewed(made.target.secrets, fresh, transaction.now)
        sealed = _sealed(keyring, made.target._replace(secrets=secrets, signs=True), made.partner)
        transaction.run(_SEAL, {"id": row, "sealed": sealed})


def change_form(transaction: Transaction, keyring: Keyring, number: int, form: PushTarget) -> None:
    """Gives a connection the body and the signature of ``form``."""
    for row in rows_of(transaction, number):
        made = find(transaction, keyring, row)
        assert made is not None
        target = made.target._replace(events=form.events, basic=form.basic, signs=form.signs)
        transaction.run(_SEAL, {"id": row, "sealed": _sealed(keyring, target, made.partner)})


def rewind(transaction: Transaction, keyring: Keyring, number: int, moment: int) -> int:
    """Posts again what was recorded from ``moment`` (µs) on, in order, and nothing from before the connection was made;
    how many rows go back."""
    return sum(_rewind(transaction, keyring, row, moment) for row in rows_of(transaction, number))


def _rewind(transaction: Transaction, keyring: Keyring, row: int, moment: int) -> int:
    place = transaction.one(_PLACE, {"id": row})
    if place is None:
        return 0
    made_at, former, sealed = place
    cursor = reports.recorded_before(transaction, max(moment, micros(made_at)))
    if cursor >= former:
        return 0
    target, partner = opened(keyring, sealed)
    # Sent twice and stopped in between, a consent would come after its refusal (rule L14).
    fresh = _sealed(keyring, target._replace(had=max(target.had, former)), partner)
    places = {"id": row, "cursor": cursor, "former": former, "sealed": fresh}
    return transaction.run(_REWIND, places | {"now": stored(transaction.now)})


def _insert(
    transaction: Transaction, brand: int, channel: int, sealed: bytes, last: int, whole: int | None = None
) -> int:
    """Its number."""
    number, now = transaction.numbers("push_connection"), stored(transaction.now)
    columns = "id,brand,channel,sealed,registered_at,works,cursor,tries,next_try_at,whole"
    row = (number, brand, channel, sealed, now, True, last, 0, now, whole)
    transaction.insert("push_connection", columns, [row])
    return number


def _split(transaction: Transaction, whole: int | None, *, of_some: bool) -> None:
    """Makes each row a connection by itself, once one of them is changed alone. Errors: OfAllBrands."""
    if whole is not None:
        if of_some:
            raise OfAllBrands
        transaction.run(_SPLIT, {"whole": whole})


def remove(transaction: Transaction, number: int) -> bool:
    """Ends a connection with all its rows; False where it is gone."""
    rows = rows_of(transaction, number)
    return sum(_remove(transaction, row) for row in rows) > 0


def _remove(transaction: Transaction, number: int) -> int:
    push_deliveries.forget(transaction, number)
    return transaction.run(_REMOVE, {"id": number})


def unregister(
    transaction: Transaction,
    keyring: Keyring,
    brand: int,
    wanted: WantedConnection,
    partner: int | None = None,
    *,
    of_some: bool = False,
) -> bool:
    """False where there is none of this URL on this channel. A partner must give its user and password too; the
    provider ends any. ``of_some``: the caller is for some brands alone. Errors: OfAllBrands."""
    of_url = [
        one
        for one in of_brand(transaction, keyring, brand)
        if (one.channel, one.target.url) == (wanted.channel, wanted.target.url)
    ]
    found = [one for one in of_url if partner is None or one.target.account == wanted.target.account]
    for one in found:
        _split(transaction, one.whole, of_some=of_some or partner is not None)
        _remove(transaction, one.id)
    return bool(found)


def end_of_partner(transaction: Transaction, keyring: Keyring, brand: int, partner: int) -> int:
    return sum(_remove(transaction, one.id) for one in of_brand(transaction, keyring, brand) if one.partner == partner)


def _sealed(keyring: Keyring, target: PushTarget, partner: int | None) -> bytes:
    form = target[4:] if target[4:] != PushTarget("", "", "")[4:] else ()
    fields = [*target.account, partner, *([target.secrets, *form] if target.secrets or form else [])]
    return keyring.seal_data(json.dumps(fields, separators=(",", ":")).encode())


def opened(keyring: Keyring, sealed: bytes) -> tuple[PushTarget, int | None]:
    url, username, password, partner, *more = json.loads(keyring.unseal_data(bytes(sealed)))
    secrets = tuple(SigningSecret(*one) for one in (more[0] if more else []))
    return PushTarget(url, username, password, secrets, *more[1:]), partner


def close_partner(transaction: Transaction, keyring: Keyring, partner_code: int) -> int:
    """Closes a partner from its next call on; returns how many of its push connections ended. Errors: BadCompany."""
    closed = partners.close(transaction, partner_code)
    brands = partners.grants(transaction, closed.id)
    return sum(end_of_partner(transaction, keyring, brand, closed.id) for brand in brands)


def revoke_partner(transaction: Transaction, keyring: Keyring, partner_code: int, brand_code: int) -> int:
    """Removes its rights at a brand from its next call on; returns how many of its push connections ended. Errors:
    BadCompany."""
    revoked = partners.revoke(transaction, partner_code, brand_code)
    return end_of_partner(transaction, keyring, revoked.brand, revoked.partner)
