"""``python -m bench [names…]``: runs the benchmarks, shows and keeps their results.

BENCH_SCALE (or SCALE, as in ``make bench SCALE=full``) chooses how large they are."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from importlib import import_module
from pathlib import Path

from rich.console import Console

from bench import servers
from bench.child import ROOT
from bench.harness import LONG, SCALES, Row, save, scale, show

NAMES = (
    "importing",
    "uploading",
    "sharing",
    "waiting",
    "sizes",
    "growth",
    "proving",
    "publishing",
    "writing",
    "citizens",
    "listing",
    "starting",
    "links",
    "server",
    "minting",
    "erasing",
    "reading",
    "hooks",
    "programs",
    "quotas",
    "days",
    "panels",
    "postgresql",
    "toggling",
    "requesting",
    "syncing",
    "keeping",
    "lasting",
)


def main() -> None:
    """Runs what was asked for; the results of the others are left out of the file."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], metavar="|".join(NAMES))
    parser.add_argument("--scale", default=os.environ.get("BENCH_SCALE") or os.environ.get("SCALE") or "default")
    parser.add_argument("--folder", type=Path, help="where what is loaded stays for the next run; on a disk")
    asked = parser.parse_args()
    if asked.scale not in SCALES:
        parser.error(f"the scale is one of {', '.join(SCALES)}")
    console = Console(width=None if os.isatty(1) else 160)
    folder = asked.folder or _folder()
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    size = scale(asked.scale, folder)
    try:
        for name in asked.names or NAMES:
            began = time.monotonic()
            found = import_module(f"bench.{name}").run(size)
            console.print(f"[dim]{name}: {time.monotonic() - began:.0f} s[/]")
            rows += found
            if size.name == LONG:  # what hours have brought is not lost with the rest
                show(found, console)
            save(rows, size, Path(__file__).with_name("results.json"))
    finally:
        if not asked.folder:
            servers.drop(size)
            shutil.rmtree(folder, ignore_errors=True)
    show(rows, console)


def _folder() -> Path:
    """A folder on the disk the registry itself would lie on: /tmp is memory on many machines."""
    (ROOT / "var").mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "var"))


if __name__ == "__main__":
    main()
