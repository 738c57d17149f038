"""What a company claims has no effect before the operator has looked, and its state is read by both."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import httpx2
import pytest
from sqlalchemy import text as sql
from starlette.testclient import TestClient

from consents.brands import brand_changes, companies, lookalikes
from consents.brands.company_changes import Why
from consents.brands.lookalikes import near
from consents.store import Statement, Transaction
from izin.operations import status_command
from optout.sms import sms_brands
from panel.brands import claim_store
from panel.operations import operator_status
from panel.rights import Membership, Permission, Role, Staff
from tests.conftest import SECRET, Run
from tests.panel.brands.forms import OWNER, error_at, seen
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, ISIK, NO_RIGHT, STALE, Colleague, Office
from tests.panel.test_matrix import brand
from tests.web.client import refused_for

DESK = "/panel/isletmen/istekler"
NUMBER = "+908502223344"
OF_CINAR, OF_ISIK = f"/panel/{CINAR}/markalar/{CINAR}", f"/panel/{ISIK}/markalar/{ISIK}"


def wish(browser: Colleague, path: str = OF_ISIK, **changed: str) -> str:
    """Sends the form of a brand; where it leads."""
    title = f"Marka {path.rsplit('/', 1)[1]}"
    data = {"title": title, "why": "Yeni ad", "seen": seen(browser.get(path)), **changed}
    answer = browser.post(path, data=data)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def press(browser: Colleague, deed: str, number: int = 1, why: str = "Belgesi var") -> httpx2.Response:
    return browser.post(f"{DESK}/karar", data={"claim": str(number), "deed": deed, f"why-{number}": why})


def decide(browser: Colleague, deed: str, number: int = 1, why: str = "Belgesi var") -> int:
    return press(browser, deed, number, why).status_code


def own(here: Office, number: str = NUMBER) -> int | None:
    return here.registry.store.read_now(sms_brands.own, number, here.settings.shared_numbers)


def names(here: Office, code: int) -> list[str]:
    found: tuple[list[str], list[str]] = here.registry.store.read_now(brand_changes.names, brand(here, code))
    return found[0]


def test_a_number_is_nobodys_until_the_operator_accepts_it(office: OpenOffice) -> None:
    here = office()
    owner, operator = here.somebody(OWNER, ISIK, email="sahip@isik.example"), here.somebody(Staff.OPERATOR)
    assert wish(owner, numbers="0850 222 33 44").endswith("?bekliyor")
    assert own(here) is None
    page = owner.get(OF_ISIK).text
    assert NUMBER in page
    assert "Bekliyor; istendiği zaman" in page
    desk_page = operator.get(DESK).text
    assert NUMBER in desk_page
    assert f"Marka {ISIK}" in desk_page
    assert decide(operator, "onayla", why="") == 303
    assert own(here) == brand(here, ISIK)
    assert "Onaylandı:" in owner.get(OF_ISIK).text
    assert here.sent[-1]["to"] == "sahip@isik.example"
    assert NUMBER in here.sent[-1]["subject"]
    assert here.acts() == ["claim-made", "claim-accepted", "brand-numbers-changed"]


def test_a_refusal_needs_a_reason_that_the_company_reads(office: OpenOffice) -> None:
    here = office()
    owner, operator = here.somebody(OWNER, ISIK), here.somebody(Staff.OPERATOR)
    wish(owner, numbers=NUMBER)
    bare = operator.post(f"{DESK}/karar", data={"claim": "1", "deed": "reddet", "why-1": " "})
    assert bare.status_code == 422
    assert "Nedenini" in error_at(bare, "why-1")
    assert decide(operator, "reddet", why="Numara başkasının") == 303
    assert "Numara başkasının" in here.sent[-1]["text"]
    page = owner.get(OF_ISIK).text
    assert "Kabul edilmedi:" in page
    assert "Numara başkasının" in page
    assert own(here) is None
    for deed in ("onayla", "reddet"):
        refused_for(press(operator, deed), 409, "Bu istek artık beklemiyor.")
    wish(owner, numbers=NUMBER)
    assert decide(operator, "onayla", 2) == 303, "it may ask again"


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"name-1": "çınar"}, "NAME"),
        ({"name-1": "C1NAR"}, "NAME"),
        ({"name-1": "CINRA"}, "NAME"),
        ({"name-1": "CINARMKT"}, "NAME"),
        ({"name-1": "GARANTI"}, "NAME"),
        ({"name-1": "BANKA"}, "NAME"),
        ({"headers": "TURKCELL"}, "HEADER"),
        ({"headers": "IYS ODUL"}, "HEADER"),
        ({"title": "Çınar"}, "TITLE"),
        ({"title": "СİNAR"}, "TITLE"),  # a Cyrillic С
        ({"title": "Çınar Mağazacılık A.Ş."}, "TITLE"),
        ({"title": "Bizim Site"}, "TITLE"),
    ],
)
def test_what_may_be_taken_for_anothers_waits_and_names_nobody(
    office: OpenOffice, changed: Mapping[str, str], kind: str
) -> None:
    here = office(SITE_NAME="Bizim Site")
    here.registry.store.write_now(brand_changes.rename, CINAR, "Çınar", Why(here.registry.keyring, "given"))
    here.registry.store.write_now(brand_changes.set_names, CINAR, ["CINAR"], Why(here.registry.keyring, "given"))
    owner, operator = here.somebody(OWNER, ISIK), here.somebody(Staff.OPERATOR)
    assert wish(owner, **changed).endswith("?bekliyor")
    (claim,) = here.registry.store.read_now(claim_store.waiting)
    assert claim.kind.name == kind
    assert here.registry.store.read_now(brand_changes.names, brand(here, ISIK)) == ([], [])
    known = here.registry.store.read_now(companies.known_brand, ISIK)
    assert known is not None
    assert known.title == f"Marka {ISIK}"
    assert "Benzediği" in operator.get(DESK).text
    wish(owner, **changed)
    assert len(here.registry.store.read_now(claim_store.waiting)) == 1, "asked twice it is one"


@pytest.mark.parametrize("title", ["Yeni", "Işık Optik Ltd. Şti.", "Deniz Gıda San.Tic.Ltd.Şti.", "1881", "Marka"])
def test_what_is_like_nothing_waits_for_nobody(office: OpenOffice, title: str) -> None:
    here = office()
    here.registry.store.write_now(brand_changes.rename, CINAR, "Çınar", Why(here.registry.keyring, "given"))
    found = here.registry.store.read_now(near, here.id_of(ISIK), title)
    assert [one for one in found if one.whose is None or title != "Marka"] == []
    if title != "Marka":
        assert wish(here.somebody(OWNER, ISIK), title=title).endswith("?degisti")


def test_an_accepted_name_is_taken_from_who_had_it_and_stays_accepted(office: OpenOffice) -> None:
    here = office()
    here.registry.store.write_now(brand_changes.set_names, CINAR, ["ISIK", "CNR"], Why(here.registry.keyring, "given"))
    owner, operator = here.somebody(OWNER, ISIK), here.somebody(Staff.OPERATOR)
    wish(owner, **{"name-1": "ışık", "name-2": "IŞIKLAR"})
    assert "kabul ederseniz ondan alınır" in operator.get(DESK).text
    assert [decide(operator, "onayla", number) for number in (1, 2)] == [303, 303]
    assert names(here, CINAR) == ["CNR"]
    assert names(here, ISIK) == ["ISIK", "ISIKLAR"]
    here.registry.store.write_now(
        brand_changes.set_names, CINAR, ["CNR", "ISIKLIK"], Why(here.registry.keyring, "given")
    )
    wish(owner, **{"name-1": "IŞIK"})
    assert wish(owner, **{"name-1": "IŞIK", "name-2": "ISIKLAR"}).endswith("?degisti"), "accepted once is enough"
    assert names(here, ISIK) == ["ISIK", "ISIKLAR"]


def test_an_accepted_number_is_taken_from_who_had_it(office: OpenOffice) -> None:
    here = office()
    first, second, operator = here.somebody(OWNER), here.somebody(OWNER, ISIK), here.somebody(Staff.OPERATOR)
    wish(first, OF_CINAR, numbers=NUMBER)
    wish(second, numbers=NUMBER)
    assert "2 numaralı istek" in operator.get(DESK).text, "both stand side by side"
    assert decide(operator, "onayla", 1) == 303
    assert own(here) == brand(here, CINAR)
    assert decide(operator, "onayla", 2) == 303
    assert own(here) == brand(here, ISIK)


def test_what_cannot_be_done_any_more_is_told_to_the_operator(office: OpenOffice) -> None:
    here = office()
    owner, operator = here.somebody(OWNER, ISIK), here.somebody(Staff.OPERATOR)
    wish(owner, numbers=NUMBER)
    wish(owner, numbers="3311\n3312")

    def fill(transaction: Transaction) -> None:
        known = companies.known_brand(transaction, ISIK)
        assert known is not None
        for number in ("3301", "3302", "3303"):
            sms_brands.add_number(transaction, known, number, ())

    here.registry.store.write_now(fill)
    answer = operator.post(f"{DESK}/karar", data={"claim": "1", "deed": "onayla", "why-1": ""})
    assert (answer.status_code, "en çok" in error_at(answer, "why-1")) == (422, True)
    assert here.registry.store.read_now(claim_store.waiting)[0].id == 1, "it waits still"


def test_a_company_withdraws_its_own_claim_and_no_other(office: OpenOffice) -> None:
    here = office()
    owner, other = here.somebody(OWNER, ISIK), here.somebody(OWNER)
    second = brand(here, 600201)
    some = here.somebody(Membership(Role.USER, Permission.ADMINISTER, frozenset({second})), ISIK)
    wish(owner, numbers=NUMBER)
    refused_for(other.post(f"/panel/{CINAR}/markalar/vazgec", data={"claim": "1"}), 409, STALE)
    refused_for(some.post(f"/panel/{ISIK}/markalar/vazgec", data={"claim": "1"}), 409, STALE)
    refused_for(owner.post(f"/panel/{ISIK}/markalar/vazgec", data={"claim": "x"}), 409, STALE)
    assert owner.post(f"/panel/{ISIK}/markalar/vazgec", data={"claim": "1"}).status_code == 303
    assert here.registry.store.read_now(claim_store.waiting) == []
    assert here.acts() == ["claim-made", "claim-withdrawn"]


def test_a_new_brand_under_a_number_of_ones_own_choice_waits_whole(office: OpenOffice) -> None:
    here = office()
    owner, operator = here.somebody(OWNER, ISIK), here.somebody(Staff.OPERATOR)
    path = f"/panel/{ISIK}/markalar"
    assert owner.post(path, data={"title": "Yeni", "code": "600777"}).headers["location"] == f"{path}?bekliyor"
    assert here.registry.store.read_now(companies.known_brand, 600777) is None
    assert "600777, Yeni" in owner.get(path).text
    assert decide(operator, "onayla") == 303
    known = here.registry.store.read_now(companies.known_brand, 600777)
    assert known is not None
    assert (known.title, known.provider) == ("Yeni", here.id_of(ISIK))


def test_a_new_brand_with_anothers_title_begins_with_its_companys(office: OpenOffice) -> None:
    here = office()
    here.registry.store.write_now(brand_changes.rename, CINAR, "Çınar", Why(here.registry.keyring, "given"))
    owner, operator = here.somebody(OWNER, ISIK), here.somebody(Staff.OPERATOR)
    where = owner.post(f"/panel/{ISIK}/markalar", data={"title": "ÇINAR"}).headers["location"]
    code = int(where.split("/")[-1].partition("?")[0])
    known = here.registry.store.read_now(companies.known_brand, code)
    assert known is not None
    assert known.title == f"Şirket {ISIK} A.Ş. ({code})"
    assert decide(operator, "onayla") == 303
    known = here.registry.store.read_now(companies.known_brand, code)
    assert known is not None
    assert known.title == "ÇINAR"


def test_a_company_adds_five_brands_a_day(office: OpenOffice) -> None:
    here = office()
    owner, path = here.somebody(OWNER, ISIK), f"/panel/{ISIK}/markalar"
    for name in ("Elma", "Armut", "Kiraz", "Vişne", "Ayva"):
        assert owner.post(path, data={"title": name}).status_code == 303
    assert "en çok 5 marka" in error_at(owner.post(path, data={"title": "Muz"}), "title")
    assert here.somebody(OWNER).post(f"/panel/{CINAR}/markalar", data={"title": "Muz"}).status_code == 303
    here.clock.forward(days=1, minutes=1)
    again = here.somebody(OWNER, ISIK)
    assert again.post(path, data={"title": "Muz"}).status_code == 303


def test_twenty_claims_of_a_company_wait_at_the_most(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER, ISIK)
    wish(owner, headers="\n".join(f"BANKA{letter}" for letter in "ABCDEFGHIJ"))
    second = f"/panel/{ISIK}/markalar/600201"
    wish(owner, second, headers="\n".join(f"BANK{letter}" for letter in "ABCDEFGHIJ"))
    answer = owner.post(
        second,
        data={"title": "Marka 600201", "why": "x", "numbers": NUMBER, "seen": seen(owner.get(second))},
    )
    assert "20 isteği bekliyor" in error_at(answer, "numbers")


def test_what_waits_is_counted_for_the_operator(office: OpenOffice) -> None:
    here = office()
    owner, operator, auditor = here.somebody(OWNER, ISIK), here.somebody(Staff.OPERATOR), here.somebody(Staff.AUDITOR)
    wish(owner, numbers=NUMBER)
    view = operator_status.load(here.registry, here.settings)
    assert view.claims == 1
    lines = list(status_command.task_lines(view, here.clock.now))
    assert any("izin claims list" in line for line in lines)
    assert "izin_claims_waiting 1.0" in here.browser(client=("127.0.0.1", 50000)).get("/metrics").text
    assert DESK in operator.get("/panel/isletmen").text
    assert NUMBER in auditor.get(DESK).text
    assert 'name="deed"' not in auditor.get(DESK).text
    refused_for(press(auditor, "onayla"), 403, NO_RIGHT)


def test_a_brands_number_that_is_the_sites_is_named_to_the_operator(office: OpenOffice) -> None:
    here = office(OPTOUT_NUMBER=NUMBER)
    add = Statement(sql("INSERT INTO brand_number (number, brand) VALUES (:number, :brand)"))
    of = brand(here, ISIK)
    here.registry.store.write_now(lambda transaction: transaction.run(add, {"number": NUMBER, "brand": of}))
    assert own(here) is None
    with TestClient(here.asgi, base_url=here.settings.public_url, client=("127.0.0.1", 50000)) as near:
        ready = near.get("/readyz").json()
    assert ready["status"] == "ok"
    assert any(NUMBER in line and "no effect" in line for line in ready["warnings"])
    assert any(
        NUMBER in line
        for line in status_command.task_lines(operator_status.load(here.registry, here.settings), here.clock.now)
    )


def test_the_commands_decide_as_the_page_does(office: OpenOffice, run: Run, sqlite_url: str) -> None:
    here, izin = office(), partial(run, DATABASE_URL=sqlite_url, SECRET_KEY=SECRET)
    here.registry.store.write_now(brand_changes.set_names, CINAR, ["CINAR"], Why(here.registry.keyring, "given"))
    owner = here.somebody(OWNER, ISIK, email="sahip@isik.example")
    wish(owner, numbers=NUMBER, **{"name-1": "C1NAR"})
    lines = [line.split("\t") for line in izin("claims", "list").stdout.splitlines()]
    assert [line[:1] + line[2:4] for line in lines] == [["1", "name", "C1NAR"], ["2", "number", NUMBER]]
    assert lines[0][-1] == f"CINAR ({CINAR})"
    assert "reason" in izin("claims", "refuse", "1", "--reason", " ").stderr
    assert izin("claims", "refuse", "1", "--reason", "Başkasının adı").returncode == 0
    assert izin("claims", "accept", "2", OPTOUT_NUMBER=NUMBER).returncode == 1, "the site's own number"
    assert izin("claims", "accept", "2").returncode == 0
    assert "no claim 2 waits" in izin("claims", "accept", "2").stderr
    assert izin("claims", "list").stdout == ""
    assert own(here) == brand(here, ISIK)
    assert [mail["to"] for mail in here.sent] == ["sahip@isik.example"] * 2
    words = [line.split("\t")[3] for line in izin("acts").stdout.splitlines()]
    assert words == ["brand-numbers-changed", "claim-accepted", "claim-refused", "claim-made", "claim-made"]


def test_the_names_of_a_large_registry_are_taken_apart_once() -> None:
    """It is done in the only writer, for each name that somebody wishes for."""
    names = [f"Marka {number}" for number in range(12_000)]
    for _ in range(2):
        before = lookalikes._shape.cache_info().misses
        assert not any(lookalikes._is_like("Akdeniz", name) for name in names)
    assert lookalikes._shape.cache_info().misses == before
