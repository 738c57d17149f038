"""An erasure reaches every place that holds a person's address, or what was written about them."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import time
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from hypothesis import assume, given
from hypothesis import settings as settings_of
from hypothesis import strategies as st
from sqlalchemy import text as sql
from typer.testing import CliRunner

from asking import request_store
from asking.request_states import RequestMethod, RequestPurpose
from asking.request_store import NewRequest, StampedProof
from citizen.alerts import alert_store
from citizen.public import holder_of
from citizen.receipts import complaint_store, data_requests
from citizen.receipts.complaint_store import NewComplaint
from citizen.receipts.data_requests import DataRequestKind, NewDataRequest
from citizen.session import session_store
from consents import instants
from consents.brands import companies
from consents.columns import SealedBytes
from consents.instants import DAY, HOUR
from consents.ledger import ClockBehind
from consents.people import column_passes, recipients, register, rotation
from consents.registry import Registry
from consents.store import Statement, StoreUnavailable, Transaction
from consents.store.engines import sqlite_library
from consents.tables import metadata
from evidence import checkpoints, log, receipts
from evidence.checkpoints import LogKey
from gateways.outbox import outbox
from gateways.received import Received
from izin import cli, jobs
from izin.operations import maintenance_commands, site_commands
from izin.operations.registry import repeat_erasures
from optout.sms import sms_door
from panel import export_job
from panel.audit import looks
from panel.audit.change import AuditedWork, Change
from panel.exports import export_store
from panel.retention import erased_files, erased_list, erasure
from panel.rights import Membership, Permission, Role, Staff
from panel.uploads import upload_pieces, upload_store
from panel.uploads.child_process import ProcessFailed
from panel.uploads.upload_pieces import PieceKind
from panel.uploads.upload_store import PanelFile, UploadState
from providers.days import day_files, day_store, days_kept
from providers.days.day_store import Which
from providers.uploads import date_forms
from providers.uploads.files import workbooks
from settings import Settings, load
from tests.conftest import SECRET, Clock, Opener
from tests.crash.server import installed
from tests.evidence.test_receipts import receipt
from tests.panel.changes import changed
from tests.panel.office import BRANDS, CINAR, Colleague, Office
from tests.panel.retention import whole
from tests.panel.test_matrix import brand
from tests.panel.uploads import uploads
from trust import delegations

OWNER = Membership(Role.OWNER, Permission.MEMBER)
PERSON, OTHER = "+905327654321", "+905321112233"
NAME = "Nurşen Karamürsel"
SPELLINGS = ("905327654321", "5327654321", "0532 765 43 21", "532 765 43 21", "532 ••• •• 21", NAME)
# What lasts days, not years: files that a company sent or asked for, the answers to repeated calls.
SHORT_LIVED = {"panel_upload_piece": 3, "panel_export_part": 7, "idempotency_key": 1}


@pytest.fixture
def full(registry: Registry, clock: Clock, read_here: None) -> Iterator[Office]:
    """A site that has met both people through every door."""
    here = Office(registry, clock, {"OPTOUT_NUMBER": "3838"})
    owner, operator = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    for address in (PERSON, OTHER):
        _meet(here, owner, operator, address)
    clock.forward(days=1, hours=1)
    asyncio.run(jobs._reports(registry, here.settings))
    log.extend(registry)
    yield here
    here.close()


@pytest.fixture
def backup(database_url: str, tmp_path: Path) -> Iterator[Callable[[], Callable[[], str]]]:
    """Makes a backup as docs/backups.md has it; what that returns restores it, and returns its URL."""
    if database_url.startswith("sqlite"):
        copy = tmp_path / "copy.db"

        def copied() -> Callable[[], str]:
            with closing(sqlite_library().connect(tmp_path / "izin.db")) as connection:
                connection.execute("VACUUM INTO ?", (str(copy),))
            return lambda: f"sqlite:///{copy}"

        yield copied
        return
    tools, _ = installed(tmp_path / "tools")
    plain, file = database_url.replace("+psycopg", ""), tmp_path / "izin.dump"
    name = psycopg.conninfo.conninfo_to_dict(plain)["dbname"]
    other = f"{name}_restored"

    def dumped() -> Callable[[], str]:
        subprocess.run([tools / "pg_dump", "--format=custom", f"--file={file}", plain], check=True)
        return restored

    def restored() -> str:
        _run(plain, f"CREATE DATABASE {other}")
        into = plain.replace(f"/{name}?", f"/{other}?")
        subprocess.run([tools / "pg_restore", "--exit-on-error", f"--dbname={into}", file], check=True)
        return database_url.replace(f"/{name}?", f"/{other}?")

    yield dumped
    _run(plain, f"DROP DATABASE IF EXISTS {other} WITH (FORCE)")


def _run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def _meet(here: Office, owner: Colleague, operator: Colleague, address: str) -> None:
    registry, clock = here.registry, here.clock
    keyring, store = registry.keyring, registry.store
    name = NAME if address == PERSON else "Bir Başkası"
    good = f"{uploads.HEADER}\n{uploads.GOOD.replace(uploads.AYSE, address)}\n"
    uploads.applied(here, owner, good)
    uploads.tried(here, owner, good + "\n")  # nobody applies it
    visitor = here.browser()
    assert visitor.post("/giris", data={"address": address}).status_code == 303
    assert visitor.post("/giris/kod", data={"code": here.code}).status_code == 303
    assert "/izinler" in visitor.get("/izinler").url.path
    for number, text in (("r", f"RET {BRANDS[CINAR][1]}"), ("u", f"ben {name} mesajlarınızdan bıktım")):
        came = Received("test", f"{number}-{len(text)}", address, "3838", text, clock.now)
        asyncio.run(sms_door.take(registry, here.settings, came, post=True))
    desk = {"address": address, "key": "600101 ARAMA", "status": "RET", "why": f"{name} aradı ve istemediğini anlattı"}
    assert owner.shown(f"/panel/{CINAR}/masa", data=desk).status_code == 200
    look = {"address": address, "why": f"{name} başvurusu için bakıldı"}
    assert operator.post(f"/panel/{CINAR}/adres", data=look).status_code == 200
    clock.forward(minutes=2)

    def work(transaction: Transaction) -> None:
        recipient = register.find(transaction, keyring, register.person(keyring, address))
        assert recipient is not None
        asked = NewRequest(
            f"public-{address[-4:]}", 1, 1, None, None, RequestPurpose.CONSENT, RequestMethod.SMS_OTP, 2, 0, address,
            None, None, False, "Soru",
        )  # fmt: skip
        number = request_store.start(transaction, keyring, asked)
        request_store.keep_proof(transaction, keyring, number, StampedProof(f'{{"address": "{address}"}}', b""))
        alert_store.start(transaction, keyring, recipient, address, "tr")
        delegations.begin(transaction, keyring, address, "+905330000001", 1, 30)
        delegations.begin(transaction, keyring, "+905330000002", address, 1, 30)
        outbox.post(
            transaction, keyring, kind="sms", to=address, text=f"Sayın {name}", expires_at=transaction.now + 30 * DAY
        )
        day = instants.day_of(transaction.now)
        new = NewComplaint(brand=1, sender="", channel=1, day=day, act=None, text=f"Sayın {name} indirim {address}")
        assert complaint_store.count(transaction, keyring, address, recipient, new)

    store.write_now(work)


def _opened(registry: Registry) -> Iterator[tuple[str, str, str]]:
    """(table, column, text) of every sealed value that the registry's keys open."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, SealedBytes):
                query = Statement(sql(f"SELECT {column.name} FROM {table.name} WHERE {column.name} IS NOT NULL"))
                for (value,) in registry.store.read_now(lambda snapshot, query=query: snapshot.all(query)):
                    if found := _text(registry, column.type.purpose, bytes(value)):
                        yield table.name, column.name, found


