"""A company's list is checked before it writes: what its own brand may send, signed; nothing of the list is kept."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import httpx2
import openpyxl
import pytest
from sqlalchemy import text as sql

from consents.people import register
from consents.people.rotation import rekey
from consents.rules import RET
from consents.store import Snapshot, Statement
from evidence import log, receipts
from evidence.checkpoints import LogKey
from evidence.receipts import BadReceipt
from izin.tlog.witness_store import WitnessKeys
from panel.audit import audit_log
from panel.audit.audit_log import AuditSearch
from panel.people import brakes
from panel.rights import Membership, Permission, Role, Staff
from providers.uploads import address_lists
from tests.conftest import SECRET, Run
from tests.consents.deeds import TACIR, onay
from tests.panel.brands.forms import error_at
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, ISIK, NO_RIGHT, Colleague, Office
from tests.panel.seen import FIRST, SECOND, SeenDeeds, number
from tests.panel.test_matrix import brand
from tests.providers.uploads.conftest import make_workbook
from tests.web.client import refused_for

AT = f"/panel/{CINAR}/liste"
REPORTS = Membership(Role.USER, Permission.REPORT)
MAIL = "ayse@example.com"


def check(
    browser: Colleague, listed: str = "", *, file: tuple[str, bytes] = ("", b""), at: str = AT, **more: str
) -> httpx2.Response:
    data = {"list": listed, "brand": str(FIRST), "identity": "BIREYSEL", "as": "json", **more}
    return browser.post(at, data=data, files={"file": file})


def answered(here: Office, answer: httpx2.Response) -> dict[str, dict[str, list[str]]]:
    """The answer of a signed file, by channel and status."""
    assert answer.status_code == 200, answer.text
    content = receipts.check_document(answer.text, LogKey.of(here.registry.keyring))
    found: dict[str, dict[str, list[str]]] = content["answer"]
    return found


def told(here: Office) -> SeenDeeds:
    """1 allows, 2 refuses, 3 allowed another brand, 4 is asked, 5 has no record."""
    deeds = SeenDeeds(here)
    deeds.allowed(1)
    deeds.decides(deeds.allowed(2), status=RET)
    deeds.allowed(3, SECOND)
    asked = deeds.key(4)
    deeds.decides(asked, status=RET)
    here.clock.forward(minutes=5)
    deeds.declares(onay(asked, here.clock.now))
    return deeds


def test_only_a_consent_to_this_brand_allows(office: OpenOffice) -> None:
    here = office()
    told(here)
    listed = "\n".join(map(number, range(1, 6)))
    found = answered(here, check(here.somebody(REPORTS), listed))
    assert found == {
        "MESAJ": {"ONAY": [number(1)], "RET": [number(2), number(4)], "NONE": [number(3), number(5)]},
        "ARAMA": {"NONE": [number(place) for place in range(1, 6)]},
    }
    second = answered(here, check(here.somebody(REPORTS), listed, brand=str(SECOND)))
    assert second["MESAJ"]["ONAY"] == [number(3)]


def test_a_channel_is_answered_where_the_address_has_it(office: OpenOffice) -> None:
    """A landline takes no SMS, a mail no call; and each identity has its own answer."""
    here = office()
    deeds = SeenDeeds(here)
    deeds.declares(onay(deeds.key(1)._replace(identity=TACIR), here.clock.now - 1))
    listed = f"{number(1)}\n0212 444 55 66\n{MAIL}"
    browser = here.somebody(REPORTS)
    assert answered(here, check(browser, listed)) == {
        "ARAMA": {"NONE": [number(1), "+902124445566"]},
        "MESAJ": {"NONE": [number(1)]},
        "EPOSTA": {"NONE": [MAIL]},
    }
    assert answered(here, check(browser, listed, identity="TACIR"))["MESAJ"] == {"ONAY": [number(1)]}


def test_the_answer_is_of_a_moment_and_of_this_key_alone(office: OpenOffice) -> None:
    here = office()
    deeds, browser = SeenDeeds(here), here.somebody(REPORTS)
    key = deeds.allowed()
    log.extend(here.registry)
    before = check(browser, number(1))
    deeds.decides(key, status=RET)
    here.clock.forward(minutes=1)
    assert answered(here, before)["MESAJ"] == {"ONAY": [number(1)]}
    assert answered(here, check(browser, number(1)))["MESAJ"] == {"RET": [number(1)]}
    content, public = json.loads(before.text), LogKey.of(here.registry.keyring)
    assert content["made"] < json.loads(check(browser, number(1)).text)["made"]
    assert (content["code"], content["brand"], content["identity"]) == (CINAR, FIRST, "BIREYSEL")
    assert content["checkpoint"].startswith(public.origin)
    for old, new in (("ONAY", "RET"), (number(1), number(2)), (f'"brand": {FIRST}', f'"brand": {SECOND}')):
        with pytest.raises(BadReceipt):
            receipts.check_document(before.text.replace(old, new), public)
    with pytest.raises(BadReceipt):
        receipts.check(before.text, public)


def test_of_an_erased_person_only_the_refusal_is_answered(office: OpenOffice) -> None:
    here = office()
    deeds = SeenDeeds(here)
    deeds.decides(deeds.allowed(1), status=RET)
    deeds.allowed(2)
    keyring = here.registry.keyring
    for place in (1, 2):
        here.registry.store.write_now(register.erase, keyring, register.person(keyring, number(place)))
    found = answered(here, check(here.somebody(REPORTS), f"{number(1)}\n{number(2)}"))
    assert found["MESAJ"] == {"RET": [number(1)], "NONE": [number(2)]}


def test_the_workbook_is_of_use_and_holds_the_signed_answer(office: OpenOffice, run: Run, tmp_path: Path) -> None:
    here = office()
    told(here)
    book = make_workbook([["Ad", "Cep"], ["Ali", 5320000001], ["Can", "0532 00"], ["=Efe", "0532 000 00 02"]])
    answer = check(here.somebody(REPORTS), file=("müşteriler.xlsx", book), **{"as": "xlsx"})
    assert re.fullmatch(rf'attachment; filename="liste-{FIRST}-\d+\.xlsx"', answer.headers["content-disposition"])
    sheets = {
        one.title: [list(row) for row in one.values] for one in openpyxl.load_workbook(io.BytesIO(answer.content))
    }
    assert sheets["Liste"] == [
        ["Numara veya e-posta", "Arama", "SMS", "E-posta", "Okunamadı"],
        ["0532 000 00 01", "Hayır: kayıt yok", "Evet", None, None],
        ["0532 00", None, None, None, sheets["Liste"][2][4]],
        ["0532 000 00 02", "Hayır: kayıt yok", "Hayır: ret", None, None],
    ]
    assert "Numara çok kısa" in sheets["Liste"][2][4]
    assert sheets["SMS izinli"] == [["Numara veya e-posta"], ["0532 000 00 01"]]
    assert "Arama izinli" not in sheets, "nobody"
    about = dict(sheets["Özet"])
    assert (about["Satır"], about["Okunamadı"], about["SMS izinli"]) == ("3", "1", "1")
    public = LogKey.of(here.registry.keyring).verifier()
    assert about["Açık anahtar"] == public
    (tmp_path / "liste.xlsx").write_bytes(answer.content)
    done = run("verify-receipt", "liste.xlsx", "--key", public)
    assert done.returncode == 0
    assert "hücreleri imzalı değil" in done.stderr, "anybody may change a cell beside the signed answer"
    assert f"{number(1)}\tMESAJ\tONAY\n" in done.stdout
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        signed = archive.read(receipts.LIST_FILE).decode()
    alone = run("verify-receipt", "-", "--key", public, text=signed)
    assert (alone.stdout, alone.stderr) == (done.stdout, ""), "all of it is signed"
    witness = WitnessKeys("never.asked/w", bytes(32)).verifiers[0]
    unseen = run("verify-receipt", "liste.xlsx", "--key", public, "--witness", witness)
    assert (unseen.returncode, unseen.stdout) == (1, "")
    assert "it has no checkpoint that a witness could cosign" in unseen.stderr
    forged = run("verify-receipt", "-", "--key", public, text=signed.replace('"RET"', '"ONAY"'))
    assert forged.returncode == 1
    openpyxl.load_workbook(io.BytesIO(answer.content)).save(tmp_path / "liste.xlsx")
    done = run("verify-receipt", "liste.xlsx", "--key", public)
    assert done.returncode == 2, "no forgery"
    assert "saved again" in done.stderr


def test_the_signed_answer_names_the_campaign(office: OpenOffice) -> None:
    here = office()
    told(here)
    browser = here.somebody(REPORTS)
    plain, named = check(browser, number(1)), check(browser, number(1), campaign=" BTK-2026-17 ")
    key = LogKey.of(here.registry.keyring)
    assert "campaign" not in receipts.check_document(plain.text, key)
    assert receipts.check_document(named.text, key)["campaign"] == "BTK-2026-17"
    for wrong in ("a" * 101, "kış"):
        refused_for(check(browser, number(1), campaign=wrong), 422, "Türkçe harf olmaz")


def test_csv_is_for_turkish_excel_and_runs_nothing(office: OpenOffice) -> None:
    here = office()
    answer = check(here.somebody(REPORTS), f"{number(1)}\n{MAIL}\n=2+5", **{"as": "csv"})
    assert answer.content.startswith("\ufeff".encode())
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert lines[1] == ["0532 000 00 01", "Hayır: kayıt yok", "Hayır: kayıt yok", "", ""]
    assert lines[2][:4] == [MAIL, "", "", "Hayır: kayıt yok"]
    assert lines[3][0] == "'=2+5"
    assert "Excel" in lines[3][4]


def test_an_address_of_the_csv_is_read_here_as_the_same(office: OpenOffice) -> None:
    here = office()
    listed = "-ali@example.com\n=1+1@example.com\n0532 000 00 01"
    answer = check(here.somebody(REPORTS), listed, **{"as": "csv"})
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert [one[0] for one in lines[1:3]] == ["'-ali@example.com", "'=1+1@example.com"]
    again = check(here.somebody(REPORTS), file=("liste.csv", answer.content), **{"as": "csv"})
    assert again.content == answer.content, "the file is a list, too"


def test_a_mistyped_first_line_is_answered_too(office: OpenOffice) -> None:
    """It is no title of the list."""
    here = office()
    listed = "Müşteriler 2026\nCep\n0532 00 00\nali@@example.com\n0532 000 00 01\n0532 000 00 02"
    answer = check(here.somebody(REPORTS), listed, **{"as": "csv"})
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))[1:]
    assert [one[0] for one in lines] == ["0532 00 00", "ali@@example.com", "0532 000 00 01", "0532 000 00 02"]
    assert [bool(one[4]) for one in lines] == [True, True, False, False]


def test_the_page_of_checks_knows_the_answer(office: OpenOffice) -> None:
    here = office()
    told(here)
    made = check(here.somebody(REPORTS), "\n".join(map(number, range(1, 6)))).text
    visitor = here.browser()
    page = visitor.post("/dogrula", files={"file": ("liste.json", made.encode())})
    assert page.status_code == 200
    assert "Bu belge gerçek" in page.text
    assert re.search(r"SMS: İzin var 1, Reddedildi 2, Kayıt yok 2", re.sub("<.*?>", "", page.text))
    forged = visitor.post("/dogrula", files={"file": ("liste.json", made.replace('"RET"', '"ONAY"').encode())})
    refused_for(forged, 422, "Bu makbuz gerçek değil")


@pytest.mark.parametrize(
    ("given", "place", "sentence"),
    [
        ({"listed": ""}, "list", "Numaraları yapıştırın ya da bir dosya seçin."),
        ({"listed": "hoppa"}, "list", "okunabilen bir numara ya da e-posta yok"),
        ({"file": ("a.csv", b"Ad\nAli\n")}, "file", "okunabilen bir numara ya da e-posta yok"),
        ({"listed": "05320000001", "brand": "987654"}, "brand", "Markayı seçin."),
        ({"file": ("a.csv", b"0532 000 00 01\n" * 290_000)}, "file", "4 MB"),
    ],
)
def test_what_is_missing_is_asked_again(office: OpenOffice, given: dict[str, str], place: str, sentence: str) -> None:
    here = office()
    answer = check(here.somebody(REPORTS), **given)  # type: ignore[arg-type]
    assert answer.status_code == 422
    assert sentence in error_at(answer, place)


def test_a_brand_that_is_not_ones_own_cannot_be_asked_about(office: OpenOffice) -> None:
    here = office()
    SeenDeeds(here).allowed(1, SECOND)
    only = here.somebody(Membership(Role.USER, Permission.REPORT, frozenset({brand(here, FIRST)})))
    assert "Markayı seçin." in error_at(check(only, number(1), brand=str(SECOND)), "brand")
    assert answered(here, check(only, number(1), brand=""))["MESAJ"] == {"NONE": [number(1)]}, "the only one they see"
    other = here.somebody(REPORTS, ISIK)
    assert "Markayı seçin." in error_at(check(other, number(1), at=f"/panel/{ISIK}/liste"), "brand")


@pytest.mark.parametrize(
    "who", [Membership(Role.USER, Permission.SEE | Permission.LOAD), Staff.OPERATOR, Staff.AUDITOR], ids=str
)
def test_whoever_may_not_have_addresses_as_a_file_checks_none(office: OpenOffice, who: Membership | Staff) -> None:
    """A list is a question about many people at once; the operator's people look at one, with a reason."""
    here = office()
    browser = here.somebody(who)
    refused_for(browser.get(AT), 403, NO_RIGHT)
    refused_for(check(browser, number(1)), 403, NO_RIGHT)
    assert here.acts() == []


