"""The overview: pictures from counts that are kept, the first steps ticked by what has happened, own brands alone."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from consents import dates, movement_counts, standing_counts
from consents.brands import companies
from consents.instants import day_of
from consents.queries import feed, loads
from consents.rules import RET
from consents.store import Snapshot
from consents.terms import Source
from panel import notice_job
from panel.lookups import charts, overview_pages
from panel.rights import Membership, Permission, Role
from providers.callers import api_users
from providers.callers.api_users import Owner
from providers.deliveries import handout_store, taken_times
from providers.deliveries.taken_times import TakenWithin
from providers.refused_counts import RefusedWay
from tests import programs
from tests.consents.deeds import ARAMA, DAY, HOUR, onay
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, Colleague, Office
from tests.panel.seen import FIRST, SECOND, SeenDeeds, number
from tests.panel.test_matrix import brand
from tests.panel.uploads.test_hand import write
from tests.panel.uploads.uploads import GOOD, HEADER, tried, work

AT = f"/panel/{CINAR}/genel"
SEES = Membership(Role.USER, Permission.SEE)


def within(here: Office) -> Counter[TakenWithin]:
    """How soon the refusals of the first brand were taken, by now."""
    now = here.clock.now
    found = here.registry.store.read_now(taken_times.of_brands, [brand(here, FIRST)], now - 30 * DAY, now)
    return found.counts


def take(here: Office, event: int) -> None:
    """The brand's program takes a movement, now."""
    note = partial(handout_store.note, taken=True)
    here.registry.store.write_now(note, brand(here, FIRST), handout_store.PUSH, event, event)


