"""The panel's sign-in tells nobody who its people are: every e-mail costs as much, whichever keys stand."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing

import pytest

from consents.keys import Keyring
from consents.people.column_passes import sealed_columns
from consents.people.rotation import Rotation
from consents.store import Snapshot, Store, Transaction
from panel.accounts import account_store
from panel.rights import Membership, Permission, Role
from panel.signin import signin_actions
from tests.conftest import SECRET, Clock, Opener
from tests.panel.conftest import OpenOffice
from tests.panel.office import Office
from tests.statements import Asked
from trust.codes.codes import Ask
from trust.codes.pending import Purpose

OWNER = Membership(Role.OWNER, Permission.MEMBER)
KNOWN, ENDED, UNKNOWN = "derya@example.com", "gitmis@example.com", "yabanci@example.com"
OFTEN = {"CODES_SENT_PER_HOUR": "1000", "CODES_SENT_PER_DAY": "1000"}
_STATEMENTS = (
    ("read", Snapshot, ("one", "all")),
    ("write", Transaction, ("run_as_given", "insert", "upsert")),
)


def furnish(here: Office) -> None:
    here.person(KNOWN, OWNER)
    here.registry.store.write_now(account_store.end, here.person(ENDED, OWNER))


def statements(here: Office, email: str, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many statements the store runs for a stranger who asks for a code, reads and writes apart."""
    found: Counter[str] = Counter()

    def counted(kind: str, call: Callable[..., object]) -> Callable[..., object]:
        def counting(*given: object, **named: object) -> object:
            found[kind] += 1
            return call(*given, **named)

        return counting

    wish = Ask(secrets.token_bytes(32), Purpose.PANEL, email, "192.0.2.1")
    here.registry.store.write_now(lambda transaction: None)  # hears of a new key
    with monkeypatch.context() as spying:
        for kind, of, names in _STATEMENTS:
            for name in names:
                spying.setattr(of, name, counted(kind, getattr(of, name)))
        here.registry.store.write_now(signin_actions.ask, here.registry, here.settings, wish, "tr")
    return found


def test_every_email_costs_the_store_as_much_before_during_and_after_a_rotation(
    office: OpenOffice, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, times = office(**OFTEN), 0
    furnish(here)
    store = Store.open(sqlite_url, hurried=False)
    with closing(store), closing(Rotation(store)) as rotation:
        steps, going_on = rotation.steps(SECRET), True
        while going_on:
            found = {email: statements(here, email, monkeypatch) for email in (KNOWN, ENDED, UNKNOWN)}
            assert found[ENDED] == found[UNKNOWN] == found[KNOWN]
            going_on, times = next(steps, rotation) is None, times + 1
            here.clock.forward(minutes=2)
    assert {email: statements(here, email, monkeypatch) for email in found} == found
    assert found[KNOWN].total() > 8
    assert [mail["to"] for mail in here.sent] == [KNOWN] * (times + 1)
    assert times > len(sealed_columns())


def test_who_applies_has_a_mail_sealed_whether_or_not_it_is_sent(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, seal = office(), Keyring.seal_evidence
    made: list[Mapping[str, object]] = []

    def counting(keyring: Keyring, evidence: Mapping[str, object]) -> tuple[bytes, bytes]:
        made.append(evidence)
        return seal(keyring, evidence)

    monkeypatch.setattr(Keyring, "seal_evidence", counting)
    for _ in range(2):  # the second comes too soon
        assert here.browser().post("/panel/basvuru", data={"email": UNKNOWN}).status_code == 303
    assert [one.keys() for one in made] == [{"to", "subject", "text"}] * 2
    assert len(here.sent) == 1


def test_every_email_costs_postgresql_as_many_round_trips(
    postgresql_url: str, open_registry: Opener, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(postgresql_url, monkeypatch)
    here = Office(open_registry(postgresql_url), clock)
    furnish(here)
    found = {}
    for email in (KNOWN, ENDED, UNKNOWN):
        one = here.browser()
        asked.forget()
        assert one.ask(email).status_code == 303
        found[email] = asked.trips, len(asked.under_the_lock)
    here.close()
    assert found[ENDED] == found[UNKNOWN] == found[KNOWN]
    assert [mail["to"] for mail in here.sent] == [KNOWN]
