"""People who refuse by SMS, through a carrier that posts each message until the site takes it, and what is kept of it.

Each sender has phones of his own and is answered before his carrier posts again; so of each message there must be one
row, of each refusal one act, and of each answer one message on its way, however often it was posted.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from consents.brands import companies
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Channel, Identity
from tests.conftest import SECRET
from tests.consents.conftest import furnish
from tests.crash.journal import Promises
from tests.crash.oracle import ACTS, EVENTS, RET, Ask, Findings, Row, faults
from tests.crash.rounds import DATABASE
from tests.crash.visitors import HOST, REPEATS, answer, until_gone

HOOK_SECRET = "a-path-that-nobody-knows-but-the-carrier"
# Nobody listens on the discard port: what is to be sent waits in the outbox.
SETTINGS = {"SMS_GATEWAY": f"verimor://izin:parola@{HOST}:9?from=IZIN&scheme=http", "HOOK_SECRET": HOOK_SECRET}
NUMBERS = [f"+9053200000{last:02}" for last in range(96)]
SENDERS = 12
MOST_AT_ONCE = 3  # messages in one push
BRANDS = {"DENIZ": 600111, "KAVAK": 600112, "LALE": 600113, "ORNEK": 600114, "PAPATYA": 600115, "SELVI": 600116}
WORDS = {Channel.MESAJ: "", Channel.ARAMA: " ARAMA"}  # after RET and the brand's name

MESSAGES = "SELECT name, reply FROM inbound_message WHERE carrier = 'verimor'"
REPLIES = "SELECT sealed FROM outbox WHERE kind = 'sms'"
PEOPLE = "SELECT id, sealed FROM recipient"
EVIDENCE = "SELECT evidence FROM act"


class Message(NamedTuple):
    """One SMS. ``name``: the carrier's id for it; ``brand``: internal id; ``channel``: code."""

    name: str
    number: str
    text: str
    brand: int
    channel: int

    def pushed(self) -> dict[str, str]:
        """As Verimor posts it."""
        return {
            "message_id": self.name,
            "type": "inbound",
            "source_addr": self.number[1:],
            "destination_addr": "908505550000",
            "content": self.text,
            "received_at": "2026-11-25T12:00:00",
        }


class Sender:
    """Some phones, and their carrier. ``asked``: the push that was not answered; ``answered``: messages by name."""

    def __init__(self, place: int, numbers: Sequence[str], brands: dict[str, int]) -> None:
        self.numbers, self.brands = numbers, brands
        self.answered: dict[str, Message] = {}
        self.asked: list[Message] = []
        self._names = itertools.count(1_000_000 * (place + 1))

    @property
    def sent(self) -> list[Message]:
        """All that ever left a phone."""
        return [*self.answered.values(), *(message for message in self.asked if message.name not in self.answered)]

    async def press(self, port: int, dice: random.Random, spoken: Promises) -> None:
        """Sends messages by chance until the site is gone; first what it has not answered before it was killed."""
        await until_gone(
            port, lambda reader, writer: self._post(reader, writer, self.asked or self._next(dice), spoken)
        )

    async def ask_again(self, port: int) -> None:
        """Posts once more what was not answered."""
        reader, writer = await asyncio.open_connection(HOST, port)
        if self.asked:
            await self._post(reader, writer, self.asked, Promises())
        writer.close()

    async def _post(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, push: list[Message], spoken: Promises
    ) -> None:
        fresh = {message.name: message for message in push if message.name not in self.answered}
        self.asked = push
        spoken.begun |= fresh.keys()
        writer.write(request(push))
        told = await answer(reader)
        assert told.startswith(b"HTTP/1.1 200 "), told.decode(errors="replace")
        self.asked = []
        self.answered |= fresh
        spoken.recorded |= dict.fromkeys(fresh, (None, []))

    def _next(self, dice: random.Random) -> list[Message]:
        """What was answered already, as carriers do who did not hear it; or new messages."""
        if self.answered and dice.random() < REPEATS:
            return [dice.choice(list(self.answered.values()))]
        return [self._message(dice) for _ in range(dice.randint(1, MOST_AT_ONCE))]

    def _message(self, dice: random.Random) -> Message:
        name, channel = dice.choice(list(self.brands)), dice.choice(list(WORDS))
        text = f"RET {name}{WORDS[channel]}"
        return Message(str(next(self._names)), dice.choice(self.numbers), text, self.brands[name], channel.code)


