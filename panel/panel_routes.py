"""The panel's site map: a line a route, with its right. The menu has the lines in this order, in groups."""

from __future__ import annotations

from starlette.routing import BaseRoute

from consents.brands.provider_states import ProviderState
from panel import gate
from panel.asking import form_pages, form_review_pages, till_pages
from panel.brands import brand_pages, dealer_pages
from panel.citizens import data_request_pages, letter_pages
from panel.companies import (
    application_pages,
    claim_pages,
    company_list_pages,
    company_pages,
    line_claim_pages,
    oversight_pages,
    rule_pages,
)
from panel.gate import OPERATOR, STAFF, PanelRoute
from panel.lookups import (
    act_evidence_pages,
    address_pages,
    list_pages,
    overview_pages,
    query_pages,
    refusal_pages,
    report_pages,
)
from panel.operations import (
    audit_pages,
    auditor_pages,
    call_centre_pages,
    complaint_pages,
    dashboard_pages,
    inbox_pages,
    lockout_pages,
    outbox_pages,
    sync_pages,
)
from panel.partners import customer_pages, partner_admin_pages, partner_pages
from panel.people import invitation_pages, people_pages, staff_pages
from panel.programs import (
    call_pages,
    feedback_pages,
    link_pages,
    program_pages,
    push_log_pages,
    push_pages,
    sandbox_pages,
)
from panel.rights import Audience, Permission
from panel.signin import account_pages, factor_pages, openid_pages, second_step_pages, signin_pages
from panel.uploads import evidence_pages, matching_pages, single_consent_pages, upload_pages
from web.rendering.texts import mark

POST = "POST"
COMPANY = "/panel/{company:number}"
UPLOAD = f"{COMPANY}/yuklemeler/{{upload:number}}"
# The last state of the company in which its people may use a line; without one it is open at an active company alone.
PAUSED, CLOSED = ProviderState.PAUSED, ProviderState.CLOSED
PEOPLE, ADMIN = Permission.PEOPLE, Permission.ADMINISTER
DESK, OPERATOR_ONLY = "/panel/isletmen", Audience.OPERATOR

