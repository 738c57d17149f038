"""What a stranger can do to a really started site before he has made a whole request."""

from __future__ import annotations

import json
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests import ROOT, free_port
from tests.web.wire import HELLO, PATIENCE, Started, answer_on, started
from web import connections, server

MIB = 1 << 20
FORM = b"POST /giris HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n"
BODY = b"address=x"  # of nine bytes; no address, so 422
CHUNKED = b"transfer-encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Started]:
    with started(tmp_path_factory.mktemp("wire"), sqlite_template) as running:
        yield running
        assert '"level": "error"' not in running.log


# Libraries that a site may never need: a carrier, another database, a file, a code, a migration brings them.
LATE = {
    "aiohttp", "aiosmtplib", "alembic", "holidays", "joserfc", "mako", "psycopg", "python_calamine", "qrcode",
    "requests", "rfc3161_client", "twilio.rest", "typst", "webauthn",
}  # fmt: skip


def test_a_site_on_sqlite_loads_no_library_for_what_nobody_has_asked(tmp_path: Path, sqlite_template: Path) -> None:
    note = "atexit.register(lambda: Path('loaded').write_text(' '.join(sys.modules)))"
    note = f"import atexit, sys; from pathlib import Path; {note}"
    with started(tmp_path, sqlite_template, bounds=note) as running:
        assert status(running.ask(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")) == b"200"
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(PATIENCE)
    loaded = set((tmp_path / "loaded").read_text().split())
    assert {"starlette", "izin.jobs"} <= loaded
    assert loaded & LATE == set()


def status(answer: bytes) -> bytes:
    return answer[9:12]


def sized(*lengths: bytes) -> bytes:
    return b"".join(b"content-length: %s\r\n" % length for length in lengths) + b"\r\n"


@pytest.mark.parametrize("length", [b"9", b"09", b"0" * 20 + b"9", b"0" * 400 + b"9", b" 9 ", b"\t9"])
def test_a_length_has_one_reading(site: Started, length: bytes) -> None:
    answer = site.ask(FORM, sized(length), BODY)
    assert status(answer) == b"422"
    assert b'value="x"' in answer


@pytest.mark.parametrize(
    "length", [b"+9", b"-9", b"0x9", b"9,9", b"9, 9", b"9,8", b"9 9", b"9.0", b"", b"\xb2", b"9" * 30, b"nine", b"1_0"]
)
def test_what_is_no_length_is_refused(site: Started, length: bytes) -> None:
    assert status(site.ask(FORM, sized(length), BODY)) == b"400"


@pytest.mark.parametrize("lengths", [(b"9", b"8"), (b"8", b"9"), (b"9", b"9"), (b"0", b"9"), (b"9", b"")])
def test_of_two_lengths_none_is_chosen(site: Started, lengths: tuple[bytes, bytes]) -> None:
    assert status(site.ask(FORM, sized(*lengths), BODY)) == b"400"


@pytest.mark.parametrize(
    "framing",
    [
        b"content-length: 4\r\n" + CHUNKED,
        b"transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n",
        b"transfer-encoding: chunked, identity\r\n\r\n",
        b"transfer-encoding: identity\r\ncontent-length: 4\r\n\r\n",
        b"transfer-encoding: xchunked\r\n\r\n",
        b"transfer-encoding : chunked\r\n\r\n",
        b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n",
    ],
)
def test_no_second_request_hides_in_a_body(site: Started, framing: bytes) -> None:
    """Whichever way the length is read: what follows it is never answered as another request."""
    hidden = b"9\r\n" + BODY + b"\r\n0\r\n\r\n" + HELLO
    with site.connect() as wire:
        wire.sendall(FORM + framing + hidden)
        got = b""
        while part := _received(wire):
            got += part
    assert got.count(b"HTTP/1.1 ") == 1
    if framing.count(b"content-length") and framing.count(b"transfer-encoding"):
        assert status(got) == b"400"
    assert b'"status":"ok"' not in got


def _received(wire: socket.socket) -> bytes:
    try:
        return wire.recv(1 << 16)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("zeros", [0, 1, 19, 20, 40])
def test_a_body_is_counted_while_it_is_read_whatever_was_announced(site: Started, zeros: int) -> None:
    before = site.memory
    body = b"address=" + b"%41" * (32 * MIB // 3)
    length = b"0" * zeros + b"%d" % len(body)
    answer = site.ask(FORM, sized(length), *(body[start : start + MIB] for start in range(0, len(body), MIB)))
    assert status(answer) == b"413"
    assert "Gönderdiğiniz çok büyük".encode() in answer
    assert site.memory - before < 64 * MIB


def test_chunks_are_counted_too(site: Started) -> None:
    before, chunk = site.memory, b"100000\r\n" + b"x" * MIB + b"\r\n"
    answer = site.ask(FORM, CHUNKED, *[chunk] * 64)
    assert status(answer) == b"413"
    assert site.memory - before < 64 * MIB
    tiny = b"1\r\nx\r\n" * 64_001 + b"0\r\n\r\n"
    assert status(site.ask(FORM, CHUNKED, tiny)) == b"413"
    fits = b"8\r\naddress=\r\n1;ext=1\r\nx\r\n0\r\n\r\n"
    assert status(site.ask(FORM, CHUNKED, fits)) == b"422"


def test_a_program_is_told_in_its_own_words_that_a_body_is_too_large(site: Started) -> None:
    answer = site.ask(b"POST /oauth2/token HTTP/1.1\r\nhost: x\r\n", sized(b"64001"), b"x" * 64_001)
    assert status(answer) == b"413"
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["errors"][0]["code"] == "Z413"


@pytest.mark.parametrize(
    "header",
    [
        b"a: " + b"x" * 64_000 + b"\r\n",
        b"a: " + b"x" * 200_000 + b"\r\n",
        b"cookie: a=b\r\n" * 6_000,
        b"".join(b"a%d: b\r\n" % number for number in range(300)),
        b"a" * 70_000 + b": b\r\n",
    ],
)
def test_headers_end_somewhere(site: Started, header: bytes) -> None:
    assert status(site.ask(b"GET / HTTP/1.1\r\nhost: x\r\n", header, b"\r\n")) == b"431"


def test_headers_of_an_ordinary_size_pass(site: Started) -> None:
    cookies = b"".join(b"cookie: a%d=%s\r\n" % (number, b"x" * 4000) for number in range(14))
    assert status(site.ask(b"GET / HTTP/1.1\r\nhost: x\r\n", cookies, b"\r\n")) == b"200"


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\nhost: x\r\na: ", b"GET /", b"GET / HTTP/1.1\r\nhost: x\r\n"])
def test_headers_without_an_end_are_not_collected(site: Started, start: bytes) -> None:
    before = site.memory
    piece = b"x" * MIB if start.endswith((b" ", b"/")) else b"a: b\r\n" * (MIB // 6)
    answer = site.ask(start, *[piece] * 200)
    assert status(answer) in {b"431", b"414", b""}  # nothing where the site closed while bytes were on their way
    assert site.memory - before < 64 * MIB


def test_a_query_ends_somewhere(site: Started) -> None:
    def asked(length: int) -> bytes:
        return site.ask(b"GET /yardim?lang=en&q=" + b"&a" * (length // 2) + b" HTTP/1.1\r\nhost: x\r\n\r\n")

    assert status(asked(3_900)) == b"200"
    for length in (4_100, 60_000):
        assert status(asked(length)) == b"414"


def test_a_stranger_has_ten_seconds_for_headers_and_a_body_brings_a_kilobyte_a_second() -> None:
    """And all have twenty when the site stops. The next tests change these numbers and see the site obey."""
    assert (connections.HEADER_SECONDS, server.GRACE) == (10, 20)
    assert (connections.BODY_SECONDS, connections.BODY_RATE) == (30, 1000)


def test_who_waits_with_a_connection_loses_it(tmp_path: Path, sqlite_template: Path) -> None:
    """Two seconds to the end of the headers, six for a body that drips; meanwhile others are answered."""
    with started(tmp_path, sqlite_template, hurried=True) as site, ThreadPoolExecutor() as beside, ExitStack() as stack:
        idle, half, kept, body = (stack.enter_context(site.connect()) for _ in range(4))
        kept.sendall(HELLO)
        assert status(answer_on(kept)) == b"200"
        half.sendall(b"GET / HTTP/1.1\r\nhost")
        body.sendall(FORM + sized(b"9") + b"addr")
        fed = beside.submit(fed_slowly, site)
        assert status(site.ask(HELLO)) == b"200"
        for wire in (idle, half, kept):
            assert wire.recv(100) == b""
        assert status(answer_on(body)) == b"408"
        assert body.recv(100) == b""
        assert fed.result() == b"408"


def fed_slowly(site: Started) -> bytes:
    """The status of a form of which a byte comes now and then."""
    with site.connect() as wire:
        wire.sendall(FORM + sized(b"60000"))
        with suppress(OSError):  # the site has ended it
            while not select.select([wire], [], [], 0.75)[0]:
                wire.sendall(b"a")
        return status(answer_on(wire))


def test_idle_connections_take_no_file_that_the_site_needs(tmp_path: Path, sqlite_template: Path) -> None:
    """Also where the system allows few: those beyond wait, and are answered when the idle ones have lost theirs."""
    with started(tmp_path, sqlite_template, files=64, hurried=True) as site, ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(site.connect())
        assert status(site.ask(FORM, sized(b"9"), BODY)) == b"422"  # which reads the database
        assert "open files" not in site.log
        assert '"level": "error"' not in site.log


def test_head_is_answered_without_a_body_and_the_server_says_little(site: Started) -> None:
    with site.connect() as wire:
        wire.sendall(b"HEAD / HTTP/1.1\r\nhost: x\r\n\r\n" + HELLO)
        got = b""
        while b'"ok"' not in got:
            got += wire.recv(1 << 16)
    head, _, rest = got.partition(b"\r\n\r\n")
    assert b"text/html" in head
    assert b"content-length: 0" not in head
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"uvicorn" not in got.lower()


@pytest.mark.parametrize("host", ["localhost", "0.0.0.0"])
def test_a_site_listens_where_it_is_told_to(tmp_path: Path, sqlite_template: Path, host: str) -> None:
    with started(tmp_path, sqlite_template, "--host", host) as site:
        assert status(site.ask(HELLO)) == b"200"


def test_a_port_is_one_sites_alone(
    tmp_path: Path, sqlite_template: Path, site: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that the first answers there is no sign that the second has started."""
    monkeypatch.setattr("tests.web.wire.free_port", lambda: site.port)
    second = started(tmp_path, sqlite_template)
    with pytest.raises(AssertionError, match=f"cannot listen on 127.0.0.1, port {site.port}"):
        second.__enter__()


def test_two_processes_of_tests_get_no_port_in_common(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "from tests import free_port; print(free_port(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as beside:
        assert beside.stdout is not None
        taken = int(beside.stdout.readline())
        drawn = iter([taken, free_port()])
        monkeypatch.setattr("tests.random.SystemRandom.randrange", lambda *_: next(drawn))
        with pytest.raises(StopIteration):  # nor is one given twice
            free_port()


def test_a_stop_answers_what_was_asked(tmp_path: Path, sqlite_template: Path) -> None:
    with started(tmp_path, sqlite_template) as site, site.connect() as asking, site.connect() as idle:
        asking.sendall(FORM + sized(b"9") + BODY[:-1])
        idle.sendall(HELLO)
        assert status(answer_on(idle)) == b"200"
        site.process.send_signal(signal.SIGTERM)
        assert idle.recv(1) == b""  # so it has begun to stop
        asking.sendall(BODY[-1:])
        assert status(answer_on(asking)) == b"422"
        assert site.process.wait(PATIENCE) == 0


def test_a_stop_waits_for_nobody_for_ever(tmp_path: Path, sqlite_template: Path) -> None:
    with started(tmp_path, sqlite_template, hurried=True) as site, site.connect() as wire:
        wire.sendall(FORM + sized(b"9") + b"addr")
        assert status(site.ask(HELLO)) == b"200"
        site.process.send_signal(signal.SIGINT)
        assert site.process.wait(PATIENCE) == 0
