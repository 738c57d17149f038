"""Reads heads of mails by IMAP, never bodies, on one connection a read. The standard library's client runs in its
own thread; the socket times out after ``SECONDS`` without a byte, and its connection is closed after ``LONGEST`` in
all, so that the thread ends."""

from __future__ import annotations

import asyncio
import imaplib
import re
import socket
import ssl
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from itertools import pairwise
from typing import NamedTuple, TypeVar

from gateways.carrier import Down
from gateways.url import Gateway

SECONDS, LONGEST = 10.0, 60.0
SPAN, SPANS = 200, 100  # numbers of mails that are asked for together; how often in one look
HEAD = 16_384  # bytes of a mail's head that are read
FIELD = 2_000  # characters of a field that are decoded: the library takes quadratic time over some
PORT = 993
_FIELDS = (
    "SUBJECT TO CC DELIVERED-TO X-ORIGINAL-TO ENVELOPE-TO FROM DATE MESSAGE-ID RETURN-PATH AUTO-SUBMITTED CONTENT-TYPE"
)
_WANTED = f"(UID BODY.PEEK[HEADER.FIELDS ({_FIELDS})]<0.{HEAD}>)"
_UID = re.compile(rb"\bUID ([0-9]+)")
_PLACES = ("subject", "to", "cc", "delivered-to", "x-original-to", "envelope-to")

T = TypeVar("T")


class MailPosition(NamedTuple):
    """Numbers up to ``uid`` have been read, while the folder's UIDVALIDITY is ``validity``."""

    validity: int = 0
    uid: int = 0

    @classmethod
    def read(cls, written: str | None) -> MailPosition:
        """The inverse of ``written``; the beginning for anything else."""
        match = re.fullmatch(r"([0-9]+)\.([0-9]+)", written or "")
        return cls(int(match[1]), int(match[2])) if match else cls()

    def written(self) -> str:
        return f"{self.validity}.{self.uid}"


class MailHead(NamedTuple):
    """``sender``: the address alone, "" where unreadable; ``places``: where a token may stand, as written and
    decoded, encodable as UTF-8. ``answers``: from an answering machine or mail server (RFC 3834, RFC 3464)."""

    uid: int
    message_id: str
    date: str
    sender: str
    subject: str
    places: tuple[str, ...]
    answers: bool


class MailPage(NamedTuple):
    """The mails of one span in order, and the position once they are safe; ``more``: there is more."""

    mails: list[MailHead]
    position: MailPosition
    more: bool


async def page(gateway: Gateway, after: MailPosition) -> MailPage:
    return await _bounded(gateway, lambda imap: _page(imap, gateway.path, after))


async def mark(gateway: Gateway, validity: int, seen: Sequence[int], unread: Sequence[int]) -> None:
    """Marks mails for the mailbox's readers: processed as seen, unread ones flagged. Nothing depends on it. Errors:
    carrier.Down."""
    await _bounded(gateway, lambda imap: _mark(imap, gateway.path, validity, seen, unread))


async def _bounded(gateway: Gateway, work: Callable[[imaplib.IMAP4], T]) -> T:
    held: list[imaplib.IMAP4] = []
    running = asyncio.ensure_future(asyncio.to_thread(_work, gateway, work, held))
    try:
        async with asyncio.timeout(LONGEST):
            return await asyncio.shield(running)
    except TimeoutError:
        raise Down("imap too slow") from None
    except Exception as fault:  # any library error; its message may quote the account
        raise Down(f"imap {type(fault).__name__}") from None
    finally:
        if not running.done():
            for imap in held:
                with suppress(OSError):  # not the client's own shutdown: that waits for a reader
                    imap.sock.shutdown(socket.SHUT_RDWR)
            running.add_done_callback(lambda ended: ended.cancelled() or ended.exception())


def _work(gateway: Gateway, work: Callable[[imaplib.IMAP4], T], held: list[imaplib.IMAP4]) -> T:
    if gateway.tls:
        context = ssl.create_default_context()
        imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            gateway.host, gateway.port or PORT, ssl_context=context, timeout=SECONDS
        )
    else:
        imap = imaplib.IMAP4(gateway.host, gateway.port or PORT, timeout=SECONDS)
    held.append(imap)
    try:
        imap.login(gateway.user, gateway.secret)
        return work(imap)
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            imap.logout()
        with suppress(OSError, ValueError):  # a logout that fails leaves the socket open
            imap.shutdown()


