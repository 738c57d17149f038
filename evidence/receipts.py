"""The receipt of a citizen's act, in words, with its proof from the log; verified without the database. JSON of one
spelling (``_written``), signed as a whole with the log's key. Its words are those of the leaves, so the key cannot sign
a receipt of an act that is not in the log."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consents import history, instants
from consents.columns import micros
from consents.instants import ISTANBUL, moment
from consents.keys import Keyring, packed
from consents.people import recipients
from consents.queries.act_receipts import ActReceipt
from consents.store import Snapshot
from consents.terms import Actor, Channel, Door, Identity, Source, Status
from evidence import checkpoints, history_rows, leaves, merkle, proofs
from evidence.checkpoints import Checkpoint, LogKey
from evidence.merkle import SIZE
from evidence.proofs import Proof, check_proof
from evidence.tlog import signed_trees
from evidence.tlog.signed_trees import SignedTree

FORMAT = "izin-receipt/1"
STATEMENT = "izin-statement/1"  # of one address' history at a company
ATTACHED = "attached"  # in the evidence of an act: the SHA-256 of what a company attached to a movement
LIST = "izin-list/1"  # what stands for the addresses of a company's list, at one moment
ANSWER = "izin-answer/1"  # of one address to a company's request
MOST = 2_000_000  # characters of a receipt that is read: some 3,000 consents
LIST_FILE = "izin-liste.json"  # a list's answer within the workbook of it
LIST_MOST = 8_000_000  # of a list's answer
COMMITMENT = 16  # bytes
KEY_NUMBER = 4  # bytes before a signature in a note
CHANGES = "keys"  # the field of the changes of the log's key, where there were any
_SIGNATURE, _END = ',\n "signature": "', '"\n}\n'  # the last field, as ``_written`` has it

_NO_ZIP = (ValueError, NotImplementedError, RuntimeError, EOFError, OSError, zipfile.BadZipFile, zlib.error)
_FAULTS = (struct.error, KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError)


class BadReceipt(Exception):
    """Not a receipt of the registry; the text gives the reason."""


class Named(NamedTuple):
    title: str
    company: str


class ReceiptHead(NamedTuple):
    """What a receipt shows beside the leaves. ``address`` and ``salt``: for its owner, else ``masked`` alone;
    ``brands``: by brandCode; ``stop_by``: an ISO date or None; ``taken_back``: a moment or None; ``witnesses``: how
    many shall cosign, 0: none is asked."""

    registry: str
    number: str
    masked: str
    brands: Mapping[int, Named]
    stop_by: str | None = None
    taken_back: str | None = None
    address: str | None = None
    salt: bytes = b""
    witnesses: int = 0

    @classmethod
    def of(cls, receipt: ActReceipt, registry: str, number: str, address: str, witnesses: int = 0) -> ReceiptHead:
        return cls(
            registry,
            number,
            recipients.mask(address),
            {brand.code: Named(brand.title, brand.company_title) for brand in receipt.brands},
            receipt.stop.isoformat() if receipt.stop else None,
            iso(receipt.taken_back_at) if receipt.taken_back_at else None,
            witnesses=witnesses,
        )

    def owned(self, keyring: Keyring, address: str) -> ReceiptHead:
        return self._replace(address=address, salt=keyring.salt(address))


def signed(snapshot: Snapshot, act: int) -> bool:
    """Whether the act is in a checkpoint yet; it takes about a minute."""
    return checkpoints.last_size(snapshot) >= act


def make(snapshot: Snapshot, keyring: Keyring, act: int, shown: ReceiptHead) -> str | None:
    """The receipt's file; None while the act is not signed. Errors: LogFault."""
    key = LogKey.of(keyring)
    tree = signed_trees.of_act(snapshot, key, act, shown.witnesses)
    if tree is None:
        return None
    of_act = proofs.prove(snapshot, act, tree.checkpoint)
    past = history_rows.act(snapshot, act)
    events, ahead = history_rows.event_leaves(snapshot, past), history_rows.blanket_leaves(snapshot, past)
    content = _content(shown, of_act, events, ahead) | {"checkpoint": tree.note, **_signer(key)}
    content |= outside(tree, shown.witnesses)
    signature = keyring.signer().sign(_signed_part(content))
    return _written(content | {"signature": b64encode(signature).decode()})


