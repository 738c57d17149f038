"""Starts a request: checks what may be asked, of whom and how often, and posts the message in the same transaction."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Container
from typing import NamedTuple
from urllib.parse import quote

from asking import forms, message_texts, request_store, tills, words
from asking.forms import Version
from asking.message_texts import Asking, RequestMessage
from asking.request_states import BY_MAIL, BY_SMS, CODES, LASTS, WORDS, RequestEvent, RequestMethod, RequestPurpose
from asking.request_store import NewRequest
from asking.tables import UNANSWERED_KEPT
from asking.tills import AskingTill
from consents import blankets
from consents.brands import companies, packages, provider_states
from consents.brands.book import BrandEntry
from consents.channels import OF_CODE
from consents.instants import DAY, MINUTE
from consents.people import register
from consents.people.recipients import AddressKind, Recipient
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from consents.terms import Identity
from gateways.carrier import Kind
from gateways.outbox import outbox
from settings import Settings
from trust import limits
from trust.codes import reach
from trust.codes.limits import code_budgets, code_limits
from trust.codes.limits.code_budgets import Spender
from trust.codes.reach import MAIL, SMS
from trust.limits import Limit
from trust.pseudonyms import mark

GAP = 3 * MINUTE  # between two requests of a brand to one recipient (İYS H465)
A_DAY, ALL_A_DAY = 2, 5  # requests to a recipient: of a brand (İYS H453), of all brands
WRONG_A_DAY = 100  # wrong codes of one company: more would be guessing
OF_TILL = 40  # requests of a till in ten minutes
PAGE = "/o"  # of what a recipient answers


class AskFault(NamedTuple):
    """Why nothing was asked: İYS's code."""

    code: str


class Started(NamedTuple):
    """``public``: the request's UUID; ``word``: what a till shows, "" for the other methods."""

    id: int
    public: str
    word: str = ""


class NewAsk(NamedTuple):
    """``form``: None to verify; ``channels``: one bit each; ``program``: the API key that asks."""

    company: int
    brand: BrandEntry
    purpose: RequestPurpose
    method: RequestMethod
    recipient: Recipient | None
    form: int | None = None
    channels: int = 0
    identity: int = Identity.BIREYSEL.code
    till: AskingTill | None = None
    program: int | None = None


def start(
    transaction: Transaction, registry: Registry, settings: Settings, ask: NewAsk, known: Container[str] = ()
) -> Started | AskFault:
    """``known``: names of brands, which no word may be. A recipient who refuses to be asked, or holds a standing
    refusal of the channels, gets no message; the company gets the same answer as ever, or it would learn their
    choice."""
    if ask.brand.company != ask.company:
        return AskFault("H1014")
    version = None
    if ask.purpose is RequestPurpose.CONSENT:
        found = form_of(transaction, ask)
        if isinstance(found, AskFault):
            return found
        if standing := provider_states.of_brand(transaction, ask.brand.id).code:
            return AskFault(standing)
        version = found
    if ask.recipient is not None:
        fault = _unfit(settings, ask, ask.recipient) or _too_often(transaction, registry, ask, ask.recipient)
        if fault:
            return fault
    elif ask.method not in WORDS:
        raise ValueError("a request by message needs its recipient")
    # A poster asks nobody by itself: its request starts with the answer of somebody who proved an address.
    if ask.method is RequestMethod.TILL and ask.till is not None and not _till_may(transaction, registry, ask.till):
        return AskFault("H453")
    return _begin(transaction, registry, settings, ask, version, known)


def share(registry: Registry, settings: Settings, by: Kind, company: int, *, page: bool = False) -> Limit:
    """What one company may send of a day's budget: its requests, or the codes that strangers ask for on its pages."""
    name, percent = f"{company} page" if page else str(company), settings.request_share_percent
    return code_budgets.part(registry.keyring, settings, by, Spender.REQUEST, name, percent)


def form_of(transaction: Transaction, ask: NewAsk) -> Version | AskFault:
    """The published version that is asked with."""
    head = None if ask.form is None else forms.find(transaction, ask.form)
    if head is None or head.ended_at is not None or ask.brand.closed:
        return AskFault("H1055")
    if head.brand != ask.brand.id:
        own = {one.id for one in companies.brands_of(transaction, ask.company)}
        return AskFault("H1054" if head.brand in own else "H1062")
    version = forms.published(transaction, head.id)
    if version is None:
        return AskFault("H1000")
    texts = version.texts
    if ask.channels & ~texts.channels or not ask.channels or ask.identity != texts.identity:
        return AskFault("H1054")
    return version


