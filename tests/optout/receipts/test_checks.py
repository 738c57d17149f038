"""Numbers and receipts that somebody was handed: genuine or not, and never whose a bare number is."""

from __future__ import annotations

import re
import time
import zlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from consents import ledger
from consents.history import Deed
from consents.ledger import Wish
from consents.people.rotation import rekey
from consents.registry import Registry
from consents.rules import RET
from consents.terms import Actor, Door, Source
from evidence import log, receipts
from evidence.checkpoints import LogKey
from optout import number_check
from tests.citizen.consents.town import AYSE, CINAR, Town, text, town
from tests.conftest import SECRET, Clock, Opener
from tests.web.client import refused_for
from trust import paper_seals, record_numbers


def refused(here: Town) -> str:
    """Refuses by SMS; the record number."""
    here.told(AYSE, CINAR)
    wish = Wish(here.brand(CINAR), 1, 0, RET, Source.IYS_KISAMESAJ.code)
    store, policy = here.registry.store, here.registry.policy
    done = store.write_now(ledger.decide, policy, here.person(AYSE), [wish], Deed(Actor.CITIZEN, Door.SMS))
    assert done.act
    return record_numbers.of_act(here.registry.keyring, done.act)


def receipt(here: Town, number: str) -> str:
    visitor = here.sign_in(AYSE)
    log.extend(here.registry)
    return visitor.get(f"/makbuz/{number}.json").text


@pytest.mark.parametrize("between", ["", " ", "-", "\u00a0"])
def test_a_number_is_genuine_on_a_day_by_a_door_and_no_more(here: Town, between: str) -> None:
    number = refused(here)
    typed = between.join((number[:4], number[4:8], number[8:]))
    answer = here.client.post("/makbuz", data={"number": typed}, follow_redirects=True)
    read = text(answer.text)
    assert answer.status_code == 200
    assert "Bu kayıt gerçek" in read
    assert "SMS göndererek" in read
    shown = f"{number[:4]} {number[4:8]} {number[8:]}"
    assert shown in read
    read = read.replace(shown, "")
    for secret in ("Çınar", "532", "000 00 01", "•"):
        assert secret not in read


def test_a_mistyped_number_and_one_that_is_none_are_told_apart(here: Town) -> None:
    number = refused(here)
    wrong = here.client.post("/makbuz", data={"number": number[:-1] + str((int(number[-1]) + 1) % 10)})
    assert wrong.status_code == 422
    assert "bir rakam yanlış" in text(wrong.text)
    unknown = here.client.post("/makbuz", data={"number": record_numbers.of_act(here.registry.keyring, 987_654)})
    assert unknown.status_code == 404
    assert "böyle bir kayıt yok" in text(unknown.text)
    company = here.client.post("/makbuz", data={"number": record_numbers.of_act(here.registry.keyring, 1)})
    assert company.status_code == 404
    refused_for(here.client.post("/makbuz"), 422, "Bu numarada bir rakam yanlış.")
    assert here.client.get("/makbuz").status_code == 200


def test_who_guesses_is_answered_no_more_for_an_hour(here: Town, clock: Clock) -> None:
    number, keyring = refused(here), here.registry.keyring
    for guess in range(number_check.MISSES):
        answer = here.client.post("/makbuz", data={"number": record_numbers.of_act(keyring, 5000 + guess)})
        assert answer.status_code == 404
    for typed in (number, record_numbers.of_act(keyring, 6000)):
        refused_for(here.client.post("/makbuz", data={"number": typed}), 429, "Kısa sürede çok fazla deneme yapıldı")
    clock.forward(hours=1, seconds=1)
    assert here.client.post("/makbuz", data={"number": number}).status_code == 303


def test_looking_often_at_what_is_right_is_no_guess(here: Town) -> None:
    number = refused(here)
    for _ in range(number_check.MISSES + 5):
        answer = here.client.post("/makbuz", data={"number": number}, follow_redirects=True)
        assert "Bu kayıt gerçek" in text(answer.text)


def test_a_receipt_is_genuine_as_file_and_as_text(here: Town) -> None:
    number = refused(here)
    whole = receipt(here, number)
    as_file = here.client.post("/dogrula", files={"file": ("izin.json", whole.encode()), "text": (None, "")})
    as_text = here.client.post("/dogrula", files={"file": ("", b""), "text": (None, whole.replace("\n", "\r\n"))})
    plain = here.client.post("/dogrula", data={"text": whole.strip()})
    for answer in (as_file, as_text, plain):
        assert answer.status_code == 200
        read = text(answer.text)
        assert "Bu makbuz gerçek" in read
        assert "Reddedildi" in read
        assert "Çınar" in read


