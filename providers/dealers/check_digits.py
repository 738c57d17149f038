"""Check digits of Türkiye's numbers of people and taxpayers."""

from __future__ import annotations

IDENTITY, TAX, MERSIS = 11, 10, 16  # digits


def is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def is_identity_number(text: str) -> bool:
    """Whether 11 digits can be a TCKN (General Directorate of Civil Registration): no leading 0; the tenth is 7 times
    the sum of the odd places less that of the even ones to the eighth, modulo 10; the eleventh the sum of the first
    ten, modulo 10."""
    if not is_digits(text, IDENTITY) or text[0] == "0":
        return False
    digits = [int(digit) for digit in text]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[9] == tenth and digits[10] == sum(digits[:10]) % 10


def is_tax_number(text: str) -> bool:
    """Whether 10 digits can be a VKN (Revenue Administration): to the digit at place i of nine, 10 - i is added, modulo
    10; a 9 stays, others are multiplied by 2 to the power 10 - i, modulo 9; their sum and the last digit end in 0."""
    if not is_digits(text, TAX):
        return False
    total = 0
    for place, digit in enumerate(text[:9], 1):
        moved = (int(digit) + 10 - place) % 10
        total += moved if moved == 9 else moved * 2 ** (10 - place) % 9
    return (total + int(text[9])) % 10 == 0
