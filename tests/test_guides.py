"""The guides for developers in Turkish (docs/tr): what a reader copies from them is what the English ones have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from providers.openapi import guide
from providers.openapi.guide import STEPS, SnippetValues
from tests import ROOT

DOCS = ROOT / "docs"
WHOLE = (
    "api.md",
    "from-iys.md",
    "national.md",
    "sms.md",
)  # translated section by section; the others are pages of their own
TURKISH = sorted((DOCS / "tr").glob("*.md"))
HEADING = re.compile(r"^(#+) ", re.MULTILINE)
BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
REMARK = re.compile(r"  +# .*$", re.MULTILINE)  # behind a command, in the language of the guide
CODE = re.compile(r"\b[HZ]\d{3,4}\b")
INLINE = re.compile(r"`([^`]+)`")
VALUES = SnippetValues(
    "https://izin.example", "600100", "600101", "cinar-crm", "PASSWORD", "PUSH_PASSWORD", "whsec_SECRET"
)


def sections(path: Path) -> list[tuple[int, str]]:
    """Level and text of each section, its heading first; headings within blocks are none."""
    plain = BLOCK.sub(lambda block: re.sub("^#", "§", block[0], flags=re.MULTILINE), path.read_text("utf-8"))
    starts = list(HEADING.finditer(plain))
    ends = [one.start() for one in starts[1:]] + [len(plain)]
    return [(len(one[1]), plain[one.start() : end]) for one, end in zip(starts, ends, strict=True)]


def commands(text: str) -> list[str]:
    """The blocks, with the place of each remark alone."""
    return [REMARK.sub("  #", one) for one in BLOCK.findall(text)]


def copied(text: str) -> set[str]:
    """Codes, and what stands between backticks, blanks and line ends alike."""
    bare = BLOCK.sub("", text)
    return {*CODE.findall(bare), *(" ".join(one.split()) for one in INLINE.findall(bare))}


@pytest.mark.parametrize("name", WHOLE)
def test_a_guide_has_the_same_in_both_languages(name: str) -> None:
    """Headings, blocks, rows of tables, items of lists, codes, commands and fields, section by section."""
    ours, theirs = sections(DOCS / "tr" / name), sections(DOCS / name)
    assert [level for level, _ in ours] == [level for level, _ in theirs]
    for (_, own), (_, other) in zip(ours, theirs, strict=True):
        name = other.partition("\n")[0]
        assert commands(own) == commands(other), name
        for line in (r"^\|", r"^ *- ", r"^\*\*"):
            assert len(re.findall(line, own, re.MULTILINE)) == len(re.findall(line, other, re.MULTILINE)), (name, line)
        assert copied(own) == copied(other), name


@pytest.mark.parametrize("path", ["docs/api.md", "docs/tr/api.md"])
def test_the_first_calls_are_the_guides(path: str) -> None:
    parts = guide.fill("curl", VALUES)
    text = (ROOT / path).read_text("utf-8")
    assert "```bash\n" + "\n".join(parts[step] for step in STEPS) + "\n```" in text


@pytest.mark.parametrize("path", TURKISH, ids=lambda path: path.name)
def test_each_link_of_a_turkish_guide_leads_to_a_file(path: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")) if not link.startswith("http")]
    assert links
    assert all((path.parent / link).exists() for link in links)
