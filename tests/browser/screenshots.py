"""Makes the README's pictures from a running sandbox: `python -m tests.browser.screenshots [FOLDER]`."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.page import browser, chromium, sandbox

FOLDER = Path(__file__).parent.parent.parent / "docs" / "images"
WIDE = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=800)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    program = chromium()
    if program is None:
        sys.exit("There is no Chromium on this machine: apt-get install chromium")
    with (
        tempfile.TemporaryDirectory() as temporary,
        sandbox(Path(temporary)) as running,
        browser(program) as chrome,
    ):
        page = _page(chrome, running.address)
        _card_to_thread(page, folder)
        _form(page, folder)
        _dark(page, folder)
        _phone(chrome, running.address, folder)


def _page(chrome: Browser, address: str) -> Page:
    page = chrome.new_context(viewport=WIDE, reduced_motion="reduce").new_page()
    page.goto(address)
    page.get_by_role("button", name="Skip the tour").click()
    return page


def _card_to_thread(page: Page, folder: Path) -> None:
    page.get_by_role("button", name="Situations").click()
    page.get_by_role("button", name="126 ids, 8 unknown").click()
    proceed = page.get_by_role("button", name="Yes, proceed")
    page.get_by_text("8 do not exist there").wait_for()
    page.screenshot(path=folder / "card.png")
    proceed.click()
    dialog = page.get_by_role("dialog")
    dialog.locator("footer button.primary").click()
    page.locator(".replies").click()
    page.locator("#thread").get_by_text("118", exact=False).first.wait_for()
    page.wait_for_timeout(4000)
    page.screenshot(path=folder / "thread.png")


def _form(page: Page, folder: Path) -> None:
    page.get_by_role("button", name="Close the thread").click()
    page.get_by_role("button", name="Shortcuts").click()
    page.get_by_role("menuitem", name="Set an action").click()
    page.get_by_label("Customer ids").wait_for()
    page.screenshot(path=folder / "form.png")
    page.get_by_role("button", name="Close", exact=True).click()


def _dark(page: Page, folder: Path) -> None:
    page.locator("#theme").click()
    page.locator("#theme").click()
    page.get_by_role("button", name="Set Action", exact=True).click()
    page.get_by_text("Moves customers of a transition service").wait_for()
    page.get_by_role("button", name="ops").click()
    page.locator(".replies").last.click()
    page.wait_for_timeout(500)
    page.screenshot(path=folder / "thread-dark.png")


def _phone(chrome: Browser, address: str, folder: Path) -> None:
    page = chrome.new_context(viewport=PHONE, reduced_motion="reduce").new_page()
    page.goto(address)
    page.get_by_role("button", name="Skip the tour").click()
    page.locator(".message").first.wait_for()
    page.screenshot(path=folder / "phone.png")


if __name__ == "__main__":
    main()
