"""The panel's site map: a line a route, with the right that it needs. The menu shows lines in this order."""

from __future__ import annotations

from starlette.routing import BaseRoute

from panel import panel_gate
from panel.account import account_pages, factor_pages
from panel.company import home_pages
from panel.desk import desk_pages
from panel.entry import openid_pages, panel_signin, second_step, trial_mail
from panel.joining import application_pages
from panel.log import log_pages
from panel.looking import help_page
from panel.looking.address import address_pages
from panel.looking.overview import overview_pages
from panel.looking.query import query_pages
from panel.looking.reports import report_pages
from panel.operator import operator_pages, staff_pages
from panel.panel_gate import OPERATOR, STAFF, PanelLine
from panel.people import invited_pages, people_pages
from panel.rights import Audience, Permission
from web.rendering.texts import mark

POST = "POST"
COMPANY = "/panel/{company:number}"
PEOPLE = Permission.PEOPLE
DESK, OPERATOR_ONLY = "/panel/isletmen", Audience.OPERATOR

LINES = (
    # Coming in and leaving
    PanelLine("/panel/giris", panel_signin.ask_page, Audience.OPEN),
    PanelLine("/panel/giris", panel_signin.ask, Audience.OPEN, method=POST),
    PanelLine("/panel/giris/kod", panel_signin.code_page, Audience.OPEN),
    PanelLine("/panel/giris/kod", panel_signin.redeem, Audience.OPEN, method=POST),
    PanelLine("/panel/giris/kod/yeniden", panel_signin.again, Audience.OPEN, method=POST),
    PanelLine("/panel/giris/kimlik", openid_pages.start, Audience.OPEN),
    PanelLine("/panel/giris/kimlik/donus", openid_pages.back, Audience.OPEN),
    PanelLine("/panel/yardim", help_page.show, Audience.OPEN),
    PanelLine("/panel/davet", invited_pages.page, Audience.OPEN),
    PanelLine("/panel/davet", invited_pages.accept, Audience.OPEN, method=POST),
    PanelLine("/panel/basvuru", application_pages.ask_page, Audience.OPEN),
    PanelLine("/panel/basvuru", application_pages.ask, Audience.OPEN, method=POST),
    PanelLine("/panel/basvuru/kod", application_pages.code_page, Audience.OPEN),
    PanelLine("/panel/basvuru/kod", application_pages.prove, Audience.OPEN, method=POST),
    PanelLine("/panel/basvuru/sirket", application_pages.apply, Audience.OPEN, method=POST),
    PanelLine("/panel/deneme", trial_mail.show, Audience.OPEN),
    PanelLine("/panel/giris/ikinci", second_step.page, Audience.CODE),
    PanelLine("/panel/giris/ikinci", second_step.take_code, Audience.CODE, method=POST),
    PanelLine("/panel/giris/ikinci/anahtar-sor", second_step.ask_passkey, Audience.CODE, method=POST),
    PanelLine("/panel/giris/ikinci/anahtar", second_step.take_passkey, Audience.CODE, method=POST),
    PanelLine("/panel/cikis", panel_signin.leave, Audience.CODE, method=POST),
    # One's own account
    PanelLine("/panel", home_pages.home, Audience.PERSON),
    PanelLine("/panel/hesap", account_pages.show, Audience.PERSON),
    PanelLine("/panel/hesap/cikis-hepsi", account_pages.leave_everywhere, Audience.PERSON, method=POST),
    PanelLine("/panel/hesap/kurtarma", factor_pages.new_recoveries, Audience.PERSON, method=POST),
    PanelLine("/panel/hesap/ikinci-adim", factor_pages.page, Audience.ENROL),
    PanelLine("/panel/hesap/ikinci-adim/uygulama", factor_pages.app_page, Audience.ENROL),
    PanelLine("/panel/hesap/ikinci-adim/uygulama", factor_pages.begin_app, Audience.ENROL, method=POST),
    PanelLine("/panel/hesap/ikinci-adim/uygulama/kod", factor_pages.prove_app, Audience.ENROL, method=POST),
    PanelLine("/panel/hesap/ikinci-adim/anahtar-sor", factor_pages.ask_passkey, Audience.ENROL, method=POST),
    PanelLine("/panel/hesap/ikinci-adim/anahtar", factor_pages.add_passkey, Audience.ENROL, method=POST),
    PanelLine("/panel/hesap/ikinci-adim/{factor:number}/kaldir", factor_pages.remove, Audience.PERSON, method=POST),
    # The operator's desk
    PanelLine(DESK, operator_pages.desk, Audience.STAFF, menu=mark("Başvurular")),
    PanelLine(f"{DESK}/basvurular/{{application:number}}", operator_pages.application, Audience.STAFF),
    PanelLine(f"{DESK}/basvurular/{{application:number}}/onayla", operator_pages.approve, OPERATOR_ONLY, method=POST),
    PanelLine(f"{DESK}/basvurular/{{application:number}}/reddet", operator_pages.refuse, OPERATOR_ONLY, method=POST),
    PanelLine(f"{DESK}/saglayicilar", operator_pages.providers, Audience.STAFF, menu=mark("Şirketler")),
    PanelLine(f"{DESK}/saglayicilar/{{provider:number}}", operator_pages.provider, Audience.STAFF),
    PanelLine(f"{DESK}/saglayicilar/{{provider:number}}/durum", operator_pages.set_state, OPERATOR_ONLY, method=POST),
    PanelLine(f"{DESK}/kisiler", staff_pages.show, Audience.STAFF, menu=mark("Siteyi işletenler")),
    PanelLine(f"{DESK}/kisiler", staff_pages.invite, OPERATOR_ONLY, method=POST),
    PanelLine(f"{DESK}/kisiler/{{staff:number}}/kapat", staff_pages.end, OPERATOR_ONLY, method=POST),
    PanelLine(f"{DESK}/kutuk", log_pages.show, Audience.STAFF, menu=mark("Kütük")),
    PanelLine(f"{DESK}/kutuk", log_pages.search, Audience.STAFF, method=POST),
    # A company
    PanelLine(f"{COMPANY}/genel", overview_pages.overview, Permission.MEMBER, STAFF, menu=mark("Genel bakış")),
    PanelLine(f"{COMPANY}/genel/{{brand:number}}", overview_pages.brand, Permission.MEMBER, STAFF),
    # Looking
    PanelLine(f"{COMPANY}/adres", address_pages.ask, Permission.SEE, STAFF, menu=mark("Numara veya e-posta")),
    PanelLine(f"{COMPANY}/adres", address_pages.look, Permission.SEE, STAFF, method=POST),
    PanelLine(f"{COMPANY}/sorgu", query_pages.show, Permission.SEE, STAFF, menu=mark("Sorgu")),
    PanelLine(f"{COMPANY}/sorgu/dosya", query_pages.ask_file, Permission.REPORT, method=POST),
    PanelLine(f"{COMPANY}/sorgu/dosyalar", query_pages.files, Permission.REPORT),
    PanelLine(
        f"{COMPANY}/sorgu/dosyalar/{{export:number}}/indir", query_pages.download, Permission.REPORT, method=POST
    ),
    PanelLine(f"{COMPANY}/raporlar", report_pages.show, Permission.REPORT, STAFF, menu=mark("Günlük raporlar")),
    PanelLine(f"{COMPANY}/raporlar/denetle", report_pages.check_page, Permission.REPORT, STAFF),
    PanelLine(
        f"{COMPANY}/raporlar/denetle",
        report_pages.check,
        Permission.REPORT,
        STAFF,
        method=POST,
        most_bytes=report_pages.MOST_BYTES,
    ),
    PanelLine(f"{COMPANY}/raporlar/{{brand:number}}/indir", report_pages.download, Permission.REPORT, method=POST),
    PanelLine(f"{COMPANY}/raporlar/{{brand:number}}/mutabakat", report_pages.agree, Permission.REPORT, method=POST),
    PanelLine(f"{COMPANY}/masa", desk_pages.page, Permission.DESK, OPERATOR, menu=mark("Çağrı masası")),
    PanelLine(f"{COMPANY}/masa", desk_pages.take, Permission.DESK, OPERATOR, method=POST),
    # Its people
    PanelLine(f"{COMPANY}/kullanicilar", people_pages.show, PEOPLE, menu=mark("Kişiler")),
    PanelLine(f"{COMPANY}/kullanicilar/davet", people_pages.invite_page, PEOPLE),
    PanelLine(f"{COMPANY}/kullanicilar/davet", people_pages.invite, PEOPLE, method=POST),
    PanelLine(f"{COMPANY}/kullanicilar/kural", people_pages.rule, Permission.OWN, method=POST),
    PanelLine(f"{COMPANY}/kullanicilar/{{colleague:number}}", people_pages.one, PEOPLE),
    PanelLine(f"{COMPANY}/kullanicilar/{{colleague:number}}", people_pages.change, PEOPLE, method=POST),
    PanelLine(f"{COMPANY}/kullanicilar/{{colleague:number}}/kapat", people_pages.end, PEOPLE, method=POST),
    PanelLine(f"{COMPANY}/davetler/{{invitation:number}}/geri-al", people_pages.withdraw, PEOPLE, method=POST),
    PanelLine(f"{COMPANY}/kutuk", log_pages.show, PEOPLE, STAFF, menu=mark("Kütük")),
    PanelLine(f"{COMPANY}/kutuk", log_pages.search, PEOPLE, STAFF, method=POST),
)


def routes() -> list[BaseRoute]:
    """The table as Starlette takes it."""
    return panel_gate.routes(LINES)
