"""Mails that refuse, read from a real IMAP server; what is no refusal does nothing."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from email.header import Header

import pytest

from consents.terms import Actor, Door
from gateways.imap import mail_heads
from gateways.outbox import outbox
from izin import jobs
from izin.operations import metrics_page
from optout import mailbox_door
from optout.mailbox_door import UNREAD_A_DAY
from optout.sms import inbound_messages, polling
from settings import load
from tests import ROOT
from tests.citizen.consents.town import CINAR, ISIK, MAIL, MEHMET
from tests.conftest import NOON, SECRET, Clock
from tests.optout.links import door
from tests.optout.mail.conftest import Mailroom
from tests.optout.mail.imap_servers import BadServer


def stands(mailroom: Mailroom, address: str = MAIL, brand: int = CINAR) -> str:
    return door.stands(mailroom.town, address, "EPOSTA", brand=brand)


def unread(mailroom: Mailroom) -> int:
    return mailroom.town.registry.store.read_now(inbound_messages.waiting).get("imap", 0)


def test_a_mail_with_the_token_refuses_for_both_identities_and_is_marked(mailroom: Mailroom) -> None:
    mailroom.write(f"ret+{mailroom.token()}@optout.example", From=f"Ayşe <{MAIL.upper()}>")
    mailroom.look()
    found = [door.stands(mailroom.town, MAIL, "EPOSTA", identity) for identity in ("BIREYSEL", "TACIR")]
    assert found == ["RET", "RET"]
    way, actor, evidence = door.last_act(mailroom.town)
    assert (way, actor) == (Door.MAILBOX.code, Actor.CITIZEN.code)
    assert evidence["agent"] == "mail"
    assert set(evidence) == {"mail", "agent"}
    assert mailroom.server.flags() == ["S"]
    assert mailroom.town.registry.store.read_now(outbox.tally) == {}, "nothing is ever answered"


def test_the_address_hears_once_of_a_mail_that_came_from_another(mailroom: Mailroom, clock: Clock) -> None:
    """Mails are forwarded with their header."""
    token = mailroom.token()
    mailroom.write(f"ret+{token}@optout.example")
    mailroom.look()
    (notice,) = door.waiting(mailroom.town)
    assert (notice["kind"], notice["to"], notice["subject"]) == ("mail", MAIL, "Reddiniz kaydedildi: Çınar")
    assert "24 saat içinde bu e-postayla girin" in notice["text"]
    owner = mailroom.town.sign_in(MAIL)
    act = re.search(r"/izinler/geri-al/[0-9]+", owner.get(f"/izinler/{CINAR}").text)
    assert act
    clock.forward(minutes=11)
    owner.post(act[0])
    assert stands(mailroom) == "ONAY", "the owner takes it back after the link's ten minutes"
    mailroom.write(f"ret+{token}@optout.example", "again")
    mailroom.look()
    assert stands(mailroom) == "RET"
    assert len(door.waiting(mailroom.town)) == 1, "once a day for an address in a mail"


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_whatever_mail_systems_do_to_the_case(mailroom: Mailroom, change: Callable[[str], str]) -> None:
    mailroom.write(change(f"ret+{mailroom.token()}") + "@OPTOUT.example")
    mailroom.look()
    assert stands(mailroom) == "RET"


PLACES: dict[str, Callable[[Mailroom], dict[str, str]]] = {
    "subject": lambda room: {"subject": f"RET {room.token()}"},
    "folded subject": lambda room: {"subject": f"Re: Re: unsubscribe\n {room.token()}"},
    "encoded subject": lambda room: {"subject": Header(f"Çıkış {room.token()}", "utf-8").encode()},
    "delivered to": lambda room: {"Delivered_To": f"ret+{room.token()}@optout.example"},
    "one of several": lambda room: {"to": f"a@b.example, Ret <ret+{room.token()}@optout.example>"},
    "after a false one": lambda room: {"subject": f"{'a' * 52} {room.token()}"},
}


@pytest.mark.parametrize("place", PLACES)
def test_wherever_the_token_stands(mailroom: Mailroom, place: str) -> None:
    mailroom.write(**PLACES[place](mailroom))
    mailroom.look()
    assert stands(mailroom) == "RET"


def test_the_address_that_writes_proves_nothing_and_refuses_nothing(mailroom: Mailroom) -> None:
    """Another's token in the hands of whoever writes refuses for its own address; his From never does."""
    mailroom.town.told("mehmet@example.com", CINAR, "EPOSTA")
    mailroom.write(f"ret+{mailroom.token()}@optout.example", From="mehmet@example.com")
    mailroom.write("ret@optout.example", "RET CINAR", From="mehmet@example.com")
    mailroom.look()
    assert stands(mailroom) == "RET"
    assert stands(mailroom, "mehmet@example.com") == "ONAY"


