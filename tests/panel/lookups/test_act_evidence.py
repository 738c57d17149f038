"""The evidence of one consent or act: its page, its document, who may have it, and how it is verified."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from consents import history
from consents.instants import DAY
from evidence import log, receipts
from evidence.checkpoints import LogKey
from panel.audit import looks
from panel.people import brakes
from panel.rights import Membership, Permission, Role, Staff
from tests.citizen.consents.town import AYSE
from tests.conftest import Run
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, ISIK, NO_RIGHT, Office
from tests.panel.uploads.test_disputes import BRAND, SHOWN, Case
from tests.panel.uploads.uploads import AYSE as LOADED
from tests.panel.uploads.uploads import GOOD, HEADER, applied, press, work
from tests.web.client import refused_for
from trust import paper_seals, pseudonyms, record_numbers

PAGE, SHOW, FILE = (f"/panel/{CINAR}/kanit{rest}" for rest in ("", "/goster", "/belge"))
AT_ALL = "/panel/isletmen/denetim/islem"
READER = Membership(Role.USER, Permission.EVIDENCE)
LOADER = Membership(Role.USER, Permission.LOAD)
WHY = "2026/114 sayılı şikâyet"
HEAD = f"{HEADER};onay metni;form no"
ROWS = "\n".join([HEAD, GOOD.replace("0000001", "0000009") + ";;", GOOD + ";SMS almak istiyorum.;F-7"])


@pytest.fixture
def case(office: OpenOffice) -> Case:
    found = Case(office())
    assert found.answers(answer="kanit", **SHOWN).status_code == 303
    return found


def content_of(here: Office, pdf: bytes) -> dict[str, Any]:
    (attached,) = paper_seals.attached(pdf, 1_000_000)
    return receipts.check_document(attached.decode(), LogKey.of(here.registry.keyring))


def last_number(here: Office) -> str:
    return record_numbers.of_act(here.registry.keyring, here.registry.store.write_now(history.act_of_last))


def test_a_loader_attaches_and_sees_no_evidence(case: Case) -> None:
    page = case.loader.get(f"{PAGE}?islem={case.name}").text
    assert SHOWN["text"].partition(" ")[2] not in page
    assert "Eklenen kanıt: 1." in page
    for path in (SHOW, FILE):
        refused_for(case.loader.post(path, data={"islem": case.name, "why": WHY}), 403, NO_RIGHT)


@pytest.mark.parametrize("path", [SHOW, FILE])
def test_without_a_reason_nothing_is_shown_or_noted(case: Case, path: str) -> None:
    reader, before = case.here.somebody(READER), case.here.acts()
    refused_for(reader.post(path, data={"islem": case.name, "why": "bak"}), 422, "Neden baktığınızı")
    refused_for(reader.post(path, data={"islem": "x", "why": WHY}), 422, "okuyamadık")
    assert case.here.acts() == before


def test_who_has_the_right_sees_it_by_each_number_and_the_person_sees_the_look(case: Case) -> None:
    here, reader = case.here, case.here.somebody(READER)
    attached = last_number(here)
    number = record_numbers.of_act(here.registry.keyring, 1)
    assert number != attached
    for typed in (case.name, case.name.upper(), number, record_numbers.spaced(number)):
        page = reader.post(SHOW, data={"islem": typed, "why": WHY}).text
        assert SHOWN["url"] in page
        assert case.name in page
    assert here.acts()[-4:] == ["address-looked-at"] * 4
    seen = here.registry.store.read_now(looks.of_address, here.registry, f"+90{AYSE[-10:]}", 0, 0)
    assert [(one.who, one.how) for one in seen] == [("company", "search")]
    other = here.somebody(READER, ISIK)
    refused_for(other.post(f"/panel/{ISIK}/kanit/goster", data={"islem": case.name, "why": WHY}), 422, "bir kayıt yok")
    assert here.acts()[-1] == "number-not-found"


def test_the_document_is_proved_and_verified_as_receipts_are(case: Case, run: Run, tmp_path: Path) -> None:
    here, reader = case.here, case.here.somebody(READER)
    case.deny()
    log.extend(here.registry)
    made = reader.post(FILE, data={"islem": case.name, "why": WHY, "as": "pdf"})
    assert made.headers["content-type"] == "application/pdf"
    assert paper_seals.check(made.content, LogKey.of(here.registry.keyring).public).kind == paper_seals.STATEMENT
    content = content_of(here, made.content)
    assert (content["about"], content["code"], content["earlier"]) == (case.name, CINAR, False)
    assert [one["status"] for one in content["movements"]] == ["RET", "ONAY"]
    refusal, onay = content["movements"]
    assert len(refusal["way"]["session"]) == 16
    assert onay["transaction"] == case.name
    assert json.loads(onay["attached"][0]["content"])["url"] == SHOWN["url"]
    assert onay["act"] is not None
    assert here.acts()[-1] == "evidence-made"
    page = here.browser().post("/dogrula", files={"file": ("kanit.pdf", made.content)})
    assert page.status_code == 200
    assert f"Şirket {CINAR}" in page.text
    assert f'<dt>Yalnız bununla ilgili</dt><dd class="far">{case.name}</dd>' in page.text
    text = reader.post(FILE, data={"islem": case.name, "why": WHY, "as": "json"}).text
    (tmp_path / "kanit").write_text(text)
    checked = run("verify-receipt", "kanit", "--key", LogKey.of(here.registry.keyring).verifier()).stdout
    assert f"\t{case.name}\n" in checked
    with pytest.raises(receipts.BadReceipt):
        receipts.check_document(text.replace(case.name, "0" * 64), LogKey.of(here.registry.keyring))


def test_only_the_act_and_what_followed_is_shown(case: Case) -> None:
    here = case.here
    case.town.told(AYSE, BRAND, channel="ARAMA")
    case.deny()
    number, reader = last_number(here), here.somebody(READER)
    text = reader.post(FILE, data={"islem": case.name, "why": WHY, "as": "json"}).text
    content = json.loads(text)
    assert {one["channel"] for one in content["movements"]} == {"MESAJ"}
    assert {one["channel"] for one in content["stands"]} == {"MESAJ"}
    later = json.loads(reader.post(FILE, data={"islem": number, "why": WHY, "as": "json"}).text)
    assert [one["status"] for one in later["movements"]] == ["RET"]
    assert later["about"] == number


def test_a_loaded_consent_names_file_row_and_who(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(Membership(Role.OWNER, Permission.MEMBER))
    file = applied(here, owner, ROWS)
    assert (file.loaded or {})["attached"] == 1
    log.extend(here.registry)
    listed = owner.post(SHOW, data={"islem": str(file.upload)}).text
    assert LOADED[-10:] not in listed
    name = listed.split("?islem=")[1][:64]
    page = owner.post(SHOW, data={"islem": name, "why": WHY}).text
    for shown in ("izinler.csv", "satır 2", "SMS almak istiyorum.", file.digest.hex()):
        assert shown in page
    (movement,) = content_of(here, owner.post(FILE, data={"islem": name, "why": WHY}).content)["movements"]
    load = {"number": file.upload, "file": "izinler.csv", "sha256": file.digest.hex(), "row": 2}
    assert movement["load"] == load
    assert movement["who"] == owner.email
    note = json.loads(movement["attached"][0]["note"])
    assert (note["load"], note["row"]) == (file.upload, 2)
    assert "satır 2" in owner.get(f"{PAGE}?islem={name}").text
    assert "satır 2" in owner.post(f"/panel/{CINAR}/adres", data={"address": LOADED}).text
    again = applied(here, owner, "\n".join([HEAD, GOOD + ";;F-8"]))
    assert (again.loaded or {})["recorded"] == 0
    assert "F-8" in owner.post(SHOW, data={"islem": name, "why": WHY}).text
    press(owner, again.number, "geri-al")
    work(here)
    after = owner.post(SHOW, data={"islem": name, "why": WHY}).text
    assert "F-8" not in after
    assert "F-7" in after


def test_the_operators_people_get_an_act_of_any_company(case: Case) -> None:
    here = case.here
    auditor = here.somebody(Staff.AUDITOR)
    data = {"islem": case.name, "why": WHY}
    refused_for(here.somebody(READER).post(AT_ALL, data=data), 403, NO_RIGHT)
    refused_for(auditor.post(AT_ALL, data={**data, "why": "x"}), 422, "Neden baktığınızı")
    made = auditor.post(AT_ALL, data=data)
    assert content_of(here, made.content)["code"] == CINAR
    seen = here.registry.store.read_now(looks.of_address, here.registry, f"+90{AYSE[-10:]}", 0, 14)
    assert seen == []
    here.clock.now += 15 * DAY
    seen = here.registry.store.read_now(looks.of_address, here.registry, f"+90{AYSE[-10:]}", 0, 14)
    assert [one.who for one in seen] == ["auditor"]


def test_an_act_at_several_companies_asks_for_one(case: Case) -> None:
    here = case.here
    case.town.told(AYSE, BRANDS[ISIK][0])
    ayse = case.town.sign_in(AYSE)
    assert ayse.press("/izinler/reddet", scope="all").status_code in (200, 303)
    auditor = here.somebody(Staff.AUDITOR)
    data = {"islem": last_number(here), "why": WHY, "as": "json"}
    refused_for(auditor.post(AT_ALL, data=data), 422, "Şirketin numarasını yazın")
    found = json.loads(auditor.post(AT_ALL, data={**data, "company": str(ISIK)}).text)
    assert found["code"] == ISIK
    assert {one["brand"] for one in found["movements"]} == {BRANDS[ISIK][0]}


def test_an_auditors_looks_are_braked(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brakes, "AT_ONCE", 2)
    auditor = case.here.somebody(Staff.AUDITOR)
    data = {"islem": case.name, "why": WHY}
    assert [auditor.post(AT_ALL, data=data).status_code for _ in range(2)] == [200, 200]
    refused_for(auditor.post(AT_ALL, data=data), 429, "Bir dakikada en çok 5")


def test_a_citizen_has_the_document_without_names(office: OpenOffice) -> None:
    here = office()
    case = Case(here)
    owner = here.somebody(Membership(Role.OWNER, Permission.MEMBER))
    case.answers(answer="kanit", **SHOWN)
    file = applied(here, owner, "\n".join([HEADER, GOOD.replace("MESAJ", "ARAMA").replace(LOADED, f"+90{AYSE[-10:]}")]))
    log.extend(here.registry)
    page = case.ayse.get(f"/izinler/{BRAND}").text
    assert f"/izinler/{BRAND}/kanit.pdf" in page
    made = case.ayse.get(f"/izinler/{BRAND}/kanit.pdf")
    assert made.headers["content-type"] == "application/pdf"
    content = content_of(here, made.content)
    (loaded,) = [one for one in content["movements"] if one["load"]]
    assert loaded["load"] == {"number": file.upload, "file": "", "sha256": file.digest.hex(), "row": 1}
    assert [one["who"] for one in content["movements"]] == [None] * len(content["movements"])
    assert owner.email.encode() not in made.content
    assert any(one.get("attached") for one in content["movements"])
    assert case.ayse.get(f"/izinler/{BRANDS[ISIK][0]}/kanit.pdf").status_code == 404
    assert here.browser().get(f"/izinler/{BRAND}/kanit.pdf", follow_redirects=False).status_code == 303


def test_the_page_of_an_address_gives_no_evidence_without_the_right_and_a_reason(case: Case) -> None:
    here, path = case.here, f"/panel/{CINAR}/adres"
    log.extend(here.registry)
    person, secret = {"address": f"+90{AYSE[-10:]}"}, SHOWN["url"]
    seer = here.somebody(Membership(Role.USER, Permission.SEE))
    reader = here.somebody(Membership(Role.USER, Permission.SEE | Permission.EVIDENCE))
    for who, data, shown in (
        (seer, {**person, "why": WHY}, False),
        (reader, person, False),
        (reader, {**person, "why": WHY}, True),
        (here.somebody(Staff.AUDITOR), {**person, "why": WHY}, True),
    ):
        assert (secret in who.post(path, data=data).text) is shown
        content = json.loads(who.post(f"{path}/kanit", data={**data, "as": "json"}).text)
        assert (secret in json.dumps(content)) is shown
    assert "Eklenen kanıt: 1." in seer.post(path, data=person).text
    assert f"/kanit/goster?islem={case.name}" in reader.post(path, data=person).text


def test_documents_of_two_addresses_do_not_show_that_they_are_of_one_person(case: Case) -> None:
    here, mail, phone = case.here, "ayse@example.com", f"+90{AYSE[-10:]}"
    case.town.told(mail, BRAND, channel="EPOSTA")
    both = case.town.sign_in(AYSE, mail)
    numbers = []
    for address, channel in ((phone, "MESAJ"), (mail, "EPOSTA"), (phone, "MESAJ")):
        form_mark = pseudonyms.mark(here.registry.keyring, "page", address)[:4].hex()
        row = f"/izinler/{BRAND}/{channel}/BIREYSEL?n={form_mark}"
        assert both.post(row, status="RET" if len(numbers) < 2 else "ONAY").status_code == 303
        numbers.append(last_number(here))
    reader = here.somebody(READER)
    sessions = []
    for number in numbers:
        made = reader.post(FILE, data={"islem": number, "why": WHY, "as": "json"})
        content = json.loads(made.text)
        (found,) = [one for one in content["movements"] if one["number"] == number] or content["movements"][-1:]
        sessions.append(found["way"]["session"])
    assert sessions[0] == sessions[2], "acts of one session are known as such"
    assert sessions[0] != sessions[1]
