"""Receipts: checked with the public key alone, refused when a single byte was changed."""

from __future__ import annotations

import json
from base64 import b64encode
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consents.keys import Keyring
from consents.people import register
from consents.people.held_keys import PURPOSES, make
from consents.queries import act_receipts, log_rows
from consents.registry import Registry
from consents.store import Snapshot
from evidence import checkpoints, history_rows, log, receipts
from evidence.checkpoints import LogKey
from evidence.leaves import LogFault
from evidence.receipts import BadReceipt, Named, ReceiptHead
from evidence.tlog import heads
from tests.conftest import Clock, Run
from tests.consents.conftest import AYSE
from tests.evidence.conftest import chronicle, run, thaw
from tests.evidence.test_public_log import record
from trust import paper_seals
from trust.paper_seals import Seal
from web.rendering import qr, receipt_pdf, receipt_words
from web.rendering.receipt_pdf import ReceiptFrame


def shown(registry: Registry, **more: object) -> ReceiptHead:
    codes = registry.store.read_now(log_rows.brand_codes).values()
    brands = {code: Named(f"Marka {code}", "Örnek A.Ş.") for code in codes}
    return ReceiptHead("İzin", "123456789015", "+90 532 ••• •• 01", brands, **more)  # type: ignore[arg-type]


def receipt(registry: Registry, act: int, **more: object) -> str:
    made = registry.store.read_now(receipts.make, registry.keyring, act, shown(registry, **more))
    assert made is not None
    return made


def key(registry: Registry) -> LogKey:
    return LogKey.of(registry.keyring)


def other_key() -> LogKey:
    return LogKey.of(Keyring({purpose: make(purpose) for purpose in PURPOSES}))


def test_every_act_has_a_receipt_that_the_public_key_alone_proves(registry: Registry, clock: Clock) -> None:
    chronicle(registry, clock)
    last = registry.store.read_now(checkpoints.last_size)
    public = LogKey.read(key(registry).verifier())
    for act in range(1, last + 1):
        said = receipts.check(receipt(registry, act), public)
        past = registry.store.read_now(history_rows.act, act)
        assert len(said["consents"]) == past.last_event - past.first_event + 1
        assert said["undo"] == (past.undoes is not None)


def test_there_is_none_before_the_act_is_signed(sqlite_registry: Registry, clock: Clock) -> None:
    chronicle(sqlite_registry, clock)
    act = sqlite_registry.store.read_now(checkpoints.last_size) + 1
    assert sqlite_registry.store.read_now(receipts.make, sqlite_registry.keyring, act, shown(sqlite_registry)) is None
    assert not sqlite_registry.store.read_now(receipts.signed, act)


def test_a_receipt_from_before_the_public_log_stays_valid(sqlite_registry: Registry, clock: Clock) -> None:
    chronicle(sqlite_registry, clock)
    run(sqlite_registry, "DELETE FROM log_head")
    whole, public = receipt(sqlite_registry, 3), key(sqlite_registry)
    assert "\\nprevious 9\\nmade 2026" in whole
    assert receipts.check(whole, public)["door"]
    with pytest.raises(BadReceipt):
        receipts.check(whole.replace("previous 9", "previous 7"), public)


