"""What a button costs PostgreSQL."""

from __future__ import annotations

import pytest

from tests.citizen.consents.town import AYSE, CINAR, town
from tests.conftest import Opener
from tests.statements import Asked

# As many as there are now, so that they do not grow unseen. A group's BEGIN, lock and COMMIT serve all its changes.
UNDER_THE_LOCK = {"RET": 3, "ONAY": 3}
IN_ALL = {"RET": 8, "ONAY": 8}
PRESSES = 8  # before: psycopg prepares what is asked again and again


def test_a_button_costs_no_more_statements_than_it_did(
    postgresql_url: str, open_registry: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(postgresql_url, monkeypatch)
    with town(open_registry(postgresql_url)) as here:
        here.told(AYSE, CINAR)
        visitor, clock = here.sign_in(AYSE), here.registry.store.now
        visitor.get("/izinler")  # the book of brands is read, and looked at again once a second
        for _ in range(PRESSES):
            for status in ("RET", "ONAY"):
                asked.forget()
                clock.forward(seconds=0.05)  # type: ignore[attr-defined]
                assert visitor.press(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status=status).status_code == 200
                assert len(asked.under_the_lock) <= UNDER_THE_LOCK[status], asked.under_the_lock
                assert len(asked.all) <= IN_ALL[status], asked.all
                assert asked.trips == 2  # one with the lock, one with the COMMIT
