"""From which networks a program's user may call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from consents.brands.companies import BadCompany

_MOST = 50


def kept(networks: Sequence[str]) -> str | None:
    """Networks (CIDR, or single addresses) as stored; None: from anywhere. Errors: BadCompany."""
    if len(networks) > _MOST:
        raise BadCompany(f"at most {_MOST} networks", "networks-many")
    try:
        found = [ip_network(text.strip()) for text in networks]
    except ValueError as fault:
        raise BadCompany(f"{fault}: write a network like 192.0.2.0/24 or 2001:db8::/32", "network") from None
    return " ".join(map(str, dict.fromkeys(found))) or None


def admits(networks: str | None, client: str) -> bool:
    if networks is None:
        return True
    try:
        address = ip_address(client)
    except ValueError:  # no address: a socket file
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in _read(networks))


@lru_cache(maxsize=1024)
def _read(networks: str) -> list[IPv4Network | IPv6Network]:
    return [ip_network(text) for text in networks.split()]
