"""Invitations end with the right to invite, are taken back by whoever could have made them, and flood nobody. What
somebody may give is weighed at the moment of the change."""

from __future__ import annotations

import re

import pytest

from panel.accounts import account_store, invitations, memberships
from panel.people import people_actions
from panel.people.people_actions import ChangeOutcome, Invitee
from panel.rights import Company, Member, Principal, Staff
from tests.panel.changes import changed
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, ISIK, Colleague, Office
from tests.panel.people.test_people import AT, MANAGER, OWNER, SEES, form, standing
from web import cookies

STAFF_AT = "/panel/isletmen/kisiler"
BEYOND, FULL, OFTEN = "sizden yetkili birini değiştiremezsiniz", "20 davet bekliyor", "yeterince"


def invited(here: Office, by: Colleague, role: str, email: str) -> str:
    """The token of an invitation that was made."""
    assert by.post(f"{AT}/davet", data=form(role, email=email)).status_code == 303
    return token(here)


def token(here: Office) -> str:
    found = re.search(r"\?d=(\S+)", here.sent[-1]["text"])
    assert found
    return found[1]


def taken(here: Office, given: str) -> int:
    return here.browser().shown("/panel/davet", data={"d": given}).status_code


@pytest.mark.parametrize("end", ["ended", "demoted", "staff", "by command"])
def test_an_invitation_ends_with_the_right_of_whoever_made_it(office: OpenOffice, end: str) -> None:
    here = office()
    owner, manager = here.somebody(OWNER), here.somebody(MANAGER)
    given = invited(here, manager, "manager", "suc.ortagi@example.com")
    kept = invited(here, owner, "manager", "iyi@example.com")
    write = here.registry.store.write_now
    if end == "ended":
        assert owner.post(f"{AT}/{manager.number}/kapat").status_code == 303
        assert "suc.ortagi@example.com" not in owner.get(AT).text
        assert here.acts()[-2:] == ["invitation-withdrawn", "person-ended"]
    elif end == "demoted":
        assert owner.post(f"{AT}/{manager.number}", data=form("user", "see", version="1")).status_code == 303
    elif end == "staff":
        write(account_store.set_staff, manager.number, Staff.OPERATOR)
    else:
        from panel.people import panel_user_commands

        changed(here.registry, panel_user_commands._end, manager.email, None, False)
        assert "suc.ortagi@example.com" not in owner.get(AT).text
    assert taken(here, given) == 410
    assert taken(here, kept) == 200
    assert here.acts().count("person-joined") == 1


@pytest.mark.parametrize("end", ["ended", "auditor"])
def test_an_invitation_to_the_operators_people_ends_so_too(office: OpenOffice, end: str) -> None:
    here = office()
    first, second = here.somebody(Staff.OPERATOR), here.somebody(Staff.OPERATOR)
    wish = {"email": "suc.ortagi@example.com", "staff": "operator"}
    assert second.post(STAFF_AT, data=wish).status_code == 303
    given = token(here)
    if end == "ended":
        assert first.post(f"{STAFF_AT}/{second.number}/kapat").status_code == 303
    else:
        here.registry.store.write_now(account_store.set_staff, second.number, Staff.AUDITOR)
    assert taken(here, given) == 410
    assert "person-joined" not in here.acts()


def test_a_manager_neither_withdraws_nor_replaces_an_owners_invitation(office: OpenOffice) -> None:
    here = office()
    owner, manager = here.somebody(OWNER), here.somebody(MANAGER)
    given = invited(here, owner, "owner", "ikinci@example.com")
    found = re.search(r"davetler/(\d+)/geri-al", owner.get(AT).text)
    assert found
    assert f"davetler/{found[1]}/geri-al" not in manager.get(AT).text
    for answer in (
        manager.post(f"/panel/{CINAR}/davetler/{found[1]}/geri-al"),
        manager.post(f"{AT}/davet", data=form("user", "see", email="ikinci@example.com")),
    ):
        assert (answer.status_code, BEYOND in answer.text) == (422, True)
    assert here.acts() == ["person-invited"]
    assert taken(here, given) == 200


