"""``/o/{word}``: what a company asks, behind the QR of a till or poster, and behind a link in a message. Programs open
every link, so GET changes nothing, and the company does not learn of it. An answer needs a press and a proof of the
address: the browser's session that proved it, or a code that comes to the address and is typed here."""

from __future__ import annotations

from collections import Counter
from typing import Any

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from asking.public import answering, forms, message_texts, open_questions, request_states, requests, words
from citizen.asked import question_actions
from citizen.asked.question_actions import GivenAnswer
from citizen.session import session as sessions
from citizen.session.session import Session
from citizen.signin.signin_pages import CODE_FAULTS, address_fault
from consents.instants import MINUTE, SECOND
from consents.people.recipients import LONGEST, BadAddress, mask
from consents.terms import Channel, Identity
from gateways.outbox import outbox
from trust import record_numbers
from trust.codes import pending
from trust.codes.codes import Ask, CodeOutcome, read_code
from trust.codes.pending import Pending, Purpose
from trust.codes.reach import reach
from trust.pseudonyms import mark as pseudonym
from trust.pseudonyms import neighbourhood, wider_network
from web import cookies, errors, pages, process
from web import forms as fields
from web.rendering import texts, when
from web.rendering.drawing import phone
from web.rendering.texts import mark

PATH, CODE, AGAIN, DONE = "/o/{word}", "/o/{word}/kod", "/o/{word}/kod/yeniden", "/o/{word}/tamam"
PRIVATE = {"referrer-policy": "same-origin", "x-robots-tag": "noindex, nofollow"}
_OTHER = "baska"  # in the query: by another address than the one that is signed in
_YES, _NO, _NEVER = "evet", "hayir", "sorma"
_CHOOSE = mark("Evet ya da hayır seçin.")
_NOT_THIS = mark("Bu soru başka bir adrese soruldu.")
_NO_NUMBER = mark("Buraya cep telefonu numaranızı yazın.")
_NO_MAIL = mark("Buraya e-posta adresinizi yazın.")
_SPENT = mark("Şu anda kod gönderemiyoruz. Daha sonra yeniden deneyin.")
_LOCKED = mark("Çok yanlış kod girildi. Yarın yeniden deneyin.")
_EARLY = mark("Yeni kod için biraz bekleyin.")

MISSES = 100  # words of one client in a window; a shared one misses with words that have just ended
WIDER, NETWORKS = 10, 10_000  # times as many of its wider network; networks counted each by itself, others together
_WINDOW, _OTHERS = 10 * MINUTE, "others"

OpenQuestion = open_questions.OpenQuestion


async def show(request: Request) -> Response:
    question = await _find(request)
    return _missed(request) if question is None else await _ask(request, question)


async def answer(request: Request) -> Response:
    """Records the answer of who is signed in, or sends the code that proves the address."""
    question = await _find(request)
    if question is None:
        return _missed(request)
    posted = await fields.fields(request)
    given, here = _given(question, posted), process.of(request)
    # Who was asked by name declines with a proof, as they confirm: the link may be in other hands.
    if question.purpose is request_states.RequestPurpose.VERIFY and given.no and not question.address:
        await here.registry.store.write(question_actions.decline, here.registry, question.word)
        return _done(request, question, 0, declined=True)
    if not (given.yes or given.no or given.never):
        return await _ask(request, question, posted=posted, fault=_CHOOSE)
    if given.shown != question.shown:
        return await _ask(request, question, status=409)
    session = await sessions.current(request)
    proved = _proved(request, session, question)
    if proved and session is not None and posted.get("n") == _page_mark(request, proved):
        how = {"by": "page", "proof": "session", "session": session.key.hex()}
        arguments = here.registry, here.settings, question.word, proved, given, how
        done = await here.registry.store.write(question_actions.answer, *arguments)
        return await _after(request, question, done, given)
    try:
        found = reach(question.address or posted.get("address", "")[:LONGEST], here.settings.countries)
    except BadAddress as bad:
        return await _ask(request, question, posted=posted, fault=address_fault(posted.get("address", ""), bad.reason))
    if found.why:
        return await _ask(request, question, posted=posted, fault=address_fault("", found.why))
    if not question.fits(found.address):
        fault = _NOT_THIS if question.address else _NO_MAIL if question.mail else _NO_NUMBER
        return await _ask(request, question, posted=posted, fault=fault)
    return await _send(request, question, found.address, given)


