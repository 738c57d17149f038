"""Lists of what stands for one recipient: order, counts, filters, pages; on both databases."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from sqlalchemy import text

from consents import history, state
from consents.brands import companies
from consents.brands.book import BrandCache, BrandDirectory
from consents.people import register
from consents.queries import consent_lines, queries, timeline
from consents.queries.consent_lines import ConsentLine
from consents.queries.queries import BrandConsents, ConsentCounts, ListFilter, Listing
from consents.registry import Registry
from consents.rules import BEKLIYOR, ONAY, RET, WAITING
from consents.state import Key
from consents.store import Statement, Transaction
from consents.terms import Door
from tests.conftest import NOON, Clock, Opener
from tests.consents.conftest import CINAR, ISIK, World, furnish
from tests.consents.deeds import ARAMA, BIREYSEL, DAY, HS_WEB, IYS_WEB, MESAJ, TACIR, Deeds, onay, ret


@pytest.fixture
def deeds(registry: Registry) -> Deeds:
    return Deeds(registry)


@pytest.fixture
def shelf() -> BrandCache:
    return BrandCache()


List = Callable[..., Listing]


@pytest.fixture
def listed(registry: Registry, shelf: BrandCache, world: World, clock: Clock) -> List:
    """AYSE's list, narrowed as said."""

    def show(*, since: int = 0, **wanted: object) -> Listing:
        def work(snapshot: Transaction) -> Listing:
            book = shelf.book(snapshot, clock.now)
            return queries.listing(snapshot, book, world.ayse, clock.now, ListFilter(**wanted), since=since)  # type: ignore[arg-type]

        return registry.store.read_now(work)

    return show


def key(world: World, brand: int, channel: int = MESAJ, identity: int = BIREYSEL) -> Key:
    return Key(world.ayse, brand, channel, identity)


def titles(groups: list[BrandConsents]) -> list[str]:
    return [group.brand.title for group in groups]


def add_brands(registry: Registry, count: int, company: int = 600200) -> list[int]:
    """Brands "Marka 000", …; their internal ids."""

    def work(transaction: Transaction) -> list[int]:
        found = []
        for number in range(count):
            companies.add_brand(transaction, company, 700_000 + number, f"Marka {number:03}")
            brand = companies.known_brand(transaction, 700_000 + number)
            assert brand
            found.append(brand.id)
        return found

    return registry.store.write_now(work)


def test_nothing_is_listed_of_one_about_whom_nobody_spoke(listed: List) -> None:
    found = listed()
    assert (found.waiting, found.open, found.refused) == ([], [], [])
    assert (found.counts, found.page, found.pages, found.oldest) == (ConsentCounts(), 1, 1, 0)


def test_a_line_tells_the_word_in_force(deeds: Deeds, world: World, listed: List) -> None:
    deeds.declares(onay(key(world, world.cinar), NOON - 3 * DAY)._replace(dealer=world.dealer))
    (group,) = listed().open
    (line,) = group.lines
    assert line == ConsentLine(MESAJ, BIREYSEL, ONAY, False, HS_WEB, NOON - 3 * DAY, world.dealer, 1)
    deeds.decides(key(world, world.cinar), status=RET)
    (group,) = listed().refused
    assert group.lines == [ConsentLine(MESAJ, BIREYSEL, RET, True, IYS_WEB, NOON, None, 2)]
    assert (group.brand.title, group.brand.company_title) == ("Çınar", "Çınar Mağazacılık A.Ş.")


def test_waiting_comes_first_then_open_then_refused(
    deeds: Deeds, world: World, registry: Registry, listed: List, clock: Clock
) -> None:
    first, second = add_brands(registry, 2)
    deeds.declares(onay(key(world, first), NOON - DAY))
    deeds.declares(ret(key(world, second), NOON - DAY))
    deeds.decides(key(world, world.cinar), status=RET)
    clock.forward(days=2)
    deeds.declares(onay(key(world, world.cinar), NOON + DAY))
    found = listed()
    assert (titles(found.waiting), titles(found.open), titles(found.refused)) == (
        ["Çınar"],
        ["Marka 000"],
        ["Marka 001"],
    )
    assert found.counts == found.shown == ConsentCounts(1, 1, 1)


