"""One consent in each state that the rules of the ledger lead to, and what every reading has to answer for it.

The consent is AYSE's with Çınar, by SMS, as a private person where no other identity is given. The site has her
browser, her phone, Çınar's program and a member of Çınar at its panel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from consents import ledger
from consents.brands import brand_changes, companies, provider_states
from consents.brands.company_changes import Why
from consents.history import Deed
from consents.ledger import Claim, Wish
from consents.people import register
from consents.queries import loads
from consents.rules import DOOR_SOURCES, Word
from consents.state import Key
from consents.store import Transaction
from consents.terms import Actor, Channel, Door, Identity, Source, Status
from panel.accounts import account_store, memberships, sessions
from panel.rights import GIVEN, Membership, Permission, Role
from providers.callers import api_users
from providers.callers.api_users import Owner
from tests import programs
from tests.asking.shop import Shop
from tests.citizen.consents.town import AYSE, CINAR, DAY, ISIK, Town, Visitor
from tests.conftest import Clock
from tests.providers.api.desk import Program
from web import cookies

SMS, PRIVATE = Channel.MESAJ.code, Identity.BIREYSEL.code
COMPANY = 600100
NONE = "YOK"
REPORTING = Permission.MEMBER
for _right in GIVEN:
    REPORTING |= _right


class Expected(NamedTuple):
    """What stands: ``source`` and ``at`` (µs) of the word in force, None where nothing of it is shown.

    ``before``: what the last movement of feeds and histories shows, where that is not what stands: silence and an undo
    that leaves no record are no movements (rules L4 and L11). ``closed_to_programs``: its company may not call.
    ``answered``: a standing refusal answers what waits, so that its holder reads RET (rule L4).
    """

    status: str
    source: str | None = None
    at: int | None = None
    before: str = ""
    erased: bool = False
    veiled: bool = False
    closed_to_programs: bool = False
    answered: bool = False

    @property
    def last(self) -> str:
        return self.before or self.status


class Standings:
    """The site, and deeds about the consent in a word each."""

    def __init__(self, town: Town, clock: Clock, identity: int = PRIVATE) -> None:
        self.town, self.clock, self.registry = town, clock, town.registry
        self._password = self.registry.store.write_now(
            api_users.add, Owner.PROVIDER, COMPANY, "cinar", programs.password("cinar")
        )
        self.registry.store.write_now(self._employ)
        self.recipient, self.brand = town.person(AYSE), town.brand(CINAR)
        self.key = Key(self.recipient, self.brand, SMS, identity)

    def program(self) -> Program:
        """Çınar's program, signed in now."""
        fields = {"username": "cinar", "password": self._password, "grant_type": "password"}
        return Program(self.town.client, self.town.client.post("/oauth2/token", json=fields).json())

    def signs_in(self) -> Visitor:
        """A member of Çınar at the panel, signed in now, who may see and report all."""

        def work(transaction: Transaction) -> str:
            token = cookies.token()
            sessions.open_(transaction, cookies.key(token), self._member, b"device" * 4)
            sessions.pass_step(transaction, cookies.key(token), cookies.key(token))
            return token

        return Visitor(self.town.client, f"{cookies.PANEL}={self.registry.store.write_now(work)}")

    @property
    def now(self) -> int:
        """To the second, as words on the wire are."""
        return self.clock.now // 1_000_000 * 1_000_000

    def declares(
        self, status: Status, source: Source = Source.HS_WEB, ago: float = 0, dealer: int | None = None
    ) -> int:
        """The company's word; its date."""
        at = self.now - round(ago * DAY)
        claim = Claim(*self.key, status.code, source.code, at, dealer)
        deed = Deed(Actor.PROVIDER, Door.FILE)
        self.registry.store.write_now(ledger.declare, self.registry.policy, self.brand, [claim], deed)
        self.clock.forward(seconds=2)
        return at

    def decides(self, status: Status, door: Door = Door.PAGE) -> tuple[int, int]:
        """Her own word: (act, date)."""
        deed = Deed(Actor.CITIZEN, door)
        wish = Wish(*self.key[1:], status.code, DOOR_SOURCES[door].code)
        done = self.registry.store.write_now(ledger.decide, self.registry.policy, self.recipient, [wish], deed)
        assert done.act is not None
        at = self.own().at
        self.clock.forward(seconds=2)
        return done.act, at

    def relays(self, status: Status, source: Source, ago: float = 0) -> int:
        """Her word at the national registry; its date."""
        at = self.now - round(ago * DAY)
        claim = Claim(*self.key, status.code, source.code, at)
        self.registry.store.write_now(
            ledger.relay, self.registry.policy, self.brand, [claim], Deed(Actor.REGISTRY, Door.SYNC)
        )
        self.clock.forward(seconds=2)
        return at

    def refuses_ahead(self, *, refuses: bool = True) -> tuple[int, int]:
        """A standing refusal, or its end: (act, date)."""
        deed = Deed(Actor.CITIZEN, Door.PAGE)
        work = partial(ledger.change_blanket, refuses=refuses)
        at = self.clock.now
        act = self.registry.store.write_now(work, self.registry.policy, self.recipient, [self.key[2:]], deed)
        assert act is not None
        self.clock.forward(seconds=2)
        return act, at

    def undoes(self, act: int, actor: Actor = Actor.CITIZEN, door: Door = Door.PAGE) -> None:
        assert self.registry.store.write_now(ledger.undo, self.registry.policy, act, Deed(actor, door))
        self.clock.forward(seconds=2)

    def own(self) -> Word:
        from consents import state

        found = self.registry.store.read_now(state.of_key, self.key)
        assert found is not None
        assert found.citizen is not None
        return found.citizen

    def _employ(self, transaction: Transaction) -> None:
        person = account_store.enrol(transaction, self.registry.keyring, "uye@example.com")
        company = companies.provider_id(transaction, COMPANY)
        assert company is not None
        memberships.put(transaction, person.id, company, Membership(Role.OWNER, REPORTING))
        self._member = person.id