def _text(registry: Registry, purpose: str, sealed: bytes) -> str:
    if len(sealed) <= 16:
        return ""
    if purpose == "address":
        return registry.keyring.unseal(sealed) or ""
    plain = registry.keyring.unseal_data(sealed)
    with suppress(zlib.error):
        plain = zlib.decompress(plain)
    return plain.decode("utf-8", "backslashreplace")


def _named(registry: Registry, spellings: tuple[str, ...]) -> set[str]:
    return {
        f"{table}.{column}"
        for table, column, found in _opened(registry)
        if any(one in found or one in found.replace(" ", "") for one in spellings)
    }


def _erase(here: Office) -> None:
    assert (
        here.registry.store.write_now(AuditedWork(here.registry.keyring, None, erasure.erase), here.registry, PERSON)
        is not None
    )


def test_it_reaches_everything_that_the_keys_open(full: Office, clock: Clock) -> None:
    registry = full.registry
    before = _named(registry, SPELLINGS)
    assert {
        "recipient.sealed", "act.evidence", "panel_act.words", "outbox.sealed", "inbound_message.sealed",
        "consent_request.address", "request_proof.content", "day_file_part.sealed", "session_address.address",
        "watch.target", "delegation.address", "delegation.helper", "complaint.text", "panel_upload_piece.sealed",
    } <= before  # fmt: skip
    _erase(full)
    left = _named(registry, SPELLINGS)
    assert {place.partition(".")[0] for place in left} <= SHORT_LIVED.keys()
    clock.forward(days=max(SHORT_LIVED.values()), hours=1)
    asyncio.run(jobs._sweep(registry, full.settings))
    assert _named(registry, SPELLINGS) == set()
    others = ("905321112233", "Bir Başkası")
    assert {"recipient.sealed", "panel_act.words", "outbox.sealed", "inbound_message.sealed"} <= _named(
        registry, others
    )
    whole(registry)


