"""A disk whose power can be cut: a folder, and beside it what fsync has made durable (see fsyncshadow.c)."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

PAGE, SECTOR = 4096, 512
INDEX = "-shm"  # SQLite's index of its log is rebuilt after every crash; nothing in it has to last


class PageCache:
    """The computer stays up and only programs are killed: what they wrote is kept. The same methods as ``Disk``."""

    def __init__(self, folder: Path) -> None:
        self.live, self._image = folder / "live", folder / "image"

    def boot(self, source: Path) -> None:
        """Fills ``live`` with the files of ``source``. No program may be running."""
        shutil.rmtree(self.live, ignore_errors=True)
        shutil.copytree(source, self.live)

    def image(self, torn: random.Random | None = None) -> Path:
        """What the kill leaves, as a folder: everything that was written."""
        shutil.rmtree(self._image, ignore_errors=True)
        shutil.copytree(self.live, self._image)
        return self._image

    def unsynced(self) -> dict[str, list[int]]:
        """Nothing that could be lost."""
        return {}


class Disk:
    """``live`` is the folder programs work in; ``shadow`` holds what would survive."""

    def __init__(self, folder: Path) -> None:
        self.live, self.shadow, self._image = folder / "live", folder / "shadow", folder / "image"

    def boot(self, source: Path) -> None:
        """Fills the disk with the files of ``source``, every byte of them durable. No program may be running."""
        shutil.rmtree(self.shadow, ignore_errors=True)
        shutil.rmtree(self.live, ignore_errors=True)
        shutil.copytree(source, self.live)
        for part in ("inodes", "names", "dirty"):
            (self.shadow / part).mkdir(parents=True)
        for file in self.live.iterdir():
            durable = self.shadow / "inodes" / str(file.stat().st_ino)
            shutil.copyfile(file, durable)
            os.link(durable, self.shadow / "names" / file.name)

    def image(self, torn: random.Random | None = None) -> Path:
        """What a power cut leaves, as a folder; the programs must have been killed.

        With ``torn`` a part of the unsynced sectors is there too, picked by chance: a disk writes its cache back in
        an order of its own.
        """
        shutil.rmtree(self._image, ignore_errors=True)
        shutil.copytree(self.shadow / "names", self._image)
        if torn is not None:
            for name, pages in self.unsynced().items():
                _tear(self.live / name, self._image / name, pages, torn)
        return self._image

    def unsynced(self) -> dict[str, list[int]]:
        """Numbers of the pages that were written and not yet made durable, by the file's name."""
        found: dict[str, list[int]] = {}
        for file in self.live.iterdir():
            marks = self.shadow / "dirty" / str(file.stat().st_ino)
            if file.name.endswith(INDEX) or not marks.exists():
                continue
            count = -(-file.stat().st_size // PAGE)
            with marks.open("rb") as stream:
                pages = [number for number, mark in enumerate(stream.read(count)) if mark]
            if pages and self._same_file(file):
                found[file.name] = pages
        return found

    def _same_file(self, file: Path) -> bool:
        durable, entry = self.shadow / "inodes" / str(file.stat().st_ino), self.shadow / "names" / file.name
        return entry.exists() and entry.samefile(durable)


def _tear(live: Path, left: Path, pages: list[int], torn: random.Random) -> None:
    with live.open("rb") as source, left.open("r+b") as target:
        for page in pages:
            if torn.random() < 0.5:
                continue
            for place in range(page * PAGE, (page + 1) * PAGE, SECTOR):
                if torn.random() < 0.7:
                    source.seek(place)
                    target.seek(place)
                    target.write(source.read(SECTOR))
