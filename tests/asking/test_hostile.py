"""What a clerk, a company, a stranger and a bad carrier try: each is refused with its code or its reason, and records
nothing."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from asking import forms, open_questions, request_store, starting, tills
from asking.answering import AnswerOutcome
from asking.forms import FormTexts
from asking.request_states import RequestEvent, RequestPurpose, RequestState
from asking.starting import AskFault, Started
from citizen.asked import question_actions
from consents import history
from consents.brands import companies
from consents.brands.book import BrandEntry
from consents.rules import ONAY, RET
from consents.store import Statement, Transaction
from consents.terms import Channel, Identity
from settings import load
from tests.asking.shop import NOTICE, Shop
from tests.conftest import SECRET, Clock, Opener
from tests.optout.sms.conftest import ISIK, MINI
from trust import limits
from trust.codes import codes
from trust.codes.codes import Ask, CodeOutcome
from trust.codes.limits import code_budgets, code_limits
from trust.codes.limits.code_budgets import Spender
from trust.codes.pending import Purpose

AYSE, MEHMET, MAIL = "+905320000001", "+905320000002", "ayse@example.com"
SMS, CALL, MAILS = 1 << Channel.MESAJ.code, 1 << Channel.ARAMA.code, 1 << Channel.EPOSTA.code
MINUTE, DAY = 60_000_000, 86_400_000_000  # µs


@pytest.fixture
def shop(sqlite_url: str, open_registry: Opener) -> Shop:
    return Shop(open_registry(sqlite_url))


def off(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06}"


def nothing(shop: Shop, who: str = AYSE) -> None:
    assert [shop.status(who, channel) for channel in ("MESAJ", "ARAMA")] == [None, None]


def test_01_a_clerk_guesses(shop: Shop) -> None:
    started = shop.ask(AYSE)
    right = shop.digits(AYSE)
    outcomes = [shop.type(started, typed).outcome for typed in (off(right), "", "١٢٣٤٥٦", right)]
    assert outcomes == [AnswerOutcome.WRONG, AnswerOutcome.WRONG, AnswerOutcome.SPENT, AnswerOutcome.SPENT]
    nothing(shop)


def test_02_a_company_guesses_at_many_people(shop: Shop) -> None:
    spent = starting.wrong_codes(shop.registry, shop.brand().company)

    def work(transaction: Transaction) -> None:
        for _ in range(starting.WRONG_A_DAY - 1):
            assert limits.take(transaction, spent)

    shop.registry.store.write_now(work)
    started = shop.ask(AYSE)
    assert shop.type(started, off(shop.digits(AYSE))).outcome is AnswerOutcome.WRONG
    assert shop.ask(MEHMET) == AskFault("H1031")
    assert isinstance(shop.ask(MEHMET, "SMS_SHORTURL"), Started), "a link has no code to guess"


def test_03_a_clerk_replays_a_code(shop: Shop) -> None:
    started = shop.ask(AYSE)
    digits = shop.digits(AYSE)
    first = shop.type(started, digits)
    assert (first.outcome, shop.type(started, digits).outcome) == (AnswerOutcome.OK, AnswerOutcome.ENDED)
    assert len([one for one in shop.messages(AYSE) if "GERI AL" in one]) == 1


def test_04_a_company_confirms_by_itself(shop: Shop) -> None:
    """With all that it knows: the request's id, the address, what it was answered."""
    started = shop.ask(AYSE)
    assert isinstance(started, Started)
    for typed in (started.public, AYSE[-6:]):
        assert shop.type(started, typed).outcome is AnswerOutcome.WRONG
    found = shop.registry.store.read_now(request_store.by_word, shop.registry.keyring, started.public, shop.now)
    assert found is None
    assert started.word == ""
    nothing(shop)


def test_05_a_link_is_forwarded(shop: Shop) -> None:
    started = shop.ask(AYSE, "SMS_SHORTURL")
    assert shop.answers(started, SMS, who=MEHMET).outcome is AnswerOutcome.OTHER
    nothing(shop)
    nothing(shop, MEHMET)


def test_06_a_link_is_answered_by_a_code(shop: Shop) -> None:
    started = shop.ask(AYSE, "SMS_SHORTURL")
    assert shop.type(started, "123456").outcome is AnswerOutcome.METHOD
    nothing(shop)


