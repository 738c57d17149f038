"""What ``izin verify`` finds of changes to day files and handouts, behind the program's back."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import literal_column

from consents.store import Statement
from consents.terms import Channel
from providers.days import days_kept, delivery_audit
from providers.days.day_store import Which
from tests.evidence.conftest import run
from tests.providers.api.conftest import Open
from tests.providers.api.desk import CINAR, Desk, brand
from tests.providers.api.test_consents import RET, decides
from tests.providers.api.test_days import a_day

B = brand(CINAR)
OTHER = "is not what its report says: its hash or size is another"


def verified(here: Desk) -> str | None:
    with here.registry.store.snapshot(passing=True) as snapshot:
        return delivery_audit.verify(snapshot, here.registry.keyring)


@pytest.fixture
def told(desk: Open) -> Desk:
    """A provider that was handed his movements in every way, and two days with reports."""
    here = desk()
    a_day(here, here.program("cinar"))
    cinar = here.program("cinar")
    after = cinar.get(f"{B}/consents/changes").json()["after"]
    cinar.get(f"{B}/consents/changes?after={after}")
    decides(here, 3, RET)
    here.clock.forward(days=1)
    assert days_kept.make_due(here.registry) == 2
    assert days_kept.ensure(here.registry, Which(1, date(2026, 11, 24), Channel.MESAJ.code)) is not None
    agreed = here.program("cinar").call("PUT", f"{B}/agreements/2026-11-24", {"agreementStatus": True})
    assert agreed.status_code == 200
    return here


def test_what_was_handed_out_is_as_it_was(told: Desk) -> None:
    assert verified(told) is None


def test_reports_are_read_page_by_page(told: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run(told.registry, "UPDATE day_report SET size = size + 1 WHERE day = '2026-11-25'")
    for page in ("1", "2"):
        monkeypatch.setattr(delivery_audit, "_FIRST", Statement(delivery_audit._REPORTS.limit(literal_column(page))))
        assert verified(told) == f"the file of brand 600101, 2026-11-25 {OTHER}"


CHANGES = {
    "UPDATE day_report SET sha384 = sealed_of WHERE channel = -1": "is not what its report says",
    "UPDATE day_report SET sha512 = NULL, size = 0 WHERE channel = 1": "channel MESAJ is not what its report says",
    "DELETE FROM day_file_part WHERE channel = 1": "channel MESAJ is not what its report says",
    "UPDATE day_file_part SET sealed = sealed_of WHERE channel = 1": "channel MESAJ does not open",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_day_file_or_report_is_found(told: Desk, change: str) -> None:
    run(
        told.registry,
        change.replace("sealed_of", ":foreign"),
        **({"foreign": b"a" * 48} if "sealed_of" in change else {}),
    )
    assert CHANGES[change] in str(verified(told))


def test_a_file_in_the_place_of_anothers_is_found(told: Desk) -> None:
    other = "(SELECT sealed FROM day_file_part WHERE day = '2026-11-25')"
    run(told.registry, f"UPDATE day_file_part SET sealed = {other} WHERE day = '2026-11-24' AND channel = -1")
    assert verified(told) == f"the file of brand 600101, 2026-11-24 {OTHER}"


HANDOUT = (
    "INSERT INTO handout (id, brand, way, first_event, last_event, at, taken_at) VALUES (99, 1, 'push', 1, {}, {}, {})"
)


@pytest.mark.parametrize(
    ("last", "at", "taken", "words"),
    [
        (99999, 1700000000, 1700000001, "handout 99 names an event that is not there"),
        (2, 1700000000, 1700000001, "handout 99 is older than act 2, which it is said to have handed out"),
        (2, 1800000000, 1700000001, "handout 99 is said to have been taken before it was handed out"),
        (2, 1800000000, 1800000001, None),
    ],
)
def test_a_handout_that_cannot_be_is_found(told: Desk, last: int, at: int, taken: int, words: str | None) -> None:
    run(told.registry, HANDOUT.format(last, at, taken))
    assert verified(told) == words


def test_what_is_handed_out_after_a_clock_that_ran_ahead_was_set_right_can_have_been(here: Desk) -> None:
    decides(here, 1, RET)
    here.clock.forward(hours=3)
    decides(here, 2, RET)
    here.clock.forward(hours=-2)
    cinar = here.program("cinar")
    first = cinar.get(f"{B}/consents/changes?limit=1").json()["after"]
    last = cinar.get(f"{B}/consents/changes?after={first}").json()["after"]
    assert verified(here) is None
    assert cinar.get(f"{B}/consents/changes?after={last}").status_code == 204
    assert verified(here) is None


def test_what_a_clock_that_ran_ahead_handed_out_is_not_taken_before(here: Desk) -> None:
    decides(here, 1, RET)
    here.clock.forward(hours=3)
    after = here.program("cinar").get(f"{B}/consents/changes").json()["after"]
    here.clock.forward(hours=-3)
    assert here.program("cinar").get(f"{B}/consents/changes?after={after}").status_code == 204
    assert verified(here) is None