def test_one_open_line_makes_a_brand_reach_him(deeds: Deeds, world: World, listed: List, registry: Registry) -> None:
    deeds.declares(onay(key(world, world.cinar), NOON - DAY), onay(key(world, world.cinar, ARAMA), NOON - DAY))
    deeds.decides(key(world, world.cinar), status=RET)
    (group,) = listed().open
    assert [line.status for line in group.lines] == [ONAY, RET]
    assert registry.store.read_now(queries.counts, world.ayse, NOON) == ConsentCounts(0, 1, 0)


def test_a_question_ends_thirty_days_after_it_was_recorded(
    deeds: Deeds, world: World, listed: List, clock: Clock
) -> None:
    deeds.decides(key(world, world.cinar), status=RET)
    clock.forward(days=10)
    deeds.declares(onay(key(world, world.cinar), NOON + DAY))  # given long before it was recorded
    (group,) = listed().waiting
    (line,) = group.lines
    assert line.status == BEKLIYOR
    assert (line.own, line.at) == (True, NOON)
    assert line.asked == (HS_WEB, NOON + DAY, None, clock.now + WAITING)
    clock.now += WAITING - 1
    assert listed().counts == ConsentCounts(1, 0, 0)
    clock.now += 1
    found = listed()
    assert found.counts == ConsentCounts(0, 0, 1)
    assert found.refused[0].lines == [ConsentLine(MESAJ, BIREYSEL, RET, True, IYS_WEB, NOON, None, 1)]
    assert listed(status=BEKLIYOR).shown == ConsentCounts()


def test_a_refusal_on_one_side_tells_that_the_other_is_open(deeds: Deeds, world: World, listed: List) -> None:
    private, business = key(world, world.cinar), key(world, world.cinar, MESAJ, TACIR)
    deeds.declares(onay(private, NOON - DAY), onay(business, NOON - DAY))
    deeds.decides(private, status=RET)
    (group,) = listed().open
    assert [(line.identity, line.status, line.twin_open) for line in group.lines] == [
        (BIREYSEL, RET, True),
        (TACIR, ONAY, False),
    ]
    assert listed().identities == {BIREYSEL, TACIR}
    assert listed(identity=BIREYSEL).refused[0].lines[0].twin_open, "also where the filter hides the twin"
    deeds.decides(business, status=RET)
    assert not any(line.twin_open for line in listed().refused[0].lines)


def test_filters_narrow_lines_and_leave_the_counts(deeds: Deeds, world: World, listed: List) -> None:
    deeds.declares(onay(key(world, world.cinar), NOON - DAY), onay(key(world, world.cinar, ARAMA), NOON - DAY))
    deeds.declares(onay(key(world, world.isik, MESAJ, TACIR), NOON - DAY))
    deeds.decides(key(world, world.cinar), status=RET)
    assert titles(listed(channel=ARAMA).open) == ["Çınar"]
    assert [line.channel for line in listed(channel=ARAMA).open[0].lines] == [ARAMA]
    assert titles(listed(identity=TACIR).open) == ["Işık"]
    assert titles(listed(status=RET).refused) == ["Çınar"]
    assert titles(listed(channel=MESAJ).refused) == ["Çınar"], "by its lines that are shown"
    for wanted in ({"channel": ARAMA}, {"status": RET}, {"q": "yok"}):
        assert listed(**wanted).counts == ConsentCounts(0, 2, 0)
    assert listed(q="yok").shown == ConsentCounts()


