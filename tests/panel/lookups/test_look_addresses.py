"""One address: what stands, its history and deliveries; each look is logged, and no address stands in a link."""

from __future__ import annotations

import html
import json
import re
import zlib
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from consents import history, ledger
from consents.history import Deed
from consents.keys import Keyring
from consents.ledger import Wish
from consents.people import register
from consents.people.held_keys import PURPOSES, make
from consents.queries import feed
from consents.rules import RET
from consents.store import Statement
from consents.terms import Actor, Door, Source
from evidence import log, receipts
from evidence.checkpoints import LogKey
from evidence.receipts import BadReceipt
from panel.audit import audit_log
from panel.audit.audit_log import AuditSearch
from panel.lookups import record_search
from panel.people import brakes
from panel.rights import Membership, Permission, Role, Staff
from providers.deliveries import handout_store
from tests.asking.shop import Shop
from tests.conftest import Run
from tests.consents.deeds import onay
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, ISIK, Office
from tests.panel.seen import FIRST, SECOND, SeenDeeds, number
from tests.panel.test_matrix import brand
from tests.panel.uploads.uploads import applied, rows
from tests.web.client import refused_for
from trust import paper_seals, record_numbers

AT = f"/panel/{CINAR}/adres"
SEES = Membership(Role.USER, Permission.SEE)


def test_what_stands_and_how_it_came_to_be(office: OpenOffice) -> None:
    here = office()
    deeds, browser = SeenDeeds(here), here.somebody(SEES)
    key = deeds.allowed()
    deeds.decides(key, status=RET)
    page = browser.post(AT, data={"address": "0532 000 00 01"})
    assert page.status_code == 200
    assert "+905320000001" in page.text
    assert "web sitenizde" in page.text
    assert "vatandaş, bu sitede" in page.text
    assert "henüz alınmadı" in page.text
    assert f"Marka {SECOND}" not in page.text, "nobody has spoken there"
    event = here.registry.store.read_now(feed.last_event)
    note = partial(handout_store.note, taken=True)
    here.registry.store.write_now(note, key.brand, handout_store.PUSH, event, event)
    assert "Alındı:" in browser.post(AT, data={"address": number(1)}).text


def test_each_look_is_logged_by_a_mark_also_of_an_unknown_address(office: OpenOffice) -> None:
    here = office()
    browser = here.somebody(SEES)
    assert "kayıt yok" in browser.post(AT, data={"address": number(7)}).text
    assert here.acts() == ["address-looked-at"]
    store, keyring = here.registry.store, here.registry.keyring
    (act,) = store.read_now(audit_log.find, keyring, AuditSearch(address=number(7)))
    assert (act.person, act.provider) == (browser.number, here.id_of(CINAR))
    assert store.read_now(audit_log.find, keyring, AuditSearch(address=number(8))) == []
    assert number(7)[-7:] not in repr(act)


def test_a_brand_that_is_not_ones_own_is_not_shown(office: OpenOffice) -> None:
    here = office()
    deeds = SeenDeeds(here)
    deeds.allowed(code=FIRST)
    deeds.allowed(code=SECOND)
    only = here.somebody(Membership(Role.USER, Permission.SEE, frozenset({brand(here, FIRST)})))
    page = only.post(AT, data={"address": number(1)}).text
    assert f"Marka {FIRST}" in page
    assert f"Marka {SECOND}" not in page
    of_other = here.somebody(SEES, ISIK).post(f"/panel/{ISIK}/adres", data={"address": number(1)}).text
    assert "kayıt yok" in of_other


@pytest.mark.parametrize("staff", [Staff.AUDITOR, Staff.OPERATOR])
def test_the_operators_people_give_a_reason(office: OpenOffice, staff: Staff) -> None:
    here = office()
    SeenDeeds(here).allowed()
    browser = here.somebody(staff)
    refused = browser.post(AT, data={"address": number(1), "why": "  "})
    assert refused.status_code == 422
    assert "web sitenizde" not in refused.text
    assert here.acts() == []
    shown = browser.post(AT, data={"address": number(1), "why": "Şikâyet 2026/11"})
    assert "web sitenizde" in shown.text
    (act,) = here.registry.store.read_now(audit_log.find, here.registry.keyring, AuditSearch())
    assert act.why == "Şikâyet 2026/11"