def _unfit(settings: Settings, ask: NewAsk, recipient: Recipient) -> AskFault | None:
    """Whether method, channels and address belong together, and a message may go there."""
    mail = recipient.kind is AddressKind.EMAIL
    if ask.method in BY_MAIL and not mail:
        return AskFault("H1027")
    if ask.method in BY_SMS and (mail or not recipient.assigned or not _takes_sms(settings, recipient)):
        return AskFault("H1026")
    if ask.purpose is RequestPurpose.CONSENT:
        wanted = forms.channels_in(ask.channels)
        if any(OF_CODE[one.code].mail is not mail for one in wanted):
            return AskFault("H1086")
    return None


def _takes_sms(settings: Settings, recipient: Recipient) -> bool:
    """As of sign-in codes: a number of a country to which none go costs money and proves little."""
    return reach.reach(recipient.address, settings.countries).by == SMS


def _too_often(transaction: Transaction, registry: Registry, ask: NewAsk, recipient: Recipient) -> AskFault | None:
    keyring, address, brand = registry.keyring, recipient.address, ask.brand.id
    if ask.method in WORDS:
        return None  # a till's own limit counts these: no message leaves
    since = transaction.now - GAP
    if request_store.any_live(transaction, keyring, address, brand, ask.purpose, since):
        return AskFault("H465")
    if (
        ask.method in CODES
        and limits.used(transaction, wrong_codes(registry, ask.company), transaction.now) >= WRONG_A_DAY
    ):
        return AskFault("H1031")
    if credit_left(transaction, ask.company, transaction.now) == 0:
        return AskFault("H1015")
    of_brand, _ = asked_of(registry, brand, ask.purpose, address)
    return None if limits.take(transaction, of_brand) else AskFault("H453")


def asked_of(
    registry: Registry, brand: int, purpose: RequestPurpose, address: str, *, page: bool = False
) -> tuple[Limit, Limit]:
    """What counts a question to this address, or a code of a ``page``: of the brand, of all brands."""
    asked = "page code" if page else "asked"
    return (
        Limit(mark(registry.keyring, f"{asked} by brand", f"{brand} {purpose:d} {address}"), A_DAY, DAY),
        Limit(mark(registry.keyring, f"{asked} by all", address), ALL_A_DAY, DAY),
    )


def credit_left(snapshot: Snapshot, company: int, now: int) -> int | None:
    """How many requests by message the company may still start now: in thirty days as many as its package holds
    addresses; None without a limit. Each counts, also unanswered ones, so that it shows nothing of the recipients."""
    held = packages.get(snapshot, company)
    if held is None or held.package.addresses is None:
        return None
    return max(0, held.package.addresses - request_store.asked_by(snapshot, company, now - UNANSWERED_KEPT))


def wrong_codes(registry: Registry, company: int) -> Limit:
    return Limit(mark(registry.keyring, "wrong request codes", str(company)), WRONG_A_DAY, DAY)


def _till_may(transaction: Transaction, registry: Registry, till: AskingTill) -> bool:
    limit = Limit(mark(registry.keyring, "till asks", str(till.id)), OF_TILL, 10 * MINUTE)
    if not limits.take(transaction, limit):
        return False  # the question that is open stays so
    earlier = request_store.of_till(transaction, registry.keyring, till.id, transaction.now - LASTS[RequestMethod.TILL])
    if earlier is not None and earlier.live(transaction.now):  # a till asks one person at a time
        request_store.move(transaction, earlier, RequestEvent.CANCEL)
    return True


