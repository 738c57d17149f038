"""First-contact notices: who gets one, once; who never does; how many a day, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text as sql
from typer.testing import CliRunner

from citizen.alerts import first_contact, first_contact_texts
from citizen.consents import number_reassigned
from citizen.signin import entry
from consents import business_days, instants, ledger
from consents.history import Deed
from consents.ledger import blanket_acts
from consents.people import register, uncontacted
from consents.queries import queries
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Actor, Door
from gateways.outbox import claims, outbox
from gateways.outbox.outbox import Readable
from gateways.received import Received
from izin import cli, jobs
from izin.operations import registry as opening
from optout.sms.sms_door import take
from settings import Refused, Settings, load
from tests.citizen.consents.test_notices import PLAIN
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, ISIK, MAIL, MEHMET, Town, town
from tests.conftest import SECRET, Clock

LANDLINE, ABROAD = "+902121234567", "+4915112345678"
ENV = {"SECRET_KEY": SECRET, "OPTOUT_NUMBER": "3838"}


class Sender:
    """A town on a Tuesday at noon, whose job runs when asked."""

    def __init__(self, here: Town, clock: Clock, settings: Settings) -> None:
        self.town, self.clock, self.settings = here, clock, settings

    def run(self) -> None:
        asyncio.run(first_contact.send(self.town.registry, self.settings))

    @property
    def sent(self) -> list[Readable]:
        registry = self.town.registry
        return registry.store.read_now(outbox.readable, registry.keyring, 1000)[::-1]

    def settled(self) -> None:
        """Lets what was loaded become old enough; still within the hours."""
        self.clock.forward(days=7)

    def delivered(self) -> None:
        """The carrier takes all that waits."""
        mark = Statement(sql("UPDATE outbox SET state = 'sent' WHERE state = 'waiting'"))
        self.town.registry.store.write_now(lambda transaction: transaction.run(mark))


def env(**more: str) -> Settings:
    return load({**ENV, "FIRST_CONTACT_SMS": "96", "FIRST_CONTACT_MAIL": "96", **more})


@pytest.fixture
def sender(registry: Registry, clock: Clock) -> Iterator[Sender]:
    with town(registry) as here:
        yield Sender(here, clock, env())


def test_who_never_signed_in_gets_one_message_in_his_life(sender: Sender) -> None:
    here = sender.town
    for brand in (CINAR, CINAR_MINI, ISIK):
        here.told(AYSE, brand)
    here.told(MAIL, CINAR, "EPOSTA")
    sender.settled()
    sender.run()
    sms, mail = sender.sent
    assert (sms.kind, sms.to, mail.kind, mail.to) == ("sms", AYSE, "mail", MAIL)
    assert "3 markanin" in sms.text
    assert "RET HEPSI" in sms.text
    assert "3838" in sms.text
    assert "Reklam degildir" in sms.text
    assert mail.subject == "1 markanın bu adrese reklam gönderme izni var"
    assert "/gizlilik" in mail.text
    assert "reklam değildir" in mail.text
    assert "Çınar" not in mail.text, "no brand is named to who proved nothing"
    for _ in range(3):
        sender.clock.forward(days=7)
        here.told(AYSE, ISIK, "ARAMA", ago=0.001)
        sender.run()
    assert len(sender.sent) == 2


def test_off_by_default(sender: Sender) -> None:
    sender.town.told(AYSE, CINAR)
    sender.settled()
    sender.settings = load(ENV)
    sender.run()
    assert sender.sent == []
    assert "first contact" not in {job.name for job in jobs.list_jobs(sender.settings)}
    assert "first contact" in {job.name for job in jobs.list_jobs(env())}


@pytest.mark.parametrize("words", ["RET HEPSI", "STOP ALL"])
def test_the_reply_refuses_all(sender: Sender, words: str) -> None:
    sender.town.told(AYSE, CINAR)
    sender.town.told(AYSE, ISIK)
    sender.settled()
    sender.run()
    registry = sender.town.registry
    inbound = Received("trial", "1", AYSE, "3838", words, registry.store.now())
    asyncio.run(take(registry, sender.settings, inbound, post=False))
    left = registry.store.read_now(uncontacted.find, 0, 1000, registry.store.now())
    assert left == [], "no permission is left"


@pytest.mark.parametrize("way", ["page", "new holder"])
def test_who_acted_on_a_page_before_this_was_kept_gets_none(sender: Sender, way: str) -> None:
    here = sender.town
    here.told(AYSE, CINAR)
    here.told(AYSE, ISIK)
    here.told(MEHMET, CINAR)
    if way == "page":
        here.sign_in(AYSE).refuse(ISIK)
    else:
        here.sign_in(AYSE).post(number_reassigned.PATH, new="")
    sender.settled()
    sender.run()
    assert [one.to for one in sender.sent] == [MEHMET]


def test_an_erased_person_gets_none_even_if_they_are_back(sender: Sender) -> None:
    here, registry = sender.town, sender.town.registry
    here.told(AYSE, CINAR)

    def erase(transaction: Transaction) -> None:
        entry.forget(transaction, registry.keyring, AYSE)
        register.erase(transaction, registry.keyring, register.person(registry.keyring, AYSE))

    registry.store.write_now(erase)
    sender.settled()
    sender.run()
    assert sender.sent == []
    who = register.person(registry.keyring, AYSE)
    registry.store.write_now(register.welcome_back, who, here.person(AYSE))
    sender.settled()
    sender.run()
    assert sender.sent == []


def test_neither_who_holds_a_standing_refusal_nor_who_has_no_permission(sender: Sender) -> None:
    here, registry = sender.town, sender.town.registry
    here.told(AYSE, CINAR)
    here.told(MEHMET, CINAR, status="RET")
    deed = Deed(Actor.CITIZEN, Door.SMS)

    number = here.person(AYSE)
    registry.store.write_now(
        lambda transaction: blanket_acts.change(transaction, registry.policy, number, [(0, 0)], deed, refuses=True)
    )
    sender.settled()
    sender.run()
    assert sender.sent == []


def test_neither_landlines_nor_countries_without_codes(sender: Sender) -> None:
    for address in (LANDLINE, ABROAD):
        sender.town.told(address, CINAR, "ARAMA")
    sender.settled()
    sender.run()
    assert sender.sent == []
    sender.settings = env(COUNTRIES="TR,DE")
    sender.clock.forward(days=7)
    sender.run()
    (sms,) = sender.sent
    assert sms.to == ABROAD
    assert "permission" in sms.text, "English abroad"


def test_what_was_loaded_by_mistake_sends_nothing(sender: Sender) -> None:
    """A load taken back within three days has notified nobody."""
    here = sender.town
    here.told(AYSE, CINAR, ago=0.001)
    sender.clock.forward(days=1)  # Wednesday
    sender.run()
    assert sender.sent == []

    def undo(transaction: Transaction) -> None:
        last = transaction.one(Statement(sql("SELECT max(id) FROM act")))
        assert last
        assert ledger.undo(transaction, here.registry.policy, last[0], Deed(Actor.PROVIDER, Door.FILE)) is not None

    here.registry.store.write_now(undo)
    sender.settled()
    sender.run()
    assert sender.sent == []


def crowd(sender: Sender, count: int) -> None:
    for number in range(count):
        sender.town.told(f"+90532100{number:04}", CINAR)
    sender.settled()


def test_a_days_number_is_spread_over_its_hours_and_never_exceeded(sender: Sender) -> None:
    crowd(sender, 120)
    sender.settings = env(FIRST_CONTACT_SMS="48")
    assert hours_to(sender, 10)
    counts = []
    for _ in range(8 * 12 + 6):
        sender.run()
        sender.delivered()
        counts.append(len(sender.sent))
        sender.clock.forward(minutes=5)
    assert counts[0] == 1
    assert 20 <= counts[47] <= 26, "half the day, half the number"
    assert counts[-1] == 48
    assert hours_to(sender, 10)
    sender.run()
    assert len(sender.sent) == 49, "the next day has its own number"


def hours_to(sender: Sender, hour: int) -> bool:
    """Moves to this hour of the next business day in Türkiye."""
    for _ in range(24 * 12 * 10):
        now = instants.moment(sender.town.now).astimezone(instants.ISTANBUL)
        if now.hour == hour and now.minute < 5 and business_days.is_business_day(now.date()):
            return True
        sender.clock.forward(minutes=5)
    return False


def test_after_a_standstill_no_burst(sender: Sender) -> None:
    crowd(sender, 60)
    assert hours_to(sender, 17)
    sender.run()
    assert len(sender.sent) == 3


@pytest.mark.parametrize("hours", [6, 12, 96])
def test_nobody_is_written_to_at_night_or_on_a_day_off(sender: Sender, hours: int) -> None:
    """18:00 and midnight of a Tuesday, noon of a Saturday."""
    sender.town.told(AYSE, CINAR)
    sender.settled()
    sender.clock.forward(hours=hours)
    sender.run()
    assert sender.sent == []


def test_what_does_not_leave_by_the_evening_does_not_leave(sender: Sender) -> None:
    sender.town.told(AYSE, CINAR)
    sender.settled()
    sender.run()
    assert hours_to(sender, 18)
    claimed, expired = sender.town.registry.store.write_now(claims.claim, "sms", 16)
    assert (claimed, len(expired)) == ([], 1)


def test_while_the_carrier_fails_or_is_behind_nobody_is_used_up(sender: Sender) -> None:
    crowd(sender, 60)
    failed = claims.ClaimedMessage(0, "sms", b"", 1, 0, sender.town.now + 10**12)
    sender.town.registry.store.write_now(claims.postpone, failed, "TimeoutError", True)
    sender.run()
    assert sender.sent == []
    sender.clock.forward(minutes=20)
    for _ in range(30):
        sender.run()
    assert len(sender.sent) < 24, "none of them has left"


def test_a_crash_loses_nobody_and_writes_to_nobody_twice(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(sender, 2)

    class Killed(BaseException):
        """The process ends between the message and its mark."""

    def dies(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(first_contact, "_note", dies)
        with pytest.raises(Killed):
            sender.run()
    assert sender.sent == []
    for _ in range(5):
        sender.run()
        sender.clock.forward(minutes=5)
    assert sorted(one.to for one in sender.sent) == ["+905321000000", "+905321000001"]
    # The place is lost, as from a backup: the marks still hold.
    forget = Statement(sql("DELETE FROM first_contact_pass"))
    sender.town.registry.store.write_now(lambda transaction: transaction.run(forget))
    sender.run()
    assert len(sender.sent) == 2


def test_two_workers_at_once_write_once(sender: Sender) -> None:
    sender.town.told(AYSE, CINAR)
    sender.settled()

    async def two() -> None:
        arguments = sender.town.registry, sender.settings
        await asyncio.gather(first_contact.send(*arguments), first_contact.send(*arguments))

    asyncio.run(two())
    assert len(sender.sent) == 1


def test_one_that_fails_stops_nobody_and_gets_it_in_the_next_pass(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(sender, 3)
    post = outbox.post

    def fails(transaction: Transaction, keyring: object, **message: object) -> None:
        if message["to"] == "+905321000001":
            raise ValueError("no address to send sms to")
        post(transaction, keyring, **message)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr(outbox, "post", fails)
        sender.run()
    assert [one.to for one in sender.sent] == ["+905321000000", "+905321000002"]
    sender.run()
    assert len(sender.sent) == 2, "the pass is over for today"
    sender.clock.forward(days=7)
    sender.run()
    assert sender.sent[-1].to == "+905321000001"


@pytest.mark.parametrize("kind", ["SMS", "MAIL"])
def test_a_days_number_is_within_the_budget(kind: str) -> None:
    with pytest.raises(Refused, match=f"FIRST_CONTACT_{kind} must be at most"):
        load({**ENV, f"FIRST_CONTACT_{kind}": "101", f"CODES_SENT_BUDGET_{kind}": "100"})
    load({**ENV, f"FIRST_CONTACT_{kind}": "100", f"CODES_SENT_BUDGET_{kind}": "100"})


@pytest.mark.parametrize("address", ["+905320000001", "+4915112345678"])
@pytest.mark.parametrize("number", [None, "3838"])
@pytest.mark.parametrize("count", [1, 12, 10_002])
def test_an_sms_fits_one_message(address: str, number: str | None, count: int) -> None:
    settings = env(OPTOUT_NUMBER=number or "", PUBLIC_URL="http://izin.example.org", SITE_NAME="İzin")
    notice = first_contact_texts.notice(settings, address, count)
    assert len(notice.text) <= 155
    assert set(notice.text) <= PLAIN
    assert first_contact_texts.parts(notice.text) == 1
    assert any(words in notice.text for words in ("RET HEPSI", "STOP ALL")) == (number is not None)
    assert "  " not in notice.text


def test_an_sms_is_charged_by_its_parts() -> None:
    assert [first_contact_texts.parts("x" * size) for size in (160, 161, 306, 307)] == [1, 2, 2, 3]


def test_the_command_counts_what_it_costs_and_sends_nothing(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(sender, 5)
    sender.town.told(MAIL, CINAR, "EPOSTA", ago=0.001)
    sender.settled()
    sender.run()
    before = len(sender.sent)
    assert before == 4
    lines = command(sender, monkeypatch, "--dry-run", "--price", "0,25")
    assert "SMS" in lines[0]
    assert [one.rpartition(": ")[2] for one in lines[0].split(", ")] == ["96", "3", "2", "1", "2", "0.50"]
    assert sum("••" in one for one in lines) == 2
    assert not any("1000003" in one for one in lines)
    assert len(sender.sent) == before


def command(sender: Sender, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[str]:
    @contextmanager
    def opened(chosen: Any = None) -> Iterator[Registry]:
        yield sender.town.registry

    monkeypatch.setattr(opening, "open_registry", opened)
    for name, value in {**ENV, "FIRST_CONTACT_SMS": "96", "FIRST_CONTACT_MAIL": "96"}.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(cli.app, ["first-contact", *arguments])
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_people_are_found_by_the_recipients_key(sender: Sender) -> None:
    def plan(snapshot: Snapshot) -> str:
        if snapshot.dialect == "postgresql":
            snapshot.connection.execute("SET LOCAL enable_seqscan = off")
        statement = uncontacted._FIND.bound(snapshot.dialect, {"after": 5, "until": 505, "settled": 0})
        explain = "EXPLAIN " if snapshot.dialect == "postgresql" else "EXPLAIN QUERY PLAN "
        return "\n".join(
            str(row) for row in snapshot.connection.execute(explain + statement[0], statement[1]).fetchall()
        )

    found = sender.town.registry.store.read_now(plan)
    assert "SCAN c" not in found
    assert "SCAN e" not in found


def test_a_brand_closed_meanwhile_is_counted_as_the_list_counts_it(sender: Sender) -> None:
    here = sender.town
    for brand in (CINAR, ISIK):
        here.told(AYSE, brand)
    sender.settled()
    counts = here.registry.store.read_now(queries.counts, here.person(AYSE), here.now)
    sender.run()
    assert f"{counts.open} markanin" in sender.sent[0].text
