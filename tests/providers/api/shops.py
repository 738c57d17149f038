"""Dealers as programs add them."""

from __future__ import annotations

from typing import Any

from tests.providers.api.desk import CINAR, Program, brand


def identity_number(number: int) -> str:
    """A TCKN that nobody has, but could by its check digits."""
    digits = [int(digit) for digit in f"1000{number:05}"]
    digits.append((7 * sum(digits[0::2]) - sum(digits[1::2])) % 10)
    return "".join(map(str, [*digits, sum(digits) % 10]))


def shop(number: int = 1, **other: Any) -> dict[str, Any]:
    """A dealer with all that İYS asks of it; None leaves a field out."""
    plain = {
        "title": f"Örnek Ticaret {number} Ltd. Şti.",
        "name": "Ayşe Örnek",
        "tckn": identity_number(number),
        "tin": "4540536920",
        "city": {"code": "34", "name": "İstanbul"},
        "town": {"code": "429", "name": "Kadıköy"},
    } | other
    return {name: value for name, value in plain.items() if value is not None}


def add_shop(program: Program, number: int = 1, code: int = CINAR) -> int:
    """Adds one to a brand; its retailerCode."""
    answer = program.post(f"{brand(code)}/retailers", shop(number))
    assert answer.status_code == 201, answer.text
    return int(answer.json()["retailerCode"])
