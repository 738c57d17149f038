"""Mails to the panel's people: each matter once, to those who may act and want it, each mail alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text as sql

from consents.brands import packages
from consents.brands.company_changes import Why
from consents.brands.provider_states import ProviderState
from consents.care import sweeping
from consents.queries import feed
from consents.rules import RET
from consents.store import Snapshot, Statement, Transaction, Value
from national import public as national
from panel import notice_job, tables
from panel.accounts import account_store, memberships
from panel.accounts.notice_store import NoticeKind
from panel.rights import Membership, Permission, Role, Staff
from panel.uploads import upload_store
from panel.uploads.upload_store import UploadState
from providers.deliveries import untaken_refusals
from tests.consents.deeds import DAY, HOUR
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, ISIK, Office
from tests.panel.seen import FIRST, SECOND, SeenDeeds
from tests.panel.test_matrix import brand
from tests.panel.things import THINGS

OWNER = Membership(Role.OWNER, Permission.MEMBER)
PACKAGE = "İLETİ-5"
NOTICES: Value[int] = Statement(sql("SELECT count(*) FROM panel_notice"))


def user(right: Permission, here: Office | None = None, code: int = 0) -> Membership:
    return Membership(Role.USER, right, frozenset({brand(here, code)}) if here else None)


def run(here: Office) -> list[dict[str, str]]:
    """Lets the job work; its mails."""
    before = len(here.sent)
    asyncio.run(notice_job.send(here.registry, here.settings))
    return here.sent[before:]


def readers(mails: list[dict[str, str]]) -> list[str]:
    return sorted(mail["to"] for mail in mails)


def change(here: Office, statement: str, **values: Any) -> None:
    here.registry.store.write_now(lambda transaction: transaction.run(Statement(sql(statement)), values))


def refuse(here: Office, place: int, code: int = FIRST) -> None:
    deeds = SeenDeeds(here)
    deeds.decides(deeds.allowed(place, code), status=RET)


def test_on_each_of_the_three_business_days_one_mail(office: OpenOffice) -> None:
    here = office()
    here.person("sahip@example.com", OWNER)
    refuse(here, 1)  # Tuesday, 24 November, 12:00
    refuse(here, 2, SECOND)
    found = []
    for _ in range(10 * 24):
        found += [(mail, here.clock.now) for mail in run(here)]
        here.clock.now += HOUR
    assert [(at - found[0][1]) // DAY for _, at in found] == [0, 1, 2], "Wednesday, Thursday, Friday; then no more"
    mail, at = found[0]
    assert (mail["to"], mail["subject"]) == ("sahip@example.com", "2 ret alınmadı: Şirket 600100 A.Ş.")
    assert f"- Marka {FIRST}: 1 ret, son gün 27 Kasım 2026" in mail["text"]
    assert f"- Marka {SECOND}: 1 ret, son gün 27 Kasım 2026" in mail["text"]
    assert f"{here.settings.public_url}/panel/{CINAR}/reddedenler" in mail["text"]
    assert f"{here.settings.public_url}/panel/hesap" in mail["text"]
    assert notice_job.moment(at).astimezone(notice_job.ISTANBUL).hour == 8, "in the morning"


def test_a_later_refusal_has_its_own_days_and_what_is_taken_has_none(office: OpenOffice) -> None:
    here = office()
    here.person("sahip@example.com", OWNER)
    refuse(here, 1)
    here.clock.now += DAY
    assert len(run(here)) == 1
    refuse(here, 2)
    here.clock.now += DAY
    (mail,) = run(here)
    assert "2 ret" in mail["subject"]
    last = here.registry.store.read_now(feed.last_event)
    here.registry.store.write_now(untaken_refusals.take, brand(here, FIRST), last)
    here.clock.now += DAY
    assert run(here) == []


def test_only_those_who_may_act_get_it(office: OpenOffice) -> None:
    here = office()
    here.person("rapor@example.com", user(Permission.REPORT))
    here.person("marka@example.com", user(Permission.REPORT, here, FIRST))
    here.person("oteki@example.com", user(Permission.REPORT, here, SECOND))
    here.person("bakan@example.com", user(Permission.SEE | Permission.LOAD))
    here.person("isik@example.com", OWNER, ISIK)
    ended, staff = here.person("ayrilan@example.com", OWNER), here.person("gorevli@example.com", OWNER)
    here.registry.store.write_now(account_store.end, ended)
    here.registry.store.write_now(account_store.set_staff, staff, Staff.OPERATOR)
    refuse(here, 1)
    here.clock.now += DAY
    assert readers(run(here)) == ["marka@example.com", "rapor@example.com"]


@pytest.mark.parametrize("state", [ProviderState.PAUSED, ProviderState.CLOSED])
def test_a_mail_leads_to_a_page_that_its_reader_may_open(office: OpenOffice, state: ProviderState) -> None:
    here = office()
    refuse(here, 1)
    change(here, "UPDATE push_connection SET tries = 3, works = :no", no=False)
    change(here, "UPDATE provider SET state = :state WHERE code = :code", state=str(state), code=CINAR)
    here.clock.now += DAY
    owner = here.somebody(OWNER)
    opens = owner.get(f"/panel/{CINAR}/reddedenler").status_code == 200
    assert opens is (state is ProviderState.PAUSED)
    assert readers(run(here)) == [owner.email] * opens


def test_a_company_whose_people_cannot_be_read_holds_up_no_other(office: OpenOffice) -> None:
    here = office()
    other = here.person("isik@example.com", OWNER, ISIK)
    here.person("sahip@example.com", OWNER)
    refuse(here, 1, BRANDS[ISIK][0])
    refuse(here, 2)
    change(here, "UPDATE panel_user SET email = :broken WHERE id = :person", broken=b"broken", person=other)
    here.clock.now += DAY
    assert readers(run(here)) == ["sahip@example.com"]


def test_each_kind_can_be_switched_off_in_the_account(office: OpenOffice) -> None:
    here = office()
    owner, other = here.somebody(OWNER), here.somebody(OWNER)
    page = owner.get("/panel/hesap").text
    assert page.count('type="checkbox" name="notice-') == page.count('value="1" checked') == 9
    kinds = {f"notice-{int(kind)}": "1" for kind in NoticeKind if kind is not NoticeKind.UNTAKEN}
    answer = owner.post("/panel/hesap/bildirimler", data=kinds)
    assert answer.headers["location"] == "/panel/hesap?bildirimler#bildirimler"
    page = owner.get("/panel/hesap?bildirimler").text
    assert page.count('value="1" checked') == 8
    assert "Kaydedildi." in page
    refuse(here, 1)
    change(here, "UPDATE push_connection SET tries = 3, works = :no", no=False)
    here.clock.now += DAY
    assert readers(run(here)) == [other.email]
    number = THINGS["push"](here, CINAR)
    change(here, "UPDATE push_connection SET tries = 3, works = :no WHERE id = :id", no=False, id=number)
    assert readers(run(here)) == sorted([owner.email, other.email]), "the other kinds go on"


@pytest.mark.parametrize(("staff", "boxes"), [(Staff.OPERATOR, ["8", "128", "512"]), (Staff.AUDITOR, [])])
def test_the_operators_people_choose_theirs(office: OpenOffice, staff: Staff, boxes: list[str]) -> None:
    import re

    here = office()
    page = here.somebody(staff).get("/panel/hesap").text
    assert re.findall(r'name="notice-(\d+)"', page) == boxes


def test_a_push_that_failed_three_times_once_until_it_works_again(office: OpenOffice) -> None:
    here = office()
    here.person("sahip@example.com", OWNER)
    here.person("rapor@example.com", user(Permission.REPORT))
    number = THINGS["push"](here, CINAR)

    def failed(tries: int, cursor: int) -> list[str]:
        statement = "UPDATE push_connection SET tries = :tries, works = :no, cursor = :cursor WHERE id = :id"
        change(here, statement, tries=tries, no=False, cursor=cursor, id=number)
        return readers(run(here))

    assert failed(2, 0) == []
    assert failed(3, 0) == ["sahip@example.com"]
    assert failed(4, 0) == []
    assert failed(2, 7) == []
    assert failed(3, 7) == ["sahip@example.com"]
    assert f"/panel/{CINAR}/programlar/bildirim" in here.sent[-1]["text"]


def sweep(here: Office) -> None:
    (found,) = [one for one in tables.SWEEPS if one.table == "panel_notice"]
    asyncio.run(sweeping.all_of(here.registry.store, found, here.settings))


def test_what_stands_for_years_is_mailed_once_and_forgotten_once_it_is_over(office: OpenOffice) -> None:
    here = office()
    here.person("sahip@example.com", OWNER)
    here.person("isleten@example.com", Staff.OPERATOR)
    refuse(here, 1)
    number = THINGS["push"](here, CINAR)
    change(here, "UPDATE push_connection SET tries = 3, works = :no WHERE id = :id", no=False, id=number)
    packages.give(here.registry.store, CINAR, PACKAGE, Why(here.registry.keyring, "deneme"))
    change(here, "UPDATE provider_package SET used = 4000")
    THINGS["application"](here, CINAR)
    found = [mail["subject"] for _ in range(14) for mail in passing(here, DAY)]
    assert len(found) == 6, "the refusal on three days; push, package and application once each"
    assert [mail["subject"] for _ in range(30) for mail in passing(here, 30 * DAY)] == []
    assert here.registry.store.read_now(Snapshot.value, NOTICES), "what still stands is kept"
    last = here.registry.store.read_now(feed.last_event)
    here.registry.store.write_now(untaken_refusals.take, brand(here, FIRST), last)
    change(here, "DELETE FROM push_connection")
    change(here, "DELETE FROM provider_package")
    change(here, "UPDATE provider_application SET decided_at = asked_at, state = 'refused'")
    assert [mail["subject"] for _ in range(21) for mail in passing(here, 30 * DAY)] == []
    assert here.registry.store.read_now(Snapshot.value, NOTICES) == 0


def passing(here: Office, time: int) -> list[dict[str, str]]:
    """The mails after some time, with the sweep before."""
    here.clock.now += time
    while notice_job.moment(here.clock.now).weekday() > 4:
        here.clock.now += DAY
    sweep(here)
    return run(here)


def test_a_sync_that_waits_for_a_person(office: OpenOffice) -> None:
    here = office()
    here.person("sahip@example.com", OWNER)
    here.person("bakan@example.com", user(Permission.SEE))
    keyring = here.registry.keyring
    here.registry.store.write_now(national.set_up, keyring, CINAR, 700_000, "kullanici", "parola")
    change(here, "UPDATE national_account SET blocked_by = 'sign-in', blocked_until = :at", at=9e9)
    assert run(here) == [], "it was not begun"
    here.registry.store.write_now(national.start, keyring, here.id_of(CINAR))
    change(here, "UPDATE national_account SET blocked_by = 'unreachable', blocked_until = :at", at=9e9)
    assert run(here) == [], "it goes on by itself"
    change(here, "UPDATE national_account SET blocked_by = 'sign-in'")
    (mail,) = run(here)
    assert mail["to"] == "sahip@example.com"
    assert "kullanıcı adını ya da parolayı kabul etmiyor" in mail["text"]
    assert f"/panel/{CINAR}/iys" in mail["text"]
    assert run(here) == []


def test_an_application_that_waits(office: OpenOffice) -> None:
    here = office()
    here.person("sahip@example.com", OWNER)
    here.person("isleten@example.com", Staff.OPERATOR)
    here.person("denetci@example.com", Staff.AUDITOR)
    THINGS["application"](here, CINAR)
    (mail,) = run(here)
    assert (mail["to"], mail["subject"]) == ("isleten@example.com", "Yeni şirket başvurusu bekliyor")
    assert "/panel/isletmen/basvurular" in mail["text"]
    assert run(here) == []
    THINGS["application"](here, CINAR)
    assert readers(run(here)) == ["isleten@example.com"], "the next one"


def test_a_package_that_is_four_fifths_full(office: OpenOffice) -> None:
    here = office()
    here.person("sahip@example.com", OWNER)
    packages.give(here.registry.store, CINAR, PACKAGE, Why(here.registry.keyring, "deneme"))
    change(here, "UPDATE provider_package SET used = 3999")
    assert run(here) == []
    change(here, "UPDATE provider_package SET used = 4000")
    (mail,) = run(here)
    assert f"{PACKAGE} paketi: 4000 / 5000" in mail["text"]
    change(here, "UPDATE provider_package SET used = 4999")
    assert run(here) == []


@pytest.mark.parametrize("state", [UploadState.FAILED, UploadState.UNREADABLE])
def test_a_file_that_could_not_be_loaded(office: OpenOffice, state: UploadState) -> None:
    here = office()
    here.person("yukle@example.com", user(Permission.LOAD))
    number = THINGS["upload"](here, CINAR)
    assert run(here) == []
    change(here, "UPDATE panel_upload SET state = :state WHERE id = :id", state=str(state), id=number)
    loader = upload_store.find
    found = here.registry.store.read_now(loader, here.registry.keyring, number)
    assert found is not None
    here.registry.store.write_now(memberships.put, found.person, here.id_of(CINAR), user(Permission.LOAD))
    (mail,) = run(here)
    assert mail["to"] == "yukleyen@example.com", "who loaded it, and nobody else"
    assert "izinler.csv" in mail["text"]
    assert f"/panel/{CINAR}/yuklemeler/{number}" in mail["text"]
    assert run(here) == []
    here.registry.store.write_now(memberships.end, found.person, here.id_of(CINAR))
    assert readers(run(here)) == ["yukle@example.com"], "once that person has left"


def test_one_mail_and_one_finder_that_break_hold_up_no_other(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = office()
    for name in ("a", "b", "c"):
        here.person(f"{name}@example.com", OWNER)
    refuse(here, 1)
    here.clock.now += DAY
    post = notice_job.outbox.post

    def broken(transaction: Transaction, keyring: Any, **given: Any) -> None:
        if given["to"] == "b@example.com":
            raise ValueError("b@example.com")
        post(transaction, keyring, **given)

    def fails(*given: Any) -> list[Any]:
        raise ValueError("12345")

    monkeypatch.setattr(notice_job.outbox, "post", broken)
    monkeypatch.setattr(notice_job, "FINDERS", (fails, *notice_job.FINDERS))
    assert readers(run(here)) == ["a@example.com", "c@example.com"]
    log = capsys.readouterr().out
    assert log.count("notice_failed") == 2
    assert "@example.com" not in log
    assert "12345" not in log
    monkeypatch.undo()
    assert readers(run(here)) == ["b@example.com"], "at the next run"


def test_two_workers_send_one_mail(office: OpenOffice) -> None:
    here = office()
    here.person("sahip@example.com", OWNER)
    refuse(here, 1)
    here.clock.now += DAY
    (first,), (second,) = notice_job.due(here.registry), notice_job.due(here.registry)
    before = len(here.sent)
    for one in (first, second):
        here.registry.store.write_now(notice_job._post, here.registry, here.settings, one)
    assert len(here.sent) == before + 1


def test_a_run_is_bounded_and_the_next_goes_on(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    people = [f"kisi{place}@example.com" for place in range(5)]
    for email in people:
        here.person(email, OWNER)
    refuse(here, 1)
    here.clock.now += DAY
    monkeypatch.setattr(notice_job, "MOST", 2)
    runs = [readers(run(here)) for _ in range(4)]
    assert [len(one) for one in runs] == [2, 2, 1, 0]
    assert sorted(email for one in runs for email in one) == people
