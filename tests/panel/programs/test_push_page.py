"""The page of push connections: an address is tried before it is kept; refused at its field; tried, removed."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from consents import instants, ledger
from consents.brands import companies
from consents.history import Deed
from consents.ledger import Wish
from consents.people import register
from consents.rules import ONAY, RET
from consents.store import Transaction
from consents.terms import Actor, Channel, Door, Identity, Source
from panel.form_answers import StaleChange
from panel.programs import push_actions
from panel.rights import Membership, Permission, Role
from providers.push import push_connections, push_deliveries, pusher
from providers.push.push_connections import PushTarget, WantedConnection
from providers.push.pusher import NotTaken, TakenPost
from tests.panel.brands.forms import AT, OWNER, error_at, seen
from tests.panel.changes import changed
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, ISIK, NO_RIGHT, STALE, Office
from tests.panel.test_matrix import brand
from tests.web.client import refused_for

AYSE = "+905320000001"
PAGE = f"{AT}/programlar/bildirim"
WISH = {
    "brand": str(CINAR),
    "channel": "MESAJ",
    "url": "https://crm.example/izin?k=gizli",
    "username": "izin",
    "password": "cok-gizli",
}


class Program:
    """The other side: takes what is posted, or fails with ``fault``."""

    def __init__(self) -> None:
        self.fault: NotTaken | None = None
        self.taken: list[PushTarget] = []
        self.bodies: list[Any] = []

    async def post(self, target: PushTarget, body: object, **more: object) -> TakenPost:
        if self.fault:
            raise self.fault
        self.taken.append(target)
        self.bodies.append(body)
        return TakenPost(200, "OK")


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Program:
    made = Program()
    monkeypatch.setattr(pusher, "post", made.post)
    return made


def made(here: Office) -> list[PushTarget]:
    read: Callable[..., list[push_connections.MadeConnection]] = push_connections.of_brand
    return [one.target for one in here.registry.store.read_now(read, here.registry.keyring, brand(here, CINAR))]


def test_made_tried_and_removed(office: OpenOffice, program: Program) -> None:
    here = office()
    owner = here.somebody(OWNER)
    assert owner.post(PAGE, data=WISH).headers["location"] == f"{PAGE}?eklendi"
    assert made(here) == program.taken
    page = owner.get(PAGE).text
    assert "crm.example/izin" in page
    assert not [secret for secret in ("k=gizli", "cok-gizli") if secret in page], "nor the query, nor the password"
    number = re.search(rf'action="{PAGE}/(\d+)/dene"', page)
    assert number
    assert owner.post(f"{PAGE}/{number[1]}/dene").headers["location"] == f"{PAGE}?alindi"
    program.fault = NotTaken("status 503")
    assert owner.post(f"{PAGE}/{number[1]}/dene").headers["location"] == f"{PAGE}?alinmadi"
    assert owner.post(f"{PAGE}/{number[1]}/kaldir").headers["location"] == f"{PAGE}?kaldirildi"
    assert made(here) == []
    assert here.acts() == ["push-registered", "push-tried", "push-tried", "push-removed"]


REFUSED = [
    ({"brand": "600200"}, "brand", "marka"),
    ({"channel": ""}, "channel", "Kanalı"),
    ({"url": "http://crm.example"}, "url", "https://"),
    ({"url": "https://127.0.0.1/x"}, "url", "internete"),
    ({"username": "a:b"}, "username", "İki nokta"),
    ({"password": ""}, "password", "parola"),
]


@pytest.mark.parametrize(("changed", "place", "said"), REFUSED, ids=[f"{at} {said}" for _, at, said in REFUSED])
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_posted(
    office: OpenOffice, program: Program, changed: dict[str, str], place: str, said: str
) -> None:
    here = office()
    answer = here.somebody(OWNER).post(PAGE, data=WISH | changed)
    assert answer.status_code == 422
    assert said in error_at(answer, place)
    assert "cok-gizli" not in answer.text
    assert program.taken == []
    assert made(here) == []


FAULTS = [
    (NotTaken("TimeoutError", late=True), "beş saniye"),
    (NotTaken("status 401"), "adı ya da parolayı kabul etmedi (401)"),
    (NotTaken("status 500"), "Sunucunuz 500 hatası verdi"),
    (NotTaken("status 302"), "yönlendirdi (302)"),
    (NotTaken("status 404"), "bu yol yok"),
    (NotTaken("ClientConnectorDNSError"), "Bu adres bulunamadı"),
    (NotTaken("ClientConnectorError"), "bağlanılamadı"),
    (NotTaken("address private"), "internete"),
]


@pytest.mark.parametrize(("fault", "said"), FAULTS, ids=[said for _, said in FAULTS])
def test_an_address_that_does_not_take_the_record_is_not_kept(
    office: OpenOffice, program: Program, fault: NotTaken, said: str
) -> None:
    here = office()
    program.fault = fault
    assert said in error_at(here.somebody(OWNER).post(PAGE, data=WISH), "url")
    assert made(here) == []
    assert here.acts() == []


def test_a_third_connection_of_a_channel_is_refused(office: OpenOffice, program: Program) -> None:
    here = office()
    owner = here.somebody(OWNER)
    for number in range(2):
        assert owner.post(PAGE, data=WISH | {"url": f"https://crm{number}.example/"}).status_code == 303
    assert "en çok iki" in error_at(owner.post(PAGE, data=WISH), "channel")
    assert len(made(here)) == 2


def test_the_addresses_from_which_pushes_come_are_shown_where_they_are_set(office: OpenOffice) -> None:
    here = office(OUTGOING_ADDRESSES="203.0.113.7, 2001:db8::/64")
    shown = here.somebody(OWNER).get(PAGE).text
    assert "bu IP adresine izin verin: 203.0.113.7, 2001:db8::/64" in shown


ALL = {"brand": "all", "url": "https://crm.example/hepsi", "username": "izin", "password": "cok-gizli"}


def deliveries(here: Office, number: int) -> list[push_deliveries.KeptPost]:
    store = here.registry.store
    return store.read_now(push_deliveries.listed, store.read_now(push_connections.rows_of, number))


def test_one_for_all_brands_is_one_line_for_people_of_all_brands(office: OpenOffice, program: Program) -> None:
    here = office()
    owner = here.somebody(OWNER)
    assert owner.post(PAGE, data=ALL).headers["location"] == f"{PAGE}?eklendi"
    page = owner.get(PAGE).text
    assert page.count('class="conn"') == 1
    assert "Bütün markalar ve kanallar</strong>" in page
    some = here.somebody(Membership(Role.USER, Permission.ADMINISTER, frozenset({brand(here, CINAR)})))
    shown = some.get(PAGE).text
    assert "crm.example/hepsi" not in shown
    assert 'value="all"' not in shown
    assert "Bir marka seçin" in error_at(some.post(PAGE, data=ALL), "brand")
    for path in ("", "/kaldir", "/imza"):
        assert some.get(f"{PAGE}/1{path}").status_code == 403
    for path in ("/dene", "/kaldir", "/imza"):
        refused_for(some.post(f"{PAGE}/1{path}"), 403, NO_RIGHT)
    assert owner.get(f"{PAGE}/2").status_code == 404, "a row of it is no connection"
    same = WISH | {"url": ALL["url"]}
    assert "bütün markalar için" in error_at(some.post(PAGE, data=same), "url"), "they take no brand out of it"
    program.fault = NotTaken("status 500", status=500)
    assert owner.post(f"{PAGE}/1/dene").headers["location"] == f"{PAGE}?alinmadi"
    assert owner.post(f"{PAGE}/1/kaldir").headers["location"] == f"{PAGE}?kaldirildi"
    assert made(here) == []
    assert here.acts() == ["push-registered", "push-tried", "push-removed"]


def test_a_secret_is_shown_once_and_taken_by_one(office: OpenOffice, program: Program) -> None:
    here = office()
    owner, other = here.somebody(OWNER), here.somebody(OWNER)
    owner.post(PAGE, data=WISH)
    drawn = {"seen": seen(owner.get(f"{PAGE}/1/imza"))}
    shown = owner.post(f"{PAGE}/1/imza", data=drawn)
    found = re.search(r'<code id="secret">(whsec_[^<]+)<', shown.text)
    assert found
    assert "no-store" in shown.headers["cache-control"]
    refused_for(other.post(f"{PAGE}/1/imza", data=drawn), 409, STALE)
    assert [one.text for one in made(here)[0].secrets] == [found[1]]
    for path in (f"{PAGE}/1", PAGE, f"{AT}/kutuk"):
        assert found[1] not in owner.get(path).text
    assert "24 saat daha" in owner.get(f"{PAGE}/1/imza").text
    assert here.acts() == ["push-registered", "push-secret-renewed"]


def test_the_form_changes_once_the_address_takes_it(office: OpenOffice, program: Program) -> None:
    here = office()
    owner = here.somebody(OWNER)
    owner.post(PAGE, data=WISH)
    at = f"{PAGE}/1/bicim"

    def drawn() -> dict[str, str]:
        return {"seen": seen(owner.get(f"{PAGE}/1"))}

    wish = {"body": "cloudevents", "sign": "webhooks"}
    assert "Önce bir imza anahtarı alın" in error_at(owner.post(at, data={**drawn(), **wish}), "sign")
    owner.post(f"{PAGE}/1/imza", data={"seen": seen(owner.get(f"{PAGE}/1/imza"))})
    program.fault = NotTaken("status 500", status=500)
    assert "500 hatası" in error_at(owner.post(at, data={**drawn(), **wish}), "sign")
    assert not made(here)[0].events, "refused, it stays"
    program.fault, stale = None, drawn()
    done = owner.post(at, data={**stale, **wish})
    assert (done.status_code, done.headers["location"]) == (303, f"{PAGE}/1?degisti")
    assert [(one.events, one.basic, one.signs) for one in made(here)] == [(True, False, True)]
    assert (program.taken[-1].events, program.taken[-1].basic) == (True, False), "tried in that form"
    refused_for(owner.post(at, data={**stale, **wish, "body": "iys"}), 409, STALE)
    assert '<option value="cloudevents" selected>' in owner.get(f"{PAGE}/1").text
    assert here.acts() == ["push-registered", "push-secret-renewed", "push-form-changed"]
    owner.post(PAGE, data={**WISH, "password": "yeni"})
    assert (program.taken[-1].events, program.taken[-1].basic) == (True, False), "added again, it is tried in its form"
    for field, given in (("body", {"body": "xml"}), ("sign", {"sign": "none"})):
        assert error_at(owner.post(at, data={**drawn(), **wish, **given}), field)
    citizen_refuses(here)
    asyncio.run(pusher.deliver(here.registry))
    (only,) = deliveries(here, 1)
    page = html.unescape(owner.get(f"{AT}/programlar/gonderim/{only.id}").text)
    assert '"type": "izin.consent.refused"' in page
    assert AYSE not in page
    assert '<code class="far">OK</code>' in page
    owner.post(PAGE, data={**WISH, "brand": "all"})
    assert (program.taken[-1].events, program.taken[-1].basic) == (True, False), "also for all brands"


def test_a_partners_connection_gets_no_secret_and_no_form_of_the_company(office: OpenOffice) -> None:
    """Else the partner's program would refuse what it cannot read."""
    here = office()
    store, keyring = here.registry.store, here.registry.keyring
    wanted = WantedConnection(Channel.MESAJ.code, PushTarget("https://partner.example/izin", "u", "p"))
    store.write_now(push_connections.register, keyring, brand(here, CINAR), [wanted], 7)
    of, found = store.read_now(companies.known_brand, CINAR), store.read_now(push_connections.find, keyring, 1)
    assert found is not None
    for work in (push_actions.renew_secret, partial(push_actions.change_form, wanted=found.target)):
        with pytest.raises(StaleChange):
            changed(here.registry, partial(work, brand=of, made=found, shown=push_actions.seen(found)))


