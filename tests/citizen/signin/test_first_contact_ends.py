"""Each way of signing in ends the first-contact notice to that address, also when its date is long forgotten."""

from __future__ import annotations

from citizen.alerts import first_contact
from settings import load
from tests.citizen.consents.town import CINAR, Town, furnish
from tests.citizen.signin import test_helper, test_sent_texts
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import AYSE, Desk
from tests.citizen.signin.test_helper import MOTHER
from tests.conftest import SECRET, swept

SETTINGS = load({"SECRET_KEY": SECRET, "FIRST_CONTACT_SMS": "10"})


def left(desk: Desk) -> list[str]:
    desk.clock.forward(days=70)
    swept(desk.registry.store, "sign_in")
    read = desk.registry.store.read_now
    return [one.address for one in read(first_contact.eligible, desk.registry, SETTINGS, "sms", 0, 1000)]


def opened(desk: Open) -> Desk:
    here = desk(SEND_GAP_SECONDS="0", OPTOUT_NUMBER="3838")
    here.registry.store.write_now(furnish)
    for address in (AYSE, MOTHER):
        Town(here.registry, None).told(address, CINAR)  # type: ignore[arg-type]
    return here


def test_nobody_came(desk: Open) -> None:
    assert left(opened(desk)) == [AYSE, MOTHER]


def test_with_a_code(desk: Open) -> None:
    here = opened(desk)
    here.browser().sign_in(AYSE)
    assert left(here) == [MOTHER]


def test_with_a_text_by_sms(desk: Open) -> None:
    here = opened(desk)
    test_sent_texts.opened(here)
    assert left(here) == [MOTHER]


def test_beside_a_helper(desk: Open) -> None:
    here = opened(desk)
    test_helper.help_(here)
    assert left(here) == []
