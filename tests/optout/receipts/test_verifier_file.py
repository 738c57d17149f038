"""The page that verifies receipts from disk: without a network, in a real browser, and as the site verifies them."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser, Page, expect

from asking import proof_file
from consents.store import Transaction
from consents.terms import Actor, Channel, Door, Identity, Source, Status, Term
from evidence import log, receipts
from evidence.checkpoints import LogKey
from evidence.tlog import heads, key_changes, notes
from izin.tlog.witness_store import WitnessKeys
from optout import verifier_file
from panel.rights import Membership, Permission, Role
from settings import load
from tests import verifier_file as hashes
from tests.asking.shop import Shop
from tests.browsing import accessible, complaints
from tests.browsing import browser as browser
from tests.citizen.consents.town import AYSE, Town, town
from tests.citizen.receipts.test_documents import DETECTOR, picture
from tests.conftest import SECRET, Opener, Run
from tests.evidence.test_key_rotation import document, in_another_tree, rotated, signed_again
from tests.evidence.test_public_log import record
from tests.optout.receipts.test_checks import receipt, refused
from tests.panel.conftest import OpenOffice, office
from tests.panel.lookups.test_act_evidence import FILE
from tests.panel.lookups.test_list_check import check as check_list
from tests.panel.lookups.test_look_addresses import PROOF
from tests.panel.seen import SeenDeeds
from tests.panel.seen import number as phone
from tests.panel.uploads.test_disputes import BRAND, SHOWN, Case
from tests.web.client import refused_for
from trust import record_numbers

__all__ = ["browser", "office"]
TEXT = verifier_file.FILE.read_text(encoding="utf-8")
GENUINE, FALSE = "Belge gerçek", "Belge gerçek değil ya da bu kütüğün değil"
OTHER = LogKey(Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()).verifier()


class OfflinePage:
    """The page as a file, in a browser without a network."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder = page, folder

    def checks(self, data: bytes | str, key: str, witnesses: str = "", name: str = "document") -> tuple[str, str]:
        """The verdict and the whole answer."""
        (self.folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
        self.page.reload()
        self.page.locator("#file").set_input_files(self.folder / name)
        self.page.locator("#keys").fill(key)
        if witnesses:
            self.page.locator("summary").click()
            self.page.locator("#witnesses").fill(witnesses)
        self.page.locator("form button").click()
        expect(self.page.locator("#answer h2").first).to_be_visible()
        answer = self.page.locator("#answer")
        return answer.locator("h2").first.inner_text(), answer.inner_text()


@pytest.fixture
def offline(browser: Browser, tmp_path: Path) -> Iterator[OfflinePage]:
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="tr-TR", offline=True)
    page, asked = context.new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    complained = complaints(page)
    file = tmp_path / verifier_file.FILE.name
    file.write_bytes(verifier_file.FILE.read_bytes())
    page.goto(file.as_uri())
    yield OfflinePage(page, tmp_path)
    context.close()
    assert not complained
    assert set(asked) == {file.as_uri()}


def own_key(here: Town) -> str:
    return LogKey.of(here.registry.keyring).verifier()


def test_the_pages_policy_allows_its_own_script_and_nothing_else(here: Town, run: Run, tmp_path: Path) -> None:
    assert hashes.hashed(TEXT) == TEXT, "make verifier writes the hashes"
    for file in hashes.READMES:
        assert f"`{verifier_file.digest()}`" in file.read_text(encoding="utf-8"), "make verifier writes the digest"
    answer = here.client.get(verifier_file.PATH)
    assert answer.content == verifier_file.FILE.read_bytes()
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"https?://|\b(?:fetch|XMLHttpRequest|WebSocket|sendBeacon|import)\(", TEXT)
    digest = sha256(answer.content).hexdigest()
    assert f"<code>{digest}</code>" in here.client.get("/dogrula").text
    done = run("verifier", str(tmp_path))
    assert (done.returncode, done.stdout) == (0, f"{digest}  izin-verify.html\n")
    assert (tmp_path / "izin-verify.html").read_bytes() == answer.content
    assert run("verifier", str(tmp_path / "none" / "file")).returncode == 2