def test_07_a_form_changes_between_showing_and_answer(shop: Shop) -> None:
    """The consent is of the text that was shown, and of no channel that came since."""
    started = shop.ask(AYSE)

    def work(transaction: Transaction) -> None:
        texts = FormTexts("Başka", SMS | CALL, Identity.BIREYSEL.code, "Her gün.", NOTICE)
        number = forms.draft(transaction, shop.form, texts)
        assert forms.submit(transaction, shop.form, number)
        assert forms.publish(transaction, shop.form, number)

    shop.registry.store.write_now(work)
    act = shop.type(started, shop.digits(AYSE)).act
    assert act is not None
    sealed = shop.registry.store.read_now(history.evidence, act)
    assert sealed is not None
    evidence = shop.registry.keyring.unseal_evidence(sealed)
    assert (evidence["form"], evidence["version"]) == (shop.form, 1)
    assert shop.status(AYSE, "ARAMA") is None


def test_08_a_recycled_number_answers_for_its_last_holder(shop: Shop) -> None:
    started = shop.ask(AYSE, "SMS_SHORTURL")
    shop.registry.store.write_now(request_store.pass_on, shop.registry.keyring, AYSE)
    assert shop.answers(started, SMS).outcome is AnswerOutcome.ENDED
    nothing(shop)


def test_09_two_questions_of_one_till(shop: Shop) -> None:
    till = shop.asking_till(shop.form)
    first = shop.ask("", "TILL", till=till)
    second = shop.ask("", "TILL", till=till)
    assert isinstance(first, Started)
    assert shop.registry.store.read_now(request_store.by_word, shop.registry.keyring, first.word, shop.now) is None
    assert shop.answers(first, SMS, who=AYSE).outcome is AnswerOutcome.ENDED
    nothing(shop)
    assert shop.answers(second, SMS, who=MEHMET).outcome is AnswerOutcome.OK


def test_10_two_tills_at_once(shop: Shop) -> None:
    """Each has a word of its own, and each customer answers their own till's question."""
    first, second = (shop.ask("", "TILL", till=shop.asking_till(shop.form)) for _ in range(2))
    assert isinstance(first, Started)
    assert isinstance(second, Started)
    assert first.word != second.word
    assert shop.answers(first, SMS, who=AYSE).outcome is AnswerOutcome.OK
    assert shop.answers(second, 0, SMS, who=MEHMET).outcome is AnswerOutcome.OK
    assert (shop.status(AYSE), shop.status(MEHMET)) == (ONAY, RET)
    assert shop.answers(first, SMS, who=MEHMET).outcome is AnswerOutcome.ENDED


def test_11_a_code_in_the_wrong_process(shop: Shop) -> None:
    first, second = shop.ask(AYSE), shop.ask(MEHMET)
    assert shop.type(second, shop.digits(AYSE)).outcome is AnswerOutcome.WRONG
    assert shop.type(first, shop.digits(MEHMET)).outcome is AnswerOutcome.WRONG
    nothing(shop)


def test_12_a_verification_used_as_a_consent(shop: Shop) -> None:
    started = shop.verify(AYSE)
    digits = shop.digits(AYSE)
    assert shop.type(started, digits, "CONSENT").outcome is AnswerOutcome.PURPOSE
    assert shop.type(started, digits, "VERIFY").outcome is AnswerOutcome.OK
    nothing(shop)


def test_13_a_consent_used_as_a_verification(shop: Shop) -> None:
    started = shop.ask(AYSE)
    assert shop.type(started, shop.digits(AYSE), "VERIFY").outcome is AnswerOutcome.PURPOSE
    nothing(shop)


def test_14_a_consents_code_signs_nobody_in(shop: Shop) -> None:
    shop.ask(AYSE)
    digits, keyring = shop.digits(AYSE), shop.registry.keyring
    holder = b"h" * 32
    wish = Ask(holder, Purpose.SIGN_IN, AYSE, "192.0.2.1")

    def asks(transaction: Transaction) -> None:
        codes.ask(transaction, keyring, shop.settings, wish, lambda code, until, allowed: None)

    shop.registry.store.write_now(asks)

    def redeems(transaction: Transaction) -> CodeOutcome:
        found = codes.redeem(transaction, keyring, shop.settings, holder, Purpose.SIGN_IN, digits)
        return found.outcome

    assert shop.registry.store.write_now(redeems) is CodeOutcome.WRONG


