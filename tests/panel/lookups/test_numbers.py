"""The numbers of a company's first page beside those of SQL, over a hundred thousand consents."""

from __future__ import annotations

import itertools
import random
import re

from sqlalchemy import text as sql

from consents import ledger, movement_counts, standing_counts
from consents.history import Deed
from consents.ledger import Claim
from consents.people import register
from consents.queries import feed
from consents.rules import ONAY, RET
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Actor, Channel, Door, Identity, Source
from panel.rights import Membership, Permission, Role
from providers.deliveries import handout_store
from tests.consents.deeds import DAY, HOUR
from tests.panel.conftest import OpenOffice
from tests.panel.lookups.test_refusals import download
from tests.panel.office import CINAR, Office
from tests.panel.seen import FIRST, SECOND, SeenDeeds
from tests.panel.test_matrix import brand

PEOPLE = 25_000  # of two channels and two identities each
AT = f"/panel/{CINAR}/genel"
_OF = "FROM consent c JOIN brand b ON b.id = c.brand"
_REFUSED = (
    "FROM consent_event e JOIN act a ON a.id = e.act JOIN consent c ON c.citizen_event = e.id "
    "WHERE e.source >= 32 AND e.status = 0"
)


def declared(transaction: Transaction, here: Office, of: int, addresses: list[str], channels: list[Channel]) -> None:
    people = [register.person(here.registry.keyring, address) for address in addresses]
    recipients = register.enrol_all(transaction, here.registry.keyring, people)
    at = here.clock.now - DAY
    claims = [
        Claim(recipient, of, channel.code, identity.code, ONAY, Source.HS_WEB.code, at)
        for recipient, channel, identity in itertools.product(recipients, channels, Identity)
    ]
    ledger.declare(transaction, here.registry.policy, of, claims, Deed(Actor.PROVIDER, Door.FILE))


def numbers(here: Office, query: str, **values: object) -> list[tuple[int, ...]]:
    def read(snapshot: Snapshot) -> list[tuple[int, ...]]:
        return [tuple(row) for row in snapshot.all(Statement(sql(query)), values)]

    found: list[tuple[int, ...]] = here.registry.store.read_now(read)
    return found


def shown(text: str) -> int:
    return int(text.replace(".", ""))


def test_the_first_page_shows_what_sql_counts(office: OpenOffice) -> None:
    here, dice = office(), random.Random(27)
    store, deeds = here.registry.store, SeenDeeds(here)
    phones = [f"+9053{number:08d}" for number in range(PEOPLE)]
    mails = [f"kisi{number}@example.com" for number in range(PEOPLE)]
    for start in range(0, PEOPLE, 5000):
        part = slice(start, start + 5000)
        store.write_now(declared, here, brand(here, FIRST), phones[part], [Channel.MESAJ])
        store.write_now(declared, here, brand(here, SECOND), mails[part], [Channel.EPOSTA])
    few = phones[:100]
    store.write_now(declared, here, brand(here, SECOND), few, [Channel.ARAMA, Channel.MESAJ])
    held = numbers(here, "SELECT recipient, brand, channel, identity FROM consent ORDER BY 1, 2, 3, 4")
    assert len(held) == 100_400
    for place, key in enumerate(dice.sample(held, 120)):
        here.clock.now += HOUR * 3 if place % 2 else 0  # over more than seven days
        decided = deeds.decides(Key(*key), status=RET)
        if place % 10 == 0:
            here.clock.now += 60_000_000
            deeds.decides(Key(*key), status=ONAY)
        assert decided
    store.write_now(_took_some, brand(here, FIRST))
    movement_counts.keep_up(here.registry)
    standing_counts.keep_up(here.registry)
    owner = here.somebody(Membership(Role.OWNER, Permission.MEMBER))
    page = owner.get(AT).text

    stands = {
        code: (allowed, rest)
        for code, allowed, rest in numbers(
            here, f"SELECT b.code, sum(c.status = 1), sum(c.status <> 1) {_OF} GROUP BY b.code"
        )
    }
    table = page[page.index('id="markalar"') :]
    for code, pair in stands.items():
        row = table[table.index(f"/genel/{code}") :]
        cells = re.findall(r'<td class="num"[^>]*>([\d.]+)</td>', row)[:3]
        assert tuple(map(shown, cells)) == (code, *pair)

    by_channel = dict(numbers(here, f"SELECT c.channel, count(*) {_OF} WHERE c.status = 1 GROUP BY c.channel"))
    cards = re.findall(r'<p class="count">\s*(?:en az )?([\d.]+)', page)
    assert shown(cards[0]) == by_channel[1]
    calls, written = re.findall(r"Aranabilir: ([\d.]+)\. E.posta atılabilir: ([\d.]+)\.", page)[0]
    assert (shown(calls), shown(written)) == (by_channel[0], by_channel[2])

    week = (here.clock.now - 7 * DAY) / 1_000_000
    ((people, words),) = numbers(
        here, f"SELECT count(DISTINCT e.recipient), count(*) {_REFUSED} AND a.recorded_at >= :week", week=week
    )
    assert 0 < people < 108
    assert shown(cards[1]) == people
    assert len(download(owner, what="week")) == words

    ((untaken,),) = numbers(
        here,
        f"SELECT count(*) {_REFUSED} AND NOT EXISTS (SELECT 1 FROM handout h WHERE h.brand = e.brand "
        "AND h.taken_at IS NOT NULL AND e.id BETWEEN h.first_event AND h.last_event)",
    )
    box = re.findall(r"([\d.]+) ret alınmadı", page)[0]
    assert shown(box) == untaken
    last = re.findall(r'name="last" value="(\d+)"', page)[0]
    assert len(download(owner, last=last)) == untaken

    onay, ret = re.findall(r"İzin olarak: ([\d.]+) onay, ([\d.]+) ret\.", page)[0]
    said = dict(numbers(here, "SELECT status, count(*) FROM consent_event GROUP BY status"))
    assert (shown(onay), shown(ret)) == (said[1], said[0])
    onay, ret = re.findall(r'<title id="chart">([\d.]+) kişi onay, ([\d.]+) kişi ret</title>', page)[0]
    acts = (
        "SELECT act, brand, {0} status, count(DISTINCT recipient) AS people FROM consent_event "
        "GROUP BY act, brand, {0} status"
    )
    people = dict(numbers(here, f"SELECT status, sum(people) FROM ({acts.format('')}) GROUP BY status"))
    assert (shown(onay), shown(ret)) == (people[1], people[0])
    assert people[1] < said[1] / 1.9, "both identities of somebody are one person"
    by_channel = numbers(
        here, f"SELECT channel, status, sum(people) FROM ({acts.format('channel,')}) GROUP BY channel, status"
    )
    shown_people = re.findall(r"<li>(?:Arama|SMS|E.posta): ([\d.]+) kişi onay, ([\d.]+) kişi ret</li>", page)
    assert [tuple(map(shown, pair)) for pair in shown_people] == [
        tuple(sum(count for one, said_, count in by_channel if (one, said_) == (channel, status)) for status in (1, 0))
        for channel in range(3)
    ]


def _took_some(transaction: Transaction, first: int) -> None:
    """A program took the first half of a brand's movements."""
    last = feed.last_event(transaction)
    handout_store.note(transaction, first, handout_store.PUSH, 1, last - 60, side="IYS", taken=True)
