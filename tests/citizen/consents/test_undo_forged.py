"""An undo belongs to the person and the door: each forgery is one change away from what is taken."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from consents import ledger
from consents.history import Deed
from consents.ledger import Wish
from consents.rules import RET
from consents.terms import Actor, Door, Source
from tests.citizen.consents.test_choices import ROW, acts, stands
from tests.citizen.consents.town import AYSE, CINAR, MAIL, YABANCI, Town, Visitor, text


def deed(here: Town, who: str, actor: Actor, door: Door, channel: int = 1) -> int:
    """A refusal of Çınar's SMS (or calls: 0) for ``who``, otherwise than on a page; the number of its act."""
    wish = Wish(here.brand(CINAR), channel, 0, RET, Source.IYS_WEB.code)
    store, policy = here.registry.store, here.registry.policy
    act = store.write_now(ledger.decide, policy, here.person(who), [wish], Deed(actor, door)).act
    assert act is not None
    return act


def refused(visitor: Visitor) -> tuple[int, str]:
    """Refuses Çınar's SMS on the page: (act, mark of the address)."""
    found = re.search(r'action="/izinler/geri-al/(\d+)\?n=([0-9a-f]+)', visitor.press(ROW, status="RET").text)
    assert found
    return int(found[1]), found[2]


def test_what_the_forgeries_are_one_change_away_from_is_taken(here: Town) -> None:
    here.told(AYSE, CINAR)
    ayse = here.sign_in(AYSE, MAIL)
    act, mark = refused(here.sign_in(AYSE))
    assert ayse.press(f"/izinler/geri-al/{act}?n={mark}").status_code == 200
    assert stands(here, AYSE, CINAR).status != RET


Forgery = Callable[[Town, int, str], tuple[Visitor, str]]


def another_session(here: Town, act: int, mark: str) -> tuple[Visitor, str]:
    """All but the session is right; its holder has an act of his own too."""
    stranger = here.sign_in(YABANCI)
    refused(stranger)
    return stranger, f"/izinler/geri-al/{act}?n={mark}"


def another_session_bare(here: Town, act: int, mark: str) -> tuple[Visitor, str]:
    return here.sign_in(YABANCI), f"/izinler/geri-al/{act}"


def another_act(here: Town, act: int, mark: str) -> tuple[Visitor, str]:
    """The session and the mark are right, the number is that of a stranger's act of just now."""
    other, _ = refused(here.sign_in(YABANCI))
    return here.sign_in(AYSE), f"/izinler/geri-al/{other}?n={mark}"


def another_mark(here: Town, act: int, mark: str) -> tuple[Visitor, str]:
    _, other = refused(here.sign_in(YABANCI))
    return here.sign_in(AYSE), f"/izinler/geri-al/{act}?n={other}"


def another_address_of_ones_own(here: Town, act: int, mark: str) -> tuple[Visitor, str]:
    """The act is of the number, the page is the e-mail's."""
    return here.sign_in(AYSE, MAIL), f"/izinler/geri-al/{act}"


def another_actor(here: Town, act: int, mark: str) -> tuple[Visitor, str]:
    """An act about the same person through the same door, but not his own."""
    number = deed(here, AYSE, Actor.REGISTRY, Door.PAGE, 0)
    return here.sign_in(AYSE), f"/izinler/geri-al/{number}?n={mark}"


def the_companys_act(here: Town, act: int, mark: str) -> tuple[Visitor, str]:
    return here.sign_in(AYSE), f"/izinler/geri-al/{act - 1}?n={mark}"


def the_next_act(here: Town, act: int, mark: str) -> tuple[Visitor, str]:
    """A number that no act has yet."""
    return here.sign_in(AYSE), f"/izinler/geri-al/{act + 1}?n={mark}"


@pytest.mark.parametrize(
    "forgery",
    [
        *(another_session, another_session_bare, another_act, another_mark, another_address_of_ones_own),
        *(another_actor, the_companys_act, the_next_act),
    ],
)
@pytest.mark.parametrize("way", ["press", "post"])
def test_a_forgery_is_not_found_and_changes_nothing(here: Town, forgery: Forgery, way: str) -> None:
    here.told(AYSE, CINAR)
    act, mark = refused(here.sign_in(AYSE))
    visitor, path = forgery(here, act, mark)
    before = acts(here)
    answer = getattr(visitor, way)(path)
    assert answer.status_code == 404
    assert "Çınar" not in text(answer.text)
    assert acts(here) == before
    assert stands(here, AYSE, CINAR).status == RET


@pytest.mark.parametrize("door", [Door.LINK, Door.QR, Door.MAIL, Door.MAILBOX])
def test_what_somebody_did_by_ones_link_is_taken_back(here: Town, door: Door) -> None:
    """Others hold the link too; for the undo they lack the session."""
    here.told(AYSE, CINAR)
    act = deed(here, AYSE, Actor.CITIZEN, door)
    assert here.sign_in(YABANCI).press(f"/izinler/geri-al/{act}").status_code == 404
    assert stands(here, AYSE, CINAR).status == RET
    here.sign_in(AYSE).press(f"/izinler/geri-al/{act}")
    assert stands(here, AYSE, CINAR).status != RET


@pytest.mark.parametrize("door", [Door.SMS, Door.VOICE])
def test_an_act_of_another_door_of_ones_own_changes_nothing(here: Town, door: Door) -> None:
    here.told(AYSE, CINAR)
    act = deed(here, AYSE, Actor.CITIZEN, door)
    before = acts(here)
    assert here.sign_in(AYSE).press(f"/izinler/geri-al/{act}").status_code == 200
    assert acts(here) == before
    assert stands(here, AYSE, CINAR).status == RET


def test_an_undo_is_not_undone(here: Town) -> None:
    here.told(AYSE, CINAR)
    ayse = here.sign_in(AYSE)
    act, mark = refused(ayse)
    ayse.press(f"/izinler/geri-al/{act}?n={mark}")
    before = acts(here)
    ayse.press(f"/izinler/geri-al/{act + 1}?n={mark}")
    assert acts(here) == before
    assert stands(here, AYSE, CINAR).status != RET


def test_nobody_signed_in_is_led_to_sign_in_and_the_undo_is_not_kept(here: Town) -> None:
    here.told(AYSE, CINAR)
    act, mark = refused(here.sign_in(AYSE))
    before = acts(here)
    answer = Visitor(here.client, "sid=" + "x" * 43).post(f"/izinler/geri-al/{act}?n={mark}")
    assert answer.headers["location"] == "/giris"
    assert "niyet" not in answer.headers.get("set-cookie", "")
    assert acts(here) == before