@pytest.mark.parametrize("term", [Actor, Door, Source])
def test_the_page_has_the_registrys_words(term: type[Term]) -> None:
    (found,) = re.findall(rf"const {term.__name__.upper()}S = \{{ (.*) \}};", TEXT)
    assert dict(one.split(": ") for one in found.split(", ")) == {str(one.code): f'"{one}"' for one in term}


def test_the_page_has_the_words_of_leaves_in_their_order() -> None:
    for name, term in (("CHANNELS", Channel), ("IDENTITIES", Identity), ("STATUSES", Status)):
        (found,) = re.findall(rf"\b{name} = \[(.*?)\]", TEXT)
        assert re.findall(r'"(\w+)"', found) == [str(one) for one in sorted(term, key=lambda one: one.code)]


def test_it_shows_its_own_digest_in_both_languages(offline: OfflinePage) -> None:
    page = offline.page
    expect(page.locator("#own")).to_have_text(verifier_file.digest())
    expect(page.locator("h1")).to_have_text("Belge doğrula", use_inner_text=True)
    accessible(page)
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("Verify a document", use_inner_text=True)


def test_a_receipt_is_proved_on_paper_and_as_text(here: Town, offline: OfflinePage) -> None:
    number, key = refused(here), own_key(here)
    whole = receipt(here, number)
    visitor = here.sign_in(AYSE)
    for file in (whole, visitor.get(f"/makbuz/{number}.pdf").content):
        verdict, answer = offline.checks(file, key)
        assert verdict == GENUINE, answer
        for words in (record_numbers.spaced(number).replace("\xa0", " "), "MESAJ · BIREYSEL · RET", "+905320000001"):
            assert words in answer
        assert "yalnız bir tanığın imzası kanıtlar" in answer
        assert ("PDF’in kendisi de değişmemiş" in answer) is isinstance(file, bytes)
    proof = visitor.get(f"/makbuz/{number}.tlog-proof").text
    assert offline.checks(proof, key)[0] == GENUINE
    assert offline.checks(proof.replace("index ", "index 1"), key)[0] == FALSE
    record = visitor.get("/izinler/kayit.pdf").content
    assert offline.checks(record, key)[0] == GENUINE
    assert offline.checks(record.replace(b"/Page", b"/page", 1), key)[0] == FALSE
    saved = visitor.get(f"/makbuz/{number}.pdf").content.replace(b"%izin-receipt-pdf/2", b"%izin-receipt-pdf/9")
    verdict, answer = offline.checks(saved, key)
    assert (verdict, "yalnız aşağıdaki satırlara güvenin" in answer) == (GENUINE, True)


def test_a_changed_byte_another_key_and_no_key_are_told_apart(here: Town, offline: OfflinePage) -> None:
    number, key = refused(here), own_key(here)
    whole = receipt(here, number)
    verdict, answer = offline.checks(whole, OTHER)
    assert (verdict, "başka bir kütüğün anahtarı" in answer) == (FALSE, True)
    verdict, answer = offline.checks(whole, "")
    assert "kime ait olduğu kanıtlanmadı" in verdict
    assert offline.checks(whole, key[:-3])[0] == "Denetlenemedi"
    for old, new in (
        ('"status": "RET"', '"status": "ONAY"'),
        ('"registry": "', '"registry": "x'),
        (' "number"', '  "number"'),
        ('"path": [\n', '"path": [\n   "' + "0" * 64 + '",\n'),
        ("+905320000001", "+905320000002"),
    ):
        assert whole.count(old), old
        assert offline.checks(whole.replace(old, new, 1), key)[0] == FALSE
    # What the log's key signs itself is refused too, where the log holds something else.
    signed = whole.rpartition(',\n "signature"')[0]
    for old, new in (('"status": "RET"', '"status": "ONAY"'), ("+905320000001", "+905320000002"), ("MESAJ", "ARAMA")):
        changed = signed.replace(old, new)
        assert changed != signed
        made = here.registry.keyring.signer().sign(f"izin-receipt/1\n{changed}\n}}\n".encode())
        false = f'{changed},\n "signature": "{notes.b64encode(made).decode()}"\n}}\n'
        verdict, answer = offline.checks(false, key)
        assert (verdict, "değiştirilmiş ya da hiç imzalanmamış" in answer) == (FALSE, False)
    assert offline.checks(b"%PDF-1.7 nothing", key)[0] == "Denetlenemedi"
    assert offline.checks(b"PK\x03\x04", key)[0] == FALSE


