"""What an answer does everywhere, and what a company never learns."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from asking import request_store, starting, tills
from asking.answering import AnswerOutcome
from asking.request_states import RequestMethod, RequestPurpose
from asking.starting import AskFault, Started
from citizen.asked import question_actions
from citizen.consents import number_reassigned
from citizen.signin import entry
from consents import ledger
from consents.history import Deed
from consents.ledger import Wish
from consents.people import new_holder, recipients, register
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.store import Transaction
from consents.terms import Actor, Channel, Door, Identity, Source
from gateways.received import Received
from optout.sms import sms_door
from tests.asking.shop import Shop
from tests.conftest import Clock, Opener
from tests.optout.sms.conftest import CINAR
from trust import limits
from trust.codes.codes import CodeOutcome, CodeVerdict
from trust.codes.limits import code_budgets, code_limits

AYSE, MEHMET = "+905320000001", "+905320000002"
SMS, CALL = 1 << Channel.MESAJ.code, 1 << Channel.ARAMA.code
MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000  # µs


@pytest.fixture
def shop(registry: Registry) -> Shop:
    return Shop(registry)


def closes(shop: Shop, *channels: Channel, who: str = AYSE) -> int:
    """A standing refusal (rule L13); its act."""

    def work(transaction: Transaction) -> int | None:
        person = register.person(shop.registry.keyring, who)
        recipient = register.acting(transaction, shop.registry.keyring, person)
        ways = [(one.code, Identity.BIREYSEL.code) for one in channels]
        deed = Deed(Actor.CITIZEN, Door.PAGE)
        return ledger.change_blanket(transaction, shop.registry.policy, recipient, ways, deed, refuses=True)

    act = shop.registry.store.write_now(work)
    assert act is not None
    return act


def refuses(shop: Shop, who: str = AYSE) -> None:
    shop.registry.store.write_now(request_store.refuse, shop.registry.keyring, who, shop.brand().id)


def writes(shop: Shop, text: str, who: str = AYSE, to: str = "3838") -> str:
    now = shop.now
    sent = Received("verimor", f"m{now}-{text}", who.lstrip("+"), to, text, now)
    return asyncio.run(sms_door.take(shop.registry, shop.settings, sent, post=False)) or ""


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06}"


# -- who is asked ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("closed", [(Channel.ARAMA,), (Channel.MESAJ,), (Channel.ARAMA, Channel.MESAJ)])
def test_l13_a_message_never_asks_over_a_standing_refusal_of_one_of_its_channels(
    shop: Shop, closed: tuple[Channel, ...]
) -> None:
    closes(shop, *closed)
    started = shop.ask(AYSE, "SMS_OTP", "ARAMA", "MESAJ")
    assert shop.messages(AYSE) == []
    assert shop.type(started, "123456").outcome is AnswerOutcome.WRONG


def test_l13_whoever_opened_the_page_consents_over_a_standing_refusal(shop: Shop) -> None:
    closes(shop, Channel.MESAJ)
    started = shop.ask("", "TILL", till=shop.asking_till(shop.form))
    assert shop.answers(started, SMS, who=AYSE).outcome is AnswerOutcome.OK
    assert shop.status(AYSE) == ONAY


def test_l13_a_code_is_worth_nothing_once_its_channel_is_closed(shop: Shop) -> None:
    started = shop.ask(AYSE)
    digits = shop.digits(AYSE)
    closes(shop, Channel.MESAJ)
    assert shop.type(started, digits).outcome is AnswerOutcome.WRONG
    assert shop.status(AYSE) is None


def test_who_wants_no_more_requests_answers_none_that_is_open(shop: Shop) -> None:
    started = shop.ask(AYSE)
    digits = shop.digits(AYSE)
    refuses(shop)
    outcomes = [shop.type(started, one).outcome for one in (wrong(digits), digits, digits)]
    assert outcomes == [AnswerOutcome.WRONG, AnswerOutcome.WRONG, AnswerOutcome.SPENT]
    assert shop.status(AYSE) is None


def test_a_company_cannot_tell_who_is_not_asked(shop: Shop, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer that its calls get, for somebody who is asked, and for three who are not."""
    people = {name: f"+9053200000{place}0" for place, name in enumerate(("asked", "refused", "closed", "erased"), 1)}
    refuses(shop, people["refused"])
    closes(shop, Channel.MESAJ, who=people["closed"])
    _erased(shop, people["erased"])
    seen: dict[str, list[Any]] = {name: [] for name in people}
    begun = {name: shop.ask(number) for name, number in people.items()}
    for name, number in people.items():
        started = begun[name]
        seen[name].append(type(started))
        guess = wrong(shop.digits(number)) if name == "asked" else "000000"
        seen[name].append(shop.type(started, guess).outcome)
        seen[name].append(shop.request(started).state_at(shop.now))
        seen[name].append(shop.ask(number))
    clock.now += 4 * MINUTE
    for name, number in people.items():
        seen[name].append(shop.request(begun[name]).state_at(shop.now))
        seen[name] += [type(shop.ask(number)), shop.verify(number) is None]
    clock.now += 4 * MINUTE
    for name, number in people.items():
        seen[name].append(shop.ask(number))
    clock.now += DAY
    with monkeypatch.context() as patched:
        patched.setattr(code_budgets, "left", lambda *given: False)
        for name, number in people.items():
            seen[name].append(shop.ask(number))
    assert AskFault("H465") in seen["asked"]
    assert AskFault("H453") in seen["asked"]
    assert AskFault("H1031") in seen["asked"]
    for name in people:
        assert seen[name] == seen["asked"], name
    assert len(shop.messages(people["asked"])) >= 2
    assert shop.messages(people["refused"]) == [one for one in shop.messages(people["refused"]) if "DEGILDIR" in one]


