"""The closed list of what can be done in the panel, and the sentence that the log shows for each."""

from __future__ import annotations

from web.rendering.texts import mark

# The word that the log keeps -> what people read. A word stays for ever, because the log holds it.
WORDS = {
    "signed-in": mark("Giriş yapıldı"),
    "signed-out-everywhere": mark("Bütün oturumlar kapatıldı"),
    "factor-added": mark("İkinci adım eklendi"),
    "factor-removed": mark("İkinci adım kaldırıldı"),
    "recovery-made": mark("Yeni kurtarma kodları alındı"),
    "recovery-used": mark("Kurtarma kodu kullanıldı"),
    "person-added": mark("Kişi komutla eklendi"),
    "person-invited": mark("Kişi davet edildi"),
    "invitation-withdrawn": mark("Davet geri alındı"),
    "person-joined": mark("Davet kabul edildi"),
    "person-changed": mark("Yetkiler değiştirildi"),
    "person-ended": mark("Kişinin erişimi kapatıldı"),
    "staff-changed": mark("İşletmeci görevi değiştirildi"),
    "rule-changed": mark("İkinci adım kuralı değiştirildi"),
    "application-sent": mark("Başvuru yapıldı"),
    "application-approved": mark("Başvuru onaylandı"),
    "application-refused": mark("Başvuru reddedildi"),
    "provider-paused": mark("Şirketin kayıtları durduruldu"),
    "provider-reopened": mark("Şirket yeniden açıldı"),
    "provider-closed": mark("Şirket kapatıldı"),
    "refusal-recorded": mark("Ret kaydedildi"),
    "consent-declared": mark("Onay bildirildi"),
    "text-settled": mark("Gelen ileti sonuçlandırıldı"),
    "message-retried": mark("Gönderilemeyen ileti yeniden denendi"),
    "message-dropped": mark("Gönderilemeyen iletiden vazgeçildi"),
    "sign-in-reopened": mark("Kapalı giriş yeniden açıldı"),
    "address-looked-at": mark("Bir numara veya e-postaya bakıldı"),
}