@dataclass
class Phones:
    """A folder with a registry that knows brands and nobody's number; its keys open what the site seals."""

    folder: Path
    keyring: Keyring
    brands: dict[str, int]  # name -> internal id

    def visitors(self) -> list[Sender]:
        return [Sender(place, NUMBERS[place::SENDERS], self.brands) for place in range(SENDERS)]

    def examine(self, ask: Ask, senders: Iterable[Sender]) -> Findings:
        """Compares the database that ``ask`` queries with what was sent and what of it was answered."""
        return _examine(ask, self.keyring, list(senders))


def settle(folder: Path) -> Phones:
    """Fills the empty registry in ``folder``."""
    with Registry.open(f"sqlite:///{folder / DATABASE}", SECRET) as registry:
        furnish(registry)
        return Phones(folder, registry.keyring, registry.store.write_now(add_brands))


def add_brands(transaction: Transaction) -> dict[str, int]:
    """BRANDS, of a registry that has the companies of ``furnish``: name -> internal id."""
    found = {}
    for name, code in BRANDS.items():
        companies.add_brand(transaction, 600100, code, name.title(), names=(name,))
        brand = companies.known_brand(transaction, code)
        assert brand
        found[name] = brand.id
    return found


def _examine(ask: Ask, keyring: Keyring, senders: list[Sender]) -> Findings:
    acts, events = ask(ACTS), ask(EVENTS)
    findings = Findings(broken=faults(ask, acts, events))
    sent = {message.name: message for sender in senders for message in sender.sent}
    answered = {name for sender in senders for name in sender.answered}
    kept = ask(MESSAGES)
    rows = Counter(name for name, _ in kept)
    findings.lost += [f"message {name} was taken and is not there" for name in answered - rows.keys()]
    findings.doubled += [f"message {name} has {count} rows" for name, count in rows.items() if count > 1]
    findings.broken += [f"nobody sent message {name}" for name in rows.keys() - sent.keys()]
    findings.kept_untold = rows.keys() - answered
    there = [sent[name] for name in rows if name in sent]
    _compare_acts(findings, ask, keyring, rows)
    _compare_refusals(findings, ask, keyring, there, events)
    _compare_replies(findings, ask, keyring, [(sent[name].number, reply) for name, reply in kept if name in sent])
    return findings


def _compare_acts(findings: Findings, ask: Ask, keyring: Keyring, rows: Counter[str]) -> None:
    """At most one act a message, and none without its message."""
    causes = Counter(keyring.unseal_evidence(evidence)["message"] for (evidence,) in ask(EVIDENCE))
    findings.doubled += [f"message {name} has {count} acts" for name, count in causes.items() if count > 1]
    findings.broken += [f"act of message {name}, which is not there" for name in causes.keys() - rows.keys()]


def _compare_refusals(findings: Findings, ask: Ask, keyring: Keyring, there: list[Message], events: list[Row]) -> None:
    """One event for each identity of what the messages refuse, however often they say so; and nothing else."""
    recipients = {keyring.unseal(sealed): number for number, sealed in ask(PEOPLE)}
    wanted = {
        (recipients.get(message.number), message.brand, message.channel, identity.code)
        for message in there
        for identity in Identity
    }
    refused = Counter(event[1:5] for event in events if event[5] == RET)
    findings.lost += [f"{key} is not refused" for key in wanted - refused.keys()]
    findings.doubled += [f"{key} was refused {count} times" for key, count in refused.items() if count > 1]
    findings.broken += [f"nobody refused {event}" for event in events if event[1:5] not in wanted or event[5] != RET]


def _compare_replies(findings: Findings, ask: Ask, keyring: Keyring, kept: list[tuple[str, bytes | None]]) -> None:
    """What a message was answered is on its way, once."""
    due = Counter((to, keyring.unseal_evidence(reply)["text"]) for to, reply in kept if reply)
    told = (keyring.unseal_evidence(sealed) for (sealed,) in ask(REPLIES))
    posted = Counter((one["to"], one["text"]) for one in told)
    findings.lost += [f"a reply to {to} is not there" for to, _ in (due - posted).elements()]
    findings.doubled += [f"a reply to {to} too many" for to, _ in (posted - due).elements()]


def request(push: list[Message]) -> bytes:
    body = json.dumps([message.pushed() for message in push]).encode()
    lines = [
        f"POST /hooks/verimor/{HOOK_SECRET} HTTP/1.1",
        f"host: {HOST}",
        "content-type: application/json",
        f"content-length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