def test_nothing_is_said_of_refusals_whose_handouts_were_not_read(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    deeds, read = SeenDeeds(here), here.registry.store.read_now
    for place in range(1, 5):
        deeds.decides(deeds.allowed(place), status=RET)
        take(here, read(feed.last_event))
    here.clock.now += 10 * DAY
    examined = taken_times.of_brand, brand(here, FIRST), 0, read(feed.last_event), here.clock.now
    every = read(*examined)
    assert (len(every.took), every.missed, every.whole) == (4, 0, True)
    monkeypatch.setattr(taken_times, "MOST_HANDOUTS", 2)
    some = read(*examined)
    assert (len(some.took), some.missed, some.whole) == (2, 0, False)
    rest = read(taken_times.of_brand, brand(here, FIRST), some.last, read(feed.last_event), here.clock.now)
    assert [*some.took, *rest.took] == every.took
    assert sum(within(here).values()) == 2


def test_pictures_of_what_was_said(office: OpenOffice) -> None:
    here = office()
    deeds = SeenDeeds(here)
    keys = [deeds.allowed(place) for place in range(1, 4)]
    deeds.allowed(1, channel=ARAMA)
    deeds.decides(keys[0], status=RET)
    movement_counts.keep_up(here.registry)
    page = here.somebody(SEES).get(AT).text
    assert "SMS: 3 kişi onay, 1 kişi ret" in page
    assert "Arama: 1 kişi onay, 0 kişi ret" in page
    assert page.count('<rect class="up"') == 1, "one chart: a bar a day and side, of all channels"
    assert page.count('<rect class="down"') == 1
    assert '<title id="chart">4 kişi onay, 1 kişi ret</title>' in page
    assert re.search(r'class="scale" aria-hidden="true"><span>4</span><span>0</span><span>4</span>', page)
    assert re.findall(r"<span>(\d+ \w+)</span>", page) == ["26 Eki", "5 Kas", "15 Kas", "24 Kas"]
    assert "Bu site" in page
    assert "henüz alınmadı, süresi var" in page


def test_movements_that_are_not_counted_yet_are_said(office: OpenOffice) -> None:
    here = office()
    SeenDeeds(here).allowed()
    browser = here.somebody(SEES)
    assert "1 hareket henüz sayılmadı" in browser.get(AT).text
    movement_counts.keep_up(here.registry)
    assert "henüz sayılmadı" not in browser.get(AT).text


def test_what_was_not_taken_is_told_by_its_code_with_its_file(office: OpenOffice) -> None:
    here = office()
    loader = here.somebody(Membership(Role.USER, Permission.SEE | Permission.LOAD))
    assert "Bu günlerde bildirilen her kayıt alındı." in loader.get(AT).text
    bad = GOOD.replace("HS_WEB", "YOK")
    number = tried(here, loader, "\n".join([HEADER, bad, bad.replace("MESAJ", "ARAMA"), GOOD])).id
    assert "H119" not in loader.get(AT).text, "what is only tried was not reported"
    loader.post(f"/panel/{CINAR}/yuklemeler/{number}/uygula")
    work(here)
    write(loader, source="IYS_WEB")
    write(loader, day="2026-11-02", address="0532 000 00 09")
    page = loader.get(f"{AT}/{FIRST}").text
    assert re.findall(r"<strong>(H\d+)</strong>.*?([\d.]+)</td></tr>", page, re.DOTALL) == [
        ("H119", "3"),
        ("H467", "1"),
    ]
    assert "İzin kaynağı kabul edilmiyor" in page
    assert f'href="/panel/{CINAR}/yuklemeler/{number}"' in page
    assert f"yuklemeler/{number}" not in here.somebody(SEES).get(f"{AT}/{FIRST}").text
    assert "<strong>H119" not in loader.get(f"{AT}/{SECOND}").text
    h119, h467 = here.registry.store.read_now(overview_pages.of_brand, brand(here, FIRST), here.clock.now)[2].refused
    assert (h119.channels, h119.width, h467.width) == ([(1, 2), (0, 1)], 100.0, 33.3)
    assert h119.ways == [(RefusedWay.FILE, 2), (RefusedWay.HAND, 1)]


def test_another_brand_counts_for_nothing(office: OpenOffice) -> None:
    here = office()
    SeenDeeds(here).allowed(code=SECOND)
    movement_counts.keep_up(here.registry)
    only = here.somebody(Membership(Role.USER, Permission.SEE, frozenset({brand(here, FIRST)})))
    page = only.get(AT).text
    assert "SMS: 0 kişi onay, 0 kişi ret" in page
    assert f"Marka {SECOND}" not in page
    assert "SMS: 1 kişi onay, 0 kişi ret" in here.somebody(SEES).get(f"{AT}/{SECOND}").text


def test_how_soon_refusals_were_taken(office: OpenOffice) -> None:
    here = office()
    deeds = SeenDeeds(here)
    events = []
    for place in range(1, 6):
        deeds.decides(deeds.allowed(place), status=RET)
        events.append(here.registry.store.read_now(feed.last_event))
    assert within(here) == {TakenWithin.OPEN: 5}
    take(here, events[0])
    here.clock.now += 2 * HOUR
    take(here, events[1])
    here.clock.now += DAY
    take(here, events[2])
    here.clock.now += 14 * DAY
    take(here, events[3])
    assert within(here) == {
        TakenWithin.HOUR: 1, TakenWithin.DAY: 1, TakenWithin.IN_TIME: 1, TakenWithin.LATE: 1, TakenWithin.OVERDUE: 1
    }  # fmt: skip


def test_a_dispute_is_counted(office: OpenOffice) -> None:
    today = day_of(office().clock.now)
    counts = [
        *(movement_counts.DayCount(today, channel, 3, True, 1, 4, 2) for channel in (1, movement_counts.EVERY)),
        movement_counts.DayCount(today - timedelta(days=1), 1, 1, False, 8, 20, 10),
    ]
    assert charts.disputes(counts) == 2
    assert charts.doors(counts) == [charts.Share(1, 2, 100.0)]
    chart = charts.by_channel(counts, today - timedelta(days=29), 30)[1]
    assert (chart.onay, chart.ret) == (10, 2)
    assert [(bar.up, bar.down) for bar in chart.bars[-2:]] == [(48.0, 0.0), (0.0, 9.6)]


def test_who_refuses_by_a_link_is_one_person_and_not_two(office: OpenOffice) -> None:
    """Whatever identities and channels the refusal is of; each brand has its own number."""
    here = office()
    owner = here.somebody(OWNER)
    people = "\n".join(f"0532 000 00 {place:02}" for place in range(1, 4))
    data = {"brand": str(FIRST), "channel": "MESAJ"}
    minted = owner.post(f"/panel/{CINAR}/baglantilar", data=data, files={"file": ("a.txt", people.encode())})
    links = [re.sub("^https?://[^/]+", "", url) for url in re.findall(r"https?://\S+?/k/\w+", minted.text)]
    for link in links:
        assert here.browser().post(link, data={"status": "RET"}).status_code == 200
    deeds = SeenDeeds(here)
    deeds.allowed(9)
    deeds.allowed(9, code=SECOND)
    movement_counts.keep_up(here.registry)
    page = owner.get(AT).text
    assert '<title id="chart">2 kişi onay, 3 kişi ret</title>' in page
    assert "SMS: 2 kişi onay, 3 kişi ret" in page
    assert "İzin olarak: 2 onay, 6 ret." in page
    doors = page[page.index("Vatandaşlar hangi yolla söyledi?") :]
    assert re.findall(r'<td class="num">([\d.]+)</td>', doors)[0] == "3"


OWNER = Membership(Role.OWNER, Permission.MEMBER)


def done(browser: Colleague) -> int:
    """How many of the first steps are ticked; -1 where they are not shown."""
    page = browser.get(AT).text
    return page.count("Tamam:</span>") if "İlk adımlar" in page else -1


def test_the_first_steps_of_a_company_with_a_program(office: OpenOffice) -> None:
    here = office()
    browser, store = here.somebody(OWNER), here.registry.store
    assert done(browser) == 2, "approved, and has brands"
    store.write_now(api_users.add, Owner.PROVIDER, CINAR, "program", programs.password("program"))
    assert done(browser) == 3
    SeenDeeds(here).allowed()
    take(here, store.read_now(feed.last_event))
    assert done(browser) == -1, "a company with a program needs no file"


def test_the_first_steps_of_a_company_with_files(office: OpenOffice) -> None:
    here = office()
    browser, store, deeds = here.somebody(OWNER), here.registry.store, SeenDeeds(here)
    upload = store.write_now(loads.begin, brand(here, FIRST), b"d" * 32)
    assert done(browser) == 2, "a loading that is under way"
    store.write_now(loads.end, upload, 1, 0)
    assert done(browser) == 3
    deeds.decides(deeds.allowed(), status=RET)
    browser.post(f"/panel/{CINAR}/reddedenler/aldim", data={"last": store.read_now(feed.last_event)})
    assert done(browser) == -1, "it needs no program"


def test_the_first_steps_are_shown_to_those_who_may_do_them_and_can_be_hidden(office: OpenOffice) -> None:
    here = office()
    for right, shown, hidden in (
        (Permission.LOAD, "/yukle", "/programlar"),
        (Permission.REPORT, "/reddedenler", "/yukle"),
        (Permission.ADMINISTER, "/programlar", "/yukle"),
    ):
        page = here.somebody(Membership(Role.USER, right)).get(AT).text
        guide = page[page.index('id="guide"') : page.index("İlk adımları gizle")]
        assert f'href="/panel/{CINAR}{shown}"' in guide
        assert f'href="/panel/{CINAR}{hidden}"' not in guide
    for right in (Permission.SEE, Permission.DESK):
        assert done(here.somebody(Membership(Role.USER, right))) == -1
    owner, other = here.somebody(OWNER), here.somebody(OWNER)
    assert owner.post(f"{AT}/ipuclari").headers["location"] == AT
    assert (done(owner), done(other)) == (-1, 2)


def test_brands_sort_as_turkish_does_and_by_each_column(office: OpenOffice) -> None:
    here = office()
    titles = ["Şan", "Ada", "Öz", "Çam", "Ege", "Işık", "İnci", "Toros"]
    for place, title in enumerate(titles):
        here.registry.store.write_now(companies.add_brand, CINAR, 600150 + place, title)
    SeenDeeds(here).allowed(code=600157)
    browser = here.somebody(SEES)

    def order(query: str) -> list[str]:
        page = browser.get(f"{AT}{query}").text
        return [one for one in re.findall(r'genel/\d+">([^<]+)</a></th>', page) if not one.startswith("Marka")]

    turkish = ["Ada", "Çam", "Ege", "Işık", "İnci", "Öz", "Şan", "Toros"]
    assert order("") == turkish
    assert order("?sirala=-ad") == turkish[::-1]
    assert order("?sirala=no") == titles
    assert order("?sirala=-onay")[0] == "Toros"
    assert order("?sirala=%00") == turkish
    assert 'aria-sort="descending"' in browser.get(f"{AT}?sirala=-onay").text


@pytest.mark.parametrize(
    ("rights", "path"),
    [
        (Permission.DESK, "masa"),
        (Permission.DESK | Permission.SEE, "masa"),
        (Permission.DESK | Permission.LOAD, "genel"),
        (Permission.SEE, "genel"),
    ],
    ids=["an agent", "an agent who looks", "an agent who loads", "a clerk"],
)
def test_an_agent_begins_at_the_call_desk(office: OpenOffice, rights: Permission, path: str) -> None:
    browser = office().somebody(Membership(Role.USER, rights))
    assert browser.get("/panel").headers["location"] == f"/panel/{CINAR}/{path}"


def test_a_page_reads_nothing_but_counts_and_points(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    deeds = SeenDeeds(here)
    deeds.decides(deeds.allowed(), status=RET)
    movement_counts.keep_up(here.registry)
    asked = []
    read = Snapshot.all

    def noted(snapshot: Snapshot, statement: object, values: dict[str, object] | None = None) -> object:
        asked.append((statement, values or {}))
        return read(snapshot, statement, values or {})  # type: ignore[arg-type]

    monkeypatch.setattr(Snapshot, "all", noted)
    here.registry.store.read_now(overview_pages.of_brand, brand(here, FIRST), here.clock.now)
    monkeypatch.undo()

    def plans(snapshot: Snapshot) -> list[str]:
        found = []
        for statement, values in asked:
            query, bound = statement.bound(snapshot.dialect, values)
            found += snapshot.connection.execute(f"EXPLAIN QUERY PLAN {query}", bound).fetchall()
        return [row[3] for row in found]

    steps = here.registry.store.read_now(plans)
    assert len(asked) > 3
    assert not [step for step in steps if re.match(r"SCAN (?!json_each)", step)], steps


def test_consents_of_before_2015_are_shown_as_old_and_mailed_once_a_year(office: OpenOffice) -> None:
    here = office()
    registry, deeds = here.registry, SeenDeeds(here)
    owner = here.somebody(Membership(Role.OWNER, Permission.MEMBER))
    for place in (1, 2):
        deeds.declares(onay(deeds.key(place), dates.DAWN, Source.HS_2015.code))
    deeds.allowed(3)
    movement_counts.keep_up(registry)
    standing_counts.keep_up(registry)
    page, word = owner.get(f"{AT}/{FIRST}").text, "<small>Eski kayıt</small>"
    link = f"/panel/{CINAR}/sorgu?brand={FIRST}&amp;status=ONAY&amp;source=HS_2015"
    assert f'{link}">2</a>' in page
    assert owner.get(f"/panel/{CINAR}/sorgu?brand={FIRST}").text.count(word) == 2
    assert [word in owner.post(f"/panel/{CINAR}/adres", data={"address": number(one)}).text for one in (1, 3)] == [
        True, False,
    ]  # fmt: skip
    for passed, sent in ((0, 1), (1, 1), (400, 2)):
        here.clock.forward(days=passed)
        asyncio.run(notice_job.send(registry, here.settings))
        assert [mail["to"] for mail in here.sent] == [owner.email] * sent
    assert f"/panel/{CINAR}/sorgu?status=ONAY&source=HS_2015&brand={FIRST}" in here.sent[0]["text"]
    assert "2 onay" in here.sent[0]["text"]
    assert notice_job.due(registry, old_days=0) == []
    owner = here.somebody(Membership(Role.OWNER, Permission.MEMBER))
    deeds.declares(onay(deeds.key(1), here.clock.now - DAY))
    assert owner.get(f"/panel/{CINAR}/sorgu?brand={FIRST}").text.count(word) == 1
