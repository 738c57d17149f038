"""Whether a business controls an e-mail domain: a TXT record under it holds the business's own token."""

from __future__ import annotations

from enum import Enum

from consents.keys import Keyring
from consents.people import recipients
from trust import pseudonyms

LABEL, PREFIX = "_izin", "izin-dogrulama="
PATIENCE = 4.0  # seconds for the whole look-up


class DomainAnswer(Enum):
    PROVED = "proved"
    ABSENT = "absent"
    UNREACHED = "unreached"  # no server answered


def domain(typed: str) -> str:
    """The canonical domain. Errors: BadAddress."""
    return recipients.email(f"a@{typed.strip().strip('.').removeprefix('@')}").address.partition("@")[2]


def record(keyring: Keyring, business: str, name: str) -> tuple[str, str]:
    """(name, value) of the TXT record; the value is another for each business and domain, and proves nothing else."""
    token = pseudonyms.mark(keyring, "business-domain", f"{business} {name}").hex()
    return f"{LABEL}.{name}", f"{PREFIX}{token}"


async def look(keyring: Keyring, business: str, name: str) -> DomainAnswer:
    from dns.asyncresolver import Resolver  # most sites prove no domain
    from dns.exception import DNSException, Timeout
    from dns.resolver import NXDOMAIN, NoAnswer, NoNameservers

    place, value = record(keyring, business, name)
    try:
        answer = await Resolver().resolve(f"{place}.", "TXT", lifetime=PATIENCE, search=False)
    except (NXDOMAIN, NoAnswer):
        return DomainAnswer.ABSENT
    except (Timeout, NoNameservers, DNSException, OSError):
        return DomainAnswer.UNREACHED
    texts = {b"".join(one.strings) for one in answer}
    return DomainAnswer.PROVED if value.encode() in texts else DomainAnswer.ABSENT
