"""Packages: new addresses beyond the limit are refused their ONAY, never a RET; what is counted is what is held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as changed
from functools import partial
from pathlib import Path

import pytest

from consents import ledger
from consents.brands import packages
from consents.brands.companies import BadCompany
from consents.brands.company_changes import Why
from consents.brands.packages import PACKAGES, Package
from consents.history import Deed
from consents.ledger import Wish
from consents.people import register
from consents.terms import Actor, Door, Source
from providers.uploads.loading import Order, load
from providers.uploads.taking_back import take_back
from tests.conftest import SECRET, Run
from tests.providers.api.desk import CINAR, CINAR_ALT, Desk, Program, asked, brand, codes, consent
from tests.providers.api.test_lists import finish

B, ALT = brand(CINAR), brand(CINAR_ALT)
RET = {"status": "RET", "consentDate": "2026-11-24 09:00:00"}
ONAY = {"consentDate": "2026-11-24 10:00:00"}
REASON = "a test"
HEAD = "IZINTURU,ALICI,DURUMU,IZINKAYNAGI,IZINTARIHI,FIRMATIPI\n"


@pytest.fixture(autouse=True)
def small() -> Iterator[None]:
    """A package of two addresses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PACKAGES, "İLETİ-5", Package("İLETİ-5", 2, 1, 0))
        yield


def give(here: Desk, name: str | None = "İLETİ-5") -> None:
    packages.give(here.registry.store, CINAR, name, Why(here.registry.keyring, REASON))


def used(here: Desk) -> int:
    """What is counted, which is what is held."""
    number = here.registry.store.read_now(here.registry.brands.book, here.clock.now).by_code[CINAR].company
    held = here.registry.store.read_now(packages.get, number)
    assert held is not None
    assert held.used == here.registry.store.read_now(packages.counted, number)
    return held.used


def add(cinar: Program, number: int, path: str = B, **other: str) -> tuple[int, list[str]]:
    answer = cinar.post(f"{path}/consents", consent(number, **other))
    return answer.status_code, [] if answer.status_code == 200 else codes(answer)


def test_an_address_beyond_the_package_may_refuse_and_not_consent(here: Desk, cinar: Program) -> None:
    give(here)
    assert [add(cinar, number) for number in (1, 2)] == [(200, [])] * 2
    assert add(cinar, 3) == (422, ["H525"])
    assert add(cinar, 3, **RET) == (200, [])
    assert used(here) == 2
    assert add(cinar, 1, type="ARAMA") == (200, []), "an address counts once for all channels"
    assert add(cinar, 2, ALT) == (200, []), "and for all brands"
    assert used(here) == 2
    assert add(cinar, 4, ALT) == (422, ["H525"]), "of whichever brand"


def test_a_refusal_gives_room_once_nothing_of_the_address_is_held(here: Desk, cinar: Program) -> None:
    give(here)
    assert [add(cinar, 1), add(cinar, 1, ALT), add(cinar, 2)] == [(200, [])] * 3
    assert add(cinar, 1, **RET) == (200, [])
    assert (used(here), add(cinar, 3)) == (2, (422, ["H525"])), "the other brand holds it still"
    assert add(cinar, 1, ALT, **RET) == (200, [])
    assert (used(here), add(cinar, 3)) == (1, (200, []))
    assert (used(here), add(cinar, 1, consentDate="2026-11-24 11:00:00")) == (2, (422, ["H525"]))


def test_what_a_citizen_decides_takes_no_room_and_gives_none(here: Desk, cinar: Program) -> None:
    give(here)
    assert add(cinar, 1) == (200, [])
    registry = here.registry
    number = registry.store.read_now(registry.brands.book, here.clock.now).by_code[CINAR].id
    for place in (1, 7):
        person = register.person(registry.keyring, f"+9053200000{place:02}")

        def refuse(transaction: object, person: register.Person = person) -> None:
            (recipient,) = register.enrol_all(transaction, registry.keyring, [person])  # type: ignore[arg-type]
            wish = Wish(number, 1, 0, 0, Source.IYS_WEB.code)
            ledger.decide(transaction, registry.policy, recipient, [wish], Deed(Actor.CITIZEN, Door.PAGE))  # type: ignore[arg-type]

        registry.store.write_now(refuse)
    assert used(here) == 1
    assert [add(cinar, 2), add(cinar, 3)] == [(200, []), (422, ["H525"])]


def test_in_a_list_the_first_that_fit_are_recorded(here: Desk, cinar: Program) -> None:
    give(here)
    items = [consent(1), consent(2), consent(3), consent(4, **RET), consent(1, type="ARAMA")]
    request = cinar.post(f"{B}/consents/request", items).json()["requestId"]
    finish(here)
    found = cinar.get(f"{B}/consents/request/{request}").json()
    assert [one.get("error", {}).get("code") or one["status"] for one in found] == [
        "success", "success", "H525", "success", "success",
    ]  # fmt: skip
    assert used(here) == 2


