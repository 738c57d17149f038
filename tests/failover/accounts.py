"""What was acknowledged, what was asked and what was sent, against what a server holds in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from consents.registry import Registry
from consents.terms import Channel, Identity
from tests.conftest import SECRET
from tests.crash.oracle import ACTS, EVENTS, RET, Row, faults
from tests.failover.callers import Callers, Question, until
from tests.failover.nodes import DATABASE, Node
from tests.gateways.fake_verimor import FakeVerimor

WAITING = "SELECT count(*) FROM outbox WHERE state = 'waiting'"
PEOPLE = "SELECT id, sealed FROM recipient"
NAMES = "SELECT name FROM inbound_message"


def check(primary: Node, url: str, callers: Callers, carrier: FakeVerimor) -> int:
    """Nothing acknowledged is missing, nothing is there that nobody asked for or twice; how many messages were sent."""
    until(lambda: primary.ask(WAITING, database=DATABASE) == [(0,)], "something still waits in the outbox")
    acts, events = (primary.ask(query, database=DATABASE) for query in (ACTS, EVENTS))
    assert faults(lambda query: primary.ask(query, database=DATABASE), acts, events) == []
    with Registry.open(url, SECRET) as registry:
        people = {
            registry.keyring.unseal(bytes(sealed)): number for number, sealed in primary.ask(PEOPLE, database=DATABASE)
        }
    refused = Counter(events_of(events))
    assert {status for _, status in refused} == {RET}
    assert max(refused.values()) == 1, "a refusal was recorded twice"
    for caller in callers.each:
        for question in caller.kept:
            for key in keys_of(question, people):
                assert (key, RET) in refused, f"{caller.door} was told that {key} is refused"
    asked = {(key, RET) for caller in callers.each for one in caller.asked for key in keys_of(one, people)}
    assert refused.keys() <= asked, "nobody refused that"
    names = Counter(name for (name,) in primary.ask(NAMES, database=DATABASE))
    taken = {one.name for caller in callers.each for one in caller.kept if one.name}
    assert taken <= names.keys()
    sent = Counter(campaign["custom_id"] for campaign in carrier.campaigns.values())
    assert max(names.values()) == max(sent.values()) == 1, "a message was taken or sent twice"
    for caller in callers.each:
        assert callers.statuses(caller.door).keys() <= caller.good | {503}, "an answer that is neither yes nor 503"
    return len(sent)


def events_of(events: list[Row]) -> Iterator[tuple[Row, int]]:
    for event in events:
        yield event[1:5], event[5]


def keys_of(question: Question, people: dict[str | None, int]) -> list[Row]:
    """By the registry's numbers; none where an address was never recorded."""
    found: list[Row] = []
    for key in question.keys:
        if not isinstance(key, str):
            found.append(key)
        elif key in people:
            found.append((people[key], 1, Channel.EPOSTA.code, Identity.BIREYSEL.code))
        else:
            found.append((key,))
    return found
