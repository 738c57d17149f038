from __future__ import annotations

from tests.citizen.consents.conftest import here

__all__ = ["here"]