def test_a_witness_is_believed_only_with_its_key(here: Town, offline: OfflinePage) -> None:
    number, key, witness = refused(here), own_key(here), WitnessKeys("w.example/a", bytes(32))
    log.extend(here.registry)

    def cosign(transaction: Transaction) -> None:
        head = heads.newest(transaction)
        assert head is not None
        heads.cosign(transaction, head.size, witness.cosign(notes.read(head.note), 1_800_000_000), 1)

    here.registry.store.write_now(cosign)
    whole = here.sign_in(AYSE).get(f"/makbuz/{number}.json").text
    verdict, answer = offline.checks(whole, key)
    assert (verdict, "2 tanık imzası daha var" in answer) == (GENUINE, True)
    verdict, answer = offline.checks(whole, key, witness.verifiers[0])
    assert (verdict, "Tanık w.example/a kökü 2027-01-15 08:00 UTC anında imzalamış" in answer) == (GENUINE, True)
    stranger = WitnessKeys("w.example/a", bytes(31) + b"1").verifiers[0]
    verdict, answer = offline.checks(whole, key, stranger)
    assert (verdict, "w.example/a bu kökü imzalamamış" in answer) == (FALSE, True)
    assert offline.checks(whole, key, witness.verifiers[1])[0] == "Denetlenemedi"


def test_a_changed_key_is_followed_from_either_end(here: Town, offline: OfflinePage, run: Run, tmp_path: Path) -> None:
    number, first = refused(here), own_key(here)
    before, seed = receipt(here, number), here.registry.keyring.keys["log"]
    changes = rotated(here.registry).changes
    # Of one size both keys' receipts hold: the new one's checkpoint is still the old key's.
    same = here.sign_in(AYSE).get(f"/makbuz/{number}.json").text
    assert offline.checks(same, first)[0] == GENUINE
    record(here.registry, 2)
    log.extend(here.registry)
    after, second = here.sign_in(AYSE).get(f"/makbuz/{number}.json").text, own_key(here)
    assert here.client.get("/log/keys").text == "\n".join(changes)
    (tmp_path / "keys").write_text("\n".join(changes))
    for text, key, holds in (
        (before, first, True),
        (after, first, True),
        (after, second, True),
        (before, second, False),
    ):
        (tmp_path / "receipt.json").write_text(text)
        for more in ((), ("--keys", "keys")):
            verdict, answer = offline.checks(text, "\n".join([key, *(changes if more else ())]))
            assert (verdict == GENUINE) is bool(holds or more), answer
            done = run("verify-receipt", "receipt.json", "--key", key, *more)
            assert (done.returncode == 0) is bool(holds or more), done.stderr
        assert here.client.post("/dogrula", files={"file": ("izin.json", text.encode())}).status_code == 200
    verdict, answer = offline.checks(after, first)
    assert "iki anahtar da imzalamış" in answer
    verdict, answer = offline.checks(before, "\n".join([second, *changes]))
    assert "Eski bir anahtarla imzalı" in answer
    # Who has the old key can still sign with it; what it signs after the change does not count.
    forged = signed_again(here.registry, after, seed, first)
    verdict, answer = offline.checks(forged, "\n".join([first, *changes]))
    assert (verdict, "Eski anahtar, yerine yenisi geldikten sonra" in answer) == (FALSE, True)
    refused_for(here.client.post("/dogrula", files={"file": ("a.json", forged.encode())}), 422, "gerçek değil")
    # Another successor that the old key was made to sign is not followed where the true one is known.
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    own = Ed25519PrivateKey.from_private_bytes(seed)
    false = key_changes.write(LogKey.read(first).origin, own, stranger, 1, bytes(32), 0)
    content = after.replace(json.dumps(changes[0], ensure_ascii=False), json.dumps(false, ensure_ascii=False))
    theirs = f"{first.split('+')[0]}+" + key_changes.read(false).after.verifier().split("+", 1)[1]
    forged = signed_again(here.registry, content, bytes(32), theirs)
    assert json.loads(forged)["keys"] == [false]
    assert offline.checks(forged, "\n".join([first, *changes]))[0] == FALSE


