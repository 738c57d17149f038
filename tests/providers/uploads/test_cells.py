"""What is around the text of a cell."""

from __future__ import annotations

import sys

from providers.uploads import date_forms


def test_every_space_of_unicode_is_taken_off() -> None:
    spaces = "".join(filter(str.isspace, map(chr, range(sys.maxunicode + 1))))
    assert date_forms.trimmed(spaces + "ONAY" + spaces) == "ONAY"
    assert all(date_forms.trimmed(space) == "" for space in spaces)
