"""What stands for encrypted addresses: point reads for one, one statement for a thousand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import bindparam, literal_column, select

from consents import state
from consents.columns import micros
from consents.keys import Keyring
from consents.people import register, sealed_forms
from consents.queries import recorded
from consents.rules import BEKLIYOR, ONAY, Standing
from consents.state import Key
from consents.store import Snapshot, Statement, Value, among, table
from consents.tables.dealer_tables import Dealer
from consents.tables.history_tables import Act, BlanketWord, Consent, ConsentEvent
from consents.tables.recipient_tables import RecipientRow

_consent, _recipient = table(Consent).c, table(RecipientRow).c
_dealer = table(Dealer).c
_event, _act = table(ConsentEvent).c, table(Act)
_blanket = table(BlanketWord).c

# A value, not a join: else the planner may go through all that stands for the brand instead of to these recipients.
_stands = (
    select(_consent.status)
    .where(
        _consent.recipient == _recipient.id,
        _consent.brand == bindparam("brand"),
        _consent.channel == bindparam("channel"),
        _consent.identity == bindparam("identity"),
    )
    .scalar_subquery()
)
_APPROVED: Value[bytes] = Statement(
    select(_recipient.sealed).where(among(_recipient.sealed, "sealed", blobs=True), _stands == bindparam("onay"))
)
_DEALER: Statement[tuple[int, str]] = Statement(
    select(_dealer.code, _dealer.title).where(_dealer.id == bindparam("dealer"))
)
_of_key = (
    select(
        *state.columns,
        recorded.disputed(_consent.citizen_event),
        recorded.moment_of_citizens(_consent.citizen_event),
        recorded.moment_of(_consent.provider_event),
    )
    .join(table(RecipientRow), _recipient.id == _consent.recipient)
    .where(*(_consent[name] == bindparam(name) for name in ("brand", "channel", "identity")))
)
# A standing refusal (rule L13) is the word of many consents, and no movement of any. The movement that announced it for
# this one stands for it, or where it ended nothing, the newest that the brand was shown. "+ 0" as in reading/feed.py.
_SHOWN: Statement[tuple[int, float]] = Statement(
    select(_event.id, _act.c.recorded_at)
    .join(_act, _act.c.id == _event.act)
    .where(
        _event.recipient == bindparam("recipient"),
        _event.brand + 0 == bindparam("brand"),
        _event.channel == bindparam("channel"),
        _event.identity == bindparam("identity"),
    )
    .order_by(
        (_event.act == select(_blanket.act).where(_blanket.id == bindparam("blanket")).scalar_subquery()).desc(),
        _event.id.desc(),
    )
    .limit(literal_column("1"))
)
_BY_ADDRESS = Statement(_of_key.where(_recipient.sealed == bindparam("sealed")))
_BY_RECIPIENT = Statement(_of_key.where(_recipient.id == bindparam("recipient")))


class Stands(NamedTuple):
    """What stands for one consent. ``dealer``: (retailerCode, title) of who collected it; ``event``: the movement of
    the word in force, ``recorded_at``: µs; ``asked_at``: µs, since when a word waits for the citizen, 0 for none;
    ``erased``: only the refusal is shown (rule L15); ``disputed``: they deny having given the consent."""

    key: Key
    standing: Standing
    dealer: tuple[int, str] | None
    event: int
    recorded_at: int
    asked_at: int
    erased: bool
    disputed: bool


def key(snapshot: Snapshot, keyring: Keyring, brand: int, channel: int, identity: int, sealed: bytes) -> Key | None:
    """None where nothing is recorded about the address, or its holder was erased."""
    recipient = register.kept(snapshot, keyring, sealed)
    return None if recipient is None else Key(recipient, brand, channel, identity)


def stands(
    snapshot: Snapshot, keyring: Keyring, brand: int, channel: int, identity: int, sealed: bytes
) -> Stands | None:
    """None without any word, and for an erased person's consent that is not refused."""
    values = {"brand": brand, "channel": channel, "identity": identity}
    row, versions = sealed_forms.find_by_any_key(
        snapshot, keyring, sealed, lambda form: snapshot.one(_BY_ADDRESS, {**values, "sealed": form})
    )
    erased = row is None  # but for one about whom nobody has spoken
    if row is None:
        recipient = register.erased_one(snapshot, keyring, sealed, versions)
        row = None if recipient is None else snapshot.one(_BY_RECIPIENT, {**values, "recipient": recipient})
    if row is None:
        return None
    *stored, disputed, own_recorded_at, its_recorded_at = row
    found, standing = state.unpack(stored)
    if erased and standing.status == ONAY:
        return None
    word = standing.in_force()
    of_dealer = snapshot.one(_DEALER, {"dealer": word.dealer}) if word.dealer is not None else None
    event, recorded_at = word.event, own_recorded_at if word is standing.citizen else its_recorded_at
    if word.blanket:
        shown = snapshot.one(_SHOWN, {**found._asdict(), "blanket": -word.event})
        assert shown is not None, "where nobody has spoken nothing stands"
        event, recorded_at = shown
    asked_at = micros(its_recorded_at) if standing.status == BEKLIYOR else 0
    disputed = word is standing.citizen and bool(disputed)
    return Stands(found, standing, of_dealer, event, micros(recorded_at), asked_at, erased, disputed)


def approved(
    snapshot: Snapshot, keyring: Keyring, brand: int, channel: int, identity: int, sealed: Iterable[bytes]
) -> set[bytes]:
    """Those of the encrypted addresses whose consent is ONAY; one statement, and one about the keys."""
    values: dict[str, Any] = {"brand": brand, "channel": channel, "identity": identity, "onay": ONAY}
    given, oldest, newest = list(sealed), keyring.oldest, keyring.version
    while True:
        asked = {form: one for one in given for form in keyring.forms(one, oldest, newest)}
        found = snapshot.column(_APPROVED, {**values, "sealed": snapshot.array(asked)})
        versions = sealed_forms.read_versions(snapshot, keyring)
        if versions.asked(oldest, newest):
            return {asked[form] for form in found}
        oldest, newest = min(oldest, versions.oldest), max(newest, versions.newest)
