"""Every door to a refusal, through HTTP, while the clock is behind and while nobody can tell whether it is saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, NamedTuple

import httpx2
import pytest

from consents import dates, ledger
from consents.care import audit
from consents.history import Deed
from consents.ledger import Wish
from consents.queries import feed, reports
from consents.registry import Registry
from consents.rules import ONAY
from consents.store import Unknown
from consents.terms import Actor, Channel, Door, Identity, Source
from tests.citizen.consents.town import AYSE, CINAR, MAIL, Town, furnish
from tests.citizen.consents.town import text as page
from tests.conftest import SECRET, Clock, Opener
from tests.gateways.conftest import twilio as twilio
from tests.gateways.conftest import verimor as verimor
from tests.gateways.fake_twilio import FakeTwilio
from tests.gateways.fake_verimor import FakeVerimor
from tests.optout.hooks.conftest import PATH_SECRET, Post
from tests.optout.links import door as links
from tests.optout.voice.telephone import Telephone

ROW = f"/izinler/{CINAR}/MESAJ/BIREYSEL"


class Site(NamedTuple):
    """A town that both carriers post to. ``clock``: the site's own."""

    town: Town
    post: Post
    other: Post  # the same registry with Verimor
    twilio: FakeTwilio
    verimor: FakeVerimor
    clock: Clock


Sites = Callable[..., Site]


@pytest.fixture
def sites(twilio: FakeTwilio, verimor: FakeVerimor) -> Iterator[Sites]:
    """Opens sites on a registry: ``sites(registry, clock)``; several are several processes of one."""
    opened: list[Post] = []

    def open_site(registry: Registry, clock: Clock) -> Site:
        spoken = {"SMS_GATEWAY": twilio.url, "VOICE_GATEWAY": twilio.url, "OPTOUT_NUMBER": "3838"}
        pushed = {"SMS_GATEWAY": verimor.url, "HOOK_SECRET": PATH_SECRET}
        first, second = (Post(registry, clock, env) for env in (spoken, pushed))
        opened.extend((first, second))
        return Site(Town(registry, first.client), first, second, twilio, verimor, clock)

    yield open_site
    for one in opened:
        one.client.__exit__(None, None, None)


# -- the doors: each is prepared, then pressed -------------------------------------------------------------------------

Press = Callable[[], httpx2.Response]


def _row(site: Site) -> Press:
    visitor = site.town.sign_in(AYSE)
    return lambda: visitor.post(ROW, status="RET")


def _piece(site: Site) -> Press:
    visitor = site.town.sign_in(AYSE)
    return lambda: visitor.press(ROW, status="RET")


def _all(site: Site) -> Press:
    visitor = site.town.sign_in(AYSE)
    return lambda: visitor.post("/izinler/reddet", scope="all")


def _newcomer(site: Site) -> Press:
    visitor = site.town.sign_in(AYSE)
    return lambda: visitor.post("/izinler/yeni-numara", new="1")


def _link(site: Site) -> Press:
    path = links.link(site.town, AYSE)
    return lambda: site.town.client.post(path, data={"status": "RET", "channel": "MESAJ"})


def _one_click(site: Site) -> Press:
    path = links.mail(site.town)
    return lambda: site.town.client.post(path, data={"List-Unsubscribe": "One-Click"})


def _mail_page(site: Site) -> Press:
    path = links.mail(site.town)
    fields = links.fields(site.town.client.get(path), "reddet")
    return lambda: site.town.client.post(path, data=fields)


def _sms(site: Site) -> Press:
    form = site.twilio.form(site.twilio.receive(AYSE, "RET CINAR", site.clock.now / 1e6))
    return lambda: site.post.twilio(form)


def _pushed_sms(site: Site) -> Press:
    entry = site.verimor.receive(AYSE.lstrip("+"), "RET CINAR", site.clock.now / 1e6)
    return lambda: site.other.verimor([entry])


def _call(site: Site) -> Press:
    call = Telephone(site.post, site.twilio).dial()
    call.press(f"{CINAR}#")
    return lambda: call.again() if call.ended else call.press("2").answers[-1]


DOORS: dict[str, tuple[Callable[[Site], Press], str, str]] = {
    "row": (_row, AYSE, "MESAJ"),
    "piece": (_piece, AYSE, "MESAJ"),
    "all": (_all, AYSE, "MESAJ"),
    "newcomer": (_newcomer, AYSE, "MESAJ"),
    "link": (_link, AYSE, "MESAJ"),
    "one-click": (_one_click, MAIL, "EPOSTA"),
    "mail page": (_mail_page, MAIL, "EPOSTA"),
    "sms": (_sms, AYSE, "MESAJ"),
    "pushed sms": (_pushed_sms, AYSE, "MESAJ"),
    "call": (_call, AYSE, "MESAJ"),
}


def approve(town: Town, address: str, channel: str) -> None:
    """The citizen's own ONAY, of this moment."""
    wish = Wish(town.brand(CINAR), Channel(channel).code, Identity.BIREYSEL.code, ONAY, Source.IYS_WEB.code)
    deed = Deed(Actor.CITIZEN, Door.PAGE)
    registry = town.registry
    registry.store.write_now(ledger.decide, registry.policy, town.person(address), [wish], deed)


def sound(town: Town) -> None:
    """What stands is the fold of history, and dates of one consent rise as its words were said."""
    registry = town.registry
    assert registry.store.read_now(audit.verify, registry.policy.reconsent) is None


BEHIND = {"90 seconds": {"seconds": 90}, "3 hours": {"hours": 3}, "5 days": {"days": 5}}


