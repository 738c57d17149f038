"""The invented companies of izin/demo/brands.csv: one row a brand, the first of each provider its master brand.
Codes have six digits as at İYS; a MERSİS number comes from the provider's code."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from consents.brands import companies
from consents.store import Transaction

_FILE = Path(__file__).with_name("brands.csv")


class ExampleBrand(NamedTuple):
    """A row of the file; ``company``: on master brands only, ``dealers``: the provider's own code -> title."""

    provider: int
    company: str
    code: int
    title: str
    names: tuple[str, ...]
    headers: tuple[str, ...]
    dealers: dict[str, str]

    def add(self, transaction: Transaction) -> None:
        """Records the brand, its dealers and, with its master brand, the provider."""
        if self.company:
            companies.add_provider(transaction, self.provider, self.company, f"9999{self.provider}000015")
        companies.add_brand(
            transaction,
            self.provider,
            self.code,
            self.title,
            names=self.names,
            headers=self.headers,
            example=True,
        )
        for external, title in self.dealers.items():
            companies.add_dealer(transaction, self.code, title, external)


def read() -> list[ExampleBrand]:
    """The brands in the order of the file."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return [_brand(row) for row in csv.DictReader(file)]


def _brand(row: dict[str, str]) -> ExampleBrand:
    dealers = (dealer.partition("=") for dealer in row["dealers"].split("|") if dealer)
    return ExampleBrand(
        int(row["provider"]),
        row["company"],
        int(row["code"]),
        row["title"],
        tuple(row["names"].split()),
        (row["headers"],) if row["headers"] else (),
        {external: title for external, _, title in dealers},
    )
