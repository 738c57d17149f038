"""Error answers: what happened, that nothing is lost, a way on; as a page or, for htmx, the requested piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ExceptionHandler

from consents.care import file_checks
from consents.store import Unknown
from web import logs, pages, process
from web.guards import READING
from web.rendering import texts
from web.rendering.texts import mark


@dataclass(frozen=True)
class Problem:
    """The Turkish texts of a status. ``again``: links to this very page, if it can be read; ``doors``: the heading
    of the other ways to refuse."""

    title: str
    what: str
    again: bool = False
    doors: str = ""


_PANEL = "/panel/"
_LIST = "/izinler"
_NO_WAIT = mark("Reddetmek için beklemeniz gerekmez")
_PROBLEMS = {
    400: Problem(
        mark("Bu isteği anlayamadık"), mark("Hiçbir şey değişmedi. Mesajınızdaki bağlantıyı yeniden açmayı deneyin.")
    ),
    403: Problem(
        mark("Bu istek başka bir siteden geldi"),
        mark("Güvenliğiniz için işlemedik, hiçbir şey değişmedi. Bunu isteyen sizseniz düğmeye bu sitede basın."),
        again=True,
    ),
    404: Problem(
        mark("Bu sayfayı bulamadık"),
        mark("Bağlantı eksik kopyalanmış ya da artık geçersiz olabilir. Mesajdaki bağlantıyı baştan sona kopyalayın."),
        doors=mark("Yine de reddedebilirsiniz"),
    ),
    405: Problem(
        mark("Bu sayfa doğrudan açılmaz"),
        mark("Bu bağlantı yalnızca sitedeki bir düğmeyle çalışır. Hiçbir şey değişmedi."),
        again=True,
    ),
    413: Problem(
        mark("Gönderdiğiniz çok büyük"),
        mark("Hiçbir şey değişmedi. Daha kısa bir metin ya da daha küçük bir dosya gönderin."),
        again=True,
    ),
    422: Problem(
        mark("Yazdığınızı okuyamadık"),
        mark("Hiçbir şey değişmedi. Önceki sayfaya dönüp yazdıklarınızı gözden geçirin."),
        again=True,
    ),
    429: Problem(
        mark("Kısa sürede çok fazla deneme yapıldı"),
        mark("Hiçbir şey değişmedi. Birkaç dakika bekleyip yeniden deneyin."),
        again=True,
        doors=_NO_WAIT,
    ),
    500: Problem(
        mark("Bir hata yaptık"),
        mark("Hata sizde değil, bizde. Son yaptığınız kaydedilmemiş olabilir; birkaç dakika sonra yeniden deneyin."),
        again=True,
        doors=_NO_WAIT,
    ),
    503: Problem(
        mark("Şu anda kaydedemiyoruz"),
        mark("Birkaç dakika sonra aynı düğmeye yeniden basın; bağlantınız geçerli kalır."),
        again=True,
        doors=_NO_WAIT,
    ),
}

_UNSURE = Problem(
    mark("Kaydedip kaydedemediğimizi bilmiyoruz"),
    mark("Kaydedilmiş olabilir. Birkaç dakika sonra aynı düğmeye yeniden basın; ikinci kez basmak bir şey bozmaz."),
    again=True,
    doors=_NO_WAIT,
)
_NOT_IN_PANEL = Problem(
    mark("Bu sayfayı bulamadık"), mark("Adres eksik ya da yanlış yazılmış olabilir. Hiçbir şey değişmedi.")
)
_NOT_IN_LIST = Problem(
    mark("Bu sayfa yok"), mark("Hiçbir şey değişmedi. İzinlerinize dönün."), doors=mark("Yine de reddedebilirsiniz")
)
_UNREADABLE = Problem(
    mark("Site şu anda yanıt veremiyor"),
    mark("Hiçbir şey değişmedi. Birkaç dakika sonra yeniden deneyin."),
    again=True,
    doors=_NO_WAIT,
)


def answer(
    request: Request,
    status: int,
    headers: Mapping[str, str] | None = None,
    *,
    only_sms: bool = False,
    unsure: bool = False,
) -> Response:
    """The page, or for htmx the notice, of a status; an unknown one as 400 or 500. ``only_sms``: the site's own
    doors are no alternative. ``unsure``: whether the post was saved is unknown."""
    problem = _PROBLEMS.get(status) or _PROBLEMS[500 if status >= 500 else 400]
    reading = request.method in READING
    if status == 503 and reading:
        problem = _UNREADABLE
    elif unsure:
        problem = _UNSURE
    inside = request.url.path.startswith(_PANEL)  # there nobody is about to refuse
    back = "/panel" if inside else _LIST if request.url.path.startswith((f"{_LIST}/", "/makbuz/")) else "/"
    if status == 404 and back != "/":
        problem = _NOT_IN_PANEL if inside else _NOT_IN_LIST
    language, explicit = texts.language(request)
    return pages.render(
        request,
        "pages/_problem.html" if pages.wants_piece(request) else "pages/problem.html",
        status=status,
        headers=headers,
        code=status,
        title=pages.text(request, problem.title),
        what=pages.text(request, problem.what),
        only_sms=only_sms or status >= 500,
        unsaved=status == 503 and not reading and not unsure,
        # a query only, so that no path of an attacker's making ("//elsewhere") becomes a link
        again=texts.link("?", language if explicit else None) if problem.again and pages.readable(request) else "",
        doors=pages.text(request, problem.doors) if problem.doors and not inside else "",
        back=back,
        reference=logs.request_id.get() if status >= 500 else "",
    )


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # registered for nothing else
    headers = {"allow": ", ".join(allowed(request))} if error.status_code == 405 else error.headers
    return answer(request, error.status_code, headers)


def allowed(request: Request) -> list[str]:
    path = request.scope["path"]
    routes = [one for one in request.app.routes if isinstance(one, Route) and one.path_regex.match(path)]
    return sorted({method for route in routes for method in route.methods or ()})


async def _broken(request: Request, error: Exception) -> Response:
    if store := process.of(request).registry.store:  # some tests look at pages without one
        file_checks.suspect(store)
    return answer(request, 500)


async def unavailable(request: Request, error: Exception) -> Response:
    """503 with Retry-After in seconds, for a store that cannot commit."""
    return answer(request, 503, {"retry-after": "120"}, unsure=isinstance(error, Unknown))


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=400)  # who broke off gets nothing; it is no fault of ours, and not logged as one


HANDLERS: dict[int | type[Exception], ExceptionHandler] = {
    HTTPException: _refused,
    ClientDisconnect: _gone,
    Exception: _broken,
}
