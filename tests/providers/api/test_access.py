"""Which dealers may use which consent: given, replaced, listed, taken, and ended by a refusal."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from consents import dates
from consents.brands import accesses
from consents.rules import ONAY, RET
from consents.store import Statement, Transaction
from providers.api import endpoint
from providers.consents import batch_storing, batches
from providers.dealers import dealer_access
from tests.conftest import Opener
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, Desk, Program, asked, brand, codes, consent
from tests.providers.api.shops import add_shop, shop
from tests.providers.api.test_consents import decides

B = brand(CINAR)
PATH = f"{B}/consents/retailers/access"
LIST = f"{B}/consent/retailers/access/list"


def access(dealers: Any, number: int = 1, **other: Any) -> dict[str, Any]:
    return asked(number, retailerAccess=dealers, **other)


def many(*numbers: int, **other: Any) -> dict[str, Any]:
    recipients = [f"+9053200000{number:02}" for number in numbers]
    return {"type": "MESAJ", "recipientType": "BIREYSEL", "recipients": recipients} | other


def held(program: Program, number: int = 1, **other: Any) -> list[int]:
    """The dealers that may use a consent."""
    answer = program.post(LIST, asked(number, **other))
    assert answer.status_code == 200, answer.text
    told = [one["retailerCode"] for one in answer.json()["list"]]
    counted = program.post(f"{B}/consents/status", asked(number, **other)).json().get("retailerAccessCount", 0)
    assert counted == len(told)
    return told


# -- one ---------------------------------------------------------------------------------------------------------------


def test_dealers_are_let_to_use_a_consent_beside_those_that_may(cinar: Program) -> None:
    first, second, third = (add_shop(cinar, number) for number in (1, 2, 3))
    cinar.post(f"{B}/consents", consent(retailerAccess=[first]))
    answer = cinar.post(PATH, access([third, third]))
    assert answer.status_code == 200
    assert set(answer.json()) == {"transactionId", "creationDate"}
    assert answer.json()["creationDate"] == "2026-11-24 12:00:00"
    assert held(cinar) == [first, third]
    cinar.post(PATH, access([second, first]))
    assert held(cinar) == [first, second, third]
    page = cinar.post(f"{LIST}?offset=1&limit=1", asked()).json()
    assert page["pagination"] == {"offset": 1, "pageSize": 1, "totalCount": 3}
    assert page["list"] == [shop(2) | {"retailerCode": second}]


def test_a_consent_that_is_none_or_refused_is_not_given(here: Desk, cinar: Program) -> None:
    dealer = add_shop(cinar)
    answer = cinar.post(PATH, access([dealer]))
    assert (answer.status_code, codes(answer)) == (400, ["H401"])
    cinar.post(f"{B}/consents", consent())
    assert codes(cinar.post(PATH, access([dealer], type="ARAMA"))) == ["H401"]
    assert codes(cinar.post(PATH, access([dealer], recipientType="TACIR"))) == ["H401"]
    decides(here, 1, RET)
    assert codes(cinar.post(PATH, access([dealer]))) == ["H401"]
    here.clock.forward(hours=1)
    cinar.post(f"{B}/consents", consent(consentDate="2026-11-24 12:30:00"))
    assert codes(cinar.post(PATH, access([dealer]))) == ["H401"], "it waits for the citizen"


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"retailerAccess": None}, 422, ["H169"]),
        ({"retailerAccess": 5}, 422, ["H169"]),
        ({"retailerAccess": []}, 422, ["H163"]),
        ({"retailerAccess": list(range(101))}, 422, ["H126"]),
        ({"retailerAccess": [12345678]}, 403, ["H180"]),
        ({"retailerAccess": [True]}, 403, ["H180"]),
        ({"retailerAccess": [12345678], "type": "SMS"}, 422, ["H117", "H180"]),
        ({"recipient": None}, 422, ["H114"]),
        ({"recipient": "x"}, 422, ["H121"]),
        ({"type": None, "recipientType": None}, 422, ["H111", "H170"]),
        ({"recipientType": "X"}, 422, ["H116"]),
        ({"status": "ONAY"}, 422, ["H118"]),
    ],
)
def test_each_fault_has_its_code(cinar: Program, change: dict[str, Any], status: int, told: list[str]) -> None:
    body = access([add_shop(cinar)]) | change
    answer = cinar.post(PATH, {name: value for name, value in body.items() if value is not None})
    assert (answer.status_code, sorted(codes(answer))) == (status, told)


def test_an_unknown_dealer_is_named_by_its_place(here: Desk, cinar: Program) -> None:
    other = add_shop(here.program("isik"), code=ISIK)
    answer = cinar.post(PATH, access([add_shop(cinar), other]))
    (error,) = answer.json()["errors"]
    assert (error["code"], error["location"], error["value"]) == ("H180", ["retailerAccess", 1], other)


# -- who collected it --------------------------------------------------------------------------------------------------


def test_who_collected_a_consent_may_use_it_until_that_is_taken(here: Desk, cinar: Program) -> None:
    own, other = add_shop(cinar, 1), add_shop(cinar, 2)
    cinar.post(f"{B}/consents", consent(retailerCode=own))
    assert held(cinar) == [own]
    answer = cinar.call("PUT", PATH, many(1, retailerAccess=[other]))
    assert (answer.status_code, answer.json()) == (202, 1)
    assert held(cinar) == [other], "to replace drops the access that its retailerCode implies"
    assert cinar.post(f"{B}/consents/status", asked()).json()["retailerCode"] == own, "it is still who collected it"
    cinar.post(PATH, access([own]))
    assert held(cinar) == [own, other]
    cinar.post(f"{PATH}/remove", many(1, retailerAccess=[own]))
    assert held(cinar) == [other]
    here.clock.forward(hours=1)
    cinar.post(f"{B}/consents", consent(retailerCode=own, consentDate="2026-11-24 12:30:00"))
    assert held(cinar) == [own, other], "it collected it anew"


def test_what_is_taken_while_a_consent_is_refused_stays_taken(here: Desk, cinar: Program) -> None:
    own = add_shop(cinar)
    cinar.post(f"{B}/consents", consent(retailerCode=own))
    decides(here, 1, RET)
    assert held(cinar) == []
    assert cinar.post(f"{PATH}/remove/all", many(1)).json() == 1
    decides(here, 1, ONAY)
    assert held(cinar) == [], "his own word came through no dealer"


# -- with a word that was reported before ------------------------------------------------------------------------------


def reports(here: Desk, program: Program, version: str, way: str, **other: Any) -> str:
    """Reports one consent, alone or in a list; what became of it."""
    if way == "one":
        answer = program.post(f"{version}{B}/consents", consent(**other))
        return "success" if answer.status_code == 200 else codes(answer)[0]
    name = program.post(f"{version}{B}/consents/request", [consent(**other)]).json()["requestId"]
    asyncio.run(batches.store_waiting(here.registry))
    (one,) = program.get(f"{version}{B}/consents/request/{name}").json()
    return str(one.get("error", {}).get("code") or one["status"])


@pytest.mark.parametrize("way", ["one", "list", "long list"])
def test_v2_gives_the_accesses_that_a_repeat_names_and_the_first_call_none(
    here: Desk, cinar: Program, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "long list":
        monkeypatch.setattr(accesses, "AT_ONCE", 0)
    first, second = add_shop(cinar, 1), add_shop(cinar, 2)
    assert reports(here, cinar, "/v2", way, retailerAccess=[first]) == "success"
    assert reports(here, cinar, "", way, retailerAccess=[second]) == "H178"
    assert held(cinar) == [first]
    assert reports(here, cinar, "/v2", way, retailerAccess=[second]) == "success"
    assert held(cinar) == [first, second]


@pytest.mark.parametrize("way", ["one", "list"])
def test_a_repeat_revives_no_access_that_a_refusal_ended(here: Desk, cinar: Program, way: str) -> None:
    dealer = add_shop(cinar)
    assert reports(here, cinar, "/v2", way, retailerAccess=[dealer]) == "success"
    decides(here, 1, RET)
    assert reports(here, cinar, "/v2", way, retailerAccess=[dealer]) == "success"
    decides(here, 1, ONAY)
    assert reports(here, cinar, "/v2", way, retailerAccess=[dealer]) == "success"
    assert held(cinar) == [], "his own word is in force, not the one that is repeated"


@pytest.mark.parametrize("at_once", [0, 1, 1000])
def test_a_word_that_comes_after_a_repeat_takes_none_of_its_accesses(
    here: Desk, cinar: Program, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the accesses of a list are given, whether its repeats are in force is asked when it is recorded."""
    monkeypatch.setattr(accesses, "AT_ONCE", at_once)
    dealers = [add_shop(cinar, number) for number in (1, 2)]
    first = [consent(number, consentDate="2026-11-24 10:00:00") for number in (1, 2)]
    cinar.post(f"{B}/consents/request", first)
    cinar.post(f"/v2{B}/consents/request", [one | {"retailerAccess": dealers} for one in first])
    later = [consent(1, consentDate="2026-11-24 11:00:00"), consent(2, status="RET", consentDate="2026-11-24 11:00:00")]
    cinar.post(f"{B}/consents/request", later)
    again = cinar.post(f"/v2{B}/consents/request", [one | {"retailerAccess": dealers[:1]} for one in first])
    asyncio.run(batches.store_waiting(here.registry))
    cinar.post(f"{B}/consents", consent(2))
    assert [held(cinar, number) for number in (1, 2)] == [dealers, []]
    results = cinar.get(f"/v2{B}/consents/request/{again.json()['requestId']}").json()
    assert [one["status"] for one in results] == ["success"] * 2


