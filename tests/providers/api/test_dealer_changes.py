"""Dealers that are listed, changed and let go by people, by the rules that the API's calls have."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from providers.callers import partners
from tests.conftest import SECRET, Run
from tests.providers.api.desk import CINAR, PARTNER, Desk, Program, brand, consent

B = brand(CINAR)


def test_the_operator_lists_changes_and_ends_dealers(
    here: Desk, cinar: Program, run: Run, database_url: str, tmp_path: Path
) -> None:
    izin = partial(run, DATABASE_URL=database_url, SECRET_KEY=SECRET, WITNESS_FILE=str(tmp_path / "witness"))
    of = ("--brand", str(CINAR))
    used, unused = (izin("dealer", "add", *of, "--title", title).stdout.strip() for title in ("Bir", "İki"))
    assert cinar.post(f"{B}/consents", consent(1, retailerCode=int(used))).status_code == 200
    lines = izin("dealer", "list", *of).stdout.splitlines()
    assert lines == [f"{used}\tBir\tactive\t1", f"{unused}\tİki\tactive\t0"]
    assert izin("dealer", "change", *of, "--dealer", used, "--title", "Birinci", "--status", "passive").returncode == 0
    assert cinar.get(f"{B}/retailers/{used}").json()["status"] == "passive"
    assert "active or passive" in izin("dealer", "change", *of, "--dealer", used, "--status", "gone").stderr
    assert "make it passive" in izin("dealer", "end", *of, "--dealer", used).stderr
    assert izin("dealer", "end", *of, "--dealer", unused).returncode == 0
    assert izin("dealer", "list", *of).stdout.splitlines() == [f"{used}\tBirinci\tpassive\t1"]
    assert "no dealer" in izin("dealer", "end", *of, "--dealer", unused).stderr
    assert "no dealer" in izin("dealer", "change", *of, "--dealer", unused, "--title", "x").stderr


def test_a_brand_knows_the_partners_that_may_do_something_with_it(here: Desk) -> None:
    here.grant(CINAR, (2, 0, 1), agreements=True)
    number = here.registry.store.read_now(here.registry.brands.book, here.clock.now).by_code[CINAR].id
    (found,) = here.registry.store.read_now(partners.of_brand, number)
    assert found == (PARTNER, "Örnek İş Ortağı", partners.Grant((2, 0, 1), agreements=True))