def test_a_receipt_names_its_witnesses_and_holds_its_time_stamp(sqlite_registry: Registry, clock: Clock) -> None:
    chronicle(sqlite_registry, clock)
    said = receipts.check(receipt(sqlite_registry, 3), key(sqlite_registry))
    assert {"witnesses", "stamp"} & said.keys() == set()  # nobody is asked
    said = receipts.check(receipt(sqlite_registry, 3, witnesses=2), key(sqlite_registry))
    assert said["witnesses"] == {"wanted": 2, "cosigned": 0}
    head = sqlite_registry.store.read_now(heads.newest)
    assert head is not None
    assert sqlite_registry.store.read_now(heads.to_stamp, clock.now) == head
    sqlite_registry.store.write_now(heads.stamp, head.size, b"reply")
    sqlite_registry.store.write_now(heads.cosign, head.size, "— w.example AAAAAAAA\n", 1)
    assert sqlite_registry.store.read_now(heads.to_stamp, clock.now) is None
    clock.forward(minutes=59)
    for _ in range(3):
        record(sqlite_registry, 1)
        log.extend(sqlite_registry)
    assert sqlite_registry.store.read_now(heads.to_stamp, clock.now) is None  # the last one is of this hour
    said = receipts.check(receipt(sqlite_registry, 3, witnesses=2), key(sqlite_registry))
    assert (said["witnesses"], said["stamp"]) == ({"wanted": 2, "cosigned": 1}, "cmVwbHk=")
    assert said["act"]["size"] == head.size  # the stamped one; the one of the new act has none yet
    assert "stamp" not in receipts.check(receipt(sqlite_registry, head.size + 1), key(sqlite_registry))
    clock.forward(minutes=2)
    due = sqlite_registry.store.read_now(heads.to_stamp, clock.now)
    assert due is not None
    assert due.size == head.size + 3
    assert sqlite_registry.store.read_now(heads.to_stamp, clock.now, 1) is None  # it waits for its witness,
    clock.forward(minutes=60)
    assert sqlite_registry.store.read_now(heads.to_stamp, clock.now, 1) == due  # and not for ever


def test_a_busy_log_without_its_witnesses_gets_a_first_stamp_after_an_hour(
    sqlite_registry: Registry, clock: Clock
) -> None:
    due = []
    for _ in range(13):
        record(sqlite_registry, 1)
        log.extend(sqlite_registry)
        due.append(sqlite_registry.store.read_now(heads.to_stamp, clock.now, 1) is not None)
        clock.forward(minutes=5)
    assert due == [False] * 12 + [True]


def test_altered_in_any_byte_it_is_refused(sqlite_registry: Registry, clock: Clock) -> None:
    chronicle(sqlite_registry, clock)
    whole, public = receipt(sqlite_registry, 3).encode(), key(sqlite_registry)
    receipts.check(whole.decode(), public)
    flips = (1, 2, 32, 128)
    for place, flip in zip(range(len(whole)), (flips[at % len(flips)] for at in count()), strict=False):
        changed = whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :]
        with pytest.raises(BadReceipt):
            receipts.check(changed.decode("utf-8", "replace"), public)
    for changed in (whole[:-1], whole + b"\n", whole + b" ", b"", b"{}", b"[]", b"null", whole.replace(b"\n", b"\r\n")):
        with pytest.raises(BadReceipt):
            receipts.check(changed.decode(), public)


@pytest.fixture
def example(sqlite_registry: Registry, clock: Clock) -> tuple[str, LogKey]:
    chronicle(sqlite_registry, clock)
    return receipt(sqlite_registry, 3), key(sqlite_registry)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_field_can_be_given_another_value(data: st.DataObject, example: tuple[str, LogKey]) -> None:
    whole, public = example
    content = json.loads(whole)
    part = data.draw(st.sampled_from([content, content["act"], *content["consents"]]))
    name = data.draw(st.sampled_from(sorted(part)))
    value = data.draw(
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2) | st.just({})
    )
    if type(value) is type(part[name]) and value == part[name]:
        return
    part[name] = value
    with pytest.raises(BadReceipt):
        receipts.check(receipts._written(content), public)


def test_the_signature_alone_is_seen_in_the_text(sqlite_registry: Registry, clock: Clock) -> None:
    """So that a stranger's file is parsed only where we signed it: both ways of looking agree."""
    chronicle(sqlite_registry, clock)
    public = key(sqlite_registry)
    for act in range(1, sqlite_registry.store.read_now(checkpoints.last_size) + 1):
        whole = receipt(sqlite_registry, act)
        assert receipts.signed_by(whole, public)
        assert not receipts.signed_by(whole, other_key())
    for place in range(0, len(whole), 7):
        changed = whole[:place] + chr(ord(whole[place]) ^ 1) + whole[place + 1 :]
        assert not receipts.signed_by(changed, public)
    for changed in (
        whole[:-1],
        whole + "\n",
        "",
        "{}",
        whole.replace("signature", "Signature"),
        whole * 2,
        "\ud800" + whole,
    ):
        assert not receipts.signed_by(changed, public)


