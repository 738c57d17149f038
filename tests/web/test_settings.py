"""The settings: what is read, what is refused, and that no refusal tells a secret."""

from __future__ import annotations

import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dotenv import dotenv_values

from gateways.url import Gateway
from settings import Refused, Settings, load
from settings.settings import RENAMED
from tests import ROOT
from tests.web.conftest import KEY, REAL

DEV = {"SECRET_KEY": KEY}
WELL_FORMED = "must be a well-formed URL, special characters in a password as %XX"


def refusal(env: dict[str, str]) -> list[str]:
    with pytest.raises(Refused) as caught:
        load(env)
    return caught.value.sentences


def test_a_development_site_needs_no_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load({})
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.database_url == "sqlite:///var/izin.db"
    assert settings.sms_gateway == settings.mail_gateway == Gateway("file", path="var/outbox.jsonl")
    assert (settings.worker, settings.reconsent, settings.strict_iys) == ("inside", "confirm", False)
    assert (settings.site_name, settings.host, settings.https) == ("İzin", "127.0.0.1:8000", False)


def test_the_port_shows_in_the_default_public_url() -> None:
    assert load({**DEV, "PORT": "9000"}).public_url == "http://127.0.0.1:9000"


def test_an_empty_value_counts_as_not_set() -> None:
    assert load({**DEV, "OPTOUT_NUMBER": "", "PORT": ""}) == load(DEV)


def test_a_development_key_is_made_once_and_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        keys = {settings.keys for settings in pool.map(lambda _: load({}), range(32))}
    assert len(keys) == 1
    assert len(keys.pop()[0]) == 64
    assert stat.S_IMODE(os.stat("var/secret_key").st_mode) == 0o600
    assert os.listdir("var") == ["secret_key"]


def test_a_real_site_starts_with_its_settings_and_makes_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load({**REAL, "SECRET_KEY_PREVIOUS": KEY[::-1], "PUBLIC_URL": "HTTPS://Izin.Example:443/"})
    assert (settings.public_url, settings.host, settings.https) == ("https://izin.example", "izin.example", True)
    assert settings.keys == (KEY.encode(), KEY[::-1].encode())
    assert not Path("var").exists()


@pytest.mark.parametrize("missing", ["OPERATOR_TITLE", "OPERATOR_MERSIS", "OPERATOR_ADDRESS", "KVKK_CONTACT"])
def test_a_real_site_names_its_operator(missing: str) -> None:
    assert refusal({**REAL, missing: ""}) == [f"{missing} is missing on an https site"]


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("", "SECRET_KEY is missing on an https site"),
        (KEY[:31], "SECRET_KEY must be at least 32 bytes on an https site"),
        ("changeme-changeme-changeme-changeme", "SECRET_KEY must be random, not a placeholder, on an https site"),
        ("a" * 64, "SECRET_KEY must be random, not a placeholder, on an https site"),
    ],
)
def test_a_real_site_needs_a_real_key(key: str, sentence: str) -> None:
    assert refusal({**REAL, "SECRET_KEY": key}) == [sentence]


def test_the_previous_key_must_be_real_too() -> None:
    said = refusal({**REAL, "SECRET_KEY_PREVIOUS": "short"})
    assert said == ["SECRET_KEY_PREVIOUS must be at least 32 bytes on an https site"]


CARRIERS = {
    "SMS_GATEWAY": "verimor://908500000000:secret@sms.verimor.com.tr?from=TITLE",
    "MAIL_GATEWAY": "smtp://user:secret@mail.example:587",
    "VOICE_GATEWAY": "twilio://AC00:secret@api.twilio.com?from=+905320000000",
}


@pytest.mark.parametrize("name", CARRIERS)
@pytest.mark.parametrize("file", ["file:var/outbox.jsonl", None])
def test_a_real_site_writes_no_code_into_a_file_unless_it_is_allowed_by_name(name: str, file: str | None) -> None:
    real = {**REAL, **CARRIERS}
    del real["FILE_GATEWAY"]
    load(real)
    if file is None:
        del real[name]
    else:
        real[name] = file
    if (file, name) != (None, "VOICE_GATEWAY"):  # nobody calls then
        (said,) = refusal(real)
        assert said.startswith(f"{name} must name a carrier on an https site")
        assert "FILE_GATEWAY=1" in said
    load({**real, "FILE_GATEWAY": "1"})


