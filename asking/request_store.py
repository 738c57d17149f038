"""Table ``consent_request``, the stamped proofs of its answers (``request_proof``), and who refuses to be asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import text

from asking.request_states import LASTS, LIVE, WORDS, RequestEvent, RequestMethod, RequestPurpose, RequestState, after
from consents.columns import micros, optional_micros, stored
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, Value
from gateways.outbox import outbox
from trust.pseudonyms import mark

_COLUMNS = (
    "id, public, company, brand, form, version, purpose, method, channels, identity, address, digits, tries, state, "
    "silent, sent, asked_at, expires_at, ended_at, yes, no, act, till, program, message"
)
_ALL = f"SELECT {_COLUMNS} FROM consent_request WHERE"
_OPEN = "state IN (0, 1) AND expires_at > :now"
_BY_MESSAGE = f"method NOT IN ({', '.join(f'{one:d}' for one in sorted(WORDS))})"
_START = Statement(
    text(
        "INSERT INTO consent_request (public, company, brand, form, version, purpose, method, channels, identity, "
        "address, digits, word, tries, state, silent, sent, asked_at, expires_at, yes, no, till, program, message) "
        "VALUES (:public, :company, :brand, :form, :version, :purpose, :method, :channels, :identity, :address, "
        ":digits, :word, 0, 0, :silent, :sent, :asked_at, :expires_at, 0, 0, :till, :program, :message) RETURNING id"
    )
)
_BY_PUBLIC = Statement(text(f"{_ALL} public = :public"))
_BY_ACT = Statement(text(f"{_ALL} act = :act"))
_BY_ID = Statement(text(f"{_ALL} id = :id"))
_BY_WORD = Statement(text(f"{_ALL} word = :word AND {_OPEN} ORDER BY id DESC LIMIT 1"))
_LIVE_OF_TILL = Statement(text(f"{_ALL} till = :till AND asked_at > :since ORDER BY asked_at DESC LIMIT 1"))
_LIVE: Value[int] = Statement(
    text(
        "SELECT count(*) FROM consent_request WHERE address = :address AND brand = :brand AND purpose = :purpose "
        f"AND {_OPEN} AND asked_at > :since"
    )
)
_TRY = Statement(text(f"UPDATE consent_request SET tries = tries + 1 WHERE id = :id AND tries < :most AND {_OPEN}"))
_MOVE = Statement(
    text(
        "UPDATE consent_request SET state = :state, ended_at = :ended_at, digits = :digits, word = :word "
        "WHERE id = :id AND state IN (0, 1)"
    )
)
_ANSWER = Statement(
    text(
        "UPDATE consent_request SET state = 2, ended_at = :now, digits = NULL, word = NULL, address = :address, "
        f"yes = :yes, no = :no, act = :act WHERE id = :id AND {_OPEN}"
    )
)
# What is open ends like one that nobody answers: the company does not learn why.
_SHUT = "silent = CASE WHEN state IN (0, 1) THEN 1 ELSE silent END, digits = NULL, word = NULL"
_SHUT_ALL = Statement(text(f"UPDATE consent_request SET {_SHUT} WHERE address = :address AND state IN (0, 1)"))
# A verification goes on: who refuses to be asked for consents may be verified.
_SHUT_OF_BRAND = Statement(
    text(
        f"UPDATE consent_request SET {_SHUT} WHERE address = :address AND brand = :brand AND purpose = 1 "
        "AND state IN (0, 1)"
    )
)
_IS_OF: Value[int] = Statement(text("SELECT 1 FROM consent_request WHERE id = :id AND address = :address"))
_OPEN_TO: Value[int] = Statement(text(f"SELECT 1 FROM consent_request WHERE address = :address AND {_OPEN} LIMIT 1"))
_ERASE = Statement(text(f"UPDATE consent_request SET {_SHUT}, address = :digest WHERE address = :address"))
_REFUSED: Value[int] = Statement(text("SELECT brand FROM ask_refusal WHERE who = :who ORDER BY brand"))
_END_REFUSALS = Statement(text("DELETE FROM ask_refusal WHERE who = :who"))
_REFUSES: Value[int] = Statement(text("SELECT 1 FROM ask_refusal WHERE who = :who AND brand = :brand"))
_TAKE_REFUSAL = Statement(
    text("INSERT INTO ask_refusal (who, brand, at) VALUES (:who, :brand, :now) ON CONFLICT (who, brand) DO NOTHING")
)
_END_REFUSAL = Statement(text("DELETE FROM ask_refusal WHERE who = :who AND brand = :brand"))
_OF_ADDRESS = Statement(text(f"{_ALL} address = :address ORDER BY id DESC LIMIT :most"))
_ANSWERED_TO = Statement(
    text(f"{_ALL} address = :address AND company = :company AND state = 2 AND purpose = 1 ORDER BY id DESC LIMIT :most")
)
_ASKED_BY: Value[int] = Statement(
    text(f"SELECT count(*) FROM consent_request WHERE company = :company AND asked_at > :since AND {_BY_MESSAGE}")
)
LOOKED_AT = 5000  # answers

_PROOF = Statement(text("SELECT content, stamp FROM request_proof WHERE request = :request"))
_KEEP_PROOF = Statement(
    text(
        "INSERT INTO request_proof (request, content, stamp) SELECT id, :content, :stamp FROM consent_request "
        "WHERE id = :request AND length(address) > :digest ON CONFLICT (request) DO NOTHING"
    )
)
# Among the newest alone: a stamp of much later proves little. By the indexes consent_request_act and _verified.
_UNSTAMPED = (
    "SELECT id FROM (SELECT id, {0} FROM consent_request WHERE {1} AND length(address) > :digest "
    f"ORDER BY {{0}} DESC LIMIT {LOOKED_AT}) AS newest "
    "WHERE NOT EXISTS (SELECT 1 FROM request_proof WHERE request = newest.id) ORDER BY {0} DESC LIMIT :most"
)
_WITHOUT_PROOF: Value[int] = Statement(text(_UNSTAMPED.format("act", "act <= :last")))
_VERIFIED_WITHOUT: Value[int] = Statement(text(_UNSTAMPED.format("ended_at", "state = 2 AND purpose = 0")))
_FORGET_PROOFS = Statement(
    text("DELETE FROM request_proof WHERE request IN (SELECT id FROM consent_request WHERE address = :address)")
)
_ERASED_BYTES = 16  # bytes of an erased person's


class StampedProof(NamedTuple):
    """``text``: the signed JSON; ``stamp``: the authority's answer about its SHA-512 (RFC 3161)."""

    text: str
    stamp: bytes