# -- many --------------------------------------------------------------------------------------------------------------


def test_the_dealers_of_many_consents_are_replaced(here: Desk, cinar: Program) -> None:
    old, new = add_shop(cinar, 1), add_shop(cinar, 2)
    for number in (1, 2, 3):
        cinar.post(f"{B}/consents", consent(number, retailerAccess=[old]))
    cinar.post(f"{B}/consents", consent(1, type="ARAMA", retailerAccess=[old]))
    decides(here, 3, RET)
    answer = cinar.call("PUT", PATH, many(1, 2, 2, 3, 9, retailerAccess=[new]))
    assert (answer.status_code, answer.json()) == (202, 2), "of a refused or unknown one there is nothing to give"
    assert [held(cinar, number) for number in (1, 2, 3, 9)] == [[new], [new], [], []]
    assert held(cinar, type="ARAMA") == [old], "another channel is another consent"


def test_dealers_are_taken_from_many_consents(cinar: Program) -> None:
    first, second, third = (add_shop(cinar, number) for number in (1, 2, 3))
    for number in (1, 2):
        cinar.post(f"{B}/consents", consent(number, retailerCode=first, retailerAccess=[second, third]))
    answer = cinar.post(f"{PATH}/remove", many(1, 2, 9, retailerAccess=[second]))
    assert (answer.status_code, answer.json()) == (202, 2)
    assert held(cinar, 1) == held(cinar, 2) == [first, third]
    answer = cinar.post(f"{PATH}/remove/all", many(2))
    assert (answer.status_code, answer.json()) == (202, 1)
    assert (held(cinar, 1), held(cinar, 2)) == ([first, third], [])


