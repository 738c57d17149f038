"""ANAHTAR SON, YARDIMCI SON: the number ends what signs in or acts for it without a code. A sender can be forged, so it
closes alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from consents.keys import Keyring
from consents.store import Transaction
from optout.sms.conversation import Reply, Talk
from optout.sms.reader import letters
from trust import delegations, passkey_store

_OVER = "SON|SIL|SILINSIN|BITSIN|BITIR|KAPANSIN"
# What people write of each, by language.
_WORDS = {
    "key": {
        "tr": rf"(?:GECIS )?ANAHTAR(?:I|IM|LAR|LARI|LARIM)? (?:{_OVER})|KODSUZ GIRIS(?:I|LERI)? (?:{_OVER})"
        r"|TELEFONUM(?:U)? (?:CALINDI|KAYBOLDU|KAYIP|KAYBETTIM|CALDIRDIM)",
        "en": r"(?:PASS)?KEYS? (?:END|OFF|DELETE)|(?:I )?LOST MY PHONE|MY PHONE (?:WAS|IS) (?:STOLEN|LOST)",
    },
    "helper": {
        "tr": rf"YARDIM(?:CI|CIM|CIMI|CIYI|CILAR|CILARI|I)? (?:{_OVER}|ISTEMIYORUM)|YARDIMCIM YOK",
        "en": r"(?:MY )?HELPERS? (?:END|OFF|DELETE|REMOVE)|NO HELPERS?",
    },
}
_END: Mapping[str, Callable[[Transaction, Keyring, str], int]] = {
    "key": passkey_store.end_of,
    "helper": delegations.end_of_owner,
}
_SPACES = re.compile(r"[\s;.,!]+")


def end(talk: Talk) -> Reply | None:
    """Ends it, and what it opened; None where the message asks for something else."""
    words = _SPACES.sub(" ", letters.plain(talk.inbound.text)).strip()
    for what, forms in _WORDS.items():
        language = next((name for name, form in forms.items() if re.fullmatch(form, words)), None)
        if language is not None:
            talk.language = language
            ended = _END[what](talk.transaction, talk.registry.keyring, talk.sender.address)
            return Reply(talk.phrase(f"{what}.ended" if ended else f"{what}.none"), changed=ended > 0)
    return None