class AskedRequest(NamedTuple):
    """A row, in the order of its columns; times in µs. ``address``: canonical, "" while unknown or erased; ``live``:
    whether it can be answered at a time."""

    id: int
    public: str
    company: int
    brand: int | None
    form: int | None
    version: int | None
    purpose: RequestPurpose
    method: RequestMethod
    channels: int
    identity: int
    address: str
    digits: bytes | None
    tries: int
    state: RequestState
    silent: bool
    sent: str
    asked_at: int
    expires_at: int
    ended_at: int | None
    yes: int
    no: int
    act: int | None
    till: int | None
    program: int | None
    message: int | None

    def live(self, now: int) -> bool:
        return self.state in LIVE and now < self.expires_at

    def state_at(self, now: int) -> RequestState:
        """Its state at ``now``: time ends it without a write."""
        if self.state in LIVE and now >= self.expires_at:
            return RequestState.EXPIRED
        return self.state


class NewRequest(NamedTuple):
    """``word``, ``digits``: keyed hashes, None where the method has none; ``address``: "" where a word finds it;
    ``message``: its row in the outbox; ``erased``: of an erased person, kept as their digest."""

    public: str
    company: int
    brand: int | None
    form: int | None
    version: int | None
    purpose: RequestPurpose
    method: RequestMethod
    channels: int
    identity: int
    address: str
    digits: bytes | None
    word: bytes | None
    silent: bool
    sent: str
    till: int | None = None
    program: int | None = None
    message: int | None = None
    erased: bool = False


def start(transaction: Transaction, keyring: Keyring, new: NewRequest) -> int:
    now = transaction.now
    kept = keyring.digest if new.erased else keyring.seal
    values = {name: value for name, value in new._asdict().items() if name != "erased"} | {
        "address": kept(new.address) if new.address else b"",
        "silent": int(new.silent),
        "asked_at": stored(now),
        "expires_at": stored(now + LASTS[new.method]),
    }
    row = transaction.one(_START, values)
    assert row is not None
    return int(row[0])


def by_public(snapshot: Snapshot, keyring: Keyring, public: str) -> AskedRequest | None:
    return _one(snapshot, keyring, _BY_PUBLIC, public=public)


def by_id(snapshot: Snapshot, keyring: Keyring, number: int) -> AskedRequest | None:
    return _one(snapshot, keyring, _BY_ID, id=number)