# -- undo --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("later", "stands"), [(23 * HOUR, None), (25 * HOUR, ONAY)])
@pytest.mark.parametrize("door", [Door.PAGE, Door.SMS])
def test_l11_the_holder_undoes_an_answer_for_24_hours(
    shop: Shop, clock: Clock, door: Door, later: int, stands: int | None
) -> None:
    started = shop.ask(AYSE)
    act = shop.type(started, shop.digits(AYSE)).act
    assert act is not None
    clock.now += later
    if door is Door.SMS:
        writes(shop, "GERI AL")
    else:
        deed = Deed(Actor.CITIZEN, Door.PAGE)
        shop.registry.store.write_now(ledger.undo, shop.registry.policy, act, deed)
    assert shop.status(AYSE) == stands


def test_the_company_undoes_no_answer(shop: Shop) -> None:
    act = shop.type(shop.ask(AYSE), shop.digits(AYSE)).act
    assert act is not None
    for door in (Door.API, Door.FILE):
        done = shop.registry.store.write_now(ledger.undo, shop.registry.policy, act, Deed(Actor.PROVIDER, door))
        assert done is None
    assert shop.status(AYSE) == ONAY


def test_the_answer_of_an_employee_gives_way_to_the_business(shop: Shop) -> None:
    form = shop.publish(Channel.MESAJ, identity=Identity.TACIR)
    started = shop.ask("", "TILL", till=shop.asking_till(form), form=form, identity=Identity.TACIR.code)
    assert shop.answers(started, SMS, who=AYSE).outcome is AnswerOutcome.OK
    assert shop.status(AYSE, identity="TACIR") == ONAY
    assert shop.status(AYSE) is None, "nobody was asked as a person"

    def work(transaction: Transaction) -> None:
        recipient = register.find(transaction, shop.registry.keyring, register.person(shop.registry.keyring, AYSE))
        assert recipient is not None
        wish = Wish(shop.brand().id, Channel.MESAJ.code, Identity.TACIR.code, RET, Source.IYS_WEB.code)
        ledger.decide(transaction, shop.registry.policy, recipient, [wish], Deed(Actor.CITIZEN, Door.BUSINESS))

    shop.registry.store.write_now(work)
    assert shop.status(AYSE, identity="TACIR") == RET


# -- erasure and a new holder ------------------------------------------------------------------------------------------


def _erased(shop: Shop, who: str) -> None:
    def work(transaction: Transaction) -> None:
        keyring = shop.registry.keyring
        person = register.person(keyring, who)
        register.enrol(transaction, keyring, person)
        entry.forget(transaction, keyring, who)
        register.erase(transaction, keyring, person)

    shop.registry.store.write_now(work)


def test_l15_an_erased_persons_requests_keep_no_address_and_are_not_answered(shop: Shop) -> None:
    started = shop.ask(AYSE)
    digits = shop.digits(AYSE)
    refuses(shop, MEHMET)
    _erased(shop, AYSE)
    assert shop.request(started).address == ""
    assert shop.type(started, digits).outcome is AnswerOutcome.WRONG
    assert shop.answers(started, SMS, who=AYSE).outcome is AnswerOutcome.ENDED
    assert shop.answers(started, SMS, who=MEHMET).outcome is AnswerOutcome.ENDED
    assert shop.status(AYSE) is None
    found = shop.registry.store.read_now(request_store.of_address, shop.registry.keyring, AYSE, 9)
    assert found == []


