"""Refusals that a company has not taken: the box, the list as a file, “taken” for all days in one press."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from consents import instants
from consents.people import register
from consents.queries import feed
from consents.rules import RET
from consents.terms import Channel
from panel.audit import audit_log
from panel.audit.audit_log import AuditSearch
from panel.lookups import refusal_pages
from panel.lookups.refusal_pages import OpenAlarm
from panel.rights import Membership, Permission, Role
from providers.callers import api_users
from providers.callers.api_users import Owner
from providers.deliveries import handout_store, untaken_refusals
from tests import programs
from tests.consents.deeds import ARAMA, DAY
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, ISIK, Colleague
from tests.panel.people.test_notices import run
from tests.panel.seen import FIRST, SECOND, SeenDeeds
from tests.panel.test_matrix import brand

AT = f"/panel/{CINAR}/genel"
LIST = f"/panel/{CINAR}/reddedenler"
REPORTS = Membership(Role.USER, Permission.REPORT)
OWNER = Membership(Role.OWNER, Permission.MEMBER)


def box(browser: Colleague, path: str = AT) -> str:
    """The text of the box; "" where nothing waits."""
    answer = browser.get(path)
    assert answer.status_code == 200
    found = re.search(r'<section class="note \w+ untaken".*?</section>', answer.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def last(browser: Colleague) -> str:
    """The last event that the page's box names."""
    return re.findall(r'name="last" value="(\d+)"', browser.get(AT).text)[0]


def download(browser: Colleague, **given: str) -> list[dict[str, str]]:
    answer = browser.post(f"{LIST}/indir", data=given)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def refuse(deeds: SeenDeeds, place: int, code: int = FIRST, **more: int) -> None:
    deeds.decides(deeds.allowed(place, code, **more), status=RET)


def test_an_owner_sees_what_runs_out_and_the_list_takes_it(office: OpenOffice) -> None:
    here = office()
    deeds, owner = SeenDeeds(here), here.somebody(OWNER)
    assert box(owner) == ""
    refuse(deeds, 1)  # Tuesday, 24 November
    refuse(deeds, 2, SECOND)
    assert box(owner).startswith("2 ret alınmadı Son gün: 27 Kasım 2026 .")
    assert 'class="note ask untaken"' in owner.get(AT).text
    here.clock.now += 4 * DAY
    owner = here.somebody(OWNER)
    assert box(owner).startswith("2 ret alınmadı Son gün geçti: 27 Kasım 2026 .")
    assert 'class="note bad untaken"' in owner.get(AT).text
    assert box(owner, LIST) == box(owner)
    one = owner.get(f"{AT}/{FIRST}").text
    assert re.search(r"1 ret alınmadı</strong>. Son gün: 27 Kasım 2026", one)
    assert f'href="{LIST}"' in one
    first, second = download(owner, last=last(owner))
    assert first == {
        "Numara veya e-posta": "0532 000 00 01", "Kanal": "SMS", "Alıcı tipi": "bireysel", "Marka": f"Marka {FIRST}",
        "Marka no": str(FIRST), "Reddin kaydedildiği zaman": "24.11.2026 12:00", "Nereden": "vatandaş, bu sitede",
    }  # fmt: skip
    assert (second["Numara veya e-posta"], second["Marka no"]) == ("0532 000 00 02", str(SECOND))
    assert box(owner) == ""
    assert "gelen retlerin hepsi alındı" in owner.get(AT).text
    untaken_refusals.update(here.registry)
    assert here.registry.store.read_now(untaken_refusals.by_brand) == [], "nor does the operator see it any more"
    assert here.acts() == ["refusals-fetched", "refusals-taken", "refusals-taken"]


def test_taken_in_one_press_of_all_days_up_to_what_was_shown(office: OpenOffice) -> None:
    here = office()
    deeds = SeenDeeds(here)
    for place in (1, 2, 3):
        refuse(deeds, place)
        here.clock.now += DAY
    owner = here.somebody(OWNER)
    shown = last(owner)
    refuse(deeds, 4)  # after the page was drawn
    answer = owner.post(f"{LIST}/aldim", data={"last": shown})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{LIST}?alindi")
    assert box(owner).startswith("1 ret alınmadı Son gün: 2 Aralık 2026 .")
    assert [row["Numara veya e-posta"] for row in download(owner, last=last(owner))] == ["0532 000 00 04"]
    assert owner.post(f"{LIST}/aldim", data={"last": shown}).headers["location"] == LIST
    assert here.acts().count("refusals-taken") == 2, "what was taken already is no act"