def test_everything_from_a_day_on_is_sent_again(office: OpenOffice, program: Program) -> None:
    here = office()
    owner = here.somebody(OWNER)
    owner.post(PAGE, data={**WISH, "channel": "MESAJ"})
    citizen_refuses(here)
    program.fault = NotTaken("status 500", status=500)
    asyncio.run(pusher.deliver(here.registry))
    here.clock.forward(minutes=1)
    program.fault = None
    asyncio.run(pusher.deliver(here.registry))
    assert owner.get(f"{PAGE}/1?hata").text.count("/programlar/gonderim/") == 1
    assert owner.get(f"{PAGE}/1").text.count("/programlar/gonderim/") == 2
    today = instants.day_of(here.clock.now)
    at, before = f"{PAGE}/1/yeniden", len(program.bodies)
    for day in ("", "2026-13-01", str(today + timedelta(days=1)), str(today - timedelta(days=32))):
        assert "Son 31 gün içinde bir gün" in error_at(owner.post(at, data={"day": day}), "day")
    asyncio.run(pusher.deliver(here.registry))
    assert len(program.bodies) == before
    assert owner.post(at, data={"day": str(today)}).headers["location"] == f"{PAGE}/1?yeniden"
    assert "sırayla yeniden gönderilecek" in owner.get(f"{PAGE}/1?yeniden").text
    asyncio.run(pusher.deliver(here.registry))
    assert program.bodies[-1] == program.bodies[before - 1]
    assert len(program.bodies) == before + 1
    assert here.acts()[-1] == "push-rewound"
    assert owner.post(at, data={"day": str(today - timedelta(days=31))}).status_code == 303


