"""İYS's error codes (API document 3.2.0), Z codes our own, with fault and correction in Turkish and English."""

from __future__ import annotations

from typing import NamedTuple

RETAILER_CODES = """
H001 Hizmet sağlayıcı bulunamadı. Hizmet sağlayıcı kodunu (iysCode) denetleyin.
     The provider was not found. Check iysCode.
H017 Alan çok uzun. Belgedeki sınıra göre kısaltın.
     The field is too long. Shorten it to the limit in the documentation.
H031 Kullanıcı bulunamadı. Kullanıcı adını denetleyin.
     The user was not found. Check the user name.
H061 Bayi silinemedi: bir izinle ilişkisi var. Yalnız hiçbir izinle ilişkisi olmayan bayi silinir.
     The dealer cannot be deleted: a consent is linked to it. Only a dealer without any can be deleted.
H067 Yeni bayi kodu kalmadı. Yöneticinize bildirin.
     There are no dealer codes left. Tell your administrator.
H171 Bayiye yetki verme isteği geçersiz. Alıcıyı, izin türünü, alıcı tipini ve bayileri gönderin.
     The request to give a dealer access is invalid. Send recipient, type, recipientType and retailerAccess.
H172 Bayi yetkisini silme isteği geçersiz. Alıcıları, izin türünü, alıcı tipini ve bayileri gönderin.
     The request to take a dealer's access is invalid. Send recipients, type, recipientType and retailerAccess.
H173 Bayi yetkisi sorgusu geçersiz. Alıcıyı, izin türünü ve alıcı tipini gönderin.
     The query of a dealer's access is invalid. Send recipient, type and recipientType.
H201 Bayi durumu tanınmadı. active, passive ya da suspended yazın.
     This dealer status is unknown. Write active, passive or suspended.
H214 Bayinin ticaret unvanı boş. title alanını doldurun.
     The dealer's title is empty. Fill in title.
H215 Bayi yetkilisinin adı boş. name alanını doldurun.
     The name of the dealer's representative is empty. Fill in name.
H216 Bayi yetkilisinin kimlik numarası boş. tckn alanını doldurun.
     The identity number of the dealer's representative is empty. Fill in tckn.
H217 Bayinin ili boş. city alanını doldurun.
     The dealer's province is empty. Fill in city.
H218 Bayinin il kodu boş. city.code alanını doldurun.
     The code of the dealer's province is empty. Fill in city.code.
H219 Bayinin il adı boş. city.name alanını doldurun.
     The name of the dealer's province is empty. Fill in city.name.
H220 Bayinin ilçesi boş. town alanını doldurun.
     The dealer's district is empty. Fill in town.
H221 Bayinin ilçe kodu boş. town.code alanını doldurun.
     The code of the dealer's district is empty. Fill in town.code.
H222 Bayinin ilçe adı boş. town.name alanını doldurun.
     The name of the dealer's district is empty. Fill in town.name.
H224 Telefon numarası geçersiz. Ülke koduyla yazın, örneğin +905320000001.
     The phone number is invalid. Write it with the country code, such as +905320000001.
H225 Kimlik numarası geçersiz. Numarayı denetleyin.
     The identity number is invalid. Check it.
H226 Kimlik numarası 11 haneli olmalı.
     The identity number must have 11 digits.
H227 MERSİS numarası geçersiz. Numarayı denetleyin.
     The MERSİS number is invalid. Check it.
H228 MERSİS numarası 16 haneli olmalı.
     The MERSİS number must have 16 digits.
H229 Bu alanda harf, rakam, boşluk ve . , & ' ( ) / - dışında işaret olamaz. Öbür işaretleri silin.
     This field takes letters, digits, spaces and . , & ' ( ) / - only. Delete other signs.
H230 Bu MERSİS numarası başka bir bayide kayıtlı. Kayıtlı bayiyi kullanın.
     Another dealer has this MERSİS number. Use that dealer.
H231 Bu kimlik numarası başka bir bayide kayıtlı. Kayıtlı bayiyi kullanın.
     Another dealer has this identity number. Use that dealer.
H243 Vergi kimlik numarası geçersiz. Numarayı denetleyin.
     The tax number is invalid. Check it.
H244 Vergi kimlik numarası 10 ya da 11 haneli olmalı.
     The tax number must have 10 or 11 digits.
H253 Bu numarayla pasif bir bayi kayıtlı. Onu yeniden etkinleştirin.
     A passive dealer has this number. Make it active again.
H266 Bayi kodu (retailerCode) eksik. Alanı ekleyin.
     retailerCode is missing. Add the field.
H267 Bayi kodu (retailerCode) boş. Kodu yazın.
     retailerCode is empty. Give the code.
H288 Vergi kimlik numarası boş. tin alanını doldurun.
     The tax number is empty. Fill in tin.
"""