def test_one_brand_is_refused_and_no_other(mailroom: Mailroom) -> None:
    mailroom.town.told(MAIL, ISIK, "EPOSTA")
    mailroom.write(f"ret+{mailroom.token()}@optout.example")
    mailroom.look()
    assert (stands(mailroom), stands(mailroom, brand=ISIK)) == ("RET", "ONAY")


NO_REFUSALS: dict[str, dict[str, str]] = {
    "an answering machine": {"Auto_Submitted": "auto-replied"},
    "a bounce": {"Return_Path": "<>"},
    "a delivery report": {"Content_Type": 'multipart/report; report-type=delivery-status; boundary="b"'},
}


@pytest.mark.parametrize("name", NO_REFUSALS)
def test_what_a_machine_answers_is_no_refusal(mailroom: Mailroom, name: str) -> None:
    mailroom.write(f"ret+{mailroom.token()}@optout.example", **NO_REFUSALS[name])
    mailroom.look()
    assert stands(mailroom) == "ONAY"
    assert unread(mailroom) == 0


def test_a_mailbox_that_sends_it_for_its_reader_refuses(mailroom: Mailroom) -> None:
    mailroom.write(f"ret+{mailroom.token()}@optout.example", Auto_Submitted="auto-generated")
    mailroom.look()
    assert stands(mailroom) == "RET"


def test_a_repeated_mail_changes_nothing_whatever_was_said_since(mailroom: Mailroom) -> None:
    mailroom.write(f"ret+{mailroom.token()}@optout.example")
    mailroom.look()
    mailroom.town.sign_in(MAIL).press(f"/izinler/{CINAR}/EPOSTA/BIREYSEL", status="ONAY")
    assert stands(mailroom) == "ONAY"
    mailroom.write(f"ret+{mailroom.token()}@optout.example")  # the same Message-ID, delivered twice
    mailroom.look()
    assert stands(mailroom) == "ONAY"
    mailroom.server.number_anew()
    before = door.events(mailroom.town)
    mailroom.look()
    assert (stands(mailroom), door.events(mailroom.town)) == ("ONAY", before)
    mailroom.write(f"ret+{mailroom.token()}@optout.example", Message_ID="<another@x>")
    mailroom.look()
    assert stands(mailroom) == "RET", "and a new mail is a new word"


def test_mails_of_one_name_are_told_apart_by_what_they_refuse(mailroom: Mailroom) -> None:
    mailroom.town.told(MAIL, ISIK, "EPOSTA")
    for brand in (CINAR, ISIK):
        mailroom.write(f"ret+{mailroom.token(brand=brand)}@optout.example", Message_ID="<always@the.same>")
    mailroom.look()
    assert (stands(mailroom), stands(mailroom, brand=ISIK)) == ("RET", "RET")


GARBAGE = [
    "Subject: =?utf-8?B?////?=\nTo: <<<>>>,,;:@\nMessage-ID: <<\n\n",
    'Subject: \x00\x01\udcff\udcfe\nFrom: "\n\n',
    "To: " + "a" * 100_000 + "@x.example\n\n",
    "Subject: " + "a2" * 26 + "\n\n",
    "no head at all",
    "Content-Type: multipart/mixed; boundary=b\nSubject: x\n\n" + "--b\n" * 5000,
    "Subject: =?x-unknown?Q?=41?=\nTo: =?utf-8?q?=40?=\nFrom: =?\n\n",
]


