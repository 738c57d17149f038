"""Receives a file: seals each piece before a disk sees it, and keeps it for the worker."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from types import TracebackType
from typing import NamedTuple, Self

from consents.brands import provider_list
from consents.brands.companies import KnownBrand
from consents.keys import Keyring
from consents.queries import loads
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel.audit.change import AuditedWork, Change
from panel.rights import Member
from panel.uploads import upload_pieces, upload_store
from panel.uploads.upload_pieces import PIECE, PieceKind
from panel.uploads.upload_store import NewUpload, PanelFile, UploadState
from providers.api import idempotency
from providers.api.answers import Answer, Refusal
from providers.api.idempotency import RequestKey
from providers.days.days_kept import SealedPieces
from providers.uploads.files.file_header import AS_NAMED, Layout


class UploadOrder(NamedTuple):
    """``brand``: internal id; the date format, whether of old records, and the matching of columns."""

    brand: int
    name: str
    form: str | None
    initial: bool
    layout: Layout = AS_NAMED


class IncomingFile:
    """Takes the portions of one file; use as ``with``, then ``keep``."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._pieces = SealedPieces(PIECE, lambda piece: upload_pieces.sealed(registry.keyring, piece))
        self._digest, self._lines = sha256(), 0
        self._gathered = bytearray()

    async def take(self, portion: bytes) -> None:
        """Adds bytes; sealing runs in a thread."""
        self._gathered += portion
        if len(self._gathered) >= PIECE:
            await asyncio.to_thread(self._write)

    async def keep(self, member: Member, order: UploadOrder, mark: str = "") -> int:
        """Stores the file and starts its dry run; returns its number, the earlier one for a repeated form
        (``mark``). Errors: SentOtherwise."""
        await asyncio.to_thread(self._write)
        store, keyring = self._registry.store, self._registry.keyring
        once = form_key(member, mark, repr(order[:4]).encode() + self._digest.digest())
        if (earlier := await store.read(upload_of_form, keyring, once)) is not None:
            return earlier
        lines = 0 if order.name.lower().endswith((".xlsx", ".xlsm")) else max(self._lines - 1, 1)
        received = self._pieces.size, lines, self._digest.digest(), order.layout
        new = NewUpload(order.brand, member.person.id, order.name, order.form, order.initial, *received)
        number = await store.write(upload_store.begin, keyring, new)
        for place, piece in enumerate(self._pieces.end()):
            await store.write(upload_pieces.put, number, PieceKind.FILE, place, piece)
        return await store.write(AuditedWork(keyring, member.person.id, _received), member, order, number, once)

    def _write(self) -> None:
        portion, self._gathered = bytes(self._gathered), bytearray()
        self._digest.update(portion)
        self._lines += portion.count(b"\n")
        self._pieces.write(portion)

    def __enter__(self) -> Self:
        self._pieces.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pieces.__exit__(kind, error, at)


def ask(change: Change, member: Member, number: int, was: UploadState, to: UploadState, seen: str = "") -> bool:
    """Requests a file's next step and logs it; False where it is not ``was``, or ``seen`` marks no longer its trial."""
    transaction = change.transaction
    file = upload_store.find(transaction, change.keyring, number)
    if (
        file is None
        or (seen and seen != file.seen)
        or not upload_store.move(transaction, number, was, to, member.person.id)
    ):
        return False
    what = {UploadState.LOADING: "file-applied", UploadState.DROPPED: "file-dropped"}.get(to, "file-taken-back")
    if to is UploadState.DROPPED:
        for kind in PieceKind:
            upload_pieces.drop(transaction, number, kind)
    batch = f"batch {file.upload}" if file.upload else ""
    change.note(what, f"upload {number}", was, batch, provider=member.at.id, brand=file.brand)
    return True


def reread(change: Change, member: Member, file: PanelFile, form: str | None, layout: Layout) -> bool:
    """Requests another dry run with these answers and logs it; False where the file waits for none."""
    if not upload_store.reread(change.transaction, change.keyring, file, member.person.id, form, layout):
        return False
    change.note("file-reread", f"upload {file.id}", provider=member.at.id, brand=file.brand)
    return True


def downloaded(change: Change, member: Member, number: int, brand: int) -> None:
    """Logs a download of the refused rows, which hold addresses."""
    change.note("refusals-downloaded", f"upload {number}", provider=member.at.id, brand=brand)


def started(change: Change, brand: KnownBrand, upload: int, initial: bool) -> None:
    """Logged when a command's load begins, so that an interrupted one has its entry. ``upload``: the load's number
    (its ``batch``); table ``upload`` has the file's SHA-256. ``initial``: of old records."""
    after = f"batch {upload} initial" if initial else f"batch {upload}"
    change.note("import-started", f"brand {brand.code}", after=after, brand=brand)


def taken_back(change: Change, upload: int) -> None:
    """Logged with the first part that a command undoes, so that an interrupted undo has its entry."""
    brand = provider_list.brand(change.transaction, loads.brand(change.transaction, upload))
    change.note("import-taken-back", f"brand {brand.code}", after=f"batch {upload}", brand=brand)


def _received(change: Change, member: Member, order: UploadOrder, number: int, once: RequestKey | None) -> int:
    """The number to use: of two simultaneous clicks, the later one's file is discarded."""
    transaction, keyring = change.transaction, change.keyring
    if (earlier := upload_of_form(transaction, keyring, once)) is not None:
        upload_pieces.drop(transaction, number, PieceKind.FILE)
        upload_store.unwanted(transaction, number)
        return earlier
    moved = upload_store.move(transaction, number, UploadState.RECEIVING, UploadState.CHECKING, member.person.id)
    assert moved, f"uploaded file {number} is gone"
    keep_form(transaction, keyring, once, number)
    change.note("file-uploaded", f"upload {number}", provider=member.at.id, brand=order.brand)
    return number


class SentOtherwise(Exception):
    """The form of this mark was sent with other content."""


def form_key(member: Member, mark: str, content: bytes) -> RequestKey | None:
    """The stored form of a mark and its content; None without a mark."""
    if not mark:
        return None
    name = f"panel {member.person.id} {member.at.id} {mark}"
    return RequestKey(sha256(name.encode()).digest(), sha256(content).digest())


def upload_of_form(snapshot: Snapshot, keyring: Keyring, once: RequestKey | None) -> int | None:
    """The file of the same form. Errors: SentOtherwise."""
    if once is None:
        return None
    try:
        answer = idempotency.previous_response(snapshot, keyring, once)
    except Refusal:
        raise SentOtherwise from None
    return None if answer is None else int(answer.content["upload"])


def keep_form(transaction: Transaction, keyring: Keyring, once: RequestKey | None, number: int) -> None:
    """Records which file a form has sent."""
    if once is not None:
        idempotency.keep(transaction, keyring, once, Answer(303, {"upload": number}))
