"""Who may open what: every route of the panel, for everybody, at his own company and at another's.

It is made from the route table: a new line is tried as soon as it stands there, and what is expected follows from what
the line says it needs and from nothing that the gate computes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from panel import objects
from panel.gate import PanelRoute
from panel.panel_routes import ROUTES
from panel.rights import Audience, Membership, Permission, Role, Staff
from providers.callers import api_users
from tests import case
from tests.conftest import Clock
from tests.panel.office import BRANDS, CINAR, ISIK, KINDS, Colleague, Kind, Office, Seat
from tests.panel.things import OWN, THINGS

EVERYTHING = {
    *(Permission.SEE, Permission.LOAD, Permission.REPORT, Permission.ADMINISTER, Permission.DESK, Permission.EVIDENCE)
}
OF_ROLE = {Role.OWNER: EVERYTHING | {Permission.PEOPLE, Permission.OWN}, Role.MANAGER: EVERYTHING | {Permission.PEOPLE}}
ABOUT = [line for line in ROUTES if isinstance(line.needs, Permission)]
SIGNED = [line for line in ROUTES if isinstance(line.needs, Audience) and line.needs is not Audience.OPEN]


def name(line: PanelRoute) -> str:
    return f"{line.method} {line.path}"


@pytest.fixture(scope="module")
def people(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: object
) -> Iterator[tuple[Office, dict[str, Colleague]]]:
    """An office for all these tests: no request of theirs gets as far as to change whom another one is."""
    import shutil

    from consents.registry import Registry
    from tests.conftest import SECRET

    file = tmp_path_factory.mktemp("matrix") / "izin.db"
    shutil.copy(str(sqlite_template), file)
    clock = Clock()
    with (
        pytest.MonkeyPatch.context() as patch,
        Registry.open(f"sqlite:///{file}", SECRET, now=clock) as registry,
    ):
        patch.setattr(api_users, "MOST", 10_000)  # each case has a program of its own
        office = Office(registry, clock)
        yield office, {kind: office.somebody(what) for kind, what in KINDS.items()}
        office.close()


def ask(browser: Colleague, line: PanelRoute, path: str) -> int:
    """The status of a request that gets no further than to the handler: what it posts is nothing."""
    return browser.request(line.method, path, **({"data": {}} if line.method == "POST" else {})).status_code


def passed(browser: Colleague, line: PanelRoute, path: str) -> bool:
    """Whether the gate let it in: neither hidden, nor refused, nor led to the sign-in."""
    answer = browser.request(line.method, path, **({"data": {}} if line.method == "POST" else {}))
    led_away = answer.headers.get("location", "").startswith(("/panel/giris", "/panel/hesap/ikinci"))
    return answer.status_code not in (403, 404) and not (led_away and answer.status_code == 303)


def has(line: PanelRoute, kind: Kind) -> bool:
    """Whether somebody has what a line about a company says it needs, there."""
    if isinstance(kind, Staff):
        return kind in line.staff
    if kind is None or isinstance(kind, Seat):
        return False
    rights = OF_ROLE.get(kind.role, {right for right in EVERYTHING if right in kind.rights})
    return line.needs in {Permission.MEMBER, *rights}


def test_every_line_says_what_it_needs() -> None:
    assert len(ROUTES) > 20
    for line in ROUTES:
        assert isinstance(line.needs, Permission | Audience), name(line)
        assert ("{company:number}" in line.path) == isinstance(line.needs, Permission), name(line)
        assert line.method in ("GET", "POST"), name(line)
        assert not (line.menu and line.method == "POST"), name(line)
    assert len({name(line) for line in ROUTES}) == len(ROUTES)


def test_every_number_in_a_path_has_its_finder() -> None:
    numbers = {number for line in ROUTES for number in re.findall(r"\{(\w+):number\}", line.path)}
    assert numbers - {"company"} == objects.FINDERS.keys() == THINGS.keys()
    assert not [line.path for line in ROUTES if re.search(r"\{\w+\}", line.path)], "what is no number is not found"


def test_who_is_not_signed_in_gets_nowhere(people: tuple[Office, dict[str, Colleague]]) -> None:
    for line in ROUTES:
        with case(name(line)):
            office, _ = people
            browser = office.browser()
            answer = browser.request(line.method, filled(line, CINAR, dict.fromkeys(THINGS, 1)))
            if line.needs is Audience.OPEN:
                assert answer.status_code != 403
            else:
                assert answer.status_code == 303
                assert answer.headers["location"].startswith("/panel/giris")


@pytest.mark.parametrize("kind", KINDS)
def test_at_a_company(people: tuple[Office, dict[str, Colleague]], kind: str) -> None:
    for line in ABOUT:
        with case(name(line)):
            office, everybody = people
            browser, own = everybody[kind], things(office, line, CINAR)
            membership = KINDS[kind]
            answer = ask(browser, line, filled(line, CINAR, own))
            if membership is None or isinstance(membership, Seat):
                assert answer == 404
            elif has(line, membership):
                assert answer not in (403, 404)
            else:
                assert answer == 403
            elsewhere = ask(browser, line, filled(line, ISIK, things(office, line, ISIK)))
            if isinstance(membership, Staff):
                assert (elsewhere not in (403, 404)) is (membership in line.staff)
            else:
                assert elsewhere == 404
            assert ask(browser, line, filled(line, 999_999, own)) == 404


def test_of_another_company_not_even_the_name_is_told(people: tuple[Office, dict[str, Colleague]]) -> None:
    _, everybody = people
    there, nowhere = (everybody["owner"].get(f"/panel/{code}/genel") for code in (ISIK, 999_999))
    assert there.status_code == nowhere.status_code == 404
    assert f"Şirket {ISIK}" not in there.text
    assert there.text.replace(str(ISIK), "999999") == nowhere.text


def test_another_companys_thing_is_not_there(people: tuple[Office, dict[str, Colleague]]) -> None:
    for line in [line for line in ABOUT if line.path.count(":number}") > 1]:
        with case(name(line)):
            office, everybody = people
            foreign = things(office, line, ISIK)
            assert ask(everybody["owner"], line, filled(line, CINAR, foreign)) == 404
            assert ask(everybody["owner"], line, filled(line, CINAR, dict.fromkeys(THINGS, 987_654))) == 404


def test_a_brand_that_is_not_among_ones_own_is_not_there(people: tuple[Office, dict[str, Colleague]]) -> None:
    for line in [line for line in ABOUT if "{brand:number}" in line.path]:
        with case(name(line)):
            office, _ = people
            assert isinstance(line.needs, Permission)
            first, second = (brand(office, code) for code in BRANDS[CINAR])
            if line.needs in EVERYTHING | {Permission.MEMBER}:
                browser = office.somebody(Membership(Role.USER, line.needs, frozenset({first})))
            else:
                browser = office.somebody(Membership(Role.MANAGER, Permission.MEMBER, frozenset({first})))
            paths = [filled(line, CINAR, {"brand": code}) for code in BRANDS[CINAR]]
            assert passed(browser, line, paths[0])
            assert ask(browser, line, paths[1]) == 404
            assert second != first


@pytest.mark.parametrize("kind", KINDS)
def test_away_from_companies(people: tuple[Office, dict[str, Colleague]], kind: str) -> None:
    for line in SIGNED:
        with case(name(line)):
            office, everybody = people
            what, browser = KINDS[kind], everybody[kind]
            if line.path in ("/panel/cikis", "/panel/hesap/cikis-hepsi"):
                browser = office.somebody(what)
            own = {thing: make(office, browser) for thing, make in OWN.items() if thing in named(line)}
            answer = ask(browser, line, filled(line, CINAR, things(office, line, CINAR) | own))
            everybodys: dict[object, set[Kind]] = {
                Audience.OPERATOR: {Staff.OPERATOR},
                Audience.STAFF: {Staff.OPERATOR, Staff.AUDITOR},
                Audience.PARTNER: {Seat(owner=True), Seat(owner=False)},
                Audience.PARTNER_OWNER: {Seat(owner=True)},
            }
            allowed = everybodys.get(line.needs)
            if allowed is not None and what not in allowed:
                assert answer == 403
            else:
                assert answer not in (403, 404)


def test_nothing_is_open_before_the_second_step(people: tuple[Office, dict[str, Colleague]]) -> None:
    for line in [line for line in ROUTES if line.needs not in (Audience.OPEN, Audience.CODE)]:
        with case(name(line)):
            office, _ = people
            operator = office.somebody(Staff.OPERATOR, strong=False)
            answer = operator.request(line.method, filled(line, CINAR, things(office, line, CINAR)))
            if line.needs is Audience.ENROL:
                assert answer.status_code != 404
            else:
                assert answer.status_code == 303
                assert answer.headers["location"] == "/panel/hesap/ikinci-adim"


def named(line: PanelRoute) -> set[str]:
    """The things whose numbers stand in the path of a line."""
    return set(re.findall(r"\{(\w+):number\}", line.path)) - {"company"}


def things(office: Office, line: PanelRoute, company: int) -> dict[str, int]:
    """New ones of a company, of each kind that a line names."""
    return {thing: THINGS[thing](office, company) for thing in sorted(named(line))}


def filled(line: PanelRoute, company: int, things: dict[str, int]) -> str:
    """The path of a line with numbers in it."""
    path = line.path.replace("{company:number}", str(company))
    return re.sub(r"\{(\w+):number\}", lambda found: str(things[found[1]]), path)


def brand(office: Office, code: int) -> int:
    from consents.brands import companies

    known = office.registry.store.read_now(companies.known_brand, code)
    assert known is not None
    return known.id
