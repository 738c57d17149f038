"""``izin links``, ``izin poster`` and ``izin mail-headers`` as an operator types them."""

from __future__ import annotations

import csv
import os
from io import StringIO
from pathlib import Path

from izin.operations import link_commands
from tests.conftest import Run


def test_a_link_for_each_address_and_a_word_for_each_that_is_none(run: Run, brand: int, tmp_path: Path) -> None:
    lines = "\ufeff0532 000 00 01\n\n+905320000002\n0532 *** ** 03\nali@example.com\n5,32E+09\n0532 000 00 01\n"
    (tmp_path / "a.txt").write_text(lines, encoding="utf-8")
    done = run(
        "links", "--brand", str(brand), "--channel", "MESAJ", "--addresses", "a.txt", PUBLIC_URL="http://izin.test"
    )
    assert done.returncode == 3
    rows = list(csv.reader(StringIO(done.stdout)))
    assert rows[0] == ["address", "url"]
    assert [row[0] for row in rows[1:]] == ["+905320000001", "+905320000002", "+905320000001"]
    assert all(row[1].startswith("http://izin.test/k/") and len(row[1]) == 33 for row in rows[1:])
    told = done.stderr.splitlines()
    assert [line.partition(":")[0] for line in told] == ["satır / line 4", "satır / line 5", "satır / line 6"]
    assert "kanal" in told[1]
    assert "ali@" not in done.stderr
    fine = run("links", "--brand", str(brand), "--channel", "arama", "--addresses", "a.txt")
    assert fine.returncode == 3
    (tmp_path / "b.txt").write_text("ali@example.com")
    assert run("links", "--brand", str(brand), "--channel", "EPOSTA", "--addresses", "b.txt").returncode == 0


def test_a_file_that_cannot_be_read_and_a_brand_that_is_none(run: Run, brand: int, tmp_path: Path) -> None:
    (tmp_path / "utf16.txt").write_bytes("0532 000 00 01".encode("utf-16"))
    for name in ("none.txt", "utf16.txt", "."):
        done = run("links", "--brand", str(brand), "--channel", "MESAJ", "--addresses", name)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
        assert len(done.stderr.splitlines()) == 1
    assert run("links", "--brand", "7", "--channel", "MESAJ", "--addresses", "utf16.txt").returncode == 1
    assert run("links", "--brand", str(brand), "--channel", "SMS", "--addresses", "utf16.txt").returncode == 2
    assert run("acts", "--what", "links-minted").stdout == "", "nobody has got a link"


def test_a_pipe_is_not_read_twice_to_count_its_lines() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"0532 000 00 01\n")
    os.close(writing)
    with open(reading, encoding="utf-8-sig") as stream:
        assert link_commands._count(stream) is None
        assert stream.read() == "0532 000 00 01\n"


def test_header_fields_of_one_mail_and_of_many(run: Run, brand: int, tmp_path: Path) -> None:
    one = run("mail-headers", "--brand", str(brand), text="Ali@example.com\n", PUBLIC_URL="http://izin.test")
    fields = dict(line.split(": ", 1) for line in one.stdout.splitlines())
    assert list(fields) == ["List-Unsubscribe", "List-Unsubscribe-Post"]
    assert fields["List-Unsubscribe"].startswith("<http://izin.test/u/")
    assert fields["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "ali" not in fields["List-Unsubscribe"]
    (tmp_path / "a.txt").write_text("ali@example.com\nveli@example.com\n0532 000 00 01\n")
    many = run("mail-headers", "--brand", str(brand), "--addresses", "a.txt", PUBLIC_URL="http://izin.test")
    rows = list(csv.DictReader(StringIO(many.stdout)))
    assert (many.returncode, len(rows)) == (3, 2)
    assert rows[0]["List-Unsubscribe"] == fields["List-Unsubscribe"]
    assert run("mail-headers", "--brand", str(brand), text="0532 000 00 01\n").returncode == 2


def test_a_poster_to_print_in_either_language(run: Run, brand: int, tmp_path: Path) -> None:
    made = [run("poster", "--brand", str(brand), "--out", f"{word}.pdf", "--language", word) for word in ("tr", "en")]
    assert [(done.returncode, done.stdout) for done in made] == [(0, "tr.pdf\n"), (0, "en.pdf\n")]
    files = [(tmp_path / f"{word}.pdf").read_bytes() for word in ("tr", "en")]
    assert [file[:5] for file in files] == [b"%PDF-", b"%PDF-"]
    assert files[0] != files[1]
    for words, status, told in (
        (("--brand", "7", "--out", "a.pdf"), 1, "izin brand add"),
        (("--brand", str(brand), "--out", "none/a.pdf"), 2, "none/a.pdf"),
        (("--brand", str(brand), "--out", "a.pdf", "--language", "nl"), 2, "tr, en"),
    ):
        done = run("poster", *words, COLUMNS="200")
        assert (done.returncode, told in done.stderr, "Traceback" in done.stderr) == (status, True, False)
    assert not (tmp_path / "a.pdf").exists()
