"""One message in hand: sender, number, and reply."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from consents.instants import HOUR
from consents.languages import SOURCE
from consents.people import register
from consents.people.recipients import Recipient
from consents.people.register import Person
from consents.registry import Registry
from consents.store import Transaction
from gateways.received import Received
from optout.phrases import phrase
from optout.refusals import gets_sms
from optout.sms import questions
from optout.sms.questions import Question
from optout.sms.sms_brands import BrandNames
from settings import Settings
from trust import limits
from trust.limits import Limit
from trust.pseudonyms import mark

UNCLEAR_REPLIES, REPLIES = 3, 10  # an hour, to one number: two robots must not talk for ever


class Reply(NamedTuple):
    """``text`` None: no reply; ``secret``: it holds a code; ``unclear``: a person has to read the message; ``changed``:
    something was recorded, which is always reported with the number of the ``act``; codes have a limit of their own,
    other replies ``REPLIES``."""

    text: str | None
    changed: bool = False
    secret: bool = False
    unclear: bool = False
    act: int | None = None


class Talk:
    """The context of one message within its transaction. ``own``: the brand whose number it came to; ``language``: of
    the replies."""

    language = SOURCE

    def __init__(
        self,
        transaction: Transaction,
        registry: Registry,
        settings: Settings,
        names: BrandNames,
        inbound: Received,
        sender: Recipient,
        own: int | None,
    ) -> None:
        self.transaction, self.registry, self.settings = transaction, registry, settings
        self.names, self.inbound, self.sender, self.own = names, inbound, sender, own

    @cached_property
    def person(self) -> Person:
        return register.person(self.registry.keyring, self.sender.address)

    @cached_property
    def question(self) -> Question | None:
        return questions.open_(self.transaction, self.registry.keyring, self.sender.address, self.transaction.now)

    @property
    def gets_sms(self) -> bool:
        return gets_sms(self.sender, self.settings.countries)

    @cached_property
    def evidence(self) -> tuple[bytes, bytes]:
        message = self.inbound
        evidence = {"carrier": message.carrier, "message": message.name, "to": message.to, "text": message.text}
        return self.registry.keyring.seal_evidence(evidence)

    def phrase(self, key: str, **values: object) -> str:
        return phrase(f"sms.{key}", self.language, **values)

    def name(self, brand: int) -> str:
        return self.names.brand(brand).name

    def known(self) -> int | None:
        return register.find(self.transaction, self.registry.keyring, self.person)

    def enrolled(self) -> int:
        return register.acting(self.transaction, self.registry.keyring, self.person)

    def limit(self, purpose: str, most: int, within: int) -> bool:
        """Counts one of these for the sender; False after too many."""
        key = mark(self.registry.keyring, purpose, self.sender.address)
        return limits.take(self.transaction, Limit(key, most, within))

    def may_reply(self, reply: Reply) -> bool:
        """Whether the reply is sent; a change always is, and the question that leads to one."""
        if reply.changed or reply.secret:
            return True
        if reply.text == self.phrase("unclear"):
            return self.limit("sms-unclear", UNCLEAR_REPLIES, HOUR)
        return self.limit("sms-reply", REPLIES, HOUR)