def test_a_change_of_the_key_needs_both_signatures(here: Town, offline: OfflinePage) -> None:
    number, first = refused(here), own_key(here)
    lines = rotated(here.registry).changes[0].splitlines(keepends=True)
    record(here.registry, 2)
    log.extend(here.registry)
    after = here.sign_in(AYSE).get(f"/makbuz/{number}.json").text
    assert offline.checks(after, f"{first}\n{''.join(lines)}")[0] == GENUINE
    for place in (-2, -1):
        half = [line for line in lines if line is not lines[place]]
        assert offline.checks(after, f"{first}\n{''.join(half)}")[0] == FALSE


def test_a_replaced_key_makes_no_genuine_document(here: Town, offline: OfflinePage, run: Run, tmp_path: Path) -> None:
    number, first = refused(here), own_key(here)
    before, seed = receipt(here, number), here.registry.keyring.keys["log"]
    content = json.loads(before)
    paper = here.sign_in(AYSE).get(f"/makbuz/{number}.pdf").content
    other = signed_again(here.registry, in_another_tree(here.registry, before, seed), seed, first)
    listed: dict[str, Any] = {"format": receipts.LIST, "registry": "x", "company": "Sahte A.Ş.", "brand": 1}
    listed |= {"title": "t", "identity": "BIREYSEL", "made": "2020-01-01T00:00:00+03:00"}
    listed |= {"answer": {"MESAJ": {"ONAY": ["+905320000001"]}}, "verifier": first}
    lists = [document({**listed, "checkpoint": one}, seed) for one in (None, content["checkpoint"])]
    assert offline.checks(lists[0], first)[0] == GENUINE  # while nothing shows that the key was replaced
    changes = rotated(here.registry).changes
    record(here.registry, 2)
    log.extend(here.registry)
    second = own_key(here)
    (tmp_path / "keys").write_text("\n".join(changes))

    def site(text: str | bytes) -> str:
        data = text if isinstance(text, bytes) else text.encode()
        return here.client.post("/dogrula", files={"file": ("izin.json", data)}).text

    def command(text: str) -> CompletedProcess[str]:
        (tmp_path / "file.json").write_text(text)
        return run("verify-receipt", "file.json", "--key", second, "--keys", "keys")

    keys = "\n".join([second, *changes])
    for text in lists:
        assert offline.checks(text, keys)[0] == FALSE
        assert command(text).returncode == 1
        assert "Bu makbuz gerçek değil" in site(text)
    verdict, answer = offline.checks(paper, keys)
    assert (verdict, "PDF’in kendisi de" in answer, "mührü eski bir anahtarın" in answer) == (GENUINE, False, True)
    done = command(before)
    assert (done.returncode, "eski anahtarla imzalı" in done.stderr) == (0, True)
    for file in (before, paper):
        assert "Eski imza anahtarımızla düzenlenmiş" in site(file)
        assert "bir harfi bile değişmedi" not in site(file)
    after = here.sign_in(AYSE).get(f"/makbuz/{number}.json").text
    assert "Eski imza anahtarımızla" not in site(after)
    assert "eski anahtar" not in command(after).stderr
    # Another tree that the key signed: offline it is called unproven, and the site knows its own.
    assert "yalnız tanıkların" in offline.checks(other, keys)[1]
    assert "Bu makbuz gerçek değil" in site(other)