def test_each_check_is_logged_and_nothing_of_the_list_is_kept(office: OpenOffice) -> None:
    here = office()
    browser = here.somebody(REPORTS)
    tables = Statement(sql("SELECT name FROM sqlite_master WHERE type = 'table'"))

    def counts(snapshot: Snapshot) -> dict[str, int]:
        names = [name for (name,) in snapshot.all(tables)]
        found = {one: snapshot.one(Statement(sql(f'SELECT count(*) FROM "{one}"'))) for one in names}
        return {one: row[0] for one, row in found.items() if row}

    before = here.registry.store.read_now(counts)
    check(browser, f"{number(1)}\n{MAIL}")
    after = here.registry.store.read_now(counts)
    assert {one for one in after if after[one] != before[one]} <= {"act", "panel_act", "throttle", "panel_session"}
    assert here.acts() == ["list-checked"]
    (entry,) = here.registry.store.read_now(
        audit_log.find, here.registry.keyring, AuditSearch(provider=here.id_of(CINAR))
    )
    assert (entry.person, entry.object) == (browser.number, f"brand {FIRST}")
    assert here.registry.store.read_now(audit_log.find, here.registry.keyring, AuditSearch(address=number(1))) == []


def test_a_person_has_a_number_of_checks_an_hour(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brakes, "CHECKS", 2)
    here = office()
    browser = here.somebody(REPORTS, email="derya@cinar.example")
    read: list[int] = []
    monkeypatch.setattr(address_lists, "read", lambda parts: read.append(1) or [])
    assert [check(browser, number(1)).status_code for _ in range(2)] == [200, 200]
    refused_for(check(browser, number(1)), 429, "en çok 30 liste denetlenebilir")
    assert len(read) == 2, "nothing is read above it"
    assert check(here.somebody(REPORTS), number(1)).status_code == 200, "each has their own"
    again = here.somebody(REPORTS, email="derya@cinar.example")
    refused_for(check(again, number(1)), 429, "en çok 30 liste denetlenebilir")  # in another session too
    here.clock.forward(minutes=61)
    again = here.somebody(REPORTS, email="derya@cinar.example")
    assert check(again, number(1)).status_code == 200


