"""XLSX workbooks as blocks of records, read by a bounded process of their own (``workbook.py``)."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from providers.uploads.files import workbook
from providers.uploads.files.row_refusals import BadFile

_UNPACKED = 1 << 30  # bytes an archive may declare: a full sheet of seven columns unpacks to about 600 MB
_MEMBERS = 2_000


def row_blocks(path: Path) -> Iterator[list[list[str]]]:
    """The first visible sheet, about 2,000 rows at a time, every row of the same width. BadFile: too large, or
    not readable."""
    _refuse_bomb(path)
    command = [sys.executable, "-I", workbook.__file__, str(path.absolute())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as reader:  # noqa: S603
        try:
            for line in reader.stdout or ():
                if line.endswith(b"\n"):  # else the process was ended in the middle of it
                    yield json.loads(line)
            code = reader.wait()
        finally:
            reader.kill()  # nothing to do unless the rows are no longer wanted
    if code == workbook.UNREADABLE:
        raise _unreadable()
    if code:
        raise _too_large()


def _refuse_bomb(path: Path) -> None:
    """Refuse by what the archive declares, before anything is unpacked; what it hides meets the reader's own limits."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise _unreadable() from error
    if len(members) > _MEMBERS or sum(member.file_size for member in members) > _UNPACKED:
        raise _too_large()


def _unreadable() -> BadFile:
    return BadFile(
        "not_csv",
        "Çalışma kitabı okunamadı ya da görünür sayfası yok. Excel'de açıp yeniden kaydedin.",
        "The workbook cannot be read or has no visible sheet. Open it in Excel and save it again.",
    )


def _too_large() -> BadFile:
    return BadFile(
        "too_large",
        "Çalışma kitabı çok büyük. İlk sayfayı «CSV UTF-8» olarak kaydedip onu yükleyin.",
        "The workbook is too large. Save its first sheet as “CSV UTF-8” and load that.",
    )
