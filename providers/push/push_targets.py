"""Which addresses may be posted to: public ones over https (OWASP, server-side request forgery). A name is looked up
once a connection (``lookups``), every address must be public, and the connection uses a checked one, against DNS
rebinding. ``private`` lifts this for tests (setting PUSH_PRIVATE)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

LONGEST = 2000  # characters of a URL

_UNICAST = IPv6Network("2000::/3")  # all that is given out for the internet (RFC 4291, 2.4; IANA)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits


class BadTarget(ValueError):
    """``reason``: “https” (or no URL at all) or “private”."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check(url: str, *, private: bool = False) -> str:
    """The URL; its addresses are checked at the connection. A URL with a user in it is refused, because programs
    disagree about its host. Errors: BadTarget."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:  # no number as a port, or a bracket alone
        raise BadTarget("https") from None
    plain = url.isascii() and url.isprintable() and not set(url) & set(' \\"<>') and len(url) <= LONGEST
    if parts.scheme not in (("https", "http") if private else ("https",)) or not host or not plain:
        raise BadTarget("https")
    if "@" in parts.netloc or parts.fragment:
        raise BadTarget("https")
    if not private and (_is_address(host) and not is_public(host)):
        raise BadTarget("private")
    return url


def is_public(text: str) -> bool:
    """Whether an IP address is of the internet, not of this machine, its network, or a group."""
    address: IPv4Address | IPv6Address = ip_address(text)
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        inner = _inner(address)
        if inner is None:
            return address in _UNICAST and address.is_global
        address = inner
    return address.is_global and not address.is_multicast


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address within an IPv6 one: mapped, 6to4, Teredo (its client), NAT64."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
