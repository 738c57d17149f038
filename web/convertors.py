"""``{brand:number}`` in the path of a route: what can be the number of a row."""

from __future__ import annotations

from starlette.convertors import IntegerConvertor, register_url_convertor


class Number(IntegerConvertor):
    """At most 18 digits, because Python refuses to read thousands of them and 18 always fit a database's 64 bits."""

    regex = "[0-9]{1,18}"


def register() -> None:
    """Makes ``number`` known to the routes that are made from now on."""
    register_url_convertor("number", Number())