async def code_page(request: Request) -> Response:
    if isinstance(found := await _awaited(request), Response):
        return found
    return _code(request, *found, early=_EARLY if "erken" in request.query_params else "")


async def again(request: Request) -> Response:
    if isinstance(found := await _awaited(request), Response):
        return found
    question, row, given = found
    return await _send(request, question, row.address, given)


async def redeem(request: Request) -> Response:
    """Compares the code and records the answer that was chosen before; input that is no code costs no try."""
    if isinstance(found := await _awaited(request), Response):
        return found
    question, row, given = found
    typed = read_code(await fields.once(request, "code"))
    if typed is None:
        return _code(request, *found, fault=CODE_FAULTS[CodeOutcome.FORMAT])
    here = process.of(request)
    arguments = here.registry, here.settings, row.holder, question.word, typed, given
    verdict, done = await here.registry.store.write(question_actions.redeem, *arguments)
    if done is None:
        return _code(request, *found, fault=CODE_FAULTS.get(verdict.outcome, _LOCKED))
    return await _after(request, question, done, given)


async def result(request: Request) -> Response:
    """What was recorded, once it was: the address of this page holds it sealed for an hour."""
    word = request.path_params["word"]
    found = pages.result(request, f"/o/{word}/tamam")
    if not isinstance(found, list):
        return _missed(request)
    number, brand_id, never, declined = found
    here = process.of(request)
    brand = await here.registry.brand_of(brand_id)
    if brand is None:
        return _missed(request)
    asked = await here.registry.store.read(requests.by_id, here.registry.keyring, number) if number else None
    spaced = ""
    if asked is not None and asked.act is not None:
        spaced = record_numbers.of_act(here.registry.keyring, asked.act)
    language = texts.language(request)[0]
    return pages.render(
        request,
        "citizen/asked/done.html",
        headers=PRIVATE,
        brand=brand,
        never=never,
        declined=declined,
        yes=_names(0 if asked is None else asked.yes),
        no=_names(0 if asked is None else asked.no),
        verified=asked is not None and asked.purpose is request_states.RequestPurpose.VERIFY,
        masked="" if asked is None else mask(asked.address),
        mail=asked is not None and "@" in asked.address,
        moment="" if asked is None or asked.ended_at is None else when.moment(language, asked.ended_at),
        number=spaced,
    )


class _Misses:
    """Unknown words of each network within a window, of this process alone: a guess costs no row. Whose network has
    missed too often opens no question, or the answer would show which guess is right."""

    def __init__(self) -> None:
        self.since, self.counted = 0, Counter[str]()

    def shut(self, ip: str, now: int) -> bool:
        if not self.since <= now < self.since + _WINDOW:
            self.since, self.counted = now, Counter()
        return any(self.counted[name] >= most for name, most in self._limits(ip).items())

    def note(self, ip: str) -> None:
        self.counted.update(self._limits(ip).keys())

    def _limits(self, ip: str) -> dict[str, int]:
        most = {wider_network(ip): MISSES * WIDER, neighbourhood(ip): MISSES}
        if len(self.counted) < NETWORKS:
            return most
        known = {name: allowed for name, allowed in most.items() if name in self.counted}
        return known if len(known) == len(most) else {**known, _OTHERS: MISSES * WIDER}