def test_another_registrys_key_does_not_prove_it(sqlite_registry: Registry, clock: Clock) -> None:
    chronicle(sqlite_registry, clock)
    with pytest.raises(BadReceipt, match="another registry"):
        receipts.check(receipt(sqlite_registry, 3), other_key())


def test_the_key_alone_makes_no_receipt_of_what_is_not_in_the_log(sqlite_registry: Registry, clock: Clock) -> None:
    """Whoever holds the key writes the words of another act, and signs the whole: the proof does not lead there."""
    chronicle(sqlite_registry, clock)
    real = json.loads(receipt(sqlite_registry, 3))
    other = json.loads(receipt(sqlite_registry, 1))
    for change in (
        {"recorded": "2020-01-01T00:00:00+03:00"},
        {"door": "sms"},
        {"consents": other["consents"]},
        {"consents": real["consents"][:-1]},
        {"checkpoint": other["checkpoint"].replace("\n", "\n\n", 1)},
        {"act": other["act"]},
        {"act": {**real["act"], "path": real["act"]["path"][:-1]}},
    ):
        forged = {name: value for name, value in (real | change).items() if name != "signature"}
        signature = sqlite_registry.keyring.signer().sign(receipts._signed_part(forged))
        forged["signature"] = b64encode(signature).decode()
        with pytest.raises(BadReceipt):
            receipts.check(receipts._written(forged), key(sqlite_registry))


def test_an_owners_receipt_proves_whose_it_is(sqlite_registry: Registry, clock: Clock) -> None:
    chronicle(sqlite_registry, clock)
    who = sqlite_registry.store.read_now(
        register.find, sqlite_registry.keyring, register.person(sqlite_registry.keyring, AYSE)
    )
    acts = range(1, sqlite_registry.store.read_now(checkpoints.last_size) + 1)
    act = next(act for act in acts if sqlite_registry.store.read_now(history_rows.act, act).recipient == who)
    salt = sqlite_registry.keyring.salt(AYSE)
    said = receipts.check(receipt(sqlite_registry, act, address=AYSE, salt=salt), key(sqlite_registry))
    assert said["address"] == AYSE
    another = receipt(sqlite_registry, act, address="+905320000077", salt=salt)
    with pytest.raises(BadReceipt, match="not about this number"):
        receipts.check(another, key(sqlite_registry))


def test_it_stays_when_others_are_erased_and_the_log_grows(sqlite_registry: Registry, clock: Clock) -> None:
    chronicle(sqlite_registry, clock)
    before = receipt(sqlite_registry, 3)

    keyring = sqlite_registry.keyring
    sqlite_registry.store.write_now(register.erase, keyring, register.person(keyring, AYSE))
    log.extend(sqlite_registry)
    assert receipts.check(before, key(sqlite_registry))
    assert receipts.check(receipt(sqlite_registry, 3), key(sqlite_registry))


def test_a_changed_past_gives_no_receipt(sqlite_registry: Registry, clock: Clock) -> None:
    chronicle(sqlite_registry, clock)
    thaw(sqlite_registry)
    run(sqlite_registry, "UPDATE act SET door = 4 WHERE id = 3")
    with pytest.raises(LogFault):
        receipt(sqlite_registry, 3)


@pytest.mark.parametrize("verifier", ["", "x", "a+b+c", "a+b", "izin-log/0+00000000+AQ=="])
def test_a_key_that_is_none_is_refused(verifier: str) -> None:
    with pytest.raises(ValueError, match="no public key"):
        LogKey.read(verifier)


