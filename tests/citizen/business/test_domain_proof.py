"""The look-up of a TXT record, at a DNS server on this machine."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from dns.asyncresolver import Resolver

from citizen.business import domain_proof
from citizen.business.domain_proof import DomainAnswer
from consents.registry import Registry
from tests import HOST

SPLIT, OTHERS, EMPTY, GONE, SILENT, BROKEN = (
    f"{name}.example" for name in ("split", "others", "empty", "gone", "silent", "broken")
)


class Server:
    """Answers each question by its name; ``values``: of TXT records."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HOST, 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                wire, sender = self.socket.recvfrom(4096)
            except OSError:
                return
            if (answer := self._answer(dns.message.from_wire(wire))) is not None:
                self.socket.sendto(answer.to_wire(), sender)

    def _answer(self, asked: dns.message.Message) -> dns.message.Message | None:
        name = asked.question[0].name.to_text().rstrip(".")
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        domain = name.removeprefix("_izin.")
        if domain == SILENT:
            return None
        if domain in (GONE, BROKEN):
            answer.set_rcode(dns.rcode.NXDOMAIN if domain == GONE else dns.rcode.SERVFAIL)
        for value in self.values.get(name, []):
            answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", value))
        return answer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    made = Server()

    def resolver() -> Resolver:
        found = Resolver(configure=False)
        found.nameservers, found.port = [HOST], made.socket.getsockname()[1]
        return found

    monkeypatch.setattr("dns.asyncresolver.Resolver", resolver)
    monkeypatch.setattr(domain_proof, "PATIENCE", 1.0)
    yield made
    made.socket.close()


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        (SPLIT, DomainAnswer.PROVED),
        (OTHERS, DomainAnswer.ABSENT),
        (EMPTY, DomainAnswer.ABSENT),
        (GONE, DomainAnswer.ABSENT),
        (SILENT, DomainAnswer.UNREACHED),
        (BROKEN, DomainAnswer.UNREACHED),
    ],
)
def test_only_the_businesss_own_value_proves_a_domain(
    server: Server, registry: Registry, name: str, answer: DomainAnswer
) -> None:
    place, value = domain_proof.record(registry.keyring, "7", SPLIT)
    _, theirs = domain_proof.record(registry.keyring, "8", OTHERS)
    elsewhere, _ = domain_proof.record(registry.keyring, "7", OTHERS)
    server.values[place] = ['"v=spf1 -all"', f'"{value[:20]}" "{value[20:]}"']  # a long value comes in pieces
    server.values[elsewhere] = [f'"{theirs}"', f'"{value}"', f'"x{value}"']
    assert asyncio.run(domain_proof.look(registry.keyring, "7", name)) is answer
