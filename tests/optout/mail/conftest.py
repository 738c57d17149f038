from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Iterator

import pytest

from optout import mailbox_door
from settings import Settings, load
from tests.citizen.consents.town import CINAR, MAIL, Town, town
from tests.conftest import SECRET, Opener
from tests.optout.mail.imap_servers import Dovecot, Mailbox
from trust import signed_tokens

ADDRESS = "ret+@optout.example"


class Mailroom:
    """A town whose mailbox is Dovecot's."""

    def __init__(self, here: Town, server: Mailbox) -> None:
        self.town, self.server = here, server
        self.settings: Settings = load({"SECRET_KEY": SECRET}).model_copy(
            update={"mail_inbox": server.gateway, "optout_mail": ADDRESS}
        )

    def token(self, address: str = MAIL, brand: int = CINAR) -> str:
        return signed_tokens.mailed(self.town.registry.keyring, self.town.person(address), self.town.brand(brand))

    def look(self) -> None:
        asyncio.run(mailbox_door.read(self.town.registry, self.settings))

    def write(self, to: str = "ret@optout.example", subject: str = "RET", **more: str) -> None:
        """Delivers a mail; ``more``: further fields, _ for -."""
        name = hashlib.sha256(f"{to} {subject}".encode()).hexdigest()
        fields = {"From": "somebody@else.example", "To": to, "Subject": subject, "Message-ID": f"<{name}@x>"}
        fields |= {name.replace("_", "-"): value for name, value in more.items()}
        self.server.deliver("".join(f"{name}: {value}\n" for name, value in fields.items()) + "\nbody\n")


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    server = Dovecot()
    yield server
    server.close()


_users = itertools.count()


@pytest.fixture
def mailroom(sqlite_url: str, open_registry: Opener, dovecot: Dovecot) -> Iterator[Mailroom]:
    with town(open_registry(sqlite_url)) as here:
        here.told(MAIL, CINAR, "EPOSTA")
        yield Mailroom(here, Mailbox(dovecot, f"ret{next(_users)}"))
