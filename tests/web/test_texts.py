"""The sentences: complete in English, and no Turkish suffix glued to a value."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from starlette.requests import Request

from consents import languages
from consents.terms import Door
from tests import ROOT, data_texts
from tests.web.conftest import Build
from web.rendering import receipt_words, texts
from web.rendering.drawing import TEMPLATES, environment

OPTIONS = {"templates/**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}
METHODS: list[tuple[str, Any]] = [
    ("tests/**", "ignore"),
    ("bench/**", "ignore"),
    ("build/**", "ignore"),
    ("**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("optout/phrases.toml", data_texts.with_context),
    ("providers/openapi/calls.toml", data_texts.titles),
    ("providers/openapi/changes.toml", data_texts.titles),
    ("providers/openapi/fields.toml", data_texts.titles),
    ("web/codes.csv", data_texts.column),
]
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "mark", "in_all", "Sentence")),
    "ngettext": (1, 2),
    "mark_counted": (1, 1),
    "mark_in": ((1, "c"), 2),
}
NO_VALUE = {"voice.chosen", "unwritten refusals"}  # of the former: a brand's title follows, in a Turkish voice
OTHERS = sorted(texts.LANGUAGES.keys() - {texts.SOURCE})
PARTLY = texts.LANGUAGES.keys() - texts.COMPLETE.keys()
OFFICES = ("evidence", "gateways", "izin", "national", "panel", "providers", "settings")
OFFICES = (*OFFICES, "asking/till_", "templates/asking", "templates/panel", "templates/providers", "web/codes.csv")


class Used(NamedTuple):
    """A sentence, by its first form, with its context and the file that shows it."""

    file: str
    context: str | None
    text: str


@lru_cache
def collected() -> list[Used]:
    """Every sentence that the code and the templates show, as locales/babel.cfg collects them."""
    found = extract_from_dir(str(ROOT), METHODS, OPTIONS, KEYWORDS)
    return [
        Used(file, context, message if isinstance(message, str) else message[0])
        for file, _, message, _, context in found
    ]


def of_citizens() -> list[Used]:
    """Those that citizens read, as locales/citizen.cfg collects them."""
    return [one for one in collected() if not one.file.startswith(OFFICES)]


def used() -> set[str]:
    return {one.text for one in collected()}


def stored(language: str) -> Catalog:
    with (ROOT / "locales" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def sentences(catalog: Catalog) -> dict[tuple[str | None, str], tuple[str, ...]]:
    """Each sentence, by its context and first form, with its translations."""
    return {
        (message.context, message.id if isinstance(message.id, str) else message.id[0]): (
            (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        )
        for message in catalog
        if message.id
    }


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_holds_exactly_the_sentences_in_use(language: str) -> None:
    expected = of_citizens() if language in PARTLY else collected()
    assert set(sentences(stored(language))) == {(one.context, one.text) for one in expected}, "run make texts"


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_there_in_every_language(language: str) -> None:
    catalog = stored(language)
    missing = [text for text, translations in sentences(catalog).items() if not all(translations)]
    assert not missing
    assert not [message.id for message in catalog if message.id and message.fuzzy]


@pytest.mark.parametrize("language", OTHERS)
def test_every_translation_shows_the_same_values(language: str) -> None:
    value = re.compile(r"%\(\w+\)s|\{\w+\}")
    for (context, text), translations in sentences(stored(language)).items():
        for translation in translations:
            shown = set(value.findall(translation))
            assert shown == set(value.findall(text)) or context in NO_VALUE


@pytest.mark.parametrize("language", OTHERS)
def test_the_products_own_reader_of_catalogues_reads_what_babel_reads(language: str) -> None:
    found = {key.rpartition("\x04"): forms for key, forms in languages.entries(language).items()}
    assert {(context if between else None, text): forms for (context, between, text), forms in found.items()} == (
        sentences(stored(language))
    )


GLUED = re.compile(r"(%\(\w+\)s|\{\w+\}|\}\})(['’][^\W\d_]|[^\W\d_])")


def test_no_suffix_is_glued_to_a_value_in_turkish() -> None:
    # vowel harmony: Migros'tan but Çınar'dan, 3'ü but 6'sı
    assert [text for text in used() if GLUED.search(text)] == []
    for path in (ROOT / "templates").rglob("*.html"):
        assert not re.search(r"\}\}['’]", path.read_text(encoding="utf-8")), path


def test_the_check_on_suffixes_finds_them() -> None:
    assert GLUED.search("%(brand)s'dan")
    assert GLUED.search("{tarih}'e kadar")
    assert GLUED.search("%(n)sü")
    assert not GLUED.search("Son gün: %(date)s, %(n)s marka")


def test_no_sentence_uses_words_that_citizens_do_not() -> None:
    for file, _, text in collected():
        assert file.startswith(("providers/", "web/codes.csv")) or not re.search(
            r"tarafınızca|söz konusu|gerçekleştiril|hizmet sağlayıcı", text, re.IGNORECASE
        ), text


def test_turkish_is_its_own_source() -> None:
    assert texts.catalogue("tr").gettext("Nasıl çalışır?") == "Nasıl çalışır?"
    assert texts.catalogue("en").gettext("Nasıl çalışır?") == "How does it work?"
    assert texts.catalogue("en").gettext("Çevrilmemiş") == "Çevrilmemiş"


def test_no_line_of_a_page_ends_within_a_word_of_mail(site: Build) -> None:
    client = site()
    for path in ("/", "/yardim", "/gizlilik", "/hakkinda"):
        for language in texts.COMPLETE:
            page = client.get(f"{path}?lang={language}").text
            assert not re.search(r"\b[Ee]-(posta|mail|Devlet)", page), (path, language)
            assert re.search(r"\b[Ee]\u2011(posta|mail)", page), (path, language)
    assert texts.unbroken("E-posta, e-mails, e-Devlet; Re-mail 5-6") == (
        "E\u2011posta, e\u2011mails, e\u2011Devlet; Re-mail 5-6"
    )


def test_messages_keep_the_hyphen_that_every_phone_has() -> None:
    assert texts.catalogue("tr").gettext("E-posta") == "E-posta"
    assert texts.shown("tr").gettext("E-posta") == "E\u2011posta"
    assert texts.shown("en").gettext("E-posta") == "E\u2011mail"
    assert texts.shown("en").ngettext("%(count)s marka", "%(count)s marka", 1) == "%(count)s brand"
    assert texts.shown("en").ngettext("%(count)s marka", "%(count)s marka", 2) == "%(count)s brands"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "tr"),
        ("tr-TR,tr;q=0.9,en;q=0.8", "tr"),
        ("en-US,en;q=0.9", "en"),
        ("EN-gb", "en"),
        ("eo,en;q=0.5,tr;q=0.4", "en"),
        ("de,en;q=0.5,tr;q=0.4", "de"),
        ("ar-SY", "ar"),
        ("kmr, tr;q=0.5", "ku"),
        ("eo;q=0.9, fr", "en"),  # who asks for neither of ours
        ("de,tr;q=0.1", "de"),
        ("eo,tr;q=0.1", "tr"),
        ("de;q=0", "tr"),
        ("eo, *;q=0.5", "en"),
        ("en;q=0.3,tr;q=0.7", "tr"),
        ("en;q=0", "tr"),
        ("fr;q=0", "tr"),
        ("en;q=nonsense", "tr"),
        ("*", "tr"),
        ("en;q=0.8,tr;q=0.8", "en"),  # as named first
        (",;,;q=,en-,", "en"),
    ],
)
def test_the_browsers_wish_is_weighed(accepted: str, language: str) -> None:
    assert texts.negotiate(accepted) == language


def test_the_panel_is_written_in_complete_languages_alone(site: Build) -> None:
    assert texts.negotiate("ar, en;q=0.1", complete=True) == "en"
    client = site()
    for path, spoken in (("/", texts.LANGUAGES), ("/panel/giris", texts.COMPLETE), ("/panel/none", texts.COMPLETE)):
        page = client.get(f"{path}?lang=en").text
        assert set(re.findall(r'hreflang="(\w+)"', page)) == spoken.keys() - {"en"}
    assert client.get("/panel/giris?lang=ar").headers["content-language"] == "tr"
    assert client.get("/panel/giris", headers={"accept-language": "ar"}).headers["content-language"] == "en"


def test_arabic_runs_from_the_right_and_keeps_the_direction_of_values(site: Build) -> None:
    page = site().get("/?lang=ar").text
    assert '<html lang="ar" dir="rtl">' in page
    assert 'dir="' not in site().get("/").text
    assert environment("ar", (TEMPLATES,)).filters["phone"]("+905320000001") == (
        "\u2066+90\u00a0532\u00a0000\u00a000\u00a001\u2069"
    )
    assert "\u2068%(count)s\u2069" in texts.shown("ar").ngettext("%(count)s marka", "%(count)s marka", 11)
    assert "\u2068" not in texts.catalogue("ar").ngettext("%(count)s marka", "%(count)s marka", 11)


def test_what_a_language_lacks_is_english() -> None:
    for language in PARTLY:
        shown = texts.shown(language).gettext("İzin listesi")
        assert shown == texts.shown("en").gettext("İzin listesi") != "İzin listesi"


def test_of_a_long_wish_only_the_beginning_is_read_and_kept() -> None:
    def wished(text: str) -> tuple[str, bool]:
        headers = [(b"accept-language", text.encode())]
        return texts.language(Request({"type": "http", "headers": headers, "query_string": b""}))

    assert wished("en" + "," * 5000) == ("en", False)
    kept = texts.negotiate.cache_info().misses
    assert wished("en" + "," * 5000 + "tr") == wished("en" + "," * 60_000) == ("en", False)
    assert texts.negotiate.cache_info().misses == kept


def test_a_language_asked_for_by_link_wins_over_the_browser(site: Build) -> None:
    client = site()
    english = {"accept-language": "en"}
    assert client.get("/", headers=english).headers["content-language"] == "en"
    assert client.get("/?lang=tr", headers=english).headers["content-language"] == "tr"
    assert client.get("/?lang=en").headers["content-language"] == "en"
    assert client.get("/?lang=xx").headers["content-language"] == "tr"
    assert client.get("/none?lang=en").text.count("We could not find this page") == 2


def test_a_language_asked_for_stays_in_every_link_of_the_page(site: Build) -> None:
    client = site(paths=("/giris", "/yardim"))
    page = client.get("/?lang=en").text
    assert 'href="/giris?lang=en"' in page
    assert 'href="/yardim?lang=en"' in page
    assert 'href="/?lang=en"' in page
    others = "|".join(texts.LANGUAGES.keys() - {"en"})
    assert "lang=" not in re.sub(
        rf' (href)?lang="\w\w"|\?lang=({others})', "", client.get("/", headers={"accept-language": "en"}).text
    )


@pytest.mark.parametrize(
    ("path", "linked"),
    [
        ("/izinler", "/izinler?lang=en"),
        ("/izinler?q=x", "/izinler?q=x&lang=en"),
        ("/izinler#c-1", "/izinler?lang=en#c-1"),
        ("?", "?lang=en"),
    ],
)
def test_the_language_joins_what_a_link_has(path: str, linked: str) -> None:
    assert texts.link(path, "en") == linked
    assert texts.link(path, None) == path


def test_the_switch_keeps_the_rest_of_the_query_and_leads_nowhere_else() -> None:
    found = texts.others("tr", "q=%C3%87%C4%B1nar&page=2", among=texts.COMPLETE)
    assert found == [("en", "English", "?q=%C3%87%C4%B1nar&page=2&lang=en")]
    assert texts.others("en", "lang=en")[:2] == [("tr", "Türkçe", "?lang=tr"), ("ar", "العربية", "?lang=ar")]


def test_the_language_of_a_request_is_told_with_its_origin() -> None:
    scope = {"type": "http", "query_string": b"lang=en", "headers": []}
    assert texts.language(Request(scope)) == ("en", True)
    assert texts.language(Request({**scope, "query_string": b""})) == ("tr", False)


def test_every_door_is_named_behind_a_comma_in_every_language() -> None:
    doors = [door for door in Door if door.citizen is not None]
    assert len(doors) > 6
    for language in texts.LANGUAGES:
        for door in doors:
            assert len(receipt_words.how(language, door)) > 3, (language, door)
    assert receipt_words.how("ar", Door.SMS) == "بإرسال SMS"
    assert languages.behind_comma("You") == ""
