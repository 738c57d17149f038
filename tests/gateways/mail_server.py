"""A real SMTP server that can refuse, stall and hang up."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "izin-relay", "p%ss word"


class _Listening(Controller):
    """Takes over a socket that listens, so that nobody can take its port before; is patient with a busy machine."""

    def __init__(self, handler: Any, listening: socket.socket, **options: Any) -> None:
        host, port = listening.getsockname()
        super().__init__(handler, hostname=host, port=port, ready_timeout=60, **options)
        self._listening = listening

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)


class MailServer:
    """``answers``: what it says at "MAIL", "RCPT", "DATA"; "hang" stalls there, "drop" closes the connection."""

    def __init__(self, tls: ssl.SSLContext | None = None, account: bool = False) -> None:
        self.answers: dict[str, str] = {}
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str], bool]] = []  # from, to, over TLS
        self.logins: list[str] = []
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(listening.getsockname()[1])
        options: dict[str, Any] = {"tls_context": tls, "require_starttls": tls is not None}
        if account:
            options |= {"authenticator": self._authenticate, "auth_required": True, "auth_require_tls": True}
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the server's own; it repeats addresses
        self._controller: Controller | None = _Listening(self, listening, **options)
        self._controller.start()

    def close(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def _authenticate(self, server: SMTP, session: Session, envelope: Envelope, how: str, who: Any) -> AuthResult:
        login = cast(LoginPassword, who)
        self.logins.append(login.login.decode())
        return AuthResult(success=(login.login, login.password) == (USER.encode(), PASSWORD.encode()), handled=False)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self._said(server, "MAIL")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return await self._said(server, "RCPT")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await self._said(server, "DATA")
        if answer.startswith("250"):
            content = cast(bytes, envelope.original_content)
            self.mails.append(message_from_bytes(content, policy=policy.default))
            self.envelopes.append((str(envelope.mail_from), envelope.rcpt_tos, session.ssl is not None))
        return answer

    async def _said(self, server: SMTP, step: str) -> str:
        answer = self.answers.get(step, "250 OK")
        if answer == "hang":
            await asyncio.sleep(30)
        if answer == "drop":
            cast(asyncio.Transport, server.transport).abort()
        return answer


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS for 127.0.0.1 and the file of the authority that a client must trust for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    authority, private = folder / "authority.pem", folder / "key.pem"
    authority.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    kinds = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, *kinds))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, private)
    return context, authority
