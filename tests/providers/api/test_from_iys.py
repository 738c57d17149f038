"""docs/from-iys.md: its commands run as they stand, and each of its sections has a test that keeps it."""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from consents.registry import Registry
from izin import app
from settings import load
from tests import ROOT
from tests.conftest import SECRET, environment
from tests.providers.api.desk import CINAR, Desk, Program, asked, brand, codes, consent
from tests.providers.api.shops import shop
from tests.providers.api.test_consents import RET, decides
from tests.typist import Typist

PAGE = (ROOT / "docs" / "from-iys.md").read_text(encoding="utf-8")
COMMANDS, ROWS = re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)
B = brand(CINAR)
SECTIONS = {
    "Companies, brands, dealers": ["test_the_commands_make_companies_whose_master_brand_has_its_providers_code"],
    "The consents that you hold": [
        "test_the_file_is_loaded_and_no_refusal_is_lost",
        "test_by_the_api_an_old_onay_is_late",
    ],
    "HS_2015": ["test_hs_2015_has_one_date"],
    "Clock": ["test_a_date_a_second_ahead_is_in_the_future"],
    "Tokens, and refresh by two processes": ["test_each_process_has_a_pair_of_its_own"],
    "Cursor": ["test_a_cursor_of_iys_is_taken_and_its_second_is_shown_again"],
    "Dealers": ["test_a_dealer_has_a_new_code_and_its_own_one_in_files"],
    "What is otherwise": ["test_what_is_otherwise_is_as_the_page_says"],
}


def test_every_section_has_its_test() -> None:
    assert re.findall(r"^## (.+)$", PAGE, re.MULTILINE) == list(SECTIONS)
    assert {name for names in SECTIONS.values() for name in names} <= globals().keys()