State = Callable[[Standings], Expected]
ONAY, RET = Status.ONAY, Status.RET


def nobody_has_spoken(of: Standings) -> Expected:
    return Expected(NONE)


def companys_onay(of: Standings) -> Expected:
    return Expected("ONAY", "HS_WEB", of.declares(ONAY, ago=9))


def companys_ret(of: Standings) -> Expected:
    of.declares(ONAY, ago=9)
    return Expected("RET", "HS_MOBIL", of.declares(RET, Source.HS_MOBIL, ago=3))


def own_onay(of: Standings) -> Expected:
    return Expected("ONAY", "IYS_WEB", of.decides(ONAY)[1])


def own_ret(of: Standings) -> Expected:
    of.declares(ONAY, ago=9)
    return Expected("RET", "IYS_WEB", of.decides(RET)[1])


def own_ret_by_sms(of: Standings) -> Expected:
    of.declares(ONAY, ago=9)
    return Expected("RET", "IYS_KISAMESAJ", of.decides(RET, Door.SMS)[1])


def _asking(of: Standings) -> tuple[Shop, dict[str, int]]:
    """Çınar's shop, and what it asks as: the form of the identity of whom it is about."""
    shop, identity = Shop(of.registry, furnished=True), of.key.identity
    if identity == PRIVATE:
        return shop, {"form": shop.form, "identity": identity}
    form = shop.publish(Channel.ARAMA, Channel.MESAJ, identity=Identity.TACIR)
    return shop, {"form": form, "identity": identity}


def onay_by_request(of: Standings) -> Expected:
    """She gives the code that Çınar sent her to its clerk."""
    of.declares(RET, ago=9)
    shop, question = _asking(of)
    started = shop.ask(AYSE, **question)
    assert shop.type(started, shop.digits(AYSE)).act is not None
    of.clock.forward(seconds=2)
    return Expected("ONAY", "IYS_KISAMESAJ", of.own().at)


def ret_by_request(of: Standings) -> Expected:
    """She answers a till's question with no."""
    of.declares(ONAY, ago=9)
    shop, question = _asking(of)
    started = shop.ask("", "TILL", till=shop.asking_till(question["form"]), **question)
    assert shop.answers(started, 0, 1 << SMS, AYSE).act is not None
    of.clock.forward(seconds=2)
    return Expected("RET", "IYS_WEB", of.own().at)


def onay_by_request_undone(of: Standings) -> Expected:
    at = of.declares(RET, ago=9)
    shop, question = _asking(of)
    started = shop.ask(AYSE, **question)
    act = shop.type(started, shop.digits(AYSE)).act
    assert act is not None
    of.clock.forward(hours=23)
    of.undoes(act)
    return Expected("RET", "HS_WEB", at)


def companys_newer_ret(of: Standings) -> Expected:
    of.decides(ONAY)
    of.clock.forward(days=1)
    return Expected("RET", "HS_CAGRI_MERKEZI", of.declares(RET, Source.HS_CAGRI_MERKEZI))


def companys_newer_onay_over_hers(of: Standings) -> Expected:
    of.decides(ONAY)
    of.clock.forward(days=1)
    return Expected("ONAY", "HS_MOBIL", of.declares(ONAY, Source.HS_MOBIL))