async def _find(request: Request) -> OpenQuestion | None:
    """Errors: HTTPException 429 for a network that guesses."""
    registry = process.of(request).registry
    word, now = words.typed(request.path_params["word"]), registry.store.now()
    misses = registry.store.own("question-misses", _Misses)
    ip = request.client.host if request.client else ""
    if words.has_shape(word) and misses.shut(ip, now):
        raise HTTPException(429, headers={"retry-after": str(_WINDOW // SECOND)})
    found: OpenQuestion | None = await registry.store.read(open_questions.find, registry, word, now)
    if found is None and words.has_shape(word):
        misses.note(ip)
    return found


def _missed(request: Request) -> Response:
    return pages.render(request, "citizen/asked/ended.html", status=404, headers=PRIVATE)


async def _ask(
    request: Request,
    question: OpenQuestion,
    *,
    posted: dict[str, str] | None = None,
    fault: str = "",
    status: int = 200,
) -> Response:
    session = await sessions.current(request)
    proved = "" if _OTHER in request.query_params else _proved(request, session, question)
    given, settings = posted or {}, process.of(request).settings
    version = question.version
    notice = "" if version is None else version.texts.notice
    typed = not (question.mail or question.by_link or question.renewed)
    by_sms = settings.optout_number if typed else None
    return pages.render(
        request,
        "citizen/asked/question.html",
        status=422 if fault and status == 200 else status,
        headers=PRIVATE,
        path=_page(question),
        brand=question.brand,
        title=question.brand.title if version is None else version.texts.title,
        promise="" if version is None else version.texts.promise,
        merchant=message_texts.MERCHANT if version and version.texts.identity == Identity.TACIR.code else "",
        notice=notice,
        notice_link=notice.startswith("https://"),
        verifies=question.purpose is request_states.RequestPurpose.VERIFY,
        channels=_names(question.channels),
        shown=question.shown,
        mail=question.mail,
        proved=mask(proved) if proved else "",
        mark=_page_mark(request, proved) if proved else "",
        asked=mask(question.address) if question.address else "",
        given=given,
        fault=pages.text(request, fault) if fault else "",
        changed=status == 409,
        renewed=question.renewed,
        sms=by_sms,
        sms_number=phone(by_sms) if by_sms else "",
        word=question.word,
    )


def _given(question: OpenQuestion, posted: dict[str, str]) -> GivenAnswer:
    """The choice. ``answer`` is of a question about one thing; each channel of several has a field of its own."""
    whole = posted.get("answer", "")
    never = whole == _NEVER
    yes = no = 0
    if question.purpose is request_states.RequestPurpose.VERIFY:
        return GivenAnswer(int(whole == _YES), int(whole == _NO), False, "")
    for channel in forms.channels_in(question.channels):
        chosen = posted.get(str(channel), whole)
        yes |= (chosen == _YES) << channel.code
        no |= (chosen == _NO) << channel.code
    return GivenAnswer(0 if never else yes, 0 if never else no, never, posted.get("shown", ""))


async def _send(request: Request, question: OpenQuestion, address: str, given: GivenAnswer) -> Response:
    """Sends a code and leads to its page; the answer does not show whether one was sent."""
    here = process.of(request)
    cookie, fresh = cookies.read(request, cookies.BROWSER), ""
    key = cookies.digest(cookie or "")
    if key is None:
        fresh = cookies.token()
        key = cookies.key(fresh)
    ip = request.client.host if request.client else ""
    wish = Ask(_holder(request, key, question), Purpose.REQUEST, address, ip)
    arguments = here.registry, here.settings, wish, question, texts.language(request)[0]
    verdict = await here.registry.store.write(question_actions.ask_code, *arguments)
    if verdict.outcome is CodeOutcome.BUSY:
        return errors.answer(request, 429, {"retry-after": "300"})
    if verdict.outcome in (CodeOutcome.SPENT, CodeOutcome.NETWORK):
        return await _ask(request, question, fault=_SPENT, status=503)
    path = f"{_page(question)}/kod" + ("?erken" if verdict.outcome is CodeOutcome.WAIT else "")
    response = pages.redirect(
        request, f"{path}{'&' if '?' in path else '?'}{pages.RESULT}={_carry(request, key, question, given)}"
    )
    response.background = BackgroundTask(_ring, request)  # after the answer: a code sent makes it no slower
    if fresh:
        cookies.put(request, response, cookies.BROWSER, fresh)
    return response


async def _ring(request: Request) -> None:
    outbox.arrived(process.of(request).registry)


async def _awaited(request: Request) -> tuple[OpenQuestion, Pending, GivenAnswer] | Response:
    """The question, this browser's code for it, and the choice that the code confirms; else the page to show."""
    question = await _find(request)
    if question is None:
        return _missed(request)
    key, registry = cookies.key_in(request, cookies.BROWSER), process.of(request).registry
    row: Pending | None = None
    if key is not None:
        row = await registry.store.read(pending.find, registry.keyring, _holder(request, key, question))
    given = _carried(request, question)
    if row is None or given is None or row.purpose != Purpose.REQUEST or not question.fits(row.address):
        return pages.redirect(request, _page(question))
    return question, row, given


def _code(
    request: Request, question: OpenQuestion, row: Pending, given: GivenAnswer, *, fault: str = "", early: str = ""
) -> Response:
    """It shows the choice that the code confirms."""
    settings = process.of(request).settings
    token = request.query_params.get(pages.RESULT, "")
    return pages.render(
        request,
        "citizen/asked/code.html",
        status=422 if fault else 200,
        headers=PRIVATE,
        path=_page(question),
        token=token,
        brand=question.brand,
        masked=mask(row.address),
        mail="@" in row.address,
        verifies=question.purpose is request_states.RequestPurpose.VERIFY,
        declines=bool(given.no),
        yes=_names(given.yes),
        no=_names(given.no),
        never=given.never,
        minutes=settings.code_minutes,
        fault=pages.text(request, fault) if fault else "",
        early=pages.text(request, early) if early else "",
    )


async def _after(
    request: Request, question: OpenQuestion, done: answering.RequestAnswered, given: GivenAnswer
) -> Response:
    if done.outcome is answering.AnswerOutcome.OK:
        outbox.arrived(process.of(request).registry)
        declined = bool(given.no) and question.purpose is request_states.RequestPurpose.VERIFY
        return _done(request, question, done.request, never=given.never, declined=declined)
    found = await _find(request)
    return _missed(request) if found is None else await _ask(request, found, status=409)


def _done(
    request: Request, question: OpenQuestion, number: int, *, never: bool = False, declined: bool = False
) -> Response:
    value = [number, question.brand.id, never, declined]
    return pages.show_result(request, f"{_page(question)}/tamam", value)


def _proved(request: Request, session: Session | None, question: OpenQuestion) -> str:
    """The address of the session that may answer: the one that is asked, or the page's own; "" for none. A helper,
    and a session that an SMS or a passkey began, need a code."""
    if session is None or session.limited or session.lapsed or session.by_key:
        return ""
    ours = [session.current.address, *(one.address for one in session.proven)]
    return next((address for address in ours if question.fits(address)), "")


def _page_mark(request: Request, address: str) -> str:
    """Binds a form to the address that its page showed."""
    return pseudonym(process.of(request).registry.keyring, "question page", address)[:4].hex()


def _holder(request: Request, browser: bytes, question: OpenQuestion) -> bytes:
    """Binds a code to this browser and question: it is right for no other."""
    about = question.request.public if question.request else f"poster {question.word}"
    return pseudonym(process.of(request).registry.keyring, "question code", f"{browser.hex()} {about}")


def _carry(request: Request, browser: bytes, question: OpenQuestion, given: GivenAnswer) -> str:
    """The choice, for the page of the code. It is good in this browser alone: else a link with somebody else's choice
    could be put under a person's own code."""
    return pages.result_token(request, f"{_page(question)}/kod", list(given), _holder(request, browser, question).hex())


def _carried(request: Request, question: OpenQuestion) -> GivenAnswer | None:
    browser = cookies.key_in(request, cookies.BROWSER)
    if browser is None:
        return None
    found: Any = pages.result(request, f"{_page(question)}/kod", _holder(request, browser, question).hex())
    return GivenAnswer(*found) if isinstance(found, list) else None


def _page(question: OpenQuestion) -> str:
    return f"/o/{question.word}"


def _names(channels: int) -> list[Channel]:
    return list(forms.channels_in(channels))
