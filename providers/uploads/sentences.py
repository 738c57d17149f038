"""Sentences without a code of İYS's: faults (with the correction) of a row's form and of an address, and warnings (what
was done)."""

from __future__ import annotations

from collections.abc import Mapping

from providers.api.iys_codes import Sentence, read_table

# Faults of the row, with our own codes.
ROW = read_table("""
columns Satırdaki sütun sayısı başlıktakinden farklı. Eksik ya da fazla ayraçları düzeltin.
     The row has another number of columns than the header. Mend missing or extra separators.
quote Tırnak işaretleri eşleşmiyor. Eksik olanı ekleyin ya da fazlasını silin.
     The quotation marks do not match. Add the missing one or delete the extra one.
encoding Bu hücrede okunamayan bir karakter var. Düzeltip dosyayı «CSV UTF-8» olarak kaydedin.
     This cell has an unreadable character. Correct it and save the file as “CSV UTF-8”.
long Hücre çok uzun. Bu sütunda yalnız istenen bilgiyi bırakın.
     The cell is too long. Keep only what belongs into this column.
""")

# What is wrong with a phone number (İYS H121), by BadAddress.reason and two reasons of files.
PHONE = read_table("""
empty Telefon numarası yok. Ülke koduyla yazın, örneğin +905320000001.
     There is no phone number. Write it with the country code, such as +905320000001.
email Bu bir e-posta adresi; arama için telefon numarası gerekir. İzin türünü ya da alıcıyı düzeltin.
     This is an e-mail address; a call needs a phone number. Correct the type or the recipient.
unassigned Bu numara henüz kimseye verilmemiş bir aralıkta; onay kaydedilemez. Numarayı denetleyin.
     This number lies in a range given to nobody; no consent can be recorded. Check the number.
spreadsheet Excel numarayı bozmuş. Sütunu «Metin» biçimine alıp numarayı yeniden yazın.
     A spreadsheet has spoilt the number. Format the column as text and write the number again.
letters Telefon numarasında harf var. Yalnız rakam yazın (O değil 0).
     The phone number has letters. Write digits only (0, not O).
masked Numaranın bir bölümü gizlenmiş. Numaranın tamamını yazın.
     Part of the number is hidden. Write the whole number.
range Böyle bir alan kodu yok. Numarayı denetleyin.
     There is no such area code. Check the number.
length Telefon numarasında eksik ya da fazla rakam var. Şöyle yazın: +905320000001
     The phone number has too few or too many digits. Write it like +905320000001
short Numara çok kısa. Alan koduyla birlikte tamamını yazın.
     The number is too short. Write all of it, with its area code.
country Ülke kodu geçersiz. Başta bir tane + ve ülke kodu yazın, örneğin +905320000001.
     The country code is invalid. Begin with one + and the country code, such as +905320000001.
extension Dahili numara yazılamaz. Yalnız telefon numarasını bırakın.
     An extension cannot be recorded. Keep only the phone number.
control Hücrede satır sonu ya da görünmeyen bir karakter var. Yalnız numarayı yazın.
     The cell has a line break or an invisible character. Write only the number.
form Telefon numarası okunamadı. Ülke koduyla yazın, örneğin +905320000001.
     The phone number cannot be read. Write it with the country code, such as +905320000001.
""")

# What is wrong with an e-mail address (İYS H120), by BadAddress.reason and one reason of files.
EMAIL = read_table("""
empty E-posta adresi yok. ad@ornek.com biçiminde yazın.
     There is no e-mail address. Write it like name@example.com.
phone Bu bir telefon numarası; e-posta izni için e-posta adresi gerekir. İzin türünü ya da alıcıyı düzeltin.
     This is a phone number; a consent to e-mail needs an e-mail address. Correct the type or the recipient.
nonascii E-posta adresinde Türkçe ya da yabancı bir harf var. Yalnız a-z harflerini kullanın.
     The e-mail address has a letter outside a-z. Use plain Latin letters only.
space E-posta adresinde boşluk var. Boşluğu silin.
     The e-mail address has a space. Delete it.
special E-posta adresinde izin verilmeyen bir işaret var. Yalnız adresi yazın, örneğin ad@ornek.com.
     The e-mail address has a sign that is not allowed. Write the bare address, such as name@example.com.
length E-posta adresi çok uzun. Adresi denetleyin.
     The e-mail address is too long. Check it.
control Hücrede satır sonu ya da görünmeyen bir karakter var. Yalnız adresi yazın.
     The cell has a line break or an invisible character. Write only the address.
form E-posta adresi eksik ya da hatalı. ad@ornek.com biçiminde yazın.
     The e-mail address is incomplete or wrong. Write it like name@example.com.
""")

UNREAD = "sheet-"  # the keys of a workbook's sheets that were not read begin so
# Warnings: what is worth knowing though no row is refused. The keys of Chunk.warnings.
WARNING = read_table("""
encoding Dosya UTF-8 değil; yine de okundu. Türkçe harfleri denetleyin, sonraki dosyayı «CSV UTF-8» olarak kaydedin.
     The file is not UTF-8; it was read all the same. Check Turkish letters, and save the next one as “CSV UTF-8”.
column Bu sütun tanınmadı; okunmadı ve saklanmadı.
     This column is unknown; it was neither read nor stored.
sheet-header Bu sayfa okunmadı: ilk satırında sütun adları yok. İçinde izin varsa başlığı ekleyip yeniden yükleyin.
     This sheet was not read: its first row does not name the columns. If it holds consents, add them and load again.
sheet-columns Bu sayfa okunmadı: başlığında bir sütun eksik ya da iki kez var. Düzeltip dosyayı yeniden yükleyin.
     This sheet was not read: a column is missing from its header or stands there twice. Correct it and load again.
sheet-hidden Bu sayfa gizli olduğu için okunmadı. İçinde izin varsa görünür yapıp dosyayı yeniden yükleyin.
     This sheet was not read because it is hidden. If it holds consents, unhide it and load the file again.
landline Bu numara büyük olasılıkla SMS almaz; mesaj izni yine de kaydedildi.
     This number can hardly take SMS; the consent to messages was recorded all the same.
late Ret üç iş gününden eski: burada geçerli, ama İYS kabul etmez (H467).
     The refusal is older than three business days: it holds here, but İYS will not take it (H467).
dealer Bayi kodu bu markada yok; ret bayisiz kaydedildi.
     This brand has no such dealer; the refusal was recorded without one.
unassigned Bu numara henüz kimseye verilmemiş bir aralıkta; ret yine de kaydedildi.
     This number lies in a range given to nobody; the refusal was recorded all the same.
""")


def warning(key: str) -> Sentence:
    """A key “KIND:NAME” names the column or sheet. Errors: KeyError."""
    kind, _, name = key.partition(":")
    sentence = WARNING[kind]
    return Sentence(f"{name}: {sentence.tr}", f"{name}: {sentence.en}") if name else sentence


def unread_sheets(warnings: Mapping[str, int]) -> list[dict[str, str | int]]:
    """The unread sheets of a workbook: their names, how many rows each has, and why, in a word."""
    found = ((key.partition(":"), rows) for key, rows in sorted(warnings.items()) if key.startswith(UNREAD))
    return [{"sheet": key[2], "rows": rows, "why": key[0].removeprefix(UNREAD)} for key, rows in found]
