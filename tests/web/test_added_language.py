"""A further language is a catalogue and its keywords: two files, and the site, an SMS and a command speak it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po

from consents import languages
from consents.brands.sms_words import Sense
from tests import ROOT

ADDED = "az"  # before "en" in the alphabet, and yet behind it in the list
CATALOGUE = f"{ADDED}/LC_MESSAGES/messages.po"
KEYWORDS = f"{ADDED}/keywords.toml"
ROOMS = (
    *(
        "asking",
        "citizen",
        "consents",
        "evidence",
        "gateways",
        "izin",
        "locales",
        "national",
        "optout",
        "panel",
        "providers",
    ),
    *("settings", "static", "templates", "trust", "web"),
)
SITE = """
import os
from pathlib import Path

from consents.languages import COMPLETE, LANGUAGES, in_all
from web.rendering import texts
from web.rendering.drawing import environment

assert list(COMPLETE) == ["tr", "en", "az"], COMPLETE
assert LANGUAGES["az"] == "Invented"
assert texts.negotiate("az-AZ,az;q=0.9,en;q=0.5") == "az"
assert [code for code, _, _ in texts.others("tr", "", among=COMPLETE)] == ["en", "az"]
macros = environment("az", (Path("templates"),)).get_template("pages/_parts.html").module
print(macros.channel("ARAMA").strip()[-19:])
print(in_all("Bekleyen bir şey yok"))
"""
SMS = """
from gateways.twilio.twiml import VOICES
from optout.phrases import phrase
from optout.sms.reader.keywords import SmsIntent, read
from trust.codes import shown_texts

for text, intent in (("AZDUR", SmsIntent.RET), ("AZGERI", SmsIntent.UNDO), ("AZKOMEK", SmsIntent.HELP)):
    reading = read(text, {})
    assert (reading.intent, reading.language) == (intent, "az"), (text, reading)
assert read("STOP", {}).language == "en"
assert read("RET", {}).language == "tr"
assert shown_texts.read("AZGIRIS 7K3M-92Q7").language == "az"
assert VOICES["az"] == "az-AZ"
print(phrase("sms.help", read("AZKOMEK", {}).language)[:9])
print(phrase("voice.goodbye", "az"))
"""
COMMAND = """
import sys
from izin.cli import main

sys.argv = ["izin", *sys.argv[1:]]
main()
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A copy of the product with the invented language; both its files are new, and no other differs."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    catalog = read_po(BytesIO((ROOT / "locales" / "en" / "LC_MESSAGES" / "messages.po").read_bytes()), locale="en")
    for message in catalog:
        if message.id and isinstance(message.id, str):
            message.string = f"{ADDED}: {message.id}"
    written = BytesIO()
    write_po(written, catalog, width=110, no_location=True)
    text = written.getvalue().decode().replace("Language-Team: English", "Language-Team: Invented")
    words = 'command = "AZDUR"\nhelp = "AZKOMEK"\nstatus = "AZHAL"\n'
    files = {
        CATALOGUE: text,
        KEYWORDS: f'sign-in = "AZGIRIS"\ncancel = "AZLEGV"\nundo = "AZGERI"\nvoice = "az-AZ"\n\n[words]\n{words}',
    }
    for name, content in files.items():
        path = tmp_path / "locales" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


def run(here: Path, program: str, *arguments: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=here,
        env={"PYTHONPATH": str(here), "PYTHONDONTWRITEBYTECODE": "1", **env},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_site_speaks_it(here: Path) -> None:
    channel, nothing = run(here, SITE).splitlines()
    assert channel == "az: Telefonla arama"
    assert nothing == "Bekleyen bir şey yok / nothing waits / az: Bekleyen bir şey yok"


def test_an_sms_and_a_call_speak_it(here: Path) -> None:
    assert run(here, SMS).splitlines() == ["az: RET v", "az: İyi günler."]


def test_a_command_speaks_it(here: Path) -> None:
    env = {"DATABASE_URL": f"sqlite:///{here / 'izin.db'}", "SECRET_KEY": "k" * 64}
    assert run(here, COMMAND, "migrate", **env).startswith("Yeni veritabanı / new database / az: Yeni veritabanı: ")
    reply = run(here, COMMAND, "sms", "AZKOMEK", "--sender", "+905320000001", **env)
    assert reply.startswith("az: RET v"), reply


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_every_language_has_its_keywords(language: str) -> None:
    found = languages.keywords(language)
    assert {"sign-in", "cancel", "undo"} <= found.keys()
    assert re.fullmatch(r"[a-z]{2}-[A-Z]{2}", found["voice"] if languages.voiced(language) == language else "en-US")
    assert {"command", "no", "all", "call", "status", "waiting", "help", "yes"} <= found["words"].keys()
    assert len({languages.keywords(one)["undo"] for one in languages.LANGUAGES}) == len(languages.LANGUAGES)


@pytest.mark.parametrize("language", languages.understood())
def test_every_word_of_a_language_has_a_sense(language: str) -> None:
    assert {name.upper() for name in languages.keywords(language)["words"]} <= {sense.name for sense in Sense}


def test_a_text_of_before_the_language_is_read_in_turkish(here: Path) -> None:
    program = """
import json
from consents.languages import form_of, in_all
print(json.dumps([form_of("eski / old", one) for one in ("tr", "en", "az")] + [form_of(in_all("Satır"), "az")]))
"""
    assert json.loads(run(here, program)) == ["eski", "old", "eski", "az: Satır"]
