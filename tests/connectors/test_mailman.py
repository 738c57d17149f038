"""The plugin in Mailman itself: people join and leave by mail, and refuse at İzin."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.newsletter import PLUGIN, WORDING, Newsletter, mailman
from tests.connectors.registry import BRAND, Served, until

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def newsletter(izin: Served) -> Iterator[Newsletter]:
    with mailman(izin) as made:
        yield made
        log = made.log()
        assert [fault for fault in ("a fault of the plugin", "a change was not noted") if fault in log] == []


def join(newsletter: Newsletter, person: str, count: int = 1) -> None:
    """By a mail, and a reply to the mail that asks."""
    newsletter.send(person, newsletter.address.replace("@", "-join@"))
    newsletter.send(person, until(lambda: newsletter.asked(person, count)))
    until(lambda: person in newsletter.members())


def test_who_joins_consents_and_who_leaves_refuses(izin: Served, newsletter: Newsletter) -> None:
    person = "abone@example.com"
    newsletter.send(person, newsletter.address.replace("@", "-join@"))
    reply = until(lambda: newsletter.asked(person))
    assert WORDING in newsletter.wording_asked(person)
    time.sleep(3)
    assert izin.status(person) == {}  # asked, and nothing said yet
    newsletter.send(person, reply)
    standing = until(lambda: izin.status(person))
    assert (standing["status"], standing["source"]) == ("ONAY", "HS_WEB")
    page = izin.signed_in(person)
    until(lambda: WORDING in page.get(f"/izinler/{BRAND}").text)

    newsletter.send(person, newsletter.address.replace("@", "-leave@"))
    newsletter.send(person, until(lambda: newsletter.asked(person, 2)))
    until(lambda: izin.status(person)["status"] == "RET")
    assert person not in newsletter.members()

    # Joined again after their own refusal at the company, which the newer consent replaces.
    join(newsletter, person, 3)
    until(lambda: izin.status(person)["status"] == "ONAY")
    time.sleep(4)
    assert newsletter.members()[person] == "enabled"


def test_who_refuses_at_izin_is_no_member_within_a_minute(izin: Served, newsletter: Newsletter) -> None:
    person = "vazgecen@example.com"
    join(newsletter, person)
    until(lambda: izin.status(person).get("status") == "ONAY")
    izin.refuse(person)
    begun = time.monotonic()
    until(lambda: person not in newsletter.members())
    assert time.monotonic() - begun < 60
    key = {"recipient": person, "recipientType": "BIREYSEL", "type": "EPOSTA"}
    time.sleep(3)
    history = izin.ask("POST", "/consents/history", key).json()["list"]
    assert [one["source"][:3] for one in history] == ["IYS", "HS_"]  # İzin's own word did not come back to it

    # A consent after their own refusal waits for them: a member, who gets nothing until they decide.
    join(newsletter, person, 2)
    until(lambda: newsletter.members().get(person) == "by_moderator")


def test_who_is_added_by_the_owner_has_not_consented(izin: Served, newsletter: Newsletter) -> None:
    person = "eklenen@example.com"
    flags = {"pre_verified": True, "pre_confirmed": True, "pre_approved": True}
    newsletter.rest("POST", "/members", list_id="kampanya.liste.example.com", subscriber=person, **flags)
    assert person in newsletter.members()
    time.sleep(5)
    assert izin.status(person) == {}
    assert "did not confirm themselves" in newsletter.log()


def test_the_company_s_own_refusal_from_elsewhere_ends_the_membership(izin: Served, newsletter: Newsletter) -> None:
    person = "telefonda@example.com"
    join(newsletter, person)
    until(lambda: izin.status(person).get("status") == "ONAY")
    time.sleep(1.1)
    izin.declare(person, "RET")
    until(lambda: person not in newsletter.members())


def test_who_is_erased_at_izin_is_no_member(izin: Served, newsletter: Newsletter) -> None:
    """The movement of an erasure has no address. Who has no record at İzin for another reason stays."""
    person, other = "silinen@example.com", "kayitsiz@example.com"
    flags = {"pre_verified": True, "pre_confirmed": True, "pre_approved": True}
    newsletter.rest("POST", "/members", list_id="kampanya.liste.example.com", subscriber=other, **flags)
    join(newsletter, person)
    until(lambda: izin.status(person).get("status") == "ONAY")
    time.sleep(3)
    izin.erase(person)
    until(lambda: person not in newsletter.members())
    time.sleep(3)
    assert other in newsletter.members()


# Of Mailman's own Python; what a run at İzin would take minutes for.
WITHOUT_MAILMAN = """
import sys, time
from izin_mailman import plugin, runner, settings
from izin_mailman.client import Answer
from izin_mailman.spool import Spool
from mailman.interfaces.member import MemberRole, SubscriptionEvent

one = settings.List("1", "w", "v", "HS_WEB")
plugin.site = lambda: settings.Settings("https://x", "u", "p", "1", {"a.x": one})
kept = Spool(sys.argv[1])
plugin.spool = lambda: kept
waits = set()
plugin.pending = lambda mlist: waits