def test_of_an_erased_person_nothing_is_shown_but_the_refusal(office: OpenOffice) -> None:
    here = office()
    deeds, browser = SeenDeeds(here), here.somebody(SEES)
    refused, allowed = deeds.allowed(), deeds.allowed(code=SECOND)
    deeds.decides(refused, status=RET)
    keyring = here.registry.keyring
    here.registry.store.write_now(register.erase, keyring, register.person(keyring, number(1)))
    page = browser.post(AT, data={"address": number(1)}).text
    assert f"Marka {FIRST}" in page
    assert f"Marka {SECOND}" not in page, "what is not refused is not shown"
    assert "web sitenizde" not in page
    assert allowed.recipient == refused.recipient


def test_what_is_no_address_is_asked_again(office: OpenOffice) -> None:
    here = office()
    browser = here.somebody(SEES)
    assert browser.get(AT).status_code == 200
    for typed in ("", "hoppa", "0532 000 00", "053200000"):
        refused_for(browser.post(AT, data={"address": typed}), 422, "Bunu numara ya da e-posta olarak okuyamadık.")
    assert here.acts() == []


def test_a_question_of_the_citizen_is_told(office: OpenOffice) -> None:
    here = office()
    deeds, browser = SeenDeeds(here), here.somebody(SEES)
    key = deeds.allowed()
    deeds.decides(key, status=RET)
    here.clock.now += 600_000_000
    deeds.declares(onay(key, here.clock.now))
    page = browser.post(AT, data={"address": number(1)}).text
    assert "yanıtı bekleniyor" in page
    assert "Vatandaşa soruldu" in page


def number_of(here: Office) -> str:
    """The record number of the newest act about a person."""
    rows = Statement(sql("SELECT act FROM consent_event ORDER BY id DESC LIMIT 1"))
    ((act,),) = here.registry.store.read_now(lambda snapshot: snapshot.all(rows))
    return record_numbers.of_act(here.registry.keyring, act)


def test_a_movement_has_its_number_its_author_and_note(office: OpenOffice) -> None:
    here = office()
    desk = here.somebody(Membership(Role.USER, Permission.DESK))
    word = {"address": number(1), "key": f"{FIRST} MESAJ", "status": "ONAY", "identity": "BIREYSEL", "how": "own"}
    desk.shown(f"/panel/{CINAR}/masa", data=word)
    page = here.somebody(SEES).post(AT, data={"address": number(1)}).text
    assert record_numbers.spaced(number_of(here)) in page
    assert f"{desk.email}: Kendi numarasından aradı" in page


