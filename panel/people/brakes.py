"""How often one person may do what concerns citizens one by one: a brake on somebody inside, and on a stolen session.

A look without haste, or a call, takes longer than these limits ask for. Which reason of the operator's people is one.
"""

from __future__ import annotations

import re

from consents.instants import HOUR
from consents.keys import Keyring
from consents.store import Transaction
from trust import limits, pseudonyms
from trust.limits import Limit
from web.rendering.texts import mark

LOOKS = 60  # addresses that one of the operator's people may look at within an hour
CALLS = 120  # words that one person may record at the call desk within an hour
_SHORTEST, _WORDS = 10, 2  # characters and words of a reason for looking

TOO_MANY_LOOKS = mark(
    "Bir saatte en çok 60 adrese bakılabilir ve bu sayı doldu. Bir süre sonra yeniden deneyin. Hiçbir şey gösterilmedi."
)
TOO_MANY_CALLS = mark(
    "Bir kişi bir saatte en çok 120 kayıt yapabilir ve bu sayı doldu. Bu aramayı bir iş arkadaşınız kaydetsin ya da "
    "arayana SMS ile RET yazmasını söyleyin. Hiçbir şey kaydedilmedi."
)
NO_REASON = mark("Neden baktığınızı birkaç sözcükle yazın: örneğin başvurunun numarası. Bu not kütükte kalır.")


def may_look(transaction: Transaction, keyring: Keyring, person: int) -> bool:
    """Counts a look of one of the operator's people; False where there were too many."""
    return limits.take(transaction, Limit(pseudonyms.mark(keyring, "panel look", str(person)), LOOKS, HOUR))


def may_record(transaction: Transaction, keyring: Keyring, person: int) -> bool:
    """Counts a word that somebody records at the call desk; False where there were too many."""
    return limits.take(transaction, Limit(pseudonyms.mark(keyring, "panel call", str(person)), CALLS, HOUR))


def is_reason(why: str) -> bool:
    """Whether a reason for looking says something: two words and ten letters or digits at least."""
    signs = re.findall(r"\w", why)
    return len(signs) >= _SHORTEST and len(set(signs)) > 3 and len(why.split()) >= _WORDS