def test_15_a_sign_ins_code_consents_to_nothing(shop: Shop) -> None:
    """A clerk asks for "the code that just came"."""
    sent: list[str] = []
    wish = Ask(b"h" * 32, Purpose.SIGN_IN, AYSE, "192.0.2.1")

    def asks(transaction: Transaction) -> None:
        codes.ask(
            transaction, shop.registry.keyring, shop.settings, wish, lambda code, until, allowed: sent.append(code)
        )

    shop.registry.store.write_now(asks)
    started = shop.ask(AYSE)
    assert sent[0] != shop.digits(AYSE)
    assert shop.type(started, sent[0]).outcome is AnswerOutcome.WRONG
    nothing(shop)


@pytest.mark.parametrize(("method", "after"), [("SMS_OTP", 3 * MINUTE), ("SMS_SHORTURL", DAY), ("TILL", 10 * MINUTE)])
def test_16_an_answer_comes_too_late(shop: Shop, clock: Clock, method: str, after: int) -> None:
    till = shop.asking_till(shop.form) if method == "TILL" else None
    started = shop.ask("" if till else AYSE, method, till=till)
    clock.now += after
    assert shop.answers(started, SMS, who=AYSE).outcome is AnswerOutcome.EXPIRED
    nothing(shop)


def test_17_yes_to_what_was_not_asked(shop: Shop) -> None:
    started = shop.ask(AYSE, "SMS_SHORTURL")
    assert shop.answers(started, SMS | CALL | MAILS).outcome is AnswerOutcome.OK
    assert (shop.status(AYSE), shop.status(AYSE, "ARAMA"), shop.status(AYSE, "EPOSTA")) == (ONAY, None, None)


def test_18_yes_and_no_at_once_is_no(shop: Shop) -> None:
    started = shop.ask(AYSE, "SMS_SHORTURL")
    assert shop.answers(started, SMS, SMS).outcome is AnswerOutcome.OK
    assert shop.status(AYSE) == RET


def test_19_the_form_of_somebody_else(shop: Shop) -> None:
    of_other, of_sister = shop.publish(Channel.MESAJ, brand=ISIK), shop.publish(Channel.MESAJ, brand=MINI)
    assert shop.ask(AYSE, brand=shop.brand(ISIK), form=of_other) == AskFault("H1014")
    assert shop.ask(AYSE, form=of_other) == AskFault("H1062")
    assert shop.ask(AYSE, form=of_sister) == AskFault("H1054")
    assert shop.messages(AYSE) == []


def test_20_a_form_that_nobody_published_or_that_ended(shop: Shop) -> None:
    def drafts(transaction: Transaction) -> int:
        form = forms.make(transaction, shop.brand().id)
        texts = FormTexts("Çınar", SMS, Identity.BIREYSEL.code, "Haftada bir.", NOTICE)
        assert forms.submit(transaction, form, forms.draft(transaction, form, texts))
        return form

    waiting = shop.registry.store.write_now(drafts)
    assert shop.ask(AYSE, form=waiting) == AskFault("H1000")
    assert shop.registry.store.write_now(forms.end, shop.form)
    assert shop.ask(AYSE) == AskFault("H1055")
    assert shop.ask(AYSE, form=99) == AskFault("H1055")


def test_21_the_same_person_is_asked_again_and_again(shop: Shop, clock: Clock) -> None:
    assert isinstance(shop.ask(AYSE), Started)
    assert shop.ask(AYSE) == AskFault("H465")
    clock.now += 4 * MINUTE
    assert isinstance(shop.ask(AYSE), Started)
    clock.now += 4 * MINUTE
    assert shop.ask(AYSE) == AskFault("H453")


def test_22_a_landline_a_foreigner_and_a_mail_are_asked_by_sms(shop: Shop) -> None:
    for to in ("+902121234567", MAIL):
        assert shop.ask(to) == AskFault("H1026")
    assert shop.ask(AYSE, "EPOSTA_OTP", "EPOSTA", form=shop.mail_form) == AskFault("H1027")
    assert shop.ask(MAIL, "EPOSTA_OTP", "MESAJ") == AskFault("H1086")


def test_23_the_key_of_a_till_that_ended(shop: Shop) -> None:
    number, key = shop.registry.store.write_now(tills.make, shop.brand().id, tills.TILL, shop.form, "Kasa")
    assert shop.registry.store.read_now(tills.by_key, key) is not None
    assert shop.registry.store.write_now(tills.end, shop.brand().id, number)
    assert shop.registry.store.read_now(tills.by_key, key) is None