@pytest.mark.parametrize("q", ["çınar", "ÇINAR", "cinar", "CİNAR", " Çın ", "mağaza", "MAGAZACILIK", "cinarmkt"])
def test_a_brand_is_found_in_turkish_by_title_company_and_sms_header(
    deeds: Deeds, world: World, registry: Registry, listed: List, q: str
) -> None:
    registry.store.write_now(
        lambda transaction: companies.add_brand(transaction, 600100, 600109, "Başka", headers=("CINARMKT",))
    )
    deeds.declares(onay(key(world, world.cinar), NOON - DAY))
    deeds.declares(onay(key(world, world.isik), NOON - DAY))
    other = registry.store.read_now(companies.known_brand, 600109)
    assert other
    deeds.declares(onay(key(world, other.id), NOON - DAY))
    found = titles(listed(q=q).open)
    assert "Işık" not in found
    assert found


def test_brands_stand_in_the_order_of_their_names_whosever_they_are(
    deeds: Deeds, world: World, registry: Registry, listed: List
) -> None:
    def work(transaction: Transaction) -> list[int]:
        for code, title in ((600103, "Zeytin"), (600104, "Bal")):
            companies.add_brand(transaction, 600100, code, title)
        found = [companies.known_brand(transaction, code) for code in (600103, 600104)]
        return [brand.id for brand in found if brand]

    for brand in (world.cinar, world.isik, *registry.store.write_now(work)):
        deeds.declares(onay(key(world, brand), NOON - DAY))
    assert titles(listed().open) == ["Bal", "Çınar", "Işık", "Zeytin"]


def test_five_hundred_brands_come_in_pages_of_fifty(
    deeds: Deeds, world: World, registry: Registry, listed: List
) -> None:
    for number, brand in enumerate(add_brands(registry, 101)):
        deeds.declares((ret if number < 20 else onay)(key(world, brand), NOON - DAY))
    pages = [listed(page=page) for page in (1, 2, 3)]
    assert [(len(one.open), len(one.refused)) for one in pages] == [(50, 0), (31, 19), (0, 1)]
    assert {one.pages for one in pages} == {3}
    assert {one.counts for one in pages} == {ConsentCounts(0, 81, 20)}
    shown = [title for one in pages for title in [*titles(one.open), *titles(one.refused)]]
    assert len(set(shown)) == 101
    assert titles(pages[0].open)[0] == "Marka 020"
    assert listed(page=99).page == 3
    assert listed(page=0).page == listed(page=-5).page == 1


def test_what_was_refused_before_a_moment_can_be_veiled(
    deeds: Deeds, world: World, listed: List, registry: Registry, clock: Clock, shelf: BrandCache
) -> None:
    deeds.declares(ret(key(world, world.cinar), NOON - DAY))
    deeds.declares(onay(key(world, world.isik), NOON - DAY))
    found = listed(since=NOON)
    assert (titles(found.open), found.refused, found.counts) == (["Işık"], [], ConsentCounts(0, 1, 0))
    book = registry.store.read_now(shelf.book, NOON)
    (group,) = registry.store.read_now(
        lambda snapshot: queries.of_brands(snapshot, world.ayse, [book.by_code[CINAR]], NOON, since=NOON)
    )
    assert group.lines == [ConsentLine(MESAJ, BIREYSEL, RET, veiled=True)], "refused, and nothing more"


