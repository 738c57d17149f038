"""Jinja environments of the languages, links that keep the language, the context of every page."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Hashable, Mapping, MutableMapping
from contextlib import suppress
from functools import cache, lru_cache, partial
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import jinja2
from babel.numbers import format_decimal, format_percent
from jinja2 import nodes
from jinja2.bccache import Bucket
from jinja2.ext import InternationalizationExtension
from jinja2.parser import Parser
from markupsafe import Markup

from consents import languages
from consents.channels import OF_CODE, SPECS
from settings import Settings
from trust import record_numbers
from web.rendering import texts, when
from web.rendering.assets import Assets
from web.rendering.prepared import GAPS, Prepared

TEMPLATES = Path(__file__).parents[2] / "templates"
# Shown in every footer, in this order, as soon as the route table has the path.
FOOTER = (
    ("/yardim", texts.mark("Yardım")),
    ("/gizlilik", texts.mark("Gizlilik")),
    ("/rakamlar", texts.mark("Rakamlar")),
    ("/erisilebilirlik", texts.mark("Erişilebilirlik")),
    ("/hakkinda", texts.mark("Hakkında")),
)


class _Compiled(jinja2.FileSystemBytecodeCache):
    """Compiled templates of a language, shared by sites of this process and cached in a folder: compiling takes as
    long as loading the whole program."""

    def __init__(self, folder: Path, language: str) -> None:
        super().__init__(str(folder), f"%s.{language}.jinja")
        self.sentences = hashlib.sha256(repr(sorted(languages.entries(language).items())).encode()).hexdigest()
        self.code: dict[tuple[str, str], CodeType | None] = {}

    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(f"{_COMPILER} {self.sentences} {source}")

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.code.get((bucket.key, bucket.checksum))
        if bucket.code is None:
            try:
                super().load_bytecode(bucket)
            except Exception:  # torn by a power cut: it is compiled again
                bucket.reset()
            self.code[bucket.key, bucket.checksum] = bucket.code

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key, bucket.checksum] = bucket.code
        if not sys.dont_write_bytecode:
            with suppress(OSError):  # a folder that may only be read
                Path(self.directory).mkdir(exist_ok=True)
                super().dump_bytecode(bucket)


# What a template compiles to depends on Jinja and on the settings of the environment, which stand in this file.
_COMPILER = f"{jinja2.__version__} {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"
_compiled = cache(partial(_Compiled, TEMPLATES / "__pycache__"))


def phone(number: str, country: str = "+90\u00a0") -> str:
    """A Turkish number in groups, on one line; any other as it is. ``country``: its prefix, "0" as people type it."""
    return re.sub(r"^\+90(\d{3})(\d{3})(\d\d)(\d\d)$", f"{country}\\g<1>\u00a0\\2\u00a0\\3\u00a0\\4", number)


_COMMA = re.compile(r"(?<=[}>]), (?=\{[{%]|<)")  # between two values
_SENTENCE = re.compile(r'\bgettext\("([^"\\]+)"\)')


class _Sentences(InternationalizationExtension):
    """Writes a sentence without values into the compiled template: looking one up takes 40 calls."""

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        made = super().parse(parser)
        match made:
            case nodes.Output(nodes=[nodes.Call(node=nodes.Name(name="gettext"), args=[sentence], kwargs=[])]):
                return nodes.Output([nodes.TemplateData(self._shown(sentence.as_const()))], lineno=made.lineno)
        return made

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        source = _COMMA.sub(languages.between(str(self.environment.globals["lang"])), source)
        # The same with ``gettext("…")``, whose sentence is HTML too.
        return _SENTENCE.sub(lambda found: f"({json.dumps(self._shown(found[1]), ensure_ascii=False)}|safe)", source)

    def _shown(self, text: str) -> str:
        return texts.shown(self.environment.globals["lang"]).gettext(text) % {}


class _Environment(jinja2.Environment):
    def make_globals(self, given: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """A dict: a list reads them seven times, and Jinja's own chain of mappings takes 200 calls for that."""
        return {**self.globals, **(given or {})}


