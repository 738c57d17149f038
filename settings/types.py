"""Types of settings: their form is checked, with one sentence about each error that never repeats the value."""

from __future__ import annotations

import os
import re
from base64 import b64decode
from hashlib import sha256
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork, SecretStr

from gateways import imap
from gateways.carriers import list_reader, reader
from gateways.url import Gateway, split


def _database(url: str) -> str:
    """SQLAlchemy's spelling of the URL: PostgreSQL always through psycopg, SQLite always a file."""
    scheme, _, rest = url.strip().partition("://")
    if scheme == "sqlite" and re.fullmatch(r"/[^?]+", rest) and not rest.startswith("/:"):
        return f"sqlite://{rest}"
    if scheme in {"postgres", "postgresql", "postgresql+psycopg"} and rest.strip("/"):
        return f"postgresql+psycopg://{rest}"
    raise ValueError("must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")


def _origin(url: str) -> str:
    """``scheme://host[:port]`` as browsers write an origin: lower case, without the scheme's own port."""
    parts, port = split(url)
    bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not bare:
        raise ValueError("must be http:// or https:// and a host, with no path behind it")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    own = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, own} else "")


def _http(url: str) -> str:
    """The address of somebody else's service."""
    parts, _ = split(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http:// or https:// address")
    return url.strip()


def _shaped(pattern: str, what: str, drop: str = "") -> AfterValidator:
    """Text that matches ``pattern`` as a whole once the characters of ``drop`` are removed."""

    def check(value: str) -> str:
        text = value.strip().translate(dict.fromkeys(map(ord, drop)))
        if not re.fullmatch(pattern, text):
            raise ValueError(f"must be {what}")
        return text

    return AfterValidator(check)


def _certificates(path: Path) -> Path:
    """A file of certificates, checked at start rather than at the first stamp."""
    try:
        if b"-----BEGIN CERTIFICATE-----" in path.read_bytes():
            return path
    except OSError:
        pass
    raise ValueError("must be a PEM file of certificates that can be read")


def _no_folder(path: Path) -> Path:
    if os.path.isdir(path):  # Path.is_dir raises where it may not look
        raise ValueError("must be a file, not a folder")
    return path


LONG_KEY = 1000  # characters: a verifier key of ML-DSA-44 has more, one of Ed25519 fewer


class WitnessAddress(NamedTuple):
    """A witness of the log (C2SP tlog-witness). ``verifiers``: of its cosignatures; one name in all."""

    name: str
    url: str
    verifiers: tuple[str, ...]


def _witness(line: object) -> WitnessAddress:
    """``URL VERIFIER [VERIFIER]``."""
    url, *verifiers = str(line).split()
    for one in verifiers:
        name, _, key = one.partition("+")
        number, _, key = key.partition("+")
        try:
            raw = b64decode(key, validate=True)
        except ValueError:
            raw = b""
        known = {4: 33, 6: 1313}.get(raw[0] if raw else 0)
        if len(raw) != known or sha256(f"{name}\n".encode() + raw).hexdigest()[:8] != number:
            raise ValueError("must list a URL and verifier keys of cosignatures, as izin witness key prints them")
    names = {one.partition("+")[0] for one in verifiers}
    if len(names) != 1:
        raise ValueError("must list a URL and the keys of one witness behind it")
    return WitnessAddress(names.pop(), _http(url).rstrip("/"), tuple(verifiers))


def _witnesses(found: tuple[WitnessAddress, ...]) -> tuple[WitnessAddress, ...]:
    """A signed note has 32 signatures at most, two of them the log's own; ``/dogrula`` takes a receipt of 64 kB, of
    which a signature of ML-DSA-44 takes 3.3."""
    keys = [one for witness in found for one in witness.verifiers]
    long = sum(len(one) > LONG_KEY for one in keys)
    names = {one.name for one in found}
    if len(names) != len(found) or len(set(keys)) != len(keys) or long > 8 or len(keys) - long > 16:
        raise ValueError("must list each witness and key once, at most 16 keys of Ed25519 and 8 of ML-DSA-44")
    return found


def _path_part(secret: SecretStr) -> SecretStr:
    """A secret that can stand in a URL as it is."""
    if not re.fullmatch(r"[A-Za-z0-9._~-]+", secret.get_secret_value()):
        raise ValueError("must be letters, digits and - . _ ~ only")
    return secret


Lower = BeforeValidator(lambda value: str(value).strip().lower())
Listed = BeforeValidator(lambda value: [part.strip() for part in str(value).split(",") if part.strip()])
DatabaseUrl = Annotated[str, AfterValidator(_database)]
Origin = Annotated[str, AfterValidator(_origin)]
ServiceUrl = Annotated[str, AfterValidator(_http)]
FilePath = Annotated[Path, AfterValidator(_no_folder)]
Certificates = Annotated[Path, AfterValidator(_certificates)]
PathPart = Annotated[SecretStr, AfterValidator(_path_part)]
LogWitnesses = Annotated[
    tuple[Annotated[WitnessAddress, BeforeValidator(_witness)], ...], Listed, AfterValidator(_witnesses)
]
Networks = Annotated[tuple[IPvAnyNetwork, ...], Listed]
Line = Annotated[str, _shaped(r"[^\x00-\x1f\x7f]{1,200}", "one line of at most 200 characters")]
Name = Annotated[str, _shaped(r"[^\x00-\x1f\x7f<>]{1,40}", "at most 40 characters, without < and >")]
Mersis = Annotated[str, _shaped(r"[0-9]{16}", "16 digits", drop=" -")]
Number = Annotated[str, _shaped(r"\+?[0-9]{3,15}", "a number of 3 to 15 digits", drop=" ()-")]
Contact = Annotated[str, _shaped(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+|https://\S+", "an e-mail or https address")]
Country = Annotated[str, _shaped(r"[A-Z]{2}", "two-letter country codes such as TR,DE")]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
SmsGateway = Annotated[Gateway, BeforeValidator(list_reader("sms"))]
VoiceGateway = Annotated[Gateway, BeforeValidator(reader("call"))]
MailInbox = Annotated[Gateway, BeforeValidator(imap.read_url)]
OptoutMail = Annotated[str, Lower, _shaped(r"[a-z0-9._-]{1,63}\+?@[a-z0-9.-]+\.[a-z0-9-]+", "a plain e-mail address")]
MailGateway = Annotated[Gateway, BeforeValidator(reader("mail"))]