def test_kept_files_lose_the_person_within_minutes(full: Office, clock: Clock) -> None:
    """A line leaves the file that was made for a company; a file that it sent is dropped, and it is asked for again."""
    registry, keyring = full.registry, full.registry.keyring
    owner = full.somebody(OWNER)
    for form in ({"brand": ""}, {"brand": "", "channel": "MESAJ"}):
        assert owner.post(f"/panel/{CINAR}/sorgu/dosya", data=form).status_code == 303
    good = uploads.GOOD.replace(uploads.AYSE, OTHER)
    uploads.tried(full, owner, f"{uploads.HEADER}\n{good}\n")
    wrong = uploads.GOOD.replace(uploads.AYSE, PERSON).replace("MESAJ", "EPOSTA")
    half = uploads.applied(full, owner, f"{uploads.HEADER}\n{good.replace('MESAJ', 'ARAMA')}\n{wrong}\n")
    assert export_job.make_waiting(registry) == 2
    assert "panel_export_part.sealed" in _named(registry, SPELLINGS)
    files = {one.id: one for one in registry.store.read_now(upload_store.kept, keyring, clock.now)}
    clock.forward(seconds=1)
    _erase(full)
    clock.forward(seconds=1)
    assert owner.post(f"/panel/{CINAR}/sorgu/dosya", data={"brand": ""}).status_code == 303
    assert not erased_files.clean(registry, 0), "a file is still being made"
    assert export_job.make_waiting(registry) == 1
    job = next(job for job in jobs.list_jobs(full.settings) if job.name == "erased files")
    asyncio.run(job.do(registry, full.settings))
    clock.forward(seconds=1)
    asyncio.run(jobs._sweep(registry, full.settings))
    assert {place.partition(".")[0] for place in _named(registry, SPELLINGS)} <= {"idempotency_key"}
    exports = registry.store.read_now(export_store.kept, 0)
    for one in exports:
        _, content = registry.store.read_now(export_store.next_part, keyring, one.id, -1) or (0, b"")
        assert "0532 111 22 33" in content.decode(), "others stay"
        assert content.decode().count("\n") == one.rows + 1, "the count of the page is the file's"
    left = {one.id for one in registry.store.read_now(upload_store.kept, keyring, clock.now)}
    gone = [files[number] for number in files.keys() - left]
    assert len(left) == len(files) - 2, "those of others stay, and one of which nothing is kept any more"
    assert {one.state for one in gone} == {UploadState.LOADED, UploadState.CHECKED}
    for one in gone:
        page = owner.get(f"/panel/{CINAR}/yuklemeler/{one.number}").text
        assert ("Dosyadaki bir kişi verilerini sildirdi." in page) == (one.state is UploadState.CHECKED)
        assert ("Dosya uygulandı" in page) == (one.id == half.id), "its refused rows named the person"
    # Who comes back is in the files of afterwards by right.
    registry.store.write_now(register.acting, keyring, register.person(keyring, PERSON))
    owner.post(f"/panel/{CINAR}/sorgu/dosya", data={"brand": ""})
    export_job.make_waiting(registry)
    assert "panel_export_part.sealed" in _named(registry, SPELLINGS)
    assert erased_files.clean(registry, 0)
    assert "panel_export_part.sealed" in _named(registry, SPELLINGS)
    whole(registry)


def test_one_kept_file_that_fails_stops_no_other(registry: Registry, clock: Clock, read_here: None) -> None:
    here = Office(registry, clock)
    owner = here.somebody(OWNER)
    for line in (uploads.GOOD, uploads.GOOD.replace(uploads.AYSE, PERSON)):
        uploads.applied(here, owner, f"{uploads.HEADER}\n{line}\n")
    for _ in range(3):
        assert owner.post(f"/panel/{CINAR}/sorgu/dosya", data={"brand": ""}).status_code == 303
    export_job.make_waiting(registry)
    broken = registry.keyring.seal_data(b"no file")
    registry.store.write_now(export_store.replace_part, 2, 0, broken, 0)
    clock.forward(seconds=1)
    _erase(here)
    assert erased_files.clean(registry, 0), "nothing is left to look at again"
    page = owner.get(f"/panel/{CINAR}/sorgu/dosyalar").text
    assert (page.count("Dosya kullanılamıyor. Yenisini isteyin."), page.count("/indir")) == (1, 2)
    assert owner.post(f"/panel/{CINAR}/sorgu/dosyalar/2/indir").status_code == 303
    for number in (1, 3):
        _, content = registry.store.read_now(export_store.next_part, registry.keyring, number, -1) or (0, b"")
        assert ("0532 765 43 21" in content.decode(), content.decode().count("\n")) == (False, 2)
    here.close()


@pytest.mark.parametrize(
    "written",
    ["0532 765 43 21", "+905327654321", "5327654321", "00905327654321", "(0532) 765-43-21", "0532 765 43 21 2020-11-23",
     "Ayse.Yilmaz@Example.com", "+49 30 901820", "0212 249 60 60", "x<v>5327654321</v>y"],
)  # fmt: skip
def test_an_erased_address_is_found_however_it_is_written(registry: Registry, written: str) -> None:
    addresses = (PERSON, "ayse.yilmaz@example.com", "+4930901820", "+902122496060")
    digests = {registry.keyring.digest(one) for one in addresses}
    others = {registry.keyring.digest(OTHER)}
    for encoding in ("utf-8", "utf-16"):
        text = f"ALICI;TÜR\n{written};MESAJ\n".encode(encoding).replace(b"\0", b"").decode("latin-1")
        assert erased_files.holds(registry.keyring, text, digests), text
        assert not erased_files.holds(registry.keyring, text, others)


