"""Dealers that programs add, list, look up and delete."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from consents.brands import companies
from consents.store import Snapshot, Statement
from providers.dealers import dealer_form
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, Desk, Program, brand, codes, consent
from tests.providers.api.shops import add_shop, identity_number, shop
from tests.providers.api.test_consents import finish
from tests.web.client import refused_for

B = brand(CINAR)


# -- adding ------------------------------------------------------------------------------------------------------------


def test_a_dealer_is_added_and_told_with_all_that_was_given(cinar: Program) -> None:
    given = shop(alias="Moda", mersis="0454053692000011", mobile="+905320000001", status="suspended")
    answer = cinar.post(f"{B}/retailers", given)
    assert answer.status_code == 201
    (code,) = answer.json().values()
    assert 10_000_000 <= code <= 99_999_999
    told = cinar.get(f"{B}/retailers/{code}").json()
    assert told == given | {"retailerCode": code, "retailerAccessCount": 0}


def test_a_dealer_is_active_unless_told_otherwise_and_numbers_may_come_as_numbers(cinar: Program) -> None:
    given = shop(tckn=int(identity_number(1)), city={"code": 34, "name": "İstanbul"})
    code = cinar.post(f"{B}/retailers", given).json()["retailerCode"]
    told = cinar.get(f"{B}/retailers/{code}").json()
    assert (told["status"], told["tckn"], told["city"]["code"]) == ("active", identity_number(1), "34")


@pytest.mark.parametrize(
    ("change", "code", "location"),
    [
        ({"title": None}, "H214", ["title"]),
        ({"title": "  "}, "H214", ["title"]),
        ({"title": "x" * 256}, "H017", ["title"]),
        ({"title": "A <b>"}, "H229", ["title"]),
        ({"title": "&"}, "H229", ["title"]),
        ({"title": ["A"]}, "H016", ["title"]),
        ({"name": None}, "H215", ["name"]),
        ({"name": "Ayşe; Örnek"}, "H229", ["name"]),
        ({"alias": ""}, "H016", ["alias"]),
        ({"alias": "Moda\n@"}, "H229", ["alias"]),
        ({"tckn": None}, "H216", ["tckn"]),
        ({"tckn": "1000000014"}, "H226", ["tckn"]),
        ({"tckn": "1000000014x"}, "H226", ["tckn"]),
        ({"tckn": "10000000147"}, "H225", ["tckn"]),
        ({"city": None}, "H217", ["city"]),
        ({"city": "İstanbul"}, "H016", ["city"]),
        ({"city": {"name": "İstanbul"}}, "H218", ["city", "code"]),
        ({"city": {"code": "34"}}, "H219", ["city", "name"]),
        ({"town": {}}, "H220", ["town"]),
        ({"town": {"code": "", "name": "Kadıköy"}}, "H221", ["town", "code"]),
        ({"town": {"code": "429", "name": ""}}, "H222", ["town", "name"]),
        ({"town": {"code": "429", "name": "Kadıköy", "post": "34710"}}, "H016", ["town"]),
        ({"tin": None}, "H288", ["tin"]),
        ({"tin": "454053692"}, "H244", ["tin"]),
        ({"tin": "4540536921"}, "H243", ["tin"]),
        ({"tin": "10000000147"}, "H243", ["tin"]),
        ({"mersis": "045405369200001"}, "H228", ["mersis"]),
        ({"mersis": "04540536920000-1"}, "H227", ["mersis"]),
        ({"mobile": "05320000001"}, "H224", ["mobile"]),
        ({"mobile": "+90532"}, "H224", ["mobile"]),
        ({"status": "open"}, "H201", ["status"]),
        ({"retailerCode": 12345678}, "H016", ["retailerCode"]),
    ],
)
def test_each_fault_has_its_code_and_its_place(
    cinar: Program, change: dict[str, Any], code: str, location: list[str]
) -> None:
    answer = cinar.post(f"{B}/retailers", shop(**change))
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["code"], error["location"]) == (code, location)
    assert cinar.get(f"{B}/retailers").json()["pagination"]["totalCount"] == 0


def test_all_faults_are_told_at_once(cinar: Program) -> None:
    told = codes(cinar.post(f"{B}/retailers", {"mobile": "x", "more": 1}))
    assert sorted(told) == ["H016", "H214", "H215", "H216", "H217", "H220", "H224", "H288"]
    assert codes(cinar.post(f"{B}/retailers", [])) == ["H090"]


def test_no_two_dealers_of_a_provider_have_one_number(here: Desk, cinar: Program) -> None:
    assert cinar.post(f"{B}/retailers", shop(1, mersis="0454053692000011")).status_code == 201
    assert codes(cinar.post(f"{B}/retailers", shop(1))) == ["H231"]
    assert codes(cinar.post(f"{brand(CINAR_ALT)}/retailers", shop(2, mersis="0454053692000011"))) == ["H230"]
    assert cinar.post(f"{B}/retailers", shop(3, status="passive")).status_code == 201
    assert codes(cinar.post(f"{B}/retailers", shop(3))) == ["H253"]
    assert here.program("isik").post(f"{brand(ISIK)}/retailers", shop(1)).status_code == 201


def test_a_key_adds_a_dealer_once(cinar: Program) -> None:
    first = cinar.post(f"{B}/retailers", shop(), Idempotency_Key="k")
    again = cinar.post(f"{B}/retailers", shop(), Idempotency_Key="k")
    assert (again.status_code, again.json()) == (201, first.json())


def test_nobody_can_read_the_representative_in_the_database(here: Desk, cinar: Program) -> None:
    add_shop(cinar)
    row = here.registry.store.read_now(Snapshot.one, Statement(text("SELECT sealed FROM dealer_detail")))
    assert row is not None
    assert b"rnek" not in bytes(row[0])
    assert identity_number(1).encode() not in bytes(row[0])


# -- lists -------------------------------------------------------------------------------------------------------------


def test_dealers_are_listed_in_pages_and_in_few_words(cinar: Program) -> None:
    added = [add_shop(cinar, number) for number in range(1, 6)]
    told = cinar.get(f"{B}/retailers?offset=2&limit=2").json()
    assert told["pagination"] == {"offset": 2, "pageSize": 2, "totalCount": 5, "currentPage": 2}
    assert [one["retailerCode"] for one in told["list"]] == added[2:4]
    assert set(told["list"][0]) == set(shop()) | {"retailerCode", "status", "retailerAccessCount"}
    for query in ("short=true", "short=true&all=false"):
        few = cinar.get(f"{B}/retailers?{query}").json()["list"]
        assert [set(one) for one in few] == [{"title", "city", "retailerCode", "status", "retailerAccessCount"}] * 5
    assert cinar.get(f"{B}/retailers?all=true&short=true").json() == cinar.get(f"{B}/retailers").json()
    assert cinar.get(f"/sps/{CINAR}/brands").json()[0]["stats"]["retailers"] == {"total": 5}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("offset=-1", "H182"),
        ("limit=x", "H183"),
        ("all=yes", "H184"),
        ("short=1", "H185"),
        ("limit=101", "H186"),
        ("limit=0", "H187"),
    ],
)
def test_a_page_that_cannot_be_is_refused(cinar: Program, query: str, code: str) -> None:
    answer = cinar.get(f"{B}/retailers?{query}")
    assert (answer.status_code, codes(answer)) == (422, [code])


def test_of_a_dealer_that_the_command_added_is_told_what_is_known(here: Desk, cinar: Program) -> None:
    _, code = here.registry.store.write_now(companies.add_dealer, CINAR, "Moda Mağazası", "M-1")
    bare = {"title": "Moda Mağazası", "retailerCode": code, "status": "active", "retailerAccessCount": 0}
    assert cinar.get(f"{B}/retailers").json()["list"] == [bare]
    assert cinar.get(f"{B}/retailers/{code}").json() == bare
    assert cinar.call("DELETE", f"{B}/retailers/{code}").status_code == 200
    assert here.registry.store.write_now(companies.add_dealer, CINAR, "Moda Mağazası", "M-1").code != code


def test_a_dealer_tells_how_many_consents_it_may_use(here: Desk, cinar: Program) -> None:
    own, other = add_shop(cinar, 1), add_shop(cinar, 2)
    for number in (1, 2, 3):
        cinar.post(f"{B}/consents", consent(number, retailerCode=own, retailerAccess=[other]))
    cinar.post(f"{B}/consents", consent(1, status="RET", consentDate="2026-11-24 11:00:00"))
    first = {"type": "MESAJ", "recipientType": "BIREYSEL", "recipients": ["+905320000002"], "retailerAccess": [own]}
    cinar.post(f"{B}/consents/retailers/access/remove", first)
    told = {one["retailerCode"]: one["retailerAccessCount"] for one in cinar.get(f"{B}/retailers").json()["list"]}
    assert told == {own: 1, other: 2}
    cinar.post(f"{B}/consents", consent(1, consentDate="2026-11-24 11:30:00"))
    assert cinar.get(f"{B}/retailers/{other}").json()["retailerAccessCount"] == 2, "a refusal ended it for good"


# -- deleting ----------------------------------------------------------------------------------------------------------


def test_a_dealer_without_consents_is_deleted_and_offered_no_more(cinar: Program) -> None:
    code = add_shop(cinar)
    answer = cinar.call("DELETE", f"{B}/retailers/{code}")
    assert (answer.status_code, answer.text) == (200, "Başarı")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert cinar.get(f"{B}/retailers").json()["list"] == []
    assert codes(cinar.get(f"{B}/retailers/{code}")) == ["H180"]
    assert codes(cinar.call("DELETE", f"{B}/retailers/{code}")) == ["H058"]
    assert codes(cinar.post(f"{B}/consents", consent(retailerCode=code))) == ["H180"]
    assert cinar.get(f"/sps/{CINAR}/brands").json()[0]["stats"]["retailers"] == {"total": 0}
    assert add_shop(cinar) != code, "its numbers are free again"


@pytest.mark.parametrize("link", ["retailerCode", "retailerAccess"])
def test_a_dealer_with_a_consent_stays(cinar: Program, link: str) -> None:
    code = add_shop(cinar)
    cinar.post(f"{B}/consents", consent(**{link: code if link == "retailerCode" else [code]}))
    answer = cinar.call("DELETE", f"{B}/retailers/{code}")
    assert (answer.status_code, codes(answer)) == (400, ["H061"])
    cinar.post(f"{B}/consents", consent(status="RET", consentDate="2026-11-24 11:00:00"))
    assert codes(cinar.call("DELETE", f"{B}/retailers/{code}")) == ["H061"], "its past keeps it"
    assert cinar.get(f"{B}/retailers/{code}").status_code == 200


@pytest.mark.parametrize("refused", [False, True])
def test_a_dealer_whose_accesses_were_taken_is_deleted(cinar: Program, refused: bool) -> None:
    code = add_shop(cinar)
    cinar.post(f"{B}/consents", consent(retailerAccess=[code]))
    if refused:
        cinar.post(f"{B}/consents", consent(status="RET", consentDate="2026-11-24 11:00:00"))
    assert codes(cinar.call("DELETE", f"{B}/retailers/{code}")) == ["H061"]
    taken = {"recipients": ["+905320000001"], "type": "MESAJ", "recipientType": "BIREYSEL", "retailerAccess": [code]}
    assert cinar.post(f"{B}/consents/retailers/access/remove", taken).status_code == 202
    assert cinar.call("DELETE", f"{B}/retailers/{code}").status_code == 200


def test_a_dealer_stays_while_a_list_waits_that_may_name_it(here: Desk, cinar: Program) -> None:
    code = add_shop(cinar)
    cinar.post(f"{B}/consents/request", [consent()])
    answer = cinar.call("DELETE", f"{B}/retailers/{code}")
    assert (answer.status_code, codes(answer), answer.headers["retry-after"]) == (503, ["H123"], "1")
    finish(here)
    assert cinar.call("DELETE", f"{B}/retailers/{code}").status_code == 200


def test_of_a_deleted_dealer_its_title_stays_and_nobodys_number(here: Desk, cinar: Program) -> None:
    code = add_shop(cinar)
    cinar.call("DELETE", f"{B}/retailers/{code}")
    query = Statement(text("SELECT d.title, x.sealed FROM dealer d JOIN dealer_detail x ON x.dealer = d.id"))
    row = here.registry.store.read_now(Snapshot.one, query)
    assert row is not None
    assert row[0] == shop()["title"]
    assert here.registry.keyring.unseal_data(bytes(row[1])) == b"{}"


@pytest.mark.parametrize("code", ["12345678", "abc"])
def test_a_dealer_that_is_none_is_told_so(cinar: Program, code: str) -> None:
    assert codes(cinar.get(f"{B}/retailers/{code}")) == ["H180"]
    assert codes(cinar.call("DELETE", f"{B}/retailers/{code}")) == ["H058"]


# -- rights ------------------------------------------------------------------------------------------------------------


def test_dealers_are_their_brands_own(here: Desk, cinar: Program) -> None:
    code, isik = add_shop(cinar), here.program("isik")
    assert codes(cinar.get(f"{brand(CINAR_ALT)}/retailers/{code}")) == ["H180"]
    for method, path in (("GET", "/retailers"), ("GET", f"/retailers/{code}"), ("DELETE", f"/retailers/{code}")):
        answer = isik.call(method, B + path)
        assert (answer.status_code, codes(answer)) == (403, ["H353"])
    refused_for(isik.post(f"{B}/retailers", shop()), 403, "H353")
    assert isik.get(f"{brand(ISIK)}/retailers/{code}").status_code == 403


def test_a_partner_needs_its_rights(here: Desk) -> None:
    partner = here.program("partner")
    assert partner.get(f"{B}/retailers").status_code == 403
    here.grant(CINAR, (0, 1, 0))
    assert partner.get(f"{B}/retailers").status_code == 200
    assert codes(partner.post(f"{B}/retailers", shop())) == ["H353"]
    here.grant(CINAR, (0, 2, 0))
    code = add_shop(partner)
    assert partner.call("DELETE", f"{B}/retailers/{code}").status_code == 200


# -- check digits ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["10000000146", "57703411244"])
def test_identity_numbers_that_can_be(number: str) -> None:
    assert dealer_form.is_identity_number(number)
    for place, digit in enumerate(number):
        other = number[:place] + str((int(digit) + 1) % 10) + number[place + 1 :]
        assert not dealer_form.is_identity_number(other), "one wrong digit is found"


@pytest.mark.parametrize("number", ["8450525470", "4540536920"])
def test_tax_numbers_that_can_be(number: str) -> None:
    assert dealer_form.is_tax_number(number)
    assert not dealer_form.is_tax_number(number[:9] + str((int(number[9]) + 1) % 10))


@settings(max_examples=50)
@given(st.text("0123456789", min_size=9, max_size=9))
def test_nine_digits_make_one_tax_number(digits: str) -> None:
    assert sum(dealer_form.is_tax_number(f"{digits}{last}") for last in range(10)) == 1


@pytest.mark.parametrize("text", ["", "0", "00000000000", "1000000014６", "١٢٣٤٥٦٧٨٩٠", "-540536920"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert not dealer_form.is_identity_number(text)
    assert not dealer_form.is_tax_number(text)