def test_one_file_among_several_gateways_is_refused_too() -> None:
    real = {**REAL, **CARRIERS, "SMS_GATEWAY": f"{CARRIERS['SMS_GATEWAY']} file:var/outbox.jsonl"}
    del real["FILE_GATEWAY"]
    assert len(refusal(real)) == 1


def test_every_fault_is_told_at_once() -> None:
    said = refusal({"PUBLIC_URL": "https://izin.example", "PORT": "8000"})
    assert [sentence.split()[0] for sentence in said] == [
        "SECRET_KEY",
        "SMS_GATEWAY",
        "MAIL_GATEWAY",
        "OPERATOR_TITLE",
        "OPERATOR_MERSIS",
        "OPERATOR_ADDRESS",
        "KVKK_CONTACT",
    ]
    assert refusal({**DEV, "PORT": "x", "WORKER": "y"}) == [
        "PORT must be a whole number",
        "WORKER must be 'inside' or 'separate'",
    ]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "eighty", "PORT must be a whole number"),
        ("PORT", "0", "PORT must be greater than or equal to 1"),
        ("PORT", "65536", "PORT must be less than or equal to 65535"),
        ("WORKER", "outside", "WORKER must be 'inside' or 'separate'"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be 'debug', 'info', 'warning' or 'error'"),
        ("RECONSENT", "maybe", "RECONSENT must be 'confirm' or 'accept'"),
        ("STRICT_IYS", "perhaps", "STRICT_IYS must be 1 or 0"),
        ("OPTOUT_NUMBER", "SMS to 3838", "OPTOUT_NUMBER must be a number of 3 to 15 digits"),
        ("OPTOUT_NUMBER_FREE", "1", "OPTOUT_NUMBER_FREE needs OPTOUT_NUMBER"),
        ("CODE_MINUTES", "11", "CODE_MINUTES must be less than or equal to 10"),
        ("CODE_TRIES", "0", "CODE_TRIES must be greater than or equal to 1"),
        ("CODES_SENT_PER_IP", "many", "CODES_SENT_PER_IP must be a whole number"),
        ("COUNTRIES", "TR;DE", "COUNTRIES must be two-letter country codes such as TR,DE"),
        ("OPERATOR_MERSIS", "12345", "OPERATOR_MERSIS must be 16 digits"),
        ("KVKK_CONTACT", "ask reception", "KVKK_CONTACT must be an e-mail or https address"),
        ("SITE_NAME", "İzin\nBcc: x", "SITE_NAME must be at most 40 characters, without < and >"),
        ("SITE_NAME", "x" * 41, "SITE_NAME must be at most 40 characters, without < and >"),
        ("PUBLIC_URL", "izin.example", "PUBLIC_URL must be http:// or https:// and a host, with no path behind it"),
        ("PUBLIC_URL", "http://x/y", "PUBLIC_URL must be http:// or https:// and a host, with no path behind it"),
        ("PUBLIC_URL", "http://[x", f"PUBLIC_URL {WELL_FORMED}"),
        (
            "TRUSTED_PROXY",
            "*",
            "TRUSTED_PROXY must list IP addresses or networks; * would let anybody forge his address",
        ),
    ],
)
def test_nonsense_is_refused_in_one_sentence(name: str, value: str, sentence: str) -> None:
    assert refusal({**DEV, name: value}) == [sentence]