def test_l15_an_erased_person_is_not_asked_and_their_address_not_kept(shop: Shop, clock: Clock) -> None:
    _erased(shop, AYSE)
    started = shop.ask(AYSE)
    assert shop.request(started).address == ""
    assert shop.messages(AYSE) == []
    assert shop.ask(AYSE) == AskFault("H465")


def test_l15_that_somebody_wants_no_requests_outlives_their_erasure(shop: Shop) -> None:
    refuses(shop)
    _erased(shop, AYSE)
    assert shop.registry.store.read_now(request_store.refuses, shop.registry.keyring, AYSE, shop.brand().id)


def test_a_new_holder_answers_nothing_for_the_last_one(shop: Shop) -> None:
    started = shop.ask(AYSE, "SMS_SHORTURL")
    refuses(shop)
    verified = shop.verify(AYSE)
    digits = shop.digits(AYSE)
    keyring = shop.registry.keyring
    brands = shop.registry.store.write_now(request_store.pass_on, keyring, AYSE)
    assert brands == [shop.brand().id]
    assert not shop.registry.store.read_now(request_store.refuses, keyring, AYSE, shop.brand().id)
    assert shop.type(verified, digits, "VERIFY").outcome is AnswerOutcome.WRONG
    assert shop.answers(started, SMS).outcome is AnswerOutcome.ENDED
    assert shop.status(AYSE) is None


def test_an_undone_answer_of_a_new_holder_brings_the_refusals_back(shop: Shop) -> None:
    keyring, store = shop.registry.keyring, shop.registry.store
    act = shop.type(shop.ask(AYSE), shop.digits(AYSE)).act
    assert act is not None
    person = register.person(keyring, AYSE)
    recipient = store.read_now(register.find, keyring, person)
    assert recipient is not None
    kept = {"hidden_since": 0, "watches": [], "business": None, "unasked": [shop.brand().id]}

    def work(transaction: Transaction) -> int | None:
        evidence = keyring.seal_evidence({"new_holder": kept})
        wish = Wish(shop.brand().id, Channel.MESAJ.code, Identity.BIREYSEL.code, RET, Source.IYS_WEB.code)
        deed = Deed(Actor.CITIZEN, Door.PAGE, evidence=evidence)
        return ledger.decide(transaction, shop.registry.policy, recipient, [wish], deed).act

    answer = store.write_now(work)
    assert answer is not None
    store.write_now(number_reassigned.restore, keyring, recipient, answer)
    assert store.read_now(request_store.refuses, keyring, AYSE, shop.brand().id)
    assert store.read_now(new_holder.hidden, recipient).since == 0


# -- SORMA -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["SORMA CINAR", "sorma çınar", "Sorma Çınar.", f"SORMA {CINAR}", "SORMASIN CINAR"])
def test_sorma_ends_the_requests_of_a_brand_and_changes_no_consent(shop: Shop, text: str) -> None:
    started = shop.ask(AYSE)
    digits = shop.digits(AYSE)
    assert "CINAR" in writes(shop, text)
    assert shop.type(started, digits).outcome is AnswerOutcome.WRONG
    assert shop.status(AYSE) is None
    assert shop.registry.store.read_now(request_store.refused_brands, shop.registry.keyring, AYSE) == [shop.brand().id]


@pytest.mark.parametrize("text", ["SORMA", "SORMA NOBODY", "SORMA CINAR ISIK", "SORMA MI", "CINAR SORMA BENI"])
def test_what_names_no_one_brand_changes_nothing(shop: Shop, text: str) -> None:
    writes(shop, text)
    assert shop.registry.store.read_now(request_store.refused_brands, shop.registry.keyring, AYSE) == []


@pytest.mark.parametrize("text", ["SORMA RET CINAR", "RET CINAR SORMA", "SORMA CINAR RET"])
def test_a_refusal_beside_it_stays_a_refusal(shop: Shop, text: str) -> None:
    writes(shop, text)
    assert shop.status(AYSE) == RET


def test_a_brands_own_number_needs_no_name(shop: Shop) -> None:
    writes(shop, "SORMA", to="+908500000000")
    assert shop.registry.store.read_now(request_store.refused_brands, shop.registry.keyring, AYSE) == [shop.brand().id]
    writes(shop, "SORMA ISIK", to="+908500000000", who=MEHMET)
    assert shop.registry.store.read_now(request_store.refused_brands, shop.registry.keyring, MEHMET) == []


