"""Signed pushes, what is kept of each post, and one connection for all brands and channels."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError, webhooks

from consents.brands import companies
from consents.instants import DAY, HOUR
from consents.queries import feed
from consents.store import Transaction
from izin import jobs
from providers.api import wire
from providers.callers import api_users
from providers.push import push_connections, push_deliveries, push_store, pusher, signing
from providers.push.push_connections import PushTarget, WantedConnection
from providers.push.push_deliveries import KeptPost
from providers.push.push_store import ClaimOutcome
from providers.push.signing import SigningSecret
from tests.providers.api.conftest import Open
from tests.providers.api.desk import CINAR, CINAR_ALT, Desk, Program, brand, codes
from tests.providers.api.target import PASSWORD, USERNAME, Target
from tests.providers.api.test_consents import ONAY, RET, decides
from tests.providers.api.test_push import register, turn, vain_turn

B = brand(CINAR)


@pytest.fixture
def target() -> Iterator[Target]:
    made = Target()
    yield made
    made.close()


@pytest.fixture
def here(desk: Open, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(pusher, "SECONDS", 60)
    monkeypatch.setitem(pusher.deliver.__kwdefaults__, "seconds", 60)
    return desk(PUSH_PRIVATE="1")


def kept(here: Desk, number: int = 1) -> list[KeptPost]:
    """The posts of a connection, the newest first."""
    store = here.registry.store
    return store.read_now(push_deliveries.listed, store.read_now(push_connections.rows_of, number))


def renew(here: Desk, number: int = 1) -> str:
    fresh = signing.new()
    here.registry.store.write_now(push_connections.renew_secret, here.registry.keyring, number, fresh)
    return fresh


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As the specification has it, written from it alone."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return expected in headers["webhook-signature"].split(" ")


def test_a_signature_is_the_published_example() -> None:
    known = [SigningSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", None)]
    assert signing.headers(known, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', 1_614_265_330_000_000) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert len(base64.b64decode(signing.new().removeprefix("whsec_"))) == 32
    assert signing.headers([], "msg", b"", 0) == {}


def test_a_program_registers_its_own_secret_and_the_test_record_is_signed_with_it(here: Desk, target: Target) -> None:
    cinar, first, second = here.program("cinar"), signing.new(), signing.new()
    assert register(cinar, target.connection(secret=first)).status_code == 200
    assert verified(first, *target.posts[-1])
    assert first not in cinar.get(f"{B}/push/registration").text
    register(cinar, target.connection(secret=second))
    assert verified(second, *target.posts[-1])
    for again in ({"secret": second}, {}):  # one secret more would end the first one's day early
        register(cinar, target.connection(**again))
        assert [one.text for one in made(here, CINAR)[0].target.secrets] == [second, first]
    decides(here, 1, RET)
    turn(here)
    assert all(verified(one, *target.posts[-1]) for one in (first, second))


@pytest.mark.parametrize("secret", ["", "kanarya", None, 7, "whsec_", "whsec_AAAA", "whsec_" + "A" * 43, "A" * 44])
def test_a_secret_of_another_form_is_refused(here: Desk, target: Target, secret: Any) -> None:
    answer = register(here.program("cinar"), target.connection(secret=secret))
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["location"]) == (422, "H093", ["secret"])
    assert target.asked == 0


def test_a_partner_gives_no_secret_and_an_end_takes_none(here: Desk, target: Target) -> None:
    here.grant(CINAR, (0, 2, 0))
    wanted = target.connection(secret=signing.new())
    answers = (
        register(here.program("partner"), wanted),
        here.program("cinar").post(f"{B}/push/unregistration", wanted),
    )
    for answer in answers:
        assert [one["code"] for one in answer.json()["errors"]] == ["H118"]


def test_a_push_is_signed_by_both_secrets_for_a_day(here: Desk, target: Target) -> None:
    cinar = here.program("cinar")
    register(cinar, target.connection())
    decides(here, 1, RET)
    turn(here)
    headers, body = target.posts[-1]
    assert "webhook-signature" not in headers
    first = renew(here)
    decides(here, 2, RET)
    turn(here)
    headers, body = target.posts[-1]
    assert verified(first, headers, body)
    assert not verified(first, headers, body + b" ")
    second = renew(here)
    decides(here, 3, RET)
    turn(here)
    headers, body = target.posts[-1]
    assert [verified(one, headers, body) for one in (first, second)] == [True, True]
    register(cinar, target.connection())
    here.clock.forward(hours=24)
    decides(here, 4, RET)
    turn(here)
    headers, body = target.posts[-1]
    assert [verified(one, headers, body) for one in (first, second)] == [False, True], "a renewed password keeps it"
    assert len(target.heard) == len(set(target.heard)) == 4


def test_a_secret_that_has_ended_is_forgotten_with_the_next_one() -> None:
    known: tuple[SigningSecret, ...] = ()
    for hour in range(3):
        known = signing.renewed(known, f"secret {hour}", hour * HOUR)
    assert known == (SigningSecret("secret 2", None), SigningSecret("secret 1", 2 * HOUR + DAY))


def test_a_verifier_that_others_wrote_takes_both_signatures_and_no_changed_body(
    here: Desk, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Present(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # the site's clock
            return datetime.fromtimestamp(here.clock.now / 1_000_000, tz)

    monkeypatch.setattr(webhooks, "datetime", Present)
    register(here.program("cinar"), target.connection())
    first, second = renew(here), renew(here)
    decides(here, 1, RET)
    turn(here)
    headers, body = target.posts[-1]
    for secret in (first, second):
        assert Webhook(secret).verify(body, headers)["list"][0]["status"] == "RET"
        with pytest.raises(WebhookVerificationError, match="No matching signature"):
            Webhook(secret).verify(body + b" ", headers)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(signing.new()).verify(body, headers)
    here.clock.forward(minutes=6)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(second).verify(body, headers)


def change_form(here: Desk, **form: bool) -> None:
    wanted = PushTarget("", "", "")._replace(**form)
    here.registry.store.write_now(push_connections.change_form, here.registry.keyring, 1, wanted)


def test_cloud_events_have_one_event_a_movement_and_no_address_in_their_attributes(here: Desk, target: Target) -> None:
    register(here.program("cinar"), target.connection())
    renew(here)
    change_form(here, events=True)
    decides(here, 1, RET)
    decides(here, 2, ONAY)
    turn(here)
    headers, body = target.posts[-1]
    assert headers["content-type"] == "application/cloudevents-batch+json; charset=utf-8"
    refused, given = json.loads(body)
    data = refused.pop("data")
    assert refused == {
        "specversion": "1.0",
        "id": data["transactionId"],
        "source": f"/sps/{CINAR}/brands/{CINAR}",
        "type": "izin.consent.refused",
        "subject": "MESAJ/BIREYSEL",
        "time": data["creationDate"].replace(" ", "T") + "+03:00",
        "datacontenttype": "application/json",
    }
    assert data["recipient"] == "+905320000001"
    assert given["type"] == "izin.consent.given"
    assert target.heard == [data["transactionId"], given["id"]]
    erased = wire.cloud_events({"list": [{**data, "erasedTransactionIds": ["a"]}]})
    assert erased[0]["type"] == "izin.consent.erased"
    assert wire.cloud_events(wire.PUSH_TEST)[0]["type"] == "izin.consent.test"


def test_a_connection_sends_name_and_password_a_signature_or_both(here: Desk, target: Target) -> None:
    cinar = here.program("cinar")
    register(cinar, target.connection())
    secret = renew(here)
    forms = ({"basic": True, "signs": True}, {"basic": False, "signs": True}, {"basic": True, "signs": False})
    for place, form in enumerate(forms, 1):
        change_form(here, **form)
        target.basic = form["basic"]
        decides(here, place, RET)
        turn(here)
        headers, body = target.posts[-1]
        assert ("authorization" in headers, "webhook-signature" in headers) == (form["basic"], form["signs"])
        assert not form["signs"] or verified(secret, headers, body)
    assert len(target.heard) == 3
    renew(here)
    decides(here, 4, RET)
    turn(here)
    assert "webhook-signature" in target.posts[-1][0], "a new secret signs"
    change_form(here, events=True, basic=True, signs=True)
    register(cinar, target.connection())
    ((_, kept_),) = [(one.id, one.target) for one in made(here, CINAR)]
    assert (kept_.events, kept_.signs) == (True, True), "registered again, it keeps its form"


def test_everything_from_a_day_on_is_posted_again_in_order(here: Desk, target: Target) -> None:
    decides(here, 9, RET)
    here.clock.forward(hours=1)
    register(here.program("cinar"), target.connection())
    for place in (1, 2, 3):
        decides(here, place, RET)
        turn(here)
        here.clock.forward(days=1)
    once = list(target.heard)
    assert len(once) == 3
    store = here.registry.store
    assert store.write_now(push_connections.rewind, here.registry.keyring, 1, here.clock.now - 2 * DAY - HOUR) == 1
    turn(here)
    assert target.heard == once + once[1:]
    assert store.write_now(push_connections.rewind, here.registry.keyring, 1, here.clock.now - 30 * DAY) == 1
    turn(here)
    assert target.heard == once + once[1:] + once, "nothing from before the connection"
    assert store.write_now(push_connections.rewind, here.registry.keyring, 1, here.clock.now) == 0


def test_what_is_posted_again_has_no_consent_that_a_refusal_followed(here: Desk, target: Target) -> None:
    """A receiver that fails midway keeps no ONAY of people who have refused since."""
    cinar = here.program("cinar")
    register(cinar, target.connection())
    for place, status in ((1, ONAY), (2, ONAY), (1, RET)):
        decides(here, place, status)
        turn(here)
        here.clock.forward(seconds=1)
    given, stays, refused = target.heard
    store, keyring = here.registry.store, here.registry.keyring
    assert store.write_now(push_connections.rewind, keyring, 1, here.clock.now - DAY) == 1
    renew(here)
    register(cinar, target.connection())
    decides(here, 3, ONAY)
    decides(here, 3, RET)
    target.mood = 500
    vain_turn(here, target)
    here.clock.forward(seconds=2)
    target.mood = 200
    turn(here)
    again = target.heard[3:]
    assert again[:2] == [stays, refused]
    assert given not in again
    assert len(again) == 4, "what it never had comes whole"
    post = kept(here)[0].post
    assert post.movements == 4
    page, _ = store.read_now(push_deliveries.page, here.registry, number(here, CINAR), 1, post)
    assert [movement[0] for movement in page][:2] == [stays, refused], "the page of the post shows no more"
    decides(here, 4, RET)
    assert store.write_now(push_connections.rewind, keyring, 1, here.clock.now - DAY) == 1
    turn(here)
    assert given not in target.heard[3:]


def test_a_post_that_is_on_its_way_moves_no_connection_that_is_set_back(here: Desk, target: Target) -> None:
    register(here.program("cinar"), target.connection())
    store, keyring = here.registry.store, here.registry.keyring
    decides(here, 1, RET)
    turn(here)
    here.clock.forward(days=1)
    decides(here, 2, RET)
    (one,) = store.read_now(push_store.due, keyring, here.clock.now)
    assert store.write_now(push_store.claim, one) is ClaimOutcome.MADE
    assert store.write_now(push_connections.rewind, keyring, 1, here.clock.now - 2 * DAY) == 1
    store.write_now(push_store.taken, keyring, one, store.read_now(feed.last_event))
    turn(here)
    assert (len(target.heard), len(set(target.heard))) == (3, 2)


def test_one_that_is_set_back_twice_knows_all_that_it_has_had(here: Desk, target: Target) -> None:
    register(here.program("cinar"), target.connection())
    for place in (1, 2):
        decides(here, place, ONAY)
        turn(here)
    store, keyring = here.registry.store, here.registry.keyring
    last = store.read_now(feed.last_event)
    for _ in range(2):
        assert store.write_now(push_connections.rewind, keyring, 1, 0) == 1
        assert [one.target.had for one in made(here, CINAR)] == [last]
        (one,) = store.read_now(push_store.due, keyring, here.clock.now)
        store.write_now(push_store.taken, keyring, one, one.cursor + 1)  # not all of it


def test_a_stretch_with_nothing_that_stands_is_passed_without_a_post(here: Desk, target: Target) -> None:
    cinar = here.program("cinar")
    register(cinar, target.connection())
    decides(here, 1, ONAY)
    turn(here)
    decides(here, 1, RET)
    here.clock.forward(seconds=1)
    store = here.registry.store
    assert store.write_now(push_connections.rewind, here.registry.keyring, 1, here.clock.now - DAY) == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(push_deliveries, "PAGE", 1)
        turn(here)
    assert [one["status"] for page in target.told for one in page] == ["ONAY", "RET"]
    assert [one.post.movements for one in kept(here)] == [1, 1]


def test_an_address_takes_the_test_record_in_the_form_of_its_connection(here: Desk, target: Target) -> None:
    """Its receiver takes signatures alone, so a new registration is signed and without name and password."""
    cinar = here.program("cinar")
    register(cinar, target.connection())
    secret = renew(here)
    change_form(here, events=True, basic=False)
    target.basic = False
    assert register(cinar, target.connection(password="renewed")).status_code == 200
    headers, body = target.posts[-1]
    assert verified(secret, headers, body)
    assert "authorization" not in headers
    assert json.loads(body)[0]["type"] == "izin.consent.test"
    here.grant(CINAR, (2, 2, 2))
    foreign = register(here.program("partner"), target.connection())
    assert (foreign.status_code, codes(foreign)) == (422, ["H530"]), "another's form is not used"
    assert "webhook-signature" not in target.posts[-1][0]
    store, keyring = here.registry.store, here.registry.keyring
    provider = store.read_now(companies.provider_id, CINAR)
    plain = PushTarget(target.url, USERNAME, "renewed")
    for_whole = store.read_now(push_connections.in_form_for_all, keyring, provider, plain)
    assert (for_whole.events, for_whole.basic, for_whole.signing[0].text) == (True, False, secret)


def test_the_beginning_of_an_answer_is_kept_sealed_and_without_numbers(here: Desk, target: Target) -> None:
    register(here.program("cinar"), target.connection())
    target.mood, target.words = 500, "Hata: ayse@ornek.example, +90 532 000 00 01 yok; kod 12345 " + "x" * 300
    decides(here, 1, RET)
    vain_turn(here, target)
    here.clock.forward(seconds=2)
    vain_turn(here, target)
    second, first = kept(here)
    answer = push_deliveries.answer_of(here.registry.keyring, first)
    assert answer.startswith("Hata: …, … yok; kod 12345 xxx")
    assert len(answer) == 200
    assert b"Hata" not in first.sealed
    assert (first.post.tries, second.post.tries) == (1, 2)
    target.mood, target.words = 200, "ok"
    here.clock.forward(seconds=5)
    turn(here)
    failed = here.registry.store.read_now(lambda snapshot: push_deliveries.listed(snapshot, [1], failed=True))
    assert [one.id for one in failed] == [second.id, first.id]


def test_a_repeat_has_the_id_of_the_first_try(here: Desk, target: Target) -> None:
    register(here.program("cinar"), target.connection())
    renew(here)
    target.mood = 500
    decides(here, 1, RET)
    vain_turn(here, target)
    here.clock.forward(seconds=2)
    target.mood = 200
    turn(here)
    decides(here, 2, RET)
    turn(here)
    first, again, other = (headers["webhook-id"] for headers, _ in target.posts[-3:])
    assert first == again != other
    assert [(one.post.status, one.post.error, one.post.movements) for one in kept(here)] == [
        (200, "", 1),
        (200, "", 1),
        (500, "status 500", 1),
    ]


def test_posts_of_other_events_or_connections_have_other_ids(here: Desk) -> None:
    """A post that failed may have more events the next time."""
    events = ((1, 0, 5), (1, 0, 7), (1, 3, 5), (2, 0, 5))
    ids = [push_deliveries.message(here.registry.keyring, *one) for one in events]
    assert len(set(ids)) == len(events)
    assert push_deliveries.message(here.registry.keyring, *events[0]) == ids[0]


def test_the_last_two_hundred_posts_are_kept_without_a_body(here: Desk, target: Target) -> None:
    register(here.program("cinar"), target.connection())
    decides(here, 1, RET)
    target.mood = 503
    for _ in range(3):
        vain_turn(here, target)
        here.clock.forward(minutes=20)
    for _ in range(push_deliveries.MOST):
        here.registry.store.write_now(
            push_deliveries.note, here.registry.keyring, 1, push_deliveries.PostResult(0, 0, 0, 200, "", 1)
        )
    assert len(kept(here)) == push_deliveries.MOST
    assert len(here.registry.store.read_now(push_deliveries.listed, [1], push_deliveries.MOST + 1)) == len(kept(here))
    assert {one.post.movements for one in kept(here)} == {0}
    assert here.registry.store.write_now(push_connections.remove, 1)
    assert kept(here) == []


def test_what_was_posted_is_read_again_from_the_history(here: Desk, target: Target) -> None:
    register(here.program("cinar"), target.connection())
    decides(here, 1, RET)
    decides(here, 2, RET)
    turn(here)
    decides(here, 3, RET)
    (only,) = kept(here)
    page, _ = here.registry.store.read_now(push_deliveries.page, here.registry, number(here, CINAR), 1, only.post)
    assert [movement[0] for movement in page] == target.heard
    assert only.post.movements == 2


def number(here: Desk, code: int) -> int:
    known = here.registry.store.read_now(companies.known_brand, code)
    assert known is not None
    return known.id


def for_all(here: Desk, target: Target, password: str = PASSWORD, path: str = "") -> int | None:
    store = here.registry.store
    provider = store.read_now(companies.provider_id, CINAR)
    where = PushTarget(target.url + path, USERNAME, password)
    return store.write_now(push_connections.register_whole, here.registry.keyring, provider, where)


def test_one_connection_takes_all_brands_and_channels_also_later_ones(here: Desk, target: Target) -> None:
    whole = for_all(here, target)
    assert whole is not None
    refuse_everywhere(here, CINAR, CINAR_ALT)
    turn(here)
    assert {(one["brandCode"], one["type"]) for page in target.told for one in page} == {
        (code, kind) for code in (CINAR, CINAR_ALT) for kind in ("ARAMA", "MESAJ")
    }
    here.registry.store.write_now(companies.add_brand, CINAR, 600109, "Çınar Bahçe")
    refuse_everywhere(here, 600109)
    asyncio.run(jobs._push_brands(here.registry, here.settings))
    turn(here)
    assert (600109, "MESAJ") in {(one["brandCode"], one["type"]) for page in target.told for one in page}
    asyncio.run(jobs._push_brands(here.registry, here.settings))
    assert len(here.registry.store.read_now(push_connections.rows_of, whole)) == 9
    assert len(target.heard) == len(set(target.heard))
    secret = renew(here, whole)
    assert {one.target.secrets[0].text for one in made(here, 600109) + made(here, CINAR)} == {secret}
    here.registry.store.write_now(
        push_connections.change_form, here.registry.keyring, whole, PushTarget("", "", "", signs=False)
    )
    assert for_all(here, target, "renewed") is not None
    assert {one.target.signs for one in made(here, 600109) + made(here, CINAR)} == {False}, "as it was chosen"
    assert here.registry.store.write_now(push_connections.remove, whole)
    assert made(here, CINAR) == made(here, 600109) == []


def refuse_everywhere(here: Desk, *codes: int) -> None:
    for code in codes:
        for channel in (0, 1):
            decides(here, 9, RET, code=code, channel=channel)


def made(here: Desk, code: int) -> list[push_connections.MadeConnection]:
    return here.registry.store.read_now(push_connections.of_brand, here.registry.keyring, number(here, code))


def test_what_the_api_changes_of_it_leaves_the_rest_as_single_connections(here: Desk, target: Target) -> None:
    """It must not come back for the brand that was left out."""
    cinar = here.program("cinar")
    whole = for_all(here, target)
    assert whole is not None
    ended = cinar.post(f"{B}/push/unregistration", target.connection())
    assert ended.status_code == 200
    asyncio.run(jobs._push_brands(here.registry, here.settings))
    assert sorted(one.channel for one in made(here, CINAR)) == [0, 2]
    assert {one.whole for one in made(here, CINAR) + made(here, CINAR_ALT)} == {None}


def test_a_key_of_some_brands_takes_none_out_of_it(here: Desk, target: Target) -> None:
    """Neither by ending its own brand's nor by registering the same address again; nor does a partner."""
    cinar, partner = here.program("cinar"), here.program("partner")
    here.grant(CINAR, (2, 2, 2))
    assert for_all(here, target) is not None
    before = made(here, CINAR) + made(here, CINAR_ALT)
    here.registry.store.write_now(api_users.limit, CINAR, "cinar", False, [number(here, CINAR)])
    ways = (("unregistration", target.connection()), ("registration", {"connection": [target.connection()]}))
    for path, body in ways:
        answer = cinar.post(f"{B}/push/{path}", body)
        assert (answer.status_code, codes(answer)) == (403, ["H353"])
        assert "bütün markalar" in answer.json()["errors"][0]["message"]
    assert codes(partner.post(f"{B}/push/unregistration", target.connection())) == ["H353"]
    assert made(here, CINAR) + made(here, CINAR_ALT) == before
    other = target.connection(url=f"{target.url}/own")
    register(cinar, other)
    assert cinar.post(f"{B}/push/unregistration", other).status_code == 200, "its own single one it ends"
    here.registry.store.write_now(api_users.limit, CINAR, "cinar", False, None)
    assert cinar.post(f"{B}/push/unregistration", target.connection()).status_code == 200


