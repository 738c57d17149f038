"""The page of a company's feedback hooks: where its mailing service or messenger posts complaints and “stop”. The URL
holds a secret and is in the answer to its own request only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import provider_list, provider_states
from consents.brands.companies import KnownBrand
from consents.keys import Keyring
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.audit.change import Change
from panel.form_answers import UNSENT, FieldFault, FormResult, StaleChange
from panel.panel_pages import Confirmation
from panel.rights import Member
from providers.feedback import event_calls, feedback_hooks
from providers.feedback.events import EventForm
from providers.feedback.feedback_hooks import OpenHook
from web import forms, pages, process
from web.rendering.texts import mark

FORMS: Mapping[EventForm, str] = {
    EventForm.ARF: mark("Şikâyet ve hata e-postaları (ARF, DSN)"),
    EventForm.SES: mark("Amazon SES (SNS)"),
    EventForm.MAILGUN: mark("Mailgun"),
    EventForm.JSON: mark("Başka bir e-posta hizmeti (JSON)"),
    EventForm.WHATSAPP: mark("WhatsApp Business (user_preferences)"),
    EventForm.RCS: mark("RCS for Business (Google)"),
}
FAULTS: Mapping[str, str] = {
    "signature": mark("İmza tutmadı: buraya yazılan anahtar, hizmetteki anahtar değil."),
    "json": mark("Gövde JSON değildi."),
    "form": mark("Gövde, seçilen hizmetin biçiminde değildi."),
    "address": mark("Bir kaydın adresi okunamadı."),
    "token": mark("Bir şikâyetteki bağlantı bu markanın değildi."),
    "H178": mark("Kişi sonradan kendisi izin vermiş; izni geçerli."),
    "failed": mark("Bu sitedeki bir hata yüzünden alınamadı; hizmet yeniden gönderecek."),
}
_ASKED, _END = mark("Bu olay adresi kapatılsın mı?"), mark("Olay adresini kapat")
_ABOUT = mark("Markası: {brand}. Hizmet: {service}.")
_EFFECTS = (
    mark("Hizmet bu adrese göndermeyi sürdürürse 404 yanıtını alır; şikâyet edenler ve “dur” diyenler reddedilmez."),
    mark("Şimdiye kadar kaydedilen retler geçerli kalır."),
    mark("Yeni bir adres alırsanız hizmetteki ayarı da değiştirmeniz gerekir."),
)


class HookLine(NamedTuple):
    """``service``, ``trouble``: marked; ``trouble`` is None where the last post was taken whole."""

    brand: KnownBrand
    hook: OpenHook
    service: str
    trouble: str | None


async def show(request: Request, member: Member) -> Response:
    return await _show(request, member)


async def add(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    brands = await form_answers.brands(request, member)
    brand = next((one for one in brands if str(one.code) == given.get("brand")), None)
    result = await form_answers.attempt(request, member, make, brand, given)
    url = f"{process.of(request).settings.public_url}{event_calls.PATH}{result.value}" if result.value else ""
    return await _show(request, member, result, given, url)


async def sure_of_ending(request: Request, member: Member) -> Response:
    brand, hook = member.objects["feedback"].what
    about = {"brand": brand.title, "service": pages.text(request, FORMS[hook.form])}
    effects = ((_ABOUT, about), *((sentence, {}) for sentence in _EFFECTS))
    back = f"{member.home}/programlar/olaylar"
    return panel_pages.confirmation(request, member, Confirmation((_ASKED, {}), effects, _END, back))


async def end(request: Request, member: Member) -> Response:
    brand, hook = member.objects["feedback"].what
    result = await form_answers.attempt(request, member, stop, brand, hook)
    if result.faults:
        return await _show(request, member, result)
    return pages.redirect(request, f"{member.home}/programlar/olaylar?kaldirildi")


def make(change: Change, brand: KnownBrand | None, given: Mapping[str, str]) -> str:
    """Opens one; the secret of its URL. Errors: FieldFault."""
    if brand is None:
        raise FieldFault("brand", "brand")
    if provider_states.of_brand(change.transaction, brand.id).brand_closed:
        raise FieldFault("brand", "push-closed")
    form = next((one for one in EventForm if one.value == given.get("form")), None)
    if form is None:
        raise FieldFault("form", "feedback-form")
    key = given.get("key", "").strip() if form.signed else ""
    if form.signed and not (len(key) in feedback_hooks.KEY_LENGTHS and key.isascii() and key.isprintable()):
        raise FieldFault("key", "feedback-key")
    if len(feedback_hooks.of_brand(change.transaction, change.keyring, brand.id)) >= feedback_hooks.MOST:
        raise FieldFault("brand", "feedback-full")
    bounces = given.get("bounces") == "1"
    number, secret = feedback_hooks.make(change.transaction, change.keyring, brand.id, form, key, bounces=bounces)
    change.note("feedback-opened", f"feedback {number}", after=_words(form, bounces=bounces), brand=brand)
    return secret


def stop(change: Change, brand: KnownBrand, hook: OpenHook) -> None:
    """Errors: StaleChange."""
    if not feedback_hooks.end(change.transaction, hook.id):
        raise StaleChange
    change.note("feedback-ended", f"feedback {hook.id}", before=_words(hook.form, bounces=hook.bounces), brand=brand)


def every(snapshot: Snapshot, keyring: Keyring, member: Member) -> list[HookLine]:
    return [
        HookLine(brand, hook, FORMS[hook.form], FAULTS.get(hook.fault, hook.fault) if hook.fault else None)
        for brand in provider_list.brands_of(snapshot, member.at.id)
        if member.sees(brand.id)
        for hook in feedback_hooks.of_brand(snapshot, keyring, brand.id)
    ]


async def _show(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}, url: str = ""
) -> Response:
    registry = process.of(request).registry
    return form_answers.page(
        request,
        member,
        "manage/feedback.html",
        result,
        {name: value for name, value in given.items() if name != "key"},
        lines=await registry.store.read(every, registry.keyring, member),
        brands=await form_answers.brands(request, member),
        services=[(form.value, pages.text(request, name)) for form, name in FORMS.items()],
        url=url,
        word=url.rpartition("/")[2] if given.get("form") == EventForm.WHATSAPP else "",
    )


def _words(form: EventForm, *, bounces: bool) -> str:
    return f"{form.value}{' bounces' if bounces else ''}"
