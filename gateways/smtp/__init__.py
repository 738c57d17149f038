from __future__ import annotations

from ipaddress import ip_address

from gateways import url
from gateways.carrier import Carrier, Offer, Site
from gateways.url import Gateway


def _send(gateway: Gateway, site: Site) -> Carrier:
    from gateways.smtp.sending import Smtp

    return Smtp(gateway, site.name, gateway.sender or f"izin@{_domain(site.host)}")


def _domain(host: str) -> str:
    """The part after @ for a host with or without a port (RFC 5321, 4.1.3: an IP address in brackets)."""
    bare = host.rpartition(":")[0] or host if not host.endswith("]") else host
    try:
        return f"[{ip_address(bare)}]"
    except ValueError:
        return bare


OFFER = Offer(send={"mail": _send}, check=url.must_have_host)