def signed_by(text: str, key: LogKey) -> bool:
    """Whether this key signed the file, by its characters alone: ``check`` parses it, which costs a hundred times as
    much, so a stranger's file passes here first."""
    head, found, signature = text.rpartition(_SIGNATURE)
    if not found or not signature.endswith(_END):
        return False
    try:
        proved = b64decode(signature.removesuffix(_END), validate=True)
        signed = f"{document_format(text) or FORMAT}\n{head}\n}}\n".encode()
    except ValueError:
        return False
    return any(_signed(public, proved, signed) for public in key.publics())


def carried_changes(text: str) -> list[str]:
    """The changes of the log's key that a receipt or document brings along; nothing of them verified."""
    try:
        found = json.loads(text).get(CHANGES, ()) if len(text) <= LIST_MOST else ()
    except (ValueError, AttributeError, RecursionError):
        return []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def check(text: str, key: LogKey) -> dict[str, Any]:
    """The receipt's content, where this key signed it and the log holds it. Errors: BadReceipt."""
    content = _read(text)
    try:
        _check_signature(content, key)
        of_act = _proof(content["act"])
        if not check_proof(of_act, root_of(content["checkpoint"], key)):
            raise BadReceipt("the act is not in the log that was signed")
        events = [bytes.fromhex(one["leaf"]) for one in content["consents"]]
        ahead = [bytes.fromhex(one["leaf"]) for one in content.get("ahead", [])]
        if merkle.root([merkle.leaf(one) for one in events + ahead]) != leaves.events_root(of_act.data):
            raise BadReceipt("its consents are not those of the act")
        pairs = [(content, _words(of_act.data))]
        pairs += [(one, _consent(event, of_act.data)) for one, event in zip(content["consents"], events, strict=True)]
        pairs += [(one, _ahead(leaf)) for one, leaf in zip(content.get("ahead", []), ahead, strict=True)]
        if any(shown[name] != value for shown, words in pairs for name, value in words.items()):
            raise BadReceipt("its words are not those of the log")
        _check_address(content, of_act)
    except _FAULTS:
        raise BadReceipt("it is no receipt of this registry") from None
    return content


def _content(shown: ReceiptHead, of_act: Proof, events: Sequence[bytes], ahead: Sequence[bytes]) -> dict[str, Any]:
    whose = {} if shown.address is None else {"address": shown.address, "salt": shown.salt.hex()}
    return {
        "format": FORMAT,
        "registry": shown.registry,
        "number": shown.number,
        "masked": shown.masked,
        **whose,
        **_words(of_act.data),
        "stop_by": shown.stop_by,
        "taken_back": shown.taken_back,
        "consents": [_named(shown.brands, _consent(one, of_act.data)) | {"leaf": one.hex()} for one in events],
        **({"ahead": [_ahead(one) | {"leaf": one.hex()} for one in ahead]} if ahead else {}),
        "act": _fields(of_act),
    }


def _named(brands: Mapping[int, Named], consent: dict[str, Any]) -> dict[str, Any]:
    return brands[consent["brand"]]._asdict() | consent


def _words(act: bytes) -> dict[str, Any]:
    leaf = leaves.read_act(act)
    return {
        "recorded": iso(micros(leaf.recorded_at)),
        "by": str(Actor.of(leaf.actor)),
        "door": str(Door.of(leaf.door)),
        "undo": bool(leaf.undoes),
    }


