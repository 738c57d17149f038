"""What a button costs PostgreSQL: each statement is a wait, and those under the write lock keep everybody waiting."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from consents.store import postgresql
from tests.citizen.pages.town import AYSE, CINAR, town
from tests.conftest import Opener

# As many as there are now, so that they do not grow unseen. A group's BEGIN, lock and COMMIT serve all its changes.
UNDER_THE_LOCK = {"RET": 3, "ONAY": 4}
IN_ALL = {"RET": 8, "ONAY": 9}
PRESSES = 8  # before: psycopg prepares what is asked again and again


def test_a_button_costs_no_more_statements_than_it_did(
    postgresql_url: str, open_registry: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    connect = postgresql.connect

    def listening(*arguments: Any) -> Any:
        connection = connect(*arguments)
        connection.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
        return connection

    monkeypatch.setattr(postgresql, "connect", listening)
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        name = connection.info.dbname
        for setting, value in (("log_statement", "all"), ("client_min_messages", "log")):
            connection.execute(f"ALTER DATABASE {name} SET {setting} = '{value}'".encode())
    with town(open_registry(postgresql_url)) as here:
        here.told(AYSE, CINAR)
        visitor = here.sign_in(AYSE)
        for turn in range(PRESSES):
            for status in ("RET", "ONAY"):
                said.clear()
                here.registry.store.now.forward(seconds=0.05)  # type: ignore[attr-defined]
                assert visitor.press(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status=status).status_code == 200
                statements = [one.partition(": ")[2] for one in said if one.startswith(("statement", "execute"))]
                begun = next(place for place, one in enumerate(statements) if "pg_advisory" in one)
                ended = statements.index("COMMIT", begun)
                assert ended - begun - 1 <= UNDER_THE_LOCK[status], statements[begun:ended]
                assert turn == 0 or len(statements) <= IN_ALL[status], statements  # the book of brands is read once