def waits(of: Standings) -> Expected:
    _, at = of.decides(RET)
    of.clock.forward(days=1)
    of.declares(ONAY)
    return Expected("BEKLIYOR", "IYS_WEB", at)


def waited_in_vain(of: Standings) -> Expected:
    found = waits(of)
    of.clock.forward(days=31)
    return found._replace(status="RET", before="BEKLIYOR")


def collected_by_a_dealer(of: Standings) -> Expected:
    return Expected("ONAY", "HS_FIZIKSEL_ORTAM", of.declares(ONAY, Source.HS_FIZIKSEL_ORTAM, ago=5, dealer=1))


def refused_what_a_dealer_collected(of: Standings) -> Expected:
    collected_by_a_dealer(of)
    return Expected("RET", "IYS_WEB", of.decides(RET)[1])


def ahead_over_an_onay(of: Standings) -> Expected:
    of.declares(ONAY, ago=9)
    return Expected("RET", "IYS_WEB", of.refuses_ahead()[1])


def ahead_over_a_ret(of: Standings) -> Expected:
    """The standing refusal ended nothing here, so no movement announced it."""
    of.declares(RET, ago=9)
    return Expected("RET", "IYS_WEB", of.refuses_ahead()[1])


def declared_under_ahead(of: Standings) -> Expected:
    at = of.refuses_ahead()[1]
    of.clock.forward(days=1)
    of.declares(ONAY)
    return Expected("BEKLIYOR", "IYS_WEB", at, answered=True)


def waits_and_ahead(of: Standings) -> Expected:
    """It has a word of its own, so the standing refusal changes nothing of it but what its holder is asked."""
    found = waits(of)
    of.refuses_ahead()
    return found._replace(answered=True)


def declared_under_ahead_in_vain(of: Standings) -> Expected:
    found = declared_under_ahead(of)._replace(answered=False)
    of.clock.forward(days=31)
    return found._replace(status="RET", before="BEKLIYOR")


def older_onay_under_ahead(of: Standings) -> Expected:
    at = of.refuses_ahead()[1]
    of.clock.forward(days=1)
    of.declares(ONAY, ago=3)
    return Expected("RET", "IYS_WEB", at)


def newer_ret_under_ahead(of: Standings) -> Expected:
    of.refuses_ahead()
    of.clock.forward(days=1)
    return Expected("RET", "HS_MOBIL", of.declares(RET, Source.HS_MOBIL))


def own_onay_under_ahead(of: Standings) -> Expected:
    of.declares(ONAY, ago=9)
    of.refuses_ahead()
    return Expected("ONAY", "IYS_WEB", of.decides(ONAY)[1])


def own_ret_before_ahead(of: Standings) -> Expected:
    of.declares(ONAY, ago=9)
    _, at = of.decides(RET)
    of.refuses_ahead()
    return Expected("RET", "IYS_WEB", at)


def ahead_ended(of: Standings) -> Expected:
    at = of.declares(ONAY, ago=9)
    of.refuses_ahead()
    of.refuses_ahead(refuses=False)
    return Expected("ONAY", "HS_WEB", at)


def ahead_undone(of: Standings) -> Expected:
    at = of.declares(ONAY, ago=9)
    act, _ = of.refuses_ahead()
    of.undoes(act)
    return Expected("ONAY", "HS_WEB", at)


def own_ret_undone_under_ahead(of: Standings) -> Expected:
    of.declares(ONAY, ago=9)
    act, _ = of.decides(RET)
    _, at = of.refuses_ahead()
    of.undoes(act)
    return Expected("RET", "IYS_WEB", at)


def undone_to_an_onay(of: Standings) -> Expected:
    at = of.declares(ONAY, ago=9)
    act, _ = of.decides(RET)
    of.undoes(act)
    return Expected("ONAY", "HS_WEB", at)


def undone_to_nothing(of: Standings) -> Expected:
    act, _ = of.decides(RET)
    of.undoes(act)
    return Expected(NONE, before="RET")


def undone_to_waiting(of: Standings) -> Expected:
    _, at = of.decides(RET)
    of.clock.forward(days=1)
    of.declares(ONAY)
    act, _ = of.decides(ONAY)
    of.undoes(act)
    return Expected("BEKLIYOR", "IYS_WEB", at, before="RET")


