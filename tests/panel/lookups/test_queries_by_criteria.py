"""Query by criteria: counts, pages, files in the background; no address in whole on the page, each file logged."""

from __future__ import annotations

import asyncio
import csv
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from consents import movement_counts, standing_counts
from consents.brands import companies
from consents.instants import day_of
from consents.people import recipients, register
from consents.queries import criteria_rows
from consents.queries.criteria_rows import Criteria
from consents.rules import ONAY, RET
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Source
from izin import jobs
from panel import export_job
from panel.exports import export_store
from panel.lookups import query_export
from panel.rights import Membership, Permission, Role, Staff
from tests.consents.deeds import ARAMA, DAY, HOUR, HS_MOBIL, onay, ret
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, ISIK, Office
from tests.panel.seen import FIRST, SECOND, SeenDeeds, number
from tests.panel.test_matrix import brand
from tests.web.client import PageClient, refused_for

AT = f"/panel/{CINAR}/sorgu"
SEES = Membership(Role.USER, Permission.SEE)
REPORTS = Membership(Role.USER, Permission.SEE | Permission.REPORT)


def found(here: Office, **wanted: Any) -> list[int]:
    """The people (by recipient) whose consents meet the criteria, through all pages."""
    store, rows = here.registry.store, []
    after: criteria_rows.Place | None = criteria_rows.START
    while after is not None:
        page = store.read_now(criteria_rows.page, Criteria(brand(here, FIRST), **wanted), after, 2)
        rows += [row.place[0] for row in page.rows]
        after = page.after
    return rows