def test_garbage_does_nothing_and_holds_up_nothing(mailroom: Mailroom) -> None:
    for mail in GARBAGE:
        mailroom.server.deliver(mail)
    mailroom.write(f"ret+{mailroom.token()}@optout.example")
    before = door.events(mailroom.town)
    mailroom.look()
    assert stands(mailroom) == "RET"
    assert door.events(mailroom.town) == before + 2
    assert mailroom.server.flags()[-1] == "S"


def test_a_large_mail_is_not_fetched(mailroom: Mailroom) -> None:
    """Its head alone is: the server counts what it sent."""
    mailroom.server.deliver(
        f"To: ret+{mailroom.token()}@optout.example\nX-Long: {'x' * 500_000}\n\n" + "x" * 20_000_000
    )
    mailroom.look()
    assert stands(mailroom) == "RET"
    log = (mailroom.server.server.folder / "log").read_text()
    lines = [line.split() for line in log.splitlines() if f"imap({mailroom.server.user})" in line]
    sent = [int(part.partition("=")[2]) for line in lines for part in line if part.startswith("out=")]
    assert sent
    assert max(sent) < 30_000


def test_a_mail_without_a_token_waits_for_a_person_and_is_counted(mailroom: Mailroom) -> None:
    mailroom.write(subject="Beni listeden çıkarın 1234 5678", From="Ayşe <ayse@example.com>")
    mailroom.look()
    assert stands(mailroom) == "ONAY"
    assert mailroom.server.flags() == ["F"]
    registry = mailroom.town.registry
    (one,) = registry.store.read_now(inbound_messages.unclear, registry.keyring)
    assert (one.sender, one.text) == ("ayse@example.com", "Beni listeden çıkarın ####")
    assert unread(mailroom) == 1
    for number in range(UNREAD_A_DAY + 20):
        mailroom.write(subject=f"spam {'x' * number}")
    mailroom.look()
    assert unread(mailroom) == UNREAD_A_DAY


def test_a_token_of_another_registry_refuses_nothing(mailroom: Mailroom) -> None:
    token = mailroom.token()
    other = "c" if token[0] == "b" else "b"
    for forged in (token[:-1], other + token[1:], token[::-1], token + "a"):
        mailroom.write(f"ret+{forged}@optout.example")
    mailroom.look()
    assert stands(mailroom) == "ONAY"


def test_many_mails_are_read_in_spans_and_the_next_look_begins_behind_them(
    mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_heads, "SPAN", 3)
    addresses = [f"kisi{number}@example.com" for number in range(10)]
    for address in addresses:
        mailroom.write(f"ret+{mailroom.token(address)}@optout.example")
    mailroom.look()
    assert {stands(mailroom, address) for address in addresses} == {"RET"}
    position = mailroom.town.registry.store.read_now(polling.position_of, "imap")
    assert position
    assert position.endswith(".10")
    looked = []
    take = mailbox_door.take
    monkeypatch.setattr(mailbox_door, "take", lambda *given: looked.append(given[-1].uid) or take(*given))
    mailroom.write(subject=f"RET {mailroom.token(MEHMET)}")
    mailroom.look()
    assert looked == [11]


_DIES = """
import asyncio, os, signal, sys
sys.path.insert(0, {root!r})
from consents.registry import Registry
from gateways.imap import mail_heads, read_url
from optout import mailbox_door
from optout.sms import polling
from settings import load

def dies(*_):
    os.kill(os.getpid(), signal.SIGKILL)

{module}.{name} = dies
registry = Registry.open({url!r}, {secret!r})
settings = load({{"SECRET_KEY": {secret!r}}}).model_copy(
    update={{"mail_inbox": read_url({mailbox!r}), "optout_mail": "ret@optout.example"}})
asyncio.run(mailbox_door.read(registry, settings))
"""


@pytest.mark.parametrize(("module", "name"), [("polling", "move"), ("mail_heads", "mark")])
def test_killed_between_the_record_and_the_mark_nothing_is_lost_and_nothing_doubled(
    mailroom: Mailroom, sqlite_url: str, module: str, name: str
) -> None:
    mailroom.write(f"ret+{mailroom.token()}@optout.example")
    values = {"url": sqlite_url, "secret": SECRET, "mailbox": mailroom.server.url, "module": module, "name": name}
    code = _DIES.format(root=str(ROOT), **values)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    assert stands(mailroom) == "RET", "what was recorded stays"
    assert mailroom.server.flags() == [""]
    before = door.events(mailroom.town)
    mailroom.look()
    assert door.events(mailroom.town) == before
    assert stands(mailroom) == "RET"


