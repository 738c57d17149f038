"""The application: its route table is the site map, one line a route."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from asking import till_pages
from citizen.alerts import alert_pages, follow_up_job, follow_up_pages
from citizen.asked import question_pages
from citizen.business import business_pages
from citizen.consents import (
    brand,
    choices,
    directory,
    dispute_pages,
    family_pages,
    number_reassigned,
    overview,
    refuse_all,
    results,
    standing_refusal_pages,
    undo,
)
from citizen.receipts import (
    asked_pages,
    complaint,
    complaint_lists,
    documents,
    fridge_page,
    receipt,
    record,
    sender,
    stop_days,
)
from citizen.signin import helper_pages, passkey_pages, signin_steps, signout, sms_login
from citizen.tables import COMPLAINTS_KEPT, WATCH_KEPT
from consents.care import clock_trust, standbys, workers
from consents.instants import DAY
from consents.registry import Registry, unfit
from consents.rules import Reconsent
from consents.store import StoreUnavailable
from evidence import witness_file
from evidence.tlog import witness_states
from izin.figures import figure_pages
from izin.operations import data_pages, metrics_page, own_evidence_page
from izin.operations.registry import opened
from izin.sandbox import sandbox_parts
from izin.tlog import log_pages
from national import national_status
from national.incoming import push_receiver
from optout import link_receipts, mail_door, number_check, receipt_check, trial_phone, verifier_file
from optout.links import link_door, posters
from optout.sms import hooks, sms_brands
from optout.sms.follow_up_answers import PATH as FOLLOW_UP_PATH
from optout.sms.status_replies import DATA_PATH
from optout.tables import FOLLOW_UPS_KEPT
from optout.voice import voice_door
from panel import panel_routes
from panel.tables import DEVICES_KEPT
from providers import refused_tally
from providers import routes as api
from providers.api import answers, endpoint
from providers.callers import call_log, stray_calls
from providers.feedback import event_calls
from providers.openapi import guide, portal_pages
from providers.tables import LISTS_KEPT, REFUSED_KEPT
from settings import Settings
from trust.tables import SIGN_INS_KEPT, WRONG_CODES_KEPT
from web import errors, health, logs, metrics, pages, site, turned_away
from web.forms import FORM_BYTES
from web.guards import READING, Guards
from web.process import KeptFor, Process
from web.rendering.assets import Assets
from web.rendering.drawing import Pages, Trial, trial_allowed
from web.room import Room
from web.turned_away import TurnedAway

Worker = Callable[[Starlette], AbstractAsyncContextManager[None]]

HOT = 10  # lines of either table that come first, because a router tries one after the other
NO_COOKIE = (
    "/u/",
    "/haber/",
    "/hooks/",
    "/iys/",
    event_calls.PATH,
    f"{logs.SANDBOX}/",
    *answers.PREFIXES,
)  # authorised by their own token or signature, so open to other sites


def routes(assets: Assets) -> list[BaseRoute]:
    pages.register_numbers()
    return [
        Route("/", site.start),
        Route("/k/{code}", link_door.show),
        Route("/k/{code}", link_door.press, methods=["POST"]),
        Route("/izinler", overview.show),
        Route("/izinler/{brand:number}/{channel}/{identity}", choices.decide, methods=["POST"]),
        Route("/q/{code}", link_door.show),
        Route("/q/{code}", link_door.press, methods=["POST"]),
        Route("/u/{token}", mail_door.press, methods=["POST"]),
        Route("/hooks/twilio/voice", voice_door.take, methods=["POST"]),
        Route("/hooks/{carrier}/{door}", hooks.take, methods=["POST"]),
        Route("/static/{path:path}", assets.answer),
        Route("/izinler/{brand:number}", brand.show),
        Route("/izinler/{brand:number}/kanit.pdf", own_evidence_page.paper),
        Route("/izinler/geri-al/{act:number}", undo.take_back, methods=["POST"]),
        Route("/izinler/reddet", refuse_all.show),
        Route("/izinler/reddet", refuse_all.refuse, methods=["POST"]),
        Route("/izinler/sonuc", results.show),
        Route(dispute_pages.PATH, dispute_pages.ask, methods=["POST"]),
        Route("/izinler/bundan-sonrasi", standing_refusal_pages.show),
        Route("/izinler/bundan-sonrasi", standing_refusal_pages.change, methods=["POST"]),
        Route("/izinler/yeni-numara", number_reassigned.ask),
        Route("/izinler/yeni-numara", number_reassigned.answer, methods=["POST"]),
        Route("/izinler/yaninda", signin_steps.ask_page),
        Route("/izinler/yaninda", signin_steps.ask, methods=["POST"]),
        Route("/izinler/yaninda/kod", signin_steps.code_page),
        Route("/izinler/yaninda/kod", signin_steps.redeem, methods=["POST"]),
        Route("/izinler/yaninda/kod/yeniden", signin_steps.again, methods=["POST"]),
        Route(family_pages.PATH, family_pages.show),
        Route(family_pages.PATH, family_pages.close, methods=["POST"]),
        Route(family_pages.RESULT, family_pages.result),
        Route(family_pages.UNDO, family_pages.take_back, methods=["POST"]),
        Route(helper_pages.NAME, helper_pages.offer),
        Route(helper_pages.NAME, helper_pages.ask, methods=["POST"]),
        Route(helper_pages.CODE, helper_pages.code_page),
        Route(helper_pages.CODE, helper_pages.redeem, methods=["POST"]),
        Route(helper_pages.PATH, helper_pages.show),
        Route(helper_pages.OPEN, helper_pages.open_, methods=["POST"]),
        Route(helper_pages.END, helper_pages.end, methods=["POST"]),
        Route("/izinler/yaninda/bitti", signout.visit_over),
        Route("/izinler/yaninda/bitir", signout.end_visit, methods=["POST"]),
        Route("/belgelerim", documents.show),
        Route(asked_pages.PATH, asked_pages.show),
        Route(asked_pages.PATH, asked_pages.change, methods=["POST"]),
        Route(f"{asked_pages.PATH}/{{request}}.zip", asked_pages.proof),
        Route(DATA_PATH, data_pages.lead),
        Route(data_pages.PATH, data_pages.show),
        Route(f"{data_pages.PATH}.pdf", data_pages.paper),
        Route(f"{data_pages.PATH}.json", data_pages.download),
        Route(f"{data_pages.PATH}/{{request:number}}.pdf", data_pages.answer),
        Route(data_pages.ASK, data_pages.ask),
        Route(data_pages.ASK, data_pages.send, methods=["POST"]),
        Route(data_pages.ERASE, data_pages.sure_of_erasing),
        Route(data_pages.ERASE, data_pages.erase, methods=["POST"]),
        Route(data_pages.ERASED, data_pages.erased),
        Route("/izinler/kayit", record.show),
        Route("/izinler/kayit.json", record.download),
        Route("/izinler/kayit.pdf", record.paper),
        Route("/izinler/durmali.ics", stop_days.running),
        Route(business_pages.PATH, business_pages.show),
        Route(business_pages.PATH, business_pages.begin, methods=["POST"]),
        Route(business_pages.ADD, business_pages.ask_lines),
        Route(business_pages.ADD, business_pages.take_lines, methods=["POST"]),
        Route(business_pages.DOMAIN, business_pages.ask_domain),
        Route(business_pages.DOMAIN, business_pages.check_domain, methods=["POST"]),
        Route(business_pages.REFUSE, business_pages.ask_refusal),
        Route(business_pages.REFUSE, business_pages.refuse, methods=["POST"]),
        Route(business_pages.UNDO, business_pages.undo, methods=["POST"]),
        Route(business_pages.LEAVE, business_pages.ask_leaving),
        Route(business_pages.LEAVE, business_pages.leave, methods=["POST"]),
        Route("/izinler/haber", alert_pages.show),
        Route("/izinler/haber", alert_pages.save, methods=["POST"]),
        Route(follow_up_pages.PATH, follow_up_pages.show),
        Route(follow_up_pages.PATH, follow_up_pages.save, methods=["POST"]),
        Route(FOLLOW_UP_PATH, follow_up_pages.lead),
        Route(f"{follow_up_job.PATH}{{token}}", follow_up_pages.show_mailed),
        Route(f"{follow_up_job.PATH}{{token}}", follow_up_pages.answer_mailed, methods=["POST"]),
        Route("/haber/{token}", alert_pages.show_unsubscribe),
        Route("/haber/{token}", alert_pages.unsubscribe, methods=["POST"]),
        Route(sender.PATH, sender.ask),
        Route(sender.PATH, sender.take, methods=["POST"]),
        Route("/izinler/sikayet/{brand:number}", complaint.ask),
        Route("/izinler/sikayet/{brand:number}", complaint.write, methods=["POST"]),
        Route("/izinler/sikayet/{brand:number}/sayim", complaint.count, methods=["POST"]),
        Route(complaint_lists.PATH, complaint_lists.show),
        Route(complaint_lists.PATH, complaint_lists.change, methods=["POST"]),
        Route(f"{sender.PATH}/sayim", sender.count, methods=["POST"]),
        Route("/makbuz", number_check.ask),
        Route("/makbuz", number_check.detail, methods=["POST"]),
        Route("/makbuz/{number}.json", receipt.download),
        Route("/makbuz/{number}.tlog-proof", receipt.tlog_proof),
        Route("/makbuz/{number}.ics", receipt.calendar),
        Route("/makbuz/{number}.pdf", receipt.paper),
        Route("/makbuz/{number}/buzdolabi.pdf", fridge_page.paper),
        Route("/makbuz/{number}", receipt.show),
        Route("/k/{code}/makbuz/{number}.json", link_receipts.of_link),
        Route("/k/{code}/makbuz/{number}.pdf", link_receipts.of_link),
        Route("/k/{code}/makbuz/{number}", link_receipts.of_link),
        Route("/q/{code}/makbuz/{number}.json", link_receipts.of_link),
        Route("/q/{code}/makbuz/{number}.pdf", link_receipts.of_link),
        Route("/q/{code}/makbuz/{number}", link_receipts.of_link),
        Route("/k/{code}/makbuz/{number}", link_receipts.save_of_link, methods=["POST"]),
        Route("/q/{code}/makbuz/{number}", link_receipts.save_of_link, methods=["POST"]),
        Route("/u/{token}/makbuz/{number}.json", link_receipts.of_mail),
        Route("/u/{token}/makbuz/{number}.pdf", link_receipts.of_mail),
        Route("/u/{token}/makbuz/{number}", link_receipts.of_mail),
        Route("/u/{token}/makbuz/{number}", link_receipts.save_of_mail, methods=["POST"]),
        Route("/dogrula", number_check.ask),
        Route("/dogrula", receipt_check.check, methods=["POST"]),
        Route(verifier_file.PATH, verifier_file.answer),
        Route("/markalar", directory.show),
        Route("/u/{token}", mail_door.show),
        Route(question_pages.PATH, question_pages.show),
        Route(question_pages.PATH, question_pages.answer, methods=["POST"]),
        Route(question_pages.CODE, question_pages.code_page),
        Route(question_pages.CODE, question_pages.redeem, methods=["POST"]),
        Route(question_pages.AGAIN, question_pages.again, methods=["POST"]),
        Route(question_pages.DONE, question_pages.result),
        Route(till_pages.PATH, till_pages.show),
        Route(till_pages.PATH, till_pages.ask, methods=["POST"]),
        Route(till_pages.CANCEL, till_pages.cancel, methods=["POST"]),
        Route(till_pages.PAPER, till_pages.paper),
        Route("/m/{brand:number}", posters.page),
        Route("/m/{brand:number}/afis", posters.sheet),
        Route("/m/{brand:number}/afis.pdf", posters.paper),
        Route("/m/{brand:number}/qr.{kind}", posters.of_brand),
        Route("/qr/{code}.{kind}", posters.of_link),
        Route("/giris", signin_steps.ask_page),
        Route("/giris", signin_steps.ask, methods=["POST"]),
        Route("/giris/kod", signin_steps.code_page),
        Route("/giris/kod", signin_steps.redeem, methods=["POST"]),
        Route("/giris/kod/yeniden", signin_steps.again, methods=["POST"]),
        Route("/giris/kod/ara", signin_steps.call, methods=["POST"]),
        Route("/giris/kod/metin", sms_login.make, methods=["POST"]),
        Route("/giris/metin", sms_login.show),
        Route("/giris/metin", sms_login.go_on, methods=["POST"]),
        Route(passkey_pages.ASK, passkey_pages.ask, methods=["POST"]),
        Route(passkey_pages.TAKE, passkey_pages.take, methods=["POST"]),
        Route(passkey_pages.PATH, passkey_pages.show),
        Route(passkey_pages.PATH, passkey_pages.add, methods=["POST"]),
        Route(passkey_pages.ADD_ASK, passkey_pages.ask_to_add, methods=["POST"]),
        Route(passkey_pages.REMOVE, passkey_pages.remove, methods=["POST"]),
        Route("/giris/ekle", signin_steps.ask_page),
        Route("/giris/ekle", signin_steps.ask, methods=["POST"]),
        Route("/giris/ekle/kod", signin_steps.code_page),
        Route("/giris/ekle/kod", signin_steps.redeem, methods=["POST"]),
        Route("/giris/ekle/kod/yeniden", signin_steps.again, methods=["POST"]),
        Route("/giris/ekle/kod/ara", signin_steps.call, methods=["POST"]),
        Route("/giris/numara", signin_steps.switch_address, methods=["POST"]),
        Route("/cikis", signout.page),
        Route("/cikis", signout.leave, methods=["POST"]),
        Route("/cikis/hepsi", signout.leave_everywhere, methods=["POST"]),
        *panel_routes.routes(),
        Route("/iys/push", push_receiver.take, methods=["POST"], max_body_size=push_receiver.BYTES),
        Route(f"{log_pages.PATH}/checkpoint", log_pages.checkpoint),
        Route(f"{log_pages.PATH}/keys", log_pages.keys),
        Route(f"{log_pages.PATH}/tile/{{path:path}}", log_pages.tile),
        Route(f"{event_calls.PATH}{{secret}}", event_calls.verify),
        Route(f"{event_calls.PATH}{{secret}}", event_calls.take, methods=["POST"], max_body_size=event_calls.BYTES),
        Route("/healthz", health.alive),
        Route("/readyz", health.ready),
        Route("/metrics", metrics_page.show),
        Route("/yardim", site.help_page),
        Route("/gizlilik", data_pages.privacy),
        Route("/erisilebilirlik", site.accessibility),
        Route("/hakkinda", site.about),
        Route(portal_pages.HOME, portal_pages.home),
        Route(guide.PATH, guide.page),
        Route(portal_pages.REFERENCE, portal_pages.index),
        Route(f"{portal_pages.REFERENCE}/{{name}}", portal_pages.operation),
        Route(portal_pages.CODES, portal_pages.codes),
        Route(portal_pages.CHANGES, portal_pages.changed),
        Route("/api", portal_pages.moved),
        Route("/api/kodlar", portal_pages.moved),
        Route("/openapi.json", portal_pages.file),
        Route("/manifest.webmanifest", site.manifest),
        Route("/baglanti-yok", site.offline),
        Route("/baglanti-yok.js", site.offline_worker),
        Route("/favicon.ico", site.favicon),
        Route("/robots.txt", site.robots),
        Route("/.well-known/security.txt", site.security),
    ]


def trial_routes() -> list[BaseRoute]:
    """The extra routes of a demo; other sites do not have them."""
    return [
        Route("/deneme", trial_phone.show),
        Route("/deneme/sms", trial_phone.write, methods=["POST"]),
        Route("/deneme/arama", trial_phone.call, methods=["POST"]),
    ]


def figure_routes() -> list[BaseRoute]:
    """Of a site that publishes its figures."""
    return [Route(figure_pages.PATH, figure_pages.show), Route(f"{figure_pages.PATH}.csv", figure_pages.download)]


def sandbox_routes() -> list[BaseRoute]:
    """Where test keys sign in; they take any method and path."""
    paths = logs.SANDBOX, f"{logs.SANDBOX}/{{path:path}}"
    return [Route(path, sandbox_parts.SandboxRoute()) for path in paths]


def build(
    settings: Settings,
    registry: Registry | None = None,
    worker: Worker | None = None,
    extra: Sequence[BaseRoute] = (),
    trial: Trial | None = None,
    listens: str = "",
) -> Guards:
    """The ASGI application. Without ``registry`` it opens the settings' own at start and closes it at the end.
    ``worker`` runs beside the requests unless it runs elsewhere; it may set the process's ``lag``. ``extra``: routes
    of tests. ``trial``: the phone of a demo; ignored on other sites. ``listens``: the address that the server listens
    on, "" where unknown."""
    logs.configure(settings.log_level)
    assets, counts = Assets(), metrics.RequestCounts()
    turned = TurnedAway(turned_away.place(witness_file.place(settings.database_url, settings.witness_file)))
    ours, theirs = routes(assets), api.routes()
    trial = trial if trial_allowed(settings) else None
    of_trial = trial_routes() if trial else []
    ours += figure_routes() if settings.public_figures else []
    ours += sandbox_routes() if settings.sandbox else []
    table = [*ours[:HOT], *theirs[:HOT], *ours[HOT:], *theirs[HOT:], *of_trial, *extra]
    pages = Pages(settings, assets, frozenset(str(getattr(route, "path", "")) for route in table))
    pages.trial = trial
    room = Room(settings.trusted_proxy)
    made = partial(_process, settings, listens, assets, pages, counts, turned, room)
    inner = Starlette(
        routes=[_bounded(route) for route in table],
        exception_handlers=answers.in_json(
            {**errors.HANDLERS, StoreUnavailable: errors.unavailable}, endpoint.note_unknown_path
        ),
        lifespan=_lifespan(settings, None if registry else made, worker, turned.prepare),
    )
    inner.router.redirect_slashes = False  # web/guards.py gives every path its one spelling
    if registry is not None:
        inner.state.process = made(registry)

    async def refuse(status: int, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = inner
        request = Request(scope)
        of_link = await link_door.foreign(request) if status == 403 else None
        language = answers.wished_language(request)
        of_api = answers.problem(status, None, request.url.path, language) if answers.wants_json(request) else None
        await (of_api or of_link or errors.answer(request, status))(scope, receive, send)

    def count(method: str, route: str, status: int, seconds: float) -> None:
        if route.startswith(logs.SANDBOX):
            return
        counts.add(method, route, status, seconds)
        if status == 503:  # others cost no call
            turned.add(method, route, status)

    return Guards(inner, settings, refuse, exempt=NO_COOKIE, count=count, room=room)


def _bounded(route: BaseRoute) -> BaseRoute:
    """The route with a limit of its bodies, unless it has one. No GET reads a body, so none pays for a limit."""
    bounded = isinstance(getattr(route, "app", None), RequestBodyLimitMiddleware)
    if isinstance(route, Route) and not (bounded or (route.methods or READING) <= READING):
        return Route(route.path, route.endpoint, methods=route.methods, max_body_size=FORM_BYTES)
    return route


def _process(
    settings: Settings,
    listens: str,
    assets: Assets,
    pages: Pages,
    counts: metrics.RequestCounts,
    turned: TurnedAway,
    room: Room,
    registry: Registry,
) -> Process:
    kept = KeptFor(
        SIGN_INS_KEPT,
        WRONG_CODES_KEPT,
        settings.retention_messages_days * DAY,
        settings.retention_messages_days * DAY,
        LISTS_KEPT,
        WATCH_KEPT,
        FOLLOW_UPS_KEPT,
        COMPLAINTS_KEPT,
        DEVICES_KEPT,
        REFUSED_KEPT,
    )
    faults = partial(unfit, registry.store, Reconsent(settings.reconsent))
    return Process(
        settings,
        registry,
        assets,
        pages,
        kept,
        counts,
        turned,
        room,
        faults,
        pages.trial,
        warnings=partial(_warnings, registry, settings),
        workers=lambda: registry.store.read_now(workers.seen, registry.store.now()),
        waiting=lambda: registry.store.commits.waiting if registry.store else 0.0,
        own_machine=settings.own_machine(listens),
    )


def _warnings(registry: Registry, settings: Settings) -> list[str]:
    """Warnings of the İYS sync, standbys, brands' numbers and workers. Blocks: run it in a thread."""
    now = registry.store.now()
    states = registry.store.read_now(national_status.list_all, registry.keyring, now)
    idle = registry.store.read_now(workers.seen, now).warning(settings.worker == "separate")
    clock = clock_trust.get(registry.store).fault()
    ignored = registry.store.read_now(sms_brands.ineffective, settings.shared_numbers)
    names = [one.name for one in settings.log_witnesses]
    followed = registry.store.read_now(witness_states.faults, names, now)
    found = [*national_status.warnings(states), *standbys.warnings(registry.store), *ignored, *followed]
    return [*found, *(one for one in (idle, clock) if one)]


def _lifespan(
    settings: Settings, made: Callable[[Registry], Process] | None, worker: Worker | None, prepare: Callable[[], None]
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        prepare()
        async with AsyncExitStack() as stack:
            if made is not None:
                app.state.process = made(stack.enter_context(opened(settings)))
            if store := app.state.process.registry.store:  # some tests look at pages without one
                stack.push_async_callback(refused_tally.get(store).close, store)
                stack.push_async_callback(call_log.get(store).close, store)
                stack.push_async_callback(stray_calls.get(store).close, store)
                sandboxes = sandbox_parts.of_site(app.state.process).sandboxes
                await sandboxes.remove_left()
                stack.push_async_callback(sandboxes.close)
            if worker is not None and settings.worker == "inside":
                await stack.enter_async_context(worker(app))
            yield

    return lifespan
