"""Hourly limits a person for look-ups and call-desk entries, against insiders and stolen sessions. Unhurried work
stays below these limits. Also checks the reason that the operator's people give for a look-up."""

from __future__ import annotations

import re

from consents.instants import HOUR, MINUTE
from consents.keys import Keyring
from consents.people import recipients
from consents.store import Snapshot, Transaction
from trust import limits, pseudonyms
from trust.limits import Limit
from web.rendering.texts import mark

LOOKS = 60  # addresses that one of the operator's people may look at within an hour
AT_ONCE, WHILE = 5, MINUTE  # of these, how many within a minute: a person reads one before the next
CALLS = 120  # words that one person may record at the call desk within an hour
CHECKS = 30  # lists that one person may have checked within an hour: each costs a process, and some seconds of it
MISSES = 30  # numbers that name nobody here and that one person may type within an hour
TABLES = 30  # files or pasted lists that one person may have read whole within an hour, for links or dealers
LETTERS = 30  # letters of citizens that one of the operator's people may enter within an hour
ERASURES = 10  # people whom one of them may erase by letter within an hour
COMPANY_LOOKS = 240  # addresses that one person of a company may look at within an hour: four a minute
_SHORTEST, _WORDS = 10, 2  # characters and words of a reason for looking

TOO_MANY_LOOKS = mark(
    "Bir saatte en çok 60 adrese bakılabilir ve bu sayı doldu. Bir süre sonra yeniden deneyin. Hiçbir şey gösterilmedi."
)
TOO_FAST = mark(
    "Bir dakikada en çok 5 kişiye bütün şirketlerde bakılabilir. Bir dakika sonra yeniden deneyin. Hiçbir şey "
    "gösterilmedi; bu deneme işlem geçmişinde görünür."
)
TOO_MANY_MISSES = mark(
    "Bir saatte en çok 30 bilinmeyen kayıt numarası yazılabilir ve bu sayı doldu. Bunun yerine kişinin "
    "telefon numarasını ya da e-postasını yazın."
)
TOO_MANY_CALLS = mark(
    "Bir kişi bir saatte en çok 120 kayıt yapabilir ve bu sayı doldu. Bu aramayı bir iş arkadaşınız kaydetsin ya da "
    "arayana SMS ile RET yazmasını söyleyin. Hiçbir şey kaydedilmedi."
)
TOO_MANY_CHECKS = mark("Bir saatte en çok 30 liste denetlenebilir ve bu sayı doldu. Bir süre sonra yeniden deneyin.")
TOO_MANY_TABLES = mark(
    "Bir saatte en çok 30 dosya ya da liste okunur ve bu sayı doldu. Bir süre sonra yeniden deneyin."
)
TOO_MANY_LETTERS = mark("Bir saatte en çok 30 talep yazılabilir ve bu sayı doldu. Bir süre sonra yeniden deneyin.")
TOO_MANY_ERASURES = mark(
    "Bir saatte en çok 10 kişi silinebilir ve bu sayı doldu. Bir süre sonra yeniden deneyin. Hiçbir şey silinmedi."
)
TOO_MANY_COMPANY_LOOKS = mark(
    "Bir saatte en çok 240 adrese bakılabilir ve bu sayı doldu. Bir süre sonra yeniden deneyin. Hiçbir şey "
    "gösterilmedi."
)
BUSY = mark("Şu anda başka listeler okunuyor. Biraz sonra yeniden deneyin.")
NO_REASON = mark("Neden baktığınızı birkaç sözcükle yazın: örneğin başvurunun numarası. Bu not kaydedilir.")

ADDRESS_IN_REASON = mark(
    "Bu nota telefon numarası, e-posta ya da T.C. kimlik numarası yazmayın: not kayıtta kalır. Kişinin adresi kendi "
    "alanına yazılır; burada kayıt ya da başvuru numarası yeter."
)


