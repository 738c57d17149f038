"""The file that [plugin.izin] names: where İzin is, and which lists belong to which brand."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path
from typing import NamedTuple


class List(NamedTuple):
    """``brand``: its brandCode; ``wording``: what subscribers read before they confirm; ``source``: an İYS code."""

    brand: str
    wording: str
    version: str
    source: str


class Settings(NamedTuple):
    """``lists``: by List-ID, such as kampanya.example.com."""

    url: str
    user: str
    password: str
    iys: str
    lists: dict[str, List]

    @property
    def brands(self) -> dict[str, list[str]]:
        """brandCode -> its List-IDs."""
        found: dict[str, list[str]] = {}
        for name, one in self.lists.items():
            found.setdefault(one.brand, []).append(name)
        return found


def read(path: str) -> Settings:
    """Errors: ValueError with what is missing, OSError."""
    parser = ConfigParser(interpolation=None)
    with Path(path).open(encoding="utf-8") as file:
        parser.read_file(file)
    lists = {}
    for section in parser.sections():
        kind, _, name = section.partition(" ")
        if kind == "list":
            one = parser[section]
            lists[name.strip()] = List(
                _value(one, "brand"), _value(one, "wording"), _value(one, "version"), one.get("source", "HS_WEB")
            )
    site = parser["izin"]
    url = _value(site, "url").rstrip("/")
    if not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise ValueError(f"{path}: url must begin with https://")
    return Settings(url, _value(site, "user"), _value(site, "password"), _value(site, "iys"), lists)


def _value(section: object, name: str) -> str:
    value = section.get(name, "").strip()  # type: ignore[attr-defined]
    if not value:
        raise ValueError(f"[{section.name}] needs {name}")  # type: ignore[attr-defined]
    return value