def test_one_for_all_made_again_gets_its_new_password_and_posts_nothing_twice(here: Desk, target: Target) -> None:
    cinar = here.program("cinar")
    register(cinar, target.connection())
    secret = renew(here)
    decides(here, 1, RET)
    first = for_all(here, target)
    assert first is not None
    target.password = "renewed"
    second = for_all(here, target, password="renewed")
    assert second == first
    for code in (CINAR, CINAR_ALT):
        assert sorted((one.channel, one.whole) for one in made(here, code)) == [(kind, first) for kind in range(3)]
        assert {one.target.secrets[0].text for one in made(here, code)} == {secret}
    refuse_everywhere(here, CINAR, CINAR_ALT)
    turn(here)
    assert len(target.heard) == len(set(target.heard)) == 5, "also what waited before it joined"


def test_one_for_all_brands_has_had_nothing_of_brands_that_are_new_to_it(here: Desk, target: Target) -> None:
    register(here.program("cinar"), target.connection())
    decides(here, 1, RET)
    turn(here)
    assert here.registry.store.write_now(push_connections.rewind, here.registry.keyring, 1, 0) == 1
    assert for_all(here, target) is not None
    assert [one.target.had > 0 for one in made(here, CINAR)] == [one.channel == 1 for one in made(here, CINAR)]
    assert {one.target.had for one in made(here, CINAR_ALT)} == {0}


