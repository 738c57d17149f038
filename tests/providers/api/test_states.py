"""Calls of paused and closed providers: what they are refused, and that refusals pass in every state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from consents.brands import brand_changes, provider_states
from consents.brands.company_changes import Why
from consents.registry import Registry
from consents.rules import Policy
from izin import app
from providers.api.endpoint import OpenTo, Right
from providers.routes import routes
from tests.conftest import SECRET, Clock, Opener, Run
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, Desk, Program, asked, brand, codes, consent
from tests.providers.api.test_lists import finish

B = brand(CINAR)
RET = {"status": "RET", "consentDate": "2026-11-24 09:00:00"}
PAUSED, CLOSED = ("pause", "H520"), ("close", "H521")


@pytest.fixture
def other(here: Desk, database_url: str, open_registry: Opener) -> Iterator[TestClient]:
    """Another process of the same site."""
    site = app.build(here.settings, open_registry(database_url))
    with TestClient(site, base_url=here.settings.public_url, client=("192.0.2.11", 50000)) as client:
        yield client


def change(here: Desk, deed: str) -> None:
    here.registry.store.write_now(getattr(provider_states, deed), CINAR, Why(here.registry.keyring, "a test"))


def said(answer: Any) -> tuple[int, list[str]]:
    return answer.status_code, [] if answer.status_code < 400 else codes(answer)


@pytest.mark.parametrize(("deed", "code"), [PAUSED, CLOSED])
def test_every_process_refuses_at_the_next_call_and_no_longer_once_reopened(
    here: Desk, other: TestClient, deed: str, code: str
) -> None:
    cinar, isik = here.program("cinar"), here.program("isik")
    everywhere = [cinar, Program(other, cinar.tokens)]
    path = f"/sps/{CINAR}/brands"
    assert [one.get(path).status_code for one in everywhere] == [200, 200]
    change(here, deed)
    for one in everywhere:
        assert said(one.get(path)) == (403, [code])
        assert said(one.post(f"{B}/consents/status", asked())) == (403, [code])
        assert said(one.post(f"{B}/retailers", {})) == (403, [code])
        assert said(one.post(f"{brand(CINAR_ALT)}/consents/status", asked())) == (403, [code]), "all its brands"
        assert one.get(f"/sps/{CINAR}/subscription").json()["status"] == {"pause": "PAUSED", "close": "CLOSED"}[deed]
    assert isik.get(f"/sps/{ISIK}/brands").status_code == 200, "nobody else is touched"
    change(here, "reopen")
    assert [one.get(path).status_code for one in everywhere] == [200, 200]


@pytest.mark.parametrize(("deed", "code"), [PAUSED, CLOSED])
@pytest.mark.parametrize("version", ["", "/v2"])
def test_a_refusal_is_recorded_in_every_state_and_a_consent_is_not(
    here: Desk, deed: str, code: str, version: str
) -> None:
    cinar = here.program("cinar")
    assert cinar.post(f"{B}/consents", consent(1)).status_code == 200
    change(here, deed)
    assert said(cinar.post(f"{version}{B}/consents", consent(2))) == (403, [code])
    assert said(cinar.post(f"{version}{B}/consents", consent(1, **RET))) == (200, [])
    assert said(cinar.post(f"{version}{B}/consents", consent(3, **RET))) == (200, []), "of somebody unknown too"
    change(here, "reopen")
    stands = [cinar.post(f"{B}/consents/status", asked(number)).json().get("status") for number in (1, 2, 3)]
    assert stands == ["RET", None, "RET"]


@pytest.mark.parametrize(("deed", "code"), [PAUSED, CLOSED])
def test_of_a_list_the_refusals_are_recorded(here: Desk, deed: str, code: str) -> None:
    cinar = here.program("cinar")
    change(here, deed)
    path = f"{B}/consents/request"
    assert said(cinar.post(path, [consent(1), consent(2)])) == (403, [code]), "nothing of it could be recorded"
    queued = cinar.post(path, [consent(1), consent(2, **RET)])
    assert queued.status_code == 202
    finish(here)
    change(here, "reopen")
    found = cinar.get(f"{path}/{queued.json()['requestId']}").json()
    assert [one["status"] for one in found] == ["failure", "success"]
    assert found[0]["error"]["code"] == code


def test_a_list_that_was_taken_before_is_judged_by_what_holds_when_it_is_stored(here: Desk) -> None:
    cinar = here.program("cinar")
    queued = cinar.post(f"{B}/consents/request", [consent(1)]).json()
    change(here, "pause")
    finish(here)
    change(here, "reopen")
    (found,) = cinar.get(f"{B}/consents/request/{queued['requestId']}").json()
    assert (found["status"], found["error"]["code"]) == ("failure", "H520")


def test_a_paused_provider_hears_of_refusals_and_a_closed_one_does_not(here: Desk) -> None:
    cinar = here.program("cinar")
    assert cinar.post(f"{B}/consents", consent(1, **RET)).status_code == 200
    change(here, "pause")
    (movement,) = cinar.get(f"{B}/consents/changes?source=HS").json()["list"]
    assert movement["status"] == "RET"
    change(here, "close")
    assert said(cinar.get(f"{B}/consents/changes")) == (403, ["H521"])


def test_strict_iys_bars_refusals_and_the_feed_as_iys_does(registry: Registry, clock: Clock) -> None:
    with closing(Desk(replace(registry, policy=Policy(strict=True)), clock, {})) as here:
        bars_as_iys_does(here)


def bars_as_iys_does(here: Desk) -> None:
    cinar = here.program("cinar")
    assert cinar.post(f"{B}/consents", consent(1)).status_code == 200
    change(here, "pause")
    assert said(cinar.get(f"{B}/consents/changes")) == (403, ["H520"])
    assert said(cinar.post(f"{B}/consents", consent(1, **RET))) == (403, ["H520"])
    assert said(cinar.post(f"{B}/consents/request", [consent(1, **RET)])) == (403, ["H520"])


def test_a_partner_is_barred_with_the_provider_it_acts_for(here: Desk) -> None:
    here.grant(CINAR, (2, 2, 2))
    here.grant(ISIK, (2, 2, 2))
    partner = here.program("partner")
    change(here, "pause")
    assert said(partner.post(f"{B}/consents/status", asked())) == (403, ["H520"])
    assert partner.post(f"{brand(ISIK)}/consents/status", asked()).status_code == 200
    assert said(partner.post(f"{B}/consents", consent(4, **RET))) == (200, [])


def test_a_closed_brand_takes_refusals_alone_and_its_feed_goes_on(here: Desk) -> None:
    cinar = here.program("cinar")
    here.registry.store.write_now(brand_changes.close, CINAR, Why(here.registry.keyring, "a test"))
    assert said(cinar.post(f"{B}/consents", consent(1))) == (403, ["Z425"])
    assert said(cinar.post(f"{B}/consents/request", [consent(1)])) == (403, ["Z425"])
    assert said(cinar.post(f"{B}/consents", consent(1, **RET))) == (200, [])
    links = {"links": [{"recipient": "+905320000001", "type": "MESAJ"}]}
    assert said(cinar.post(f"{B}/short-links", links)) == (403, ["Z425"])
    assert said(cinar.post(f"{B}/retailers", {})) == (403, ["Z425"])
    assert cinar.post(f"{B}/consents/status", asked()).json()["status"] == "RET"
    assert [one["status"] for one in cinar.get(f"{B}/consents/changes?source=HS").json()["list"]] == ["RET"]
    assert said(cinar.post(f"{brand(CINAR_ALT)}/consents", consent(1))) == (200, []), (
        "its provider's other brand is open"
    )


def test_only_calls_that_bring_or_hand_out_refusals_are_open_to_barred_providers() -> None:
    """A new call is barred unless somebody decides otherwise, here."""
    found = {
        (route.path.replace("/sps/{iysCode}", "S"), route.endpoint.open_to)  # type: ignore[attr-defined]
        for route in routes()
        if getattr(route.endpoint, "open_to", OpenTo.ACTIVE) is not OpenTo.ACTIVE  # type: ignore[attr-defined]
        and route.endpoint.right is not Right.ANYBODY  # type: ignore[attr-defined]
    }
    brands = "S/brands/{brandCode}"
    assert found == {
        (f"{brands}/consents", OpenTo.ALL),
        (f"/v2{brands}/consents", OpenTo.ALL),
        (f"{brands}/consents/request", OpenTo.ALL),
        (f"/v2{brands}/consents/request", OpenTo.ALL),
        ("S/subscription", OpenTo.ALL),
        ("/otp-management/api/v1/subscription/{iysCode}", OpenTo.ALL),
        (f"{brands}/consents/changes", OpenTo.REFUSALS_READ),
    }


def test_the_operator_types_it(here: Desk, run: Run, database_url: str, tmp_path: Path) -> None:
    izin = partial(run, DATABASE_URL=database_url, SECRET_KEY=SECRET, WITNESS_FILE=str(tmp_path / "witness"))
    cinar, of = here.program("cinar"), ("--provider", str(CINAR), "--reason")
    assert izin("provider", "pause", *of, "borcu var").returncode == 0
    assert said(cinar.get(f"/sps/{CINAR}/brands")) == (403, ["H520"])
    lines = izin("provider", "list").stdout.splitlines()
    assert [line.split("\t")[:3] for line in lines] == [
        [str(CINAR), "Çınar A.Ş.", "paused"],
        [str(ISIK), "Işık A.Ş.", "active"],
    ]
    assert izin("provider", "reopen", *of, "ödedi").returncode == 0
    alone = izin("provider", "list", "--provider", str(CINAR)).stdout.splitlines()
    assert [line.split("\t")[1] for line in alone[1:]] == ["provider reopened", "provider paused"]
    assert "is active" in izin("provider", "reopen", *of, "yine").stderr
    assert "no provider 9" in izin("provider", "list", "--provider", "9").stderr


def test_the_operator_types_what_changes_of_a_brand(here: Desk, run: Run, database_url: str, tmp_path: Path) -> None:
    izin = partial(run, DATABASE_URL=database_url, SECRET_KEY=SECRET, WITNESS_FILE=str(tmp_path / "witness"))
    of, why = ("--brand", str(CINAR_ALT)), ("--reason", "yeni tabela")
    assert izin("brand", "rename", *of, "--title", "Çınar Bebek", *why).returncode == 0
    assert izin("brand", "names", *of, "--name", "bebek", "--name", "cinarbebek", *why).stdout == "BEBEK\nCINARBEBEK\n"
    assert izin("brand", "headers", *of, "--header", "CINAR AS", *why).stdout == "CINAR AS\n"
    assert "belongs to another" in izin("brand", "names", "--brand", str(ISIK), "--name", "BEBEK", *why).stderr
    assert izin("brand", "number", *of, "--number", "+905320000099").stdout == "+905320000099\n"
    assert izin("brand", "numbers", *of).stdout == "+905320000099\n"
    assert izin("brand", "numbers", *of, "--remove", "0532 000 00 99").stdout == ""
    assert "not the brand's own" in izin("brand", "numbers", *of, "--remove", "+905320000099").stderr
    assert izin("brand", "close", *of, *why).returncode == 0
    lines = izin("brand", "list", "--provider", str(CINAR)).stdout.splitlines()
    assert sorted(line.split("\t")[1:] for line in lines) == [
        ["Çınar", "open", "-", "-"],
        ["Çınar Bebek", "closed", "BEBEK CINARBEBEK", "CINAR AS"],
    ]
    assert izin("brand", "names", *of, "--none", *why).stdout == ""
    assert izin("brand", "reopen", *of, *why).returncode == 0
