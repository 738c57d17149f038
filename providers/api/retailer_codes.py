"""İYS's error codes about dealers (İYS: retailers), in the form of ``iys_codes``."""

TABLE = """
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