_BETWEEN = ["", " ", "-", "–", ".", "/", "·", "(", ")", "[", "]", "\u00a0", "\u202f", "−", "\u200b", "   "]
_MARKED = ["", " ", "'", "\ufeff", "tel:", "'+", "+", "00", "0", "\u200e"]
_PHONES = [
    "+905327654321",
    "+902122496060",
    "+908502990600",
    "+904441234",
    "+4930901820",
    "+442079460958",
    "+37412345678",
]
_LOCALS, _DOMAINS = "AYSEayse09._+-", ["example.com", "Example.Com.TR", "a-b.xn--p1ai", "xn--bcher-kva.example"]


@st.composite
def _written(draw: st.DrawFn) -> str:
    """A phone or an e-mail as people write it; uploads accept some."""
    if draw(st.booleans()):
        local = draw(st.text(_LOCALS, min_size=1, max_size=12))
        return f"{draw(st.sampled_from(_MARKED))}{local}@{draw(st.sampled_from(_DOMAINS))}"
    digits = draw(st.sampled_from(_PHONES)).removeprefix("+")
    digits = digits.removeprefix("90") if draw(st.booleans()) else digits
    zero = ord(draw(st.sampled_from("00٠０")))
    spaced = "".join(chr(zero + int(one)) + draw(st.sampled_from(_BETWEEN)) for one in digits)
    return draw(st.sampled_from(_MARKED)) + spaced


@given(_written(), st.sampled_from(["{};MESAJ", "1;{}\t2020", '"{}";"x"', "<v>{}</v>", '["{}", 1]']))
@settings_of(max_examples=1500)
def test_every_spelling_that_an_upload_accepts_is_found(written: str, around: str) -> None:
    read = recipients.found(recipients.parse, date_forms.trimmed(written))
    assume(read is not None)
    assert read is not None
    assert read.address in set(recipients.within(around.format(written)))


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("2026-11-24 11 05327654321", PERSON),
        ("<v>5.32765432E9</v>", "+905327654320"),
        ("<v>493090182.0</v>", "+90493090182"),
        ("aradı: +49 30 901820 2020", "+4930901820"),
        ("'+x@example.com", "+x@example.com"),
        ("*ayse@example.com", "ayse@example.com"),
        ("ad=ayse@example.com.", "ayse@example.com"),
        ("-.ayse@example.com", "ayse@example.com"),
    ],
)
def test_an_address_is_found_within_other_text(written: str, address: str) -> None:
    assert address in set(recipients.within(written))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1254", "xlsx", "runs"])
def test_a_kept_file_is_decoded_as_it_was_read(encoding: str, tmp_path: Path) -> None:
    written = ("0532\u00a0765–43·21", "[0532] 765 43 22", "Ayse@Example.com")
    rows = [["ALICI", "AÇIKLAMA"], *([one, "çağrı"] for one in written)]
    file = tmp_path / "file"
    if encoding == "xlsx":
        file.write_bytes(workbooks.workbook({"İzinler": rows}))
    elif encoding == "runs":  # formatted apart, as a spreadsheet does with a few digits in bold, and by entities
        cells = [f"<si><r><t>{one[:3]}</t></r><r><rPr><b/></rPr><t>{one[3:]}</t></r></si>" for one in written]
        with zipfile.ZipFile(file, "w") as packed:
            packed.writestr("xl/sharedStrings.XML", f"<sst>{''.join(cells)}</sst>".replace("\u00a0", "&#160;"))
    else:
        file.write_bytes("\n".join(map(";".join, rows)).encode(encoding))
    found = {one for text in erased_files.texts(file) for one in recipients.within(text)}
    assert {"+905327654321", "+905327654322", "ayse@example.com"} <= found


def test_an_address_on_the_edge_of_two_pieces_is_found(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erased_files, "_CHUNK", 8)
    file, erased = tmp_path / "file.csv", {registry.keyring.digest(PERSON)}
    file.write_text(f"recipient;type\n{PERSON};MESAJ\n")
    assert any(erased_files.holds(registry.keyring, text, erased) for text in erased_files.texts(file))