def test_who_lets_a_brand_ask_again_is_asked_again(shop: Shop) -> None:
    refuses(shop)
    assert shop.registry.store.write_now(request_store.ask_again, shop.registry.keyring, AYSE, shop.brand().id)
    shop.ask(AYSE)
    assert len(shop.messages(AYSE)) == 1


@pytest.mark.parametrize("method", ["SMS_OTP", "SMS_SHORTURL"])
def test_who_is_not_asked_costs_as_many_statements(sqlite_url: str, open_registry: Opener, method: str) -> None:
    """On PostgreSQL each is a way to the server and back: a company could time the answer."""
    shop = Shop(open_registry(sqlite_url))
    people = {"asked": MEHMET, "refused": AYSE, "closed": "+905320000003", "erased": "+905320000004"}
    shop.registry.store.write_now(request_store.refuse, shop.registry.keyring, people["refused"], shop.brand().id)
    closes(shop, Channel.MESAJ, who=people["closed"])
    _erased(shop, people["erased"])
    shop.answers(shop.ask("", "TILL", till=shop.asking_till(shop.form)), SMS, who="+905320000005")  # who is known
    people |= {"known": "+905320000005", "asked by all": "+905320000006"}
    brand = shop.brand()
    _, of_all = starting.asked_of(shop.registry, brand.id, RequestPurpose.CONSENT, people["asked by all"])
    for _ in range(of_all.most):
        assert shop.registry.store.write_now(limits.take, of_all)
    asks = [
        starting.NewAsk(
            brand.company, brand, RequestPurpose.CONSENT, RequestMethod[method], recipients.parse(number),
            form=shop.form, channels=SMS,
        )
        for number in people.values()
    ]  # fmt: skip
    counted: dict[str, list[str]] = {}

    def work(transaction: Transaction, name: str, ask: starting.NewAsk) -> None:
        transaction.connection.set_trace_callback(lambda statement: counted.setdefault(name, []).append(statement[:40]))
        assert isinstance(starting.start(transaction, shop.registry, shop.settings, ask), Started)
        transaction.connection.set_trace_callback(None)

    for name, ask in zip(people, asks, strict=True):
        shop.registry.store.write_now(work, name, ask)
    assert len(shop.messages(MEHMET)) == 1
    assert shop.messages(AYSE) == shop.messages(people["asked by all"]) == []
    assert {name: len(found) for name, found in counted.items()} == dict.fromkeys(people, len(counted["asked"]))


def test_a_code_of_the_page_that_does_not_leave_costs_as_many_statements(
    sqlite_url: str, open_registry: Opener, clock: Clock
) -> None:
    """Else a stranger who types a number could time who stopped the brand's questions."""
    shop = Shop(open_registry(sqlite_url))
    keyring, brand = shop.registry.keyring, shop.brand()
    names = ("wanted", "refused", "asked by the brand", "asked by all", "at its limit", "locked")
    people = {name: f"+905320{place}0001" for place, name in enumerate(names, 10)}
    shop.registry.store.write_now(request_store.refuse, keyring, people["refused"], brand.id)

    def fill(transaction: Transaction) -> None:
        for place, name in enumerate(("asked by the brand", "asked by all")):
            limit = starting.asked_of(shop.registry, brand.id, RequestPurpose.CONSENT, people[name], page=True)[place]
            for _ in range(limit.most):
                assert limits.take(transaction, limit)
        assert code_limits.may_send(transaction, keyring, shop.settings, people["at its limit"])
        for _ in range(shop.settings.code_failures_per_day):
            assert code_limits.may_compare(transaction, keyring, shop.settings, people["locked"])

    shop.registry.store.write_now(fill)
    poster, counted = shop.till(kind=tills.POSTER), dict[str, list[int]]()
    ask = question_actions.ask_code

    def traced(transaction: Transaction, *given: Any) -> CodeVerdict:
        statements: list[str] = []
        transaction.connection.set_trace_callback(statements.append)
        verdict = ask(transaction, *given)
        transaction.connection.set_trace_callback(None)
        counted.setdefault(given[2].address, []).append(len(statements))
        return verdict

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(question_actions, "ask_code", traced)
        for _ in range(2):  # the second code of a browser too
            assert {shop.page_code(poster, to, to, place) for place, to in enumerate(people.values())} == {
                CodeOutcome.OK
            }
            clock.now += 2 * MINUTE
    assert len(shop.messages(people["wanted"])) == 2
    assert [len(shop.messages(people[name])) for name in names[1:]] == [0, 0, 0, 1, 0]
    assert {name: counted[to] for name, to in people.items()} == dict.fromkeys(names, counted[people["wanted"]])