def test_a_post_is_shown_with_its_body_masked_and_sent_again(office: OpenOffice, program: Program) -> None:
    here = office()
    owner = here.somebody(OWNER)
    owner.post(PAGE, data={**WISH, "channel": "MESAJ"})
    citizen_refuses(here)
    program.fault = NotTaken("status 500", status=500)
    asyncio.run(pusher.deliver(here.registry))
    (failed,) = deliveries(here, 1)
    assert f"{AT}/programlar/gonderim/{failed.id}" in (log := owner.get(f"{PAGE}/1").text)
    assert "Sunucunuz 500 hatası verdi" in log
    at = f"{AT}/programlar/gonderim/{failed.id}"
    page = html.unescape(owner.get(at).text)
    assert '"recipient": "+90 532 ••• •• 01"' in page
    assert '"status": "RET"' in page
    assert AYSE not in page
    without = here.somebody(Membership(Role.USER, Permission.ADMINISTER, None))
    assert '"recipient": "•••"' in html.unescape(without.get(at).text)
    assert owner.post(at).headers["location"] == f"{at}?alinmadi"
    program.fault, before = None, len(program.bodies)
    assert owner.post(at).headers["location"] == f"{at}?alindi"
    assert [one["recipient"] for one in program.bodies[before]["list"]] == [AYSE]
    assert [(one.post.error, one.post.again) for one in deliveries(here, 1)] == [
        ("", True),
        ("status 500", True),
        ("status 500", False),
    ]
    assert here.acts()[-2:] == ["push-resent", "push-resent"]
    foreign = here.somebody(OWNER, ISIK)
    assert foreign.get(at.replace(str(CINAR), str(ISIK))).status_code == 404
    asyncio.run(pusher.deliver(here.registry))
    assert len(made(here)) == 1, "sending again moves nothing of the order"


