"""All doors of requests at random, against a model of what each person said."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from asking import request_store, starting
from asking.answering import AnswerOutcome
from asking.request_states import LASTS, RequestEvent, RequestMethod, RequestPurpose, RequestState
from asking.starting import AskFault, Started
from citizen.signin import entry
from consents import ledger
from consents.history import Deed
from consents.people import register
from consents.rules import ONAY, RET
from consents.store import Transaction
from consents.terms import Actor, Channel, Door, Identity
from tests import repeats
from tests.asking.shop import Shop
from tests.conftest import Clock, Opener

MINUTE, DAY = 60_000_000, 86_400_000_000  # µs
CHANNELS = (Channel.ARAMA, Channel.MESAJ)
BOTH = 0b11
OPEN = (RequestState.OPEN, RequestState.WRONG)


class Asked(NamedTuple):
    """A request as the model has it. ``deaf``: no answer counts any more."""

    started: Started
    who: str  # "" of a till
    purpose: RequestPurpose
    method: RequestMethod
    channels: int
    at: int
    digits: str
    state: RequestState = RequestState.OPEN
    tries: int = 0
    deaf: bool = False

    def at_time(self, now: int) -> RequestState:
        over = self.state in OPEN and now >= self.at + LASTS[self.method]
        return RequestState.EXPIRED if over else self.state


class RequestMachine(RuleBasedStateMachine):
    """Two people, one brand with one till. Each run has people of its own."""

    runs = 0

    def __init__(self, shop: Shop, clock: Clock) -> None:
        super().__init__()
        RequestMachine.runs += 1
        self.shop, self.clock, self.registry = shop, clock, shop.registry
        clock.now += 2 * DAY
        self.people = [f"+9053{digit}{RequestMachine.runs:07}" for digit in (2, 3)]
        self.till = shop.asking_till(shop.form)
        self.asked: list[Asked] = []
        self.said: dict[tuple[str, Channel], int] = {}
        self.refusing: set[str] = set()
        self.closed: set[tuple[str, Channel]] = set()
        self.erased: set[str] = set()
        self.notices = dict.fromkeys(self.people, 0)
        self.starts: list[tuple[int, str, RequestPurpose]] = []

    # -- what a company does -------------------------------------------------------------------------------------------

    @rule(
        who=st.integers(0, 1),
        purpose=st.sampled_from(RequestPurpose),
        method=st.sampled_from((RequestMethod.SMS_OTP, RequestMethod.SMS_OTP, RequestMethod.SMS_SHORTURL)),
        channels=st.sampled_from((0b01, 0b10, BOTH)),
    )
    def asks(self, who: int, purpose: RequestPurpose, method: RequestMethod, channels: int) -> None:
        to, now = self.people[who], self.clock.now
        before = len(self.shop.messages(to))
        consent = purpose is RequestPurpose.CONSENT
        wanted = [str(one) for one in CHANNELS if channels >> one.code & 1]
        made = self.shop.ask(to, method.name, *wanted) if consent else self.shop.verify(to, method.name)
        expected = self._fault(to, purpose)
        assert (made if isinstance(made, AskFault) else None) == expected
        if not isinstance(made, Started):
            assert len(self.shop.messages(to)) == before
            return
        self.starts.append((now, to, purpose))
        barred = to in self.refusing or to in self.erased or any((to, one) in self.closed for one in self._in(channels))
        deaf = consent and barred
        assert len(self.shop.messages(to)) == before + (not deaf)
        digits = self.shop.digits(to) if method is RequestMethod.SMS_OTP and not deaf else ""
        self.asked.append(Asked(made, to, purpose, method, channels if consent else 0, now, digits, deaf=deaf))

    def _fault(self, to: str, purpose: RequestPurpose) -> AskFault | None:
        now = self.clock.now
        for one in self.asked:
            fresh = one.who == to and one.purpose is purpose and one.at > now - starting.GAP
            if fresh and one.at_time(now) in OPEN:
                return AskFault("H465")
        lately = [one for one in self.starts if one[0] > now - DAY and one[1] == to]
        of_purpose = sum(one[2] is purpose for one in lately)
        assert len(lately) < starting.ALL_A_DAY, "one brand alone never reaches the limit of all"
        return AskFault("H453") if of_purpose >= starting.A_DAY else None

    @rule(purpose=st.sampled_from(RequestPurpose))
    def the_till_asks(self, purpose: RequestPurpose) -> None:
        if sum(one.method is RequestMethod.TILL and one.at > self.clock.now - 10 * MINUTE for one in self.asked) > 30:
            return
        consent = purpose is RequestPurpose.CONSENT
        made = (
            self.shop.ask("", "TILL", "ARAMA", "MESAJ", till=self.till)
            if consent
            else self.shop.verify("", "TILL", till=self.till)
        )
        assert isinstance(made, Started)
        for place, one in enumerate(self.asked):  # one person at a time
            if one.method is RequestMethod.TILL and one.at_time(self.clock.now) in OPEN:
                self.asked[place] = one._replace(state=RequestState.CANCELLED)
        channels = BOTH if consent else 0
        self.asked.append(Asked(made, "", purpose, RequestMethod.TILL, channels, self.clock.now, ""))

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), right=st.booleans(), purpose=st.sampled_from(RequestPurpose))
    def types_a_code(self, data: Any, right: bool, purpose: RequestPurpose) -> None:
        place = self._some(data)
        one, now = self.asked[place], self.clock.now
        others = {other.digits for other in self.asked if other.digits} - {one.digits}
        typed = one.digits if right and one.digits else next(iter(sorted(others)), "x")
        outcome = self.shop.type(one.started, typed, purpose.name).outcome
        state = one.at_time(now)
        if one.method is not RequestMethod.SMS_OTP:
            assert outcome is AnswerOutcome.METHOD
        elif one.purpose is not purpose:
            assert outcome is AnswerOutcome.PURPOSE
        elif state not in OPEN:
            assert outcome is self._over(state)
        elif typed == one.digits and not one.deaf and not self._shut(one):
            assert outcome is AnswerOutcome.OK
            self._answered(place, one.who, one.channels, 0)
        else:
            last = one.tries == 2
            assert outcome is (AnswerOutcome.SPENT if last else AnswerOutcome.WRONG)
            after = RequestState.SPENT if last else RequestState.WRONG
            self.asked[place] = one._replace(tries=one.tries + 1, state=after)

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def cancels(self, data: Any) -> None:
        place = self._some(data)
        one = self.asked[place]
        request = self.shop.request(one.started)
        done = self.registry.store.write_now(request_store.move, request, RequestEvent.CANCEL)
        assert done is (one.at_time(self.clock.now) in OPEN)
        if done:
            self.asked[place] = one._replace(state=RequestState.CANCELLED)

    # -- what people do ------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), who=st.integers(0, 1), yes=st.integers(0, 7), no=st.integers(0, 7))
    def answers(self, data: Any, who: int, yes: int, no: int) -> None:
        """By a page or an SMS: the person's own, wherever their number was proved."""
        place = self._some(data)
        one, by = self.asked[place], self.people[who]
        outcome = self.shop.answers(one.started, yes, no, by).outcome
        state = one.at_time(self.clock.now)
        if state not in OPEN:
            assert outcome is self._over(state)
        elif one.deaf:
            assert outcome is AnswerOutcome.ENDED
        elif one.who not in ("", by):
            assert outcome is AnswerOutcome.OTHER
        else:
            assert outcome is AnswerOutcome.OK
            self._answered(place, by, yes & ~no, no)

    def _answered(self, place: int, who: str, yes: int, no: int) -> None:
        one = self.asked[place]
        self.asked[place] = one._replace(state=RequestState.ANSWERED, who=who)
        yes, no = yes & one.channels, no & one.channels
        for channel in CHANNELS:
            if (yes | no) >> channel.code & 1:
                self.said[who, channel] = ONAY if yes >> channel.code & 1 else RET
        if yes | no:
            self.erased.discard(who)
        self.notices[who] += bool(yes) or one.purpose is RequestPurpose.VERIFY

    @rule(who=st.integers(0, 1), again=st.booleans())
    def refuses_to_be_asked(self, who: int, again: bool) -> None:
        address, brand = self.people[who], self.shop.brand().id
        work = request_store.ask_again if again else request_store.refuse
        self.registry.store.write_now(work, self.registry.keyring, address, brand)
        if again:
            self.refusing.discard(address)
            return
        self.refusing.add(address)
        self._deafen(address)

    @rule(who=st.integers(0, 1))
    def has_a_new_holder(self, who: int) -> None:
        self.registry.store.write_now(request_store.pass_on, self.registry.keyring, self.people[who])
        self.refusing.discard(self.people[who])
        self._deafen(self.people[who])

    def _deafen(self, address: str) -> None:
        for place, one in enumerate(self.asked):
            if one.who == address and one.state in OPEN:
                self.asked[place] = one._replace(deaf=True)

    @rule(who=st.integers(0, 1), channel=st.sampled_from(CHANNELS), closes=st.booleans())
    def closes_a_channel(self, who: int, channel: Channel, closes: bool) -> None:
        address = self.people[who]
        if address in self.erased:
            return  # the desk's tests have what an erased person's return does

        def work(transaction: Transaction) -> None:
            person = register.person(self.registry.keyring, address)
            recipient = register.acting(transaction, self.registry.keyring, person)
            ways = [(channel.code, Identity.BIREYSEL.code)]
            deed = Deed(Actor.CITIZEN, Door.PAGE)
            ledger.change_blanket(transaction, self.registry.policy, recipient, ways, deed, refuses=closes)

        self.registry.store.write_now(work)
        (self.closed.add if closes else self.closed.discard)((address, channel))

    @rule(who=st.integers(0, 1))
    def is_erased(self, who: int) -> None:
        address = self.people[who]

        def work(transaction: Transaction) -> int | None:
            keyring, person = self.registry.keyring, register.person(self.registry.keyring, address)
            entry.forget(transaction, keyring, address)
            recipient = register.find(transaction, keyring, person)
            if recipient is not None:
                ledger.end_all(transaction, self.registry.policy, recipient, anew=True)
            return register.erase(transaction, keyring, person)

        if self.registry.store.write_now(work) is not None:
            self.erased.add(address)
        self._deafen(address)
        for channel in CHANNELS:
            if self.said.get((address, channel)) == ONAY:
                self.said[address, channel] = RET

    @rule(seconds=st.sampled_from((1, 100, 179, 180, 600, 7200, 86_400)))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(seconds=seconds)

    # -- what holds ----------------------------------------------------------------------------------------------------

    @invariant()
    def every_request_is_where_the_model_has_it(self) -> None:
        for one in self.asked:
            request = self.shop.request(one.started)
            assert request.state_at(self.clock.now) is one.at_time(self.clock.now)
            assert request.purpose is one.purpose
            if request.act is not None:
                assert request.state is RequestState.ANSWERED
                assert request.purpose is RequestPurpose.CONSENT

    @invariant()
    def what_stands_is_what_was_said(self) -> None:
        for address in self.people:
            for channel in CHANNELS:
                stands = self.shop.status(address, str(channel))
                assert stands == (None if address in self.erased else self.said.get((address, channel)))

    @invariant()
    def each_yes_was_noticed_once(self) -> None:
        for address in self.people:
            sent = [one for one in self.shop.messages(address) if "dogruladi" in one or "siz onayladiniz" in one]
            assert len(sent) == self.notices[address]

    def _some(self, data: Any) -> int:
        return int(data.draw(st.integers(0, len(self.asked) - 1)))

    def _in(self, channels: int) -> list[Channel]:
        return [one for one in CHANNELS if channels >> one.code & 1]

    def _shut(self, one: Asked) -> bool:
        return any((one.who, channel) in self.closed for channel in self._in(one.channels))

    @staticmethod
    def _over(state: RequestState) -> AnswerOutcome:
        return {RequestState.EXPIRED: AnswerOutcome.EXPIRED, RequestState.SPENT: AnswerOutcome.SPENT}.get(
            state, AnswerOutcome.ENDED
        )


@pytest.fixture
def shop(sqlite_url: str, open_registry: Opener) -> Shop:
    return Shop(open_registry(sqlite_url))


def test_every_door_of_a_request_agrees_with_the_model(shop: Shop, clock: Clock) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: RequestMachine(shop, clock),
        settings=settings(
            max_examples=repeats(25, 500),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