def test_it_is_refused_where_a_channel_has_two_already(here: Desk, target: Target) -> None:
    assert for_all(here, target) is not None
    for path in ("/a", "/b"):
        where = WantedConnection(0, PushTarget(f"https://example.com{path}", "u", "p"))
        full = here.registry.store.write_now(
            push_connections.register, here.registry.keyring, number(here, CINAR_ALT), [where]
        )
        assert full is (None if path == "/a" else 0)
    assert for_all(here, target, path="/c") is None


def test_a_sealed_connection_of_an_earlier_version_is_read(here: Desk) -> None:
    keyring = here.registry.keyring
    sealed = keyring.seal_data(json.dumps(["https://example.com/", "u", "p", None]).encode())
    assert push_connections.opened(keyring, sealed) == (PushTarget("https://example.com/", "u", "p"), None)


def test_a_program_that_registers_again_keeps_only_its_own(here: Desk, cinar: Program, target: Target) -> None:
    register(cinar, target.connection())
    secret = renew(here)
    register(cinar, target.connection())
    assert [[one.text for one in row.target.secrets] for row in made(here, CINAR)] == [[secret]]


def test_a_brand_that_cannot_join_holds_up_no_other(
    here: Desk, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert for_all(here, target)
    for code in (600108, 600109):
        here.registry.store.write_now(companies.add_brand, CINAR, code, f"Çınar {code}")
    fill = push_connections.fill

    def broken(transaction: Transaction, whole: int, one: int) -> None:
        if one == number(here, 600108):
            raise RuntimeError
        fill(transaction, whole, one)

    monkeypatch.setattr(push_connections, "fill", broken)
    with pytest.raises(RuntimeError):
        asyncio.run(jobs._push_brands(here.registry, here.settings))
    assert (len(made(here, 600108)), len(made(here, 600109))) == (0, 3)