@pytest.mark.parametrize("forged", ["", "x", "0", "-1", "99999999999999999"])
def test_a_forged_end_takes_nothing_that_is_still_to_come(office: OpenOffice, forged: str) -> None:
    here = office()
    deeds, owner = SeenDeeds(here), here.somebody(OWNER)
    refuse(deeds, 1)
    assert owner.post(f"{LIST}/aldim", data={"last": forged}).status_code == 303
    refuse(deeds, 2)
    assert box(owner).startswith("1 ret" if len(forged) > 2 else "2 ret")


def test_today_waits_for_a_program_and_not_for_a_person(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    here.registry.store.write_now(api_users.add, Owner.PROVIDER, CINAR, "program", programs.password("program"))
    refuse(SeenDeeds(here), 1)
    assert box(owner) == ""
    here.clock.now += DAY
    owner = here.somebody(OWNER)
    assert box(owner).startswith("1 ret")
    note = handout_store.note
    event = here.registry.store.read_now(feed.last_event)
    here.registry.store.write_now(lambda t: note(t, brand(here, FIRST), "push", 1, event, taken=True))
    assert box(owner) == ""


def test_own_brands_alone_are_shown_and_taken(office: OpenOffice) -> None:
    here = office()
    deeds = SeenDeeds(here)
    refuse(deeds, 1)
    refuse(deeds, 2, SECOND)
    one = here.somebody(Membership(Role.USER, Permission.REPORT, frozenset({brand(here, SECOND)})))
    assert box(one).startswith("1 ret")
    assert "+90 532 ••• •• 02" in one.get(LIST).text
    assert "+90 532 ••• •• 01" not in one.get(LIST).text
    assert [row["Marka no"] for row in download(one, last=last(one))] == [str(SECOND)]
    assert [row["Marka no"] for row in download(one, what="week")] == [str(SECOND)]
    one.post(f"{LIST}/aldim", data={"last": "999"})
    assert box(here.somebody(OWNER)).startswith("1 ret")
    other = here.somebody(OWNER, ISIK)
    assert other.post(f"/panel/{ISIK}/reddedenler/aldim", data={"last": "999"}).status_code == 303
    assert box(here.somebody(OWNER)).startswith("1 ret")


def test_who_may_not_report_sees_the_day_without_the_list(office: OpenOffice) -> None:
    here = office()
    refuse(SeenDeeds(here), 1)
    page = here.somebody(Membership(Role.USER, Permission.SEE)).get(AT).text
    assert "1 ret alınmadı" in page
    assert f"{LIST}/" not in page
    assert "rapor yetkisi olan" in page


def test_a_list_that_breaks_off_takes_nothing(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    deeds, owner = SeenDeeds(here), here.somebody(OWNER)
    refuse(deeds, 1)
    refuse(deeds, 2, SECOND)
    shown, lines = last(owner), refusal_pages._lines

    def broken(registry: object, language: object, of: object, rows: object) -> bytes:
        if getattr(of, "code") == SECOND:  # noqa: B009
            raise ConnectionError
        return lines(registry, language, of, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(refusal_pages, "_lines", broken)
    with pytest.raises(ConnectionError):
        owner.post(f"{LIST}/indir", data={"last": shown})
    monkeypatch.undo()
    assert box(owner).startswith("2 ret")
    assert len(download(owner, last=shown)) == 2


def test_this_week_counts_people_once_and_only_this_week(office: OpenOffice) -> None:
    here = office()
    deeds = SeenDeeds(here)
    refuse(deeds, 1)
    here.clock.now += 8 * DAY
    owner = here.somebody(OWNER)
    refuse(deeds, 2)
    refuse(deeds, 2, channel=ARAMA)
    refuse(deeds, 2, SECOND)
    refuse(deeds, 3)
    undone = deeds.acts()[-1]
    refuse(deeds, 4)
    deeds.undoes(undone)
    page = owner.get(AT).text
    card = page[page.index("Bu hafta reddeden") :]
    assert re.findall(r'class="count">\s*([\d.]+)', card)[0] == "2"
    rows = download(owner, what="week")
    assert [(row["Numara veya e-posta"], row["Kanal"], row["Marka no"]) for row in rows] == [
        ("0532 000 00 02", "SMS", str(FIRST)),
        ("0532 000 00 02", "Arama", str(FIRST)),
        ("0532 000 00 04", "SMS", str(FIRST)),
        ("0532 000 00 02", "SMS", str(SECOND)),
    ]
    assert box(owner).startswith("5 ret"), "the week's list takes nothing"


def test_the_count_of_the_week_is_bounded_and_tells_so(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    deeds, owner = SeenDeeds(here), here.somebody(OWNER)
    for place in (1, 2):
        refuse(deeds, place)
        refuse(deeds, place + 10, SECOND)
    card = re.compile(r'Bu hafta reddeden.*?class="count">([^<]+)<', re.DOTALL)
    for most, shown in ((5, "4"), (4, "en az 4"), (3, "en az 3"), (1, "en az 1")):
        monkeypatch.setattr(refusal_pages, "MOST", most)
        found = card.search(owner.get(AT).text)
        assert found
        assert found[1] == shown


def test_more_than_a_page_comes_whole(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    deeds, owner = SeenDeeds(here), here.somebody(OWNER)
    for place in range(1, 8):
        refuse(deeds, place)
    event = here.registry.store.read_now(feed.last_event)
    note = handout_store.note
    here.registry.store.write_now(lambda t: note(t, brand(here, FIRST), "push", event, event, taken=True))
    for module in (untaken_refusals, refusal_pages):
        monkeypatch.setattr(module, "PAGE", 2)
    assert box(owner).startswith("En az 2 ret")
    assert len(download(owner, what="week")) == 7
    assert len(download(owner, last=last(owner))) == 6, "what a program took is not in it"
    assert box(owner) == ""


def test_a_count_is_a_whole_one_only_where_all_were_looked_at(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that takes one channel leaves gaps in each page: fewer than a page are not all."""
    here = office()
    deeds, owner = SeenDeeds(here), here.somebody(OWNER)
    for place in range(1, 7):
        refuse(deeds, place, **({"channel": ARAMA} if place % 2 else {}))
    event, note = here.registry.store.read_now(feed.last_event), handout_store.note
    here.registry.store.write_now(
        lambda t: note(t, brand(here, FIRST), "push", 1, event, taken=True, channel=Channel.MESAJ.code)
    )
    assert box(owner).startswith("3 ret")
    monkeypatch.setattr(untaken_refusals, "PAGE", 4)
    assert box(owner).startswith("En az 2 ret")
    here.clock.now += DAY
    (mail,) = run(here)
    assert mail["subject"].startswith("En az 2 ret alınmadı")
    assert ": en az 2 ret, son gün" in mail["text"]
    owner = here.somebody(OWNER)  # signed in today
    owner.post(f"{LIST}/aldim", data={"last": last(owner)})
    (entry,) = here.registry.store.read_now(audit_log.find, here.registry.keyring, AuditSearch(what="refusals-taken"))
    assert entry.after == "refusals>=2"
    assert box(owner) == ""


def test_a_forged_end_of_the_list_takes_nothing_that_is_not_in_it(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    deeds, owner = SeenDeeds(here), here.somebody(OWNER)
    refuse(deeds, 1)
    make = refusal_pages._lines

    def and_another(*arguments: Any) -> bytes:
        refuse(deeds, 2)  # while the list is under way
        return make(*arguments)

    monkeypatch.setattr(refusal_pages, "_lines", and_another)
    assert len(download(owner, last="9" * 17)) == 1
    assert box(owner).startswith("1 ret")


def test_an_erased_person_is_in_no_list(office: OpenOffice) -> None:
    here = office()
    deeds, owner = SeenDeeds(here), here.somebody(OWNER)
    refuse(deeds, 1)
    refuse(deeds, 2)
    keyring = here.registry.keyring
    here.registry.store.write_now(register.erase, keyring, register.person(keyring, "+905320000001"))
    assert "0532 000 00 01" not in {row["Numara veya e-posta"] for row in download(owner, what="week")}
    assert "silinmiş kişi" in owner.get(LIST).text


def test_the_last_day_is_over_at_its_end(office: OpenOffice) -> None:
    here = office()
    refuse(SeenDeeds(here), 1)
    ids = [brand(here, FIRST)]

    def alarm() -> OpenAlarm:
        found = here.registry.store.read_now(refusal_pages.alarm, here.id_of(CINAR), ids, here.clock.now)
        assert found is not None
        return found

    end = alarm().stop_by + DAY
    assert str(instants.day_of(alarm().stop_by)) == "2026-11-27"
    here.clock.now = end - 1
    assert not alarm().over
    here.clock.now = end
    assert alarm().over
