"""The proof of an answer: what is in it, who can read it, and what nobody can change in it."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as text_
from typer.testing import CliRunner

from asking import proof_file
from asking.request_store import AskedRequest
from asking.starting import Started
from citizen.signin import entry
from consents.people import recipients, register
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction
from evidence import log, receipts
from evidence.checkpoints import LogKey
from evidence.receipts import BadReceipt
from evidence.tlog import heads, notes
from izin import cli
from izin.tlog.witness_store import WitnessKeys
from providers.days import stamps as time_stamps
from settings import load
from tests.asking.shop import NOTICE, Shop
from tests.citizen.consents.town import CINAR, Town, text, town
from tests.conftest import SECRET, Clock, Opener, swept
from tests.evidence.test_public_log import newest
from tests.providers.api.authority import Authority
from trust import paper_seals

AYSE, MEHMET, MAIL = "+905320000001", "+905320000002", "ayse@example.com"


@pytest.fixture
def shop(registry: Registry) -> Shop:
    return Shop(registry)


def answered(shop: Shop, to: str = AYSE, **more: Any) -> AskedRequest:
    started = shop.ask(to, **more)
    assert shop.type(started, shop.digits(to)).act is not None
    return shop.request(started)


def at_a_till(shop: Shop, yes: int, no: int, who: str = AYSE) -> AskedRequest:
    """Answered on the person's own phone; Çınar's till asks for SMS and calls."""
    started = shop.ask("", "TILL", "ARAMA", "MESAJ", till=shop.asking_till(shop.form))
    assert shop.answers(started, yes, no, who).act is not None
    return shop.request(started)


def packed(shop: Shop, request: AskedRequest) -> dict[str, bytes]:
    made = proof_file.archive(shop.registry, shop.settings, request)
    assert made is not None
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return {Path(name).suffixes[-1]: archive.read(name) for name in archive.namelist()}


def content(shop: Shop, request: AskedRequest) -> dict[str, Any]:
    return receipts.check_document(packed(shop, request)[".json"].decode(), LogKey.of(shop.registry.keyring))


def test_the_proof_has_all_that_was_asked_and_answered(shop: Shop, tmp_path: Path) -> None:
    request = answered(shop, program=7)
    assert proof_file.archive(shop.registry, shop.settings, request) is None, "the log has not signed it yet"
    log.extend(shop.registry)
    found = content(shop, request)
    assert (found["request"], found["brand"], found["title"], found["purpose"], found["method"]) == (
        request.public, CINAR, "Çınar", "CONSENT", "SMS_OTP"
    )  # fmt: skip
    assert found["form"] == {
        "number": shop.form, "version": 1, "title": "Çınar", "promise": "Haftada bir indirim.", "notice": NOTICE
    }  # fmt: skip
    assert found["answers"] == [{"channel": "MESAJ", "identity": "BIREYSEL", "answer": "ONAY"}]
    assert found["asked_by"] == {"by": "program", "number": 7, "label": ""}
    assert (found["address"], found["masked"]) == (AYSE, recipients.mask(AYSE))
    assert "••••••" in found["message"]
    (movement,) = found["movements"]
    assert (movement["door"], movement["by"], movement["status"]) == ("request", "citizen", "ONAY")
    assert found["answered"] == receipts.iso(request.ended_at or 0)


def test_a_till_gave_no_address_and_so_learns_none(shop: Shop, tmp_path: Path) -> None:
    request = at_a_till(shop, 2, 1)
    log.extend(shop.registry)
    files = packed(shop, request)
    assert {".pdf", ".json"} == set(files)
    assert AYSE.encode() not in files[".json"]
    found = content(shop, request)
    assert "address" not in found
    assert "salt" not in found
    assert found["masked"] == recipients.mask(AYSE)
    assert found["asked_by"] == {"by": "till", "number": 1, "label": "Kasa 2"}
    assert {one["channel"]: one["answer"] for one in found["answers"]} == {"ARAMA": "RET", "MESAJ": "ONAY"}


def test_what_was_not_answered_is_in_the_proof_as_such_and_in_no_movement(shop: Shop, tmp_path: Path) -> None:
    request = at_a_till(shop, 2, 0)
    log.extend(shop.registry)
    found = content(shop, request)
    assert {one["channel"]: one["answer"] for one in found["answers"]} == {"ARAMA": None, "MESAJ": "ONAY"}
    assert [one["channel"] for one in found["movements"]] == ["MESAJ"]
    assert shop.status(AYSE, "ARAMA") is None


def test_a_verification_has_a_proof_and_no_movement(shop: Shop) -> None:
    started = shop.verify(AYSE)
    shop.type(started, shop.digits(AYSE), "VERIFY")
    found = content(shop, shop.request(started))
    assert (found["purpose"], found["answers"], found["movements"]) == ("VERIFY", [], [])


def test_a_request_without_an_answer_proves_nothing(shop: Shop) -> None:
    assert proof_file.archive(shop.registry, shop.settings, shop.request(shop.ask(AYSE))) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"answer": "ONAY"', '"answer": "RET"'),
        ('"masked": "', '"masked": "0'),
        ('"title": "Çınar"', '"title": "Işık"'),
        ('"purpose": "CONSENT"', '"purpose": "VERIFY"'),
        ('"label": ""', '"label": "x"'),
    ],
)
def test_a_changed_proof_is_found_out(shop: Shop, tmp_path: Path, old: str, new: str) -> None:
    request = answered(shop)
    log.extend(shop.registry)
    genuine = packed(shop, request)[".json"].decode()
    forged = genuine.replace(old, new, 1)
    assert forged != genuine
    with pytest.raises(BadReceipt):
        receipts.check_document(forged, LogKey.of(shop.registry.keyring))


@pytest.mark.parametrize("answer", ["RET", None])
def test_even_the_key_signs_no_answer_that_the_log_does_not_hold(
    shop: Shop, tmp_path: Path, answer: str | None
) -> None:
    request = answered(shop)
    log.extend(shop.registry)
    false = json.loads(packed(shop, request)[".json"])
    false["answers"][0]["answer"] = answer
    del false["signature"], false["verifier"]
    signed = receipts.sign_document(shop.registry.keyring, false)
    with pytest.raises(BadReceipt, match="not those of the log"):
        receipts.check_document(signed, LogKey.of(shop.registry.keyring))


def test_the_paper_is_tagged_sealed_and_holds_the_same_proof(shop: Shop, tmp_path: Path) -> None:
    request = answered(shop)
    log.extend(shop.registry)
    files = packed(shop, request)
    seal = paper_seals.check(files[".pdf"], LogKey.of(shop.registry.keyring).public)
    assert seal.kind == paper_seals.STATEMENT
    assert b"/MarkInfo" in files[".pdf"]
    assert files[".json"] in list(paper_seals.attached(files[".pdf"], receipts.MOST))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    made = Authority(tmp_path_factory.mktemp("tsa"))
    yield made
    made.close()


def stamps(shop: Shop, authority: Authority) -> None:
    ask = partial(time_stamps.ask, authority.url, authority.roots)
    asyncio.run(proof_file.stamp_due(shop.registry, shop.settings, ask))


def test_a_proof_is_stamped_once_witnesses_have_cosigned_or_an_hour_is_over(
    registry: Registry, clock: Clock, authority: Authority
) -> None:
    witness = WitnessKeys("w.example/a", bytes(32))
    named = {"SECRET_KEY": SECRET, "LOG_WITNESSES": f"http://w.example {witness.verifiers[0]}"}
    shop = Shop(registry, load(named))
    first = answered(shop)
    log.extend(shop.registry)
    stamps(shop, authority)
    assert ".tsr" not in packed(shop, first)
    head = newest(registry)
    registry.store.write_now(heads.cosign, head.size, witness.cosign(notes.read(head.note), 1_800_000_000), 1)
    stamps(shop, authority)
    made = packed(shop, first)
    assert ".tsr" in made
    assert json.loads(made[".json"])["witnesses"] == {"wanted": 1, "cosigned": 1}
    second = answered(shop, MEHMET)
    log.extend(shop.registry)
    stamps(shop, authority)
    assert ".tsr" not in packed(shop, second)
    clock.forward(hours=1.1)
    stamps(shop, authority)
    assert json.loads(packed(shop, second)[".json"])["witnesses"] == {"wanted": 1, "cosigned": 0}


def test_a_stamped_proof_keeps_its_bytes(shop: Shop, tmp_path: Path, clock: Clock, authority: Authority) -> None:
    request = answered(shop)
    stamps(shop, authority)
    log.extend(shop.registry)
    assert ".tsr" not in packed(shop, request)
    stamps(shop, authority)
    first = packed(shop, request)
    assert time_stamps.proven(first[".tsr"], authority.roots, hashlib.sha512(first[".json"]).digest())
    answered(shop, MEHMET)
    clock.forward(days=3)
    log.extend(shop.registry)  # a later checkpoint would make another proof
    stamps(shop, authority)
    later = packed(shop, request)
    assert (later[".json"], later[".tsr"]) == (first[".json"], first[".tsr"])


def test_an_authority_that_fails_leaves_proofs_without_a_stamp(shop: Shop, tmp_path: Path, clock: Clock) -> None:
    asked = []

    async def fails(digest: bytes) -> bytes:
        asked.append(digest)
        raise TimeoutError

    for number in range(proof_file.MOST_FAILED + 2):
        answered(shop, f"+90532000010{number}")
    log.extend(shop.registry)
    asyncio.run(proof_file.stamp_due(shop.registry, shop.settings, fails))
    assert len(asked) == proof_file.MOST_FAILED, "it is left alone until the next turn"


def test_a_verified_numbers_proof_is_stamped_too_and_goes_with_it(
    shop: Shop, tmp_path: Path, authority: Authority, clock: Clock
) -> None:
    """What proves to the authorities that the number of a membership was verified (KVKK decision 2026/266)."""
    started = shop.verify(AYSE)
    declined = shop.verify(MEHMET, "SMS_SHORTURL")
    shop.type(started, shop.digits(AYSE), "VERIFY")
    stamps(shop, authority)
    assert ".tsr" in packed(shop, shop.request(started))
    assert shop.request(declined).state_at(shop.now).name == "OPEN"
    kept = Statement(text_("SELECT count(*) FROM request_proof"))
    assert shop.registry.store.read_now(Snapshot.all, kept) == [(1,)]
    clock.forward(days=364)
    assert (
        swept(shop.registry.store, "request_proof", shop.settings),
        swept(shop.registry.store, "consent_request", shop.settings),
    ) == (0, 1)
    clock.forward(days=2)
    assert (
        swept(shop.registry.store, "request_proof", shop.settings),
        swept(shop.registry.store, "consent_request", shop.settings),
    ) == (1, 1)


def erase(shop: Shop, address: str) -> None:
    def work(transaction: Transaction) -> None:
        keyring = shop.registry.keyring
        entry.forget(transaction, keyring, address)
        register.erase(transaction, keyring, register.person(keyring, address))

    shop.registry.store.write_now(work)


def test_l15_the_proof_of_an_erased_person_names_nobody(shop: Shop, tmp_path: Path, authority: Authority) -> None:
    request = answered(shop)
    log.extend(shop.registry)
    stamps(shop, authority)
    erase(shop, AYSE)
    request = shop.request(Started(request.id, request.public))
    assert request.address == ""
    files = packed(shop, request)
    assert ".tsr" not in files
    assert AYSE.encode() not in files[".json"]
    assert content(shop, request)["masked"] == ""


def test_no_stamp_is_asked_for_an_erased_persons_answer(shop: Shop) -> None:
    answered(shop)
    log.extend(shop.registry)
    erase(shop, AYSE)
    asked: list[bytes] = []

    async def stamp(digest: bytes) -> bytes:
        asked.append(digest)
        return b"stamp"

    asyncio.run(proof_file.stamp_due(shop.registry, shop.settings, stamp))
    assert asked == []


def test_the_command_reads_zip_paper_and_text(shop: Shop, tmp_path: Path, authority: Authority) -> None:
    request = answered(shop)
    log.extend(shop.registry)
    stamps(shop, authority)
    made = proof_file.archive(shop.registry, shop.settings, request)
    assert made is not None
    key = LogKey.of(shop.registry.keyring).verifier()
    for name, data in {"proof.zip": made, **{f"proof{of}": data for of, data in packed(shop, request).items()}}.items():
        if name.endswith(".tsr"):
            continue
        (tmp_path / name).write_bytes(data)
        read = CliRunner().invoke(cli.app, ["verify-receipt", str(tmp_path / name), "--key", key])
        assert read.exit_code == 0, (name, read.output)
        assert request.public in read.output
        assert "MESAJ\tBIREYSEL\tONAY" in read.output
        assert ("Zaman damgası" in read.output) is (name == "proof.zip")


def test_the_command_refuses_a_stamp_of_another_text(shop: Shop, tmp_path: Path, authority: Authority) -> None:
    first, second = answered(shop), answered(shop, MEHMET)
    log.extend(shop.registry)
    stamps(shop, authority)
    mixed = tmp_path / "mixed.zip"
    with zipfile.ZipFile(mixed, "w") as archive:
        archive.writestr("a.json", packed(shop, first)[".json"])
        archive.writestr("a.json.tsr", packed(shop, second)[".tsr"])
    read = CliRunner().invoke(
        cli.app, ["verify-receipt", str(mixed), "--key", LogKey.of(shop.registry.keyring).verifier()]
    )
    assert read.exit_code == 1


def test_the_site_reads_zip_paper_and_text(sqlite_url: str, open_registry: Opener, tmp_path: Path) -> None:
    with town(open_registry(sqlite_url)) as here:
        request = asked_in(here)
        log.extend(here.registry)
        made = proof_file.archive(here.registry, load({"SECRET_KEY": SECRET}), request)
        assert made is not None
        with zipfile.ZipFile(io.BytesIO(made)) as archive:
            files = [made, *map(archive.read, archive.namelist())]
        for data in files:
            answer = here.client.post("/dogrula", files={"file": ("proof", data)})
            assert answer.status_code == 200, answer.text
            shown = text(answer.text)
            assert "Bu belge gerçek" in shown
            assert "SMS : onay verildi" in shown or "SMS: onay verildi" in shown
        for broken in (made[:200], made[:-30], b"PK\x03\x04"):
            answer = here.client.post("/dogrula", files={"file": ("proof", broken)})
            assert answer.status_code == 422


def asked_in(here: Town) -> AskedRequest:
    return answered(Shop(here.registry, furnished=True))
