"""What a browser calls itself, in two words: enough to recognise one's own, too little to follow anybody."""

from __future__ import annotations

_PROGRAMS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def label(agent: str) -> str:
    """Of a User-Agent, as "Firefox, Linux"; "–" where nothing is known of it."""
    named = [next((name for sign, name in known if sign in agent), "") for known in (_PROGRAMS, _SYSTEMS)]
    return ", ".join(filter(None, named)) or "–"
