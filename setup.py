"""Refuses to build a wheel: the program serves templates, texts and static files from its source tree."""

import sys

from setuptools import setup

if "bdist_wheel" in sys.argv:
    raise SystemExit(
        "İzin is not installed from a wheel: it serves templates, texts and static files from its source tree. "
        "Clone the repository and type make run, or make install; pip install -e . works too."
    )

setup()