def test_reach_holds_what_is_open_or_asks_and_nothing_else(
    deeds: Deeds, world: World, registry: Registry, shelf: BrandCache, clock: Clock
) -> None:
    deeds.declares(onay(key(world, world.cinar), NOON - DAY), onay(key(world, world.cinar, ARAMA), NOON - DAY))
    deeds.decides(key(world, world.cinar), key(world, world.isik), status=RET)
    clock.forward(days=2)
    deeds.declares(onay(key(world, world.isik), NOON + DAY))

    def reach(**wanted: object) -> list[tuple[str, list[int]]]:
        def work(snapshot: Transaction) -> list[BrandConsents]:
            book = shelf.book(snapshot, clock.now)
            return queries.reach(snapshot, book, world.ayse, clock.now, ListFilter(**wanted))  # type: ignore[arg-type]

        return [(group.brand.title, [line.channel for line in group.lines]) for group in registry.store.read_now(work)]

    assert reach() == [("Çınar", [ARAMA]), ("Işık", [MESAJ])]
    assert reach(company=600100) == reach(brand=CINAR) == reach(q="çınar") == [("Çınar", [ARAMA])]
    assert reach(channel=MESAJ) == [("Işık", [MESAJ])]
    assert reach(brand=ISIK, channel=ARAMA) == []
    clock.now += WAITING
    assert reach() == [("Çınar", [ARAMA])]


def test_a_brand_that_may_reach_him_and_asks_counts_once_and_stands_by_its_name(
    deeds: Deeds, world: World, registry: Registry, listed: List, shelf: BrandCache, clock: Clock
) -> None:
    (other,) = add_brands(registry, 1, 600100)
    for brand in (world.cinar, other):
        deeds.declares(onay(key(world, brand, ARAMA), NOON - DAY))
    deeds.decides(key(world, world.isik), key(world, other), status=RET)
    clock.forward(days=2)
    for brand in (world.isik, other):
        deeds.declares(onay(key(world, brand), NOON + DAY))
    found = listed()
    assert (titles(found.waiting), titles(found.open)) == (["Işık"], ["Çınar", "Marka 000"])
    assert found.counts == ConsentCounts(1, 2, 0) == registry.store.read_now(queries.counts, world.ayse, clock.now)
    book = registry.store.read_now(shelf.book, clock.now)
    groups = registry.store.read_now(queries.reach, book, world.ayse, clock.now)
    assert queries.counted(groups) == ConsentCounts(1, 2, 0)
    assert titles(listed(status=BEKLIYOR).waiting) == ["Işık", "Marka 000"], "by its lines that are shown"
    asking = registry.store.read_now(queries.reach, book, world.ayse, clock.now, ListFilter(status=BEKLIYOR))
    assert queries.counted(asking) == ConsentCounts(2, 0, 0) == listed(status=BEKLIYOR).shown


def test_a_list_agrees_with_what_stands_whatever_happened(
    deeds: Deeds, world: World, registry: Registry, listed: List, clock: Clock
) -> None:
    chance = random.Random(7)
    brands = [world.cinar, world.isik, *add_brands(registry, 6)]
    for _ in range(120):
        one = key(world, chance.choice(brands), chance.choice((ARAMA, MESAJ)), chance.choice((BIREYSEL, TACIR)))
        if chance.random() < 0.4:
            deeds.decides(one, status=chance.choice((RET, ONAY)))
        else:
            deeds.declares((chance.choice((ret, onay)))(one, clock.now - chance.randrange(5) * DAY))
        clock.forward(hours=chance.randrange(20))
    stands = registry.store.read_now(state.of_recipient, world.ayse)
    found = listed()
    assert found.counts == ConsentCounts(*map(len, found[:3])) == queries.counted([*found[0], *found[1], *found[2]])
    assert registry.store.read_now(queries.counts, world.ayse, clock.now) == found.counts
    shown = {
        Key(world.ayse, group.brand.id, line.channel, line.identity): line
        for section in found[:3]
        for group in section
        for line in group.lines
    }
    assert shown.keys() == stands.keys()
    for one, line in shown.items():
        word = stands[one].in_force()
        assert (line.source, line.at, line.event) == (word.source, word.at, word.event)
        lapsed = stands[one].status == BEKLIYOR and line.status == RET
        assert lapsed or line.status == stands[one].status