def test_a_changed_one_is_not(here: Town) -> None:
    whole = receipt(here, refused(here))
    for cut in (whole[:-2], whole[: len(whole) // 2]):
        status, page = check_file(here, "izin.json", cut.encode())
        assert status == 422
        assert "Bu dosyayı okuyamadık" in page, "a download that broke off is no forgery"
        assert "Çınar" not in page
    for changed in (whole.replace('"RET"', '"ONAY"'), whole[:-40] + '"\n}\n', whole.replace("Çınar", "Işık", 1)):
        for sent in ({"files": {"file": ("izin.json", changed.encode())}}, {"data": {"text": changed}}):
            answer = here.client.post("/dogrula", **sent)  # type: ignore[arg-type]
            assert answer.status_code == 422
            assert "Bu makbuz gerçek değil" in text(answer.text)
            assert "Çınar" not in answer.text
    assert "Kayıt numarasını yazın ya da bir dosya seçin" in text(here.client.post("/dogrula", data={"text": " "}).text)
    refused_for(here.client.post("/dogrula", files={"file": ("a.bin", b"\xff\xfe\x00")}), 422, "Bu dosyayı okuyamadık")


def check_file(here: Town, name: str, data: bytes) -> tuple[int, str]:
    answer = here.client.post("/dogrula", files={"file": (name, data)})
    return answer.status_code, text(answer.text)


def test_what_is_no_receipt_is_called_unread_and_not_a_forgery(here: Town) -> None:
    for strange in (b"{}", b"Reddettim", b"\x00\x01", b"[" * 5000, b'{"\xff": 1}'):
        status, page = check_file(here, "a.json", strange)
        assert status == 422
        assert "Bu dosyayı okuyamadık" in page
        assert "gerçek değil" not in page


def paper(here: Town, number: str) -> bytes:
    return here.sign_in(AYSE).get(f"/makbuz/{number}.pdf").content


def unsealed(made: bytes) -> bytes:
    """The PDF as it would be without its seal."""
    found, count = re.subn(rb"\n%izin-[^\n]*(?=\nstartxref\n)", b"", made)
    assert count == 1
    return found


def test_nothing_stands_behind_the_end_of_a_pdf(here: Town) -> None:
    """ISO 19005-3, 6.1.3; and the table of objects stays where startxref has it."""
    made = paper(here, refused(here))
    assert re.search(rb"\nstartxref\n[0-9]+\n%%EOF\n?\Z", made)
    place = int(made.rpartition(b"startxref\n")[2].partition(b"\n")[0])
    assert made[place:].startswith(b"xref\n")


def test_the_pdf_that_the_site_gave_is_genuine(here: Town) -> None:
    number = refused(here)
    status, page = check_file(here, "izin.pdf", paper(here, number))
    assert status == 200
    assert "Bu PDF makbuz gerçek" in page
    shown = " ".join(record_numbers.spaced(number).split())
    assert shown in page
    assert "SMS göndererek" in page
    assert "532" not in page.replace(shown, "")


def test_a_pdf_that_was_changed_is_not_called_genuine(here: Town) -> None:
    number = refused(here)
    made, other = paper(here, number), record_numbers.of_act(here.registry.keyring, 987_654)
    places = [*range(0, len(made), max(1, len(made) // 40)), len(made) - 50, len(made) - 2]
    changed = [made[:place] + bytes([made[place] ^ 1]) + made[place + 1 :] for place in places[1:]]
    changed += [made + b"\n", made + made, made.replace(number.encode(), other.encode()), made[:-1]]
    for one in changed:
        status, page = check_file(here, "izin.pdf", one)
        assert status == 422
        assert "makbuz gerçek" not in page


def test_a_pdf_without_a_seal_is_no_forgery(here: Town) -> None:
    """Printed anew, scanned, or given out before receipts were sealed: its number tells."""
    made = paper(here, refused(here))
    for one in (unsealed(made), b"%PDF-1.4\n%\xe2\xe3\n%%EOF\n"):
        status, page = check_file(here, "izin.pdf", one)
        assert status == 422
        assert "Altındaki kayıt numarasını aşağıya yazın" in page
        assert "gerçek değil" not in page


def with_proof(here: Town, number: str) -> bytes:
    log.extend(here.registry)
    return paper(here, number)


def seen(page: str) -> bool:
    """Whether the page shows the content of the receipt."""
    return "Reddedildi" in page and "Çınar" in page and "+90 532 000 00 01" in page


def test_the_proof_within_a_pdf_is_read(here: Town) -> None:
    number = refused(here)
    made = with_proof(here, number)
    status, page = check_file(here, "izin.pdf", made)
    assert status == 200
    assert "Bu makbuz gerçek" in page
    assert "bir harfi bile değişmedi" in page
    assert seen(page)
    (attached,) = paper_seals.attached(made, 100_000)
    assert attached.decode() == receipt(here, number)
    for kind in (b"<pdfaid:part>3</pdfaid:part>", b"<pdfuaid:part>1</pdfuaid:part>", b"/AFRelationship/Data"):
        assert kind in made


def embedded(data: bytes, *, flate: bool = True, kind: bytes = b"/EmbeddedFile") -> bytes:
    """An embedded file as other programs write it."""
    filtered, content = (b"/Filter [ /FlateDecode ]", zlib.compress(data)) if flate else (b"", data)
    head = b"7 0 obj\r\n<< /Length %d %s /Type %s >>\r\n" % (len(content), filtered, kind)
    return b"%PDF-1.4\n" + head + b"stream\r\n" + content + b"\r\nendstream\nendobj\n%%EOF\n"


def test_a_pdf_that_was_saved_again_is_no_forgery_and_only_its_proof_counts(here: Town) -> None:
    number = refused(here)
    made, proof = with_proof(here, number), receipt(here, number).encode()
    for saved in (
        unsealed(made),
        made + b"\n",
        made.replace(b"/Lang(tr)", b"/Lang(en)"),
        embedded(proof),
        embedded(proof, flate=False),
    ):
        status, page = check_file(here, "izin.pdf", saved)
        assert status == 200
        assert "Bu kayıt gerçek" in page
        assert "yalnız burada yazanlara güvenin" in page
        assert "bir harfi bile değişmedi" not in page
        assert seen(page)


def test_a_forged_proof_within_a_pdf_is_called_so(here: Town) -> None:
    proof = receipt(here, refused(here))
    status, page = check_file(here, "izin.pdf", embedded(proof.replace('"RET"', '"ONAY"').encode()))
    assert status == 422
    assert "Bu makbuz gerçek değil" in page
    assert "Çınar" not in page


def test_what_we_did_not_sign_is_not_parsed(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of 300 kB is inflated from a few bytes; parsing it takes long, and nobody has proved a right yet."""
    proof = receipt(here, refused(here))
    forged = proof.replace('"RET"', '"ONAY"')
    parsed = []
    monkeypatch.setattr(receipts, "_read", lambda text: parsed.append(text) or {})
    padded = forged.replace("{", "{" + " " * 200_000, 1)
    for one in (embedded(forged.encode()), embedded(padded.encode()), forged.encode()):
        status, page = check_file(here, "izin.pdf", one)
        assert (status, "gerçek değil" in page, parsed) == (422, True, [])
    check_file(here, "izin.pdf", embedded(proof.encode()))
    assert parsed == [proof]


def test_pdfs_with_strange_attachments_are_unknown_and_no_forgeries(here: Town) -> None:
    proof = receipt(here, refused(here)).encode()
    whole = embedded(proof)
    bomb = embedded(b'{"format": "izin-receipt/1"' + b" " * 50_000_000)
    strange = [
        bomb,
        bomb + embedded(proof)[9:],  # what a bomb takes is not read, and what stands behind it is
        whole[: whole.index(b"stream") + 40],
        embedded(b"{}"),
        embedded(b"\xff\xfe"),
        embedded(proof, kind=b"/EmbeddedFiles"),
        b"%PDF-1.7\n" + b"/EmbeddedFile" * 4000,
        b"%PDF-1.7\n" + b"/EmbeddedFile stream\n/FlateDecode" * 1500,
    ]
    for one in strange:
        started = time.process_time()
        status, page = check_file(here, "izin.pdf", one)
        assert time.process_time() - started < 1
        if one is strange[1]:
            assert (status, seen(page)) == (200, True)
            continue
        assert status == 422
        assert "Bu PDF'in içinde kanıt yok" in page
        assert "gerçek değil" not in page


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=400) | st.binary(min_size=120, max_size=200).map(embedded))
def test_any_bytes_are_read_within_bounds(data: bytes) -> None:
    assert sum(map(len, paper_seals.attached(data, 150))) <= 150


def test_files_within_a_pdf_share_one_bound() -> None:
    for flate in (True, False):
        small, large = embedded(b"a" * 60, flate=flate), embedded(b"b" * 101, flate=flate)
        assert list(paper_seals.attached(small * 3, 150)) == [b"a" * 60] * 2
        assert list(paper_seals.attached(large + small, 100)) == [b"a" * 60]
        assert list(paper_seals.attached(large, 101)) == [b"b" * 101]
        assert len(list(paper_seals.attached(small * 20, 10_000))) == 8


def test_a_photo_and_a_large_file_lead_to_the_number(here: Town) -> None:
    """No forgery, and no page of an error: the field for the number is below."""
    for picture in (b"\xff\xd8\xff\xe0\x00\x10JFIF", b"\x89PNG\r\n\x1a\n", b"\x00\x00\x00\x18ftypheic"):
        status, page = check_file(here, "a.jpg", picture)
        assert status == 422
        assert "Fotoğraftaki karekodu okuyamadık" in page
    status, page = check_file(here, "a.pdf", b"%PDF-1.7" + b"x" * 16_000_000)
    assert status == 413
    assert "Bu dosya çok büyük" in page
    assert "dosyayı bilgisayarda doğrulayın" in page
    assert "gerçek değil" not in page


def test_one_page_takes_numbers_and_files(here: Town) -> None:
    number = refused(here)
    assert here.client.get("/makbuz").text.replace("/makbuz", "/dogrula") == here.client.get("/dogrula").text
    form = {"file": ("", b""), "number": (None, record_numbers.spaced(number))}
    answer = here.client.post("/dogrula", files=form, follow_redirects=True)
    assert "Bu kayıt gerçek" in text(answer.text)
    wrong = here.client.post("/dogrula", data={"number": "1234"})
    assert wrong.status_code == 422
    assert 'value="1234" aria-describedby="number-hint number-error" aria-invalid="true"' in wrong.text


def test_another_registrys_seal_is_none_of_ours(here: Town) -> None:
    number, key = refused(here), LogKey.of(here.registry.keyring)
    made = paper(here, number)
    assert paper_seals.check(made, key.public) == (paper_seals.RECEIPT, number)
    strange = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with pytest.raises(paper_seals.BrokenSeal):
        paper_seals.check(made, strange)


def test_a_record_number_in_place_of_the_text_is_looked_up(here: Town) -> None:
    number = refused(here)
    answer = here.client.post("/dogrula", data={"text": f" {record_numbers.spaced(number)}\r\n"}, follow_redirects=True)
    assert answer.status_code == 200
    assert "Bu kayıt gerçek" in text(answer.text)


def test_what_is_too_large_is_not_read(here: Town) -> None:
    assert here.client.post("/dogrula", content=b"x" * 5_000_000).status_code == 413


def test_the_page_shows_the_key_that_checks_elsewhere(here: Town) -> None:
    whole, page = receipt(here, refused(here)), here.client.get("/dogrula").text
    verifier = LogKey.of(here.registry.keyring).verifier()
    assert verifier in page
    assert receipts.check(whole, LogKey.read(verifier))


def test_number_and_receipt_outlive_new_keys(sqlite_url: str, open_registry: Opener) -> None:
    registry = open_registry(sqlite_url)
    with town(registry) as here:
        number = refused(here)
        whole = receipt(here, number)
    registry.close()
    rekey(sqlite_url, SECRET)
    with Registry.open(sqlite_url, SECRET) as after:
        assert record_numbers.read(after.keyring, number) == record_numbers.read(registry.keyring, number)
        assert receipts.check(whole, LogKey.of(after.keyring))


def test_reading_changes_nothing(here: Town) -> None:
    number = refused(here)
    last = here.registry.store.read_now(log.history_rows.last_act)
    here.client.post("/makbuz", data={"number": number}, follow_redirects=True)
    assert here.registry.store.read_now(log.history_rows.last_act) == last
