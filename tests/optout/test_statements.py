"""What a refusal without sign-in costs PostgreSQL."""

from __future__ import annotations

import pytest

from tests.citizen.consents.town import CINAR, town
from tests.conftest import Clock, Opener
from tests.optout.links.door import fields, link
from tests.optout.sms.conftest import Phone, furnish, settings_of
from tests.statements import Asked

# As many as there are now, so that they do not grow unseen.
BY_SMS, BY_LINK = 11, 9
UNDER_THE_LOCK = {"sms": 7, "link": 4}
KNOWN = tuple(f"+9053200000{number}" for number in range(10, 16))


def test_a_refusal_by_sms_costs_no_more_statements_than_it_did(
    postgresql_url: str, open_registry: Opener, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(postgresql_url, monkeypatch)
    registry = open_registry(postgresql_url)
    registry.store.write_now(furnish)
    first = Phone(registry, clock, settings_of(), KNOWN[0])
    phones = [first, *map(first.of, KNOWN[1:])]
    for phone in phones:
        phone.told(CINAR)
    first.writes(f"RET {CINAR}")  # the book of brands is read
    for phone in phones[1:]:
        asked.forget()
        assert phone.takes(phone.message(f"RET {CINAR}"), post=True)
        assert len(asked.under_the_lock) <= UNDER_THE_LOCK["sms"], asked.under_the_lock
        assert len(asked.all) <= BY_SMS, asked.all
        assert asked.trips == 2  # one with the lock, one with the COMMIT
        assert phone.stands() == {(CINAR, "MESAJ"): "RET"}


def test_a_refusal_by_link_costs_no_more_statements_than_it_did(
    postgresql_url: str, open_registry: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(postgresql_url, monkeypatch)
    with town(open_registry(postgresql_url)) as here:
        for number in KNOWN:
            here.told(number, CINAR)
        paths = [link(here, number) for number in KNOWN]
        for path in paths:
            form = fields(here.client.get(path), "reddet")
            asked.forget()
            assert here.client.post(path, data=form).status_code == 303
            assert len(asked.under_the_lock) <= UNDER_THE_LOCK["link"], asked.under_the_lock
            assert len(asked.all) <= BY_LINK, asked.all
            assert asked.trips == 2
