"""Çınar with a published form, and what it asks: for tests of requests."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import text

from asking import answering, forms, open_questions, request_store, starting, tills, words
from asking.answering import RequestAnswer, RequestAnswered
from asking.forms import FormTexts
from asking.request_states import RequestMethod, RequestPurpose
from asking.request_store import AskedRequest
from asking.starting import AskFault, NewAsk, Started
from asking.tills import AskingTill
from citizen.asked import question_actions
from consents.brands.book import BrandEntry
from consents.people import recipients
from consents.registry import Registry
from consents.store import Statement, Transaction, Value
from consents.terms import Channel, Identity, Source
from gateways.outbox import outbox
from settings import Settings, load
from tests.conftest import SECRET
from tests.optout.sms.conftest import CINAR, furnish
from trust import pseudonyms
from trust.codes.codes import Ask, CodeOutcome
from trust.codes.pending import Purpose

NOTICE = "https://cinar.example/aydinlatma"
_STATUS: Value[int] = Statement(
    text(
        "SELECT c.status FROM consent c JOIN brand b ON b.id = c.brand JOIN recipient r ON r.id = c.recipient "
        "WHERE r.sealed = :sealed AND b.code = :brand AND c.channel = :channel AND c.identity = :identity"
    )
)


class Shop:
    """One registry with Çınar's forms: of SMS and calls, and of e-mail. ``furnished``: Çınar is there already."""

    def __init__(self, registry: Registry, settings: Settings | None = None, *, furnished: bool = False) -> None:
        self.registry = registry
        self.settings = settings or load({"SECRET_KEY": SECRET})
        if not furnished:
            registry.store.write_now(furnish)
        self.form = self.publish(Channel.ARAMA, Channel.MESAJ)
        self.mail_form = self.publish(Channel.EPOSTA)

    @property
    def now(self) -> int:
        return self.registry.store.now()

    def brand(self, code: int = CINAR) -> BrandEntry:
        book = self.registry.store.read_now(self.registry.brands.book, self.now)
        return next(one for one in book.brands if one.code == code)

    def publish(self, *channels: Channel, brand: int = CINAR, identity: Identity = Identity.BIREYSEL) -> int:
        return self.registry.store.write_now(self._publish, self.brand(brand).id, channels, identity)

    @staticmethod
    def _publish(transaction: Transaction, brand: int, channels: tuple[Channel, ...], identity: Identity) -> int:
        form = forms.make(transaction, brand)
        texts = FormTexts("Çınar", forms.bits(channels), identity.code, "Haftada bir indirim.", NOTICE)
        number = forms.draft(transaction, form, texts)
        assert forms.submit(transaction, form, number)
        assert forms.publish(transaction, form, number)
        return form

    def publish_anew(self, promise: str) -> None:
        """A new version of the form of SMS and calls."""

        def work(transaction: Transaction) -> None:
            stands = forms.published(transaction, self.form)
            assert stands is not None
            number = forms.draft(transaction, self.form, stands.texts._replace(promise=promise))
            assert forms.submit(transaction, self.form, number)
            assert forms.publish(transaction, self.form, number)

        self.registry.store.write_now(work)

    def till(self, form: int | None = 0, kind: str = tills.TILL) -> str:
        """The key of a new till or poster; ``form``: what it asks, 0 for SMS and calls, None to verify alone."""
        asks = self.form if form == 0 else form
        return self.registry.store.write_now(tills.make, self.brand().id, kind, asks, "Kasa 1")[1]

    def ask(self, to: str, method: str = "SMS_OTP", *channels: str, **more: Any) -> Started | AskFault:
        """Asks for a consent; ``channels``: SMS without any."""
        wanted = tuple(map(Channel, channels or ("MESAJ",)))
        ask = NewAsk(
            more.pop("company", self.brand().company),
            more.pop("brand", self.brand()),
            RequestPurpose.CONSENT,
            RequestMethod[method],
            recipients.parse(to) if to else None,
            **{"form": self.form, "channels": forms.bits(wanted), **more},
        )
        return self.registry.store.write_now(starting.start, self.registry, self.settings, ask)

    def verify(self, to: str, method: str = "SMS_OTP", **more: Any) -> Started | AskFault:
        ask = NewAsk(
            self.brand().company, self.brand(), RequestPurpose.VERIFY, RequestMethod[method],
            recipients.parse(to) if to else None, **more,
        )  # fmt: skip
        return self.registry.store.write_now(starting.start, self.registry, self.settings, ask)

    def request(self, started: Started | AskFault) -> AskedRequest:
        assert isinstance(started, Started), started
        found = self.registry.store.read_now(request_store.by_public, self.registry.keyring, started.public)
        assert found is not None
        return found

    def type(self, started: Started | AskFault, digits: str, purpose: str = "CONSENT") -> RequestAnswered:
        """The company types a code."""
        return self.registry.store.write_now(
            answering.by_code,
            self.registry,
            self.settings,
            self.brand(),
            self.request(started),
            RequestPurpose[purpose],
            digits,
        )

    def answers(self, started: Started | AskFault, yes: int, no: int = 0, who: str = "", **how: str) -> RequestAnswered:
        """The recipient answers on a page or by SMS; ``who`` proved the address, where it is not the one asked."""
        request = self.request(started)
        answer = RequestAnswer(yes, no, Source.IYS_WEB, {"by": "page", **how})
        recipient = recipients.parse(who or request.address)
        return self.registry.store.write_now(
            answering.record, self.registry, self.settings, self.brand(), request, recipient, answer
        )

    def asking_till(self, form: int | None = None) -> AskingTill:
        """A new till of Çınar, which asks with this form."""
        number, _ = self.registry.store.write_now(tills.make, self.brand().id, tills.TILL, form, "Kasa 2")
        found = self.registry.store.read_now(tills.by_id, number)
        assert found is not None
        return found

    def browser(self, name: str) -> bytes:
        """What binds a code to a browser."""
        return pseudonyms.mac(self.registry.keyring, "a test's browser", name.encode())

    def page_code(self, key: str, address: str, browser: str, network: int = 1) -> CodeOutcome:
        """A browser types an address on the page of a poster, and presses send."""
        word = words.of_poster(key)
        question = self.registry.store.read_now(open_questions.find, self.registry, word, self.now)
        assert question is not None
        wish = Ask(self.browser(browser), Purpose.REQUEST, address, f"198.51.{network}.1")
        arguments = self.registry, self.settings, wish, question, "tr"
        return self.registry.store.write_now(question_actions.ask_code, *arguments).outcome

    def messages(self, to: str) -> list[str]:
        """What was sent to this address, the newest first."""
        found = self.registry.store.read_now(outbox.readable, self.registry.keyring, 400)
        return [one.text for one in found if one.to == to]

    def digits(self, to: str) -> str:
        found = re.search(r"(?<!\d)(\d{6})(?!\d)", self.messages(to)[0])
        assert found is not None, self.messages(to)
        return found[1]

    def status(self, address: str, channel: str = "MESAJ", identity: str = "BIREYSEL") -> int | None:
        sealed = self.registry.keyring.seal(address)
        values = {"channel": Channel(channel).code, "identity": Identity(identity).code}
        return self.registry.store.read_now(
            lambda snapshot: snapshot.value(_STATUS, {"sealed": sealed, "brand": CINAR, **values})
        )