@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("name", DOORS)
def test_a_clock_that_is_behind_refuses_nobody(
    sites: Sites, sqlite_url: str, open_registry: Opener, clock: Clock, name: str, behind: str
) -> None:
    prepare, address, channel = DOORS[name]
    registry = open_registry(sqlite_url)
    registry.store.write_now(furnish)
    site = sites(registry, clock)
    site.town.told(address, CINAR, channel)
    approve(site.town, address, channel)
    press = prepare(site)
    clock.forward(**{unit: -count for unit, count in BEHIND[behind].items()})
    assert press().status_code in (200, 303)
    assert links.stands(site.town, address, channel) == "RET"
    before = links.events(site.town)
    assert press().status_code in (200, 303, 404), "a repetition"
    assert links.events(site.town) == before
    sound(site.town)


@pytest.mark.parametrize("path", [ROW])
def test_an_onay_by_a_clock_that_is_behind_is_asked_for_again_and_no_error(
    sites: Sites, sqlite_url: str, open_registry: Opener, clock: Clock, path: str
) -> None:
    registry = open_registry(sqlite_url)
    registry.store.write_now(furnish)
    site = sites(registry, clock)
    visitor = site.town.sign_in(AYSE)
    visitor.post(path, status="RET")
    clock.forward(hours=-3)
    for answer in (visitor.post(path, status="ONAY"), visitor.press(path, status="ONAY")):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")
    assert links.stands(site.town, AYSE) == "RET"


@pytest.mark.parametrize("name", DOORS)
def test_processes_whose_clocks_differ_take_every_refusal(
    sites: Sites, postgresql_url: str, open_registry: Opener, clock: Clock, name: str
) -> None:
    """One process has approved, with a clock that is right; the other, three hours behind, takes the refusal."""
    prepare, address, channel = DOORS[name]
    right = open_registry(postgresql_url)
    right.store.write_now(furnish)
    late = Clock(clock.now - 3 * 3_600_000_000)
    behind = Registry.open(postgresql_url, SECRET, now=late)
    try:
        here, there = sites(right, clock), sites(behind, late)
        press = prepare(there)
        approve(here.town, address, channel)
        assert press().status_code in (200, 303)
        assert links.stands(here.town, address, channel) == "RET"
        sound(here.town)
    finally:
        behind.close()


@pytest.mark.parametrize("name", DOORS)
def test_where_nobody_knows_whether_it_is_saved_no_door_says_that_it_is_or_is_not(
    sites: Sites, sqlite_url: str, open_registry: Opener, clock: Clock, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The change stands, and the answer to its COMMIT was lost; pressing again is answered as the first time."""
    prepare, address, channel = DOORS[name]
    registry = open_registry(sqlite_url)
    registry.store.write_now(furnish)
    site = sites(registry, clock)
    site.town.told(address, CINAR, channel)
    press = prepare(site)
    write = type(registry.store).write

    async def lost(store: Any, work: Callable[..., Any], *arguments: Any) -> Any:
        before = links.events(site.town)
        done = await write(store, work, *arguments)
        if links.events(site.town) > before:
            raise Unknown("the answer was lost")
        return done

    with monkeypatch.context() as patched:
        patched.setattr(type(registry.store), "write", lost)
        answer = press()
    if name == "call":
        assert "bilmiyoruz" in answer.text
    else:
        assert answer.status_code == 503
    for claim in ("henüz kaydedilmedi", "Reddiniz kaydedilmedi", "Hiçbir şey değişmedi", "Reddettiniz", "Reddedildi"):
        assert claim not in answer.text
    assert links.stands(site.town, address, channel) == "RET"


def test_the_date_by_which_it_stops_is_counted_from_the_word_that_it_answers(
    sites: Sites, sqlite_url: str, open_registry: Opener, clock: Clock
) -> None:
    registry = open_registry(sqlite_url)
    registry.store.write_now(furnish)
    site = sites(registry, clock)
    clock.forward(days=-5)
    path = links.link(site.town, AYSE)
    clock.forward(days=5)
    approve(site.town, AYSE, "MESAJ")  # Tuesday 24 November 2026
    clock.forward(days=-5)
    assert "27 Kasım 2026 Cuma" in page(site.town.client.post(path).text)


def test_feed_and_day_report_tell_every_movement_once_and_in_order_though_the_clock_went_back(
    sites: Sites, sqlite_url: str, open_registry: Opener, clock: Clock
) -> None:
    registry = open_registry(sqlite_url)
    registry.store.write_now(furnish)
    site, store = sites(registry, clock), registry.store
    approve(site.town, AYSE, "MESAJ")
    for step in ({"hours": -3}, {"seconds": -1}, {"days": -2}):
        clock.forward(**step)
        assert site.town.sign_in(AYSE).post(ROW, status="RET").status_code == 303
        clock.forward(days=2, hours=4)
        approve(site.town, AYSE, "MESAJ")
    brand, key = site.town.brand(CINAR), registry.keyring
    fed = store.read_now(feed.page, key, registry.policy.reconsent, brand, feed.Side.IYS, [0, 1, 2], 0, 1000)
    ids, decided = [row[0] for _, _, row in fed], [row[3] for _, _, row in fed]
    assert ids == list(range(1, 8))
    assert decided == sorted(set(decided))
    reported: list[int] = []
    for number in range(18, 30):
        start, end = dates.day_bounds(date(2026, 11, number))
        span = store.read_now(reports.recorded, start, end)
        reported += range(span.first, span.last + 1)
    assert reported == ids
    sound(site.town)