def test_a_company_has_twenty_open_invitations_and_no_more(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    for number in range(20):
        invited(here, owner, "manager", f"kisi{number}@yeni.example")
    refused = owner.post(f"{AT}/davet", data=form("manager", email="biri@yeni.example"))
    assert (refused.status_code, FULL in refused.text) == (422, True)
    assert len(here.sent) == 20
    invited(here, here.somebody(OWNER), "owner", "kisi3@yeni.example")  # in the place of the one before
    number = re.search(r"davetler/(\d+)/geri-al", owner.get(AT).text)
    assert number
    owner.post(f"/panel/{CINAR}/davetler/{number[1]}/geri-al")
    invited(here, owner, "manager", "biri@yeni.example")


def test_an_address_gets_three_invitations_a_day_over_all_companies_and_the_operator(office: OpenOffice) -> None:
    here = office()
    owner, other, operator = here.somebody(OWNER), here.somebody(OWNER, ISIK), here.somebody(Staff.OPERATOR)
    at_isik = f"/panel/{ISIK}/kullanicilar/davet"
    stranger = "yabanci@example.net"
    for by, at, wish in (
        (owner, f"{AT}/davet", form("user", "see", email=stranger)),
        (owner, f"{AT}/davet", form("user", "see", "load", email=stranger)),
        (other, at_isik, form("user", "see", email=stranger)),
    ):
        assert by.post(at, data=wish).status_code == 303
    for by, at, wish in (
        (owner, f"{AT}/davet", form("manager", email=stranger)),
        (other, at_isik, form("manager", email=stranger)),
        (operator, STAFF_AT, {"email": stranger, "staff": "auditor"}),
    ):
        refused = by.post(at, data=wish)
        assert (refused.status_code, OFTEN in refused.text) == (422, True)
    assert [mail["to"] for mail in here.sent] == [stranger] * 3
    here.clock.forward(days=1)
    fresh = here.somebody(OWNER)
    assert fresh.post(f"{AT}/davet", data=form("manager", email=stranger)).status_code == 303


def test_the_mail_waits_behind_codes_and_its_subject_is_the_sites_alone(office: OpenOffice) -> None:
    from sqlalchemy import text as sql

    from consents.store import Snapshot, Statement

    here = office()
    invited(here, here.somebody(OWNER), "manager", "yeni@example.com")
    assert f"Şirket {CINAR}" not in here.sent[-1]["subject"]
    assert f"“Şirket {CINAR} A.Ş.”" in here.sent[-1]["text"]
    assert here.registry.store.read_now(Snapshot.all, Statement(sql("SELECT secret FROM outbox"))) == [(0,)]


def test_what_somebody_may_give_is_weighed_in_the_transaction(office: OpenOffice) -> None:
    """The page was let in for an owner; a moment later he is one no more."""
    here = office()
    person, colleague = here.person("eski@example.com", OWNER), here.person("calisan@example.com", SEES)
    company = Company(here.id_of(CINAR), CINAR, "Çınar")
    asker = Member(Principal(person, "eski@example.com", Staff.NONE, b"", b""), company, OWNER)
    write, registry, settings = here.registry.store.write_now, here.registry, here.settings
    mine = Invitee("yeni@example.com", "t", cookies.key("t"), "tr")
    assert changed(registry, people_actions.invite, settings, asker, mine, MANAGER, by=person) is ChangeOutcome.DONE
    (waiting,) = here.registry.store.read_now(invitations.waiting, registry.keyring, company.id, here.clock.now)
    for now in (SEES, None):
        if now is None:
            write(memberships.end, person, company.id)
        else:
            write(memberships.put, person, company.id, now)
        other = Invitee("iki@example.com", "u", cookies.key("u"), "tr")
        outcome = changed(registry, people_actions.invite, settings, asker, other, MANAGER, by=person)
        assert outcome is ChangeOutcome.BEYOND
        assert changed(registry, people_actions.withdraw, asker, waiting.id, by=person) is ChangeOutcome.BEYOND
        assert changed(registry, people_actions.edit, asker, colleague, MANAGER, 1, by=person) is ChangeOutcome.BEYOND
        other_manager = here.person("bir@example.com", MANAGER)
        assert changed(registry, people_actions.end, asker, other_manager, by=person) is ChangeOutcome.BEYOND
    assert standing(here, colleague) == SEES._replace(version=1)
    operator = here.person("isletmen@example.com", Staff.OPERATOR)
    desk = Member(Principal(operator, "isletmen@example.com", Staff.OPERATOR, b"", b""))
    write(account_store.set_staff, operator, Staff.AUDITOR)
    staff = Invitee("uc@example.com", "v", cookies.key("v"), "tr")
    invited_too = changed(registry, people_actions.invite_staff, settings, desk, staff, Staff.OPERATOR, by=operator)
    assert invited_too is ChangeOutcome.BEYOND
    assert changed(registry, people_actions.end_staff, desk, operator, by=operator) is ChangeOutcome.BEYOND
