"""Every setting once: a field's name in capitals is its environment variable (docs/settings.md). ``load()`` reads
them into one frozen ``Settings`` or raises ``Refused``. No sentence repeats a value: it may be a secret."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from gateways.carrier import Offer
from gateways.carriers import CARRIERS
from gateways.url import OUTBOX, Gateway
from settings.types import (
    Certificates,
    Contact,
    Count,
    Country,
    DatabaseUrl,
    FilePath,
    Line,
    Listed,
    LogWitnesses,
    Lower,
    MailGateway,
    MailInbox,
    Mersis,
    Name,
    Networks,
    Number,
    OptoutMail,
    Origin,
    PathPart,
    ServiceUrl,
    SmsGateway,
    VoiceGateway,
)

IYS_SANDBOX = "https://api.sandbox.iys.org.tr"
_KEY_BYTES = 32  # what HMAC-SHA-256 and AES-SIV are keyed with
_KEPT_KEY = Path("var/secret_key")
_PLACEHOLDER = re.compile(r"change.?me|example|placeholder|default|your.?secret|secret.?key", re.IGNORECASE)
_WORDS = {
    "bool_parsing": "must be 1 or 0",
    "extra_forbidden": "in .env is no setting of this program",
    "int_parsing": "must be a whole number",
    "ip_any_network": "must list IP addresses or networks; * would let anybody forge his address",
}
# Earlier names; a limit that is set under one must not fall back to its default unseen.
RENAMED = {
    "WRONG_PER_DAY": "CODE_FAILURES_PER_DAY",
    "WRONG_IN_ALL": "CODE_FAILURES_IN_ALL",
    "WRONG_ALARM": "CODE_FAILURES_ALARM",
    **{f"SENDS_{of}": f"CODES_SENT_{of}" for of in ("PER_HOUR", "PER_DAY", "PER_IP", "PER_BLOCK", "BUDGET")},
    **{f"SENDS_BUDGET_{of}": f"CODES_SENT_BUDGET_{of}" for of in ("SMS", "MAIL", "CALL")},
    **{f"PUMPED_{of}": f"SMS_PUMPING_{of}" for of in ("SENDS", "PERCENT", "MINUTES")},
}
_OPERATOR = ("operator_title", "operator_mersis", "operator_address", "kvkk_contact")


class Refused(ValueError):
    """Invalid settings: ``sentences`` name the faults, one each, without values."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


