"""The sandbox of a site stays apart: its data, its keys, its limits; and it costs nothing before a right is proved."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from collections.abc import Callable, Coroutine
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from starlette.testclient import TestClient

from consents.brands import companies, provider_states
from consents.brands.company_changes import Why
from consents.registry import Registry
from consents.store import Snapshot, Statement, StoreUnavailable
from izin import app
from izin.sandbox import company_sandbox, sandbox_parts, sandboxes
from izin.sandbox.company_sandbox import CompanySandbox
from izin.sandbox.sandboxes import Sandboxes
from providers.callers import api_users
from providers.callers.api_users import Owner
from providers.callers.program_keys import EmptiedSandboxes
from tests import programs
from tests.conftest import Clock
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, Desk, asked, brand, codes, consent
from tests.sandbox.lab import USER, B, SandboxProgram, add_key
from tests.web.client import refused_for
from web import process


def contents(here: Desk) -> dict[str, list[str]]:
    """Every row of every table."""
    names = inspect(here.registry.store.engine).get_table_names()

    def read(snapshot: Snapshot) -> dict[str, list[str]]:
        return {name: sorted(map(repr, snapshot.all(Statement(text(f"SELECT * FROM {name}"))))) for name in names}

    return here.registry.store.read_now(read)


def held(here: Desk) -> Sandboxes:
    made: process.Process = here.asgi.app.state.process  # type: ignore[attr-defined]
    return sandbox_parts.of_site(made).sandboxes


def beside(here: Desk) -> list[Path]:
    """What the sandboxes have on disk."""
    database = Path(str(here.registry.store.engine.url.database))
    return sorted(database.parent.glob("izin-sandbox-*/*"))


def test_nothing_of_it_reaches_the_registry(site: Desk) -> None:
    password, client = add_key(site), site.client("127.0.0.1")
    metrics = client.get("/metrics").text
    before = contents(site)
    assert len(before) > 40
    tester = SandboxProgram(client, USER, password)
    for version in ("", "/v2"):
        assert tester.post(f"{version}{B}/consents", tester.consent(1), Idempotency_Key=f"k{version}").is_success
        tester.post(f"{version}{B}/consents", tester.consent(1, source="NONE"))
        assert tester.post(f"{version}{B}/consents/request", [tester.consent(2)]).status_code == 202
    tester.post(f"{B}/retailers", {"retailer": {"name": "Kadıköy"}})
    tester.post("/citizen", {"recipient": "+905320000001", "type": "MESAJ", "brandCode": CINAR})
    tester.forward(days=1)
    tester.sign_in()
    assert tester.status(1) == "RET"
    for name in ("503", "500"):
        tester.post(f"{B}/consents/status", asked(1), Izin_Sandbox=name)
    assert contents(site) == before
    assert [line for line in client.get("/metrics").text.splitlines() if "sandbox" in line] == []
    assert "izin_requests" in metrics
    real = site.program("cinar")
    assert real.post(f"{B}/consents/status", asked(1)).json() == {}


def test_a_stranger_builds_nothing(site: Desk) -> None:
    password, client = add_key(site), site.client()
    fields = {"grant_type": "password", "username": USER, "password": password}
    wrong: list[dict[str, Any]] = [
        {**fields, "password": "falsch"},
        {**fields, "username": f"test_{ISIK}"},
        {**fields, "username": "cinar", "password": site.passwords["cinar"]},
        {**fields, "grant_type": "client_credentials"},
        {"grant_type": "refresh_token", "refresh_token": "test_1_abc_0123456789abcdef"},
        {},
    ]
    for given in wrong:
        answer = client.post("/sandbox/oauth2/token", json=given)
        assert (answer.status_code, set(answer.json())) == (400, {"error", "error_description"})
    assert client.post("/sandbox/oauth2/token", content=b"x" * 8001).status_code == 413
    forged = ("", "Bearer ", "Bearer abc", "Bearer test_1_abc_0123456789abcdef", f"Basic {password}", "Bearer test_x")
    for given_header in forged:
        for path in (f"{B}/consents/changes", "/clock", "/script", "/reset", "/"):
            refused_for(client.get(f"/sandbox{path}", headers={"authorization": given_header}), 401, "H351")
    refused_for(client.get("/sandbox/izinler"), 404, "Z404")
    assert not held(site).built
    assert beside(site) == []


def test_sign_ins_of_a_client_are_limited(site: Desk) -> None:
    client = site.client()
    most = site.settings.api_tokens_per_hour
    fields = {"grant_type": "password", "username": "test_1", "password": "x"}
    answers = [client.post("/sandbox/oauth2/token", json=fields) for _ in range(most + 1)]
    assert {(one.status_code, one.json()["error"]) for one in answers[:-1]} == {(400, "invalid_request")}
    refused_for(answers[-1], 429, "H084")
    assert not held(site).built


def test_each_key_is_refused_at_the_other_address_in_words(site: Desk, tester: SandboxProgram) -> None:
    real = site.program("cinar")
    at_sandbox = tester.client.get(f"/sandbox{B}/consents/changes", headers=_bearer(real.tokens["access_token"]))
    refused_for(at_sandbox, 401, "H351")
    assert "deneme" in at_sandbox.json()["errors"][0]["message"]
    at_real = tester.client.get(f"{B}/consents/changes", headers=_bearer(tester.token))
    refused_for(at_real, 401, "H351")
    assert "/sandbox" in at_real.json()["errors"][0]["message"]
    assert tester.token.startswith("test_")
    fields = {"grant_type": "password", "username": USER, "password": site.passwords[USER]}
    signed_in = tester.client.post("/oauth2/token", json=fields)
    assert signed_in.status_code == 400
    assert "/sandbox" in signed_in.json()["error_description"]


def test_a_company_sees_its_own_sandbox_alone(site: Desk, tester: SandboxProgram) -> None:
    add = api_users.add, Owner.PROVIDER, ISIK, f"test_{ISIK}", programs.password("isik-test"), True
    other = SandboxProgram(tester.client, f"test_{ISIK}", site.registry.store.write_now(*add))
    assert tester.post(f"{B}/consents", tester.consent(1)).is_success
    refused_for(other.post(f"{B}/consents/status", asked(1)), 403, "H353")
    body = asked(1)
    answer = other.post(f"/sps/{ISIK}/brands/{ISIK}/consents/status", body)
    assert (answer.status_code, answer.json()) == (200, {})
    tester.forward(hours=1)
    assert other.get("/clock").json()["ahead"] == 0
    about = tester.get("/").json()
    assert (about["iysCode"], [one["brandCode"] for one in about["brands"]]) == (CINAR, [600101, 600102])


def test_it_judges_as_the_site_does(site: Desk, tester: SandboxProgram) -> None:
    real = site.program("cinar")
    for wrong in (consent(1, type="FAKS"), consent(1, source="NONE", consentDate="2031-01-01 00:00:00"), {}, []):
        tried, judged = tester.post(f"{B}/consents", wrong), real.post(f"{B}/consents", wrong)
        assert (tried.status_code, codes(tried)) == (judged.status_code, codes(judged))
        assert tried.status_code >= 400


def test_the_night_throws_everything_away_and_the_key_stays(
    site: Desk, tester: SandboxProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    tester.post(f"{B}/consents", tester.consent(1))
    assert beside(site)
    monkeypatch.setattr(sandboxes, "night", lambda: date(2031, 1, 2))
    refused_for(tester.get("/clock"), 401, "H351")
    portal = tester.client.portal  # type: ignore[union-attr]
    assert portal is not None
    portal.call(held(site).sweep)
    assert [one.name for one in beside(site) if one.is_dir()] == []
    tester.sign_in()
    assert tester.status(1) is None
    assert tester.get("/clock").json()["ahead"] == 0


def test_a_press_and_a_call_throw_it_away(site: Desk, tester: SandboxProgram) -> None:
    def emptied() -> None:
        refused_for(tester.get("/clock"), 401, "H351")
        tester.sign_in()
        assert tester.status(1) is None

    tester.post(f"{B}/consents", tester.consent(1))
    assert tester.post("/reset").status_code == 204
    emptied()
    tester.post(f"{B}/consents", tester.consent(1))
    EmptiedSandboxes.of(site.registry.store).add(CINAR)
    emptied()


def test_a_key_that_ends_or_gets_another_password_is_refused_at_once(site: Desk, tester: SandboxProgram) -> None:
    store = site.registry.store
    store.write_now(api_users.renew, Owner.PROVIDER, CINAR, USER, programs.password("zwei"))
    refused_for(tester.get("/clock"), 401, "H351")
    fresh = SandboxProgram(tester.client, USER, programs.password("zwei").text)
    assert fresh.get("/clock").status_code == 200
    store.write_now(api_users.allow, Owner.PROVIDER, CINAR, USER, ["198.51.100.0/24"])
    refused_for(fresh.get("/clock"), 403, "H363")
    refused_for(fresh.tokens(), 403, "H363")
    renewal = {"grant_type": "refresh_token", "refresh_token": fresh.renewal}
    refused_for(tester.client.post("/sandbox/oauth2/token", json=renewal), 403, "H363")
    store.write_now(api_users.allow, Owner.PROVIDER, CINAR, USER, [])
    store.write_now(provider_states.close, CINAR, Why(site.registry.keyring, "Kapandı."))
    refused_for(fresh.get("/clock"), 401, "H351")


def test_a_key_has_its_limits_here_too_at_once(site: Desk, tester: SandboxProgram) -> None:
    store = site.registry.store

    def limit(reads_only: bool, *brands: int) -> None:
        found = None if not brands else {store.read_now(companies.known_brand, code).id for code in brands}
        store.write_now(api_users.limit, CINAR, USER, reads_only, found)

    def states() -> list[list[str]]:
        """The codes by which a write and a query of another brand are refused."""
        written = tester.post(f"/v2{B}/consents", tester.consent(1))
        seen = tester.post(f"{brand(CINAR_ALT)}/consents/status", asked(1))
        return [codes(one) if one.status_code >= 400 else [] for one in (written, seen)]

    assert states() == [[], []]
    limit(True)
    refused_for(tester.post(f"{B}/consents", tester.consent(2)), 403, "H353")
    assert states() == [["H353"], []]
    limit(False, CINAR)
    assert states() == [[], ["H353"]]
    limit(False)
    assert states() == [[], []]
    fresh = 600199
    store.write_now(companies.add_brand, CINAR, fresh, "Çınar Yeni")
    limit(False, fresh)
    assert states() == [["H353"], ["H353"]]
    assert tester.post(f"{brand(fresh, CINAR)}/consents/status", asked(1)).status_code == 200
    assert fresh in [one["brandCode"] for one in tester.get("/").json()["brands"]]
    limit(False)
    later = 600198
    store.write_now(companies.add_brand, CINAR, later, "Çınar Sonra")
    assert tester.post(f"{brand(later, CINAR)}/consents/status", asked(1)).status_code == 200, "not at night alone"
    gone = Statement(text("UPDATE api_user SET brands = '0' WHERE username = :user"))
    store.write_now(lambda transaction: transaction.run(gone, {"user": USER}))
    refused_for(tester.get("/clock"), 401, "H351")  # its brands have gone over to another company


def test_what_a_killed_process_left_is_removed_at_the_start_and_what_lives_stays(site: Desk) -> None:
    place = Path(str(site.registry.store.engine.url.database)).parent
    left, living = place / "izin-sandbox-left", place / "izin-sandbox-living"
    for one in (left, living):
        one.mkdir()
        (one / "izin.db").write_text("+905320000001")
    lock = sandboxes._locked(living)
    assert lock is not None
    client = site.client()
    assert (left.exists(), (living / "izin.db").exists()) == (False, True)
    os.close(lock)
    SandboxProgram(client, USER, add_key(site))
    assert not living.exists()
    assert len(list(place.glob("izin-sandbox-*"))) == 1


def test_without_a_place_of_its_own_it_is_the_temporary_directory_that_is_cleaned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "izin-sandbox-left").mkdir()
    (tmp_path / "other").mkdir()
    folder, lock = sandboxes._fresh_folder(None)
    asyncio.run(Sandboxes(lambda _: None, None, None, lasts=True).remove_left())  # type: ignore[arg-type,return-value]
    assert sorted(tmp_path.iterdir()) == sorted([folder, tmp_path / "other"])
    assert lock is not None
    os.close(lock)


def test_one_that_closes_slowly_holds_up_no_other(
    site: Desk, tester: SandboxProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A company's posts are under way while the night ends its sandbox, or it empties it."""
    add = api_users.add, Owner.PROVIDER, ISIK, f"test_{ISIK}", programs.password("isik-test"), True
    other = SandboxProgram(tester.client, f"test_{ISIK}", site.registry.store.write_now(*add))
    posts = threading.Event()
    ended, swept = threading.Event(), threading.Event()

    async def waits(_: CompanySandbox) -> None:
        while not posts.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                ended.set()

    sandbox = held(site)._held[CINAR]
    portal = tester.client.portal  # type: ignore[union-attr]
    assert portal is not None

    async def begin() -> None:
        sandbox._work.append(asyncio.create_task(waits(sandbox)))

    portal.call(begin)
    EmptiedSandboxes.of(site.registry.store).add(CINAR)
    sweep = threading.Thread(target=lambda: (portal.call(held(site).sweep), swept.set()))
    sweep.start()
    try:
        assert ended.wait(60)
        assert other.post("/reset").status_code == 204, "while another is swept away"
        other.sign_in()
        assert other.get("/clock").status_code == 200
        tester.sign_in()
        assert tester.status(1) is None
        assert not swept.is_set()
    finally:
        posts.set()
        sweep.join(60)
    assert swept.is_set()