def _begin(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    ask: NewAsk,
    version: Version | None,
    known: Container[str],
) -> Started | AskFault:
    keyring, recipient = registry.keyring, ask.recipient
    public = str(uuid.uuid4())
    digits, word, message, silent, erased = "", "", None, False, False
    asking = asking_of(ask.brand, version, ask.channels)
    if recipient is not None and ask.method not in WORDS:
        mail = ask.method in BY_MAIL
        kind: Kind = MAIL if mail else SMS
        # Alike for those who are not asked: an error for the others alone would name them.
        room = code_budgets.left(transaction, keyring, settings, kind, Spender.REQUEST)
        own = share(registry, settings, kind, ask.company)
        if not room or not code_budgets.take_part(transaction, own, ask.brand.company_code):
            return AskFault("H1031")
        wanted, erased = _may_be_asked(transaction, registry, ask, recipient.address)
        # An error for the limit over all brands would show the company that others asked.
        _, of_all = asked_of(registry, ask.brand.id, ask.purpose, recipient.address)
        silent = limits.used(transaction, of_all, transaction.now) > of_all.room or not wanted
        # What does not leave takes no place of a question that its recipient wants.
        limits.take(transaction, code_limits.unread(keyring, recipient.address) if silent else of_all)
        if ask.method in CODES:
            digits = f"{secrets.randbelow(10**6):06}"
            message = message_texts.code(settings, asking, ask.purpose, digits, mail=mail)
        else:
            word = secrets.token_urlsafe(9)
            page = f"{settings.public_url}{PAGE}/{quote(word)}"
            message = message_texts.link(settings, asking, ask.purpose, page, mail=mail)
    elif ask.method in WORDS:
        word = words.draw(known)
        while _is_used(transaction, registry, word):
            word = words.draw(known)
    posted = None
    if message is not None and recipient is not None:
        posted = _post(transaction, registry, settings, recipient, message, ask.method, silent=silent)
    number = request_store.start(
        transaction,
        keyring,
        NewRequest(
            public,
            ask.company,
            ask.brand.id,
            None if version is None else version.form,
            None if version is None else version.number,
            ask.purpose,
            ask.method,
            ask.channels,
            ask.identity,
            "" if recipient is None else recipient.address,
            request_store.digits_mark(keyring, public, ask.purpose, recipient.address, digits)
            if digits and recipient is not None
            else None,
            request_store.word_digest(keyring, word) if word else None,
            silent,
            "" if message is None else message.shown,
            None if ask.till is None else ask.till.id,
            ask.program,
            posted,
            erased,
        ),
    )
    return Started(number, public, word if ask.method in WORDS else "")


def asking_of(brand: BrandEntry, version: Version | None, channels: int, language: str = "tr") -> Asking:
    """What messages and pages about a request name."""
    if version is None:
        return Asking(brand, brand.title, "", "", channels, language)
    texts = version.texts
    merchant = texts.identity == Identity.TACIR.code
    return Asking(brand, texts.title, texts.promise, texts.notice, channels, language, merchant)


def _is_used(snapshot: Snapshot, registry: Registry, word: str) -> bool:
    asked = request_store.by_word(snapshot, registry.keyring, word, registry.store.now())
    return asked is not None or tills.by_word(snapshot, word) is not None


def _may_be_asked(transaction: Transaction, registry: Registry, ask: NewAsk, address: str) -> tuple[bool, bool]:
    """(whether a message may go there, whether its person was erased). Each look is made, whatever the one before has
    found, or the time of an answer would show it."""
    if ask.purpose is RequestPurpose.VERIFY:
        return True, False
    # 0: unknown, and looked up like anybody.
    who = register.find_evenly(transaction, registry.keyring, register.person(registry.keyring, address)) or 0
    erased = bool(register.erased_among(transaction, [who]))
    refuses = request_store.refuses(transaction, registry.keyring, address, ask.brand.id)
    # A message asks about all of its channels at once.
    shut = _covers(transaction, who, ask.channels, ask.identity)
    return not (erased or refuses or shut), erased


def closed(snapshot: Snapshot, registry: Registry, address: str, channels: int, identity: int) -> bool:
    """Whether a standing refusal (rule L13) covers one of these channels, one bit each."""
    who = register.find(snapshot, registry.keyring, register.person(registry.keyring, address))
    return who is not None and _covers(snapshot, who, channels, identity)


def _covers(snapshot: Snapshot, who: int, channels: int, identity: int) -> bool:
    found = blankets.in_force(snapshot, [who])
    return any((who, one.code, identity) in found for one in forms.channels_in(channels))


def _post(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    recipient: Recipient,
    message: RequestMessage,
    method: RequestMethod,
    *,
    silent: bool,
) -> int | None:
    """The message's number. ``silent``: None, after as much work."""
    kind: Kind = MAIL if recipient.kind is AddressKind.EMAIL else SMS
    limits.take(transaction, code_budgets.budget(registry.keyring, settings, kind, Spender.REQUEST))
    given = registry.keyring, kind, recipient.address, message.text, message.subject, transaction.now + LASTS[method]
    code_limits.post_code(transaction, *given, leaves=not silent)
    number = outbox.last(transaction)
    return None if silent else number
