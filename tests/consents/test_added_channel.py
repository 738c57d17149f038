"""A channel that is added to the closed list has keys of its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

ADDED = ("WHATSAPP", "RCS", "FAKS", "KEP", "TELEKS")
LAST = '    EPOSTA = "EPOSTA", 2\n'
PROGRAM = """
import itertools, json, sqlite3
from consents import state
from consents.terms import Channel, Identity

keys = [*itertools.product((1, 2, 3, 2**40), [c.code for c in Channel], [i.code for i in Identity])]
database = sqlite3.connect(":memory:")
database.execute(f"CREATE TABLE consent ({state.COLUMNS})")
database.executemany("INSERT INTO consent (recipient, brand, channel, identity) VALUES (?, 7, ?, ?)", keys)
query = state._OF_KEY.replace("FROM consent", "FROM json_each(:keys) CROSS JOIN consent")
found = []
for key in keys:
    rows = database.execute(query, {"keys": json.dumps([state.packed(*key)]), "brand": 7}).fetchall()
    found.append([list(key), [[row[0], *row[2:4]] for row in rows]])
print(json.dumps(found))
"""


@pytest.mark.parametrize("count", range(len(ADDED) + 1))
def test_each_key_names_itself_alone(tmp_path: Path, count: int) -> None:
    for room in ("consents", "locales"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    terms = tmp_path / "consents" / "terms.py"
    text = terms.read_text(encoding="utf-8")
    assert text.count(LAST) == 1
    more = "".join(f'    {name} = "{name}", {number}\n' for number, name in enumerate(ADDED[:count], 3))
    terms.write_text(text.replace(LAST, LAST + more), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) == 4 * (3 + count) * 2
    assert [key for key, rows in found if rows != [key]] == []


# -- what decides by channel -------------------------------------------------------------------------------------------

# Files of the product that name a channel, beside the list, and why: a table that ``answered`` checks, or a way that is
# one channel's own. All others read consents/channels.py.
NAMING = {
    "consents/channels.py": "what each is",
    "asking/message_texts.py": "an SMS for each set of a number's channels",
    "citizen/alerts/approval_notices.py": "a checked table",
    "izin/demo/story.py": "a checked table, and invented people",
    "izin/demo/play.py": "an SMS of the demo",
    "izin/operations/link_commands.py": "a link for a mail",
    "optout/mail_door.py": "mails refuse mails",
    "optout/mailbox_door.py": "mails refuse mails",
    "optout/sms/approving.py": "ONAY by SMS is about SMS",
    "optout/sms/questions.py": "ONAY by SMS is about SMS",
    "optout/sms/reader/keywords.py": "a checked table",
    "optout/sms/refusing.py": "RET alone is about what it came by",
    "optout/voice/dialogue.py": "key 1 is about calls",
    "panel/partners/partner_pages.py": "a checked table",
    "providers/about/link_calls.py": "İYS's call for mails",
    "providers/feedback/events.py": "mails and messages of other services",
    "providers/callers/partners.py": "a checked table: columns of a grant",
}
# What has no answer for a channel that stands in the list and in SPECS: the rest of what is to be done for it.
LACKING = {
    "citizen/alerts/approval_notices.py",
    "izin/demo/story.py",
    "panel/partners/partner_pages.py",
    "providers/callers/partners.py",
}
# The same for one that an SMS refuses.
LACKING_BY_SMS = LACKING | {"optout/phrases.py", "optout/sms/reader/keywords.py"}
ASKING = """
import importlib, json, sys, traceback
from pathlib import Path

from consents import channels
from consents.terms import Channel

lacking = set()


class Whatever(dict):
    "Stands for a table with every answer, so that what lacks one hides no other."

    def __missing__(self, channel):
        return next(iter(self.values()))


