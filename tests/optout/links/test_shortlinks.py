"""Codes, however they are typed; links minted by the hundred thousand."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql

from consents.keys import Keyring
from consents.people.held_keys import PURPOSES
from consents.people.recipients import BadAddress
from consents.people.register import person
from consents.registry import Registry
from consents.store import Snapshot, Statement
from consents.terms import Channel
from optout.links import link_targets
from tests.citizen.consents.town import AYSE, CINAR, MAIL, Town, town
from tests.conftest import Clock, swept
from tests.optout.links import door
from trust import minting
from trust.minting import ALPHABET, LENGTH, LinkOrder

CODE = "7GK02MXVT9BR1F"
_KEPT = Statement(sql("SELECT digest, recipient, expires_at FROM short_link"))
_OWNER = Statement(
    sql("SELECT sealed FROM short_link JOIN recipient ON recipient.id = recipient WHERE digest = :digest")
)
_COUNT = Statement(sql("SELECT count(*) FROM short_link"))


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        "7gk-02mx-vt9b-r1f",
        "7GKO2MXVT9BRIF",
        "7gko2mxvt9brlf",
        "7GK02-MXVT9-BR1F).",
        " 7GK02 MXVT9 BR1F ",
        "7GK02\u2011MXVT9\u2013BR1F…",
        "7GK02MXVT9BR1F!?:;,",
    ],
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert link_targets.read(typed) == CODE


@pytest.mark.parametrize("typed", ["", CODE[:-1], CODE + "0", "U" + CODE[1:], "." + CODE, CODE + "\n\n\0", "é" * 14])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert link_targets.read(typed) is None


@given(st.text(max_size=80))
def test_reading_takes_anything(typed: str) -> None:
    found = link_targets.read(typed)
    assert found is None or (len(found) == LENGTH and set(found) <= set(ALPHABET))


def test_codes_are_of_the_alphabet_and_each_is_new() -> None:
    made = minting.codes(2000)
    assert len(set(made)) == 2000
    assert set("".join(made)) == set(ALPHABET)
    assert all(link_targets.read(link_targets.spelt(code).lower()) == code for code in made)


def test_what_is_kept_of_a_code_never_changes() -> None:
    """Links that were handed out have to be known for as long as they live."""
    keyring = Keyring({purpose: bytes(range(size)) for purpose, size in PURPOSES.items()})
    assert minting.digest(keyring, "0123456789ABCD").hex() == "543ff0a07be315568b111faecf0dbeb9"
    made = minting.ready(keyring, "https://izin.example", [AYSE, MAIL, AYSE])
    assert [one.digest for one in made] == [minting.digest(keyring, one.issued.url[-LENGTH:]) for one in made]
    assert [one.person for one in made] == [person(keyring, address) for address in (AYSE, MAIL, AYSE)]
    assert [one.issued.address for one in made] == [AYSE, MAIL, AYSE]


def test_only_a_keyed_hash_is_kept(here: Town) -> None:
    path = door.link(here, AYSE)
    ((digest, _, expires_at),) = here.registry.store.read_now(Snapshot.all, _KEPT)
    assert bytes(digest) == minting.digest(here.registry.keyring, path[3:])
    assert len(digest) == 16
    assert expires_at == here.now // 1_000_000 + 400 * 86_400


@pytest.mark.parametrize(
    ("typed", "channel", "address"),
    [
        ("0532 000 00 01", "MESAJ", AYSE),
        ("0212 000 00 01", "ARAMA", "+902120000001"),
        ("Ayse@Example.com", "EPOSTA", MAIL),
        ("0212 000 00 01", "MESAJ", None),
        (MAIL, "MESAJ", None),
        (AYSE, "EPOSTA", None),
        ("nobody", "ARAMA", None),
    ],
)
def test_the_channel_must_fit_the_address(typed: str, channel: str, address: str | None) -> None:
    if address is None:
        with pytest.raises(BadAddress):
            minting.link_address(typed, Channel(channel))
    else:
        assert minting.link_address(typed, Channel(channel)) == address


def test_each_of_fifty_links_leads_to_the_one_it_was_minted_for(registry: Registry) -> None:
    """In an order that is neither that of the addresses nor of their numbers; some are known, some stand twice."""
    with town(registry) as here:
        fifty = [f"+9053200000{number:02}" for number in range(50)]
        for known in fifty[40:20:-3]:
            here.person(known)
        asked = fifty[::7] + fifty[::-1] + fifty[1::9]
        order = LinkOrder(here.brand(CINAR), Channel.MESAJ, "https://izin.example", 400)
        issued = list(minting.mint_all(registry, order, asked))
        assert [one.address for one in issued] == asked
        assert len({one.url for one in issued}) == len(asked)
        for address, url in issued[::-1]:
            digest = minting.digest(registry.keyring, url.removeprefix("https://izin.example/k/"))
            (sealed,) = registry.store.read_now(Snapshot.one, _OWNER, {"digest": digest}) or (b"",)
            assert registry.keyring.unseal(bytes(sealed)) == address
        for address, url in issued[: len(fifty) : 5]:
            page = door.posted(here, url.removeprefix("https://izin.example"), {"status": "RET"})
            assert f"+90 532 ••• •• {address[-2:]}" in page.text
            assert door.stands(here, address) == "RET"
        refused = {address for address, _ in issued[: len(fifty) : 5]}
        assert {address for address in fifty if door.stands(here, address) != "YOK"} == refused
        assert list(minting.mint_all(registry, order, [])) == []


@pytest.mark.slow
def test_a_long_list_is_minted_in_flat_memory(here: Town) -> None:
    count, order = 50_000, LinkOrder(here.brand(CINAR), Channel.MESAJ, "https://izin.example", 400)
    peaks: list[int] = []

    def numbers() -> Iterator[str]:
        for number in range(count):
            if number in (10_000, count - 1):
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.reset_peak()
            yield f"+90532{number:07d}"

    tracemalloc.start()
    try:
        minted = sum(1 for _ in minting.mint_all(here.registry, order, numbers()))
    finally:
        tracemalloc.stop()
    assert minted == count
    assert here.registry.store.read_now(Snapshot.one, _COUNT) == (count,)
    assert peaks[1] < peaks[0] + 1_000_000, peaks
    assert peaks[1] < 8_000_000


def test_links_that_have_run_out_are_forgotten(here: Town, clock: Clock) -> None:
    door.link(here, AYSE, days=30)
    path = door.link(here, AYSE, days=400)
    clock.forward(days=31)
    assert swept(here.registry.store, "short_link") == 1
    assert swept(here.registry.store, "short_link") == 0
    assert here.client.get(path).status_code == 200
