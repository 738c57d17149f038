from __future__ import annotations

from tests.citizen.pages.conftest import here

__all__ = ["here"]