@pytest.mark.parametrize(
    ("method", "path", "invalid"),
    [("PUT", "", "H171"), ("POST", "/remove", "H172"), ("POST", "/remove/all", "H172")],
)
def test_what_is_wrong_with_a_call_about_many_is_told(cinar: Program, method: str, path: str, invalid: str) -> None:
    body = many(1) if path.endswith("all") else many(1, retailerAccess=[add_shop(cinar)])
    cases: list[tuple[Any, list[str]]] = [
        ([], [invalid]),
        (body | {"recipients": []}, ["H164"]),
        (body | {"recipients": "x"}, ["H478"]),
        (body | {"recipients": ["+905320000001", "x", "a@example.com"]}, ["H121", "H464"]),
        (body | {"recipients": ["+905320000001"] * 101}, ["H127"]),
        (body | {"type": "EPOSTA"}, ["H120"]),
        (body | {"type": "SMS", "recipientType": "X"}, ["H116", "H117"]),
        (body | {"more": 1}, ["H118"]),
        ({name: value for name, value in body.items() if name != "recipients"}, ["H168"]),
    ]
    for wrong, told in cases:
        answer = cinar.call(method, PATH + path, wrong)
        assert answer.status_code == (400 if told == [invalid] else 422)
        assert sorted(codes(answer)) == told