@lru_cache
def environment(language: str, folders: tuple[Path, ...]) -> jinja2.Environment:
    """All templates of ``folders`` in one language, compiled; missing values and broken templates raise."""
    made = _Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=_compiled(language),
        extensions=[_Sentences],
    )
    made.globals["lang"] = language
    made.globals["comma"] = languages.between(language)
    made.globals["direction"] = "rtl" if language in texts.FROM_RIGHT else ""
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(texts.shown(language), newstyle=True)  # type: ignore[attr-defined]
    made.globals["channel_words"] = {str(channel): spec for channel, spec in SPECS.items()}
    made.globals["channel_of_code"] = OF_CODE
    for name, part in (("channel_names", "name"), ("channel_shorts", "short")):
        made.globals[name] = [(str(one), _label(language, getattr(spec, part))) for one, spec in SPECS.items()]
    made.filters["phone"] = _isolated(language, phone)
    made.filters["grouped"] = partial(format_decimal, locale=language)
    made.filters["percent"] = lambda part: format_percent(part / 100, locale=language)
    made.filters["weekday"] = partial(when.weekday, language)
    made.filters["record"] = _isolated(language, record_numbers.spaced)
    if language == texts.SOURCE:  # the others compile a template when it is first shown
        for name in made.list_templates(extensions=["html"]):
            made.get_template(name)
    return made


def _isolated(language: str, written: Callable[..., str]) -> Callable[..., str]:
    """A filter of numbers in groups, which letters from the right would put into another order."""
    if language not in texts.FROM_RIGHT:
        return written
    return lambda *given, **options: f"\u2066{written(*given, **options)}\u2069"  # LEFT-TO-RIGHT ISOLATE


def _label(language: str, marked: str) -> Markup:
    return Markup(texts.shown(language).gettext(marked))  # noqa: S704 our own words


class Pages:
    """The pages of one site. ``paths``: its routes; other paths are not linked."""

    def __init__(
        self, settings: Settings, assets: Assets, paths: frozenset[str], folders: tuple[Path, ...] = (TEMPLATES,)
    ) -> None:
        self.settings, self.assets, self.paths, self.folders = settings, assets, paths, folders
        self.icons = Markup(assets["icons.svg"].plain.decode())  # noqa: S704 our own file
        for language in texts.LANGUAGES:
            environment(language, folders)
        self.trial: Trial | None = None  # set once, before the first page is drawn
        self.prepared: dict[Hashable, Prepared] = {}  # by keys made of words of closed lists

    def prepare(
        self,
        key: Hashable,
        template: str,
        language: str,
        explicit: bool,
        shape: object,
        spoken: Mapping[str, str] = texts.LANGUAGES,
        **context: Any,
    ) -> Prepared:
        """Draws a template with gaps and keeps it under a key. It sees ``f``, the shape, and ``v``, the gaps."""
        drawn = self.draw(template, language, explicit, "", {"f": shape, "v": GAPS, **context}, spoken=spoken)
        made = self.prepared[key] = Prepared(drawn.strip())
        return made

    def cached(self, language: str, explicit: bool, template: str, shape: Hashable = None) -> Markup:
        # A part of a page that is the same for everybody.
        key = template, (language, explicit), shape
        made = self.prepared.get(key) or self.prepare(key, template, language, explicit, shape)
        return Markup(made.text({}))  # noqa: S704 our own template

    def draw(
        self,
        template: str,
        language: str,
        explicit: bool,
        query: str,
        context: Mapping[str, Any],
        here: str = "",
        spoken: Mapping[str, str] = texts.LANGUAGES,
    ) -> str:
        """The filled template. ``explicit``: the language came from a link, so every link keeps it. ``here``: the
        path for the other languages, where it differs. ``spoken``: those that the page may have."""

        def href(path: str) -> str:
            return texts.link(path, language if explicit else None)

        return (
            environment(language, self.folders)
            .get_template(template)
            .render(
                site=self.settings,
                has=self.paths.__contains__,
                asset=self.assets.url,
                icons=self.icons,
                trial=self.trial,
                href=href,
                cached=partial(self.cached, language, explicit),
                others=texts.others(language, query, here, spoken),
                footer=FOOTER,
                **context,
            )
        )


class Trial(NamedTuple):
    """The invented person of a demo, canonical: number, e-mail, and the number of a relative; ``till``: the key of
    a till; "" for none."""

    phone: str
    email: str
    relative: str = ""
    till: str = ""


def trial_allowed(settings: Settings) -> bool:
    """Whether a phone may be shown: on a development site alone, with messages in a file only."""
    carriers = (settings.sms_gateway, settings.mail_gateway, settings.voice_gateway)
    return not settings.https and all(one.scheme == "file" for each in carriers if each for one in each.all)


class PanelTrial(NamedTuple):
    """The invented people of a demo's panel: e-mails, and the operator's TOTP secret."""

    owner: str
    operator: str
    secret: str


PANEL_TRIAL = PanelTrial("derya@cinarpazar.example", "isletmen@izin.example", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