def is_of(snapshot: Snapshot, keyring: Keyring, request: int, address: str) -> bool:
    """Whether the request was to this address, also where its person was erased."""
    forms = (*keyring.all_forms(address), keyring.digest(address))
    return any(snapshot.value(_IS_OF, {"id": request, "address": form}) is not None for form in forms)


def by_act(snapshot: Snapshot, keyring: Keyring, act: int) -> AskedRequest | None:
    """The request that this act answers."""
    return _one(snapshot, keyring, _BY_ACT, act=act)


def by_word(snapshot: Snapshot, keyring: Keyring, word: str, now: int) -> AskedRequest | None:
    """The open request whose word this is; words of ended ones are forgotten."""
    return _one(snapshot, keyring, _BY_WORD, word=word_digest(keyring, word), now=stored(now))


def of_till(snapshot: Snapshot, keyring: Keyring, till: int, since: int) -> AskedRequest | None:
    """What a till asked last, after ``since`` (µs)."""
    return _one(snapshot, keyring, _LIVE_OF_TILL, till=till, since=stored(since))


def of_address(snapshot: Snapshot, keyring: Keyring, address: str, most: int) -> list[AskedRequest]:
    """What this address was asked, the newest first."""
    return _newest(snapshot, keyring, _OF_ADDRESS, address, most=most)


def answered_to(snapshot: Snapshot, keyring: Keyring, company: int, address: str, most: int) -> list[AskedRequest]:
    """The questions of consent that this address answered to a company, the newest first."""
    return _newest(snapshot, keyring, _ANSWERED_TO, address, most=most, company=company)


def asked_by(snapshot: Snapshot, company: int, since: int) -> int:
    """How many requests by message a company started after ``since`` (µs), of those that are kept."""
    return snapshot.value(_ASKED_BY, {"company": company, "since": stored(since)}) or 0


def undelivered(snapshot: Snapshot, request: AskedRequest) -> bool:
    """Whether the carrier refused the message for good. A message that only came too late is not counted: while a
    carrier is down, the requests that expire would differ from those of people who refuse to be asked."""
    return request.state in LIVE and request.message is not None and outbox.refused(snapshot, request.message)


def any_live(
    transaction: Transaction, keyring: Keyring, address: str, brand: int, purpose: RequestPurpose, since: int
) -> bool:
    """Whether one for this address and brand that began after ``since`` (µs) is open."""
    values = {"brand": brand, "purpose": purpose, "now": stored(transaction.now), "since": stored(since)}
    forms = [*keyring.all_forms(address), keyring.digest(address)]
    return any(transaction.value(_LIVE, {**values, "address": form}) for form in forms)


def spend_a_try(transaction: Transaction, request: AskedRequest, most: int) -> bool:
    """Counts a try before anything is compared, in one statement; False where none is left."""
    return transaction.run(_TRY, {"id": request.id, "most": most, "now": stored(transaction.now)}) == 1


def move(transaction: Transaction, request: AskedRequest, event: RequestEvent) -> bool:
    """Changes the state as the machine allows; False where it cannot happen. Not for an answer: see ``answer``."""
    state = after(request.state_at(transaction.now), event, request.method)
    if state is None or event is RequestEvent.ANSWER:
        return False
    live = state in LIVE
    values = {
        "id": request.id,
        "state": state,
        "ended_at": None if live else stored(transaction.now),
        "digits": request.digits if live else None,
        "word": None,
    }
    return transaction.run(_MOVE, values) == 1


def answer(
    transaction: Transaction, keyring: Keyring, request: AskedRequest, address: str, yes: int, no: int, act: int | None
) -> bool:
    """Ends it with what was answered, once; False where it ended meanwhile."""
    values = {"id": request.id, "now": stored(transaction.now), "yes": yes, "no": no, "act": act}
    return transaction.run(_ANSWER, {**values, "address": keyring.seal(address)}) == 1


def refuses(snapshot: Snapshot, keyring: Keyring, address: str, brand: int) -> bool:
    """Whether this address asked this brand not to ask again."""
    return snapshot.value(_REFUSES, {"who": _who(keyring, address), "brand": brand}) is not None


def refused_brands(snapshot: Snapshot, keyring: Keyring, address: str) -> list[int]:
    """The brands (internal ids) that may not ask this address."""
    return snapshot.column(_REFUSED, {"who": _who(keyring, address)})


def refuse(transaction: Transaction, keyring: Keyring, address: str, brand: int) -> None:
    """From now on this brand does not ask; what it has asked and is open cannot be answered any more."""
    values: dict[str, Any] = {"who": _who(keyring, address), "brand": brand, "now": stored(transaction.now)}
    transaction.run(_TAKE_REFUSAL, values)
    _of_all_forms(transaction, keyring, _SHUT_OF_BRAND, address, brand=brand)


