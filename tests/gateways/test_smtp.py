"""Mail through a real SMTP server: what each of its answers means, and that nothing goes in the clear."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from consents.registry import Registry
from gateways import carriers
from gateways.carrier import Down, NoCarrier, OutgoingMessage, Permanent, Site, Temporary, Undelivered
from gateways.carriers import reader
from gateways.smtp.sending import Smtp
from tests.conftest import Clock
from tests.gateways.conftest import CANARIES, MAIL, Post, Row, Written, deliver, message
from tests.gateways.mail_server import PASSWORD, USER, MailServer, certificate

read = reader("mail")
SENDER = "izin@izin.example"


def smtp(port: int, options: str = "?scheme=http", account: str = "") -> Smtp:
    return Smtp(read(f"smtp://{account}127.0.0.1:{port}{options}"), "İzin", SENDER)


def send(carrier: Smtp, words: OutgoingMessage | None = None) -> str:
    """Sends a mail, then lets TLS say goodbye, as it can on the worker's loop, which goes on."""

    async def main() -> str:
        open_files = asyncio.get_running_loop()._selector.get_map()  # type: ignore[attr-defined]
        before = len(open_files)
        try:
            return await carrier.send(words or message(MAIL))
        finally:
            async with asyncio.timeout(60):
                while True:
                    if len(open_files) <= before:
                        break
                    await asyncio.sleep(0.005)

    return asyncio.run(main())


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def relay(tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """One that wants STARTTLS and an account, and whose authority we trust."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[1]))
    server = MailServer(tls[0], account=True)
    yield server
    server.close()


def test_a_mail_arrives_as_it_was_written(mail_server: MailServer) -> None:
    text = "Merhaba,\nGiriş kodunuz: 048213\n\n" + "uzun " * 300 + "\n.\nson"
    message_id = send(smtp(mail_server.port), message(MAIL, text=text))
    (mail,) = mail_server.mails
    assert mail["From"] == f"İzin <{SENDER}>"
    assert (mail["To"], mail["Subject"], mail["Message-ID"]) == (MAIL["to"], MAIL["subject"], message_id)
    assert message_id == f"<{'0123456789abcdef' * 2}@izin.example>"
    assert mail["Date"] == "Tue, 24 Nov 2026 09:00:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().replace("\r\n", "\n") == text + "\n"
    assert mail_server.envelopes == [(SENDER, [MAIL["to"]], False)]


def test_with_starttls_and_an_account(relay: MailServer) -> None:
    account = f"{USER}:{PASSWORD.replace('%', '%25').replace(' ', '%20')}@"
    send(smtp(relay.port, "", account))
    assert relay.envelopes == [(SENDER, [MAIL["to"]], True)]
    assert relay.logins == [USER]


def test_a_wrong_password_is_down(relay: MailServer) -> None:
    with pytest.raises(Down, match=r"^smtp 535$"):
        send(smtp(relay.port, "", "izin-relay:wrong@"))
    assert relay.mails == []


@pytest.mark.parametrize("account", ["", "a:b@"])
def test_nothing_is_said_to_a_server_without_tls(mail_server: MailServer, account: str) -> None:
    with pytest.raises(Down, match=r"^smtp SMTPException$"):
        send(smtp(mail_server.port, "", account))
    assert (mail_server.mails, mail_server.logins) == ([], [])


def test_nothing_is_said_to_a_server_that_is_not_the_right_one(
    tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    server = MailServer(tls[0], account=True)
    try:
        with pytest.raises(Down, match=r"^smtp (SSLCertVerificationError|SMTPException|SMTPServerDisconnected)$"):
            send(smtp(server.port, "", "a:b@"))
        assert (server.mails, server.logins) == ([], [])
    finally:
        server.close()


@pytest.mark.parametrize(
    ("step", "answer", "kind"),
    [
        ("RCPT", "550 5.1.1 kanarya@example.com unknown", Permanent),
        ("RCPT", "553 no", Permanent),
        ("RCPT", "452 4.2.2 mailbox of kanarya full", Temporary),
        ("RCPT", "450 4.2.0 greylisted", Temporary),
        ("RCPT", "421 closing", Down),
        ("DATA", "554 5.7.1 spam", Permanent),
        ("DATA", "451 try later", Temporary),
        ("DATA", "421 closing", Down),
        ("MAIL", "550 we do not know you", Down),
        ("MAIL", "451 try later", Down),
        ("RCPT", "drop", Down),
        ("DATA", "drop", Down),
        ("RCPT", "hang", Down),
        ("DATA", "hang", Down),
    ],
)
def test_each_answer_has_its_meaning(
    mail_server: MailServer, step: str, answer: str, kind: type[Undelivered], monkeypatch: pytest.MonkeyPatch
) -> None:
    if answer == "hang":
        monkeypatch.setattr("gateways.smtp.sending.SECONDS", 0.3)
    mail_server.answers[step] = answer
    with pytest.raises(Undelivered) as fault:
        send(smtp(mail_server.port))
    assert type(fault.value) is kind
    assert fault.value.__suppress_context__
    assert not [word for word in CANARIES if word in str(fault.value)]
    mail_server.answers.clear()
    monkeypatch.undo()
    later = "daha-sonra@example.com"
    send(smtp(mail_server.port), message(MAIL, to=later))
    # What was hanging may be read later than it was given up, when nothing hangs any more.
    mailed = [mail["To"] for mail in mail_server.mails]
    assert [to for to in mailed if answer != "hang" or to == later] == [later]


def test_nobody_listening_is_down(mail_server: MailServer) -> None:
    mail_server.close()
    with pytest.raises(Down, match=r"^smtp SMTPConnectError$"):
        send(smtp(mail_server.port))


@pytest.mark.parametrize("field", ["to", "subject"])
@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_no_header_is_smuggled_in(mail_server: MailServer, field: str, ending: str) -> None:
    smuggled = message({**MAIL, field: MAIL[field] + ending + "Bcc: yabanci@example.com"})
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        send(smtp(mail_server.port), smuggled)
    assert mail_server.mails == []


@pytest.mark.parametrize("sender", ["izin", "izin@", "a@b@c.example", "Izin <izin@izin.example>", "a\r\nb@c.example"])
def test_a_sender_that_is_no_address_is_refused_at_start(sender: str) -> None:
    with pytest.raises(NoCarrier, match=r"^smtp: from= must be an e-mail address$"):
        Smtp(read("smtp://mail.example"), "İzin", sender)


@pytest.mark.parametrize(
    ("url", "host", "sender"),
    [
        ("smtp://mail.example", "izin.example", "izin@izin.example"),
        ("smtp://mail.example", "izin.example:8443", "izin@izin.example"),
        ("smtp://mail.example", "127.0.0.1:8000", "izin@[127.0.0.1]"),
        ("smtp://mail.example", "localhost:8000", "izin@localhost"),
        ("smtp://mail.example?from=kod%2Bizin@example.com", "izin.example", "kod+izin@example.com"),
    ],
)
def test_the_sender_is_the_site_unless_the_url_names_one(url: str, host: str, sender: str) -> None:
    chosen = carriers.sender(read(url), "mail", Site("İzin", host))
    assert isinstance(chosen, Smtp)
    assert chosen.compose(message(MAIL))["From"] == f"İzin <{sender}>"


def test_the_library_writes_nobody_into_the_log(mail_server: MailServer, written: Written) -> None:
    for answer in ("250 OK", "550 kanarya@example.com unknown"):
        mail_server.answers["RCPT"] = answer
        try:
            send(smtp(mail_server.port))
        except Permanent:
            continue
    said = written()
    assert said
    assert not [word for word in CANARIES if word in said]


def test_a_full_mailbox_is_tried_again_and_an_unknown_one_is_not(
    registry: Registry, clock: Clock, post: Post, row: Row, mail_server: MailServer
) -> None:
    first = post(MAIL)
    mail_server.answers["RCPT"] = "452 4.2.2 full"
    deliver(registry, smtp(mail_server.port), "mail")
    assert (row(first)["state"], row(first)["error"]) == ("waiting", "smtp 452")
    mail_server.answers.clear()
    clock.forward(seconds=5)
    deliver(registry, smtp(mail_server.port), "mail")
    assert row(first)["state"] == "sent"
    assert row(first)["message_id"] == mail_server.mails[0]["Message-ID"]
    second = post(MAIL)
    mail_server.answers["RCPT"] = "550 5.1.1 unknown"
    deliver(registry, smtp(mail_server.port), "mail")
    assert (row(second)["state"], row(second)["error"]) == ("given_up", "smtp 550")
