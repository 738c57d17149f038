"""A real browser, and the sites it looks at on real sockets."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Browser, Page, sync_playwright

from tests import HOST, LONG, free_port, listening
from web import server

# Chromium without windows where it is, because a page takes a third of the time there.
PROGRAM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ARGS += ["--disable-component-update", "--disable-sync"]
# Sites are looked at under a name, as people do: passkeys, for one, are offered under no number.
NAME = "izin.localhost"
ARGS += [f"--host-resolver-rules=MAP {NAME} {HOST}"]
RULES = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21aa", "wcag22aa", "best-practice"]
# Two rules measure colours: the enhanced one reports only what passes 4.5 to 1 and fails 7 to 1, and leaves the rest to
# the other. Of what passes axe lists one example, because a list of all takes longer than the rules.
AXE = {"runOnly": RULES, "resultTypes": ["violations"]}
CONTRAST = ["color-contrast", "color-contrast-enhanced"]
COLOURS = {**AXE, "runOnly": {"type": "rule", "values": CONTRAST}}
OTHERS = {**AXE, "rules": {rule: {"enabled": False} for rule in CONTRAST}}


def numbered(address: str) -> str:
    """An address by the number of its host, for whoever asks without a browser."""
    return address.replace(NAME, HOST)


# How each text is drawn, as far as its contrast depends on it: its colour and size, what lies behind it up to the first
# opaque ground, and what makes either of them paler.
DRAWN = """() => {
  const drawn = new Set(), clear = "rgba(0, 0, 0, 0)";
  for (const one of document.body.querySelectorAll("*")) {
    const typed = one.matches("input, select, textarea, button");
    if (!typed && ![...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    if (!one.checkVisibility()) continue;
    const own = getComputedStyle(one), look = [own.color, own.fontSize, own.fontWeight, own.textShadow];
    for (let over = one, opaque = false; over && !opaque; over = over.parentElement) {
      const { backgroundColor: ground, backgroundImage: image, opacity, position, filter } = getComputedStyle(over);
      if (ground !== clear) look.push(ground);
      for (const more of [image, filter]) if (more !== "none") look.push(more);
      if (opacity !== "1") look.push(opacity);
      if (position !== "static") look.push(position);
      opaque = ground.startsWith("rgb(") && opacity === "1" && position === "static";
    }
    drawn.add(look.join(";"));
  }
  return [...drawn];
}"""
# What axe has found to stand out in this process.
_CLEAR = set[str]()

# What can be seen of the elements chosen and is lower than a finger.
LOW = """chosen => [...document.querySelectorAll(chosen)].filter(one => {
  const { width, height } = one.getBoundingClientRect();
  return one.checkVisibility({ visibilityProperty: true }) && width && height && height < 44;
}).map(one => one.outerHTML)"""

# What a finger of 44 px would miss: the pixels around the middle of a control's first line that are the control's or
# its label's, asked of the browser. Folded parts are opened first; a list that opens over the page, as that of
# languages does, is open only while its own controls are asked, because it is meant to cover what is under it.
MISSED = """() => {
  const folded = [...document.querySelectorAll("details")], missed = [];
  for (const one of folded) one.open = true;
  const over = folded.filter(one => [...one.children].some(part => getComputedStyle(part).position === "absolute"));
  for (const one of document.querySelectorAll("a[href], button, input, select, textarea, summary")) {
    for (const list of over) list.open = list.contains(one);
    if (!one.checkVisibility({ visibilityProperty: true }) || one.type === "hidden") continue;
    if (one.className === "skip") continue;
    const whole = one.closest("label") || one;
    one.scrollIntoView({ block: "center" });
    const line = whole.getClientRects()[0];
    const x = line.left + Math.min(line.width / 2, 40), y = line.top + line.height / 2;
    const hits = (across, down) => {
      const found = document.elementFromPoint(x + across, y + down);
      return found && (whole.contains(found) || found.control === one);
    };
    const reach = (across, down) => {
      let far = 0;
      while (far < 44 && hits(across * (far + 1), down * (far + 1))) far += 1;
      return far;
    };
    const width = 1 + reach(-1, 0) + reach(1, 0), height = 1 + reach(0, -1) + reach(0, 1);
    if (!hits(0, 0) || width < 44 || height < 44) missed.push([width, height, one.outerHTML]);
  }
  scrollTo(0, 0);
  return missed;
}"""

# Text under 16 px, with its size.
SMALL = """() => {
  const small = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement, size = parseFloat(getComputedStyle(holder).fontSize);
    if (size < 16 && texts.currentNode.data.trim() && holder.checkVisibility()) small.push([size, holder.outerHTML]);
  }
  return small;
}"""

# What is marked as hidden and can be seen.
SEEN = """() => [...document.querySelectorAll("[hidden]")]
  .filter(one => one.checkVisibility()).map(one => one.outerHTML)"""

# What makes a page scroll sideways.
WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
  .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth).map(one => one.outerHTML)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=PROGRAM, args=ARGS, timeout=120_000)
        yield started
        started.close()


@contextmanager
def served(asgi: Any, at: int | None = None) -> Iterator[str]:
    """The address of a site, by its name, while the block runs. ``at``: its port."""
    port, loop, stops = at or free_port(), asyncio.new_event_loop(), list[Callable[[], None]]()
    thread = threading.Thread(target=loop.run_until_complete, args=[server.serve(asgi, HOST, port, stops.append)])
    thread.start()
    try:
        while not listening(port):
            assert thread.is_alive(), "the site did not start"
            time.sleep(0.01)
        yield f"http://{NAME}:{port}"
    finally:
        loop.call_soon_threadsafe(*stops)
        thread.join(120)
        loop.close()


@contextmanager
def window(
    browser: Browser, address: str, *, cookie: str = "", bears: Sequence[str] = (), **wanted: Any
) -> Iterator[Page]:
    """A phone of 360 pixels in Turkish, or what is ``wanted`` of a browser context, with the cookie ("name=value").

    What the browser complains of is an error, but for what has one of the words of ``bears`` in it.
    """
    look: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "locale": "tr-TR", **wanted}
    context = browser.new_context(base_url=address, **look)
    if cookie:
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": address}])
    page = context.new_page()
    told = complaints(page)
    yield page
    context.close()
    told = [text for text in told if not any(word in text for word in bears)]
    assert not told, told


def complaints(page: Page) -> list[str]:
    """What the browser complains of from now on."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    return told


def accessible(page: Page) -> None:
    """axe finds nothing, and what is hidden cannot be seen."""
    drawn = _drawn(page)
    _examine(page, AXE if drawn else OTHERS)
    _CLEAR.update(drawn)
    assert page.evaluate(SEEN) == []


def readable(page: Page) -> None:
    """Text stands out seven to one. Of what axe looks at, this is all that another scheme can change."""
    if drawn := _drawn(page):
        _examine(page, COLOURS)
        _CLEAR.update(drawn)


def _drawn(page: Page) -> set[str]:
    """How texts are drawn that axe has not measured yet: colours take half of its time. ``make long`` measures all."""
    page.wait_for_load_state()  # with its style sheets
    drawn = set[str](page.evaluate(DRAWN))
    return drawn if LONG else drawn - _CLEAR


def _examine(page: Page, options: dict[str, Any]) -> None:
    if not page.evaluate("'axe' in window"):  # once a page: half a megabyte of script
        page.evaluate(AXE_SCRIPT)
    found = AxeResults(page.evaluate("options => axe.run(document, options)", options))
    assert found.violations_count == 0, found.generate_report()


def sized(page: Page) -> None:
    """A finger hits every control, also the folded ones, and no text is small."""
    page.wait_for_load_state()  # with its style sheets
    page.evaluate("Promise.all(document.getAnimations().map(one => one.finished))")  # a button that came rests a while
    for script in (MISSED, SMALL):
        found = page.evaluate(script)
        assert found == [], found


def narrow(page: Page, pressed: str) -> None:
    """At 320 px nothing scrolls sideways, and what ``pressed`` selects is 44 px high."""
    page.wait_for_load_state()  # with its style sheets
    page.set_viewport_size({"width": 320, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.evaluate(WIDE)
    assert page.evaluate(LOW, pressed) == []