DATABASE = "DATABASE_URL must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
TO = "SMS_GATEWAY must hold {to} or {digits} where it holds {text}"
HOLES = "SMS_GATEWAY knows only {digits}, {id}, {minutes}, {text} and {to} between braces"
LIST = "SMS_GATEWAY must write # as %23, or name the list of received messages as #received=/PATH"
SINCE = "SMS_GATEWAY knows only {since} in #received="
SMS = "SMS_GATEWAY must begin with file: or twilio: or verimor: or http: or https:"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "mysql://u:hunter2@db/izin", DATABASE),
        ("DATABASE_URL", "sqlite://", DATABASE),
        ("DATABASE_URL", "sqlite:///:memory:", DATABASE),
        ("SMS_GATEWAY", "smtp://u:hunter2@mail.example", SMS),
        ("SMS_GATEWAY", "verimor://u:hunter2@api.example?from=IZIN#x", "SMS_GATEWAY must write # as %23"),
        ("SMS_GATEWAY", "https://h/send?to={to}&text={text}&key=hunter2", "SMS_GATEWAY must hold from=SENDER"),
        ("SMS_GATEWAY", "https://h/send?from=X&text={text}&key=hunter2", TO),
        ("SMS_GATEWAY", "https://h/send?from=X&to={to}&text={text}&key={hunter2}", HOLES),
        ("SMS_GATEWAY", "https://u:hunter2@h/send?from=X#hunter2", LIST),
        ("SMS_GATEWAY", "https://u:hunter2@h/send?from=X#received=/in?since={hunter2}", SINCE),
        ("SMS_GATEWAY", "verimor://u:hunter2#x@api.example?from=IZIN", f"SMS_GATEWAY {WELL_FORMED}"),
        ("SMS_GATEWAY", "twilio://AC1:hunter2@api.example", "SMS_GATEWAY must hold a user, a password and from=SENDER"),
        ("SMS_GATEWAY", "twilio:AC1?from=hunter2", "SMS_GATEWAY must name a host"),
        ("SMS_GATEWAY", "verimor://u:hunter2@h?form=X", "SMS_GATEWAY knows no options but from and scheme"),
        ("SMS_GATEWAY", "twilio://AC1:hunter2@h:x?from=X", f"SMS_GATEWAY {WELL_FORMED}"),
        ("SMS_GATEWAY", "file:", "SMS_GATEWAY must name a file after file:"),
        (
            "MAIL_GATEWAY",
            "twilio://a:hunter2@h?from=x",
            "MAIL_GATEWAY must begin with file: or smtp:",
        ),
        (
            "MAIL_GATEWAY",
            "smtp://:hunter2@mail.example",
            "MAIL_GATEWAY must hold both a user and a password, or neither",
        ),
    ],
)
def test_a_refused_url_is_not_repeated(name: str, value: str, sentence: str) -> None:
    said = refusal({**DEV, name: value})
    assert said == [sentence]
    assert "hunter2" not in " ".join(said)


def test_no_secret_shows_in_a_refusal_or_in_the_settings_themselves() -> None:
    secrets = {
        "SECRET_KEY": "5ecret-one-" * 4,
        "SECRET_KEY_PREVIOUS": "5ecret-two",
        "DATABASE_URL": "postgres://u:5ecret-three@db/izin",
        "SMS_GATEWAY": "twilio://AC5ecret:5ecret-four@api.twilio.com?from=+905320000001",
        "MAIL_GATEWAY": "smtp://5ecret:5ecret-five@mail.example:587",
    }
    with pytest.raises(Refused) as caught:
        load({**REAL, **secrets})
    assert "5ecret" not in f"{caught.value} {caught.value!r}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    settings = load({**secrets, "PUBLIC_URL": "http://127.0.0.1"})
    assert "5ecret" not in f"{settings} {settings!r}"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_becomes_sqlalchemys(scheme: str) -> None:
    settings = load({**DEV, "DATABASE_URL": f"{scheme}://u:p%40@db:5432/izin?sslmode=require"})
    assert settings.database_url == "postgresql+psycopg://u:p%40@db:5432/izin?sslmode=require"


def test_a_carriers_url_is_taken_apart() -> None:
    settings = load(
        {
            **DEV,
            "SMS_GATEWAY": "twilio://AC1:t%23k@127.0.0.1:8999?from=+905320000001&scheme=http",
            "MAIL_GATEWAY": "smtp://posta%40izin.example:pw@mail.example:587?from=izin@izin.example",
        }
    )
    assert settings.sms_gateway == Gateway("twilio", "127.0.0.1", 8999, "AC1", "t#k", "+905320000001", "", False)
    assert settings.mail_gateway == Gateway(
        "smtp", "mail.example", 587, "posta@izin.example", "pw", "izin@izin.example", ""
    )


def test_the_roots_of_time_stamps_are_looked_at_when_the_site_starts(tmp_path: Path) -> None:
    other, roots = tmp_path / "other", tmp_path / "roots.pem"
    other.write_text("no certificate")
    roots.write_text("-----BEGIN CERTIFICATE-----\n")
    assert load({**DEV, "TSA_ROOTS": str(roots)}).tsa_roots == roots
    for wrong in (other, tmp_path, tmp_path / "none"):
        said = refusal({**DEV, "TSA_ROOTS": str(wrong)})
        assert said == ["TSA_ROOTS must be a PEM file of certificates that can be read"]