def test_a_list_reads_one_range_of_the_primary_key(sqlite_url: str, open_registry: Opener) -> None:
    query, _ = consent_lines._ALL.bound("sqlite", {})
    explained = Statement(text(f"EXPLAIN QUERY PLAN {query}"))
    plan = open_registry(sqlite_url).store.read_now(lambda snapshot: snapshot.all(explained, {"recipient": 1}))
    told = " ".join(row[3] for row in plan)
    assert "SEARCH consent USING PRIMARY KEY (recipient=?)" in told
    assert "SCAN" not in told


def test_a_brand_that_another_process_adds_shows_at_once_and_a_new_title_after_five_minutes(
    database_url: str, open_registry: Opener, clock: Clock
) -> None:
    here, there = open_registry(database_url), open_registry(database_url)
    furnish(here)
    shelf = BrandCache()

    def titles() -> list[set[str]]:
        """What the shelf of one process says of Çınar's company, asked in each of its ways."""
        asked = (
            here.store.read_now(shelf.by_code, CINAR, clock.now),
            here.store.read_now(shelf.book, clock.now).by_code[CINAR],
        )
        found = [one.company_title for one in asked if one]
        (number,) = {one.id for one in asked if one}
        by_id = here.store.read_now(shelf.by_id, number, clock.now)
        return [{*found, by_id.company_title if by_id else ""}]

    def rename(transaction: Transaction, title: str) -> None:
        transaction.run(Statement(text("UPDATE provider SET title = :title WHERE code = 600100")), {"title": title})

    assert titles() == [{"Çınar Mağazacılık A.Ş."}]
    there.store.write_now(companies.add_brand, 600100, 600103, "Söğüt")
    for find in (shelf.by_code, lambda snapshot, code, now: shelf.book(snapshot, now).by_code.get(code)):
        found = here.store.read_now(find, 600103, clock.now)
        assert found is not None
        assert found.title == "Söğüt"
    there.store.write_now(rename, "Yeni A.Ş.")
    clock.forward(seconds=299)
    assert titles() == [{"Çınar Mağazacılık A.Ş."}]
    clock.forward(seconds=2)
    assert titles() == [{"Yeni A.Ş."}]
    there.store.write_now(rename, "Daha Yeni A.Ş.")
    clock.forward(days=-1)  # a clock that was ahead keeps nothing fresh for a day
    assert titles() == [{"Daha Yeni A.Ş."}]


def test_the_book_is_in_the_order_of_the_turkish_alphabet(registry: Registry, world: World) -> None:
    names = ["Zambak", "Çam", "Cam", "Iğdır", "İnci", "Işıl", "Şeker", "Su", "Ömür", "Olta", "3M", "Ünlü", "Uzun", "iz"]

    def work(transaction: Transaction) -> BrandDirectory:
        for number, name in enumerate(names):
            companies.add_brand(transaction, 600200, 710_000 + number, name)
        return BrandCache().book(transaction, NOON)

    book = registry.store.write_now(work)
    ordered = [brand.title for brand in book.brands if brand.title not in ("Çınar", "Işık")]
    assert ordered == [
        "3M",
        "Cam",
        "Çam",
        "Iğdır",
        "Işıl",
        "İnci",
        "iz",
        "Olta",
        "Ömür",
        "Su",
        "Şeker",
        "Uzun",
        "Ünlü",
        "Zambak",
    ]
    assert [brand.rank for brand in book.brands] == list(range(len(names) + 2))


def test_the_book_shows_new_brands_at_once_and_new_titles_soon(
    registry: Registry, world: World, shelf: BrandCache, clock: Clock
) -> None:
    first = registry.store.read_now(shelf.book, clock.now)
    assert registry.store.read_now(shelf.book, clock.now) is first
    assert first.by_code[CINAR].name == "CINAR"
    add_brands(registry, 1)
    assert 700_000 in registry.store.read_now(shelf.book, clock.now).by_code
    rename = Statement(text("UPDATE brand SET title = 'Yeni' WHERE code = 600101"))
    registry.store.write_now(lambda transaction: transaction.run(rename))
    assert registry.store.read_now(shelf.book, clock.now).by_code[CINAR].title == "Çınar"
    clock.forward(minutes=6)
    assert registry.store.read_now(shelf.book, clock.now).by_code[CINAR].title == "Yeni"


