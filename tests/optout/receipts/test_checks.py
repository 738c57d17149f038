"""Numbers and receipts that somebody was handed: genuine or not, and never whose a bare number is."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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
    answer = here.client.post("/makbuz", data={"number": typed})
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
    assert here.client.post("/makbuz", data={"number": number}).status_code == 200


def test_looking_often_at_what_is_right_is_no_guess(here: Town) -> None:
    number = refused(here)
    for _ in range(number_check.MISSES + 5):
        assert here.client.post("/makbuz", data={"number": number}).status_code == 200


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
    for changed in (whole.replace('"RET"', '"ONAY"'), whole[:-2], whole.replace("Çınar", "Işık", 1)):
        for given in ({"files": {"file": ("izin.json", changed.encode())}}, {"data": {"text": changed}}):
            answer = here.client.post("/dogrula", **given)  # type: ignore[arg-type]
            assert answer.status_code == 422
            assert "Bu makbuz gerçek değil" in text(answer.text)
            assert "Çınar" not in answer.text
    assert "Bir dosya seçin" in text(here.client.post("/dogrula", data={"text": " "}).text)
    refused_for(here.client.post("/dogrula", files={"file": ("a.bin", b"\xff\xfe\x00")}), 422, "Bu dosyayı okuyamadık")


def check_file(here: Town, name: str, data: bytes) -> tuple[int, str]:
    answer = here.client.post("/dogrula", files={"file": (name, data)})
    return answer.status_code, text(answer.text)


def test_what_is_no_receipt_is_called_unread_and_not_a_forgery(here: Town) -> None:
    for strange in (b"{}", b"Reddettim", b"\x89PNG\r\n", b"[" * 5000, b'{"\xff": 1}'):
        status, page = check_file(here, "a.json", strange)
        assert status == 422
        assert "Bu dosyayı okuyamadık" in page
        assert "gerçek değil" not in page


def paper(here: Town, number: str) -> bytes:
    return here.sign_in(AYSE).get(f"/makbuz/{number}.pdf").content


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
    for one in (made[: made.rindex(b"\n%izin")], b"%PDF-1.4\n%\xe2\xe3\n%%EOF\n"):
        status, page = check_file(here, "izin.pdf", one)
        assert status == 422
        assert "üstündeki kayıt numarası" in page
        assert "gerçek değil" not in page


def test_another_registrys_seal_is_none_of_ours(here: Town) -> None:
    number, key = refused(here), LogKey.of(here.registry.keyring)
    made = paper(here, number)
    assert paper_seals.check(made, key.public) == number
    strange = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with pytest.raises(paper_seals.BrokenSeal):
        paper_seals.check(made, strange)


def test_a_record_number_in_place_of_the_text_is_looked_up(here: Town) -> None:
    number = refused(here)
    answer = here.client.post("/dogrula", data={"text": f" {record_numbers.spaced(number)}\r\n"})
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
    here.client.post("/makbuz", data={"number": number})
    assert here.registry.store.read_now(log.history_rows.last_act) == last
