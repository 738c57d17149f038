"""``GET /info/city`` and ``/info/town``: Türkiye's provinces and districts by İYS's codes (places.csv). İYS's
document names a district's province ``cityCode`` in its schema and ``city_code`` in its examples; both are sent."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from providers.api import endpoint
from providers.api.answers import Answer, Fault, Refusal
from providers.api.endpoint import Call, Right

Place = dict[str, Any]


class Places(NamedTuple):
    """As answers give them, by code; a province's code is that of its number plates."""

    cities: dict[int, Place]
    towns: dict[int, Place]


@cache
def places() -> Places:
    found = Places({}, {})
    text = Path(__file__).with_name("places.csv").read_text("utf-8")
    for city, town, name in csv.reader(line for line in text.splitlines() if not line.startswith("#")):
        if town == "0":
            found.cities[int(city)] = {"code": int(city), "name": name}
        else:
            found.towns[int(town)] = {"code": int(town), "name": name, "cityCode": int(city), "city_code": int(city)}
    return found


@endpoint.requires(Right.ANYBODY)
async def cities(call: Call) -> Answer:
    return Answer(200, list(places().cities.values()))


@endpoint.requires(Right.ANYBODY)
async def city(call: Call) -> Answer:
    """204 where no province has the code."""
    return _one(call, places().cities)


@endpoint.requires(Right.ANYBODY)
async def towns(call: Call) -> Answer:
    return Answer(200, list(places().towns.values()))


@endpoint.requires(Right.ANYBODY)
async def town(call: Call) -> Answer:
    """204 where no district has the code."""
    return _one(call, places().towns)


def _one(call: Call, places: dict[int, Place]) -> Answer:
    text = str(call.request.path_params["code"])
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise Refusal(400, Fault("H241", ("code",), text[:200]))
    found = places.get(int(text))
    return Answer(204) if found is None else Answer(200, found)
