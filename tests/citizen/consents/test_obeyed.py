"""Was it obeyed? A refused row of the brand's page says whether the company's program has the refusal, and when."""

from __future__ import annotations

from typing import Any

import pytest

from providers import public
from providers.deliveries import handout_store
from tests.citizen.consents.test_choices import ROW
from tests.citizen.consents.town import AYSE, CINAR, Town, Visitor, text
from tests.conftest import Clock

MESAJ, ARAMA = 1, 0
TAKEN, GIVEN = "Şirketin programı bunu aldı: ", "Şirketin programına iletildi: "
LATE = "Şirketin programı bunu henüz almadı."


@pytest.fixture
def refuser(here: Town) -> Visitor:
    """Tuesday 24 November 2026, 12:00: event 2 refuses what event 1 had declared."""
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    visitor.press(ROW, status="RET")
    return visitor


def handed(town: Town, way: str = "push", first: int = 2, last: int = 2, **more: Any) -> None:
    town.registry.store.write_now(_note, town.brand(CINAR), way, first, last, more)


def _note(transaction: Any, brand: int, way: str, first: int, last: int, more: dict[str, Any]) -> None:
    handout_store.note(transaction, brand, way, first, last, **more)


def page(visitor: Visitor, path: str = f"/izinler/{CINAR}") -> str:
    return text(visitor.get(path).text)


def test_the_row_says_when_the_companys_program_took_it(here: Town, clock: Clock, refuser: Visitor) -> None:
    clock.forward(minutes=5)
    handed(here, channel=MESAJ, taken=True)
    assert f"{TAKEN}24 Kasım 2026 Salı, 12:05" in page(refuser)
    assert "The company’s program received this: Tuesday 24 November 2026, 12:05" in page(
        refuser, f"/izinler/{CINAR}?lang=en"
    )
    assert "Şirketin programı" not in page(refuser, "/izinler")


def test_the_first_time_is_what_counts(here: Town, clock: Clock, refuser: Visitor) -> None:
    handed(here, channel=MESAJ, taken=True)
    clock.forward(minutes=5)
    handed(here, last=9, taken=True)
    assert f"{TAKEN}24 Kasım 2026 Salı, 12:00" in page(refuser)


def test_what_was_handed_over_and_not_confirmed_is_said_so(here: Town, clock: Clock, refuser: Visitor) -> None:
    handed(here, "feed", side="IYS")
    assert f"{GIVEN}24 Kasım 2026 Salı, 12:00. Aldığını henüz göstermedi." in page(refuser)


@pytest.mark.parametrize(
    "more", [{"channel": ARAMA}, {"side": "HS"}, {"first": 1, "last": 1}, {"first": 3, "last": 9}], ids=str
)
def test_a_handout_of_something_else_is_none_of_it(here: Town, refuser: Visitor, more: dict[str, Any]) -> None:
    handed(here, **{"taken": True, **more})
    assert "Şirketin programı" not in page(refuser)


def test_on_the_second_business_day_the_row_says_that_nobody_took_it(
    here: Town, clock: Clock, refuser: Visitor
) -> None:
    clock.forward(hours=35, minutes=59)
    assert LATE not in page(here.sign_in(AYSE)), "Wednesday"
    clock.forward(minutes=1)
    assert LATE in page(here.sign_in(AYSE)), "Thursday"
    handed(here, taken=True)
    assert LATE not in page(here.sign_in(AYSE))


def test_where_so_much_was_handed_out_since_nothing_is_claimed(
    here: Town, clock: Clock, refuser: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public, "LOOKED_AT", 3)
    clock.forward(days=3)
    for event in (3, 4):
        handed(here, first=event, last=event, taken=True)
    assert LATE in page(here.sign_in(AYSE))
    handed(here, first=5, last=5, taken=True)
    assert "Şirketin programı" not in page(here.sign_in(AYSE))


def test_the_history_says_that_a_dispute_has_reached_the_company(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    visitor.press(ROW, status="RET", never="1")
    disputed = "Onayı sizin vermediğinizi bildirdiniz. "
    assert f"{disputed}Bunu reddinizle birlikte şirkete bildiriyoruz." in page(visitor)
    handed(here, channel=MESAJ)
    assert f"{disputed}Bu, şirketin programına iletildi: 24 Kasım 2026 Salı, 12:00." in page(visitor)
    clock.forward(minutes=5)
    handed(here, "file", taken=True)
    assert f"{disputed}{TAKEN}24 Kasım 2026 Salı, 12:05." in page(visitor)
    visitor.press("/izinler/geri-al/2")
    assert f"{disputed}{TAKEN}24 Kasım 2026 Salı, 12:05. Sonra geri alındı" in page(visitor), "that stays true"