def _consent(event: bytes, act: bytes) -> dict[str, Any]:
    """The content of an event's leaf, in the words of the regulator's lists."""
    leaf = leaves.read(event, act)
    return {
        "brand": leaf.brand,
        "channel": str(Channel.of(leaf.channel)),
        "identity": str(Identity.of(leaf.identity)),
        "status": str(Status.of(leaf.status)),
        "source": str(Source.of(leaf.source)) if leaf.source else None,
        "decided": iso(micros(leaf.decided_at)) if leaf.decided_at else None,
    }


def _ahead(blanket: bytes) -> dict[str, Any]:
    """The content of a standing refusal's leaf; ``refuses``: false where it ends one."""
    leaf = leaves.read_event(blanket)
    if leaf.brand or leaf.status not in (leaves.REFUSES, leaves.ENDS):
        raise ValueError
    return {
        "channel": str(Channel.of(leaf.channel)),
        "identity": str(Identity.of(leaf.identity)),
        "refuses": leaf.status == leaves.REFUSES,
        "source": str(Source.of(leaf.source)),
        "decided": iso(micros(leaf.decided_at)),
    }


def iso(at: int) -> str:
    """Türkiye time of µs, ISO 8601 with offset."""
    return moment(at).astimezone(ISTANBUL).isoformat(timespec="seconds")


def _fields(one: Proof) -> dict[str, Any]:
    return {
        "data": one.data.hex(),
        "place": one.place,
        "size": one.size,
        "path": [digest.hex() for digest in one.path],
    }


def _proof(given: Mapping[str, Any]) -> Proof:
    path = tuple(bytes.fromhex(digest) for digest in given["path"])
    if any(len(digest) != SIZE for digest in path):
        raise ValueError
    return Proof(bytes.fromhex(given["data"]), int(given["place"]), int(given["size"]), path)


def _written(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _signed_part(content: Mapping[str, Any]) -> bytes:
    """A prefix with which no checkpoint begins, and the content."""
    return f"{FORMAT}\n{_written(content)}".encode()


def _read(text: str) -> dict[str, Any]:
    """The file's content, where it is in the one spelling that is written."""
    if len(text) > MOST:
        raise BadReceipt("it is too long for a receipt")
    try:
        content = json.loads(text)
        if not isinstance(content, dict) or content.get("format") != FORMAT or _written(content) != text:
            raise ValueError
    except (ValueError, RecursionError):
        raise BadReceipt("it is no receipt, or it was changed") from None
    return content


def _check_signature(content: Mapping[str, Any], key: LogKey) -> None:
    public = signing_key(content, key, proven=True)
    rest = {name: value for name, value in content.items() if name != "signature"}
    try:
        signature = b64decode(content["signature"], validate=True)
        if b64encode(signature).decode() != content["signature"]:
            raise ValueError
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _signed_part(rest))
    except (InvalidSignature, NoBase64, ValueError, UnicodeEncodeError):
        raise BadReceipt("it was changed, or never signed") from None


def signing_key(content: Mapping[str, Any], key: LogKey, *, proven: bool) -> bytes:
    """The public key that the file names. An earlier one counts only for acts that it signed, and if the log proves
    all about them (``proven``). Errors: BadReceipt."""
    if (named := key.named(content["verifier"])) is None:
        raise BadReceipt("another registry's key signed it")
    if named.public != key.public:
        note = content["checkpoint"]
        if note is None or int(note.split("\n")[1]) > named.size:
            raise BadReceipt("an earlier key signed it, after another one had replaced that")
        # Nothing else shows when it was signed: an old checkpoint, with its cosignatures, fits into a new file too.
        if not proven:
            raise BadReceipt("an earlier key signed it, and not all in it has a proof of the log")
    return named.public


def signed_earlier(content: Mapping[str, Any], key: LogKey) -> bool:
    return bool(content["verifier"] != key.verifier())


def in_log(snapshot: Snapshot, content: Mapping[str, Any]) -> bool:
    _, size, root = content["checkpoint"].split("\n")[:3]
    found = checkpoints.among_sizes(snapshot, {int(size)}).get(int(size))
    return found is not None and b64encode(found.root).decode() == root


