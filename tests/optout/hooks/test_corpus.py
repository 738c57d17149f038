"""What the corpus tells of messages at the door, with the real door behind the carriers' hooks."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from consents.instants import ISTANBUL, micros, moment
from consents.rules import BEKLIYOR, RET
from consents.state import Key
from consents.store import StoreUnavailable, Transaction
from gateways import carriers
from gateways.carrier import Down, Site
from gateways.outbox import delivery, outbox
from tests import CORPUS
from tests.conftest import NOON
from tests.consents.conftest import furnish
from tests.consents.deeds import BIREYSEL, HS_WEB, MESAJ, TACIR, Deeds, onay
from tests.gateways.fake_twilio import FakeTwilio
from tests.gateways.fake_verimor import NUMBER, FakeVerimor
from tests.optout.hooks.conftest import AYSE, PATH_SECRET, PUBLIC, Open, Post

FILES = [CORPUS / "event_sequences.jsonl", CORPUS / "event_sequences_door.jsonl"]
ROWS = {row["id"]: row for file in FILES for row in map(json.loads, file.read_text(encoding="utf-8").splitlines())}
AT_THE_DOOR = [name for name, row in ROWS.items() if any(step.startswith("MO:") for step in row["input"])]

OWN = "+905320000077"  # of the brand; the gateway's sender is the site's, and no brand's

Form = dict[str, str]
FORGED: dict[str, Callable[[Post, Form], int]] = {
    "badsig": lambda post, form: post.twilio(form, token="another").status_code,
    "nosig": lambda post, form: post.twilio(form, x_twilio_signature="").status_code,
    "sig for other URL": lambda post, form: post.twilio(form, url=f"{PUBLIC}/hooks/other").status_code,
    "AccountSid of another account": lambda post, form: post.twilio(form | {"AccountSid": "AC" + "9" * 32}).status_code,
}


class Street:
    """One site, one brand with a number of its own, and AYSE, who writes to it."""

    def __init__(self, post: Post, twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
        self.post, self.twilio, self.monkeypatch = post, twilio, monkeypatch
        self.world = furnish(post.registry)
        own = [(OWN, self.world.cinar), (f"+{NUMBER}", self.world.cinar)]
        post.registry.store.write_now(Transaction.insert, "brand_number", "number,brand", own)
        self.deeds = Deeds(post.registry)
        self.sids: dict[str, str] = {}
        self.said: list[str] = []

    @property
    def keys(self) -> list[Key]:
        return [Key(self.world.ayse, self.world.cinar, MESAJ, identity) for identity in (BIREYSEL, TACIR)]

    def play(self, step: str) -> int:
        """One step of a row; the HTTP status, 0 where there is none."""
        if step == "dbdown":
            self.monkeypatch.setattr(self.post.registry.store, "write", _refuse)
            return 0
        match = re.fullmatch(r"(MO:SM1|CSV):(.*?)(?:@(\d\d:\d\d:\d\d))?(?:\((.*)\))?", step)
        assert match, step
        who, what, at, aside = match.groups()
        instant = self._instant(at) if at else NOON
        if who == "CSV":
            assert what == "ONAY"
            self.post.clock.now = max(self.post.clock.now, instant) + 60_000_000
            self.said = self.deeds.declares(*(onay(key, instant, HS_WEB) for key in self.keys))
            return 0
        self.post.clock.now = instant
        return self._write(what, aside)

    def _write(self, what: str, aside: str | None) -> int:
        moved = what.startswith("Body moved")
        text = "RET" if moved else what
        sid = self.sids.setdefault(text, "") or self.twilio.receive(AYSE, text, self.post.clock.now / 1e6, OWN)
        self.sids[text] = sid
        form = self.twilio.form(sid)
        if moved:
            signature = self.post.signature(form)
            cut = {name: value for name, value in form.items() if name != "Body"} | {"BodyR": "ET"}
            return self.post.twilio(cut, x_twilio_signature=signature).status_code
        if aside:
            return FORGED[aside](self.post, form)
        return self.post.twilio(form).status_code

    @staticmethod
    def _instant(at: str) -> int:
        day = moment(NOON).astimezone(ISTANBUL).date()
        return micros(datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=ISTANBUL))


async def _refuse(*_: object) -> None:
    raise StoreUnavailable("disk full")


@pytest.fixture
def street(site: Open, twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> Street:
    return Street(site(SMS_GATEWAY=twilio.url), twilio, monkeypatch)


def test_the_corpus_has_such_rows() -> None:
    assert len(AT_THE_DOOR) >= 10


@pytest.mark.parametrize("name", AT_THE_DOOR)
def test_a_sequence_ends_as_the_corpus_says(street: Street, name: str) -> None:
    """An "event" of the corpus is one act here: a RET by SMS covers both identities."""
    wanted: dict[str, Any] = ROWS[name]["expect"]
    statuses = [street.play(step) for step in ROWS[name]["input"]]
    assert statuses[-1] == wanted.get("http", statuses[-1])
    if "http" not in wanted:
        assert {status for status in statuses if status} == {200}
    if "events" in wanted:
        assert len(street.deeds.acts()) == wanted["events"]
    if "state" in wanted:
        stands = {"RET": RET, "BEKLIYOR": BEKLIYOR}[wanted["state"]]
        assert {street.deeds.stands(key) for key in street.keys} == {stands}
    if wanted.get("row") == "older_than_current":
        assert len(set(street.said)) == 1


# -- through the real door, both carriers -----------------------------------------------------------------------------


def test_a_dead_store_is_503_and_the_poller_brings_the_refusal_later(street: Street) -> None:
    assert [street.play(step) for step in ("dbdown", "MO:SM1:RET")] == [0, 503]
    street.monkeypatch.undo()
    assert street.deeds.acts() == []
    street.post.clock.forward(minutes=5)
    street.post.look()
    assert {street.deeds.stands(key) for key in street.keys} == {RET}
    before = len(street.deeds.acts())
    assert street.play("MO:SM1:RET") == 200, "Twilio's own late try"
    street.post.look()
    assert len(street.deeds.acts()) == before == 1


def test_a_refusal_by_verimor_is_recorded_and_answered_by_verimor(
    site: Open, verimor: FakeVerimor, twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = site(SMS_GATEWAY=verimor.url, HOOK_SECRET=PATH_SECRET)
    street = Street(post, twilio, monkeypatch)
    bell = outbox.bell(post.registry)
    entry = verimor.receive(AYSE.removeprefix("+"), "RET", NOON / 1e6)
    for _ in range(3):
        assert post.verimor([entry]).status_code == 200
        post.look()
    assert bell.is_set()
    assert len(street.deeds.acts()) == 1
    assert {street.deeds.stands(key) for key in street.keys} == {RET}
    sender = carriers.sender(post.settings.sms_gateway, "sms", Site("İzin", "izin.example"))
    asyncio.run(delivery.deliver(post.registry, "sms", sender))
    assert [number for number, _ in verimor.texts] == [AYSE.removeprefix("+")]


def test_an_undo_in_an_unsigned_push_counts_once_verimor_lists_it(
    site: Open, verimor: FakeVerimor, twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = site(SMS_GATEWAY=verimor.url, HOOK_SECRET=PATH_SECRET)
    street = Street(post, twilio, monkeypatch)
    sender = AYSE.removeprefix("+")
    assert post.verimor([verimor.receive(sender, "RET", NOON / 1e6)]).status_code == 200
    post.clock.forward(minutes=1)
    forged = {**verimor.inbound[0], "message_id": 7, "content": "GERİ AL"}
    assert post.verimor([forged]).status_code == 200
    post.look()
    assert {street.deeds.stands(key) for key in street.keys} == {RET}
    post.clock.forward(minutes=1)
    assert post.verimor([verimor.receive(sender, "GERİ AL", post.clock.now / 1e6)]).status_code == 200
    assert {street.deeds.stands(key) for key in street.keys} == {RET}, "not by the push alone"
    post.look()
    assert {street.deeds.stands(key) for key in street.keys} == {None}


@pytest.mark.parametrize("sender", ["TURKCELL", "3838", "9", "+", "whatsapp:+905320000001", "ş" * 32])
def test_who_is_nobody_breaks_nothing(street: Street, sender: str) -> None:
    form = street.twilio.form(street.twilio.receive(sender, "RET", NOON / 1e6))
    assert street.post.twilio(form).status_code == 200
    street.post.look()
    assert street.deeds.acts() == []


def test_no_number_text_or_secret_reaches_the_log(
    site: Open, verimor: FakeVerimor, twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch, written: Callable[[], str]
) -> None:
    post = site(SMS_GATEWAY=twilio.url, LOG_LEVEL="debug")
    street = Street(post, twilio, monkeypatch)
    for text in ("RET", "RET kanarya", "kanarya 048213"):
        form = twilio.form(twilio.receive("+905320000017", text, NOON / 1e6))
        post.twilio(form)
        for forgery in FORGED.values():
            forgery(post, form)
        post.twilio(form, x_twilio_webhooks_signature_settings="key=kanarya,algorithm=kanarya")
        post.client.post("/hooks/twilio/sms?kanarya=048213", content="kanarya", headers={"content-type": "kanarya"})
    twilio.receive("+905320000018", "RET kanarya", NOON / 1e6)
    post.look()
    other = site(SMS_GATEWAY=verimor.url, HOOK_SECRET=PATH_SECRET, LOG_LEVEL="debug")
    entries = [verimor.receive("905320000017", text, NOON / 1e6) for text in ("RET kanarya", "ONAY kanarya", "048213")]
    other.verimor([*entries, {"content": "kanarya"}, {**entries[0], "message_id": "kanarya 5320000017"}])
    other.verimor(entries, "kanarya-048213")
    other.look()
    verimor.mode = "500"
    with pytest.raises(Down):
        other.look()
    assert len(street.deeds.acts()) >= 1
    said = written()
    assert said.count('"event": "request"') == 3 * 7 + 2
    assert "hook_refused" in said
    secrets = ("5320000017", "5320000018", "kanarya", "048213", "RET", "ONAY", PATH_SECRET)
    secrets += (post.settings.sms_gateway.secret, other.settings.sms_gateway.secret, post.settings.sms_gateway.user)
    assert not [secret for secret in secrets if secret in said]