def test_a_folder_is_no_witness_file(tmp_path: Path) -> None:
    assert load({**DEV, "WITNESS_FILE": str(tmp_path / "new")}).witness_file == tmp_path / "new"
    assert refusal({**DEV, "WITNESS_FILE": str(tmp_path)}) == ["WITNESS_FILE must be a file, not a folder"]


def test_networks_are_listed_with_commas() -> None:
    settings = load({**DEV, "TRUSTED_PROXY": "10.0.0.0/8, 2001:db8::1"})
    assert [str(network) for network in settings.trusted_proxy] == ["10.0.0.0/8", "2001:db8::1/128"]


def test_the_limits_of_sign_in_are_those_of_the_design_until_they_are_set() -> None:
    settings = load(DEV)
    assert (
        settings.code_minutes,
        settings.code_tries,
        settings.code_failures_per_day,
        settings.code_failures_in_all,
    ) == (
        10,
        5,
        10,
        100,
    )
    assert (settings.send_gap_seconds, settings.codes_sent_per_hour, settings.codes_sent_per_day) == (60, 5, 10)
    assert (settings.codes_sent_per_ip, settings.codes_sent_per_block, settings.codes_sent_budget) == (25, 30, 10_000)
    assert (settings.codes_sent_budget_sms, settings.codes_sent_budget_mail, settings.codes_sent_budget_call) == (
        10_000,
        10_000,
        3333,
    )
    fewer = load({**DEV, "CODES_SENT_BUDGET": "30", "CODES_SENT_BUDGET_MAIL": "7"})
    assert (fewer.codes_sent_budget_sms, fewer.codes_sent_budget_mail, fewer.codes_sent_budget_call) == (30, 7, 10)
    assert (settings.sms_pumping_sends, settings.sms_pumping_percent, settings.sms_pumping_minutes) == (50, 30, 60)
    assert settings.code_failures_alarm == 1000
    assert (settings.countries, settings.idle_minutes, settings.session_hours) == (("TR",), 15, 12)
    changed = load({**DEV, "COUNTRIES": "TR, DE", "SEND_GAP_SECONDS": "0", "CODE_TRIES": "7"})
    assert (changed.countries, changed.send_gap_seconds, changed.code_tries) == (("TR", "DE"), 0, 7)


def test_dotenv_is_read_in_development_behind_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    Path(".env").write_text(f"SITE_NAME=Deneme\nSECRET_KEY={KEY}\nPORT=9001\n", encoding="utf-8")
    monkeypatch.setenv("PORT", "9002")
    settings = load()
    assert (settings.site_name, settings.port, settings.keys) == ("Deneme", 9002, (KEY.encode(),))
    assert load({**DEV}).site_name == "İzin"


def test_an_unknown_name_in_dotenv_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(f"SECRET_KEY={KEY}\nSMS_GATWAY=hunter2\n")
    with pytest.raises(Refused) as caught:
        load()
    assert caught.value.sentences == ["SMS_GATWAY in .env is no setting of this program"]


@pytest.mark.parametrize("old", RENAMED)
def test_an_old_name_stops_the_start_with_the_new_one(
    old: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = RENAMED[old]
    assert refusal({**DEV, old: "7"}) == [f"{old} is called {new} now"]
    assert getattr(load({**DEV, new: "7"}), new.lower()) == 7
    assert load({**DEV, old: ""}) == load(DEV)
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    Path(".env").write_text(f"SECRET_KEY={KEY}\n{old}=7\n")
    with pytest.raises(Refused) as caught:
        load()
    assert caught.value.sentences == [f"{old} in .env is called {new} now"]


def test_a_real_site_does_not_read_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(f"SECRET_KEY={KEY}\n")
    for name, value in {**REAL, "SECRET_KEY": ""}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Refused) as caught:
        load()
    assert caught.value.sentences == ["SECRET_KEY is missing on an https site"]


def test_the_example_holds_every_setting_with_its_default() -> None:
    example = dotenv_values(ROOT / ".env.example")
    assert sorted(example) == sorted(name.upper() for name in Settings.model_fields)
    assert load({**DEV, **{name: value for name, value in example.items() if value}}) == load(DEV)
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert not re.search(r"^[A-Z_]+=.*[0-9a-f]{16}", text, re.MULTILINE), "no key in the example"
