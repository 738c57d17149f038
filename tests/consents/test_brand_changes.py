"""Brands that are renamed, named anew and closed: by the rules of new ones, shown at once, kept with the reason."""

from __future__ import annotations

import pytest

from consents.brands import brand_changes, company_changes, provider_states
from consents.brands.book import BrandCache, BrandEntry
from consents.brands.companies import BadCompany
from consents.brands.company_changes import Why
from consents.registry import Registry
from tests.conftest import Clock
from tests.consents.conftest import CINAR, ISIK, World

REASON = "a new sign over the door"
OWNER = 600100


def listed(registry: Registry, code: int = CINAR) -> BrandEntry:
    return registry.store.read_now(registry.brands.book, registry.store.now()).by_code[code]


def names(registry: Registry, code: int = CINAR) -> tuple[list[str], list[str]]:
    return registry.store.read_now(brand_changes.names, listed(registry, code).id)


def changes(registry: Registry) -> list[str]:
    return [one.what for one in registry.store.read_now(company_changes.of_provider, registry.keyring, OWNER)]


def test_a_new_title_is_found_at_once_and_the_old_one_no_more(registry: Registry, world: World) -> None:
    before = listed(registry).title
    registry.store.write_now(brand_changes.rename, CINAR, " Yeni  Çınar ", Why(registry.keyring, REASON))
    assert listed(registry).title == "Yeni Çınar"
    book = registry.store.read_now(registry.brands.book, registry.store.now())
    assert CINAR in [one.code for one in book.search("yeni çınar")]
    (change,) = registry.store.read_now(company_changes.of_provider, registry.keyring, OWNER)
    assert (change.brand, change.what, change.detail) == (CINAR, "brand renamed", f"{before} → Yeni Çınar")
    for title in ("", "x" * 256):
        with pytest.raises(BadCompany, match="printable"):
            registry.store.write_now(brand_changes.rename, CINAR, title, Why(registry.keyring, REASON))


def test_names_replace_names_and_headers_headers(registry: Registry, world: World) -> None:
    write = registry.store.write_now
    write(brand_changes.set_names, CINAR, ["Ulu", "Ulucinar"], Why(registry.keyring, REASON))
    write(brand_changes.set_headers, CINAR, ["ULU AS"], Why(registry.keyring, REASON))
    assert names(registry) == (["ULU", "ULUCINAR"], ["ULU AS"])
    write(brand_changes.set_names, CINAR, ["Ulu"], Why(registry.keyring, REASON))
    assert names(registry) == (["ULU"], ["ULU AS"])
    write(brand_changes.set_headers, CINAR, [], Why(registry.keyring, REASON))
    assert names(registry) == (["ULU"], [])
    book = registry.store.read_now(registry.brands.book, registry.store.now())
    assert book.named["ULU"] == listed(registry).id
    assert "ULUCINAR" not in book.named
    assert changes(registry) == ["brand headers changed", "brand names changed"] * 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["RET"], "means something else"),
        (["ON IKI HARF L"], "letters or digits"),
        (["a", "b", "c", "d"], "at most 3"),
        (["Isim", "12345"], "bare number"),
    ],
)
def test_what_an_sms_could_not_tell_apart_is_refused_and_the_old_names_stay(
    registry: Registry, world: World, given: list[str], words: str
) -> None:
    registry.store.write_now(brand_changes.set_names, CINAR, ["Ulu"], Why(registry.keyring, REASON))
    with pytest.raises(BadCompany, match=words):
        registry.store.write_now(brand_changes.set_names, CINAR, given, Why(registry.keyring, REASON))
    assert names(registry)[0] == ["ULU"]


def test_a_name_of_another_brand_is_refused_until_that_one_lets_it_go(registry: Registry, world: World) -> None:
    write = registry.store.write_now
    write(brand_changes.set_names, ISIK, ["Ulu"], Why(registry.keyring, REASON))
    for change in (brand_changes.set_names, brand_changes.set_headers):
        with pytest.raises(BadCompany, match="another brand"):
            write(change, CINAR, ["ulu"], Why(registry.keyring, REASON))
    write(brand_changes.set_names, ISIK, [], Why(registry.keyring, REASON))
    write(brand_changes.set_names, CINAR, ["ulu"], Why(registry.keyring, REASON))
    assert names(registry)[0] == ["ULU"]


def test_a_closed_brand_is_shown_as_closed_at_once_and_opens_again(registry: Registry, world: World) -> None:
    write = registry.store.write_now
    assert not listed(registry).closed
    write(brand_changes.close, CINAR, Why(registry.keyring, REASON))
    assert listed(registry).closed
    assert registry.store.read_now(provider_states.of_brand, listed(registry).id).code == "Z425"
    with pytest.raises(BadCompany, match="is closed"):
        write(brand_changes.close, CINAR, Why(registry.keyring, REASON))
    write(brand_changes.reopen, CINAR, Why(registry.keyring, REASON))
    assert not listed(registry).closed
    with pytest.raises(BadCompany, match="is open"):
        write(brand_changes.reopen, CINAR, Why(registry.keyring, REASON))
    write(provider_states.close, OWNER, Why(registry.keyring, REASON))
    assert listed(registry).closed, "with its provider"


def test_without_a_reason_or_a_brand_nothing_changes(registry: Registry, world: World) -> None:
    title = listed(registry).title
    for change, argument in ((brand_changes.rename, "Yeni"), (brand_changes.set_names, ["Ulu"])):
        with pytest.raises(BadCompany, match="reason"):
            registry.store.write_now(change, CINAR, argument, Why(registry.keyring, ""))
        with pytest.raises(BadCompany, match="no brand"):
            registry.store.write_now(change, 999, argument, Why(registry.keyring, REASON))
    with pytest.raises(BadCompany, match="reason"):
        registry.store.write_now(brand_changes.close, CINAR, Why(registry.keyring, " "))
    assert (listed(registry).title, listed(registry).closed, changes(registry)) == (title, False, [])


def test_a_brand_looked_up_alone_shows_what_another_process_changed_within_a_second(
    registry: Registry, world: World, clock: Clock
) -> None:
    elsewhere = BrandCache()

    def title() -> tuple[str, str]:
        found = [
            registry.store.read_now(look, number, clock())
            for look, number in ((elsewhere.by_id, world.cinar), (elsewhere.by_code, CINAR))
        ]
        assert found[0]
        assert found[1]
        return found[0].title, found[1].title

    assert title() == ("Çınar", "Çınar")
    registry.store.write_now(brand_changes.rename, CINAR, "Yeni Çınar", Why(registry.keyring, REASON))
    clock.forward(seconds=1)
    assert title() == ("Yeni Çınar", "Yeni Çınar")
