"""Time stamps of day files from an authority (RFC 3161). Verify one without this program: ``openssl ts -verify -data
FILE.csv -in FILE.csv.tsr -CAfile ROOTS.pem``."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Annotated

import aiohttp
from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from consents.care import clock_trust
from gateways import client

SECONDS = 20.0  # for one stamp in all
LARGEST = 1 << 20  # bytes of an answer
LONGEST_CAUSE = 500  # characters of a library's words on a failure
_OTHER = b"a text whose hash is replaced"


class NoStamp(Exception):
    """The authority gave no valid one; the text is for the log, without the authority's own words."""


# What a reply looks like as far as its certificates (RFC 3161, 2.4.2; RFC 5652, 5.1). They are a SET OF, which is read
# here as a sequence: many authorities send them in the order of the chain, and not sorted as DER asks.
@asn1.sequence
class _Signed:
    version: int
    digests: asn1.TLV
    content: asn1.TLV
    certificates: Annotated[list[asn1.TLV] | None, asn1.Implicit(0)]
    revoked: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.TLV


@asn1.sequence
class _Token:
    kind: ObjectIdentifier
    signed: Annotated[_Signed, asn1.Explicit(0)]


@asn1.sequence
class _Reply:
    status: asn1.TLV
    token: _Token | None


async def ask(url: str, roots: Path | None, sha512: bytes) -> bytes:
    """The authority's whole answer (``.tsr``) for a file with this hash. Errors: NoStamp."""
    wanted, body = request(sha512)
    headers = {"content-type": "application/timestamp-query", "accept": "application/timestamp-reply"}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise NoStamp(f"status {answer.status}")
            reply = await client.whole_body(answer, LARGEST)
            if url.startswith("https:"):
                clock_trust.heard(answer.headers.get("Date"))
    except client.TooLong:
        raise NoStamp("too long") from None
    except (aiohttp.ClientError, TimeoutError, OSError) as fault:
        raise NoStamp(_network(fault)) from None
    check(reply, wanted, roots, sha512)
    return reply


def request(sha512: bytes) -> tuple[TimeStampRequest, bytes]:
    """A request with a nonce, and its bytes. The library hashes data in memory, so the hash of another text is replaced
    by the file's SHA-512, at its only place."""
    made = TimestampRequestBuilder().data(_OTHER).hash_algorithm(HashAlgorithm.SHA512).build()
    other = hashlib.sha512(_OTHER).digest()
    assert made.as_bytes().count(other) == 1
    return made, made.as_bytes().replace(other, sha512)


def check(reply: bytes, wanted: TimeStampRequest, roots: Path | None, sha512: bytes) -> None:
    """Errors: NoStamp unless the reply stamps this hash for this request; with roots also unless its signature leads
    there."""
    try:
        answer = decode_timestamp_response(_sorted(reply))
        _check_content(answer, wanted, sha512)
        _verify(answer, roots, sha512, wanted.nonce)
    except (OSError, ValueError, VerificationError) as fault:
        raise NoStamp(f"{type(fault).__name__}: {fault}"[:LONGEST_CAUSE]) from None


def proven(reply: bytes, roots: Path | None, sha512: bytes) -> datetime:
    """When an authority stamped a file with this hash; with roots its signature is verified too. Errors: NoStamp."""
    try:
        answer = decode_timestamp_response(_sorted(reply))
        if answer.tst_info.message_imprint.message != sha512:
            raise NoStamp("of another file")
        _verify(answer, roots, sha512)
    except (OSError, ValueError, VerificationError) as fault:
        raise NoStamp(f"{type(fault).__name__}: {fault}"[:LONGEST_CAUSE]) from None
    return answer.tst_info.gen_time


def _verify(answer: TimeStampResponse, roots: Path | None, sha512: bytes, nonce: int | None = None) -> None:
    if roots is not None:
        builder = VerifierBuilder(nonce=nonce)
        for certificate in load_pem_x509_certificates(roots.read_bytes()):
            builder = builder.add_root_certificate(certificate)
        builder.build().verify(answer, sha512)


def _sorted(reply: bytes) -> bytes:
    """The reply with its certificates in DER order, which the library requires; nothing signed is moved. Other
    structures stay as they are."""
    try:
        read = asn1.decode_der(_Reply, reply)
    except ValueError:
        return reply
    for part in (read.token.signed.certificates, read.token.signed.revoked) if read.token else ():
        if part:
            part.sort(key=asn1.encode_der)
    return asn1.encode_der(read)


def _network(fault: Exception) -> str:
    """The error without the URL, which may hold a password."""
    cause = getattr(fault, "strerror", None) or getattr(fault, "os_error", None)
    return f"{type(fault).__name__}: {cause}" if cause else type(fault).__name__


def _check_content(answer: TimeStampResponse, wanted: TimeStampRequest, sha512: bytes) -> None:
    status = PKIStatus(answer.status)
    if status not in {PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS}:
        raise NoStamp(f"refused: {status.name}")
    info = answer.tst_info
    if info.message_imprint.message != sha512 or info.nonce != wanted.nonce:
        raise NoStamp("of another request")