def test_a_photo_gives_the_number_and_proves_nothing(here: Town, offline: OfflinePage, tmp_path: Path) -> None:
    number, page = refused(here), offline.page
    detector = DETECTOR.replace("FORMATS", '["qr_code"]')
    for name, side in (("code.png", 90), ("cat.png", 100)):
        (tmp_path / name).write_bytes(picture(side))
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    for file, found, title, words in (
        ("code.png", number, "belge denetlenmedi", record_numbers.spaced(number).replace("\xa0", " ")),
        ("code.png", wrong, FALSE, "denetim rakamı tutmuyor"),
        ("cat.png", number, "Denetlenemedi", "okuyamadık"),
    ):
        page.add_init_script(detector.replace("NUMBER", found))
        page.reload()
        page.locator("#picture").set_input_files(tmp_path / file)
        page.locator("form button").click()
        expect(page.locator("#answer h2").first).to_contain_text(title, use_inner_text=True)
        expect(page.locator("#answer")).to_contain_text(words, use_inner_text=True)


def test_documents_of_companies_are_proved_too(office: OpenOffice, offline: OfflinePage) -> None:
    there = office()
    SeenDeeds(there).allowed()
    log.extend(there.registry)
    key = LogKey.of(there.registry.keyring).verifier()
    sees, reports = (Membership(Role.USER, right) for right in (Permission.SEE, Permission.REPORT))
    for kind in ("json", "pdf"):
        made = there.somebody(sees).post(PROOF, data={"address": phone(1), "as": kind}).content
        verdict, answer = offline.checks(made, key)
        assert (verdict, "MESAJ · BIREYSEL · ONAY" in answer) == (GENUINE, True), answer
    for kind in ("json", "xlsx"):
        listed = check_list(there.somebody(reports), phone(1), **{"as": kind}).content
        verdict, answer = offline.checks(listed, key)
        assert (verdict, "MESAJ: ONAY 1" in answer) == (GENUINE, True), answer
    assert offline.checks(made.replace(b"startxref", b"startxreg"), key)[0] != FALSE


def test_the_evidence_of_one_consent_is_proved_too(office: OpenOffice, offline: OfflinePage) -> None:
    case = Case(office())
    here = case.here
    assert case.answers(answer="kanit", **SHOWN).status_code == 303
    log.extend(here.registry)
    key, reader = LogKey.of(here.registry.keyring).verifier(), here.somebody(Membership(Role.USER, Permission.EVIDENCE))
    asked = {"islem": case.name, "why": "2026/114 sayılı şikâyet"}
    files = [reader.post(FILE, data={**asked, "as": kind}).content for kind in ("json", "pdf")]
    own = case.ayse.get(f"/izinler/{BRAND}/kanit.pdf").content
    for file in (*files, own):
        verdict, answer = offline.checks(file, key)
        assert (verdict, "MESAJ · BIREYSEL · ONAY" in answer) == (GENUINE, True), answer
        assert (case.name in answer) is (file is not own)
    forged = files[0].replace(case.name.encode(), b"0" * 64)
    assert offline.checks(forged, key)[0] == FALSE


def test_the_answer_to_a_company_is_proved(sqlite_url: str, open_registry: Opener, offline: OfflinePage) -> None:
    with town(open_registry(sqlite_url)) as here:
        shop = Shop(here.registry, furnished=True)
        started = shop.ask(AYSE)
        assert shop.type(started, shop.digits(AYSE)).act is not None
        log.extend(here.registry)
        made = proof_file.archive(here.registry, load({"SECRET_KEY": SECRET}), shop.request(started))
        assert made is not None
        with zipfile.ZipFile(io.BytesIO(made)) as archive:
            files = [made, *map(archive.read, archive.namelist())]
        for file in files:
            verdict, answer = offline.checks(file, own_key(here))
            assert (verdict, "MESAJ · BIREYSEL · ONAY" in answer) == (GENUINE, True), answer