def _signed(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def outside(tree: SignedTree | None, wanted: int) -> dict[str, Any]:
    """What others signed of the checkpoint; ``wanted``: how many witnesses shall cosign, 0: none is asked."""
    if tree is None:
        return {}
    counted = {"witnesses": {"wanted": wanted, "cosigned": tree.cosigned}} if wanted else {}
    return counted | ({"stamp": b64encode(tree.stamp).decode()} if tree.stamp else {})


def _signer(key: LogKey) -> dict[str, Any]:
    return {"verifier": key.verifier(), **({CHANGES: list(key.changes)} if key.changes else {})}


def root_of(note: str, key: LogKey) -> bytes:
    if "\nprevious " not in note:
        return signed_trees.head_of(note, key).root
    _, size, root, previous, made, _, signature, *_ = note.split("\n")
    at = datetime.fromisoformat(made.removeprefix("made "))
    checkpoint = Checkpoint(
        int(size),
        b64decode(root, validate=True),
        int(previous.removeprefix("previous ")),
        instants.micros(at),
        b64decode(signature.rpartition(" ")[2], validate=True)[KEY_NUMBER:],
    )
    if key.note(checkpoint) != note or not key.signed(checkpoint):
        raise BadReceipt("its checkpoint was not signed by this key")
    return checkpoint.root


def _check_address(content: Mapping[str, Any], of_act: Proof) -> None:
    """The leaf commits to the file's address, if it has one. Errors: BadReceipt."""
    if "address" not in content:
        return
    salt = bytes.fromhex(content["salt"])
    if sha256(salt + packed(content["address"])).digest()[:COMMITMENT] != leaves.commitment(of_act.data):
        raise BadReceipt("it is not about this number or e-mail")


def prove_movement(snapshot: Snapshot, act: int, event: int, newest: Checkpoint) -> dict[str, Any]:
    """A movement in words, with the proofs of its event and act, of a statement. Errors: LogFault."""
    of_event, of_act = proofs.prove_event(snapshot, event, act), proofs.prove(snapshot, act, newest)
    words = _words(of_act.data) | _consent(of_event.data, of_act.data)
    return words | {"event": _fields(of_event), "act": _fields(of_act)}


def prove_attached(
    snapshot: Snapshot, keyring: Keyring, act: int, content: str, newest: Checkpoint | None
) -> dict[str, Any]:
    """A piece of evidence beside its movement: its ``content`` with the salt, the evidence of the act that names it
    (``note``), and that act's proof, None while the log has not signed it. Errors: LogFault."""
    sealed = history.evidence(snapshot, act)
    proof = _fields(proofs.prove(snapshot, act, newest)) if newest is not None and newest.size >= act else None
    return {"content": content, "note": keyring.unseal_data(sealed or b"").decode(), "act": proof}


def sign_document(keyring: Keyring, content: Mapping[str, Any]) -> str:
    """The file of a STATEMENT, LIST or ANSWER of this registry; ``content`` has its format, and what leads to its
    checkpoint."""
    content = {**content, **_signer(LogKey.of(keyring))}
    signature = keyring.signer().sign(_document_part(content))
    return _written({**content, "signature": b64encode(signature).decode()})


def document_format(text: str) -> str:
    """STATEMENT, LIST or ANSWER, where the text begins as one; "" for anything else."""
    return next((one for one in (STATEMENT, LIST, ANSWER) if text.startswith(f'{{\n "format": "{one}",\n')), "")


def check_document(text: str, key: LogKey) -> dict[str, Any]:
    """The content of a STATEMENT or ANSWER, where this key signed it and the log holds its movements, or of a LIST,
    where this key signed it. Errors: BadReceipt."""
    try:
        content = json.loads(text) if len(text) <= (LIST_MOST if document_format(text) == LIST else MOST) else None
        if not isinstance(content, dict) or not document_format(text) or _written(content) != text:
            raise ValueError
        rest = {name: value for name, value in content.items() if name != "signature"}
        public = signing_key(content, key, proven=_all_proven(content))
        signature = b64decode(content["signature"], validate=True)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _document_part(rest))
        root = root_of(content["checkpoint"], key) if content["checkpoint"] is not None else b""
        for one in content.get("movements", ()):
            if one["act"] is not None:
                _check_movement(one, content, root)
        if content["format"] == ANSWER:
            _check_answers(content)
    except InvalidSignature:
        raise BadReceipt("it was changed, or never signed") from None
    except (*_FAULTS, RecursionError):
        raise BadReceipt("it is no document of this registry, or it was changed") from None
    return content


