"""Day reports in the panel: the month, the file as it was made, agreement, and the check of a file."""

from __future__ import annotations

from datetime import timedelta

from consents.instants import day_of
from consents.store import Transaction
from panel.rights import Membership, Permission, Role, Staff
from providers.days import day_store, days_kept
from providers.days.day_store import Which
from tests.consents.deeds import DAY
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, NO_RIGHT, Office
from tests.panel.seen import FIRST, SECOND, SeenDeeds, number
from tests.panel.test_matrix import brand
from tests.web.client import refused_for

AT = f"/panel/{CINAR}/raporlar"
REPORTS = Membership(Role.USER, Permission.REPORT)


def reported(here: Office) -> str:
    """A day with a movement of the first brand, over and reported; the day."""
    SeenDeeds(here).allowed()
    day = day_of(here.clock.now)
    here.clock.now += 2 * DAY
    days_kept.make_due(here.registry)
    return str(day)


def test_a_month_shows_its_days(office: OpenOffice) -> None:
    here = office()
    day = reported(here)
    browser = here.somebody(REPORTS)
    page = browser.get(f"{AT}?brand={FIRST}&month={day[:7]}").text
    assert f'value="{day}"' in page
    assert "Bu ayda rapor yok" in browser.get(f"{AT}?brand={FIRST}&month=2020-01").text
    assert "Bu ayda rapor yok" in browser.get(f"{AT}?brand={SECOND}&month={day[:7]}").text
    assert browser.get(f"{AT}?brand=x&month=2026-13").status_code == 200


def test_the_file_is_the_one_that_was_made_and_fetching_it_is_logged(office: OpenOffice) -> None:
    here = office()
    day = reported(here)
    browser = here.somebody(REPORTS)
    answer = browser.post(f"{AT}/{FIRST}/indir", data={"day": day})
    assert number(1) in answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="{FIRST}-{day}.csv"'
    assert here.acts() == ["report-fetched"]
    for none in ("", "2020-01-01", "x", "2026-02-31"):
        assert browser.post(f"{AT}/{FIRST}/indir", data={"day": none}).status_code == 303
    assert here.acts() == ["report-fetched"]


def test_agreement_is_given_once(office: OpenOffice) -> None:
    here = office()
    day = reported(here)
    browser = here.somebody(REPORTS)
    page = f"{AT}?brand={FIRST}&month={day[:7]}"
    assert "Dosyayı aldım, doğru</button>" in browser.get(page).text
    for _ in range(2):
        assert browser.post(f"{AT}/{FIRST}/mutabakat", data={"day": day}).status_code == 303
    assert here.acts() == ["report-agreed"]
    which = Which(brand(here, FIRST), day_of(here.clock.now) - timedelta(days=2))
    made = here.registry.store.read_now(day_store.find, which)
    assert made is not None
    assert made.agreed_at == here.clock.now
    assert "Dosyayı aldım, doğru</button>" not in browser.get(page).text


def test_a_file_is_known_by_every_byte(office: OpenOffice) -> None:
    here = office()
    day = reported(here)
    browser = here.somebody(REPORTS)
    file = browser.post(f"{AT}/{FIRST}/indir", data={"day": day}).content
    page = browser.post(f"{AT}/denetle", files={"file": ("rapor.csv", file, "text/csv")}).text
    assert "kayıtlı raporla aynı" in page
    assert f"Marka {FIRST}" in page
    changed = browser.post(f"{AT}/denetle", files={"file": ("rapor.csv", file + b"\n", "text/csv")}).text
    assert "aynı değil" in changed
    refused_for(browser.post(f"{AT}/denetle", data={}), 422, "Denetlenecek dosyayı seçin.")


def test_another_brands_file_is_not_known(office: OpenOffice) -> None:
    here = office()
    day = reported(here)
    file = here.somebody(REPORTS).post(f"{AT}/{FIRST}/indir", data={"day": day}).content
    only = here.somebody(Membership(Role.USER, Permission.REPORT, frozenset({brand(here, SECOND)})))
    assert "aynı değil" in only.post(f"{AT}/denetle", files={"file": ("rapor.csv", file, "text/csv")}).text
    assert f"Marka {FIRST}" not in only.get(f"{AT}?brand={FIRST}").text
    assert only.post(f"{AT}/{FIRST}/indir", data={"day": day}).status_code == 404


def test_a_stamp_that_does_not_hold_is_said(office: OpenOffice) -> None:
    here = office()
    day = reported(here)
    browser = here.somebody(REPORTS)
    file = browser.post(f"{AT}/{FIRST}/indir", data={"day": day}).content

    def work(transaction: Transaction) -> None:
        which = Which(brand(here, FIRST), day_of(here.clock.now) - timedelta(days=2))
        day_store.stamp(transaction, which, b"no reply of an authority")

    here.registry.store.write_now(work)
    page = browser.post(f"{AT}/denetle", files={"file": ("rapor.csv", file, "text/csv")}).text
    assert "doğrulanamadı" in page


def test_an_auditor_sees_reports_and_fetches_none(office: OpenOffice) -> None:
    here = office()
    day = reported(here)
    browser = here.somebody(Staff.AUDITOR)
    page = browser.get(f"{AT}?brand={FIRST}&month={day[:7]}")
    assert page.status_code == 200
    assert "indir" not in page.text
    refused_for(browser.post(f"{AT}/{FIRST}/indir", data={"day": day}), 403, NO_RIGHT)
