"""Renews the pictures of both READMEs: the list of a demo on a phone. Run by ``make picture``."""

from __future__ import annotations

from playwright.sync_api import sync_playwright

from tests import ROOT
from tests.browsing import ARGS
from tests.tryout import CHROMIUM, demo_site, sign_in

PICTURES = {"en": "list.png", "tr": "list.tr.png"}


def main() -> None:
    """A phone of 360 × 800, in the light, as the page comes up."""
    with demo_site() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        cookies = [{"name": name, "value": value, "url": address} for name, value in sign_in(address).items()]
        for language, name in PICTURES.items():
            phone = {"width": 360, "height": 800}
            context = browser.new_context(viewport=phone, device_scale_factor=1.25, locale=language, base_url=address)
            context.add_cookies(cookies)
            page = context.new_page()
            page.goto("/izinler")
            page.screenshot(path=ROOT / "docs" / name)
        browser.close()


if __name__ == "__main__":
    main()
