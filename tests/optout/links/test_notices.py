"""Which of the site's own mails carry one click: the notice of an approval does, the code of a sign-in does not."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import SMTP
from urllib.parse import urlsplit

import pytest

from consents.registry import Registry
from gateways.carrier import OutgoingMessage
from gateways.carriers import reader
from gateways.outbox import claims, outbox
from gateways.smtp.sending import Smtp
from gateways.url import Gateway
from tests.citizen.consents.town import CINAR, MAIL, Town
from tests.conftest import NOON
from tests.optout.links import door

GATEWAY: Gateway = reader("mail")("smtp://127.0.0.1:2525?scheme=http")


def waiting(registry: Registry) -> OutgoingMessage:
    """The mail that leaves next."""
    (claimed, *_), _expired = registry.store.write_now(claims.claim, "mail", 1)
    return claims.opened(registry.keyring, claimed, registry.store.now())


def test_the_notice_of_an_approval_can_be_answered_with_one_click(here: Town) -> None:
    here.sign_in(MAIL).press(f"/izinler/{CINAR}/EPOSTA/BIREYSEL", status="ONAY")
    assert door.stands(here, MAIL, "EPOSTA") == "ONAY"
    mail = Smtp(GATEWAY, "İzin", "izin@izin.example").compose(waiting(here.registry))
    read = message_from_bytes(mail.as_bytes(), policy=SMTP)
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"List-Unsubscribe: {read['List-Unsubscribe']}\r\n".encode() in mail.as_bytes(), "neither folded nor encoded"
    url = urlsplit(str(read["List-Unsubscribe"]).strip("<>"))
    assert door.posted(here, url.path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert door.stands(here, MAIL, "EPOSTA") == "RET"


def test_the_mail_with_a_sign_in_code_carries_none(here: Town) -> None:
    here.client.post("/giris", data={"address": MAIL})
    mail = waiting(here.registry)
    assert mail.to == MAIL
    assert not mail.headers


@pytest.mark.parametrize("headers", [{"X-A": "b\nBcc: c@example.com"}, {"X-A\r\nBcc": "c"}, {"X\x00": "c"}])
def test_no_header_field_begins_another(registry: Registry, headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="control"):
        registry.store.write_now(
            lambda transaction: outbox.post(
                transaction, registry.keyring, kind="mail", to=MAIL, text="x", expires_at=NOON, headers=headers
            )
        )