def answered(table, needed=Channel):
    needed = list(needed)
    if any(channel not in table for channel in needed):
        lacking.add(str(Path(sys._getframe(1).f_code.co_filename).relative_to(Path.cwd())))
    found = Whatever(table)
    return Whatever({channel: found[channel] for channel in needed})


channels.answered = answered
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ValueError as fault:  # as many names as there were channels
        lacking.add(str(Path(traceback.extract_tb(fault.__traceback__)[-1].filename).relative_to(Path.cwd())))
print(json.dumps(sorted(lacking)))
"""
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
SPEC = "        Channel.EPOSTA: ChannelSpec("


def modules() -> list[str]:
    tracked = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [Path(line) for line in tracked.stdout.split()]
    found = [path for path in paths if path.parts[0] in ROOMS and "migrations" not in path.parts]
    return [".".join(path.with_suffix("").parts) for path in found if path.stem not in ("__main__", "__init__")]


def tree(tmp_path: Path, spec: str = "") -> Path:
    """A copy of the product with the channel WHATSAPP, and ``spec`` for it."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    for file, after, new in (
        ("consents/terms.py", LAST, '    WHATSAPP = "WHATSAPP", 3\n'),
        ("consents/channels.py", "SPECS = answered(\n    {\n", spec),
    ):
        text = (tmp_path / file).read_text(encoding="utf-8")
        assert text.count(after) == 1
        (tmp_path / file).write_text(text.replace(after, after + new), encoding="utf-8")
    return tmp_path


def run(here: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=here,
        env={"PYTHONPATH": str(here), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )


def spec(phrase: str) -> str:
    """That of SMS, for another channel."""
    text = (ROOT / "consents" / "channels.py").read_text(encoding="utf-8")
    first = text.index("        Channel.MESAJ: ChannelSpec(")
    made = text[first : text.index(SPEC)].replace("Channel.MESAJ", "Channel.WHATSAPP")
    assert made.count('phrase="texts"') == 1
    return made.replace('phrase="texts"', f'phrase="{phrase}"').replace('mark("SMS")', 'mark("WhatsApp")')


def test_nothing_starts_without_what_the_channel_is(tmp_path: Path) -> None:
    done = run(tree(tmp_path), "import consents.channels")
    assert "LookupError: no answer for WHATSAPP" in done.stderr


@pytest.mark.parametrize(("phrase", "places"), [("", LACKING), ("whatsapp", LACKING_BY_SMS)])
def test_every_place_without_an_answer_for_it_is_named(tmp_path: Path, phrase: str, places: set[str]) -> None:
    here = tree(tmp_path, spec(phrase))
    done = run(here, ASKING, *modules())
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == places


def test_pages_show_it_by_its_own_words(tmp_path: Path) -> None:
    program = """
from pathlib import Path
from web.rendering.drawing import environment

for language in ("tr", "en"):
    made = environment(language, (Path("templates"),))
    macros = made.get_template("pages/_parts.html").module
    names = [name for name, _ in made.globals["channel_names"]]
    print(macros.channel("WHATSAPP").strip(), macros.channel("MESAJ").strip(), names)
"""
    done = run(tree(tmp_path, spec("")), program)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert len(lines) == 2
    for line in lines:
        assert all(word in line for word in ("WhatsApp", "SMS", "'WHATSAPP'")), line


def test_no_other_file_names_a_channel() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    found = {
        path
        for path in tracked
        if path.split("/")[0] in ROOMS and path.endswith(".py") and (ROOT / path).exists()
        if re.search(r"\bChannel\.(ARAMA|MESAJ|EPOSTA)\b", (ROOT / path).read_text(encoding="utf-8"))
    }
    assert found == NAMING.keys()
    pages = [path for path in tracked if path.startswith("templates/") and (ROOT / path).exists()]
    named = re.compile(r"[\"'](ARAMA|MESAJ|EPOSTA)[\"']")
    assert [path for path in pages if named.search((ROOT / path).read_text(encoding="utf-8"))] == []