def _select(imap: imaplib.IMAP4, folder: str) -> tuple[int, int]:
    status, _ = imap.select(f'"{folder}"')
    if status != "OK":
        raise imaplib.IMAP4.error("no such folder")
    return _number(imap, "UIDVALIDITY"), _number(imap, "UIDNEXT")


def _number(imap: imaplib.IMAP4, name: str) -> int:
    _, found = imap.response(name)
    if not found or found[0] is None:
        raise imaplib.IMAP4.error(f"no {name}")
    try:
        return int(found[0])
    except ValueError:
        raise imaplib.IMAP4.error(f"no {name}") from None


def _page(imap: imaplib.IMAP4, folder: str, after: MailPosition) -> MailPage:
    validity, following = _select(imap, folder)
    last = after.uid if after.validity == validity else 0
    mails: list[MailHead] = []
    for _ in range(SPANS):  # where mails were deleted, whole spans are empty
        if mails or last >= following - 1:
            break
        first, last = last + 1, min(last + SPAN, following - 1)
        mails = _span(imap, first, last)
    return MailPage(mails, MailPosition(validity, last), more=last < following - 1)


def _span(imap: imaplib.IMAP4, first: int, last: int) -> list[MailHead]:
    status, found = imap.uid("FETCH", f"{first}:{last}", _WANTED)
    if status != "OK":
        raise imaplib.IMAP4.error("not fetched")
    mails = [
        _head(int(uid[1]), bytes(part[1]))
        for part, after in pairwise([*found, b""])
        if isinstance(part, tuple) and (uid := _uid_of(part, after))
    ]
    return sorted((mail for mail in mails if first <= mail.uid <= last), key=lambda mail: mail.uid)


def _uid_of(part: tuple[bytes, ...], after: object) -> re.Match[bytes] | None:
    """Matches the number before the head or after it, as servers differ."""
    return _UID.search(part[0]) or (_UID.search(after) if isinstance(after, bytes) else None)


def _head(uid: int, head: bytes) -> MailHead:
    """A head that the library cannot parse is searched for a token as a whole."""
    try:
        return _read(uid, head[:HEAD])
    except Exception:  # RecursionError too: the mail is untrusted, and later mails must still be read
        return MailHead(uid, "", "", "", "", (_written(head[:HEAD].decode("ascii", "surrogateescape")),), answers=False)


def _read(uid: int, head: bytes) -> MailHead:
    fields: dict[str, list[str]] = defaultdict(list)
    for name, value in BytesHeaderParser().parsebytes(head).raw_items():
        fields[name.lower()].append(_written(value))

    def first(name: str) -> str:
        return next(iter(fields[name]), "").strip()

    # As written, because a parser can be led astray by what it should understand.
    bounce = first("content-type").lower().startswith("multipart/report") or first("return-path") == "<>"
    answers = bounce or first("auto-submitted").lower().startswith("auto-replied")
    written = [" ".join(fields[name]) for name in _PLACES if fields[name]]
    places = tuple(dict.fromkeys(place for one in written for place in (_decoded(one), one)))
    sender, subject = _address(first("from")), _decoded(first("subject"))
    return MailHead(uid, first("message-id"), first("date"), sender, subject, places, answers)


def _written(raw: str) -> str:
    """A field on one line; invalid UTF-8 is replaced."""
    return re.sub(r"[\r\n]+", "", raw).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _decoded(field: str) -> str:
    if "=?" not in field:
        return field
    try:
        text = str(make_header(decode_header(field[:FIELD])))
    except Exception:
        return field
    return text.encode("utf-8", "replace").decode()  # UTF-7 can hold half a surrogate pair


def _address(field: str) -> str:
    try:
        return parseaddr(_decoded(field[:FIELD]))[1]
    except Exception:  # comments within comments
        return ""


def _mark(imap: imaplib.IMAP4, folder: str, validity: int, seen: Sequence[int], unread: Sequence[int]) -> None:
    if _select(imap, folder)[0] != validity:
        return  # the numbers mean other mails now
    for uids, flag in ((seen, r"(\Seen)"), (unread, r"(\Flagged)")):
        if uids:
            imap.uid("STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", flag)
