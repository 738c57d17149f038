"""The tables of the registry; migrations follow them (tests/test_house.py). Importing one module loads all, because
foreign keys need them."""

from sqlmodel import SQLModel

from consents.tables import (
    business_tables,
    company_tables,
    count_tables,
    dealer_tables,
    history_tables,
    recipient_tables,
    registry_tables,
)

__all__ = [
    "business_tables",
    "company_tables",
    "count_tables",
    "dealer_tables",
    "history_tables",
    "metadata",
    "recipient_tables",
    "registry_tables",
]

metadata = SQLModel.metadata
