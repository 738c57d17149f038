"""The plugin in Mailman itself: people join and leave by mail, and refuse at İzin."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.connectors.newsletter import WORDING, Newsletter, mailman
from tests.connectors.registry import BRAND, Served, until

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def newsletter(izin: Served) -> Iterator[Newsletter]:
    with mailman(izin) as made:
        yield made
        log = made.log()
        assert [fault for fault in ("a fault of the plugin", "a change was not noted") if fault in log] == []


def join(newsletter: Newsletter, person: str, count: int = 1) -> None:
    """By a mail, and a reply to the mail that asks."""
    newsletter.send(person, newsletter.address.replace("@", "-join@"))
    newsletter.send(person, until(lambda: newsletter.asked(person, count)))
    until(lambda: person in newsletter.members())


def test_who_joins_consents_and_who_leaves_refuses(izin: Served, newsletter: Newsletter) -> None:
    person = "abone@example.com"
    newsletter.send(person, newsletter.address.replace("@", "-join@"))
    reply = until(lambda: newsletter.asked(person))
    time.sleep(3)
    assert izin.status(person) == {}  # asked, and nothing said yet
    newsletter.send(person, reply)
    standing = until(lambda: izin.status(person))
    assert (standing["status"], standing["source"]) == ("ONAY", "HS_WEB")
    page = izin.signed_in(person)
    until(lambda: WORDING in page.get(f"/izinler/{BRAND}").text)

    newsletter.send(person, newsletter.address.replace("@", "-leave@"))
    newsletter.send(person, until(lambda: newsletter.asked(person, 2)))
    until(lambda: izin.status(person)["status"] == "RET")
    assert person not in newsletter.members()

    # Joined again after their own refusal at the company, which the newer consent replaces.
    join(newsletter, person, 3)
    until(lambda: izin.status(person)["status"] == "ONAY")
    time.sleep(4)
    assert newsletter.members()[person] == "enabled"


def test_who_refuses_at_izin_is_no_member_within_a_minute(izin: Served, newsletter: Newsletter) -> None:
    person = "vazgecen@example.com"
    join(newsletter, person)
    until(lambda: izin.status(person).get("status") == "ONAY")
    izin.refuse(person)
    begun = time.monotonic()
    until(lambda: person not in newsletter.members())
    assert time.monotonic() - begun < 60
    key = {"recipient": person, "recipientType": "BIREYSEL", "type": "EPOSTA"}
    time.sleep(3)
    history = izin.ask("POST", "/consents/history", key).json()["list"]
    assert [one["source"][:3] for one in history] == ["IYS", "HS_"]  # İzin's own word did not come back to it

    # A consent after their own refusal waits for them: a member, who gets nothing until they decide.
    join(newsletter, person, 2)
    until(lambda: newsletter.members().get(person) == "by_moderator")


def test_who_is_added_by_the_owner_has_not_consented(izin: Served, newsletter: Newsletter) -> None:
    person = "eklenen@example.com"
    flags = {"pre_verified": True, "pre_confirmed": True, "pre_approved": True}
    newsletter.rest("POST", "/members", list_id="kampanya.liste.example.com", subscriber=person, **flags)
    assert person in newsletter.members()
    time.sleep(5)
    assert izin.status(person) == {}
    assert "did not confirm themselves" in newsletter.log()


def test_the_company_s_own_refusal_from_elsewhere_ends_the_membership(izin: Served, newsletter: Newsletter) -> None:
    person = "telefonda@example.com"
    join(newsletter, person)
    until(lambda: izin.status(person).get("status") == "ONAY")
    time.sleep(1.1)
    izin.declare(person, "RET")
    until(lambda: person not in newsletter.members())