@pytest.fixture(scope="module")
def moved(typist: Typist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the page's commands have run, each in a process of its own."""
    folder = tmp_path_factory.mktemp("moved")
    (folder / "izinler.csv").write_text(ROWS, encoding="utf-8")
    env = environment(folder, SECRET_KEY=SECRET)
    for number, line in enumerate(COMMANDS.splitlines()):
        program, *words = shlex.split(line)
        assert program == "izin"
        done = typist.type(tuple(words), folder, env)
        assert done.returncode == (3 if words[0] == "import" else 0), done.stderr
        (folder / f"said-{number}").write_text(done.stdout, encoding="utf-8")
    return folder


@pytest.fixture
def program(moved: Path) -> Iterator[Program]:
    """A program that has changed its base URL."""
    registry = Registry.open(f"sqlite:///{moved / 'var' / 'izin.db'}", SECRET)
    settings = load({"SECRET_KEY": SECRET, "API_PER_SECOND": "1000"})
    with TestClient(app.build(settings, registry), base_url=settings.public_url) as client:
        fields = {"username": "program", "password": said(moved, "api-user").strip(), "grant_type": "password"}
        yield Program(client, client.post("/oauth2/token", json=fields).json())
    registry.close()


def said(moved: Path, word: str) -> str:
    """What the page's command of this kind has printed."""
    (number,) = [place for place, line in enumerate(COMMANDS.splitlines()) if line.startswith(f"izin {word}")]
    return (moved / f"said-{number}").read_text(encoding="utf-8")


def status(program: Program, recipient: str, kind: str = "MESAJ", identity: str = "BIREYSEL") -> str:
    body = {"recipient": recipient, "type": kind, "recipientType": identity}
    told = program.post("/sps/600100/brands/600100/consents/status", body).json()
    return str(told["status"])


def test_the_commands_make_companies_whose_master_brand_has_its_providers_code(program: Program) -> None:
    brands = program.get("/sps/600100/brands").json()
    assert {one["brandCode"]: one["master"] for one in brands} == {600100: True, 600101: False}


def test_the_file_is_loaded_and_no_refusal_is_lost(typist: Typist, moved: Path, program: Program) -> None:
    counts = json.loads(said(moved, "import").splitlines()[-1])
    assert (counts["rows"], counts["recorded"], counts["refused"]) == (5, 4, 1)
    with (moved / "ret.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["row"], row["field"], row["code"]) for row in csv.DictReader(file)] == [("5", "source", "H119")]
    assert [status(program, f"+90532000000{number}") for number in (1, 3)] == ["ONAY", "RET"]
    assert status(program, "+905320000002", "ARAMA") == "ONAY"
    corrected = ROWS.replace("IYS_WEB", "HS_KARAR")
    (moved / "again.csv").write_text(corrected, encoding="utf-8")
    words = ("import", "again.csv", "--brand", "600100", "--initial")
    done = typist.type(words, moved, environment(moved, SECRET_KEY=SECRET))
    counts = json.loads(done.stdout.splitlines()[-1])
    assert (counts["recorded"], counts["unchanged"], counts["refused"]) == (1, 4, 0)
    assert status(program, "+905320000004") == "RET"


def test_by_the_api_an_old_onay_is_late(cinar: Program) -> None:
    old = {"consentDate": "2020-11-23 10:15:00"}
    assert codes(cinar.post(f"{B}/consents", consent(**old))) == ["H467"]
    assert cinar.post(f"{B}/consents", consent(status="RET", **old)).status_code == 200
    assert codes(cinar.post(f"{B}/consents", consent(2, source="IYS_WEB"))) == ["H119"]


def test_hs_2015_has_one_date(cinar: Program) -> None:
    def told(source: str, date: str) -> list[str]:
        answer = cinar.post(f"{B}/consents", consent(status="RET", source=source, consentDate=date))
        return [] if answer.status_code == 200 else codes(answer)

    assert told("HS_2015", "2015-05-01 00:00:01") == ["H155"]
    assert told("HS_WEB", "2015-04-30 23:59:59") == ["H156"]
    assert told("HS_2015", "2015-05-01 00:00:00") == []
    onay = consent(2, source="HS_2015", consentDate="2015-05-01 00:00:00")
    assert codes(cinar.post(f"{B}/consents", onay)) == ["H467"], "it comes in by a file"


def test_a_date_a_second_ahead_is_in_the_future(cinar: Program) -> None:
    assert codes(cinar.post(f"{B}/consents", consent(consentDate="2026-11-24 12:00:01"))) == ["H162"]
    answer = cinar.post(f"{B}/consents", consent(consentDate="2026-11-24 12:00:00"))
    assert answer.json()["creationDate"] == "2026-11-24 12:00:00", "noon in Türkiye, nine in Greenwich"


def test_each_process_has_a_pair_of_its_own(here: Desk) -> None:
    def renew(program: Program, **headers: str) -> httpx2.Response:
        fields = {"grant_type": "refresh_token", "refresh_token": program.tokens["refresh_token"]}
        return program.client.post("/oauth2/token", json=fields, headers=headers)

    one, other = here.program("cinar"), here.program("cinar")
    assert [renew(program).status_code for program in (one, other)] == [200, 200]
    assert [program.get(f"/sps/{CINAR}/brands").status_code for program in (one, other)] == [200, 200]
    unheard = here.program("cinar")
    key = {"Idempotency-Key": "renewal-1"}
    assert renew(unheard, **key).json()["refresh_token"] == renew(unheard, **key).json()["refresh_token"]
    shared = here.program("cinar")
    assert renew(shared).status_code == 200
    assert renew(shared).json()["error"] == "invalid_grant", "the second process shows a spent token"
    assert shared.get(f"/sps/{CINAR}/brands").status_code == 401, "and both are out"


def test_a_cursor_of_iys_is_taken_and_its_second_is_shown_again(here: Desk, cinar: Program) -> None:
    cinar.post(f"{B}/consents", consent(1))
    second = here.clock.now // 1_000_000
    here.clock.forward(seconds=1)
    cinar.post(f"{B}/consents", consent(2))

    def shown(after: str) -> list[str]:
        answer = cinar.get(f"{B}/consents/changes?source=HS{after}")
        return [] if answer.status_code == 204 else [one["recipient"][-1] for one in answer.json()["list"]]

    kept = "632cc1" + "0" * 58
    assert shown(f"&after={second}_{kept}") == ["1", "2"]
    assert shown(f"&after={second + 1}_{kept}") == ["2"]
    assert shown("") == ["1", "2"], "no hour is hidden"
    here.clock.forward(days=8)
    later = here.program("cinar")
    assert later.get(f"{B}/consents/changes?source=HS").status_code == 204


def test_a_dealer_has_a_new_code_and_its_own_one_in_files(moved: Path, program: Program, cinar: Program) -> None:
    code = int(said(moved, "dealer"))
    body = {"recipient": "ayse@example.com", "type": "EPOSTA", "recipientType": "TACIR"}
    told = program.post("/sps/600100/brands/600100/consents/status", body).json()
    assert (told["retailerCode"], told["retailerTitle"]) == (code, "Örnek Bayi")
    assert codes(cinar.post(f"{B}/consents", consent(retailerCode=55_550_127))) == ["H180"]
    refusal = consent(status="RET", retailerCode=55_550_127)
    assert cinar.post(f"{B}/consents", refusal).status_code == 200
    answer = cinar.post(f"{B}/retailers", {"name": "Ayşe", "tckn": "10000000147"})
    assert answer.status_code == 400
    missing = {error["location"][0] for error in answer.json()["errors"]}
    assert missing == {"title", "tckn", "tin", "city", "town"}, "all in one answer"
    assert cinar.post(f"{B}/retailers", shop()).status_code == 201


def test_what_is_otherwise_is_as_the_page_says(here: Desk, cinar: Program) -> None:
    decides(here, 1, RET)
    here.clock.forward(hours=1)
    assert cinar.post(f"{B}/consents", consent(consentDate="2026-11-24 12:30:00")).status_code == 200
    assert cinar.post(f"{B}/consents/status", asked()).json()["status"] == "RET"
    assert cinar.post(f"{B}/consents/status?pending=1", asked()).json()["status"] == "BEKLIYOR"
    errors = cinar.post(f"{B}/consents/status", {}).json()["errors"]
    assert (type(errors), errors[0]["code"]) == (list, "H111")
    assert cinar.get(f"/sps/{CINAR}/subscription").json()["status"] == "ACTIVE"
    assert "H1005" in codes(cinar.post(f"/via/sps/{CINAR}/consent", {}))
    assert codes(cinar.get("/widget/publicKey/1")) == ["Z501"]