def test_while_others_are_read_it_is_asked_to_come_again(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(parts: object) -> None:
        raise address_lists.Busy

    monkeypatch.setattr(address_lists, "read", busy)
    here = office()
    answer = check(here.somebody(REPORTS), number(1))
    assert answer.status_code == 503
    assert "Biraz sonra yeniden deneyin" in error_at(answer, "list")
    assert number(1) in answer.text, "what was pasted stays"


def test_keys_that_change_meanwhile_change_no_answer(office: OpenOffice, sqlite_url: str) -> None:
    here = office()
    told(here)
    browser, listed = here.somebody(REPORTS), "\n".join(map(number, range(1, 6)))
    before = answered(here, check(browser, listed))
    rekey(sqlite_url, SECRET)
    assert answered(here, check(browser, listed)) == before
    assert before["MESAJ"]["ONAY"] == [number(1)]


def test_ten_thousand_are_answered(office: OpenOffice) -> None:
    here = office()
    deeds = SeenDeeds(here)
    for place in (1, 9_999):
        deeds.allowed(place)
    listed = "\n".join(map(number, range(10_000)))
    found = answered(here, check(here.somebody(REPORTS), listed))
    assert found["MESAJ"]["ONAY"] == [number(1), number(9_999)]
    assert len(found["MESAJ"]["NONE"]) == 9_998
