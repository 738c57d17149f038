"""The forms of the pages, read as a person reads them."""

from __future__ import annotations

import html
import re

import httpx2

from panel.rights import Membership, Permission, Role
from tests.panel.office import CINAR

AT = f"/panel/{CINAR}"
OWNER = Membership(Role.OWNER, Permission.MEMBER)


def seen(answer: httpx2.Response) -> str:
    """The mark of what a page shows."""
    found = re.search(r'name="seen" value="([0-9a-f]{20})"', answer.text)
    assert found, answer.text
    return found[1]


def error_at(answer: httpx2.Response, place: str) -> str:
    """What stands as the error of an input."""
    found = re.search(rf'id="{re.escape(place)}-error">(.*?)</span>', answer.text, re.S)
    assert found, f"no error at {place}"
    assert re.search(rf'id="{re.escape(place)}"[^>]*aria-invalid="true"', answer.text), place
    return html.unescape(re.sub("<.*?>", "", found[1]))