def test_the_command_checks_a_file_without_the_database(
    run: Run, tmp_path: Path, sqlite_registry: Registry, clock: Clock
) -> None:
    chronicle(sqlite_registry, clock)
    public, whole = key(sqlite_registry).verifier(), receipt(sqlite_registry, 3)
    (tmp_path / "makbuz.json").write_text(whole, encoding="utf-8")
    nowhere = "postgresql://izin@127.0.0.1:1/izin"
    done = run("verify-receipt", "makbuz.json", "--key", public, DATABASE_URL=nowhere)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Makbuz gerçek / the receipt is genuine: 123456789015\n")
    assert run("verify-receipt", "-", "--key", public, text=whole).returncode == 0
    changed = run("verify-receipt", "-", "--key", public, text=whole.replace("RET", "ONAY"))
    assert changed.returncode == 1
    assert "not genuine" in changed.stderr
    assert run("verify-receipt", "-", "--key", other_key().verifier(), text=whole).returncode == 1
    assert run("verify-receipt", "-", "--key", "no key", text=whole).returncode == 2
    assert run("verify-receipt", "missing.json", "--key", public).returncode == 2


def test_the_list_of_receipts_agrees_with_each_receipt(registry: Registry, clock: Clock) -> None:
    """One statement for a page of them, on both databases, shows what each receipt works out for itself."""
    world = chronicle(registry, clock)

    def look(snapshot: Snapshot) -> int:
        book, found = registry.brands.book(snapshot, registry.store.now()), 0
        for who in (world.ayse, world.mehmet):
            listed, page, pages = act_receipts.listed(snapshot, book, who, 0, 1)
            assert (page, pages) == (1, 1)
            acts = [one.act for one in listed]
            assert acts == sorted(acts, reverse=True)
            for one in listed:
                past = act_receipts.citizens(snapshot, one.act)
                assert past is not None
                assert past.recipient == who
                own = act_receipts.get(snapshot, registry.policy.reconsent, book, past)
                assert one.done == receipt_words.done(own)
                assert (one.recorded_at, one.door) == (own.recorded_at, own.door)
                assert one.taken_back is (own.taken_back_at is not None)
            last = listed[0].recorded_at
            later, _, _ = act_receipts.listed(snapshot, book, who, last, 1)
            assert [one.act for one in later] == [one.act for one in listed if one.recorded_at >= last]
            found += len(listed)
        return found

    assert registry.store.read_now(look) == 7


def test_the_command_reads_the_proof_in_a_pdf(
    run: Run, tmp_path: Path, sqlite_registry: Registry, clock: Clock
) -> None:
    chronicle(sqlite_registry, clock)
    public, whole = key(sqlite_registry).verifier(), receipt(sqlite_registry, 3)
    words = {"sentence": "Reddettiniz", "number": "123456789015", "spaced": "1234 5678 9015", "at": "", "door": ""}
    words |= {"ahead": "", "address": "+905320000001", "stop": "", "taken_back": "", "groups": []}
    around = ReceiptFrame(
        "İzin", "https://izin.example", "https://izin.example/makbuz/1", qr.svg(qr.pattern("x"), "x").decode(), whole
    )
    made = receipt_pdf.made("tr", words | {"receipt": SimpleNamespace(lines=[])}, around)
    sealed = paper_seals.sealed(made, Seal(paper_seals.RECEIPT, "123456789015"), sqlite_registry.keyring)
    (tmp_path / "makbuz.pdf").write_bytes(sealed)
    done = run("verify-receipt", "makbuz.pdf", "--key", public)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Makbuz gerçek / the receipt is genuine: 123456789015\n")
    (tmp_path / "makbuz.pdf").write_bytes(made)
    done = run("verify-receipt", "makbuz.pdf", "--key", public)
    assert done.returncode == 0
    assert "trust only these lines" in done.stderr
    record = paper_seals.sealed(
        b"%PDF-1.7\nxref\nstartxref\n9\n%%EOF", Seal(paper_seals.RECORD, "202611291422"), sqlite_registry.keyring
    )
    (tmp_path / "kayit.pdf").write_bytes(record)
    done = run("verify-receipt", "kayit.pdf", "--key", public)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(": 202611291422\n")
    assert run("verify-receipt", "kayit.pdf", "--key", other_key().verifier()).returncode == 2
    (tmp_path / "makbuz.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
    done = run("verify-receipt", "makbuz.pdf", "--key", public)
    assert done.returncode == 2, "no forgery"
    assert "no proof is attached" in done.stderr
    assert run("verify-receipt", "makbuz.pdf", "--key", other_key().verifier()).returncode == 2
