"""Logs: one JSON object a line on stdout, without personal data. A path is logged as its route's template, an
exception as type and place without its message (OWASP ASVS 5.0, 16.2.5); ``mask`` then hides what still looks like a
phone number, e-mail address or secret."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Self

import structlog
from structlog.typing import EventDict, Processor

from consents.store import StoreUnavailable

_log = structlog.get_logger()
request_id: ContextVar[str] = ContextVar("request_id", default="")

_SECRET_NAMES = frozenset(
    {"address", "authorization", "body", "code", "cookie", "email", "ip", "msisdn", "password", "phone"}
    | {"query", "recipient", "secret", "text", "to", "token", "url"}
)
_HIDDEN = "[hidden]"
_PERSONAL = re.compile(
    r"(?<![^\s@])[^\s@]+@[^\s@]+"  # an e-mail address, or a URL with an account in it; from where a word begins alone,
    # else a long word takes quadratic time
    r"|(?<![0-9A-Fa-f])\+?\d(?:[\s().-]{0,2}\d){9,14}(?![0-9A-Fa-f])"  # 10 to 15 digits that are no part of a hex id
)
NOT_OFFERED = 501  # by design; no fault of this site
SANDBOX = "/sandbox"  # begins the paths of the sandbox, whose failures a developer has asked for
_ROUTINE = frozenset({"/healthz", "/readyz", "/static/{path:path}"})
# they repeat URLs and headers at INFO
_TALKATIVE = ("alembic", "httpcore2", "httpx2", "multipart", "python_multipart", "sqlalchemy.engine")


class Alone:
    """The work on one item of a loop. Its error is logged under ``event`` by its class and kept in ``error``, and the
    loop goes on; not so StoreUnavailable, which every item would meet."""

    def __init__(self, event: str, **about: object) -> None:
        self.error: Exception | None = None
        self._event, self._about = event, about

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Exception) or isinstance(error, StoreUnavailable):
            return False
        self.error = error
        _log.error(self._event, **self._about, error=type(error).__name__)
        return True


def mask(value: Any) -> Any:
    """The value with every phone number and e-mail address hidden, at any depth."""
    if isinstance(value, str):
        return _PERSONAL.sub(_HIDDEN, value) if len(value) > 5 else value
    if isinstance(value, bool | float) or value is None:
        return value
    if isinstance(value, int):
        return _HIDDEN if re.fullmatch(r"(90|0)?5\d{9}", str(value)) else value
    if isinstance(value, dict):
        return {mask(key): _HIDDEN if key in _SECRET_NAMES else mask(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask(item) for item in value]
    return mask(str(value))


def configure(level: str) -> None:
    """Sends structlog and the standard library's logging to stdout from ``level`` (debug … error) up."""
    number = logging.getLevelNamesMapping()[level.upper()]
    common: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named,
        _where,
    ]
    structlog.configure(
        processors=[*common, _masked, _line],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _Out(),
        cache_logger_on_first_use=False,
    )
    bridge = _Bridge()
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    bridge.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[_fields, *common], processors=[meta, _masked, _line])
    )
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if not isinstance(handler, _Bridge)] + [bridge]
    root.setLevel(number)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    logging.getLogger("uvicorn.access").disabled = True


def answered(method: str, route: str, status: int, ms: float) -> None:
    """Logs one answered request, without structlog, eight times as fast. ``route``: the template. Probes and static
    files only at debug, failures always."""
    number, line = _request(method, route, status)
    if number >= logging.root.level:
        now = time.time_ns() // 1_000_000
        at = f"{_second(now // 1000)}.{now % 1000:03}Z"
        _out.msg(f'{{"timestamp": "{at}", {line}, "ms": {round(ms, 2)}, "request_id": {_quoted(request_id.get())}}}')


def _masked(_: Any, __: str, event: EventDict) -> MutableMapping[str, Any]:
    return dict(mask(event))


def _named(_: Any, __: str, event: EventDict) -> EventDict:
    if current := request_id.get():
        event["request_id"] = current
    return event


def _where(_: Any, __: str, event: EventDict) -> EventDict:
    """Replaces an exception by its types, outermost first, and the innermost frames."""
    error = event.pop("exc_info", None)
    error = sys.exc_info()[1] if error is True else error[1] if isinstance(error, tuple) else error
    if isinstance(error, BaseException):
        event["where"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-8:]]
        event["error"] = []
        while error is not None:
            event["error"].append(type(error).__name__)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return event


def _line(_: Any, __: str, event: EventDict) -> str:
    first = {key: event.pop(key) for key in ("timestamp", "level", "event") if key in event}
    return json.dumps({**first, **event}, ensure_ascii=False, default=str)


class _Out:
    """Writes lines to the current standard output. On a full disk the line is lost without an error."""

    def msg(self, line: str) -> None:
        with suppress(OSError):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    debug = info = warning = error = critical = msg


_out = _Out()
_quoted = json.encoder.encode_basestring_ascii


_add_fields = structlog.stdlib.ExtraAdder()


def _fields(logger: Any, method: str, event: EventDict) -> MutableMapping[str, Any]:
    """Adds ``extra`` of the standard library; uvicorn repeats its text there in colour."""
    event = _add_fields(logger, method, event)
    for repeated in ("color_message", "message", "asctime"):  # the latter two are left by other handlers
        event.pop(repeated, None)
    return event


class _Bridge(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _Out().msg(self.format(record))


@lru_cache(maxsize=1024)
def _request(method: str, route: str, status: int) -> tuple[int, str]:
    """(log level, constant part of its JSON line) of an answer."""
    failed = status >= 500 and status != NOT_OFFERED and not route.startswith(SANDBOX)
    level = "error" if failed else "debug" if route in _ROUTINE else "info"
    event = {"level": level, "event": "request", "method": method, "route": route, "status": status}
    return logging.getLevelNamesMapping()[level.upper()], json.dumps(event)[1:-1]


@lru_cache(maxsize=4)
def _second(at: int) -> str:
    """Seconds since 1970 as "2026-11-25T12:00:00", UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat()[:19]