def test_a_consent_that_was_refused_since_is_not_sent_again(office: OpenOffice, program: Program) -> None:
    here = office()
    owner = here.somebody(OWNER)
    owner.post(PAGE, data={**WISH, "channel": "MESAJ"})
    citizen_refuses(here)
    citizen_refuses(here, ONAY)
    asyncio.run(pusher.deliver(here.registry))
    citizen_refuses(here)
    asyncio.run(pusher.deliver(here.registry))
    older = deliveries(here, 1)[-1]
    sent = len(program.bodies)
    assert owner.post(f"{AT}/programlar/gonderim/{older.id}").status_code == 303
    assert [one["status"] for body in program.bodies[sent:] for one in body["list"]] == ["RET"]


def citizen_refuses(here: Office, status: int = RET) -> None:
    """SMS of one brand, as an individual."""
    wish = Wish(brand(here, CINAR), Channel.MESAJ.code, Identity.BIREYSEL.code, status, Source.IYS_WEB.code)

    def work(transaction: Transaction) -> None:
        person = register.person(here.registry.keyring, AYSE)
        recipient = register.enrol(transaction, here.registry.keyring, person)
        ledger.decide(transaction, here.registry.policy, recipient, [wish], Deed(Actor.CITIZEN, Door.PAGE))

    here.registry.store.write_now(work)
