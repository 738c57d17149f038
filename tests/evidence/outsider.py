"""A verifier of transparency logs that nobody here wrote (tests/corpus/README.md)."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from tests import ROOT

WHEEL = ROOT / "tests/corpus/aics_tlog-0.2.1-py3-none-any.whl"


def aics() -> Any:
    if str(WHEEL) not in sys.path:
        sys.path.append(str(WHEEL))
    return import_module("aics_tlog")
