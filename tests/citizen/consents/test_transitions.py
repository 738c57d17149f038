"""Old records that are loaded in a transition: until when to check them, on the rows and at the head of the list."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from consents.brands import companies, packages, transitions
from consents.brands.companies import BadCompany
from consents.brands.company_changes import Why
from consents.brands.transitions import ProviderSize
from consents.queries import tallies
from providers.uploads.loading import Order, load
from tests.citizen.consents.town import AYSE, CINAR, ISIK, Town, listed, rows, text
from tests.conftest import Clock

HEAD = "IZINTURU,ALICI,DURUMU,IZINKAYNAGI,IZINTARIHI,FIRMATIPI\n"
LOAD, CHECK = date(2026, 12, 31), date(2027, 2, 15)
NAME = f"{CINAR}-MESAJ-BIREYSEL"


def open_window(here: Town, size: ProviderSize = ProviderSize.SMALL) -> None:
    here.registry.store.write_now(transitions.open_window, size, LOAD, CHECK)


def take_over(here: Town, folder: Path, *, initial: bool = True) -> None:
    """Loads a consent of 2019 for Ayşe."""
    known = here.registry.store.read_now(companies.known_brand, CINAR)
    assert known is not None
    file = folder / "old.csv"
    file.write_text(f"{HEAD}MESAJ,{AYSE},ONAY,HS_WEB,2019-03-04 10:15:00,BIREYSEL\n")
    tally = load(here.registry, Order(file, known, initial=initial))
    assert (tally.recorded, tally.refused) == ((1, 0) if initial else (0, 1))


def test_the_row_and_the_head_of_the_list_name_the_last_day(here: Town, tmp_path: Path) -> None:
    open_window(here)
    here.told(AYSE, ISIK)
    take_over(here, tmp_path)
    ayse = here.sign_in(AYSE)
    listed = text(ayse.get("/izinler").text)
    assert "15 Şubat 2027 Pazartesi gününe kadar kontrol edin" in listed
    assert listed.count("Kontrol için son gün: 15 Şubat 2027 Pazartesi") == 1, "not on what came otherwise"
    assert "Check by: Monday 15 February 2027" in text(ayse.get("/izinler?lang=en").text)
    assert "Kontrol için son gün" in text(ayse.get(f"/izinler/{CINAR}").text)
    assert "Kontrol için son gün" not in text(ayse.get(f"/izinler/{ISIK}").text)


def test_what_was_decided_needs_no_check(here: Town, tmp_path: Path) -> None:
    open_window(here)
    take_over(here, tmp_path)
    ayse = here.sign_in(AYSE)
    answer = ayse.refuse(CINAR)
    assert rows(answer.text) == {NAME: "RET"}
    assert "Kontrol için" not in text(answer.text)
    assert "kontrol edin" not in text(ayse.get("/izinler").text)


def test_afterwards_it_counts_as_any_other(here: Town, clock: Clock, tmp_path: Path) -> None:
    open_window(here)
    take_over(here, tmp_path)
    clock.now += 83 * 86_400_000_000  # the last day to check, noon
    assert "kontrol edin" in text(here.sign_in(AYSE).get("/izinler").text)
    clock.now += 86_400_000_000
    ayse = here.sign_in(AYSE)
    page = ayse.get("/izinler").text
    assert "kontrol" not in text(page).lower()
    assert listed(page) == {CINAR: "open"}
    assert rows(ayse.get(f"/izinler/{CINAR}").text)[NAME] == "ONAY"
    number = here.brand(CINAR)
    assert here.registry.store.read_now(tallies.of_brands, [number])[number].approval == 1


def test_outside_a_window_of_the_providers_size_nothing_is_to_check(here: Town, tmp_path: Path) -> None:
    open_window(here, ProviderSize.LARGE)
    take_over(here, tmp_path)
    assert "kontrol" not in text(here.sign_in(AYSE).get("/izinler").text).lower()


def test_a_record_that_is_not_old_is_held_to_the_three_days_in_a_window_too(here: Town, tmp_path: Path) -> None:
    open_window(here)
    take_over(here, tmp_path, initial=False)


def test_a_window_is_for_a_size_and_ends_on_its_last_day(here: Town, clock: Clock) -> None:
    read, write, number = here.registry.store.read_now, here.registry.store.write_now, here.brand(CINAR)
    assert read(transitions.open_for, number, clock.now) is None
    open_window(here)
    found = read(transitions.open_for, number, clock.now)
    assert found is not None
    assert (found.size, found.load_until, found.check_until) == (ProviderSize.SMALL, LOAD, CHECK)
    owner = read(here.registry.brands.book, clock.now).by_code[CINAR].company_code
    packages.give(here.registry.store, owner, "İLETİ-250", Why(here.registry.keyring, "a test"))
    assert read(transitions.open_for, number, clock.now) is None, "a package of 250,000 is large"
    packages.give(here.registry.store, owner, "İLETİ-150", Why(here.registry.keyring, "a test"))
    assert read(transitions.open_for, number, clock.now) == found
    clock.now += 37 * 86_400_000_000  # its last day, noon
    assert read(transitions.open_for, number, clock.now) == found
    clock.now += 86_400_000_000
    assert read(transitions.open_for, number, clock.now) is None
    with pytest.raises(BadCompany, match="is over"):
        open_window(here)
    write(transitions.change, found.id, date(2027, 3, 1), date(2027, 4, 1))
    assert read(transitions.open_for, number, clock.now) is not None
    with pytest.raises(BadCompany, match="is open"):
        write(transitions.open_window, ProviderSize.SMALL, date(2027, 5, 1), date(2027, 6, 1))
    with pytest.raises(BadCompany, match="not before"):
        write(transitions.change, found.id, date(2027, 3, 1), date(2027, 2, 1))
    with pytest.raises(BadCompany, match="no window"):
        write(transitions.change, 99, LOAD, CHECK)


def test_the_two_windows_of_iys_are_shipped() -> None:
    assert [(one.size.value, str(one.load_until), str(one.check_until)) for one in transitions.WINDOWS_OF_IYS] == [
        ("large", "2020-12-31", "2021-02-15"),
        ("small", "2021-05-31", "2021-07-15"),
    ]