def test_24_a_till_cancels_what_was_answered(shop: Shop) -> None:
    started = shop.ask("", "TILL", till=shop.asking_till(shop.form))
    assert shop.answers(started, 0, SMS, who=AYSE).outcome is AnswerOutcome.OK
    request = shop.request(started)
    assert not shop.registry.store.write_now(request_store.move, request, RequestEvent.CANCEL)
    assert shop.request(started).state is RequestState.ANSWERED
    assert shop.status(AYSE) == RET


def test_25_a_database_thief_reads_no_code_no_word_and_no_address(shop: Shop) -> None:
    asked, shown = shop.ask(AYSE), shop.ask("", "TILL", till=shop.asking_till(shop.form))
    assert isinstance(shown, Started)
    assert isinstance(asked, Started)
    every = Statement(text("SELECT * FROM consent_request"))
    kept = repr(shop.registry.store.read_now(lambda snapshot: snapshot.all(every)))
    for secret in (shop.digits(AYSE), shown.word, AYSE, AYSE[3:]):
        assert secret not in kept


def four_brands(shop: Shop) -> list[tuple[BrandEntry, int]]:
    """Of a new company, each with its form of SMS."""
    number, codes_ = 700100, range(700200, 700204)

    def work(transaction: Transaction) -> None:
        companies.add_provider(transaction, number, "Soran A.Ş.")
        for code in codes_:
            companies.add_brand(transaction, number, code, "Soran")

    shop.registry.store.write_now(work)
    return [(shop.brand(code), shop.publish(Channel.MESAJ, brand=code)) for code in codes_]


def test_26_a_company_learns_nothing_of_the_questions_of_others(shop: Shop, clock: Clock) -> None:
    """Over all brands a person is asked five times a day; whose question is one too many does not see it."""
    seen = []
    for brand, form in four_brands(shop):
        for _ in range(2):
            clock.now += 4 * MINUTE
            started = shop.ask(AYSE, "SMS_OTP", brand=brand, form=form, company=brand.company)
            seen.append((type(started), shop.type(started, "x").outcome, shop.request(started).state))
        assert shop.ask(AYSE, brand=brand, form=form, company=brand.company) in (AskFault("H453"), AskFault("H465"))
    assert len(seen) == 8
    assert set(seen) == {(Started, AnswerOutcome.WRONG, RequestState.WRONG)}
    assert len(shop.messages(AYSE)) == starting.ALL_A_DAY


def test_27_a_company_spends_the_messages_of_all(shop: Shop) -> None:
    """Its share alone, the same for those who are asked and those who refuse to be."""
    small = Shop(
        shop.registry,
        load({"SECRET_KEY": SECRET, "CODES_SENT_BUDGET_SMS": "10", "REQUEST_SHARE_PERCENT": "50"}),
        furnished=True,
    )
    people = [f"+90532000001{digit}" for digit in range(7)]
    shop.registry.store.write_now(request_store.refuse, shop.registry.keyring, people[0], shop.brand().id)
    with capture_logs() as logged:
        answers = [small.ask(to, "SMS_SHORTURL") for to in people]
    assert [isinstance(one, Started) for one in answers] == [True] * 5 + [False] * 2
    assert answers[-1] == AskFault("H1031")
    assert small.verify(people[-1], "SMS_SHORTURL") == AskFault("H1031")
    alarms = [one for one in logged if one["event"] == "sends_share_nearly_used"]
    assert [(one["user"], one["sent"], one["share"]) for one in alarms] == [(shop.brand().company_code, 4, 5)]
    other = small.brand(ISIK)
    form = small.publish(Channel.MESAJ, brand=ISIK)
    assert isinstance(small.ask(people[-1], brand=other, company=other.company, form=form), Started)


def test_28_a_company_asks_somebody_who_is_not_asked_until_others_may_not_ask(shop: Shop, clock: Clock) -> None:
    """What never leaves takes none of the five questions that a person gets in a day."""
    for brand, form in four_brands(shop):
        shop.registry.store.write_now(request_store.refuse, shop.registry.keyring, AYSE, brand.id)
        for _ in range(2):
            clock.now += 4 * MINUTE
            assert isinstance(shop.ask(AYSE, brand=brand, form=form, company=brand.company), Started)
    assert shop.messages(AYSE) == []
    shop.verify(AYSE)
    assert len(shop.messages(AYSE)) == 1