def test_a_file_is_held_to_it_in_a_dry_run_too_and_taking_it_back_gives_the_room_back(
    here: Desk, cinar: Program, tmp_path: Path
) -> None:
    give(here)
    assert add(cinar, 1, ALT) == (200, [])
    lines = [f"MESAJ,+9053200000{n:02},ONAY,HS_WEB,2026-11-24 10:00:00,BIREYSEL\n" for n in (1, 2, 3)]
    lines.append("MESAJ,+905320000004,RET,HS_WEB,2026-11-24 10:00:00,BIREYSEL\n")
    file = tmp_path / "a.csv"
    file.write_text(HEAD + "".join(lines))
    known = here.registry.store.read_now(lambda snapshot: packages.companies.known_brand(snapshot, CINAR))
    assert known is not None
    order = Order(file, known, dry_run=True)
    dry = load(here.registry, order)
    assert used(here) == 1
    done = load(here.registry, changed(order, dry_run=False, refusals=tmp_path / "refused.csv"))
    assert (dry.recorded, dry.refused) == (done.recorded, done.refused) == (3, 1)
    assert "H525" in (tmp_path / "refused.csv").read_text()
    assert used(here) == 2
    assert done.batch is not None
    take_back(here.registry, done.batch)
    assert used(here) == 1


def test_a_package_given_later_counts_what_is_held_and_takes_nothing_away(here: Desk, cinar: Program) -> None:
    assert [add(cinar, number) for number in (1, 2, 3)] == [(200, [])] * 3
    give(here)
    assert used(here) == 3
    told = cinar.get(f"/sps/{CINAR}/subscription").json()
    assert {name: told[name] for name in ("consentLimit", "consentLimitExceed", "usedConsentLimit")} == {
        "consentLimit": 2, "consentLimitExceed": False, "usedConsentLimit": 3,
    }  # fmt: skip
    assert told["subscriptionPackageName"] == "İLETİ-5 (Seviye 1)"
    assert (add(cinar, 3, type="ARAMA"), add(cinar, 4)) == ((200, []), (422, ["H525"]))
    give(here, "İLETİ+")
    assert add(cinar, 4) == (200, [])
    give(here, None)
    assert cinar.get(f"/sps/{CINAR}/subscription").json()["consentLimitExceed"] is True
    for wrong in ("İLETİ-6", ""):
        with pytest.raises(BadCompany, match="no package"):
            give(here, wrong)


def test_small_packages_lead_through_a_partner_where_the_operator_says_so(here: Desk, cinar: Program) -> None:
    give(here)
    here.grant(CINAR, (2, 2, 2))
    partner, only = here.program("partner"), partial(here.registry.store.write_now, packages.only_through_partners)
    only(1)
    assert add(cinar, 1) == (200, []), "a package of two is above one"
    only(2)
    assert add(cinar, 2) == (403, ["H586"])
    assert codes(cinar.post(f"{B}/consents/status", asked())) == ["H586"]
    assert codes(cinar.post(f"{B}/consents/request", [consent(2), consent(3, **RET)])) == ["H586"]
    assert add(cinar, 1, **RET) == (200, []), "refusals in any way"
    assert cinar.post(f"{B}/consents/request", [consent(3, **RET)]).status_code == 202
    assert cinar.get(f"{B}/consents/changes").status_code == 204
    assert add(partner, 2) == (200, [])
    give(here, "İLETİ+")
    assert cinar.post(f"{B}/consents/status", asked()).status_code == 200
    give(here)
    only(None)
    assert cinar.post(f"{B}/consents/status", asked()).status_code == 200


def test_the_operator_types_it(here: Desk, run: Run, database_url: str, tmp_path: Path) -> None:
    izin = partial(run, DATABASE_URL=database_url, SECRET_KEY=SECRET, WITNESS_FILE=str(tmp_path / "witness"))
    of = ("--provider", str(CINAR))
    listed = [line.split("\t") for line in izin("provider", "packages").stdout.splitlines()]
    assert ["İLETİ-150", "150000", "1", "4320"] in listed
    assert listed[-1] == ["İLETİ+", "-", "1", "-"]
    assert izin("provider", "package", *of).stdout == ""
    given = izin("provider", "package", *of, "--package", "İLETİ-25", "--reason", "başvuru")
    assert given.stdout == "İLETİ-25\t0\t25000\n", given.stderr
    assert "reason" in izin("provider", "package", *of, "--none").stderr
    assert izin("provider", "package", *of, "--none", "--reason", "bitti").stdout == ""
    assert izin("partner", "only").stdout == "off\n"
    assert izin("partner", "only", "--below", "250000").stdout == "250000\n"
    assert izin("partner", "only", "--off").stdout == "off\n"
