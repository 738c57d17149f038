"""Mails that nobody can read stand between mails that refuse: those are taken, the others wait for a person."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from consents.registry import Registry
from consents.store import StoreUnavailable, Transaction
from gateways.imap import mail_heads
from optout import mailbox_door
from optout.sms import inbound_messages, polling
from tests.citizen.consents.town import CINAR
from tests.optout.links import door
from tests.optout.mail.conftest import Mailroom

DEEP, LONG = "(" * 8_000, '"' * 8_000
HOSTILE = {
    "half a surrogate pair": "Content-Type: =?utf-7?b?KzJBQS0=?=\nSubject: =?utf-7?b?KzJBQS0=?=\n",
    "nested comments": f"Content-Type: {DEEP}\n",
    "nested comments of a sender": f"From: {DEEP}\nReturn-Path: {DEEP}\n",
    "quotes": f"Content-Type: {LONG}\nTo: {LONG}\n",
    "nested addresses": "To: " + "a:" * 4_000 + "\n",
    "encoded words without an end": "Subject: " + "=?a?q?" * 1_300 + "\n",
    "NUL and bytes": "Subject: \x00\x01\udcff\udcfe\nFrom: \udcff\nDate: \x00\n",
    "bad dates": "Date: Sun, 99 Xyz 99999999999999 99:99:99 +9999999\n",
    "a charset that is none": "Subject: =?x-unknown?Q?=41?=\nFrom: =?idna?q?=ff?= <a@b>\n",
    "many fields": "".join(f"To: a{number}@b.example\n" for number in range(500)),
}


def head(mail: str) -> bytes:
    return mail.encode("utf-8", "surrogateescape")


def stands(mailroom: Mailroom, address: str) -> str:
    return door.stands(mailroom.town, address, "EPOSTA", brand=CINAR)


def refuse(mailroom: Mailroom, address: str) -> None:
    mailroom.town.told(address, CINAR, "EPOSTA")
    mailroom.write(f"ret+{mailroom.token(address)}@optout.example", subject=f"RET {address}")


def position(mailroom: Mailroom) -> str | None:
    return mailroom.town.registry.store.read_now(polling.position_of, "imap")


def unread(mailroom: Mailroom) -> list[inbound_messages.Unclear]:
    registry = mailroom.town.registry
    return registry.store.read_now(inbound_messages.unclear, registry.keyring)


def test_each_hostile_mail_waits_for_a_person_and_holds_up_no_refusal(mailroom: Mailroom) -> None:
    refuse(mailroom, "first@example.com")
    for fields in HOSTILE.values():
        mailroom.server.deliver(f"{fields}Message-ID: <{hash(fields)}@x>\n\nbody\n")
    refuse(mailroom, "last@example.com")
    mailroom.look()
    assert [stands(mailroom, f"{which}@example.com") for which in ("first", "last")] == ["RET", "RET"]
    assert len(unread(mailroom)) == len(HOSTILE)
    assert (position(mailroom) or "").endswith(f".{len(HOSTILE) + 2}"), "the place moves past them"
    assert mailroom.server.flags() == ["S", *["F"] * len(HOSTILE), "S"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_that_holds_a_token_refuses_all_the_same(mailroom: Mailroom, name: str) -> None:
    mailroom.town.told("first@example.com", CINAR, "EPOSTA")
    token = mailroom.token("first@example.com")
    mailroom.server.deliver(f"{HOSTILE[name]}Delivered-To: ret+{token}@optout.example\n\nbody\n")
    mailroom.look()
    assert stands(mailroom, "first@example.com") == "RET"


def test_whatever_a_head_holds_it_is_read_quickly() -> None:
    draw = random.Random(7)
    pieces = [
        b"(",
        b'"',
        b"<",
        b">",
        b"@",
        b",",
        b":",
        b"=?",
        b"?q?",
        b"?=",
        b"\\",
        b"\xff",
        b"\x00",
        b"a",
        b" ",
        b"\n ",
    ]
    names = [b"Subject", b"To", b"From", b"Content-Type", b"Message-ID", b"Date", b"Auto-Submitted", b"Return-Path"]
    heads = [head(fields) + b"\n" for fields in HOSTILE.values()]
    for _ in range(60):
        few = draw.sample(pieces, 3)
        heads.append(b"".join(b"%s: %s\n" % (name, b"".join(draw.choices(few, k=6_000))) for name in names) + b"\n")
    began = time.process_time()
    found = [mail_heads._head(number, one) for number, one in enumerate(heads)]
    spent = (time.process_time() - began) / len(heads)
    for mail in found:
        for field in (mail.message_id, mail.date, mail.sender, mail.subject, *mail.places):
            field.encode()
    assert spent < 0.1, "of a second for one mail"


def test_a_head_that_cannot_be_taken_apart_is_searched_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: Any) -> mail_heads.MailHead:
        raise RecursionError

    monkeypatch.setattr(mail_heads, "_read", broken)
    mail = mail_heads._head(3, b"To: ret+token@optout.example\n\n")
    assert (mail.uid, mail.places) == (3, ("To: ret+token@optout.example",))


def breaks_at(monkeypatch: pytest.MonkeyPatch, name: str, subject: str, fault: Exception) -> None:
    """The function ``name`` of the door fails at the mail of this subject."""
    works = getattr(mailbox_door, name)

    def fails(transaction: Transaction, registry: Registry, settings: Any, mail: mail_heads.MailHead) -> Any:
        if mail.subject == subject:
            raise fault
        return works(transaction, registry, settings, mail)

    monkeypatch.setattr(mailbox_door, name, fails)


def test_a_mail_that_breaks_the_program_waits_for_a_person(mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    for which in ("first", "second", "last"):
        refuse(mailroom, f"{which}@example.com")
    breaks_at(monkeypatch, "take", "RET second@example.com", RuntimeError())
    mailroom.look()
    assert [stands(mailroom, f"{which}@example.com") for which in ("first", "second", "last")] == ["RET", "ONAY", "RET"]
    assert [one.text for one in unread(mailroom)] == ["RET second@example.com"]
    assert (position(mailroom) or "").endswith(".3")


@pytest.mark.parametrize("fault", [RuntimeError(), StoreUnavailable("away")], ids=["broken", "away"])
def test_the_place_stays_where_a_mail_could_not_be_recorded(
    mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """Otherwise its refusal would be lost: nobody reads behind the place again."""
    for which in ("first", "second", "last"):
        refuse(mailroom, f"{which}@example.com")
    with monkeypatch.context() as broken:
        for name in ("take", "keep"):
            breaks_at(broken, name, "RET second@example.com", fault)
        if isinstance(fault, StoreUnavailable):
            with pytest.raises(StoreUnavailable):
                mailroom.look()
        else:
            mailroom.look()
            assert stands(mailroom, "last@example.com") == "RET", "the mails behind it are taken"
    assert position(mailroom) is None
    mailroom.look()
    assert [stands(mailroom, f"{which}@example.com") for which in ("first", "second", "last")] == ["RET"] * 3
    assert not unread(mailroom)
