"""ANAHTAR SON: the number ends what signs in for it without a code. A sender can be forged, so this closes alone."""

from __future__ import annotations

import re

from optout.sms.conversation import Reply, Talk
from optout.sms.reader import letters
from trust import passkey_store

# What people write in each language; a message that refuses is never read as one of these.
_KEYS = {
    "tr": r"(?:GECIS )?ANAHTAR(?:I|IM|LAR|LARI|LARIM)? (?:SON|SIL|SILINSIN|BITSIN|KAPANSIN)"
    r"|KODSUZ GIRIS(?:I|LERI)? (?:SON|SIL|SILINSIN|BITSIN|KAPANSIN)"
    r"|TELEFONUM(?:U)? (?:CALINDI|KAYBOLDU|KAYIP|KAYBETTIM|CALDIRDIM)",
    "en": r"(?:PASS)?KEYS? (?:END|OFF|DELETE)|(?:I )?LOST MY PHONE|MY PHONE (?:WAS|IS) (?:STOLEN|LOST)",
}
_SPACES = re.compile(r"[\s;.,!]+")


def end(talk: Talk) -> Reply | None:
    """Ends it, and its sessions; None where the message asks for something else."""
    words = _SPACES.sub(" ", letters.plain(talk.inbound.text)).strip()
    language = next((name for name, form in _KEYS.items() if re.fullmatch(form, words)), None)
    if language is None:
        return None
    talk.language = language
    ended = passkey_store.end_of(talk.transaction, talk.registry.keyring, talk.sender.address)
    return Reply(talk.phrase("key.ended" if ended else "key.none"), changed=ended > 0)