class Mlist:
    list_id = "a.x"


def joined(email):
    address = type("Address", (), {"email": email})
    plugin._moved(SubscriptionEvent(Mlist, type("Member", (), {"role": MemberRole.member, "address": address})))
    return [word.word for word in kept.unsent("1") if word.email == email]


def read(moment):
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment + 3 * 3600))
    item = {"recipient": "a@example.com", "recipientType": "BIREYSEL", "type": "EPOSTA", "status": "RET"}
    pages = [Answer(200, {"after": "1", "list": [{**item, "consentDate": at}]}), Answer(204, None)]
    client = type("Client", (), {"call": lambda *args: pages.pop(0)})()
    brand, applied = runner.Brand(client, kept, "1", ["a.x"]), []
    brand._apply = lambda email, status: applied.append((email, status))
    brand._read("HS")
    return applied


kept.asked("a.x", "a@example.com")
assert joined("a@example.com") == ["ONAY"]
now = kept.unsent("1")[0].at
assert read(now - 60) == [], "they have joined again since"
assert read(now + 60) == [("a@example.com", "RET")], "the refusal is the newer one"

# A list is refused whole and no item is named: one word fails alone. Results that are gone: the words go again.
for email in ("e@example.com", "f@example.com", "g@example.com"):
    kept.add("a.x", "1", email, "RET")


def call(client, method, brand, path, body=None, key="", version=""):
    if method == "GET":
        return Answer(404, {"errors": [{"code": "Z", "message": "gone"}]})
    wrong = any(one["recipient"] == "f@example.com" for one in body)
    return Answer(422, {"errors": [{"code": "Z", "message": "wrong"}]}) if wrong else Answer(202, {"requestId": key})


brand = runner.Brand(type("Client", (), {"call": call})(), kept, "1", ["a.x"])
brand._holds = lambda word: word.word == "RET"
brand._send()
by_state = lambda state: sorted(word.email[0] for word in kept.in_state("1", state) if word.word == "RET")
assert (by_state("sent"), by_state("failed")) == (["e", "g"], ["f"])
brand._results()
assert (by_state("waiting"), by_state("failed")) == (["e", "g"], ["f"])

# A list that lost a word since its first try: its key is spent, and its last word goes under another.
keys = []


def spent(client, method, brand, path, body=None, key="", version=""):
    keys.append(key)
    first = Answer(422, {"errors": [{"code": "Z422", "message": "another list"}]})
    return first if len(keys) == 1 else Answer(202, {"requestId": key})


for word in kept.in_state("1", "waiting"):
    kept.drop(word)
kept.add("a.x", "1", "h@example.com", "RET")
kept.pack(kept.unsent("1"))
brand = runner.Brand(type("Client", (), {"call": spent})(), kept, "1", ["a.x"])
brand._holds = lambda word: True
brand._send()
assert (len(set(keys)), by_state("sent"), by_state("failed")) == (2, ["h"], ["f"])
kept.add("gone.x", "1", "i@example.com", "RET")  # izin.cfg no longer has this list
brand._send()
assert by_state("sent") == ["h", "i"]

# Two words of one person, the first of which came back from a refused list: a list has one.
kept.add("a.x", "1", "j@example.com", "RET")
kept.pack(kept.unsent("1"))
kept.add("a.x", "1", "j@example.com", "ONAY")
for word in kept.packed("1"):
    kept.change(word, batch="")
assert [word.word for word in kept.unsent("1")] == ["RET"]
for word in kept.in_state("1", "waiting"):
    kept.drop(word)

# A fault of sending keeps no refusal away.
worker = runner.IzinRunner.__new__(runner.IzinRunner)
worker._client, worker._faults, worker._pauses, reads = None, {}, {}, []


class Failing(runner.Brand):
    def read(self):
        reads.append(self)

    def send(self):
        raise runner.Unavailable(Answer(503, None))


whole, runner.Brand = runner.Brand, Failing
worker._do_periodic()
worker._do_periodic()
assert len(reads) == 2
runner.Brand = whole

# A stranger asked for them, and the owner adds them while the question is open.
kept.asked("a.x", "b@example.com")
waits.add("b@example.com")
assert joined("b@example.com") == []

# The question was discarded or has expired, and the owner adds them later.
for email in ("c@example.com", "d@example.com"):
    kept.asked("a.x", email)
waits.add("d@example.com")
with kept._open() as file:
    file.execute("UPDATE asked SET at = at - 400")
brand = runner.Brand(None, kept, "1", ["a.x"])
brand._lists = lambda: [Mlist]
brand._forget_asked()
assert joined("c@example.com") == []
waits.discard("d@example.com")
assert joined("d@example.com") == ["ONAY"], "they confirmed after all"
"""


def test_only_their_own_confirmation_is_a_consent_and_the_newer_word_holds(tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(PLUGIN), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin"}
    command = ["/usr/bin/python3", "-c", WITHOUT_MAILMAN, tmp_path / "izin.db"]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