def many(here: Office) -> tuple[SeenDeeds, list[int]]:
    """Seven people: all ONAY but the third (his own RET) and the fifth (the company's)."""
    deeds = SeenDeeds(here)
    keys = [deeds.allowed(place) for place in range(1, 8)]
    deeds.decides(keys[2], status=RET)
    deeds.declares(ret(keys[4], here.clock.now - HOUR // 2, HS_MOBIL))
    return deeds, [key.recipient for key in keys]


def test_each_criterion_finds_its_own(office: OpenOffice) -> None:
    here = office()
    deeds, people = many(here)
    deeds.allowed(1, channel=ARAMA)
    assert found(here) == [people[0], *people]
    assert found(here, channel=ARAMA) == [people[0]]
    assert found(here, status=RET) == [people[2], people[4]]
    assert found(here, source=HS_MOBIL) == [people[4]]
    assert found(here, source=Source.IYS_WEB.code) == [people[2]]
    assert found(here, identity=1) == []
    assert found(here, since=here.clock.now - HOUR // 2) == [people[2], people[4]]
    assert found(here, until=here.clock.now - HOUR // 2, status=ONAY, channel=ARAMA) == [people[0]]
    assert found(here, upload=1) == []


def test_a_walk_that_finds_nothing_goes_on(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    _, people = many(here)
    for made in (criteria_rows._finding, criteria_rows._walked, criteria_rows._counting):
        made.cache_clear()
    monkeypatch.setattr(criteria_rows, "WALK", 3)
    monkeypatch.setattr(criteria_rows, "COUNTED", 3)
    store = here.registry.store
    wanted = Criteria(brand(here, FIRST), source=HS_MOBIL)
    first = store.read_now(criteria_rows.page, wanted)
    assert first.rows == []
    assert first.after == (people[2], 1, 0)
    assert found(here, source=HS_MOBIL) == [people[4]]
    assert store.read_now(criteria_rows.count, wanted) == (0, False)
    monkeypatch.undo()
    for made in (criteria_rows._finding, criteria_rows._walked, criteria_rows._counting):
        made.cache_clear()
    assert store.read_now(criteria_rows.count, wanted) == (1, True)


def test_no_plan_sorts_or_scans(office: OpenOffice) -> None:
    here = office()
    many(here)
    for given in ({}, {"status": RET}, {"dealer": 1}, {"since": 1, "until": 2}, {"source": HS_MOBIL}):
        wanted = Criteria(brand(here, FIRST), **given)

        def plan(snapshot: Snapshot, wanted: Criteria = wanted) -> list[str]:
            values = {**(criteria_rows._values(snapshot, wanted) or {}), "recipient": 0, "most": 50}
            values |= {"after_channel": -1, "after_identity": -1}
            query, bound = criteria_rows._finding(wanted.given).bound(snapshot.dialect, values)
            return [step[3] for step in snapshot.connection.execute(f"EXPLAIN QUERY PLAN {query}", bound).fetchall()]

        steps = here.registry.store.read_now(plan)
        led = "consent_dealer" if "dealer" in given else "consent_brand"
        assert any(led in step for step in steps), steps
        assert not [step for step in steps if step.startswith("SCAN consent") or "TEMP B-TREE" in step], steps


def test_counts_from_the_tally_are_those_of_the_rows(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    many(here)
    store, one = here.registry.store, brand(here, FIRST)
    exact = store.read_now(standing_counts.of_brand, one)
    assert (exact.total(ONAY), exact.total(RET), exact.at) == (5, 2, None)
    monkeypatch.setattr(standing_counts, "_MANY", Statement(text("SELECT 1000000 WHERE :brand > 0")))
    assert not store.read_now(standing_counts.of_brand, one).known
    movement_counts.keep_up(here.registry)
    assert standing_counts.keep_up(here.registry) == 1
    held = store.read_now(standing_counts.of_brand, one)
    assert sorted(held.kinds) == sorted(exact.kinds)
    assert held.at == here.clock.now
    for wanted in (Criteria(one), Criteria(one, status=RET), Criteria(one, source=HS_MOBIL, status=ONAY)):
        assert criteria_rows.tallied(wanted, held) == store.read_now(criteria_rows.count, wanted)[0]
    assert criteria_rows.tallied(Criteria(one, dealer=1), held) is None
    assert standing_counts.keep_up(here.registry) == 0, "nothing has moved"


def test_movements_are_counted_once_each(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    deeds, _ = many(here)
    monkeypatch.setattr(movement_counts, "SPAN", 3)
    assert movement_counts.keep_up(here.registry) == 9
    assert movement_counts.keep_up(here.registry) == 0
    here.clock.now += DAY
    deeds.decides(deeds.key(6), status=RET)
    assert here.registry.store.read_now(movement_counts.behind) == 1
    movement_counts.keep_up(here.registry)
    today = day_of(here.clock.now)
    counts = here.registry.store.read_now(
        movement_counts.by_day, [brand(here, FIRST)], today - timedelta(days=1), today
    )
    told = sorted((one.day == today, one.own, one.status, one.amount) for one in counts if one.amount)
    assert told == [(False, False, RET, 1), (False, False, ONAY, 7), (False, True, RET, 1), (True, True, RET, 1)]
    assert here.registry.store.read_now(movement_counts.by_day, [brand(here, SECOND)], today, today) == []


def test_the_page_masks_every_address(office: OpenOffice) -> None:
    here = office()
    many(here)
    browser = here.somebody(REPORTS)
    assert browser.get(AT).status_code == 200
    page = browser.get(f"{AT}?brand={FIRST}&status=RET").text
    assert "2 kayıt" in page
    assert "+90 532 ••• •• 03" in page
    assert number(3) not in page.replace(" ", "")
    assert here.acts() == [], "a page of masked rows is no look at an address"


def test_a_page_leads_to_the_next(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    many(here)
    monkeypatch.setattr(criteria_rows, "PAGE", 4)
    browser = here.somebody(SEES)
    first = browser.get(f"{AT}?brand={FIRST}").text
    link = re.search(r'href="(/panel/[^"]*after=[^"]*)"', first)
    assert link
    second = browser.get(link[1].replace("&amp;", "&")).text
    assert [text.count("+90 532 •••") for text in (first, second)] == [4, 3]
    assert "after=" not in re.sub(r"/panel/giris[^\"]*", "", second.split("<main")[1].split("</main")[0])


def test_a_brand_that_is_not_ones_own_cannot_be_asked_about(office: OpenOffice) -> None:
    here = office()
    many(here)
    only = here.somebody(Membership(Role.USER, REPORTS.rights, frozenset({brand(here, SECOND)})))
    for code in (FIRST, BRANDS[ISIK][0], 1):
        assert only.get(f"{AT}?brand={code}").status_code == 422
        refused_for(only.post(f"{AT}/dosya", data={"brand": str(code)}), 422, "Markayı seçin.")
    assert f"Marka {FIRST}" not in only.get(AT).text
    assert here.acts() == []


def test_staff_see_counts_alone(office: OpenOffice) -> None:
    here = office()
    many(here)
    page = here.somebody(Staff.AUDITOR).get(f"{AT}?brand={FIRST}").text
    assert "7 kayıt" in page
    assert "•••" not in page


@pytest.mark.parametrize("fault", ["dealer=77", "since=24.11.2026", "until=2026-02-31", "batch=x"])
def test_what_cannot_be_read_is_said(office: OpenOffice, fault: str) -> None:
    here = office()
    answer = here.somebody(SEES).get(f"{AT}?brand={FIRST}&{fault}")
    assert answer.status_code == 422
    assert f'id="{fault.partition("=")[0]}-error"' in answer.text


def test_a_file_is_asked_for_made_and_fetched(office: OpenOffice) -> None:
    here = office()
    _, people = many(here)
    browser = here.somebody(REPORTS)
    assert browser.post(f"{AT}/dosya", data={"brand": str(FIRST), "status": "RET"}).status_code == 303
    assert "Hazırlanıyor" in browser.get(f"{AT}/dosyalar").text
    asyncio.run(jobs._exports(here.registry, here.settings))  # in its process
    assert export_job.make_waiting(here.registry) == 0
    answer = browser.post(f"{AT}/dosyalar/1/indir")
    assert answer.content.startswith("\ufeff".encode()), "Turkish Excel opens it as a table"
    lines = list(csv.reader(answer.text.splitlines(), delimiter=";"))
    assert [line[0] for line in lines[1:]] == ["0532 000 00 03", "0532 000 00 05"]
    assert [recipients.parse(line[0]).address for line in lines[1:]] == [number(3), number(5)]
    assert [line[3] for line in lines[1:]] == ["RET", "RET"]
    assert [line[6:] for line in lines[1:]] == [["", "", str(FIRST), f"Marka {FIRST}"]] * 2
    assert here.acts() == ["export-asked", "export-made", "export-fetched"]
    here.clock.now += 8 * DAY
    assert here.somebody(REPORTS).post(f"{AT}/dosyalar/1/indir").status_code == 303, "it is kept for seven days"
    assert len(people) == 7


def test_a_file_that_was_cut_off_is_begun_anew(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    many(here)
    browser = here.somebody(REPORTS)
    browser.post(f"{AT}/dosya", data={"brand": str(FIRST)})
    monkeypatch.setattr(query_export, "PIECE", 60)
    monkeypatch.setattr(query_export, "READ_AT_ONCE", 2)
    with monkeypatch.context() as cut:

        def die(*_: object) -> None:
            raise RuntimeError

        cut.setattr(export_store, "finish", die)
        with pytest.raises(RuntimeError):
            export_job.make_waiting(here.registry)
    assert export_job.make_waiting(here.registry) == 1
    lines = browser.post(f"{AT}/dosyalar/1/indir").text.splitlines()
    assert len(lines) == 8
    assert "export-made" in here.acts()


def test_of_an_erased_person_a_file_has_no_line(office: OpenOffice) -> None:
    here = office()
    many(here)
    keyring = here.registry.keyring
    here.registry.store.write_now(register.erase, keyring, register.person(keyring, number(3)))
    browser = here.somebody(REPORTS)
    assert "silinmiş kişi" in browser.get(f"{AT}?brand={FIRST}").text
    browser.post(f"{AT}/dosya", data={"brand": str(FIRST)})
    export_job.make_waiting(here.registry)
    assert len(browser.post(f"{AT}/dosyalar/1/indir").text.splitlines()) == 7


def test_a_formula_does_not_begin_a_cell(office: OpenOffice) -> None:
    here = office()
    deeds, keyring = SeenDeeds(here), here.registry.keyring
    person = register.person(keyring, "=1+1@example.com")
    recipient = deeds.store.write_now(register.enrol, keyring, person)
    deeds.declares(onay(deeds.key(1)._replace(recipient=recipient, channel=2), here.clock.now))
    browser = here.somebody(REPORTS)
    browser.post(f"{AT}/dosya", data={"brand": str(FIRST)})
    export_job.make_waiting(here.registry)
    assert "'=1+1@example.com" in browser.post(f"{AT}/dosyalar/1/indir").text


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(first: str) -> None:
    assert query_export.cell(f"{first}1+1@example.com") == f"'{first}1+1@example.com"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("+905320000001", "0532 000 00 01"),
        ("+4930123456", "0049 30123456"),
        ("ayse@example.com", "ayse@example.com"),
        ("a+b@example.com", "a+b@example.com"),
    ],
)
def test_addresses_stay_text_in_a_spreadsheet_and_are_read_again(address: str, shown: str) -> None:
    assert query_export.cell(address) == shown
    assert recipients.parse(shown).address == address


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"since": "2026-11-29", "until": "2026-11-28"}, "Son gün ilk günden önce"),
        ({"until": "9999-12-31"}, "Yıl 2000 ile 2999 arasında"),
        ({"since": "0001-01-01"}, "Yıl 2000 ile 2999 arasında"),
    ],
    ids=str,
)
def test_days_that_cannot_be_meant_are_a_fault_in_words(office: OpenOffice, given: dict[str, str], fault: str) -> None:
    browser = office().somebody(REPORTS)
    page = browser.get(AT, params={"brand": str(FIRST), **given})
    assert page.status_code == 422
    assert fault in page.text
    refused_for(browser.post(f"{AT}/dosya", data={"brand": str(FIRST), **given}), 422, fault)


def test_the_same_day_twice_is_that_day(office: OpenOffice) -> None:
    assert office().somebody(SEES).get(f"{AT}?brand={FIRST}&since=2026-11-24&until=2026-11-24").status_code == 200


def test_few_among_many_are_counted_and_shown_at_once(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind more than one walk of consents that do not meet the criteria."""
    here = office()
    many(here)
    for made in (criteria_rows._finding, criteria_rows._walked, criteria_rows._counting):
        made.cache_clear()
    monkeypatch.setattr(criteria_rows, "WALK", 2)
    page = here.somebody(SEES).get(f"{AT}?brand={FIRST}&source=HS_MOBIL&since=2026-11-24").text
    monkeypatch.undo()
    for made in (criteria_rows._finding, criteria_rows._walked, criteria_rows._counting):
        made.cache_clear()
    assert "1 kayıt" in page
    assert "En az" not in page
    assert "Arama sürüyor" not in page


def test_three_files_of_a_company_wait_at_the_most(office: OpenOffice) -> None:
    here = office()
    browser = here.somebody(REPORTS)
    for _ in range(4):
        browser.post(f"{AT}/dosya", data={"brand": str(FIRST)})
    assert here.acts() == ["export-asked"] * 3
    assert "üç dosyanız" in browser.get(f"{AT}/dosyalar?bekleyin").text


def test_a_dealers_consents(office: OpenOffice) -> None:
    here = office()
    deeds = SeenDeeds(here)
    dealer = here.registry.store.write_now(companies.add_dealer, FIRST, "Bayi")
    keys = [deeds.key(place) for place in (1, 2)]
    deeds.declares(
        onay(keys[0], here.clock.now - HOUR)._replace(dealer=dealer.id), onay(keys[1], here.clock.now - HOUR)
    )
    page = here.somebody(SEES).get(f"{AT}?brand={FIRST}&dealer={dealer.code}").text
    assert "1 kayıt" in page
    assert "Bayi" in page


def test_a_dealer_is_found_by_the_companys_own_code(office: OpenOffice) -> None:
    here = office()
    deeds = SeenDeeds(here)
    dealer = here.registry.store.write_now(companies.add_dealer, SECOND, "Kadıköy", "KDK-07")
    keys = [deeds.key(place, SECOND) for place in (1, 2)]
    deeds.declares(
        onay(keys[0], here.clock.now - HOUR)._replace(dealer=dealer.id), onay(keys[1], here.clock.now - HOUR)
    )
    browser = here.somebody(REPORTS)
    for code in ("KDK-07", str(dealer.code)):
        page = browser.get(AT, params={"brand": "", "dealer": code}).text
        assert "1 kayıt" in page
        assert "Kadıköy" in page
    assert browser.get(AT, params={"brand": str(FIRST), "dealer": "KDK-07"}).status_code == 422
    browser.post(f"{AT}/dosya", data={"brand": "", "dealer": "KDK-07"})
    export_job.make_waiting(here.registry)
    line = list(csv.reader(browser.post(f"{AT}/dosyalar/1/indir").text.splitlines(), delimiter=";"))[1]
    assert line[6:] == [str(dealer.code), "Kadıköy", str(SECOND), f"Marka {SECOND}"]


def both(here: Office) -> SeenDeeds:
    """Three people of each brand, each two minutes later than the last."""
    deeds = SeenDeeds(here)
    for place in range(1, 7):
        key = deeds.key(place, FIRST if place % 2 else SECOND)
        deeds.declares(onay(key, here.clock.now - HOUR + place * 120_000_000))
    return deeds


def places(browser: PageClient, path: str) -> list[str]:
    """The last two digits of every row, through all pages."""
    found, link = [], re.search("(.*)", path)
    while link:
        page = browser.get(link[1].replace("&amp;", "&")).text.split("<main")[1]
        found += re.findall(r"\+90 532 ••• •• (\d\d)", page)
        link = re.search(r'href="(/panel/[^"]*after=[^"]*)"', page)
    return found


@pytest.mark.parametrize("most", [1, 2, 4, 50])
def test_all_brands_at_once_in_three_orders(office: OpenOffice, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    here = office()
    both(here)
    monkeypatch.setattr(criteria_rows, "PAGE", most)
    criteria_rows._dated.cache_clear()
    browser = here.somebody(SEES)
    assert places(browser, f"{AT}?brand=") == ["01", "03", "05", "02", "04", "06"]
    assert places(browser, f"{AT}?brand=&sirala=tarih") == ["01", "02", "03", "04", "05", "06"]
    assert places(browser, f"{AT}?brand=&sirala=-tarih") == ["06", "05", "04", "03", "02", "01"]
    assert places(browser, f"{AT}?brand={SECOND}&sirala=-tarih") == ["06", "04", "02"]
    monkeypatch.undo()
    criteria_rows._dated.cache_clear()
    page = browser.get(f"{AT}?brand=").text
    assert "6 kayıt" in page
    assert f"Marka {SECOND}" in page.split("<table")[1]


def test_one_date_of_many_is_shown_once_each(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    many(here)
    monkeypatch.setattr(criteria_rows, "PAGE", 2)
    criteria_rows._dated.cache_clear()
    assert places(here.somebody(SEES), f"{AT}?brand=&sirala=-tarih") == ["03", "05", "01", "02", "04", "06", "07"]
    monkeypatch.undo()
    criteria_rows._dated.cache_clear()


def test_too_many_have_no_number_and_no_order(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    many(here)
    for made in (criteria_rows._walked, criteria_rows._counting):
        made.cache_clear()
    monkeypatch.setattr(criteria_rows, "COUNTED", 3)
    page = here.somebody(SEES).get(f"{AT}?brand=&source=HS_MOBIL&sirala=tarih&since=2026-11-24").text
    monkeypatch.undo()
    for made in (criteria_rows._walked, criteria_rows._counting):
        made.cache_clear()
    assert "Sayılamayacak kadar çok" in page
    assert " kayıt</h2>" not in page
    assert "sirala=" not in page.split("<main")[1]


def test_a_file_of_all_brands_names_what_was_asked_for(office: OpenOffice) -> None:
    here = office()
    both(here)
    browser = here.somebody(REPORTS)
    asked = {"brand": "", "status": "ONAY", "channel": "MESAJ", "since": "2026-11-24"}
    assert browser.post(f"{AT}/dosya", data=asked).status_code == 303
    export_job.make_waiting(here.registry)
    listed = browser.get(f"{AT}/dosyalar").text
    for words in (f"Marka {FIRST}, Marka {SECOND}", "Kanal: SMS", "Durum: Onay", "İzin tarihi: başlangıç: 2026-11-24"):
        assert words in listed
    lines = list(csv.reader(browser.post(f"{AT}/dosyalar/1/indir").text.splitlines(), delimiter=";"))
    assert [line[8] for line in lines[1:]] == [str(FIRST)] * 3 + [str(SECOND)] * 3
    for one in (FIRST, SECOND):
        only = here.somebody(Membership(Role.USER, REPORTS.rights, frozenset({brand(here, one)})))
        assert "Dosya no" not in only.get(f"{AT}/dosyalar").text
        assert only.post(f"{AT}/dosyalar/1/indir").status_code == 404, "half of it is another brand's"


def test_a_file_of_an_earlier_version_is_made(office: OpenOffice) -> None:
    here = office()
    both(here)
    browser = here.somebody(REPORTS)
    browser.post(f"{AT}/dosya", data={"brand": str(SECOND)})
    kept = json.dumps(Criteria(brand(here, SECOND))._asdict())

    def older(transaction: Transaction) -> None:
        transaction.run(Statement(text("UPDATE panel_export SET criteria = :kept")), {"kept": kept})

    here.registry.store.write_now(older)
    assert export_job.make_waiting(here.registry) == 1
    assert len(browser.post(f"{AT}/dosyalar/1/indir").text.splitlines()) == 4
