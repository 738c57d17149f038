"""A registry after what was destroyed: every proof that the product makes of itself still holds."""

from __future__ import annotations

from consents.care import audit
from consents.registry import Registry
from consents.rules import Reconsent
from evidence import log, seals
from panel.audit import audit_log
from providers.days import delivery_audit


def whole(registry: Registry) -> None:
    log.extend(registry)
    store, keyring = registry.store, registry.keyring
    assert store.read_now(log.verify, keyring) is None
    assert store.read_now(audit_log.verify, keyring) is None
    assert store.read_now(audit.verify, Reconsent.CONFIRM) is None
    assert store.read_now(delivery_audit.verify, keyring) is None
    store.read_now(seals.check, keyring)
