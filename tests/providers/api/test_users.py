"""Users of programs and partners' grants taken back: by real commands, at once in every process that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from consents.store import Snapshot, Statement
from izin import app
from providers.callers import api_users, passwords
from providers.callers.api_users import Owner
from tests import programs
from tests.conftest import SECRET, Opener, Run
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, PARTNER, Desk, Program, brand, codes
from tests.providers.api.target import Target
from tests.web.client import refused_for

LISTING = f"/sps/{CINAR}/brands"
_KEPT = Statement(text("SELECT password FROM api_user WHERE username = 'cinar'"))


@pytest.fixture
def izin(run: Run, database_url: str, tmp_path: Path) -> Run:
    """The command as an operator types it, in a process of its own beside the site."""
    settings = {"DATABASE_URL": database_url, "SECRET_KEY": SECRET, "WITNESS_FILE": str(tmp_path / "witness")}
    return partial(run, **settings)


@pytest.fixture
def other(here: Desk, database_url: str, open_registry: Opener) -> Iterator[TestClient]:
    """Another process of the same site."""
    site = app.build(here.settings, open_registry(database_url))
    with TestClient(site, base_url=here.settings.public_url, client=("192.0.2.11", 50000)) as client:
        yield client


def of_user(name: str) -> tuple[str, ...]:
    return ("--provider", str(CINAR), "--username", name)


def buys(client: TestClient, **fields: str) -> httpx2.Response:
    return client.post("/oauth2/token", json={"grant_type": "password", **fields})


@pytest.mark.parametrize("deed", ["end", "password"])
def test_a_user_is_out_at_once_with_all_its_tokens_in_every_process(
    here: Desk, other: TestClient, izin: Run, deed: str
) -> None:
    first, second, isik = here.program("cinar"), here.program("cinar"), here.program("isik")
    everywhere = [Program(client, one.tokens) for client in (first.client, other) for one in (first, second)]
    assert [one.get(LISTING).status_code for one in everywhere] == [200] * 4
    done = izin("api-user", deed, *of_user("cinar"))
    assert (done.returncode, here.passwords["cinar"] in done.stdout) == (0, False), done.stderr
    for one in everywhere:
        answer = one.get(LISTING)
        assert (answer.status_code, codes(answer)) == (401, ["H351"])
        renewed = one.client.post(
            "/oauth2/token", json={"grant_type": "refresh_token", "refresh_token": one.tokens["refresh_token"]}
        )
        assert (renewed.status_code, renewed.json()["error"]) == (400, "invalid_grant")
        refused_for(buys(one.client, username="cinar", password=here.passwords["cinar"]), 400, "invalid_request")
    assert isik.get(f"/sps/{ISIK}/brands").status_code == 200, "nobody else is touched"
    if deed == "password":
        fresh = [buys(client, username="cinar", password=done.stdout.strip()) for client in (first.client, other)]
        assert [answer.status_code for answer in fresh] == [200, 200]
        assert Program(other, fresh[0].json()).get(LISTING).status_code == 200
    else:
        assert here.registry.store.read_now(Snapshot.one, _KEPT) == ("",), "not even a hash is left"
        assert "taken" in izin("api-user", "add", *of_user("cinar")).stderr
        assert "ended" in izin("api-user", "password", *of_user("cinar")).stderr
        assert izin("api-user", "end", *of_user("cinar")).returncode == 0, "done twice it is done"


def test_a_key_of_a_request_brings_no_token_back(here: Desk) -> None:
    fields = {"grant_type": "password", "username": "cinar", "password": here.passwords["cinar"]}

    def buy() -> httpx2.Response:
        return here.client().post("/oauth2/token", json=fields, headers={"Idempotency-Key": "nightly"})

    assert buy().status_code == 200
    here.registry.store.write_now(api_users.end, Owner.PROVIDER, CINAR, "cinar")
    refused_for(buy(), 400, "invalid_request")


@pytest.mark.parametrize(
    ("deed", "more"), [(api_users.end, ()), (api_users.renew, (programs.password("new"),))], ids=["ended", "renewed"]
)
def test_a_sign_in_under_way_is_too_late(
    here: Desk, monkeypatch: pytest.MonkeyPatch, deed: Callable[..., int], more: tuple[object, ...]
) -> None:
    """Comparing a password takes a tenth of a second; meanwhile its user may be ended."""
    compare = passwords.matches

    def meanwhile(password: str, kept: str) -> bool:
        right = compare(password, kept)
        here.registry.store.write_now(deed, Owner.PROVIDER, CINAR, "cinar", *more)
        return right

    monkeypatch.setattr(passwords, "matches", meanwhile)
    answer = buys(here.client(), username="cinar", password=here.passwords["cinar"])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert here.registry.store.read_now(api_users.listed, Owner.PROVIDER, CINAR, here.clock.now)[0].tokens == 0


def test_a_list_says_who_may_sign_in(here: Desk, izin: Run) -> None:
    here.program("cinar")
    izin("api-user", "add", *of_user("eski"))
    izin("api-user", "end", *of_user("eski"))
    told = [line.split("\t") for line in izin("api-user", "list", "--provider", str(CINAR)).stdout.splitlines()]
    assert [(line[0], line[1].split()[0]) for line in told] == [("cinar", "active"), ("eski", "ended")]
    assert [line[3:5] for line in told] == [["-", "-"]] * 2, "neither has called"
    assert [len(line[5]) for line in told] == [16, 1], "a mark of the password; of none where it has ended"
    assert izin("api-user", "list", *of_user("cinar")).stdout.startswith("cinar\tactive\t")


@pytest.mark.parametrize(
    ("group", "whose", "name"),
    [("api-user", ("--provider", str(CINAR)), "cinar"), ("partner", ("--partner", str(PARTNER)), "partner")],
)
def test_of_two_who_renew_a_password_at_once_the_second_is_told(
    here: Desk, izin: Run, group: str, whose: tuple[str, ...], name: str
) -> None:
    def mark() -> str:
        lines = [line.split("\t") for line in izin(group, "list", *whose).stdout.splitlines()]
        return next(line[5] for line in lines if line[0] == name)

    seen = mark()
    first, second = (izin(group, "password", *whose, "--username", name, "--seen", seen) for _ in range(2))
    assert (first.returncode, second.returncode, second.stdout) == (0, 1, "")
    assert "another password meanwhile" in second.stderr
    assert buys(here.client(), username=name, password=first.stdout.strip()).status_code == 200, (
        "the first one's stands"
    )
    assert mark() != seen
    assert izin(group, "password", *whose, "--username", name).returncode == 0, "without a mark it is not asked"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("api-user", "end", "--provider", str(CINAR), "--username", "isik"), "no user of this name"),
        (("api-user", "password", "--provider", str(CINAR), "--username", "partner"), "no user of this name"),
        (("api-user", "end", "--provider", "9", "--username", "cinar"), "there is no provider 9"),
        (("api-user", "list", "--provider", "9"), "there is no provider 9"),
        (("partner", "end", "--partner", str(PARTNER), "--username", "cinar"), "no user of this name"),
        (("partner", "revoke", "--partner", str(PARTNER), "--brand", str(ISIK)), "may do nothing"),
        (("partner", "list", "--partner", "9"), "there is no partner 9"),
    ],
)
def test_nobody_is_ended_by_another_ones_number(here: Desk, izin: Run, words: tuple[str, ...], said: str) -> None:
    done = izin(*words)
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert [
        buys(here.client(), username=name, password=here.passwords[name]).status_code for name in here.passwords
    ] == [200] * 3


def test_a_partners_user_and_what_it_may_do_are_taken_at_once(
    here: Desk, other: TestClient, izin: Run, target: Target
) -> None:
    here.grant(CINAR, (2, 2, 2), agreements=True)
    here.grant(CINAR_ALT, (1, 0, 0))
    partner, cinar = here.program("partner"), here.program("cinar")
    for program, place in ((partner, 1), (cinar, 2)):
        url = target.connection(url=f"{target.url}/{place}")
        assert program.post(f"{brand(CINAR)}/push/registration", {"connection": [url]}).status_code == 200
    everywhere = [partner, Program(other, partner.tokens)]
    path = f"{brand(CINAR)}/consents/changes"
    assert [one.get(path).status_code for one in everywhere] == [204, 204]
    told = izin("partner", "list", "--partner", str(PARTNER)).stdout.splitlines()
    assert told[0].startswith("partner\tactive\t")
    assert told[1:] == [
        f"{CINAR}\tARAMA=write\tMESAJ=write\tEPOSTA=write\tagreements",
        f"{CINAR_ALT}\tARAMA=read\tMESAJ=none\tEPOSTA=none",
    ]
    assert izin("partner", "list").stdout == f"{PARTNER}\tÖrnek İş Ortağı\n"

    done = izin("partner", "revoke", "--partner", str(PARTNER), "--brand", str(CINAR))
    assert (done.returncode, "1 push connections ended" in done.stdout) == (0, True), done.stderr
    for one in everywhere:
        assert (one.get(path).status_code, codes(one.get(path))) == (403, ["H353"])
        assert one.get(f"{brand(CINAR_ALT)}/consents/changes").status_code == 204, "the other brand's stays"
    assert [one["url"] for one in cinar.get(f"{brand(CINAR)}/push/registration").json()] == [f"{target.url}/2"]

    renewed = izin("partner", "password", "--partner", str(PARTNER), "--username", "partner").stdout.strip()
    assert [one.get(f"/integrator/{PARTNER}/sps").status_code for one in everywhere] == [401, 401]
    fresh = Program(other, buys(other, username="partner", password=renewed).json())
    assert fresh.get(f"/integrator/{PARTNER}/sps").status_code == 200
    assert izin("partner", "end", "--partner", str(PARTNER), "--username", "partner").returncode == 0
    assert fresh.get(f"/integrator/{PARTNER}/sps").status_code == 401
    refused_for(buys(other, username="partner", password=renewed), 400, "invalid_request")


@pytest.fixture
def here(desk: Callable[..., Desk]) -> Desk:
    return desk(PUSH_PRIVATE="1")


@pytest.fixture
def target() -> Iterator[Target]:
    made = Target()
    yield made
    made.close()