def test_history_is_told_act_by_act_newest_first(deeds: Deeds, world: World, registry: Registry, clock: Clock) -> None:
    deeds.declares(onay(key(world, world.cinar), NOON - DAY)._replace(dealer=world.dealer))
    clock.forward(minutes=1)
    act = deeds.decides(key(world, world.cinar), key(world, world.isik), status=RET).act
    clock.forward(minutes=1)
    assert act
    deeds.undoes(act)
    told = registry.store.read_now(timeline.entries, world.ayse, world.cinar)
    assert [(entry.door, entry.undoes, entry.undone_at, entry.size) for entry in told] == [
        (Door.PAGE, act, None, 1),
        (Door.PAGE, None, clock.now, 2),
        (Door.FILE, None, None, 1),
    ]
    assert [[said.word.status for said in entry.changes] for entry in told] == [[ONAY], [RET], [ONAY]]
    assert told[2].changes[0].word.dealer == world.dealer
    whole = registry.store.read_now(timeline.entries, world.ayse)
    assert [len(entry.changes) for entry in whole] == [1, 2, 1]
    by_brand = timeline.by_brand(whole)
    assert by_brand[world.cinar] == told
    assert [len(entry.changes) for entry in by_brand[world.isik]] == [1]
    since = registry.store.read_now(lambda snapshot: timeline.entries(snapshot, world.ayse, since=clock.now))
    assert [entry.undoes for entry in since] == [act]
    assert registry.store.read_now(timeline.last_own, world.ayse) == (act + 1, clock.now)
    assert registry.store.read_now(timeline.last_own, world.mehmet) is None


def test_an_event_leads_to_its_act(deeds: Deeds, world: World, registry: Registry) -> None:
    act = deeds.decides(key(world, world.cinar), status=RET).act
    (event,) = deeds.events()
    assert registry.store.read_now(timeline.act_of, event.id) == act
    assert registry.store.read_now(timeline.act_of, 99) is None
    assert registry.store.read_now(history.act, act)


def test_nobody_elses_lines_are_read(deeds: Deeds, world: World, registry: Registry, shelf: BrandCache) -> None:
    deeds.declares(onay(key(world, world.cinar), NOON - DAY))
    who = register.person(registry.keyring, "+905320000003")
    stranger = registry.store.write_now(register.enrol, registry.keyring, who)

    def work(snapshot: Transaction) -> tuple[Listing, list[BrandConsents], list[timeline.Entry]]:
        book = shelf.book(snapshot, NOON)
        return (
            queries.listing(snapshot, book, stranger, NOON),
            queries.whole(snapshot, book, stranger, NOON),
            timeline.entries(snapshot, stranger),
        )

    listing, whole, told = registry.store.read_now(work)
    assert (listing.counts, whole, told) == (ConsentCounts(), [], [])


def test_two_threads_at_the_shelf_leave_no_old_book_as_the_new_one(registry: Registry, world: World) -> None:
    class Interrupted(BrandCache):
        """Another thread puts the book of an older snapshot there, in the middle of putting a newer one."""

        other: Callable[[], object] | None = None

        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            if name != "other" and self.other is not None:
                other, self.other = self.other, None
                other()

    shelf = Interrupted()
    with registry.store.snapshot() as older:
        BrandCache().book(older, NOON)  # from here on it is the older one
        add_brands(registry, 1)
        shelf.other = lambda: shelf.book(older, NOON)
        assert 700_000 in registry.store.read_now(shelf.book, NOON).by_code
    assert 700_000 in registry.store.read_now(shelf.book, NOON).by_code