def _kept_key(given: dict[str, Any]) -> SecretStr:
    """A development site's own key, made once; a real site must be given one."""
    if given.get("public_url", "https:").startswith("https:"):
        return SecretStr("")
    _KEPT_KEY.parent.mkdir(mode=0o700, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=_KEPT_KEY.parent) as fresh:  # mode 0600
        fresh.write(secrets.token_hex(_KEY_BYTES))
        fresh.flush()
        with contextlib.suppress(FileExistsError):
            os.link(fresh.name, _KEPT_KEY)  # whole or not at all, and never over an earlier one
    return SecretStr(_KEPT_KEY.read_text())


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Settings(BaseSettings):
    """All settings of one running site, checked. ``https`` marks a real site, not a development one."""

    model_config = SettingsConfigDict(
        enable_decoding=False, env_ignore_empty=True, validate_default=False,
        extra="forbid", frozen=True, hide_input_in_errors=True
    )  # fmt: skip

    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    public_url: Origin = Field(default_factory=lambda given: f"http://127.0.0.1:{given.get('port', 8000)}")
    database_url: DatabaseUrl = Field("sqlite:///var/izin.db", repr=False)
    database_direct_url: DatabaseUrl | None = Field(None, repr=False)
    database_read_url: DatabaseUrl | None = Field(None, repr=False)
    witness_file: FilePath | None = None
    secret_key: SecretStr = Field(default_factory=_kept_key)
    secret_key_previous: SecretStr | None = None
    worker: Annotated[Literal["inside", "separate"], Lower] = "inside"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Lower] = "info"
    trusted_proxy: Networks = ()
    metrics_networks: Networks = ()
    outgoing_addresses: Networks = ()
    sms_gateway: SmsGateway = OUTBOX
    mail_gateway: MailGateway = OUTBOX
    voice_gateway: VoiceGateway | None = None
    file_gateway: bool = False
    mail_inbox: MailInbox | None = None
    optout_mail: OptoutMail | None = None
    hook_secret: PathPart | None = None
    optout_number: Number | None = None
    optout_number_free: bool = False
    notice_sms: bool = False
    follow_up_sms: Annotated[int, Field(ge=0, le=1_000_000)] = 1_000
    # First-contact notices a day, 0: none (docs/first-contact.md).
    first_contact_sms: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    first_contact_mail: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    sms_signin: bool | None = None
    # Calls of programs: a client's own limits, by İYS's numbers.
    api_per_second: Count = 10
    api_tokens_per_hour: Count = 100
    api_status_per_hour: Count = 1000
    api_history_per_hour: Count = 100
    push_private: bool = False
    # Test keys and /sandbox; by default off on PostgreSQL, where any of several processes may answer.
    sandbox: bool = Field(default_factory=lambda given: given.get("database_url", "").startswith("sqlite"))
    backup_path: Path | None = None
    tsa_url: ServiceUrl | None = None
    tsa_roots: Certificates | None = None
    # The public log: who cosigns it, how many must, whether TSA_URL stamps a checkpoint each hour (docs/log.md).
    log_witnesses: LogWitnesses = ()
    log_quorum: Annotated[int, Field(ge=0, le=16)] = Field(
        default_factory=lambda given: (
            (len(given.get("log_witnesses", ())) + 2) // 2 if given.get("log_witnesses") else 0
        )
    )
    log_stamps: bool = False
    # İYS's own address; with it the sync is on, and İYS's rule about consents after a refusal holds here too.
    iys_url: Origin | None = None
    reconsent: Annotated[Literal["confirm", "accept"], Lower] = Field(
        default_factory=lambda given: "accept" if given.get("iys_url") else "confirm"
    )
    strict_iys: bool = False
    # Sign-in: codes, wrong guesses, sends, sessions (.env.example explains each).
    code_minutes: Annotated[int, Field(ge=1, le=10)] = 10  # NIST SP 800-63B-4: 10 at the most
    code_tries: Count = 5
    code_failures_per_day: Count = 10
    code_failures_in_all: Count = 100
    code_failures_alarm: Count = 1000
    trusted_days: Annotated[int, Field(ge=0, le=400)] = 180
    passkey_days: Annotated[int, Field(ge=0, le=180)] = 180
    helper_days: Annotated[int, Field(ge=0, le=730)] = 365
    send_gap_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    codes_sent_per_hour: Count = 5
    codes_sent_per_day: Count = 10
    codes_sent_per_ip: Count = 25
    codes_sent_per_block: Count = 30
    codes_sent_budget: Count = 10_000
    # A day's messages of one kind and purpose; each follows CODES_SENT_BUDGET, calls with a third: they cost more.
    codes_sent_budget_sms: Count = Field(default_factory=lambda given: given.get("codes_sent_budget", 1))
    codes_sent_budget_mail: Count = Field(default_factory=lambda given: given.get("codes_sent_budget", 1))
    codes_sent_budget_call: Count = Field(default_factory=lambda given: max(1, given.get("codes_sent_budget", 1) // 3))
    # What one company's requests may spend of their day's budget.
    request_share_percent: Annotated[int, Field(ge=1, le=100)] = 25
    sms_pumping_sends: Count = 50
    sms_pumping_percent: Annotated[int, Field(ge=0, le=100)] = 30
    sms_pumping_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    countries: Annotated[tuple[Country, ...], Listed] = ("TR",)
    idle_minutes: Annotated[int, Field(ge=1, le=60)] = 15
    session_hours: Annotated[int, Field(ge=1, le=24)] = 12
    # Days after which a citizen reads that an auditor looked: a supervision must not be announced while it runs.
    audit_look_delay: Annotated[int, Field(ge=0, le=730)] = 30
    # Sign-in of the panel's people by OpenID Connect, beside the code by e-mail.
    oidc_issuer: ServiceUrl | None = None
    oidc_client_id: Line | None = None
    oidc_client_secret: SecretStr | None = None
    upload_mb: Annotated[int, Field(ge=1, le=512)] = 64
    # How long what has ended is kept, days (docs/erasure.md names the source of each).
    retention_consents_days: Annotated[int, Field(ge=365, le=7300)] = 1095
    retention_evidence_days: Annotated[int, Field(ge=365, le=7300)] = 1095
    retention_logs_days: Annotated[int, Field(ge=1095, le=7300)] = 1095
    retention_day_files_days: Annotated[int, Field(ge=60, le=7300)] = 1095
    retention_applications_days: Annotated[int, Field(ge=1, le=3650)] = 180
    retention_messages_days: Annotated[int, Field(ge=3, le=365)] = 30
    push_log_days: Annotated[int, Field(ge=1, le=365)] = 30
    retention_requests_days: Annotated[int, Field(ge=30, le=365)] = 30
    # After 1 May 2015: an HS_2015 consent without a word since is then shown as old; 0: never. TBK m.146: ten years.
    hs_2015_old_days: Annotated[int, Field(ge=0, le=36500)] = 3652
    # Figures of months that are over, at /rakamlar for everybody.
    public_figures: bool = False
    link_days: Annotated[int, Field(ge=30, le=3650)] = 400
    site_name: Name = "İzin"
    operator_title: Line | None = None
    operator_mersis: Mersis | None = None
    operator_address: Line | None = None
    operator_is_iys: bool = False
    offline_notice: bool = True
    kvkk_contact: Contact | None = None
    # Where a citizen complains when a company goes on.
    complaint_office: Line = "T.C. Ticaret Bakanlığı"
    complaint_url: ServiceUrl = "https://tiss.ticaret.gov.tr"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment comes in through ``load``'s mapping, then ``.env``."""
        return init_settings, dotenv_settings

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https:")

    @property
    def direct_url(self) -> str:
        """The server itself, behind a pooler of DATABASE_URL: for writes, locks, migrations, rotations."""
        return self.database_direct_url or self.database_url

    @property
    def signs_in_by_text(self) -> bool:
        """Whether an SMS proves its sender's number at sign-in. A real site must choose it: senders are forged."""
        return not self.https if self.sms_signin is None else self.sms_signin

    def own_machine(self, listens: str) -> bool:
        """Whether only this machine opens the site, as of ``make run``. ``listens``: the address that it listens on,
        because PUBLIC_URL has a default of this machine that a public site may have left."""
        hosts = listens, urlsplit(self.public_url).hostname or ""
        return not self.trusted_proxy and all(map(_is_loopback, hosts))

    @property
    def host(self) -> str:
        """The site's host, with its port where that is not the scheme's own."""
        return self.public_url.partition("://")[2]

    def of_demo(self) -> Settings:
        """The settings of a demo site: it uses İYS only if IYS_URL is set."""
        return self if self.iys_url else self.model_copy(update={"iys_url": ""})

    @property
    def outgoing(self) -> list[str]:
        """From where this site calls others; a single address without its length."""
        return [str(one.network_address if one.num_addresses == 1 else one) for one in self.outgoing_addresses]

    @property
    def national_url(self) -> str | None:
        """İYS's URL. Without IYS_URL a development site uses the sandbox, a real site or a demo none."""
        if self.iys_url == "":
            return None
        return self.iys_url or (None if self.https else IYS_SANDBOX)

    @property
    def sms_carrier(self) -> Offer:
        """The SMS carrier, for the privacy notice."""
        return CARRIERS[self.sms_gateway.scheme]

    @property
    def call_gateway(self) -> Gateway | None:
        carriers = (self.voice_gateway, self.sms_gateway)
        return next((each for each in carriers if each is not None and each.scheme == "twilio"), None)

    @property
    def call_number(self) -> str | None:
        answering = self.call_gateway
        if answering is None:
            return None
        return answering.sender if answering is self.voice_gateway else self.optout_number

    @property
    def shared_numbers(self) -> tuple[str, ...]:
        """The site's own numbers as in the settings (sending, calls, receiving), which no brand may have; without
        alphanumeric senders."""
        carriers = (self.sms_gateway, *((self.voice_gateway,) if self.voice_gateway else ()))
        senders = [one.sender for carrier in carriers for one in carrier.all]
        return tuple(one for one in (*senders, self.optout_number or "") if one and not any(map(str.isalpha, one)))

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The key that signs and seals, then the previous one, which still opens."""
        both = (self.secret_key, self.secret_key_previous)
        return tuple(key.get_secret_value().encode() for key in both if key)

    def _files(self) -> list[str]:
        """Gateways that write messages into a file without FILE_GATEWAY."""
        gateways = {"SMS": self.sms_gateway, "MAIL": self.mail_gateway, "VOICE": self.voice_gateway}
        return [
            f"{name}_GATEWAY must name a carrier on an https site: without one, or as file:, sign-in codes stand in "
            "plain in a file and reach nobody. FILE_GATEWAY=1 allows that, for a trial"
            for name, gateway in gateways.items()
            if gateway is not None and any(one.scheme == "file" for one in gateway.all) and not self.file_gateway
        ]

    @model_validator(mode="after")
    def _fit(self) -> Settings:
        faults = []
        for name, url in (("DIRECT", self.database_direct_url), ("READ", self.database_read_url)):
            if url is not None and not (url.startswith("postgresql") and self.database_url.startswith("postgresql")):
                faults.append(f"DATABASE_{name}_URL is for PostgreSQL, and DATABASE_URL must be so too")
        if self.optout_number_free and not self.optout_number:
            faults.append("OPTOUT_NUMBER_FREE needs OPTOUT_NUMBER")
        for kind, most in (("SMS", self.codes_sent_budget_sms), ("MAIL", self.codes_sent_budget_mail)):
            if getattr(self, f"first_contact_{kind.lower()}") > most:
                faults.append(f"FIRST_CONTACT_{kind} must be at most CODES_SENT_BUDGET_{kind}")
        if self.log_quorum > len(self.log_witnesses):
            faults.append("LOG_QUORUM asks for more witnesses than LOG_WITNESSES has")
        if self.log_stamps and self.tsa_url is None:
            faults.append("LOG_STAMPS needs TSA_URL")
        if (self.mail_inbox is None) != (self.optout_mail is None):
            faults.append("MAIL_INBOX and OPTOUT_MAIL need each other: what is mailed to the one is read in the other")
        if self.https and self.mail_inbox is not None and not self.mail_inbox.tls:
            faults.append("MAIL_INBOX without TLS is for tests: an https site reads its mailbox by imaps")
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret):
            faults.append("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET")
        if self.https:
            if self.oidc_issuer and not self.oidc_issuer.startswith("https:"):
                faults.append("OIDC_ISSUER must be https on an https site")
            faults += _weaknesses(self.keys)
            if self.hook_secret and len(self.hook_secret.get_secret_value()) < _KEY_BYTES:
                faults.append(f"HOOK_SECRET must be at least {_KEY_BYTES} characters on an https site")
            if self.iys_url and not self.iys_url.startswith("https:"):
                faults.append("IYS_URL must be https on an https site")
            faults += self._files()
            if self.push_private:
                faults.append("PUSH_PRIVATE is for tests: an https site posts to public addresses only")
            faults += [f"{name.upper()} is missing on an https site" for name in _OPERATOR if not getattr(self, name)]
        if faults:
            raise ValueError("\n".join(faults))
        return self


def _weaknesses(keys: tuple[bytes, ...]) -> list[str]:
    """Why these keys do not protect a real site."""
    faults = [] if keys else ["SECRET_KEY is missing on an https site"]
    for name, key in zip(("SECRET_KEY", "SECRET_KEY_PREVIOUS"), keys, strict=False):
        if len(key) < _KEY_BYTES:
            faults.append(f"{name} must be at least {_KEY_BYTES} bytes on an https site")
        elif _PLACEHOLDER.search(key.decode()) or len(set(key)) < 10:
            faults.append(f"{name} must be random, not a placeholder, on an https site")
    return faults


def _sentences(fault: Mapping[str, Any]) -> list[str]:
    """One pydantic error in sentences that name the variable and never its value."""
    if not fault["loc"]:
        return str(fault["ctx"]["error"]).splitlines()
    if fault["type"] == "default_factory_not_called":  # follows from another fault, which is named
        return []
    name = str(fault["loc"][0]).upper()
    if fault["type"] == "extra_forbidden" and name in RENAMED:
        return [f"{name} in .env is called {RENAMED[name]} now"]
    message = str(fault["msg"]).removeprefix("Value error, ").replace("Input should", "must")
    return [f"{name} {_WORDS.get(fault['type'], message)}"]


def load(env: Mapping[str, str] | None = None) -> Settings:
    """Settings from ``env``; without it from the process environment and, unless that is https, ``.env``. A
    development site without SECRET_KEY gets one in ``var/secret_key``. Errors: Refused."""
    given = os.environ if env is None else env
    if renamed := [f"{old} is called {new} now" for old, new in RENAMED.items() if given.get(old)]:
        raise Refused(renamed)
    values: dict[str, Any] = {name: given[name.upper()] for name in Settings.model_fields if given.get(name.upper())}
    real = values.get("public_url", "").strip().lower().startswith("https:")
    values["_env_file"] = ".env" if env is None and not real else None
    try:
        return Settings(**values)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        raise Refused([sentence for fault in faults for sentence in _sentences(fault)]) from None
