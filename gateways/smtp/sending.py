from __future__ import annotations

from email.errors import HeaderParseError
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime

import aiosmtplib
from aiosmtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException

from consents.instants import moment
from gateways.carrier import Down, NoCarrier, OutgoingMessage, Permanent, Temporary, Undelivered
from gateways.url import Gateway

SECONDS = 5.0  # for one answer of the server
SUBMISSION, SUBMISSIONS = 587, 465  # RFC 8314: with STARTTLS, with TLS from the start
CLOSING = 421  # "service not available, closing transmission channel" (RFC 5321, 4.2.3)


class _Verbatim(UnstructuredHeader):
    """Not folded: folding would encode a long address and break it."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


_FIELDS = HeaderRegistry()
_FIELDS.map_to_type("List-Unsubscribe", _Verbatim)  # type: ignore[arg-type]
_POLICY = SMTP.clone(header_factory=_FIELDS)


class Smtp:
    """Sends from ``sender``, with TLS unless the URL has ``scheme=http``."""

    def __init__(self, gateway: Gateway, name: str, sender: str) -> None:
        try:
            self._from = Address(name, addr_spec=sender)
        except (ValueError, IndexError, HeaderParseError):
            raise NoCarrier("smtp: from= must be an e-mail address") from None
        self._gateway = gateway

    async def send(self, message: OutgoingMessage) -> str:
        mail, gateway = self.compose(message), self._gateway
        port = gateway.port or SUBMISSION
        try:
            await aiosmtplib.send(
                mail,
                sender=self._from.addr_spec,
                recipients=[message.to],
                hostname=gateway.host,
                port=port,
                username=gateway.user or None,
                password=gateway.secret or None,
                local_hostname=self._from.domain,  # else the library asks the name server who we are
                timeout=SECONDS,
                use_tls=gateway.tls and port == SUBMISSIONS,
                start_tls=gateway.tls if port != SUBMISSIONS else False,
            )
        except SMTPRecipientsRefused as refusal:
            raise _refused(refusal.recipients[0].code) from None
        except SMTPDataError as refusal:
            raise _refused(refusal.code) from None
        except SMTPResponseException as refusal:  # the server refused us, not the recipient
            raise Down(f"smtp {refusal.code}") from None
        except (aiosmtplib.SMTPException, OSError) as fault:
            raise Down(f"smtp {type(fault).__name__}") from None
        return str(mail["Message-ID"])

    def compose(self, message: OutgoingMessage) -> EmailMessage:
        """The mail; each try has the same Message-ID, so that mailboxes recognise a repeat. Errors: ValueError for a
        line break in a header."""
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = self._from
        mail["To"] = message.to
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(moment(message.at))
        mail["Message-ID"] = f"<{message.reference}@{self._from.domain}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answering machine shall answer it
        for name, value in message.headers.items():
            mail[name] = value
        mail.set_content(message.text)
        return mail


def _refused(code: int) -> Undelivered:
    """The meaning of the server's reply: 5yz permanent, 4yz temporary (RFC 5321, 4.2.1)."""
    kind = Permanent if code >= 500 else Down if code == CLOSING else Temporary
    return kind(f"smtp {code}")