def test_a_control_character_in_a_refused_row_hides_nobody(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    held = {(PieceKind.TRIED, 0): json.dumps(["\x07ayse.yilmaz@example.com"]).encode()}
    monkeypatch.setattr(upload_pieces, "piece", lambda *given: held.get(given[-2:], b""))
    monkeypatch.setattr(upload_pieces, "held", lambda *_: False)
    file, erased = SimpleNamespace(id=1), {registry.keyring.digest("ayse.yilmaz@example.com")}
    found = erased_files._of_upload(registry, file)  # type: ignore[arg-type]
    assert any(erased_files.holds(registry.keyring, text, erased) for text in found)


def test_who_was_erased_in_the_moment_of_a_file_leaves_it() -> None:
    assert erased_files._later({b"before": 4, b"then": 5, b"later": 6}, 5) == {b"then", b"later"}


def test_a_file_that_is_still_read_is_looked_at_again(registry: Registry, clock: Clock, read_here: None) -> None:
    here = Office(registry, clock)
    owner = here.somebody(OWNER)
    number = uploads.number_of(uploads.send(owner, f"{uploads.HEADER}\n{uploads.GOOD.replace(uploads.AYSE, PERSON)}\n"))
    registry.store.write_now(register.enrol, registry.keyring, register.person(registry.keyring, PERSON))
    clock.forward(seconds=1)
    _erase(here)
    assert not erased_files.clean(registry, 0)
    uploads.work(here)
    assert erased_files.clean(registry, 0)
    assert uploads.file(here, number).state is UploadState.DROPPED
    here.close()


@pytest.mark.parametrize("piece", ["a", "1", "+", "+1234567", "a@", "0 ", "1.", "<", "&", "é", ".", "9" * 16 + "E"])
def test_a_hostile_line_is_searched_in_linear_time(registry: Registry, piece: str) -> None:
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    assert not erased_files.holds(registry.keyring, erased_files._cells(text), {b"nobody"})
    assert time.process_time() - began < 8


def test_a_file_that_cannot_be_read_in_time_or_at_all_is_dropped(
    registry: Registry, clock: Clock, read_here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no other: its company reads why, the rest is cleaned, and the worker need not read everything again."""
    here = Office(registry, clock)
    owner = here.somebody(OWNER)
    uploads.applied(here, owner, f"{uploads.HEADER}\n{uploads.GOOD.replace(uploads.AYSE, PERSON)}\n")
    sent = [
        uploads.tried(here, owner, f"{uploads.HEADER}\n{uploads.GOOD.replace(uploads.AYSE, one)}\n")
        for one in (OTHER, OTHER, "+905321112234", PERSON)
    ]

    def spoil(transaction: Transaction) -> None:
        upload_pieces.drop(transaction, sent[0].id, PieceKind.FILE)
        upload_pieces.put(transaction, sent[0].id, PieceKind.FILE, 0, registry.keyring.seal_data(b"no piece"))

    registry.store.write_now(spoil)
    read, spent = erased_files._of_upload, [0]

    def slow(registry: Registry, file: PanelFile) -> Generator[str]:
        spent[0] += 2 * erased_files.SECONDS * (file.id == sent[1].id)
        yield from read(registry, file)

    monkeypatch.setattr(time, "process_time", lambda: spent[0])
    monkeypatch.setattr(erased_files, "_of_upload", slow)
    clock.forward(seconds=1)
    _erase(here)
    assert erased_files.clean(registry, 0)
    states = [uploads.file(here, one.id).state for one in sent]
    assert states == [UploadState.DROPPED, UploadState.DROPPED, UploadState.CHECKED, UploadState.DROPPED]
    pages = [owner.get(f"/panel/{CINAR}/yuklemeler/{one.number}").text for one in sent]
    assert ["bakılamadı" in page for page in pages] == [True, True, False, False]
    assert "Dosyadaki bir kişi verilerini sildirdi." in pages[3]
    here.close()


def test_what_was_dropped_goes_also_where_the_cleaning_failed(
    full: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, owner = full.registry, full.somebody(OWNER)
    sent = uploads.tried(full, owner, f"{uploads.HEADER}\n{uploads.GOOD}\n")
    _erase(full)

    async def failing(*_: object) -> int:
        registry.store.write_now(upload_store.expire, registry.keyring, sent, erased_files.DROPPED)
        clock.forward(seconds=1)
        raise ProcessFailed("erased", "MemoryError")

    monkeypatch.setattr(jobs.child_process, "finished", failing)
    monkeypatch.setattr(jobs, "RESTS", 0)
    assert registry.store.read_now(upload_pieces.held, sent.id)
    job = next(job for job in jobs.list_jobs(full.settings) if job.name == "erased files")
    with pytest.raises(ProcessFailed):
        asyncio.run(job.do(registry, full.settings))
    assert not registry.store.read_now(upload_pieces.held, sent.id)


def test_an_erasure_on_a_page_reads_no_list(full: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs the same with a million erased people."""
    _erase(full)
    file, digest = erased_list.place(full.settings), full.registry.keyring.digest(PERSON)
    with monkeypatch.context() as patch:
        patch.setattr(erased_list, "read", None)
        patch.setattr(erased_list, "recorded", None)
        erased_list.append_now(full.registry.store, full.settings, digest)
    assert [one for one, _ in erased_list.read(file)] == [digest]
    assert erased_list.complete(full.registry.store, file) == 0


def test_its_act_had_a_salt_so_that_its_leaf_cannot_be_guessed(full: Office) -> None:
    _erase(full)
    newest = Statement(
        sql(
            "SELECT length(evidence_digest), length(evidence) FROM act WHERE actor = 3 AND recipient IS NOT NULL "
            "ORDER BY id DESC"
        )
    )
    assert full.registry.store.read_now(lambda snapshot: snapshot.one(newest)) == (32, 16), (
        "and the salt itself is gone"
    )


def test_receipts_of_others_stay_good(full: Office) -> None:
    registry = full.registry
    public = LogKey.of(registry.keyring)
    last = registry.store.read_now(checkpoints.last_size)
    made = [receipt(registry, act) for act in range(1, last + 1)]
    _erase(full)
    whole(registry)
    for act, before in enumerate(made, 1):
        receipts.check(before, public)
        receipts.check(receipt(registry, act), public)


def test_a_day_file_is_made_again_without_them_and_the_old_hash_is_known(full: Office) -> None:
    registry = full.registry
    store, keyring, id_ = registry.store, registry.keyring, brand(full, BRANDS[CINAR][0])
    which = Which(id_, instants.day_of(full.clock.now - DAY))
    before = store.read_now(day_store.find, which)
    assert before is not None
    assert store.write_now(day_store.agree, which)
    _erase(full)
    assert store.read_now(day_store.find, which) is None
    after = days_kept.ensure(registry, which)
    assert after is not None
    assert (after.rows, after.agreed_at) == (before.rows, full.clock.now)
    assert after.sha384 != before.sha384
    found = store.read_now(day_store.by_hash, [id_], before.sha384)
    assert found is not None
    assert (found[0], found[2].day, found[2].size) == (id_, which.day, before.size)
    with store.snapshot() as snapshot:
        content = b"".join(day_files.pieces(snapshot, keyring, which)).decode()
    assert OTHER in content
    assert PERSON not in content


def test_a_restored_backup_is_erased_again_before_it_serves(
    full: Office,
    backup: Callable[[], Callable[[], str]],
    open_registry: Opener,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry, file = full.registry, tmp_path / "witness-erased"
    restore = backup()
    _erase(full)
    assert erased_list.complete(registry.store, file) == 1
    assert erasure.repeat_lost(registry, file) == 0, "this database knows of it"
    assert [one for one in SPELLINGS if one in file.read_text()] == []
    with file.open("a") as lines:
        lines.write("17955")  # a crash cut it
    clock.forward(hours=1)
    copy = restore()
    restored = open_registry(copy)
    assert PERSON in _addresses(restored)

    @contextmanager
    def opened(chosen: Settings) -> Iterator[Registry]:
        yield restored

    served: list[bool] = []
    monkeypatch.setattr(site_commands, "open_registry", opened)
    monkeypatch.setattr(site_commands.server, "run", lambda *_: served.append(PERSON in _addresses(restored)))
    monkeypatch.setenv("SECRET_KEY", SECRET)
    monkeypatch.setenv("WITNESS_FILE", str(tmp_path / "witness"))
    monkeypatch.setenv("DATABASE_URL", copy)
    done = CliRunner().invoke(cli.app, ["serve", "--quiet"])
    assert served == [False], done.output
    assert "people erased again after a restored backup: 1" in done.output
    assert PERSON not in _addresses(restored)
    assert OTHER in _addresses(restored)
    assert {place.partition(".")[0] for place in _named(restored, SPELLINGS)} <= SHORT_LIVED.keys()
    assert erasure.repeat_lost(restored, file) == 0
    whole(restored)
    # Who came back by themselves stays: their erasure is known.
    restored.store.write_now(register.acting, restored.keyring, register.person(restored.keyring, PERSON))
    assert erasure.repeat_lost(restored, file) == 0
    assert PERSON in _addresses(restored)
    assert erased_list.complete(restored.store, file) == 0, "serve did so"
    assert len(list(erased_list.read(file))) == 2


def test_a_restored_backup_forgets_who_had_no_record_and_one_failure_stops_nobody(
    registry: Registry,
    clock: Clock,
    open_registry: Opener,
    backup: Callable[[], Callable[[], str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Erased on the page and at the desk: the list has it at once, not an hour later."""
    settings = {"WITNESS_FILE": str(tmp_path / "witness")}
    here = Office(registry, clock, settings)
    keyring, store, file = registry.keyring, registry.store, tmp_path / "witness-erased"
    sleeps, reads = "+905330000044", "+905330000055"

    def meet(transaction: Transaction) -> None:
        for address in (PERSON, sleeps):
            register.enrol(transaction, keyring, register.person(keyring, address))
        for place, address in enumerate((PERSON, OTHER, sleeps)):
            session_store.open_(transaction, keyring, bytes([place]) * 32, address, None)
            new = NewDataRequest(DataRequestKind.OBJECTION, address, f"{NAME} itiraz ediyor")
            assert data_requests.add(transaction, keyring, new)
        later = transaction.now + DAY
        outbox.post(transaction, keyring, kind="sms", to=reads, text="kod", expires_at=later)

    store.write_now(meet)
    restore = backup()
    for address in (PERSON, OTHER, reads):
        visitor = here.browser()
        assert visitor.post("/giris", data={"address": address}).status_code == 303
        assert visitor.post("/giris/kod", data={"code": here.code}).status_code == 303
        page = visitor.get("/izinler/verilerim/sil").text
        found = re.search(r'name="n" value="([0-9a-f]+)"', page)
        assert found
        assert visitor.post("/izinler/verilerim/sil", data={"n": found[1]}).status_code == 303
        assert keyring.digest(address) in {digest for digest, _ in erased_list.read(file)}, "at once"
    here.close()
    restored = open_registry(restore())
    erase = erasure.erase

    def unless(change: Change, of: Registry, address: str) -> int | None:
        if address == PERSON:
            raise ClockBehind("the clock is behind")
        return erase(change, of, address)

    monkeypatch.setattr(erasure, "erase", unless)
    repeat_erasures(restored, load({"SECRET_KEY": SECRET, **settings}))
    left = _everywhere(restored)
    assert PERSON in left
    assert not {OTHER, reads} & left, "no record, and forgotten"
    assert sleeps in left, "not erased"
    monkeypatch.setattr(erasure, "erase", erase)
    assert erasure.repeat_lost(restored, file) == 1, "tried again at the next start"
    assert _everywhere(restored) == {sleeps}
    assert erasure.repeat_lost(restored, file) == 0


def test_who_the_list_names_is_found_in_every_table(full: Office, tmp_path: Path) -> None:
    registry, helper = full.registry, "+905330000001"  # who has no record
    digests = [registry.keyring.digest(one) for one in (PERSON, helper)]
    listed = tmp_path / "witness-erased"
    listed.write_text("".join(f"{full.clock.now - DAY} {digest.hex()}\n" for digest in digests))
    assert {PERSON, OTHER, helper} <= _everywhere(registry)
    assert erasure.repeat_lost(registry, listed) == 2
    left = _everywhere(registry)
    assert OTHER in left
    assert not {PERSON, helper} & left
    assert erasure.repeat_lost(registry, listed) == 0
    whole(registry)


@pytest.mark.parametrize("fault", [RuntimeError, ClockBehind])
def test_a_list_is_erased_in_small_units_each_alone_and_goes_on_where_it_was_cut_off(
    registry: Registry, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    keyring, store, file = registry.keyring, registry.store, tmp_path / "witness-erased"
    people = [f"+9053300000{place:02}" for place in range(8)]
    stranger, bad = "+905339999999", people[4]

    def meet(transaction: Transaction) -> None:
        for address in people:
            register.enrol(transaction, keyring, register.person(keyring, address))

    store.write_now(meet)
    erase = erasure.erase

    def unless(change: Change, of: Registry, address: str) -> int | None:
        if address == bad:
            raise fault("this one cannot be erased")
        return erase(change, of, address)

    monkeypatch.setattr(erasure, "erase", unless)
    listed = iter([*people[:6], stranger, *people[6:]])
    assert erasure.erase_many(registry, file, listed) == (7, 1, 1)
    assert set(_addresses(registry)) == {bad}
    written = list(erased_list.read(file))
    assert {digest for digest, _ in written} == {keyring.digest(one) for one in (*people, stranger) if one != bad}
    assert sorted(written) == sorted(erased_list.recorded(store)), "the database and the list agree"
    monkeypatch.setattr(erasure, "erase", erase)
    assert erasure.erase_many(registry, file, [*people, stranger]) == (1, 8, 0), "the same list once more"
    assert _addresses(registry) == []
    # Who came back by themselves is erased again when the list names them.
    store.write_now(register.acting, keyring, register.person(keyring, people[0]))
    assert erasure.erase_many(registry, file, people[:1]) == (1, 0, 0)
    whole(registry)


def test_a_list_that_the_store_cuts_off_names_who_was_erased(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring, file = registry.keyring, tmp_path / "witness-erased"
    people = [f"+9053300000{place:02}" for place in range(8)]
    erase, tried = erasure.erase, list[str]()

    def until(change: Change, of: Registry, address: str) -> int | None:
        tried.append(address)
        if address == people[4]:
            raise StoreUnavailable("the disk is full")
        return erase(change, of, address)

    monkeypatch.setattr(erasure, "erase", until)
    with pytest.raises(StoreUnavailable, match="disk"):
        erasure.erase_many(registry, file, people)
    assert tried[-1] == people[4], "nobody after it is tried"
    erased = [digest for digest, _ in erased_list.read(file)]
    assert erased == [keyring.digest(one) for one in people[:3]]


def test_a_line_of_another_encoding_stops_no_other(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def opened(*_: object) -> Iterator[Registry]:
        yield registry

    monkeypatch.setattr(maintenance_commands, "open_registry", opened)
    for name, value in (("SECRET_KEY", SECRET), ("WITNESS_FILE", str(tmp_path / "witness"))):
        monkeypatch.setenv(name, value)
    registry.store.write_now(register.enrol, registry.keyring, register.person(registry.keyring, PERSON))
    done = CliRunner().invoke(cli.app, ["erase", "--many"], input=b"Ay\xfee\n" + PERSON.encode() + b"\n")
    assert done.exit_code == 1
    assert done.output.startswith("1\t")
    assert ": 1\n" in done.output, "the line is named by its number"
    assert PERSON not in _addresses(registry)


def test_who_looked_is_one_line_an_hour(registry: Registry, clock: Clock) -> None:
    """Also just before and on the hour, where databases round differently."""
    holder, clock.now = holder_of(registry, PERSON), clock.now - clock.now % HOUR
    for passed in (0, 1800, 3599, 3600, 5400, 7199.5):
        at = clock.now
        clock.forward(seconds=passed)
        changed(registry, lambda change: change.note(looks.LOOKED, why="2026/114 şikâyeti", address=PERSON))
        clock.now = at
    found = registry.store.read_now(looks.of_address, registry, holder.address, 0, 30)
    assert [(one.who, one.how, one.at - clock.now) for one in found] == [
        ("operator", "search", HOUR), ("operator", "search", 0),
    ]  # fmt: skip


def test_a_file_of_a_company_is_a_look_at_whom_its_criteria_fit(registry: Registry, clock: Clock) -> None:
    here = Office(registry, clock)
    owner = here.somebody(OWNER)
    uploads.applied(here, owner, f"{uploads.HEADER}\n{uploads.GOOD.replace(uploads.AYSE, PERSON)}\n")
    holder = holder_of(registry, PERSON)

    def listed() -> list[tuple[str, str, int]]:
        own = registry.store.read_now(looks.gather, registry, here.settings, holder)
        return [(one.company, one.how, one.at) for one in own.looks if one.how == "list"]

    for form in (
        {"brand": "", "channel": "ARAMA"},
        {"brand": str(BRANDS[CINAR][1])},
        {"brand": "", "identity": "TACIR"},
    ):
        assert owner.post(f"/panel/{CINAR}/sorgu/dosya", data=form).status_code == 303
        export_job.make_waiting(registry)
    assert listed() == [], "other channels, brands and recipients"
    assert owner.post(f"/panel/{CINAR}/sorgu/dosya", data={"brand": "", "channel": "MESAJ"}).status_code == 303
    assert listed() == [], "not made yet"
    export_job.make_waiting(registry)
    first = clock.now
    assert [(how, at) for _, how, at in listed()] == [("list", first)]
    clock.forward(seconds=1)
    owner.post(f"/panel/{CINAR}/sorgu/dosya", data={"brand": ""})
    export_job.make_waiting(registry)
    assert len(listed()) == 1, "one a company and day"
    clock.forward(days=1)
    owner = here.somebody(OWNER)
    owner.post(f"/panel/{CINAR}/sorgu/dosya", data={"brand": ""})
    export_job.make_waiting(registry)
    assert [at for *_, at in listed()] == [clock.now, first + 1_000_000]
    visitor = here.browser()
    assert visitor.post("/giris", data={"address": PERSON}).status_code == 303
    assert visitor.post("/giris/kod", data={"code": here.code}).status_code == 303
    assert visitor.get("/izinler/verilerim").text.count("başkalarıyla birlikte bir listede olabilir") == 2
    stranger = registry.store.read_now(looks.listed, registry, OTHER, 0)
    assert stranger == []
    here.close()


def test_a_list_that_a_company_has_checked_is_a_look_at_whom_it_has(registry: Registry, clock: Clock) -> None:
    here = Office(registry, clock)
    owner = here.somebody(OWNER)
    uploads.applied(here, owner, f"{uploads.HEADER}\n{uploads.GOOD.replace(uploads.AYSE, PERSON)}\n")

    def listed(address: str = PERSON) -> list[tuple[str, int]]:
        found = registry.store.read_now(looks.listed, registry, address, 0)
        return [(one.how, one.at) for one in found]

    form = {"brand": str(BRANDS[CINAR][1]), "identity": "BIREYSEL", "as": "json", "list": OTHER}
    none = {"file": ("", b"")}
    assert owner.post(f"/panel/{CINAR}/liste", data=form, files=none).status_code == 200
    assert listed() == [], "a brand without a record of the person"
    form["brand"] = str(BRANDS[CINAR][0])
    assert owner.post(f"/panel/{CINAR}/liste", data=form, files=none).status_code == 200
    first = clock.now
    clock.forward(seconds=1)
    assert owner.post(f"/panel/{CINAR}/liste", data=form, files=none).status_code == 200
    assert listed() == [("list", first + 1_000_000)], "one a company and day"
    assert listed(OTHER) == []
    assert registry.store.read_now(looks.listed, registry, PERSON, clock.now + 1) == []
    here.close()


def _everywhere(registry: Registry) -> set[str]:
    """The addresses of every table, messages too."""
    found = {one for page in column_passes.addresses(registry.store, registry.keyring) for one in page}
    return found | {one.to for one in registry.store.read_now(outbox.readable, registry.keyring, 100)}


def _addresses(registry: Registry) -> list[str]:
    return [one for page in column_passes.addresses(registry.store, registry.keyring) for one in page]


def test_no_file_holds_it_afterwards(full: Office, clock: Clock, database_url: str, tmp_path: Path) -> None:
    registry = full.registry
    sealed = registry.keyring.seal(PERSON)
    wanted = [one.encode() for one in SPELLINGS] + [sealed]
    if registry.store.dialect == "sqlite":
        assert any(sealed in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    _erase(full)
    clock.forward(days=max(SHORT_LIVED.values()), hours=1)
    asyncio.run(jobs._sweep(registry, full.settings))
    folder = tmp_path / "reports"
    for day in (instants.day_of(clock.now) - timedelta(days=passed) for passed in range(12)):
        for code in BRANDS[CINAR]:
            known = registry.store.read_now(companies.known_brand, code)
            if days_kept.begun(registry, day):
                days_kept.write(registry, known, Which(known.id, day), folder)
    erased_list.complete(registry.store, tmp_path / "izin.db-checkpoints-erased")
    full.close()
    full.browsers.clear()
    registry.store.close()
    rotation.clean(database_url)
    if database_url.startswith("postgresql"):
        tools, _ = installed(tmp_path / "tools")
        plain = database_url.replace("+psycopg", "")
        subprocess.run([tools / "pg_dump", f"--file={tmp_path / 'izin.sql'}", plain], check=True)
        wanted.append(b"\\\\x" + sealed.hex().encode())
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.suffix in (".db", ".sql") for file in files)
    assert any(file.suffix == ".csv" for file in files)
    for file in files:
        content = file.read_bytes()
        assert [one for one in wanted if one in content] == [], file