def may_look(transaction: Transaction, keyring: Keyring, person: int) -> bool:
    """Counts a look-up by one of the operator's people; False above the limit."""
    return limits.take(transaction, Limit(pseudonyms.mark(keyring, "panel look", str(person)), LOOKS, HOUR))


def may_look_for_company(transaction: Transaction, keyring: Keyring, person: int) -> bool:
    """Counts a look-up by one of a company's people; False above the limit."""
    limit = Limit(pseudonyms.mark(keyring, "panel company look", str(person)), COMPANY_LOOKS, HOUR, slot=MINUTE)
    return limits.take(transaction, limit)


def may_enter(transaction: Transaction, keyring: Keyring, person: int) -> bool:
    """Counts a citizen's letter; False above the limit."""
    return limits.take(transaction, Limit(pseudonyms.mark(keyring, "panel letter", str(person)), LETTERS, HOUR))


def may_erase(transaction: Transaction, keyring: Keyring, person: int) -> bool:
    """Counts an erasure by letter; False above the limit."""
    return limits.take(transaction, Limit(pseudonyms.mark(keyring, "panel erasure", str(person)), ERASURES, HOUR))


def may_look_at_all(transaction: Transaction, keyring: Keyring, person: int) -> bool:
    """Counts a look at one person across all companies; False for one too soon, which ``may_look`` need not count."""
    return limits.take(transaction, Limit(pseudonyms.mark(keyring, "panel look at all", str(person)), AT_ONCE, WHILE))


def is_first_refused(transaction: Transaction, keyring: Keyring, person: int) -> bool:
    """Whether no look of this person was refused as too soon within the hour: only the first has a line in the log."""
    return limits.take(transaction, Limit(pseudonyms.mark(keyring, "panel look too fast", str(person)), 1, HOUR))


def may_guess(snapshot: Snapshot, keyring: Keyring, person: int, now: int) -> bool:
    """Whether a record number may be looked up; False after too many that named nobody (``note_miss``)."""
    return limits.used(snapshot, _misses(keyring, person), now) < MISSES


def note_miss(transaction: Transaction, keyring: Keyring, person: int) -> None:
    limits.take(transaction, _misses(keyring, person))


def _misses(keyring: Keyring, person: int) -> Limit:
    return Limit(pseudonyms.mark(keyring, "panel miss", str(person)), MISSES, HOUR)


def may_receive(transaction: Transaction, keyring: Keyring, person: int) -> bool:
    """Counts a caller at the call desk of a company; False above the limit of entries."""
    return limits.take(transaction, Limit(pseudonyms.mark(keyring, "panel caller", str(person)), CALLS, HOUR))


def may_record(transaction: Transaction, keyring: Keyring, person: int) -> bool:
    """Counts a call-desk entry; False above the limit."""
    return limits.take(transaction, Limit(pseudonyms.mark(keyring, "panel call", str(person)), CALLS, HOUR))


def may_check(transaction: Transaction, keyring: Keyring, person: int) -> bool:
    """Counts a list to check; False above the limit."""
    return limits.take(transaction, Limit(pseudonyms.mark(keyring, "panel list", str(person)), CHECKS, HOUR))


def may_read(transaction: Transaction, keyring: Keyring, person: int) -> bool:
    """Counts a file or pasted list to read whole; False above the limit."""
    return limits.take(transaction, Limit(pseudonyms.mark(keyring, "panel table", str(person)), TABLES, HOUR))


def reason_fault(why: str) -> str:
    """What is wrong with a look-up's reason, "" for nothing."""
    return address_fault(why) if is_reason(why) else NO_REASON


def address_fault(why: str) -> str:
    """The same of any other note: it names nobody by number or e-mail, which an erasure would not find in it."""
    return ADDRESS_IN_REASON if recipients.names_somebody(why) else ""


def is_reason(why: str) -> bool:
    """Whether a look-up's reason is long enough: at least two words and ten letters or digits."""
    signs = re.findall(r"\w", why)
    return len(signs) >= _SHORTEST and len(set(signs)) > 3 and len(why.split()) >= _WORDS
