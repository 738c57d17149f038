"""How long, how many, how much: what connections may hold of a really started site."""

from __future__ import annotations

import re
import select
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from tests import HOST
from tests.browsing import served
from tests.web.test_sockets import FORM, MIB, sized, status
from tests.web.wire import HELLO, PATIENCE, Started, answer_on, started
from web import connections, room
from web.room import Room

PAGE = b"GET /yardim HTTP/1.1\r\nhost: x\r\n\r\n"
READY = b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n"
FIGURES = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n"
DRIP = FORM + sized(b"60000") + b"a"
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
FEW = "room.CONNECTIONS = 20; connections.BODY_SECONDS = 12"
TIGHT = "room.LOOPBACK = (); room.SHARE = 5; connections.BODY_SECONDS = 120"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Started]:
    with started(tmp_path_factory.mktemp("wire"), sqlite_template) as running:
        yield running
        assert '"level": "error"' not in running.log


def test_a_thousand_connections_fifty_of_one_address_fifty_places_for_probes() -> None:
    assert (room.CONNECTIONS, room.SHARE, room.PROBES) == (1000, 50, 50)


def test_bodies_that_drip_keep_nobody_out_for_long(tmp_path: Path, sqlite_template: Path) -> None:
    """All places but those of probes are taken: probes are answered, others are asked to come again, and the log and
    the figures say so; twelve seconds later all are answered."""
    with started(tmp_path, sqlite_template, bounds=FEW, LOG_LEVEL="warning") as site, ExitStack() as stack:
        held = [stack.enter_context(site.connect()) for _ in range(18)]
        for wire in held:
            wire.sendall(FORM + b"expect: 100-continue\r\n" + sized(b"60000") + b"a")
        for wire in held:  # one whose request is not read yet would give its place to who asks
            assert wire.recv(len(GO_ON), socket.MSG_WAITALL) == GO_ON
        assert status(site.ask(PAGE)) == b"503"
        for probe in (HELLO, READY):
            assert status(site.ask(probe)) == b"200"
        refused = site.ask(PAGE)
        assert status(refused) == b"503"
        assert "çok fazla bağlantı".encode() in refused
        assert b"too many connections" in refused
        figures = site.ask(FIGURES).decode()
        assert "izin_connections_most 20.0" in figures
        assert 'izin_connections_turned_away_total{reason="full"} 0.0' not in figures
        _until(lambda: '"event": "connections_full"' in site.log)
        for wire in held:
            assert status(answer_on(wire)) == b"408"
        assert status(site.ask(PAGE)) == b"200"


def _until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_who_only_waits_gives_way_to_who_asks(tmp_path: Path, sqlite_template: Path) -> None:
    with started(tmp_path, sqlite_template, bounds="room.CONNECTIONS = 20") as site, ExitStack() as stack:
        idle = [stack.enter_context(site.connect()) for _ in range(60)]
        for wire in idle[:40]:
            with suppress(OSError):  # ended already
                wire.sendall(b"GET /yardim HTTP/1.1\r\n")
        assert status(site.ask(PAGE)) == b"200"
        assert 'izin_connections_turned_away_total{reason="idle"} 0.0' not in site.ask(FIGURES).decode()
        assert 'turned_away_total{reason="full"} 0.0' in site.ask(FIGURES).decode()


def test_an_address_has_a_share(tmp_path: Path, sqlite_template: Path) -> None:
    with started(tmp_path, sqlite_template, bounds=TIGHT) as site, ExitStack() as stack:
        held = [stack.enter_context(site.connect()) for _ in range(5)]
        for wire in held:
            wire.sendall(DRIP)
        _until(lambda: status(site.ask(HELLO)) in {b"503", b""})
        with _from(site, "127.0.0.9") as other:
            other.sendall(HELLO)
            assert status(answer_on(other)) == b"200"
        held[0].close()
        _until(lambda: status(site.ask(HELLO)) == b"200")