def test_one_that_is_full_takes_no_more_and_can_be_read(
    site: Desk, tester: SandboxProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    tester.post(f"{B}/consents", tester.consent(1))
    monkeypatch.setattr(company_sandbox, "FULL", 1000)
    refused_for(tester.post(f"{B}/consents", tester.consent(2)), 422, "H525")
    refused_for(tester.post("/citizen", {"recipient": "+905320000001", "type": "MESAJ"}), 422, "H525")
    assert tester.get(f"{B}/consents/changes?source=HS").status_code == 200
    assert tester.post("/reset").status_code == 204


@pytest.mark.parametrize("whose", ["ONE", "ALL"])
def test_places_are_few(site: Desk, tester: SandboxProgram, monkeypatch: pytest.MonkeyPatch, whose: str) -> None:
    monkeypatch.setattr(sandboxes, f"SLOW_OF_{whose}", 0)
    refused_for(tester.post(f"{B}/consents/status", asked(1), Izin_Sandbox="slow=1"), 503, "H123")
    monkeypatch.setattr(sandboxes, f"OF_{whose}", 1)
    assert tester.post(f"{B}/consents/status", asked(1)).status_code == 200
    monkeypatch.setattr(sandboxes, f"OF_{whose}", 0)
    refused_for(tester.post(f"{B}/consents/status", asked(1)), 503, "H123")


def test_one_that_nobody_uses_is_closed_and_one_at_work_is_not(
    site: Desk, tester: SandboxProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    tester.post(f"{B}/consents", tester.consent(1))
    portal = tester.client.portal  # type: ignore[union-attr]
    assert portal is not None
    sandbox = held(site)._held[CINAR]
    portal.call(held(site).sweep)
    assert sandbox.is_open
    monkeypatch.setattr(sandboxes, "IDLE", -1.0)
    for running in (1, 0):
        sandbox.running = running
        portal.call(held(site).sweep)
        assert sandbox.is_open == (running > 0)
    forged = f"{tester.token[:-1]}{'0' if tester.token[-1] != '0' else '1'}"
    refused_for(tester.client.get("/sandbox/clock", headers=_bearer(forged)), 401, "H351")
    assert not sandbox.is_open, "a stranger opens none"
    assert tester.status(1) == "ONAY"


def test_one_that_was_thrown_away_is_not_opened_again(site: Desk, tester: SandboxProgram) -> None:
    portal = tester.client.portal  # type: ignore[union-attr]
    assert portal is not None
    sandbox = held(site)._held[CINAR]
    portal.call(sandbox.throw_away)
    portal.call(sandbox.open)
    assert (sandbox.is_open, sandbox.folder.exists()) == (False, False)


@pytest.mark.parametrize(
    ("listens", "env", "own"),
    [
        *(("127.0.0.1", {}, True), ("localhost", {}, True), ("::1", {"PUBLIC_URL": "http://[::1]:8000"}, True)),
        *((listens, {}, False) for listens in ("", "0.0.0.0", "::", "192.0.2.1", "izin.example")),
        ("127.0.0.1", {"TRUSTED_PROXY": "127.0.0.1"}, False),
        ("127.0.0.1", {"PUBLIC_URL": "http://izin.example"}, False),
    ],
)
def test_it_pushes_to_this_machine_only_where_nobody_else_opens_the_site(
    registry_of_sqlite: Registry, clock: Clock, listens: str, env: dict[str, str], own: bool
) -> None:
    here = Desk(registry_of_sqlite, clock, {"SANDBOX": "1", **env}, listens)
    tester = SandboxProgram(here.client(), USER, add_key(here))
    wanted = {"url": "http://127.0.0.1:1/push", "type": "MESAJ", "username": "u", "password": "p"}
    answer = tester.post(f"{B}/push/registration", {"connection": [wanted]})
    refused_for(answer, 422, "H530" if own else "H531")  # nothing listens there; or it is not tried
    assert held(here)._held[CINAR].parts.private is own
    here.close()


def test_one_that_could_not_be_made_is_made_with_the_next_call(site: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    password, client = add_key(site), site.client()
    fields = {"grant_type": "password", "username": USER, "password": password}

    def full(*_: object) -> None:
        raise StoreUnavailable("no space is left")

    with monkeypatch.context() as patch:
        patch.setattr(company_sandbox, "prepare", full)
        refused_for(client.post("/sandbox/oauth2/token", json=fields), 503, "H123")
    assert SandboxProgram(client, USER, password).status(1) is None


def test_a_caller_that_gives_up_leaves_no_registry_open_that_nothing_closes(
    site: Desk, tester: SandboxProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, opened = held(site)._held[CINAR], CompanySandbox._opened
    begun, may_go_on = threading.Event(), threading.Event()

    def slowly(self: CompanySandbox, file: Path) -> company_sandbox.OpenRegistry:
        begun.set()
        assert may_go_on.wait(60)
        return opened(self, file)

    async def give_up(work: Callable[[], Coroutine[Any, Any, None]], lock: asyncio.Lock) -> None:
        begun.clear()
        may_go_on.clear()
        caller = asyncio.create_task(work())
        await asyncio.to_thread(begun.wait, 60)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        may_go_on.set()
        async with lock:
            pass

    monkeypatch.setattr(CompanySandbox, "_opened", slowly)
    portal = tester.client.portal  # type: ignore[union-attr]
    assert portal is not None
    portal.call(sandbox.close)
    portal.call(give_up, sandbox.open, sandbox._opening)
    assert (sandbox.is_open, sandbox.takes_place) == (True, True)
    portal.call(give_up, sandbox.begin_blindness, sandbox._turn)
    assert sandbox._blind is not None
    assert tester.status(1) is None


def test_nothing_of_it_is_left_when_the_site_ends(site: Desk) -> None:
    place = Path(str(site.registry.store.engine.url.database)).parent
    with TestClient(app.build(site.settings, site.registry)) as client:
        SandboxProgram(client, USER, add_key(site))
        assert len(list(place.glob("izin-sandbox-*"))) == 1
    assert list(place.glob("izin-sandbox-*")) == []


def test_few_are_open_and_the_one_longest_unused_is_closed(
    site: Desk, tester: SandboxProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    tester.post(f"{B}/consents", tester.consent(1))
    monkeypatch.setattr(sandboxes, "OPEN", 1)
    add = api_users.add, Owner.PROVIDER, ISIK, f"test_{ISIK}", programs.password("isik-test"), True
    password = site.registry.store.write_now(*add)
    fields = {"grant_type": "password", "username": f"test_{ISIK}", "password": password}
    refused_for(tester.client.post("/sandbox/oauth2/token", json=fields), 503, "H123")
    monkeypatch.setattr(sandboxes, "_FRESH", 0.0)
    held(site)._held[CINAR].running = 1
    refused_for(tester.client.post("/sandbox/oauth2/token", json=fields), 503, "H123")
    held(site)._held[CINAR].running = 0
    SandboxProgram(tester.client, f"test_{ISIK}", password)
    assert not held(site)._held[CINAR].is_open
    assert tester.status(1) == "ONAY", "it is opened again, with what it holds"
    assert not held(site)._held[ISIK].is_open


def test_it_has_the_sites_rules_of_calls_and_nothing_else_of_it(site: Desk) -> None:
    calls = {"api_per_second": 3, "api_tokens_per_hour": 4, "api_status_per_hour": 5, "api_history_per_hour": 6}
    secrets = {"push_private": True, "iys_url": "https://iys.example", "public_url": "https://izin.example"}
    own = sandbox_parts.own_settings(site.settings.model_copy(update={**calls, **secrets}))
    assert {name: getattr(own, name) for name in calls} == calls
    assert (own.push_private, own.iys_url, own.public_url) == (False, "", sandbox_parts.ADDRESS)
    assert own.secret_key != site.settings.secret_key


def test_a_site_without_a_sandbox_has_no_such_path(site: Desk) -> None:
    closed = app.build(site.settings.model_copy(update={"sandbox": False}), site.registry)
    with TestClient(closed) as client:
        answer = client.post("/sandbox/oauth2/token", json={}, headers={"accept": "application/json"})
    refused_for(answer, 404, "Z404")


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