def load_taken_back(of: Standings) -> Expected:
    def work(transaction: Transaction) -> int:
        upload = loads.begin(transaction, of.brand, b"d" * 32)
        claim = Claim(*of.key, ONAY.code, Source.HS_WEB.code, of.now - DAY)
        deed = Deed(Actor.PROVIDER, Door.FILE, upload=upload)
        ledger.declare(transaction, of.registry.policy, of.brand, [claim], deed)
        loads.end(transaction, upload, 1, 0)
        return upload

    at = of.declares(RET, ago=9)
    upload = of.registry.store.write_now(work)
    of.clock.forward(seconds=2)
    (act,) = of.registry.store.read_now(loads.acts, upload) or []
    of.undoes(act.act, Actor.PROVIDER, Door.FILE)
    return Expected("RET", "HS_WEB", at)


def erased(of: Standings) -> Expected:
    of.declares(ONAY, ago=9)
    _erase(of)
    return Expected("RET", erased=True)


def erased_after_a_refusal(of: Standings) -> Expected:
    of.declares(ONAY, ago=9)
    of.decides(RET)
    _erase(of)
    return Expected("RET", erased=True)


def erased_under_ahead(of: Standings) -> Expected:
    of.declares(ONAY, ago=9)
    of.refuses_ahead()
    _erase(of)
    return Expected("RET", erased=True)


def erased_while_asked(of: Standings) -> Expected:
    waits(of)
    _erase(of)
    return Expected("RET", erased=True)


def brand_closed(of: Standings) -> Expected:
    at = of.declares(ONAY, ago=9)
    of.registry.store.write_now(brand_changes.close, CINAR, Why(of.registry.keyring, "a test"))
    of.clock.forward(seconds=2)
    return Expected("ONAY", "HS_WEB", at)


def company_paused(of: Standings) -> Expected:
    of.declares(ONAY, ago=9)
    found = Expected("RET", "IYS_WEB", of.decides(RET)[1], closed_to_programs=True)
    of.registry.store.write_now(provider_states.pause, COMPANY, Why(of.registry.keyring, "a test"))
    return found


def line_closed(of: Standings) -> Expected:
    """The number went back to its operator, and İYS refuses all of it."""
    of.declares(ONAY, ago=400)
    return Expected("RET", "IYS_AHS_HAT_KAPATMA", of.relays(RET, Source.IYS_AHS_HAT_KAPATMA, ago=1))


def number_moved(of: Standings) -> Expected:
    """Its new holder answers that it is new to her; from then on nothing from before is shown to her."""
    of.declares(ONAY, ago=400)
    of.decides(RET)
    of.clock.forward(days=1)
    shown = of.own().at
    of.town.sign_in(AYSE).post("/izinler/yeni-numara", new="1")
    of.clock.forward(seconds=2)
    return Expected("RET", "IYS_WEB", shown, veiled=True)


def refused_at_the_national_registry(of: Standings) -> Expected:
    of.declares(ONAY, ago=9)
    return Expected("RET", "IYS_MOBIL", of.relays(RET, Source.IYS_MOBIL, ago=2))


def older_word_from_the_national_registry(of: Standings) -> Expected:
    at = of.declares(ONAY, ago=2)
    of.relays(RET, Source.IYS_MOBIL, ago=5)
    assert of.own().at < at
    return Expected("BEKLIYOR", "IYS_MOBIL", of.own().at, before="RET")


def _erase(of: Standings) -> None:
    """As ``izin erase`` does."""

    def work(transaction: Transaction) -> None:
        who = register.person(of.registry.keyring, AYSE)
        ledger.end_all(transaction, of.registry.policy, of.recipient, anew=True)
        assert register.erase(transaction, of.registry.keyring, who)

    of.registry.store.write_now(work)
    of.clock.forward(seconds=2)


STATES: dict[str, State] = {
    state.__name__: state
    for state in (
        nobody_has_spoken, companys_onay, companys_ret, own_onay, own_ret, own_ret_by_sms, onay_by_request,
        ret_by_request, onay_by_request_undone, companys_newer_ret,
        companys_newer_onay_over_hers, waits, waited_in_vain, collected_by_a_dealer, refused_what_a_dealer_collected,
        ahead_over_an_onay, ahead_over_a_ret, waits_and_ahead, declared_under_ahead, declared_under_ahead_in_vain,
        older_onay_under_ahead, newer_ret_under_ahead, own_onay_under_ahead, own_ret_before_ahead, ahead_ended,
        ahead_undone, own_ret_undone_under_ahead, undone_to_an_onay, undone_to_nothing, undone_to_waiting,
        load_taken_back, erased, erased_after_a_refusal, erased_under_ahead, erased_while_asked, brand_closed,
        company_paused, line_closed, number_moved, refused_at_the_national_registry,
        older_word_from_the_national_registry,
    )
}  # fmt: skip
OTHER = ISIK
