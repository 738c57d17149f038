"""After an erasure no file of a PostgreSQL server holds the person any more, its write-ahead log included, once the
operator has done what docs/erasure.md has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text as sql

from consents.people import register, rotation
from consents.registry import Registry, prepare
from consents.store import Snapshot, Statement
from panel.audit.change import AuditedWork
from panel.retention import erasure
from panel.rights import Membership, Permission, Role, Staff
from tests import ROOT
from tests.conftest import SECRET, Clock, Opener
from tests.crash.server import Server
from tests.panel.office import BRANDS, CINAR, Office

PERSON, OTHER = "+905327654321", "+905321112233"
WHY = "Nurşen Karamürsel aradı ve istemediğini anlattı"
_SEALED = Statement(
    sql(
        "SELECT words FROM panel_act WHERE mark IS NOT NULL "
        "UNION ALL SELECT evidence FROM act WHERE evidence IS NOT NULL"
    )
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path) as one:
        yield one


def _holding(server: Server, wanted: list[bytes]) -> set[str]:
    """Folders of the server, below its data, in which a file holds one of these."""
    found = set[str]()
    for file in server.data.rglob("*"):
        if file.is_file() and (content := file.read_bytes()) and any(one in content for one in wanted):
            found.add(file.relative_to(server.data).parts[0])
    return found


def _commands() -> list[str]:
    """The commands of docs/erasure.md for psql."""
    block = re.search(r"```sql\n(.*?)```", (ROOT / "docs" / "erasure.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block
    return [one.strip() for one in re.split(r";\n(?!END)(?=[A-Z]|\Z)", block[1]) if one.strip()]


def test_no_file_of_the_server_holds_it_after_the_commands_of_the_docs(
    server: Server, open_registry: Opener, clock: Clock
) -> None:
    plain = server.create("izin")
    url = plain.replace("postgresql://", "postgresql+psycopg://")
    prepare(url, SECRET)
    registry = open_registry(url)
    here = Office(registry, clock)
    owner, operator = here.somebody(Membership(Role.OWNER, Permission.MEMBER)), here.somebody(Staff.OPERATOR)
    for address, why in ((PERSON, WHY), (OTHER, "Bir Başkası aradı ve istemediğini anlattı")):
        desk = {"address": address, "key": f"{BRANDS[CINAR][0]} ARAMA", "status": "RET", "why": why}
        assert owner.shown(f"/panel/{CINAR}/masa", data=desk).status_code == 200
        assert operator.post(f"/panel/{CINAR}/adres", data={"address": address, "why": why}).status_code == 200
    with psycopg.connect(server.url("izin"), autocommit=True) as connection:
        connection.execute("ANALYZE")
        for _ in range(3):  # recycled segments keep what stood in them
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("CHECKPOINT")
    mine = _sealed(registry, PERSON)
    assert len(mine) >= 3
    assert {"base", "pg_wal"} <= _holding(server, mine)
    assert registry.store.write_now(AuditedWork(registry.keyring, None, erasure.erase), registry, PERSON) is not None
    others = _sealed(registry, OTHER)
    here.close()
    registry.store.close()
    rotation.clean(url)
    assert "pg_wal" in _holding(server, mine), "rewritten tables alone do not reach it"
    with psycopg.connect(server.url("izin"), autocommit=True) as connection:
        for one in _commands():
            connection.execute(one.encode())
    assert _holding(server, [*mine, PERSON.encode(), PERSON[3:].encode(), b"Karam"]) == set()
    assert "base" in _holding(server, others), "others are still found, so the search reads what is there"
    again = open_registry(url)
    who = register.person(again.keyring, PERSON)
    assert again.store.read_now(register.find, again.keyring, who) is not None, (
        "the server serves, and knows the digest"
    )


def _sealed(registry: Registry, address: str) -> list[bytes]:
    """The sealed address, reasons and evidence about a person."""
    keyring = registry.keyring
    rows = registry.store.read_now(Snapshot.all, _SEALED)
    about = [bytes(one) for (one,) in rows if len(one) > 16]
    name = WHY if address == PERSON else "Bir Başkası"
    return [
        keyring.seal(address),
        *(one for one in about if name in keyring.unseal_data(one).decode("utf-8", "replace")),
    ]
