"""How long one statement may take on PostgreSQL, in seconds."""

from __future__ import annotations

PATIENCE = 4.0  # of a request: less than what a request may take in all
LONG = 600.0  # of what goes through rows by the million: reports, ``izin verify``