def test_a_loaded_movement_has_its_load_and_file(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(Membership(Role.OWNER, Permission.MEMBER))
    file = applied(here, owner, rows(1))
    assert file.upload is not None
    loaded = re.search(r"\+905\d{9}", rows(1))
    assert loaded
    told = owner.post(AT, data={"address": loaded[0]}).text
    assert f"Yükleme {file.upload}</a>: {file.name}" in told
    assert f'href="/panel/{CINAR}/yuklemeler/{file.id}"' in told
    assert f"SHA-256 {file.digest.hex()}" in told
    assert owner.email in told
    seeing = here.somebody(SEES).post(AT, data={"address": loaded[0]}).text
    assert f"Yükleme {file.upload}: {file.name}" in seeing, "no link to a page that is closed to them"


def test_a_load_number_leads_to_the_load(office: OpenOffice) -> None:
    here = office()
    content = rows(3) + "\nbozuk;MESAJ;HS_WEB;ONAY;BIREYSEL;2026-11-23 10:15:00"
    loaded = applied(here, here.somebody(Membership(Role.USER, Permission.LOAD), email="yukleyen@example.com"), content)
    page = here.somebody(SEES).post(AT, data={"address": str(loaded.upload)})
    assert page.status_code == 200
    for shown in ("yukleyen@example.com", "izinler.csv", sha256(content.encode()).hexdigest(), f"Marka {FIRST}"):
        assert shown in page.text
    assert re.findall(r"Satır</dt><dd>(\d+)</dd>\s*<dt>Hatalı satır</dt><dd>(\d+)", page.text) == [("4", "1")]
    consents = f"/panel/{CINAR}/sorgu?brand={FIRST}&amp;batch={loaded.upload}"
    assert f'href="{consents}"' in page.text
    assert f"/yuklemeler/{loaded.id}" not in page.text, "that page is for people who load"
    assert here.somebody(SEES).get(html.unescape(consents)).text.count("+90 532 ••• ••") == 3
    assert "address-looked-at" not in here.acts()
    missing = "Gördüğünüz markalarda bu numarayla bir yükleme yok."
    other = Membership(Role.USER, Permission.SEE, frozenset({brand(here, SECOND)}))
    for browser, at, typed in (
        (here.somebody(SEES), AT, "987"),
        (here.somebody(other), AT, str(loaded.upload)),
        (here.somebody(SEES, ISIK), f"/panel/{ISIK}/adres", str(loaded.upload)),
    ):
        refused_for(browser.post(at, data={"address": typed}), 422, missing)
    auditor = here.somebody(Staff.AUDITOR)
    assert "izinler.csv" not in auditor.post(AT, data={"address": str(loaded.upload), "why": "Şikâyet 12 için"}).text


def test_a_record_number_and_a_transaction_id_lead_to_the_person(office: OpenOffice) -> None:
    here = office()
    deeds, browser, place = SeenDeeds(here), here.somebody(SEES), 1
    key = deeds.allowed(place)
    while number_of(here).startswith("90"):  # one in a hundred, which may be a phone's where nothing groups its digits
        place += 1
        key = deeds.allowed(place)
    event = here.registry.store.read_now(feed.last_event)
    identity = here.registry.keyring.transaction_id(event, here.clock.now)
    for typed in (record_numbers.spaced(number_of(here)), number_of(here), identity, identity.upper()):
        page = browser.post(AT, data={"address": typed})
        assert (page.status_code, number(place) in page.text) == (200, True), typed
    assert here.acts() == ["address-looked-at"] * 4
    only = here.somebody(Membership(Role.USER, Permission.SEE, frozenset({brand(here, SECOND)})))
    other = here.somebody(SEES, ISIK)
    for typed in (number_of(here), identity, "f" * 64, "1234 5678 9012"):
        for one, at in ((only, AT), (other, f"/panel/{ISIK}/adres")):
            refused_for(one.post(at, data={"address": typed}), 422, "bu numarayla bir kayıt yok")
    assert here.acts() == ["address-looked-at"] * 4 + ["number-not-found"] * 8, "no look at anybody, and logged as such"
    log = here.somebody(Membership(Role.OWNER, Permission.MEMBER), ISIK).get(f"/panel/{ISIK}/kutuk").text
    assert log.count("<strong>Bilinmeyen bir kayıt numarası arandı") == 4
    assert not [typed for typed in (number_of(here), identity, "1234 5678 9012", "123456789012") if typed in log]
    here.registry.store.write_now(
        register.erase, here.registry.keyring, register.person(here.registry.keyring, number(place))
    )
    for typed in (number_of(here), identity):
        refused_for(browser.post(AT, data={"address": typed}), 422, "bu numarayla bir kayıt yok")
    assert key.brand == brand(here, FIRST)


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("906832193851", True),  # no phone has the area code 683
        ("905320000001", False),
        ("902121234567", False),
        ("9053\u00a02000\u00a00001", True),
        ("9053 2000 0001", True),
        ("90 532 000 00 01", False),
        ("482193057264", True),
        ("48219305726", False),
        ("٤٨٢١٩٣٠٥٧٢٦٤", False),
    ],
)
def test_twelve_digits_are_a_record_number_unless_they_are_a_phones(typed: str, named: bool) -> None:
    assert record_search.is_number(typed) is named


