from __future__ import annotations

from tests.citizen.conftest import here

__all__ = ["here"]
