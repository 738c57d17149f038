"""The tables of the registry, by subject. Migrations follow them (tests/test_house.py holds the two together).

Hot paths read and write these tables by statements built once (consents/store), not by objects of these classes.
Whoever imports one of these modules has the tables of all of them, as foreign keys need.
"""

from sqlmodel import SQLModel

from consents.tables import (
    company_tables,
    count_tables,
    dealer_tables,
    history_tables,
    recipient_tables,
    registry_tables,
    worker_tables,
)

__all__ = [
    "company_tables",
    "count_tables",
    "dealer_tables",
    "history_tables",
    "metadata",
    "recipient_tables",
    "registry_tables",
    "worker_tables",
]

metadata = SQLModel.metadata