def test_an_unknown_dealer_refuses_a_call_about_many(cinar: Program) -> None:
    body = many(1, retailerAccess=[12345678])
    answer = cinar.call("PUT", PATH, body)
    assert (answer.status_code, codes(answer)) == (403, ["H180"])
    answer = cinar.post(f"{PATH}/remove", body)
    assert (answer.status_code, codes(answer)) == (404, ["H058"])


@pytest.mark.parametrize(
    ("method", "path", "named", "left"),
    [("PUT", "", 2, [2]), ("POST", "/remove", 1, [2]), ("POST", "/remove/all", 0, [])],
)
def test_nothing_is_taken_while_a_recorded_list_still_gives(
    here: Desk, cinar: Program, method: str, path: str, named: int, left: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the list, also of one that was killed hours ago, would give it again."""
    shops = {number: add_shop(cinar, number) for number in (1, 2)}
    body = many(1) | ({"retailerAccess": [shops[named]]} if named else {})
    cinar.post(f"{B}/consents/request", [consent(1, retailerAccess=list(shops.values()))])
    assert cinar.call(method, PATH + path, body).status_code == 202, "a list that is not recorded comes later"

    def dying(*_of: Any) -> None:
        raise InterruptedError

    with monkeypatch.context() as long:
        long.setattr(accesses, "AT_ONCE", 0)
        long.setattr(batch_storing, "give", dying)
        with pytest.raises(InterruptedError):
            asyncio.run(batches.store_waiting(here.registry))
    key = {} if method == "PUT" else {"Idempotency_Key": "k"}
    refused = cinar.call(method, PATH + path, body, **key)
    assert (refused.status_code, codes(refused), refused.headers["retry-after"]) == (503, ["H123"], "2")
    other = here.program("isik")
    assert other.post(f"{brand(ISIK)}/consents/retailers/access/remove/all", many(1)).status_code == 202
    assert cinar.post(PATH, access([shops[1]])).status_code == 200, "what is given stands"
    asyncio.run(batches.store_waiting(here.registry))
    assert cinar.call(method, PATH + path, body, **key).json() == 1
    assert held(cinar) == [shops[number] for number in left]


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> Counter[Transaction]:
    """How many statements changed accesses, by transaction."""
    made: Counter[Transaction] = Counter()

    def counted(run: Callable[..., int]) -> Callable[..., int]:
        def counting(self: Transaction, statement: Statement, values: Any) -> int:
            made[self] += "dealer_access" in statement.bound(self.dialect, {})[0]
            return run(self, statement, values)

        return counting

    monkeypatch.setattr(Transaction, "run", counted(Transaction.run))  # a pipelined one's, too
    return made


def test_many_accesses_change_in_as_many_statements_as_one(cinar: Program, changes: Counter[Transaction]) -> None:
    shops = [add_shop(cinar, number) for number in (1, 2, 3)]
    for number in (1, 2, 3):
        cinar.post(f"{B}/consents", consent(number, retailerCode=shops[0], retailerAccess=shops))
    made = []
    for people, dealers in (((1,), shops[:1]), ((1, 2, 3), shops)):
        for method, path, named in (("PUT", "", dealers), ("POST", "/remove", dealers), ("POST", "/remove/all", None)):
            changes.clear()
            body = many(*people) | ({} if named is None else {"retailerAccess": named})
            assert cinar.call(method, PATH + path, body).json() == len(people)
            made.append(+changes)
    assert [len(one) for one in made] == [1] * 6, "each in one transaction"
    assert [one.total() for one in made] == [3, 2, 2, 3, 2, 2]


def test_a_call_about_very_many_accesses_lets_others_write_in_between(
    cinar: Program, changes: Counter[Transaction], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, *others = (add_shop(cinar, number) for number in (1, 2, 3))
    for number in range(1, 6):
        cinar.post(f"{B}/consents", consent(number, retailerCode=own))
    monkeypatch.setattr(dealer_access, "AT_ONCE", 4)
    changes.clear()
    assert cinar.call("PUT", PATH, many(1, 2, 3, 4, 5, 9, retailerAccess=others)).json() == 5
    assert len(+changes) == 3, "two consents at a time"
    assert [held(cinar, number) for number in range(1, 6)] == [others] * 5
    assert cinar.post(f"{PATH}/remove", many(1, 2, 3, 4, 5, 9, retailerAccess=others[1:])).json() == 5
    assert [held(cinar, number) for number in range(1, 6)] == [others[:1]] * 5
    assert cinar.post(f"{PATH}/remove/all", many(1, 2, 3, 4, 5, 9)).json() == 5
    assert [held(cinar, number) for number in range(1, 6)] == [[]] * 5


def test_a_call_in_parts_that_is_sent_twice_at_once_is_done_once(
    cinar: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    dealer = add_shop(cinar)
    for number in (1, 2):
        cinar.post(f"{B}/consents", consent(number, retailerAccess=[dealer]))
    monkeypatch.setattr(dealer_access, "AT_ONCE", 1)
    assert cinar.post(f"{PATH}/remove/all", many(1, 2), Idempotency_Key="k").json() == 2
    cinar.post(PATH, access([dealer]))

    async def not_yet(_call: Any) -> None:
        """It was asked before the other had been answered."""

    monkeypatch.setattr(endpoint, "_previous_response", not_yet)
    assert cinar.post(f"{PATH}/remove/all", many(1, 2), Idempotency_Key="k").json() == 2
    assert held(cinar) == [dealer]


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("through", ["citizen", "provider"])
def test_a_refusal_ends_every_dealers_access_for_good(here: Desk, cinar: Program, through: str) -> None:
    own, other = add_shop(cinar, 1), add_shop(cinar, 2)
    cinar.post(f"{B}/consents", consent(retailerCode=own, retailerAccess=[other]))
    assert held(cinar) == [own, other]
    if through == "citizen":
        decides(here, 1, RET)
        assert held(cinar) == []
        decides(here, 1, ONAY)
    else:
        cinar.post(f"{B}/consents", consent(status="RET", consentDate="2026-11-24 11:00:00"))
        assert held(cinar) == []
        cinar.post(f"{B}/consents", consent(consentDate="2026-11-24 11:30:00"))
    assert held(cinar) == []
    cinar.post(PATH, access([other]))
    assert held(cinar) == [other], "given anew"


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_lists_statuses_and_counts_tell_the_same(here: Desk, cinar: Program, seed: int) -> None:
    dice = random.Random(seed)
    dealers = [add_shop(cinar, number) for number in range(3)]
    for _ in range(40):
        number, some = dice.randint(1, 3), dice.sample(dealers, dice.randint(1, 2))
        here.clock.forward(minutes=1)
        now = dates.wire(here.clock.now)
        match dice.randrange(6):
            case 0 | 1:
                cinar.post(
                    f"{B}/consents",
                    consent(number, consentDate=now, retailerCode=some[0], retailerAccess=some[1:] or None),
                )
            case 2:
                decides(here, number, dice.choice((RET, ONAY)))
            case 3:
                cinar.post(PATH, access(some, number))
            case 4:
                cinar.call("PUT", PATH, many(number, retailerAccess=some))
            case 5:
                cinar.post(f"{PATH}/remove", many(number, retailerAccess=some))
    by_consent = Counter(dealer for number in (1, 2, 3) for dealer in held(cinar, number))
    by_dealer = {one["retailerCode"]: one["retailerAccessCount"] for one in cinar.get(f"{B}/retailers").json()["list"]}
    assert by_dealer == {dealer: by_consent[dealer] for dealer in dealers}
    assert by_consent, "the dice left something to tell"


# -- once, rights ------------------------------------------------------------------------------------------------------


def test_a_key_makes_a_call_happen_once(here: Desk, cinar: Program) -> None:
    dealer = add_shop(cinar)
    cinar.post(f"{B}/consents", consent())
    first = cinar.post(PATH, access([dealer]), Idempotency_Key="k")
    assert cinar.post(PATH, access([dealer]), Idempotency_Key="k").json() == first.json()
    gone = cinar.post(f"{PATH}/remove/all", many(1), Idempotency_Key="r")
    cinar.post(PATH, access([dealer]))
    assert cinar.post(f"{PATH}/remove/all", many(1), Idempotency_Key="r").json() == gone.json()
    assert held(cinar) == [dealer]


WAYS = [
    ("POST", PATH, access([1])),
    ("PUT", PATH, many(1, retailerAccess=[1])),
    ("POST", f"{PATH}/remove", many(1, retailerAccess=[1])),
    ("POST", f"{PATH}/remove/all", many(1)),
    ("POST", LIST, asked()),
]


@pytest.mark.parametrize(("method", "path", "body"), WAYS)
def test_another_providers_brand_is_out_of_reach(here: Desk, method: str, path: str, body: Any) -> None:
    answer = here.program("isik").call(method, path, body)
    assert (answer.status_code, codes(answer)) == (403, ["H353"])


def test_a_partner_needs_the_right_on_the_channel(here: Desk, cinar: Program) -> None:
    dealer, partner = add_shop(cinar), here.program("partner")
    cinar.post(f"{B}/consents", consent())
    bodies = [access([dealer]), *(many(1, retailerAccess=[dealer]),) * 2, many(1), asked()]
    ways = [(method, path, body) for (method, path, _), body in zip(WAYS, bodies, strict=True)]
    for levels, allowed in (((2, 0, 2), 0), ((0, 1, 0), 1), ((0, 2, 0), 5)):
        here.grant(CINAR, levels)
        told = [partner.call(*one).status_code for one in ways]
        assert told.count(403) == 5 - allowed, told
    here.grant(CINAR_ALT, (2, 2, 2))
    assert codes(partner.post(f"{brand(CINAR_ALT)}/consents/retailers/access", access([dealer]))) == ["H180"]


def test_what_dealers_collected_is_counted_by_their_own_index(sqlite_url: str, open_registry: Opener) -> None:
    registry = open_registry(sqlite_url)
    given = {"dealers": "[1]", "brand": 1, "onay": ONAY, "ret": RET}
    with registry.store.snapshot() as snapshot:
        query, values = accesses._COUNTS.bound(snapshot.dialect, given)
        plans = [step[3] for step in snapshot.connection.execute(f"EXPLAIN QUERY PLAN {query}", values).fetchall()]
    assert "SEARCH consent USING INDEX consent_dealer (provider_dealer=?)" in plans
