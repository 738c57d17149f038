"""What a recipient is asked behind a word or link: a request that can be answered, or the question of a poster, whose
request starts with its answer."""

from __future__ import annotations

from typing import NamedTuple

from asking import answering, forms, request_store, starting, tills
from asking.answering import AnswerOutcome, RequestAnswer, RequestAnswered
from asking.forms import Version
from asking.request_states import LINKS, RequestEvent, RequestMethod, RequestPurpose
from asking.request_store import AskedRequest
from asking.starting import AskFault, NewAsk
from asking.tills import AskingTill
from consents.brands.book import BrandEntry
from consents.channels import OF_CODE
from consents.instants import DAY
from consents.people.recipients import AddressKind, Recipient, parse
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from settings import Settings
from trust import limits
from trust.codes.limits import code_limits
from trust.limits import Limit
from trust.pseudonyms import mark

OF_POSTER = 5  # consents that one address gives to a brand's posters in a day: each sends a notice


class OpenQuestion(NamedTuple):
    """``word``: of its page; ``channels``: one bit each, none to verify; ``version``: of the form that is shown, None
    to verify; ``address``: who alone may answer, "" for anybody. Either ``request`` or ``poster``; ``renewed``: another
    version than the poster shows."""

    word: str
    brand: BrandEntry
    purpose: RequestPurpose
    channels: int
    version: Version | None
    address: str = ""
    request: AskedRequest | None = None
    poster: AskingTill | None = None
    renewed: bool = False

    @property
    def shown(self) -> str:
        """What an answer is bound to: a form that changed since it was shown is not answered."""
        return "" if self.version is None else f"{self.version.form}.{self.version.number}"

    @property
    def by_link(self) -> bool:
        return self.request is not None and self.request.method in LINKS

    @property
    def mail(self) -> bool:
        """Whether an e-mail address answers it. Who is asked for a number alone has no channels."""
        if self.address:
            return "@" in self.address
        return any(OF_CODE[one.code].mail for one in forms.channels_in(self.channels))

    def fits(self, address: str) -> bool:
        """Whether this address may answer."""
        if self.address:
            return address == self.address
        return ("@" in address) is self.mail and (self.mail or parse(address).sms)


def find(snapshot: Snapshot, registry: Registry, word: str, now: int) -> OpenQuestion | None:
    """None for an unknown word, an ended question, and one of a closed brand."""
    request = request_store.by_word(snapshot, registry.keyring, word, now)
    if request is not None:
        return of_request(snapshot, registry, request, word)
    poster = tills.by_word(snapshot, word)
    return None if poster is None else _of_poster(snapshot, registry, word, poster, now)


def answer(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    question: OpenQuestion,
    recipient: Recipient,
    given: RequestAnswer,
    *,
    notify: bool = True,
) -> RequestAnswered:
    """Records the answer of ``recipient``, whose address was proved; the question was found in this transaction.
    ``notify``: False where the reply is the notice. Errors: ledger.ClockBehind."""
    if (recipient.kind is AddressKind.EMAIL) is not question.mail:
        return RequestAnswered(AnswerOutcome.OTHER)
    if question.poster is not None and given.yes:
        of_day = Limit(
            mark(registry.keyring, "poster answers", f"{question.brand.id} {recipient.address}"), OF_POSTER, DAY
        )
        if not limits.take(transaction, of_day):
            return RequestAnswered(AnswerOutcome.ENDED)
    request = begin(transaction, registry, settings, question)
    if request is None:
        return RequestAnswered(AnswerOutcome.ENDED)
    return answering.record(transaction, registry, settings, question.brand, request, recipient, given, notify=notify)


def begin(
    transaction: Transaction, registry: Registry, settings: Settings, question: OpenQuestion
) -> AskedRequest | None:
    """The request that is answered; a poster's is started."""
    if question.poster is None:
        return question.request
    brand = question.brand
    version = question.version
    assert version is not None  # as _of_poster has found
    ask = NewAsk(
        brand.company,
        brand,
        question.purpose,
        RequestMethod.POSTER,
        None,
        version.form,
        question.channels,
        version.texts.identity,
        question.poster,
    )
    started = starting.start(transaction, registry, settings, ask)
    if isinstance(started, AskFault):
        return None
    return request_store.by_id(transaction, registry.keyring, started.id)


def page_code(
    transaction: Transaction, registry: Registry, question: OpenQuestion, address: str, holder: bytes
) -> tuple[bool, list[Limit]]:
    """(Whether the code of the page may leave, what counts it then.) Anybody can type an address there, so it counts,
    and who refuses this brand's questions gets none. ``holder``: of one browser and question, counted once."""
    if question.by_link:
        return True, []  # the message with the link was counted, and the code goes where it went
    keyring, brand = registry.keyring, question.brand.id
    # Each look is made, whatever the one before has found: the time of the page must not show it.
    refuses = request_store.refuses(transaction, keyring, address, brand)
    again = Limit(mark(keyring, "question code", f"{holder.hex()} {address}"), 1, DAY)
    counted = [*starting.asked_of(registry, brand, question.purpose, address, page=True), again]
    of_brand, of_all, known = (limits.used(transaction, one, transaction.now) > one.room for one in counted)
    stopped = refuses and question.purpose is RequestPurpose.CONSENT
    leaves = not stopped and (known or not (of_brand or of_all))
    return leaves, [code_limits.unread(keyring, address)] * len(counted) if known else counted


def decline(transaction: Transaction, question: OpenQuestion) -> bool:
    """Ends a verification without an answer: nothing is recorded about the address. One that was asked of an address
    needs its proof first."""
    if question.request is None or question.purpose is not RequestPurpose.VERIFY:
        return False
    return request_store.move(transaction, question.request, RequestEvent.CANCEL)


def of_request(snapshot: Snapshot, registry: Registry, request: AskedRequest, word: str = "") -> OpenQuestion | None:
    """What this request asks, whether or not it is still open; None where nobody is asked (``silent``)."""
    book = registry.brands.book(snapshot, registry.store.now())
    brand = None if request.brand is None else book.by_id.get(request.brand)
    if brand is None or brand.closed or request.silent:
        return None
    version = None
    if request.purpose is RequestPurpose.CONSENT:
        if request.form is None or request.version is None:
            return None
        version = forms.version(snapshot, request.form, request.version)
        if version is None:
            return None
    return OpenQuestion(word, brand, request.purpose, request.channels, version, request.address, request)


def _of_poster(snapshot: Snapshot, registry: Registry, word: str, poster: AskingTill, now: int) -> OpenQuestion | None:
    brand = registry.brands.book(snapshot, now).by_id.get(poster.brand)
    head = None if poster.form is None else forms.find(snapshot, poster.form)
    if brand is None or brand.closed or head is None or head.ended_at is not None:
        return None
    version = forms.published(snapshot, head.id)
    if version is None:
        return None
    # A printed poster shows the version that was published when it was made.
    asks = OpenQuestion(word, brand, RequestPurpose.CONSENT, version.texts.channels, version, poster=poster)
    return asks._replace(renewed=version.number != poster.version)