def test_guessed_numbers_count_as_looks_of_the_operators_people(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    monkeypatch.setattr(brakes, "LOOKS", 2)
    auditor = here.somebody(Staff.AUDITOR)
    guess = {"address": "1234 5678 9012", "why": "Olağan denetim 12"}
    for _ in range(2):
        refused_for(auditor.post(AT, data=guess), 422, "bu numarayla bir kayıt yok")
    refused_for(auditor.post(AT, data=guess), 429, "en çok 60 adrese")


PROOF = f"{AT}/kanit"


def test_the_document_is_proved_by_the_public_key_alone(office: OpenOffice) -> None:
    here = office()
    deeds, browser = SeenDeeds(here), here.somebody(SEES)
    key = deeds.allowed()
    deeds.allowed(2)
    here.clock.forward(seconds=5)
    deeds.decides(key, status=RET)
    log.extend(here.registry)
    here.clock.forward(seconds=5)
    deeds.declares(onay(deeds.key(code=SECOND), here.clock.now))
    made = browser.post(PROOF, data={"address": number(1), "as": "json"})
    assert made.headers["content-type"].startswith("application/json")
    public = LogKey.of(here.registry.keyring)
    content = receipts.check_document(made.text, public)
    assert (content["address"], content["code"]) == (number(1), CINAR)
    assert [one["status"] for one in content["stands"]] == ["RET", "ONAY"]
    facts = [(one["brand"], one["status"], one["by"], one["act"] is not None) for one in content["movements"]]
    assert facts == [
        (SECOND, "ONAY", "provider", False),  # not signed yet
        (FIRST, "RET", "citizen", True),
        (FIRST, "ONAY", "provider", True),
    ]
    assert [one["number"] is not None for one in content["movements"]] == [True, False, True]
    assert here.acts() == ["evidence-made"]
    for old, new in (("ONAY", "RET"), (number(1), number(2)), ('"source": "HS_WEB"', '"source": "HS_ATM"')):
        assert old in made.text
        with pytest.raises(BadReceipt):
            receipts.check_document(made.text.replace(old, new), public)
    other = LogKey.of(Keyring({purpose: make(purpose) for purpose in PURPOSES}))
    with pytest.raises(BadReceipt):
        receipts.check_document(made.text, other)


def test_a_key_signs_no_movement_that_is_not_in_the_log(office: OpenOffice) -> None:
    """Nor one of another person."""
    here = office()
    deeds, browser = SeenDeeds(here), here.somebody(SEES)
    deeds.allowed()
    deeds.allowed(2)
    log.extend(here.registry)
    keyring = here.registry.keyring
    content, other = (
        json.loads(browser.post(PROOF, data={"address": number(place), "as": "json"}).text) for place in (1, 2)
    )
    del content["signature"], content["verifier"]
    (movement,) = content["movements"]
    wrong = [
        content | {"movements": other["movements"]},
        content | {"movements": [movement | {"status": "RET"}]},
        content | {"movements": [movement | {"event": other["movements"][0]["event"]}]},
        content | {"address": number(2)},
        content | {"checkpoint": re.sub(r"\n(\d+)\n", r"\n1\1\n", content["checkpoint"])},
    ]
    assert receipts.check_document(receipts.sign_document(keyring, content), LogKey.of(keyring))
    for one in wrong:
        with pytest.raises(BadReceipt):
            receipts.check_document(receipts.sign_document(keyring, one), LogKey.of(keyring))


def test_an_act_that_touched_more_is_shown_without_its_proof(office: OpenOffice) -> None:
    """Its leaf holds how many consents it was of, so a company would learn what a citizen refused elsewhere."""
    here = office()
    deeds = SeenDeeds(here)
    first, second = deeds.allowed(code=FIRST), deeds.allowed(code=SECOND)
    here.clock.forward(seconds=5)
    deeds.decides(first, second, status=RET)
    log.extend(here.registry)
    for brands, proven in ((None, True), (frozenset({brand(here, FIRST)}), False)):
        browser = here.somebody(Membership(Role.USER, Permission.SEE, brands))
        made = browser.post(PROOF, data={"address": number(1), "as": "json"}).text
        content = receipts.check_document(made, LogKey.of(here.registry.keyring))
        refusals = [one for one in content["movements"] if one["status"] == "RET"]
        assert {one["act"] is not None for one in refusals} == {proven}


def test_the_paper_holds_the_statement(office: OpenOffice) -> None:
    here = office()
    deeds, browser = SeenDeeds(here), here.somebody(SEES)
    deeds.allowed()
    log.extend(here.registry)
    for language in ("tr", "en"):
        made = browser.post(PROOF, data={"address": number(1), "as": "pdf"}, headers={"accept-language": language})
        assert made.headers["content-type"] == "application/pdf"
        assert number(1)[-4:] not in made.headers["content-disposition"]
        (attached,) = [one for one in streams(made.content) if one.startswith(b'{\n "format": "izin-statement/1"')]
        content = receipts.check_document(attached.decode(), LogKey.of(here.registry.keyring))
        assert content["address"] == number(1)
        assert f"/Lang({language}" in made.content.decode("latin-1"), "in the language of the request"
        key = LogKey.of(here.registry.keyring).public
        assert paper_seals.check(made.content, key) == (paper_seals.STATEMENT, "202611241200")


def test_the_document_hides_nothing_that_the_page_shows(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path
) -> None:
    """An ONAY that had no effect, that the citizen disputes, or that was taken back looks like one in force without
    these words; and what the reader may not see looks like nothing."""
    import typst

    here = office()
    deeds, set_texts = SeenDeeds(here), list[str]()
    compiled = typst.compile

    def compile_and_keep(source: bytes, *, sys_inputs: dict[str, str], **more: Any) -> bytes:
        set_texts.append(sys_inputs["data"])
        made: bytes = compiled(source, sys_inputs=sys_inputs, **more)
        return made

    monkeypatch.setattr("typst.compile", compile_and_keep)
    key = deeds.allowed()
    wish = Wish(*key[1:], RET, Source.IYS_WEB.code)
    deed = Deed(Actor.CITIZEN, Door.PAGE, disputed=True)
    here.registry.store.write_now(ledger.decide, here.registry.policy, key.recipient, [wish], deed)
    here.clock.forward(minutes=10)
    deeds.declares(onay(key, here.clock.now))
    undone = here.registry.store.write_now(history.act_of_last)
    here.clock.forward(minutes=10)
    assert deeds.undoes(undone, Door.FILE)
    few = here.somebody(Membership(Role.USER, Permission.SEE, frozenset({brand(here, FIRST)})))
    for browser, brands in ((here.somebody(SEES), None), (few, [FIRST])):
        page = browser.post(AT, data={"address": number(1)}).text
        content = json.loads(browser.post(PROOF, data={"address": number(1), "as": "json"}).text)
        browser.post(PROOF, data={"address": number(1), "as": "pdf"})
        paper = set_texts.pop()
        for sentence in ("Vatandaşa soruldu.", "“ben onay vermedim” dedi.", "Daha önce söylenen geri alındı."):
            assert sentence in html.unescape(page)
            assert json.dumps(sentence)[1:-1] in paper
        assert content["brands"] == brands
        made = browser.post(PROOF, data={"address": number(1), "as": "json"}).text
        (tmp_path / "kanit").write_text(made)
        checked = run("verify-receipt", "kanit", "--key", LogKey.of(here.registry.keyring).verifier()).stdout
        for comment in ("\tundo\n", "\ttaken_back,waited\n", "\tdisputed\n"):
            assert comment in checked
        assert (f"{number(1)}\t{FIRST}\n" in checked) is bool(brands)
        listed = dict(json.loads(paper)["facts"])["Baktığı markalar"]
        assert listed == (str(FIRST) if brands else "Şirketin bütün markaları")
        said = [(one["disputed"], one["waited"], one["undo"]) for one in content["movements"]]
        assert sorted(said)[-3:] == [(False, False, True), (False, True, False), (True, False, False)]
    monkeypatch.setattr("panel.lookups.address_facts.MOST", 1)
    few.post(PROOF, data={"address": number(1), "as": "pdf"})
    assert "Daha eski hareketler" in json.loads(set_texts.pop())["history"]["earlier"]


def test_the_page_of_checks_and_the_command_know_the_document(office: OpenOffice, run: Run, tmp_path: Path) -> None:
    """What a court is handed is checked by the court, without the company and without an account."""
    here = office()
    SeenDeeds(here).allowed()
    log.extend(here.registry)
    paper, plain = (
        here.somebody(SEES).post(PROOF, data={"address": number(1), "as": kind}).content for kind in ("pdf", "json")
    )
    saved = paper.replace(b"%izin-statement-pdf/2", b"%izin-statement-old/2")
    public = LogKey.of(here.registry.keyring).verifier()
    cases = ((paper, "Bu belge gerçek", ""), (plain, "Bu belge gerçek", ""), (saved, "Bu kayıt gerçek", "yalnız şu"))
    for content, title, warning in cases:
        page = here.browser().post("/dogrula", files={"file": ("kanit", content)})
        shown = " ".join(html.unescape(re.sub("<[^>]+>", " ", page.text)).replace("\xa0", " ").split())
        assert (page.status_code, title in shown) == (200, True), shown
        for fact in (f"Şirket {CINAR} A\\.Ş\\.", r"\+90 532 000 00 01", f"Marka {FIRST} ?, ?SMS ?: İzin var"):
            assert re.search(fact, shown), shown
        assert ("yalnız burada yazanlara güvenin" in shown) is bool(warning)
        (tmp_path / "kanit").write_bytes(content)
        done = run("verify-receipt", "kanit", "--key", public)
        assert done.returncode == 0
        assert (warning in done.stderr) if warning else done.stderr == ""
        assert f"\t{FIRST}\tMESAJ\tBIREYSEL\tONAY\tHS_WEB\tkanıtlı" in done.stdout
    forged = here.browser().post("/dogrula", files={"file": ("kanit", plain.replace(b"ONAY", b"RET"))})
    refused_for(forged, 422, "Bu makbuz gerçek değil")


def streams(pdf: bytes) -> list[bytes]:
    """The unpacked streams of a PDF."""
    found = []
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        with suppress(zlib.error):
            found.append(zlib.decompress(packed))
    return found


def test_who_may_not_look_gets_no_document(office: OpenOffice) -> None:
    here = office()
    deeds = SeenDeeds(here)
    deeds.allowed()
    auditor, seeing = here.somebody(Staff.AUDITOR), here.somebody(SEES)
    refused_for(auditor.post(PROOF, data={"address": number(1)}), 422, "birkaç sözcükle yazın")
    refused_for(seeing.post(PROOF, data={"address": number(7)}), 422, "bu numarayla bir kayıt yok")
    keyring = here.registry.keyring
    here.registry.store.write_now(register.erase, keyring, register.person(keyring, number(1)))
    refused_for(seeing.post(PROOF, data={"address": number(1)}), 422, "bu numarayla bir kayıt yok")


def test_the_proof_of_an_answer_is_handed_to_whoever_sees_it(office: OpenOffice) -> None:
    here = office()
    shop, browser = Shop(here.registry, furnished=True), here.somebody(SEES)
    started = shop.ask(number(1))
    done = shop.type(started, shop.digits(number(1)))
    assert done.outcome == "ok", (done, shop.messages(number(1)))
    act = done.act
    assert act is not None
    page = browser.post(AT, data={"address": number(1)})
    assert "Markanın sorusuna cevap" in page.text
    asked = {"address": number(1), "as": "zip", "act": str(act)}
    assert f'name="act" value="{act}"' in page.text
    assert "bir dakika sonra yeniden deneyin" in browser.post(PROOF, data=asked).text
    log.extend(here.registry)
    made = browser.post(PROOF, data=asked)
    assert made.headers["content-type"] == "application/zip"
    found = receipts.packed_document(made.content)
    assert found is not None
    content = receipts.check_document(found.decode(), LogKey.of(here.registry.keyring))
    assert (content["address"], content["answers"][0]["answer"]) == (number(1), "ONAY")
    other = here.somebody(SEES, ISIK)
    refused = other.post(f"/panel/{ISIK}/adres/kanit", data=asked)
    assert "bu numarayla bir kayıt yok" in refused.text
    deeds = SeenDeeds(here)
    deeds.allowed(2)
    stranger = browser.post(PROOF, data={**asked, "address": number(2)})
    assert "bir dakika sonra yeniden deneyin" in stranger.text, "the act is not of the address that was asked about"
