"""What is around the text of a cell."""

from __future__ import annotations

import sys

from providers.uploads import cells


def test_every_space_of_unicode_is_taken_off() -> None:
    spaces = "".join(filter(str.isspace, map(chr, range(sys.maxunicode + 1))))
    assert cells.trimmed(spaces + "ONAY" + spaces) == "ONAY"
    assert all(cells.trimmed(space) == "" for space in spaces)