# -- a mailbox that does not answer ------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["silent", "trickle", "drop", "nonsense"])
def test_a_mailbox_that_does_not_answer_is_said_and_let_go(
    mailroom: Mailroom, what: str, monkeypatch: pytest.MonkeyPatch, written: Callable[[], str]
) -> None:
    """L10: neither an error nor a hanging thread; the next look reads what was left."""
    bad = BadServer(what)
    settings = mailroom.settings.model_copy(update={"mail_inbox": bad.gateway})
    with monkeypatch.context() as hurried:
        if what != "nonsense":  # that one is answered
            hurried.setattr(mail_heads, "SECONDS", 0.3)
            hurried.setattr(mail_heads, "LONGEST", 1.0)
        asyncio.run(mailbox_door.read(mailroom.town.registry, settings))  # it waits for its threads
    bad.close()
    said = written()
    assert ("mailbox_not_read" in said) == (what != "nonsense")
    assert "ret:" not in said
    mailroom.write(f"ret+{mailroom.token()}@optout.example")
    mailroom.look()
    assert stands(mailroom) == "RET"


def test_a_server_may_give_the_number_behind_the_head() -> None:
    bad = BadServer("after")
    page = asyncio.run(mail_heads.page(bad.gateway, mail_heads.MailPosition()))
    bad.close()
    assert [(mail.uid, mail.subject) for mail in page.mails] == [(1, "hello")]


def test_a_wrong_password_is_said_without_it(mailroom: Mailroom, written: Callable[[], str]) -> None:
    from dataclasses import replace

    gateway = replace(mailroom.server.gateway, secret="wrong-one")
    settings = mailroom.settings.model_copy(update={"mail_inbox": gateway})
    asyncio.run(mailbox_door.read(mailroom.town.registry, settings))
    said = written()
    assert "mailbox_not_read" in said
    assert "wrong-one" not in said


def test_no_address_and_no_token_is_in_the_log(mailroom: Mailroom, written: Callable[[], str]) -> None:
    token = mailroom.token()
    mailroom.write(f"ret+{token}@optout.example", From=MAIL)
    mailroom.write(subject="hello", From=MAIL)
    mailroom.look()
    said = written()
    assert '"refused": 1' in said
    assert token not in said
    assert MAIL not in said


def figures(mailroom: Mailroom) -> dict[str, float]:
    """The figures of ``/metrics`` about the mailbox."""
    shown = asyncio.run(metrics_page._stored_gauges(mailroom.town.registry, mailroom.settings))
    samples = [sample for gauge in shown for sample in gauge.samples]
    return {sample.name: sample.value for sample in samples if "mailbox" in sample.name or "unread" in sample.name}


def test_the_figures_say_when_it_was_last_read_and_what_waits(mailroom: Mailroom) -> None:
    assert figures(mailroom) == {"izin_mailbox_read_timestamp_seconds": 0}
    mailroom.write(subject="hello")
    mailroom.look()
    found = figures(mailroom)
    assert found == {"izin_mailbox_read_timestamp_seconds": NOON / 1e6, "izin_received_unread": 1}


def test_a_dead_mailbox_makes_the_site_unfit_for_nothing(mailroom: Mailroom) -> None:
    """L10: its chore ends its turn, so /readyz goes on saying that the worker is in time; the figure grows old."""
    (chore,) = [one for one in jobs.list_jobs(mailroom.settings) if one.name == "mailbox"]
    bad = BadServer("drop")
    settings = mailroom.settings.model_copy(update={"mail_inbox": bad.gateway})
    asyncio.run(chore.do(mailroom.town.registry, settings))
    bad.close()
    asyncio.run(chore.do(mailroom.town.registry, settings))  # nobody listens any more
    assert figures(mailroom) == {"izin_mailbox_read_timestamp_seconds": 0}


def test_without_the_setting_no_mailbox_is_looked_for() -> None:
    assert "mailbox" not in {one.name for one in jobs.list_jobs(load({"SECRET_KEY": SECRET}))}
