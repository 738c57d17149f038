"""Reads the heads of mails by IMAP: a connection for each look, every wait bounded, no body ever fetched.

The standard library's client works in a thread of its own. Its socket gives up after ``SECONDS`` without a byte; what
takes longer than ``LONGEST`` in all, as a server that sends a byte now and then, has its connection taken away, so that
the thread ends too.
"""

from __future__ import annotations

import asyncio
import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import pairwise
from typing import NamedTuple, TypeVar

from gateways.carrier import Down
from gateways.url import Gateway

SECONDS, LONGEST = 10.0, 60.0
SPAN, SPANS = 200, 100  # numbers of mails that are asked for together; how often in one look
HEAD = 16_384  # bytes of a mail's head that are read
PORT = 993
_FIELDS = (
    "SUBJECT TO CC DELIVERED-TO X-ORIGINAL-TO ENVELOPE-TO FROM DATE MESSAGE-ID RETURN-PATH AUTO-SUBMITTED CONTENT-TYPE"
)
_WANTED = f"(UID BODY.PEEK[HEADER.FIELDS ({_FIELDS})]<0.{HEAD}>)"
_UID = re.compile(rb"\bUID ([0-9]+)")
_PLACES = ("Subject", "To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")

T = TypeVar("T")


class MailPosition(NamedTuple):
    """Up to where a folder has been read: all numbers up to ``uid``, while the folder's numbers are those of
    ``validity`` (UIDVALIDITY)."""

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
    """What is read of a mail. ``places``: where a token may stand, decoded, none longer than the head.

    ``answers``: an answering machine or a mail server wrote it (RFC 3834, RFC 3464), not a person or his mail program.
    """

    uid: int
    message_id: str
    date: str
    sender: str
    subject: str
    places: tuple[str, ...]
    answers: bool


class MailPage(NamedTuple):
    """The mails of one span in order, and from where to read on once all of them are safe; ``more``: there is more."""

    mails: list[MailHead]
    position: MailPosition
    more: bool


async def page(gateway: Gateway, after: MailPosition) -> MailPage:
    """The next mails of the folder. Errors: carrier.Down."""
    return await _bounded(gateway, lambda imap: _page(imap, gateway.path, after))


async def mark(gateway: Gateway, validity: int, seen: Sequence[int], unread: Sequence[int]) -> None:
    """For whoever opens the mailbox: what was understood is seen, what a person has to read is flagged.

    Nothing depends on it. Errors: carrier.Down.
    """
    await _bounded(gateway, lambda imap: _mark(imap, gateway.path, validity, seen, unread))


async def _bounded(gateway: Gateway, work: Callable[[imaplib.IMAP4], T]) -> T:
    held: list[imaplib.IMAP4] = []
    running = asyncio.ensure_future(asyncio.to_thread(_work, gateway, work, held))
    try:
        async with asyncio.timeout(LONGEST):
            return await asyncio.shield(running)
    except TimeoutError:
        raise Down("imap too slow") from None
    except (OSError, ValueError, imaplib.IMAP4.error) as fault:  # the server's own words may repeat the account
        raise Down(f"imap {type(fault).__name__}") from None
    finally:
        if not running.done():
            for imap in held:
                with suppress(OSError):  # not the client's own shutdown: that waits for whoever reads
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
    """(UIDVALIDITY, UIDNEXT) of the folder."""
    said, _ = imap.select(f'"{folder}"')
    if said != "OK":
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
    said, found = imap.uid("FETCH", f"{first}:{last}", _WANTED)
    if said != "OK":
        raise imaplib.IMAP4.error("not fetched")
    mails = [
        _head(int(uid[1]), bytes(part[1]))
        for part, after in pairwise([*found, b""])
        if isinstance(part, tuple) and (uid := _uid_of(part, after))
    ]
    return sorted((mail for mail in mails if first <= mail.uid <= last), key=lambda mail: mail.uid)


def _uid_of(part: tuple[bytes, ...], after: object) -> re.Match[bytes] | None:
    """A server may give the number before the head or after it."""
    return _UID.search(part[0]) or (_UID.search(after) if isinstance(after, bytes) else None)


def _head(uid: int, head: bytes) -> MailHead:
    mail = message_from_bytes(head[:HEAD], policy=policy.default)
    assert isinstance(mail, EmailMessage)
    kind, auto = _text(mail, "Content-Type").lower(), _text(mail, "Auto-Submitted").lower()
    bounce = kind.startswith("multipart/report") or _text(mail, "Return-Path").strip() == "<>"
    places = tuple(value for name in _PLACES if (value := _all(mail, name)))
    message_id, date, sender, subject = (_text(mail, name) for name in ("Message-ID", "Date", "From", "Subject"))
    answers = auto.strip().startswith("auto-replied") or bounce
    return MailHead(uid, message_id, date, sender, subject, places, answers)


def _text(mail: EmailMessage, name: str) -> str:
    """The first field of a name; "" where there is none, or none that Python can read."""
    return next(iter(_values(mail, name)), "")


def _all(mail: EmailMessage, name: str) -> str:
    return " ".join(_values(mail, name))


def _values(mail: EmailMessage, name: str) -> list[str]:
    try:
        return [str(value) for value in mail.get_all(name) or []]
    except Exception:  # whatever a forged field does to the library's parser, it is as good as missing
        return [str(value) for key, value in mail.raw_items() if key.lower() == name.lower()]


def _mark(imap: imaplib.IMAP4, folder: str, validity: int, seen: Sequence[int], unread: Sequence[int]) -> None:
    if _select(imap, folder)[0] != validity:
        return  # the numbers mean other mails now
    for uids, flag in ((seen, r"(\Seen)"), (unread, r"(\Flagged)")):
        if uids:
            imap.uid("STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", flag)
