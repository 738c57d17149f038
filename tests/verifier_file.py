"""optout/izin-verify.html: the hashes of its script and style in its own policy, and its own in both READMEs.

``python -m tests.verifier_file`` writes them after the file was edited; a test compares.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from optout.verifier_file import FILE
from tests import ROOT

READMES = [ROOT / "README.md", ROOT / "README.tr.md"]


def hashed(text: str) -> str:
    """The page with the hashes that its parts have."""
    for part in ("script", "style"):
        (inner,) = re.findall(f"<{part}>(.*?)</{part}>", text, re.DOTALL)
        value = b64encode(sha256(inner.encode()).digest()).decode()
        text = re.sub(f"({part}-src 'sha256-)[^']*", lambda found, value=value: found[1] + value, text, count=1)
    return text


def with_digest(readme: str, page: str) -> str:
    """A README with the digest of the page."""
    return re.sub(r"`[0-9a-f]{64}`", f"`{sha256(page.encode()).hexdigest()}`", readme)


if __name__ == "__main__":
    whole = hashed(FILE.read_text(encoding="utf-8"))
    FILE.write_text(whole, encoding="utf-8")
    for file in READMES:
        file.write_text(with_digest(file.read_text(encoding="utf-8"), whole), encoding="utf-8")