ROUTES = (
    # Coming in and leaving
    PanelRoute("/panel/giris", signin_pages.ask_page, Audience.OPEN),
    PanelRoute("/panel/giris", signin_pages.ask, Audience.OPEN, method=POST),
    PanelRoute("/panel/giris/kod", signin_pages.code_page, Audience.OPEN),
    PanelRoute("/panel/giris/kod", signin_pages.redeem, Audience.OPEN, method=POST),
    PanelRoute("/panel/giris/kod/yeniden", signin_pages.again, Audience.OPEN, method=POST),
    PanelRoute("/panel/giris/kimlik", openid_pages.start, Audience.OPEN),
    PanelRoute("/panel/giris/kimlik/donus", openid_pages.back, Audience.OPEN),
    PanelRoute("/panel/yardim", overview_pages.company_help, Audience.OPEN),
    PanelRoute("/panel/davet", invitation_pages.page, Audience.OPEN),
    PanelRoute("/panel/davet", invitation_pages.accept, Audience.OPEN, method=POST),
    PanelRoute("/panel/basvuru", application_pages.ask_page, Audience.OPEN),
    PanelRoute("/panel/basvuru", application_pages.ask, Audience.OPEN, method=POST),
    PanelRoute("/panel/basvuru/kod", application_pages.code_page, Audience.OPEN),
    PanelRoute("/panel/basvuru/kod", application_pages.prove, Audience.OPEN, method=POST),
    PanelRoute("/panel/basvuru/sirket", application_pages.company_page, Audience.OPEN),
    PanelRoute("/panel/basvuru/sirket", application_pages.apply, Audience.OPEN, method=POST),
    PanelRoute("/panel/giris/ikinci", second_step_pages.page, Audience.CODE),
    PanelRoute("/panel/giris/ikinci", second_step_pages.take_code, Audience.CODE, method=POST),
    PanelRoute("/panel/giris/ikinci/anahtar-sor", second_step_pages.ask_passkey, Audience.CODE, method=POST),
    PanelRoute("/panel/giris/ikinci/anahtar", second_step_pages.take_passkey, Audience.CODE, method=POST),
    PanelRoute("/panel/cikis", signin_pages.leave, Audience.CODE, method=POST),
    # One's own account
    PanelRoute("/panel", overview_pages.home, Audience.PERSON),
    PanelRoute("/panel/rehber", call_pages.lead, Audience.PERSON),
    PanelRoute("/panel/hesap", account_pages.show, Audience.PERSON),
    PanelRoute("/panel/hesap/bildirimler", account_pages.set_notices, Audience.PERSON, method=POST),
    PanelRoute("/panel/hesap/cikis-hepsi", account_pages.leave_everywhere, Audience.PERSON, method=POST),
    PanelRoute("/panel/hesap/kurtarma", factor_pages.new_recoveries, Audience.PERSON, method=POST, fresh=True),
    PanelRoute("/panel/hesap/ikinci-adim", factor_pages.page, Audience.ENROL, fresh=True),
    PanelRoute("/panel/hesap/ikinci-adim/uygulama", factor_pages.app_page, Audience.ENROL, fresh=True),
    PanelRoute("/panel/hesap/ikinci-adim/uygulama", factor_pages.begin_app, Audience.ENROL, method=POST, fresh=True),
    PanelRoute(
        "/panel/hesap/ikinci-adim/uygulama/kod", factor_pages.prove_app, Audience.ENROL, method=POST, fresh=True
    ),
    PanelRoute(
        "/panel/hesap/ikinci-adim/anahtar-sor", factor_pages.ask_passkey, Audience.ENROL, method=POST, fresh=True
    ),
    PanelRoute("/panel/hesap/ikinci-adim/anahtar", factor_pages.add_passkey, Audience.ENROL, method=POST, fresh=True),
    PanelRoute(
        "/panel/hesap/ikinci-adim/{factor:number}/kaldir", factor_pages.remove, Audience.PERSON, method=POST, fresh=True
    ),
    # A partner's own pages
    PanelRoute(customer_pages.HOME, customer_pages.show, Audience.PARTNER, menu=mark("Müşterilerim")),
    PanelRoute(f"{customer_pages.HOME}/musteri/{{customer:number}}", customer_pages.customer, Audience.PARTNER),
    PanelRoute(customer_pages.PEOPLE, customer_pages.people, Audience.PARTNER, menu=mark("Ekibim")),
    PanelRoute(customer_pages.PEOPLE, customer_pages.invite, Audience.PARTNER_OWNER, method=POST),
    PanelRoute(
        f"{customer_pages.PEOPLE}/{{partnerperson:number}}/kapat", customer_pages.sure_of_ending, Audience.PARTNER_OWNER
    ),
    PanelRoute(
        f"{customer_pages.PEOPLE}/{{partnerperson:number}}/kapat",
        customer_pages.end,
        Audience.PARTNER_OWNER,
        method=POST,
    ),
    PanelRoute(
        f"{customer_pages.HOME}/davetler/{{partnerinvitation:number}}/geri-al",
        customer_pages.withdraw,
        Audience.PARTNER_OWNER,
        method=POST,
    ),
    # The operator's desk
    PanelRoute(DESK, dashboard_pages.home, Audience.STAFF, menu=mark("Bekleyenler")),
    PanelRoute(f"{DESK}/gelen", inbox_pages.show, OPERATOR_ONLY, menu=mark("Gelen iletiler")),
    PanelRoute(f"{DESK}/gelen/tamam", inbox_pages.settle, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/gelen/ret", inbox_pages.refuse, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/giden", outbox_pages.show, OPERATOR_ONLY, menu=mark("Gönderilemeyenler")),
    PanelRoute(f"{DESK}/giden/{{message:number}}", outbox_pages.one, OPERATOR_ONLY),
    PanelRoute(f"{DESK}/giden/{{message:number}}/yeniden", outbox_pages.retry, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/giden/{{message:number}}/birak", outbox_pages.drop, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/veri-talepleri", data_request_pages.show, Audience.STAFF, menu=mark("Veri talepleri")),
    PanelRoute(f"{DESK}/veri-talepleri", data_request_pages.enter, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/veri-talepleri/{{datarequest:number}}", data_request_pages.one, OPERATOR_ONLY),
    PanelRoute(
        f"{DESK}/veri-talepleri/{{datarequest:number}}/karar", data_request_pages.decide, OPERATOR_ONLY, method=POST
    ),
    PanelRoute(
        f"{DESK}/veri-talepleri/{{datarequest:number}}/kod", data_request_pages.send_code, OPERATOR_ONLY, method=POST
    ),
    PanelRoute(
        f"{DESK}/veri-talepleri/{{datarequest:number}}/dogrula", data_request_pages.prove, OPERATOR_ONLY, method=POST
    ),
    PanelRoute(
        f"{DESK}/veri-talepleri/{{datarequest:number}}/kopya", data_request_pages.copy, OPERATOR_ONLY, method=POST
    ),
    PanelRoute(
        f"{DESK}/veri-talepleri/{{datarequest:number}}/kisiyi-sil", data_request_pages.sure_of_erasing, OPERATOR_ONLY
    ),
    PanelRoute(
        f"{DESK}/veri-talepleri/{{datarequest:number}}/kisiyi-sil", data_request_pages.erase, OPERATOR_ONLY, method=POST
    ),
    PanelRoute(f"{DESK}/almayanlar", dashboard_pages.untaken, Audience.STAFF, menu=mark("Alınmayan retler")),
    PanelRoute(f"{DESK}/sikayetler", complaint_pages.everyone, Audience.STAFF, menu=mark("Şikâyetler")),
    PanelRoute(f"{DESK}/iys", sync_pages.everyone, Audience.STAFF, menu=mark("İYS ile eşitlik")),
    PanelRoute(f"{DESK}/girisler", lockout_pages.show, Audience.STAFF, menu=mark("Kapalı girişler")),
    PanelRoute(f"{DESK}/girisler", lockout_pages.reopen, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/durum", dashboard_pages.health, Audience.STAFF, menu=mark("Sitenin durumu")),
    PanelRoute(f"{DESK}/basvurular", company_pages.desk, Audience.STAFF, menu=mark("Başvurular")),
    PanelRoute(f"{DESK}/basvurular/{{application:number}}", company_pages.application, Audience.STAFF),
    PanelRoute(f"{DESK}/basvurular/{{application:number}}/onayla", company_pages.approve, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/basvurular/{{application:number}}/reddet", company_pages.refuse, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/istekler", claim_pages.show, Audience.STAFF, menu=mark("Ad ve numara istekleri")),
    PanelRoute(f"{DESK}/istekler/karar", claim_pages.decide, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/istekler/iys", claim_pages.decide_iys, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/formlar", form_review_pages.show, Audience.STAFF, menu=mark("Onay formları")),
    PanelRoute(f"{DESK}/formlar/{{askedform:number}}", form_review_pages.one, Audience.STAFF),
    PanelRoute(f"{DESK}/formlar/{{askedform:number}}/karar", form_review_pages.decide, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/hatlar", line_claim_pages.show, Audience.STAFF, menu=mark("Hat istekleri")),
    PanelRoute(f"{DESK}/hatlar/{{lineclaim:number}}", line_claim_pages.one, OPERATOR_ONLY),
    PanelRoute(f"{DESK}/hatlar/{{lineclaim:number}}/yazi", line_claim_pages.letter, OPERATOR_ONLY),
    PanelRoute(f"{DESK}/hatlar/{{lineclaim:number}}/karar", line_claim_pages.decide, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/sayilar", company_list_pages.numbers, Audience.STAFF, menu=mark("Sayılarla sistem")),
    PanelRoute(f"{DESK}/denetim", oversight_pages.show, Audience.STAFF, menu=mark("Şirketlerin karşılaştırması")),
    PanelRoute(f"{DESK}/saglayicilar", company_list_pages.show, Audience.STAFF, menu=mark("Şirketler")),
    PanelRoute(f"{DESK}/saglayicilar/{{provider:number}}", company_pages.provider, Audience.STAFF),
    PanelRoute(f"{DESK}/saglayicilar/{{provider:number}}/durum", company_pages.set_state, OPERATOR_ONLY, method=POST),
    PanelRoute(
        f"{DESK}/saglayicilar/{{provider:number}}/iletisim", company_pages.set_contact, OPERATOR_ONLY, method=POST
    ),
    PanelRoute(f"{DESK}/saglayicilar/{{provider:number}}/paket", rule_pages.give_package, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/ortaklar", partner_admin_pages.show, Audience.STAFF, menu=mark("İş ortakları")),
    PanelRoute(f"{DESK}/ortaklar", partner_admin_pages.add, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/ortaklar/{{partner:number}}", partner_admin_pages.one, Audience.STAFF),
    PanelRoute(f"{DESK}/ortaklar/{{partner:number}}/davet", partner_admin_pages.invite, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/ortaklar/{{partner:number}}/ad", partner_admin_pages.rename, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/ortaklar/{{partner:number}}/durum", partner_admin_pages.set_state, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/kurallar", rule_pages.show, Audience.STAFF, menu=mark("Paketler ve geçiş dönemleri")),
    PanelRoute(f"{DESK}/kurallar/ortak", rule_pages.set_partner_rule, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/kurallar/donem", rule_pages.open_window, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/kurallar/gunler", rule_pages.change_window, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/kisiler", staff_pages.show, Audience.STAFF, menu=mark("Siteyi işletenler")),
    PanelRoute(f"{DESK}/kisiler", staff_pages.invite, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/kisiler/{{staff:number}}/kapat", staff_pages.sure_of_ending, OPERATOR_ONLY),
    PanelRoute(f"{DESK}/kisiler/{{staff:number}}/kapat", staff_pages.end, OPERATOR_ONLY, method=POST),
    PanelRoute(f"{DESK}/ara", auditor_pages.ask, Audience.STAFF, menu=mark("Numarayı her şirkette ara")),
    PanelRoute(f"{DESK}/ara", auditor_pages.look, Audience.STAFF, method=POST),
    PanelRoute(f"{DESK}/denetim/islem", act_evidence_pages.ask_at_all, Audience.STAFF),
    PanelRoute(f"{DESK}/denetim/islem", act_evidence_pages.document_at_all, Audience.STAFF, method=POST),
    PanelRoute(f"{DESK}/imza", auditor_pages.proof, Audience.STAFF, menu=mark("Kayıtların imzası")),
    PanelRoute(f"{DESK}/imza", auditor_pages.compare, Audience.STAFF, method=POST),
    PanelRoute(f"{DESK}/kutuk", audit_pages.show, Audience.STAFF, menu=mark("İşlem geçmişi")),
    PanelRoute(f"{DESK}/kutuk", audit_pages.search, Audience.STAFF, method=POST),
    PanelRoute(f"{DESK}/kutuk/indir", audit_pages.download, Audience.STAFF, method=POST),
    # A company
    PanelRoute(f"{COMPANY}/genel", overview_pages.overview, Permission.MEMBER, STAFF, menu=mark("Bugün"), until=CLOSED),
    PanelRoute(f"{COMPANY}/genel/{{brand:number}}", overview_pages.brand, Permission.MEMBER, STAFF, until=CLOSED),
    PanelRoute(f"{COMPANY}/genel/ipuclari", overview_pages.hide_steps, Permission.MEMBER, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/reddedenler", refusal_pages.show, Permission.REPORT, menu=mark("Reddedenler"), until=PAUSED),
    PanelRoute(f"{COMPANY}/reddedenler/indir", refusal_pages.download, Permission.REPORT, method=POST),
    PanelRoute(f"{COMPANY}/reddedenler/aldim", refusal_pages.settle, Permission.REPORT, method=POST, until=PAUSED),
    # Loading
    PanelRoute(f"{COMPANY}/yukle", upload_pages.load_page, Permission.LOAD, menu=mark("Yükle"), until=PAUSED),
    PanelRoute(
        f"{COMPANY}/yukle",
        upload_pages.take,
        Permission.LOAD,
        method=POST,
        most_bytes=upload_pages.MOST_BYTES,
        until=PAUSED,
    ),
    PanelRoute(f"{COMPANY}/yukle/tek", single_consent_pages.page, Permission.LOAD, until=PAUSED),
    PanelRoute(f"{COMPANY}/yukle/tek", single_consent_pages.record, Permission.LOAD, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/yukle/sablon.xlsx", matching_pages.template, Permission.LOAD, until=PAUSED),
    PanelRoute(f"{COMPANY}/yukle/sablon.csv", matching_pages.template, Permission.LOAD, until=PAUSED),
    PanelRoute(f"{COMPANY}/yuklemeler", upload_pages.show_all, Permission.LOAD, menu=mark("Yüklemeler"), until=CLOSED),
    PanelRoute(UPLOAD, upload_pages.show, Permission.LOAD, until=CLOSED),
    PanelRoute(f"{UPLOAD}/sutunlar", matching_pages.show, Permission.LOAD, until=PAUSED),
    PanelRoute(f"{UPLOAD}/sutunlar", matching_pages.match, Permission.LOAD, method=POST, until=PAUSED),
    PanelRoute(f"{UPLOAD}/tarihler", matching_pages.choose_dates, Permission.LOAD, method=POST, until=PAUSED),
    PanelRoute(f"{UPLOAD}/sayfalar", matching_pages.choose_sheets, Permission.LOAD, method=POST, until=PAUSED),
    PanelRoute(f"{UPLOAD}/markalar", matching_pages.copy_to_brands, Permission.LOAD, method=POST, until=PAUSED),
    PanelRoute(f"{UPLOAD}/bayiler", matching_pages.add_dealers, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{UPLOAD}/uygula", upload_pages.apply, Permission.LOAD, method=POST, until=PAUSED),
    PanelRoute(f"{UPLOAD}/sil", upload_pages.drop, Permission.LOAD, method=POST, until=CLOSED),
    PanelRoute(f"{UPLOAD}/geri-al", upload_pages.sure_of_taking_back, Permission.LOAD, until=CLOSED),
    PanelRoute(f"{UPLOAD}/geri-al", upload_pages.take_back, Permission.LOAD, method=POST, until=CLOSED),
    PanelRoute(f"{UPLOAD}/reddedilenler", upload_pages.download, Permission.LOAD, method=POST, until=PAUSED),
    PanelRoute(
        f"{COMPANY}/itirazlar", evidence_pages.show_all, Permission.LOAD, menu=mark("Onay itirazları"), until=PAUSED
    ),
    PanelRoute(f"{COMPANY}/kanit", evidence_pages.show, Permission.LOAD, until=PAUSED),
    PanelRoute(
        f"{COMPANY}/kanit",
        evidence_pages.answer,
        Permission.LOAD,
        method=POST,
        most_bytes=evidence_pages.BYTES,
        until=PAUSED,
    ),
    PanelRoute(
        f"{COMPANY}/kanit/goster",
        act_evidence_pages.ask,
        Permission.EVIDENCE,
        STAFF,
        menu=mark("Kanıt belgesi"),
        until=PAUSED,
    ),
    PanelRoute(
        f"{COMPANY}/kanit/goster", act_evidence_pages.look, Permission.EVIDENCE, STAFF, method=POST, until=PAUSED
    ),
    PanelRoute(
        f"{COMPANY}/kanit/belge", act_evidence_pages.document, Permission.EVIDENCE, STAFF, method=POST, until=PAUSED
    ),
    # Looking
    PanelRoute(f"{COMPANY}/adres", address_pages.ask, Permission.SEE, STAFF, menu=mark("Kişi ara"), until=PAUSED),
    PanelRoute(f"{COMPANY}/adres", address_pages.look, Permission.SEE, STAFF, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/adres/kanit", address_pages.prove, Permission.SEE, STAFF, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/sorgu", query_pages.show, Permission.SEE, STAFF, menu=mark("İzin listesi"), until=PAUSED),
    PanelRoute(f"{COMPANY}/liste", list_pages.page, Permission.REPORT, menu=mark("Listemi denetle")),
    PanelRoute(f"{COMPANY}/liste", list_pages.check, Permission.REPORT, method=POST, most_bytes=list_pages.BYTES),
    PanelRoute(f"{COMPANY}/sorgu/dosya", query_pages.ask_file, Permission.REPORT, method=POST),
    PanelRoute(f"{COMPANY}/sorgu/dosyalar", query_pages.files, Permission.REPORT),
    PanelRoute(
        f"{COMPANY}/sorgu/dosyalar/{{export:number}}/indir", query_pages.download, Permission.REPORT, method=POST
    ),
    PanelRoute(
        f"{COMPANY}/raporlar", report_pages.show, Permission.REPORT, STAFF, menu=mark("Günlük raporlar"), until=PAUSED
    ),
    PanelRoute(f"{COMPANY}/raporlar/denetle", report_pages.check_page, Permission.REPORT, STAFF, until=PAUSED),
    PanelRoute(
        f"{COMPANY}/raporlar/denetle",
        report_pages.check,
        Permission.REPORT,
        STAFF,
        method=POST,
        most_bytes=report_pages.MOST_BYTES,
        until=PAUSED,
    ),
    PanelRoute(f"{COMPANY}/raporlar/{{brand:number}}/indir", report_pages.download, Permission.REPORT, method=POST),
    PanelRoute(
        f"{COMPANY}/raporlar/{{brand:number}}/mutabakat",
        report_pages.agree,
        Permission.REPORT,
        method=POST,
        until=PAUSED,
    ),
    PanelRoute(
        f"{COMPANY}/sorulanlar", form_pages.counts, Permission.REPORT, STAFF, menu=mark("Sorulan izinler"), until=PAUSED
    ),
    PanelRoute(
        f"{COMPANY}/sikayetler",
        complaint_pages.of_company,
        Permission.REPORT,
        STAFF,
        menu=mark("Şikâyetler"),
        until=PAUSED,
    ),
    PanelRoute(
        f"{COMPANY}/masa", call_centre_pages.page, Permission.DESK, OPERATOR, menu=mark("Çağrı masası"), until=CLOSED
    ),
    PanelRoute(f"{COMPANY}/masa", call_centre_pages.take, Permission.DESK, OPERATOR, method=POST, until=CLOSED),
    PanelRoute(
        f"{COMPANY}/masa/arayan", call_centre_pages.receive, Permission.DESK, OPERATOR, method=POST, until=CLOSED
    ),
    PanelRoute(f"{COMPANY}/masa/geri-al", call_centre_pages.undo, Permission.DESK, OPERATOR, method=POST, until=CLOSED),
    PanelRoute(letter_pages.PATH, letter_pages.show, Permission.DESK, menu=mark("Veri mektupları"), until=CLOSED),
    PanelRoute(letter_pages.PATH, letter_pages.take, Permission.DESK, method=POST, until=CLOSED),
    # What it manages
    PanelRoute(f"{COMPANY}/markalar", brand_pages.show, ADMIN, menu=mark("Markalar"), until=PAUSED),
    PanelRoute(f"{COMPANY}/markalar", brand_pages.add, ADMIN, method=POST),
    PanelRoute(f"{COMPANY}/markalar/vazgec", brand_pages.withdraw, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/markalar/{{brand:number}}", brand_pages.one, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/markalar/{{brand:number}}", brand_pages.change, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/markalar/{{brand:number}}/durum", brand_pages.set_closed, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/bayiler", dealer_pages.show, ADMIN, menu=mark("Bayiler"), until=PAUSED),
    PanelRoute(f"{COMPANY}/bayiler/{{brand:number}}", dealer_pages.of_brand, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/bayiler/{{brand:number}}", dealer_pages.add, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/bayiler/{{brand:number}}/toplu", dealer_pages.many_page, ADMIN, until=PAUSED),
    PanelRoute(
        f"{COMPANY}/bayiler/{{brand:number}}/toplu",
        dealer_pages.add_many,
        ADMIN,
        method=POST,
        most_bytes=dealer_pages.MOST_REQUEST,
        until=PAUSED,
    ),
    PanelRoute(
        f"{COMPANY}/bayiler/{{brand:number}}/toplu/hatali",
        dealer_pages.wrong_rows,
        ADMIN,
        method=POST,
        most_bytes=dealer_pages.MOST_REQUEST,
        until=PAUSED,
    ),
    PanelRoute(f"{COMPANY}/bayi/{{dealer:number}}", dealer_pages.one, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/bayi/{{dealer:number}}", dealer_pages.change, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/bayi/{{dealer:number}}/kaldir", dealer_pages.sure_of_ending, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/bayi/{{dealer:number}}/kaldir", dealer_pages.end, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/formlar", form_pages.show, ADMIN, menu=mark("Onay formları"), until=PAUSED),
    PanelRoute(f"{COMPANY}/formlar/yeni", form_pages.new_page, ADMIN),
    PanelRoute(f"{COMPANY}/formlar/yeni", form_pages.add, ADMIN, method=POST),
    PanelRoute(f"{COMPANY}/formlar/{{form:number}}", form_pages.one, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/formlar/{{form:number}}/duzelt", form_pages.edit_page, ADMIN),
    PanelRoute(f"{COMPANY}/formlar/{{form:number}}/duzelt", form_pages.edit, ADMIN, method=POST),
    PanelRoute(f"{COMPANY}/formlar/{{form:number}}/gonder", form_pages.submit, ADMIN, method=POST),
    PanelRoute(f"{COMPANY}/formlar/{{form:number}}/cek", form_pages.withdraw, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/formlar/{{form:number}}/kapat", form_pages.sure_of_ending, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/formlar/{{form:number}}/kapat", form_pages.end, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/kasalar", till_pages.show, ADMIN, menu=mark("Kasalar ve afişler"), until=PAUSED),
    PanelRoute(f"{COMPANY}/kasalar/yeni", till_pages.new_page, ADMIN),
    PanelRoute(f"{COMPANY}/kasalar/yeni", till_pages.add, ADMIN, method=POST),
    PanelRoute(f"{COMPANY}/kasalar/{{till:number}}/kapat", till_pages.sure_of_ending, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/kasalar/{{till:number}}/kapat", till_pages.end, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar", program_pages.show, ADMIN, menu=mark("Programlar"), until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar", program_pages.add, ADMIN, method=POST),
    PanelRoute(f"{COMPANY}/programlar/cagrilar", call_pages.show, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar/teshis", call_pages.diagnose, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar/dene", call_pages.attempt, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar/deneme-alani", sandbox_pages.show, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar/deneme-alani", sandbox_pages.add_key, ADMIN, method=POST),
    PanelRoute(f"{COMPANY}/programlar/deneme-alani/bosalt", sandbox_pages.empty, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar/bildirim", push_pages.show, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar/bildirim", push_pages.register, ADMIN, method=POST),
    PanelRoute(f"{COMPANY}/programlar/bildirim/{{push:number}}", push_log_pages.show, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar/bildirim/{{push:number}}/dene", push_pages.attempt, ADMIN, method=POST),
    PanelRoute(f"{COMPANY}/programlar/bildirim/{{push:number}}/imza", push_log_pages.sure_of_signing, ADMIN),
    PanelRoute(f"{COMPANY}/programlar/bildirim/{{push:number}}/imza", push_log_pages.sign, ADMIN, method=POST),
    PanelRoute(f"{COMPANY}/programlar/bildirim/{{push:number}}/bicim", push_log_pages.change_form, ADMIN, method=POST),
    PanelRoute(f"{COMPANY}/programlar/bildirim/{{push:number}}/yeniden", push_log_pages.rewind, ADMIN, method=POST),
    PanelRoute(f"{COMPANY}/programlar/gonderim/{{delivery:number}}", push_log_pages.one, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar/gonderim/{{delivery:number}}", push_log_pages.resend, ADMIN, method=POST),
    PanelRoute(
        f"{COMPANY}/programlar/bildirim/{{push:number}}/kaldir", push_pages.sure_of_removing, ADMIN, until=PAUSED
    ),
    PanelRoute(
        f"{COMPANY}/programlar/bildirim/{{push:number}}/kaldir", push_pages.remove, ADMIN, method=POST, until=PAUSED
    ),
    PanelRoute(f"{COMPANY}/programlar/olaylar", feedback_pages.show, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar/olaylar", feedback_pages.add, ADMIN, method=POST),
    PanelRoute(
        f"{COMPANY}/programlar/olaylar/{{feedback:number}}/kapat", feedback_pages.sure_of_ending, ADMIN, until=PAUSED
    ),
    PanelRoute(
        f"{COMPANY}/programlar/olaylar/{{feedback:number}}/kapat", feedback_pages.end, ADMIN, method=POST, until=PAUSED
    ),
    PanelRoute(f"{COMPANY}/programlar/{{program:number}}", program_pages.one, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar/{{program:number}}/aglar", program_pages.allow, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar/{{program:number}}/yetki", program_pages.limit, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar/{{program:number}}/sifre", program_pages.sure_of_renewing, ADMIN),
    PanelRoute(f"{COMPANY}/programlar/{{program:number}}/sifre", program_pages.renew, ADMIN, method=POST),
    PanelRoute(f"{COMPANY}/programlar/{{program:number}}/kapat", program_pages.sure_of_ending, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/programlar/{{program:number}}/kapat", program_pages.end, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/ortaklar", partner_pages.show, ADMIN, menu=mark("İş ortakları"), until=PAUSED),
    PanelRoute(f"{COMPANY}/ortaklar/{{brand:number}}", partner_pages.of_brand, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/ortaklar/{{brand:number}}", partner_pages.grant, ADMIN, method=POST),
    PanelRoute(f"{COMPANY}/ortaklar/{{brand:number}}/geri-al", partner_pages.sure_of_revoking, ADMIN, until=PAUSED),
    PanelRoute(f"{COMPANY}/ortaklar/{{brand:number}}/geri-al", partner_pages.revoke, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/baglantilar", link_pages.show, Permission.LOAD, menu=mark("Bağlantılar")),
    PanelRoute(
        f"{COMPANY}/baglantilar",
        link_pages.mint,
        Permission.LOAD,
        method=POST,
        most_bytes=link_pages.BYTES,
    ),
    PanelRoute(f"{COMPANY}/baglantilar/dosyalar", link_pages.files, Permission.LOAD),
    PanelRoute(
        f"{COMPANY}/baglantilar/dosyalar/{{linkfile:number}}/indir",
        link_pages.download,
        Permission.LOAD,
        method=POST,
    ),
    PanelRoute(f"{COMPANY}/iys", sync_pages.show, ADMIN, STAFF, menu=mark("İYS ile eşitlik"), until=PAUSED),
    PanelRoute(f"{COMPANY}/iys", sync_pages.set_up, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/iys/kaldir", sync_pages.remove, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/iys/dene", sync_pages.attempt, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/iys/karsilastir", sync_pages.compare, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/iys/baslat", sync_pages.start, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/iys/simdi", sync_pages.go, ADMIN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/iys/reddedilenler", sync_pages.refused, Permission.SEE, STAFF, until=PAUSED),
    PanelRoute(f"{COMPANY}/iys/reddedilenler", sync_pages.look, Permission.SEE, STAFF, method=POST, until=PAUSED),
    # Its people
    PanelRoute(f"{COMPANY}/kullanicilar", people_pages.show, PEOPLE, menu=mark("Ekibim"), until=CLOSED),
    PanelRoute(f"{COMPANY}/kullanicilar/davet", people_pages.invite_page, PEOPLE, until=PAUSED),
    PanelRoute(f"{COMPANY}/kullanicilar/davet", people_pages.invite, PEOPLE, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/kullanicilar/iletisim", people_pages.set_contact, PEOPLE, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/kullanicilar/kural", people_pages.rule, Permission.OWN, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/kullanicilar/{{colleague:number}}", people_pages.one, PEOPLE, until=CLOSED),
    PanelRoute(f"{COMPANY}/kullanicilar/{{colleague:number}}", people_pages.change, PEOPLE, method=POST, until=PAUSED),
    PanelRoute(f"{COMPANY}/kullanicilar/{{colleague:number}}/kapat", people_pages.sure_of_ending, PEOPLE, until=CLOSED),
    PanelRoute(
        f"{COMPANY}/kullanicilar/{{colleague:number}}/kapat", people_pages.end, PEOPLE, method=POST, until=CLOSED
    ),
    PanelRoute(
        f"{COMPANY}/davetler/{{invitation:number}}/geri-al", people_pages.withdraw, PEOPLE, method=POST, until=CLOSED
    ),
    PanelRoute(f"{COMPANY}/kutuk", audit_pages.show, PEOPLE, STAFF, menu=mark("İşlem geçmişi"), until=CLOSED),
    PanelRoute(f"{COMPANY}/kutuk", audit_pages.search, PEOPLE, STAFF, method=POST, until=CLOSED),
    PanelRoute(f"{COMPANY}/kutuk/indir", audit_pages.download, PEOPLE, STAFF, method=POST, until=CLOSED),
)


def routes() -> list[BaseRoute]:
    """The table as Starlette routes."""
    return gate.routes(ROUTES)