def test_neighbours_behind_one_address_are_not_kept_out_by_connections_that_only_wait(
    tmp_path: Path, sqlite_template: Path
) -> None:
    with started(tmp_path, sqlite_template, bounds=TIGHT) as site, ExitStack() as stack:
        for _ in range(5):
            wire = stack.enter_context(site.connect())
            wire.sendall(HELLO)
            assert status(answer_on(wire)) == b"200"
        for _ in range(5):
            stack.enter_context(site.connect()).sendall(b"GET /yardim HTTP/1.1\r\n")
        assert [status(site.ask(PAGE)) for _ in range(7)] == [b"200"] * 7


def _from(site: Started, address: str) -> socket.socket:
    return socket.create_connection((HOST, site.port), PATIENCE, (address, 0))


@pytest.mark.parametrize(
    ("client", "alike", "other"),
    [("198.51.100.7", "198.51.100.7", "198.51.100.8"), ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1")],
)
def test_behind_a_proxy_the_share_is_of_whom_it_names(
    tmp_path: Path, sqlite_template: Path, client: str, alike: str, other: str
) -> None:
    def named(request: bytes, address: str) -> bytes:
        return request.replace(b"host: x\r\n", f"host: x\r\nx-forwarded-for: 203.0.113.9, {address}\r\n".encode())

    proxy = {"TRUSTED_PROXY": "127.0.0.0/8", "LOG_LEVEL": "warning"}
    with started(tmp_path, sqlite_template, bounds=TIGHT, **proxy) as site, ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(site.connect()).sendall(named(DRIP, client))
        _until(lambda: status(site.ask(named(PAGE, alike))) == b"503")
        assert status(site.ask(named(PAGE, other))) == b"200"
        assert status(site.ask(PAGE)) == b"200"
        _until(lambda: '"event": "connections_turned_away"' in site.log)
        assert client not in site.log


@pytest.mark.parametrize(("pause", "piece", "answer"), [(0.4, 1, b"408"), (0.2, 1200, b"413")])
def test_a_body_has_a_lowest_rate_and_no_longest_time(
    tmp_path: Path, sqlite_template: Path, pause: float, piece: int, answer: bytes
) -> None:
    """Three kilobytes in three seconds: a byte each 0.4 s is too slow, six times as fast goes on to the end."""
    bounds = "connections.BODY_SECONDS = 3"
    with started(tmp_path, sqlite_template, bounds=bounds) as site, site.connect() as wire:
        wire.sendall(FORM + sized(b"90000"))
        with suppress(OSError):  # the site has ended it
            while not select.select([wire], [], [], pause)[0]:
                wire.sendall(b"a" * piece)
        assert status(answer_on(wire)) == answer


def test_what_is_answered_already_is_not_read_to_its_end(site: Started) -> None:
    before, body = site.received, b"x" * MIB
    assert status(site.ask(FORM, sized(b"%d" % (100 * MIB)), *[body] * 100)) == b"413"
    assert site.received - before < 2 * MIB


def test_requests_in_a_row_are_answered_in_their_order(site: Started) -> None:
    row = b"".join(
        b"GET /%s HTTP/1.1\r\nhost: x\r\n\r\n" % (b"yardim" if place % 7 else b"nowhere") for place in range(300)
    )
    with site.connect() as wire, ThreadPoolExecutor(1) as beside:
        sent = beside.submit(wire.sendall, row.removesuffix(b"\r\n") + b"connection: close\r\n\r\n")
        got = b""
        while part := wire.recv(1 << 16):
            got += part
        sent.result()
    assert re.findall(rb"HTTP/1\.1 (\d+)", got) == [b"200" if place % 7 else b"404" for place in range(300)]


def test_a_long_body_leaves_the_next_request_its_own_bounds() -> None:
    """On the same connection, where the next head comes in a packet of its own, as browsers send it."""

    async def takes_all(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in ("startup", "shutdown"):
                await send({"type": f"{(await receive())['type']}.complete"})
            return
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    long, short = b"x" * (4 * connections.HEADER_BYTES), b"x" * 9
    with served(takes_all) as address, socket.create_connection((HOST, int(address.rpartition(":")[2]))) as wire:
        wire.settimeout(PATIENCE)
        for body in (long, short, long, short):
            wire.sendall(FORM + sized(b"%d" % len(body)))
            time.sleep(0.1)
            wire.sendall(body)
            assert status(answer_on(wire)) == b"200"


def test_what_is_sent_ahead_of_its_turn_is_not_read(site: Started) -> None:
    """Each of these has the site wait for its database, and the application asks for the body of each."""
    before, form = site.memory, b"address=a@example.com"
    row = (FORM + sized(b"%d" % len(form)) + form) * 400
    with site.connect() as wire:
        wire.settimeout(5)
        sent, until = 0, time.monotonic() + 20
        with suppress(TimeoutError):
            while sent < 400 * MIB and time.monotonic() < until:
                wire.sendall(row)
                sent += len(row)
        assert site.memory - before < 32 * MIB
        assert status(site.ask(HELLO)) == b"200"


def test_who_asks_for_another_protocol_is_answered_in_this_one(site: Started) -> None:
    upgrade = b"connection: upgrade\r\nupgrade: h2c\r\n\r\n"
    with site.connect() as wire:
        wire.sendall(HELLO.removesuffix(b"\r\n") + upgrade + HELLO)
        got = b""
        while part := wire.recv(1 << 16):
            got += part
    assert got.count(b"HTTP/1.1 200") == 1
    assert status(site.ask(b"CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n")) == b"400"


@pytest.mark.parametrize("line", [b"a: b\r\n", b"a" * 60 + b": " + b"b" * 60 + b"\r\n"])
def test_fields_behind_a_body_end_somewhere(site: Started, line: bytes) -> None:
    before = site.memory
    chunks = FORM + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    assert status(site.ask(chunks, *[line * (MIB // len(line))] * 50)) in {b"400", b"431", b"422", b""}
    assert site.memory - before < 32 * MIB


def test_who_takes_nothing_of_an_answer_is_left(tmp_path: Path, sqlite_template: Path) -> None:
    bounds = "connections.ANSWER_SECONDS = 2"
    with started(tmp_path, sqlite_template, bounds=bounds) as site, socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.connect((HOST, site.port))
        with suppress(OSError):
            wire.settimeout(1)
            wire.sendall(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n" * 300)
        _until(lambda: 'turned_away_total{reason="slow"} 1.0' in site.ask(FIGURES).decode())


def test_a_connection_that_fails_fails_alone(tmp_path: Path, sqlite_template: Path) -> None:
    """The look of each second, broken for a connection with a body on its way."""
    broken = "connections.BoundedProtocol._look_at_body = None"
    with started(tmp_path, sqlite_template, bounds=broken) as site, site.connect() as wire, site.connect() as other:
        other.sendall(HELLO[:10])
        wire.sendall(DRIP)
        assert answer_on(wire) == b""
        _until(lambda: '"event": "connection_failed"' in site.log)
        other.sendall(HELLO[10:])
        assert status(answer_on(other)) == b"200"
        assert status(site.ask(PAGE)) == b"200"


def test_whose_share_an_address_counts_for() -> None:
    place = Room((IPv4Network("10.0.0.0/8"),))
    assert [place.block(one) for one in ("10.1.2.3", "127.0.0.1", "::1", "::ffff:10.1.2.3", "", "x")] == [""] * 6
    assert place.block("198.51.100.7") == place.block("::ffff:198.51.100.7") == "198.51.100.7"
    assert place.block("2001:db8::1") == place.block("2001:db8:0:0:ffff::2") != place.block("2001:db8:0:1::1")