def _all_proven(content: Mapping[str, Any]) -> bool:
    movements = content.get("movements", ())
    proven = all(part["act"] is not None for one in movements for part in (one, *one.get("attached", ())))
    kind = content["format"]
    return bool(movements) and proven and (kind == STATEMENT or (kind == ANSWER and content["purpose"] == "CONSENT"))


def _check_movement(one: Mapping[str, Any], content: Mapping[str, Any], root: bytes) -> None:
    of_event, of_act = _proof(one["event"]), _proof(one["act"])
    if not check_proof(of_act, root) or not check_proof(of_event, leaves.events_root(of_act.data)):
        raise BadReceipt("a movement is not in the log that was signed")
    words = _words(of_act.data) | _consent(of_event.data, of_act.data)
    if any(one[name] != value for name, value in words.items()):
        raise BadReceipt("its words are not those of the log")
    for piece in one.get("attached", ()):
        _check_attached(piece, of_event, root)
    if content["format"] == ANSWER and "address" not in content:
        return  # of a till, which gave none
    if sha256(bytes.fromhex(content["salt"]) + packed(content["address"])).digest()[:COMMITMENT] != of_event.data[-16:]:
        raise BadReceipt("it is not about this number or e-mail")


def _check_attached(piece: Mapping[str, Any], of_event: Proof, root: bytes) -> None:
    """A piece of evidence leads to a signed act that names it and this movement. Errors: BadReceipt."""
    note = json.loads(piece["note"])
    if sha256(piece["content"].encode()).hexdigest() != note[ATTACHED]:
        raise BadReceipt("attached evidence is not what was recorded")
    if note["event"] != leaves.read_event(of_event.data).id:
        raise BadReceipt("attached evidence is about another movement")
    if piece["act"] is None:
        return  # not signed yet
    of_act = _proof(piece["act"])
    if not check_proof(of_act, root) or leaves.evidence_digest(of_act.data) != sha256(piece["note"].encode()).digest():
        raise BadReceipt("attached evidence is not in the log that was signed")


def _check_answers(content: Mapping[str, Any]) -> None:
    """What it calls answered is what the log holds. Errors: BadReceipt."""
    answered = {(one["channel"], one["identity"], one["answer"]) for one in content["answers"] if one["answer"]}
    logged = {(one["channel"], one["identity"], one["status"]) for one in content["movements"]}
    if content["purpose"] == "CONSENT" and answered != logged:
        raise BadReceipt("its answers are not those of the log")


def packed_document(file: bytes, most: int = LIST_MOST) -> bytes | None:
    """The signed JSON in a zip: of a list's workbook, or of an answer's proof; at most ``most`` bytes of it."""
    return _packed(file, ".json", most)


def packed_stamp(file: bytes) -> bytes | None:
    """The time stamp beside an answer's JSON."""
    return _packed(file, ".json.tsr", MOST)


def _packed(file: bytes, suffix: str, most: int) -> bytes | None:
    try:
        with zipfile.ZipFile(BytesIO(file)) as archive:
            name = next(one for one in archive.namelist() if one.endswith(suffix))
            with archive.open(name) as part:
                return part.read(most + 1)
    except (KeyError, StopIteration, *_NO_ZIP):
        return None


def _document_part(content: Mapping[str, Any]) -> bytes:
    return f"{content['format']}\n{_written(content)}".encode()