def pass_on(transaction: Transaction, keyring: Keyring, address: str) -> list[int]:
    """The number has a new holder, who answers nothing for the last one and starts without their refusals to be asked;
    the brands of these."""
    _of_all_forms(transaction, keyring, _SHUT_ALL, address)
    brands = refused_brands(transaction, keyring, address)
    transaction.run(_END_REFUSALS, {"who": _who(keyring, address)})
    return brands


def forget(transaction: Transaction, keyring: Keyring, address: str) -> None:
    """Of an erased person (rule L15) a digest stays, by which a second request is recognised. That they refuse to be
    asked stays too, as their refusals do: it is a keyed mark."""
    _of_all_forms(transaction, keyring, _FORGET_PROOFS, address)
    _of_all_forms(transaction, keyring, _ERASE, address, digest=keyring.digest(address))


def any_open(snapshot: Snapshot, keyring: Keyring, address: str, now: int) -> bool:
    """Whether a question to this address waits for its answer."""
    values = {"now": stored(now)}
    return any(snapshot.value(_OPEN_TO, {**values, "address": form}) for form in keyring.all_forms(address))


def ask_again(transaction: Transaction, keyring: Keyring, address: str, brand: int) -> bool:
    return transaction.run(_END_REFUSAL, {"who": _who(keyring, address), "brand": brand}) == 1


def word_digest(keyring: Keyring, word: str) -> bytes:
    return mark(keyring, "request word", word)


def digits_mark(keyring: Keyring, public: str, purpose: RequestPurpose, address: str, digits: str) -> bytes:
    """A keyed hash of a code, bound to its request, purpose and address: valid for nothing else."""
    return mark(keyring, "request digits", f"{public} {purpose:d} {digits} {address}")


def _who(keyring: Keyring, address: str) -> bytes:
    return mark(keyring, "ask refusal", address)


def _of_all_forms(
    transaction: Transaction, keyring: Keyring, statement: Statement[Any], address: str, **values: object
) -> None:
    """Runs a statement for each ciphertext under which the address may stand."""
    for form in keyring.all_forms(address):
        transaction.run(statement, {"address": form, **values})


def _newest(
    snapshot: Snapshot, keyring: Keyring, query: Statement[Any], address: str, *, most: int, **values: object
) -> list[AskedRequest]:
    found = [
        _read(row, keyring)
        for form in keyring.all_forms(address)
        for row in snapshot.all(query, {"address": form, "most": most, **values})
    ]
    return sorted(found, key=lambda one: one.id, reverse=True)[:most]


def _one(snapshot: Snapshot, keyring: Keyring, query: Statement[Any], **values: object) -> AskedRequest | None:
    row = snapshot.one(query, values)
    return None if row is None else _read(row, keyring)


def _read(row: Sequence[Any], keyring: Keyring) -> AskedRequest:
    values = dict(zip(AskedRequest._fields, row, strict=True))
    sealed = values["address"]
    return AskedRequest(
        **values
        | {
            "purpose": RequestPurpose(values["purpose"]),
            "method": RequestMethod(values["method"]),
            "state": RequestState(values["state"]),
            "silent": bool(values["silent"]),
            "address": keyring.unseal(sealed) or "" if sealed else "",
            "asked_at": micros(values["asked_at"]),
            "expires_at": micros(values["expires_at"]),
            "ended_at": optional_micros(values["ended_at"]),
        }
    )


def stamped_proof(snapshot: Snapshot, keyring: Keyring, request: int) -> StampedProof | None:
    row = snapshot.one(_PROOF, {"request": request})
    if row is None:
        return None
    content, stamp = row
    return StampedProof(keyring.unseal_data(content).decode(), bytes(stamp))


def keep_proof(transaction: Transaction, keyring: Keyring, request: int, proof: StampedProof) -> None:
    """The first one stays; none of a person who was erased meanwhile."""
    content = keyring.seal_data(proof.text.encode())
    transaction.run(
        _KEEP_PROOF, {"request": request, "content": content, "stamp": proof.stamp, "digest": _ERASED_BYTES}
    )


def without_proof(snapshot: Snapshot, last: int, most: int) -> list[int]:
    """Requests whose answers are acts up to ``last`` and have no stamp, the newest first; then verified numbers."""
    values = {"most": most, "digest": _ERASED_BYTES}
    found = snapshot.column(_WITHOUT_PROOF, {**values, "last": last})
    return [*found, *snapshot.column(_VERIFIED_WITHOUT, values)][:most]
