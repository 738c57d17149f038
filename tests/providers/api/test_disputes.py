"""A refusal that disputes what the company declared, as its programs see it: a field of our own beside İYS's."""

from __future__ import annotations

from typing import Any

from consents import ledger
from consents.history import Deed
from consents.ledger import Wish
from consents.people import register
from consents.store import Transaction
from consents.terms import Actor, Door, Source
from providers.days import days_kept
from tests.providers.api.desk import CINAR, Desk, Program, asked, brand, consent
from tests.providers.api.test_consents import RET, status

B = brand(CINAR)
DAY = "2026-11-24"


def disputes(here: Desk, number: int = 1) -> int:
    """The citizen refuses on the site what he says he never gave; the act."""

    def work(transaction: Transaction) -> int:
        who = register.person(here.registry.keyring, f"+9053200000{number:02}")
        recipient = register.enrol(transaction, here.registry.keyring, who)
        deed = Deed(Actor.CITIZEN, Door.PAGE, disputed=True)
        wish = Wish(1, 1, 0, RET, Source.IYS_WEB.code)
        return ledger.decide(transaction, here.registry.policy, recipient, [wish], deed).act or 0

    return here.registry.store.write_now(work)


def takes_back(here: Desk, act: int) -> None:
    undo = Deed(Actor.CITIZEN, Door.PAGE)
    assert here.registry.store.write_now(ledger.undo, here.registry.policy, act, undo) is not None


def told(program: Program, side: str = "IYS") -> list[dict[str, Any]]:
    answer = program.get(f"{B}/consents/changes?source={side}&pending=1")
    return answer.json()["list"] if answer.status_code == 200 else []


def totals(program: Program) -> dict[str, Any]:
    answer = program.get(f"{B}/changes/{DAY}/recipients/BIREYSEL").json()["changeStats"]
    [sides] = [one["consents"] for one in answer if one["type"] == "MESAJ"]
    return {side["source"]: side for side in sides}


def test_feed_status_history_and_totals_show_it(here: Desk, cinar: Program) -> None:
    for number in (1, 2):
        assert cinar.post(f"{B}/consents", consent(number)).status_code == 200
    disputes(here, 1)
    [movement] = told(cinar)
    assert (movement["status"], movement["disputed"]) == ("RET", True)
    assert all("disputed" not in one for one in told(cinar, "HS"))
    now = status(cinar, 1)
    assert (now["status"], now["disputed"]) == ("RET", True)
    assert "disputed" not in status(cinar, 2)
    history = cinar.post(f"{B}/consents/history", asked(1)).json()["list"]
    assert [one.get("disputed") for one in history] == [True, None]
    ours, theirs = totals(cinar)["IYS"], totals(cinar)["HS"]
    assert ours == {"source": "IYS", "approval": 0, "rejection": 1, "pending": 0, "total": 1, "disputed": 1}
    assert "disputed" not in theirs
    here.clock.forward(days=1)
    assert days_kept.make_due(here.registry) == 1
    cinar = here.program("cinar")
    assert totals(cinar)["IYS"] == ours, "the report that is kept counts the same"
    line = cinar.get(f"{B}/changes/{DAY}/file").text.splitlines()[-1]
    assert ",RET," in line, "the day file has the columns of İYS and no other"
    assert line.count(",") == 7


def test_what_was_taken_back_is_no_dispute_any_more_and_stays_in_history(here: Desk, cinar: Program) -> None:
    cinar.post(f"{B}/consents", consent(1))
    takes_back(here, disputes(here, 1))
    now = status(cinar, 1)
    assert now["status"] == "ONAY"
    assert "disputed" not in now
    assert [(one["status"], one.get("disputed")) for one in told(cinar)] == [("RET", True), ("ONAY", None)]