def test_29_a_company_whose_share_is_spent_asks_until_others_may_not_ask(shop: Shop, clock: Clock) -> None:
    few = load({"SECRET_KEY": SECRET, "CODES_SENT_BUDGET_SMS": "10", "REQUEST_SHARE_PERCENT": "10"})
    small = Shop(shop.registry, few, furnished=True)
    brands = four_brands(small)
    first, its_form = brands[0]
    assert isinstance(small.ask(MEHMET, brand=first, form=its_form, company=first.company), Started)
    for brand, form in brands:
        for _ in range(2):
            clock.now += 4 * MINUTE
            assert small.ask(AYSE, brand=brand, form=form, company=brand.company) == AskFault("H1031")
    small.ask(AYSE)
    assert len(small.messages(AYSE)) == 1


def test_30_strangers_spend_the_codes_of_a_companys_pages_and_its_requests_go_on(shop: Shop) -> None:
    few = load({"SECRET_KEY": SECRET, "CODES_SENT_BUDGET_SMS": "10", "REQUEST_SHARE_PERCENT": "50"})
    small = Shop(shop.registry, few, furnished=True)
    poster = small.till(kind=tills.POSTER)
    people = [f"+905320{place}0001" for place in range(10, 16)]
    seen = [small.page_code(poster, to, to, network) for network, to in enumerate(people)]
    assert seen == [CodeOutcome.OK] * 5 + [CodeOutcome.SPENT]
    assert isinstance(small.ask(AYSE, "SMS_SHORTURL"), Started)
    assert len(small.messages(AYSE)) == 1
    link = re.search(r"/o/([\w-]+)", small.messages(AYSE)[0])
    assert link is not None
    question = small.registry.store.read_now(open_questions.find, small.registry, link[1], small.now)
    assert question is not None
    wish = Ask(b"h" * 32, Purpose.REQUEST, AYSE, "192.0.2.1")
    sent = small.registry.store.write_now(question_actions.ask_code, small.registry, few, wish, question, "tr")
    assert sent.outcome is CodeOutcome.OK
    assert len(small.messages(AYSE)) == 2, "the page behind a link is its recipient's alone"


def test_31_strangers_type_a_number_until_its_company_may_not_ask(shop: Shop, clock: Clock) -> None:
    poster = shop.till(kind=tills.POSTER)
    for place, browser in enumerate("abcd"):
        assert shop.page_code(poster, AYSE, browser) is CodeOutcome.OK
        assert len(shop.messages(AYSE)) == min(place + 1, starting.A_DAY)
        clock.now += 2 * MINUTE
    for asked in (1, 2):
        assert isinstance(shop.ask(AYSE), Started)
        assert len(shop.messages(AYSE)) == starting.A_DAY + asked
        clock.now += 4 * MINUTE


def test_32_a_code_that_never_leaves_counts_nowhere(shop: Shop) -> None:
    """Not for the company, the site or the address: strangers could type that of somebody who stopped the brand."""
    keyring, company = shop.registry.keyring, shop.brand().company
    shop.registry.store.write_now(request_store.refuse, keyring, AYSE, shop.brand().id)
    poster = shop.till(kind=tills.POSTER)
    for browser in "abcdefgh":
        assert shop.page_code(poster, AYSE, browser) is CodeOutcome.OK
    assert shop.messages(AYSE) == []
    counts = [
        starting.share(shop.registry, shop.settings, "sms", company, page=True),
        code_budgets.budget(keyring, shop.settings, "sms", Spender.REQUEST),
        *starting.asked_of(shop.registry, shop.brand().id, RequestPurpose.CONSENT, AYSE, page=True),
    ]
    assert [shop.registry.store.read_now(limits.used, one, shop.now) for one in counts] == [0, 0, 0, 0]
    assert shop.registry.store.write_now(code_limits.may_send, keyring, shop.settings, AYSE), "a sign-in code leaves"


def test_33_wrong_codes_for_one_that_never_left_lock_nobody_out(shop: Shop) -> None:
    keyring = shop.registry.keyring
    shop.registry.store.write_now(request_store.refuse, keyring, AYSE, shop.brand().id)
    poster = shop.till(kind=tills.POSTER)
    for to, counted in ((AYSE, 0), (MEHMET, 1)):
        assert shop.page_code(poster, to, "a") is CodeOutcome.OK
        typed = off(shop.digits(to)) if counted else "000000"
        arguments = keyring, shop.settings, shop.browser("a"), Purpose.REQUEST, typed
        assert shop.registry.store.write_now(codes.redeem, *arguments).outcome is CodeOutcome.WRONG
        wrong = code_limits.of_wrong(keyring, shop.settings, to)
        assert shop.registry.store.read_now(limits.used, wrong, shop.now) == counted