class Sentence(NamedTuple):
    tr: str
    en: str

    def text(self, language: str = "") -> str:
        """In this language; without one “Türkçe / English”, for a place that holds one text."""
        if not language:
            return f"{self.tr} / {self.en}"
        return self.en if language == "en" else self.tr


def spoken(both: str, language: str) -> str:
    """In this language, from a text of both."""
    tr, _, en = both.partition(" / ")
    return en if language == "en" and en else tr


# One code a pair of lines: Turkish, then English.
_TABLE = """
H014 Gövde geçerli JSON değil. Tırnak, virgül ve parantezleri düzeltin.
     The body is not valid JSON. Correct its quotes, commas and brackets.
H015 Beklenmeyen bir hata oldu. Biraz sonra yeniden deneyin.
     Something unexpected went wrong. Try again in a while.
H016 Bir alan eksik, hatalı ya da çok uzun. Belgedeki sınırlara göre düzeltin.
     A field is missing, wrong or too long. Correct it by the limits in the documentation.
H018 Marka bulunamadı. Marka kodunu denetleyin.
     The brand was not found. Check the brand code.
H058 Bayi bulunamadı. Bayi kodunu bayi listesinden alın.
     The dealer was not found. Take the code from the list of dealers.
H083 Bir saniyede çok fazla istek geldi. Yavaşlatıp yeniden deneyin.
     Too many requests in one second. Slow down and try again.
H084 Bu saat için anahtar hakkınız doldu. Bir saat bekleyin, aldığınız anahtarı saklayıp kullanın.
     The hourly limit of tokens is used up. Wait an hour, and keep and reuse your token.
H085 İzin ekleme isteği geçersiz. Gövdede bir izin nesnesi gönderin.
     The request to add a consent is invalid. Send one consent object in the body.
H086 Bu saat için tekil sorgu hakkınız doldu. Bekleyin ya da toplu sorgu kullanın.
     The hourly limit of single queries is used up. Wait, or query in bulk.
H089 Bu saat için geçmiş sorgusu hakkınız doldu. Bir saat sonra yeniden deneyin.
     The hourly limit of history queries is used up. Try again in an hour.
H090 Bayi ekleme isteği geçersiz. Gövdede belgedeki alanlarla bir nesne gönderin.
     The request to add a dealer is invalid. Send one object with the fields of the documentation in the body.
H091 Bir istekte en çok 1.000 izin olabilir. Listeyi bölüp gönderin.
     A request may hold at most 1,000 consents. Split the list.
H092 Toplu izin ekleme isteği geçersiz. Gövdede izinlerin listesini gönderin.
     The request to add consents is invalid. Send a list of consents in the body.
H093 Hareket kodu (transactionId) eksik. Son gördüğünüz hareketin kodunu yazın.
     transactionId is missing. Give that of the last movement you have seen.
H095 Hareket sorgusu geçersiz. Sorgu alanlarını denetleyin.
     The query of movements is invalid. Check its fields.
H097 İzin sorgusu geçersiz. Alıcı, izin türü ve alıcı tipini gönderin.
     The consent query is invalid. Send recipient, type and recipientType.
H098 Günlük hareket sorgusu geçersiz. Tarihi ve alıcı tipini denetleyin.
     The query of a day's changes is invalid. Check date and recipientType.
H110 Durum yazılmamış. ONAY ya da RET yazın.
     The status is missing. Write ONAY or RET.
H111 İzin türü yazılmamış. ARAMA, MESAJ ya da EPOSTA yazın.
     The type is missing. Write ARAMA, MESAJ or EPOSTA.
H112 İzin tarihi yazılmamış. Onayın ya da reddin verildiği anı yazın: 2026-11-23 10:15:00
     The consent date is missing. Write when the word was given: 2026-11-23 10:15:00
H113 İzin kaynağı yazılmamış. Onayın nerede alındığını yazın, örneğin HS_WEB.
     The source is missing. Write where the word was given, such as HS_WEB.
H114 Alıcı yazılmamış. Telefon numarası ya da e-posta adresi yazın.
     The recipient is missing. Write a phone number or an e-mail address.
H115 Durum tanınmadı. ONAY ya da RET yazın.
     This status is unknown. Write ONAY or RET.
H116 Alıcı tipi tanınmadı. BIREYSEL ya da TACIR yazın (İ değil, I).
     This recipient type is unknown. Write BIREYSEL or TACIR (plain I).
H117 İzin türü tanınmadı. ARAMA, MESAJ ya da EPOSTA yazın.
     This type is unknown. Write ARAMA, MESAJ or EPOSTA.
H118 Tanımadığımız bir alan var. Bu alanı çıkarın.
     There is a field we do not know. Leave it out.
H119 İzin kaynağı kabul edilmiyor. HS_ ile başlayan kaynaklardan birini yazın, örneğin HS_WEB.
     This source is not accepted. Write one of the HS_ sources, such as HS_WEB.
H120 E-posta adresi geçersiz. ad@ornek.com biçiminde, boşluksuz ve Türkçe harfsiz yazın.
     The e-mail address is invalid. Write it like name@example.com, without spaces or Turkish letters.
H121 Telefon numarası geçersiz. Ülke koduyla yazın, örneğin +905320000001.
     The phone number is invalid. Write it with the country code, such as +905320000001.
H122 Alıcı ne telefon numarası ne de e-posta adresi. Birini tam olarak yazın.
     The recipient is neither a phone number nor an e-mail address. Write one of them in full.
H123 Sistem şu an yoğun. Biraz sonra yeniden deneyin.
     The service is busy. Try again in a while.
H124 Bir saniyede çok fazla istek geldi. Yavaşlatıp yeniden deneyin.
     Too many requests in one second. Slow down and try again.
H125 Bir istekte en çok 1.000 izin olabilir. Listeyi bölüp gönderin.
     A request may hold at most 1,000 consents. Split the list.
H126 Bir izin için en çok 100 bayi yetkisi gönderilebilir. Listeyi kısaltın.
     A consent may have at most 100 dealers. Shorten the list.
H127 Bir istekte en çok 100 alıcı olabilir. Listeyi bölüp gönderin.
     A request may hold at most 100 recipients. Split the list.
H155 HS_2015 kaynağında tarih 2015-05-01 00:00:00 olmalı. Tarihi ya da kaynağı düzeltin.
     With HS_2015 the date must be 2015-05-01 00:00:00. Correct the date or the source.
H156 İzin tarihi 1 Mayıs 2015 gününden eski. Gerçek tarihi yazın; daha eskiyse kaynak HS_2015 olmalı.
     The consent date is before 1 May 2015. Write the true date; if it is older, the source is HS_2015.
H157 Takvimde böyle bir gün ya da saat yok. Tarihi düzeltin.
     There is no such day or time. Correct the date.
H158 İzin tarihinin biçimi tanınmadı. Şöyle yazın: 2026-11-23 10:15:00
     The form of the consent date is unknown. Write it like 2026-11-23 10:15:00
H160 Telefon numarası 15 haneden uzun. Numarayı düzeltin.
     The phone number has more than 15 digits. Correct it.
H162 İzin tarihi gelecekte. Tarihi ve bilgisayarınızın saatini denetleyin.
     The consent date lies in the future. Check the date and the clock of your computer.
H163 Bayi listesi boş. Bir bayi kodu yazın ya da alanı çıkarın.
     The list of dealers is empty. Give a dealer's code or leave the field out.
H164 Alıcı listesi boş. En az bir alıcı yazın.
     The list of recipients is empty. Give one at least.
H166 Telefon numarası 15 haneden uzun. Numarayı düzeltin.
     The phone number has more than 15 digits. Correct it.
H168 Alıcı listesi eksik. recipients alanını ekleyin.
     The list of recipients is missing. Add the field recipients.
H169 Bayi listesi eksik. retailerAccess alanını ekleyin.
     The list of dealers is missing. Add the field retailerAccess.
H170 Alıcı tipi yazılmamış. BIREYSEL ya da TACIR yazın.
     The recipient type is missing. Write BIREYSEL or TACIR.
H174 Bu alıcı zaten reddetmiş; yeni bir kayıt gerekmez.
     This recipient has refused already; no new record is needed.
H175 İlk kayıt ret olamaz. Önceki onayı gönderin ya da bu satırı çıkarın.
     The first record cannot be a refusal. Send the earlier consent or leave this one out.
H178 İzin tarihi kayıtlı olandan yeni değil; kayıt değişmedi. Daha yeni bir karar varsa onu gönderin.
     The consent date is not later than the stored one; nothing changed. Send a later word if there is one.
H180 Bayi kodu bu markada yok. Kodu bayi listesinden alın ya da bayiyi önce ekleyin.
     This brand has no such dealer. Take the code from the list of dealers, or add the dealer first.
H182 Başlangıç (offset) 0 ya da daha büyük bir tam sayı olmalı.
     offset must be a whole number from 0.
H183 Sayfa boyu (limit) bir tam sayı olmalı.
     limit must be a whole number.
H184 Tümünü isteme alanı (all) true ya da false olmalı.
     all must be true or false.
H185 Kısa liste alanı (short) true ya da false olmalı.
     short must be true or false.
H186 Sayfa boyu (limit) en çok 100 olabilir.
     limit may be 100 at most.
H187 Sayfa boyu (limit) 0 olamaz. 1 ile 100 arasında bir sayı yazın.
     limit cannot be 0. Give a number from 1 to 100.
H190 Hizmet sağlayıcı kodu (iysCode) bir sayı olmalı.
     iysCode must be a number.
H191 Marka kodu (brandCode) bir sayı olmalı.
     brandCode must be a number.
H192 İstek zaman aşımına uğradı. Yeniden deneyin.
     The request took too long. Try again.
H193 Aynı alıcı listede iki kez var. Birini çıkarın.
     A recipient stands twice in the list. Leave one out.
H194 Aynı izin listede iki kez var. Birini çıkarın.
     A consent stands twice in the list. Leave one out.
H198 İstek kodu (requestId) 36 karakterden uzun. Size verilen kodu değiştirmeden yazın.
     requestId has more than 36 characters. Give it as you received it.
H199 İstek kodu (requestId) yalnız harflerden oluşamaz. Size verilen kodu değiştirmeden yazın.
     requestId cannot be all letters. Give it as you received it.
H241 İl ya da ilçe kodu bir sayı olmalı. Kodu il ya da ilçe listesinden alın.
     The code of a province or district must be a number. Take it from the list of provinces or districts.
H250 Kullanıcı adı ya da parola eksik. İkisini de gönderin.
     The user name or the password is missing. Send both.
H251 Kullanıcı adı ya da parola yanlış. Denetleyip yeniden deneyin.
     The user name or the password is wrong. Check and try again.
H252 Kimlik bilgileri eksik. Kullanıcı adını ve parolayı gönderin.
     The credentials are missing. Send user name and password.
H351 Erişim anahtarı yok ya da geçersiz. Yeni bir anahtar alın.
     The access token is missing or invalid. Get a new one.
H353 Bu hizmet sağlayıcı, marka ya da bayi için yetkiniz yok. Kodları denetleyin.
     You have no rights on this provider, brand or dealer. Check the codes.
H363 Bu hizmeti kullanma yetkiniz yok. Hesap yöneticinizden yetki isteyin.
     You have no right to use this service. Ask the manager of your account for it.
H400 İstek kodu (requestId) yalnız rakamlardan oluşamaz. Size verilen kodu değiştirmeden yazın.
     requestId cannot be all digits. Give it as you received it.
H401 Bayiye açılacak onaylı bir izin yok. Alıcıyı, izin türünü ve alıcı tipini denetleyin.
     There is no approved consent to give the dealer. Check recipient, type and recipientType.
H408 HS_KARAR kaynağıyla yalnız RET gönderilebilir. Durumu ya da kaynağı düzeltin.
     With HS_KARAR only RET can be sent. Correct the status or the source.
H450 İzin türü tanınmadı. ARAMA, MESAJ ya da EPOSTA yazın.
     This type is unknown. Write ARAMA, MESAJ or EPOSTA.
H462 Kayıtlı bir tacir izni tarihsiz değiştirilemez. İzin tarihini yazın.
     A stored TACIR consent cannot be changed without a date. Write the consent date.
H463 Kayıtlı bir tacir izni kaynaksız değiştirilemez. İzin kaynağını yazın.
     A stored TACIR consent cannot be changed without a source. Write the source.
H464 İzin türü alıcıya uymuyor: arama ve mesaj için telefon, e-posta için e-posta adresi yazın.
     Type and recipient do not fit: calls and messages need a phone number, e-mail needs an e-mail address.
H467 Onay üç iş gününden eski. Onaylar üç iş günü içinde bildirilir; alıcıdan yeniden onay alın.
     The consent is older than three business days, the time to report it. Ask the recipient again.
H478 Alıcılar bir liste olmalı. recipients alanını köşeli parantezle gönderin.
     recipients must be a list. Send it in square brackets.
H486 İzin kaynağı kabul edilmiyor. HS_ ile başlayan kaynaklardan birini yazın, örneğin HS_WEB.
     This source is not accepted. Write one of the HS_ sources, such as HS_WEB.
H501 Tarihin biçimi tanınmadı. Şöyle yazın: 2026-11-23
     The form of the date is unknown. Write it like 2026-11-23
H502 Rapor günü yedi günden eski. Son yedi günden birini isteyin.
     The day is more than seven days ago. Ask for one of the last seven.
H506 Kaynak (source) IYS ya da HS olmalı.
     source must be IYS or HS.
H507 Sayfa boyu (limit) 1 ile 1.000 arasında olmalı.
     limit must be from 1 to 1,000.
H512 Mutabakat yalnız true ile bildirilir. agreementStatus değerini true yapın.
     An agreement is recorded with true only. Set agreementStatus to true.
H520 Hizmet sağlayıcının hesabı durduruldu. Ret bildirebilir, gelen retleri okuyabilirsiniz; işletmeciye başvurun.
     The provider's account is paused. You can report and read refusals; ask the operator about the rest.
H521 Hizmet sağlayıcının hesabı kapatıldı. Ret bildirebilirsiniz; işletmeciye başvurun.
     The provider's account is closed. You can report refusals; ask the operator about the rest.
H522 Bu çağrı yalnız iş ortakları içindir. Kendi markalarınız için hizmet sağlayıcı çağrılarını kullanın.
     This call is for partners only. Use the calls of providers for your own brands.
H525 Paketinizdeki adres sayısı doldu: yeni adres için onay kaydedilmez, ret kaydedilir. Paketinizi büyütün.
     Your package is full: no consent of a new address is recorded, refusals are. Get a larger package.
H530 Bildirim bağlantısı kurulamadı ya da kaldırılamadı. Adresi ve kullanıcıyı denetleyin.
     The push connection could not be made or removed. Check its address and user.
H531 Bildirim adresi https ile başlamalı.
     The push address must begin with https.
H568 Ret bağlantısı yalnız onayı olan alıcılar için üretilir. Öbür alıcıları çıkarın.
     A refusal link is made for recipients with a consent only. Leave the others out.
H586 Bu paketle API yalnız iş ortağı üzerinden kullanılır. Ret bildirebilir, gelen retleri okuyabilirsiniz.
     With this package the API is used through a partner only. You can report and read refusals yourself.
H403 Durum sorgusu geçersiz. Gövdede alıcıların listesini gönderin.
     The status query is invalid. Send the list of recipients in the body.
H402 Yetkili marka sorgusu geçersiz. Sorgu alanlarını denetleyin.
     The query of authorised brands is invalid. Check its fields.
Z404 Böyle bir yol yok. Adresi belgedekiyle karşılaştırın.
     There is no such path. Compare it with the documentation.
Z405 Bu yol bu yöntemle çağrılmaz. Belgedeki yöntemi kullanın.
     This path is not called by this method. Use the one of the documentation.
Z413 Gövde çok büyük. Listeyi bölüp gönderin.
     The body is too large. Split the list.
Z415 Gövde JSON olmalı. Content-Type: application/json başlığıyla gönderin.
     The body must be JSON. Send it with Content-Type: application/json.
Z422 Bu Idempotency-Key başka bir istekle kullanıldı. Yeni istek için yeni bir anahtar seçin.
     This Idempotency-Key was used with another request. Choose a new key for a new request.
Z423 Idempotency-Key en çok 255 görünür ASCII karakter olabilir.
     An Idempotency-Key has at most 255 visible ASCII characters.
Z424 Bu markada böyle bir hareket yok. Hareket kodunu (transactionId) denetleyin.
     This brand has no such movement. Check transactionId.
Z425 Bu marka kapatıldı. Ret bildirebilirsiniz; yeni onay kaydedilmez.
     This brand is closed. You can report refusals; no new consent is recorded.
Z501 Bu işlem burada sunulmuyor. Nedeni belgede yazar.
     This call is not offered here. The documentation says why.
"""


def read_table(table: str) -> dict[str, Sentence]:
    """Sentences by code from pairs of lines: “CODE Türkçe”, then the English, indented."""
    lines = table.strip().split("\n")
    pairs = zip(lines[::2], lines[1::2], strict=True)
    return {code: Sentence(tr, en.strip()) for (code, tr), en in ((first.split(" ", 1), en) for first, en in pairs)}


SENTENCES = read_table(_TABLE + RETAILER_CODES.lstrip("\n"))
