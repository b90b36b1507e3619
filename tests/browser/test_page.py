"""The page in a real Chromium: what a newcomer does, kept keyboard-usable, dark too, and free of errors."""

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from bot.sandbox.cluster.site import customer_ids
from tests.browser.page import Sandbox, browser, chromium, sandbox

pytestmark = [
    pytest.mark.xdist_group("page"),
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: apt-get install chromium"),
]
SLOW_MS = 20_000  # two cores, shared by all workers
IDS = customer_ids("evian3", 400)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox(tmp_path_factory.mktemp("sandbox")) as one:
        yield one


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    program = chromium()
    assert program
    with browser(program) as one:
        yield one


@pytest.fixture
def page(running: Sandbox, chrome: Browser) -> Iterator[Page]:
    """A visit of its own; at the end nothing was complained about, and nothing asked of anybody else."""
    yield from _visit(chrome, running.address, {"width": 1360, "height": 850})


@pytest.fixture
def phone(running: Sandbox, chrome: Browser) -> Iterator[Page]:
    """The same on a small screen."""
    yield from _visit(chrome, running.address, {"width": 390, "height": 800})


def _visit(chrome: Browser, address: str, size: Any) -> Iterator[Page]:
    context = chrome.new_context(viewport=size, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(SLOW_MS)
    expect.set_options(timeout=SLOW_MS)
    complaints: list[str] = []
    asked: list[str] = []
    page.on(
        "console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.get_by_role("button", name="Skip the tour").click()
    expect(page.get_by_label("Message or slash command")).to_be_focused()
    yield page
    context.close()
    own = address.partition("#")[0]
    assert complaints == []
    assert [url for url in asked if not url.startswith((own, f"blob:{own}"))] == []


def _faults(page: Page) -> list[str]:
    """What axe calls serious or critical."""
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    return [
        f"{one['id']}: {node['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def _situation(page: Page, name: str) -> None:
    page.get_by_role("button", name="Situations").click()
    page.get_by_role("button", name=name).click()


def _proceed(page: Page) -> None:
    """Press the newest card's button, and go through its dialog; then open its own thread."""
    button = page.locator("#main").get_by_role("button", name="Yes, proceed").last
    ts = button.locator("xpath=ancestor::li").get_attribute("data-ts")
    card = page.locator(f'#main .message[data-ts="{ts}"]')
    button.click()
    page.get_by_role("dialog").locator("footer button.primary").click()
    card.locator(".replies").click()


def test_from_the_form_with_a_file_to_the_list_of_jobs(page: Page, tmp_path: Path) -> None:
    sheet = tmp_path / "wave.csv"
    sheet.write_text("name,cid\n" + "\n".join(f"customer,{cid}" for cid in IDS[:30]))
    page.get_by_label("Message or slash command").fill("/set-action")
    page.get_by_label("Message or slash command").press("Enter")
    form = page.get_by_role("dialog", name="Set Action")
    form.get_by_label("Action").select_option("PE-Finalize")
    form.get_by_label("Cluster").select_option("evian3")
    uploads: list[Route] = []

    def hold(route: Route) -> None:
        uploads.append(route)

    page.route("**/api/file?*", hold)
    form.get_by_label("CSV files").set_input_files(sheet)
    expect(form.get_by_text("Uploading wave.csv")).to_be_visible()
    form.get_by_label("Customer ids").fill("no/id")
    form.get_by_role("button", name="Show the card").click()
    expect(form.get_by_role("button", name="Show the card")).to_have_attribute("aria-busy", "true")
    uploads[0].continue_()  # the submission has waited for it
    expect(form.get_by_role("button", name="Remove wave.csv")).to_be_visible()
    expect(form.locator(".error")).to_be_visible()
    expect(form.get_by_label("Customer ids")).to_be_focused()
    assert _faults(page) == []
    form.get_by_label("Customer ids").fill("")
    form.get_by_role("button", name="Show the card").click()
    expect(page.get_by_text("30 customers on Evian 3").first).to_be_visible()
    expect(form).to_be_hidden()
    _proceed(page)
    thread = page.locator("#thread")
    expect(thread.get_by_text("is confirmed")).to_be_visible()
    expect(thread.get_by_text("all 30 customers accepted")).to_be_visible()
    expect(page.locator("#backstage").get_by_text("PE-Finalize, 25 ids")).to_be_visible()
    assert _faults(page) == []
    page.get_by_label("Message or slash command").fill("/my-jobs")
    page.get_by_label("Message or slash command").press("Enter")
    whisper = page.locator("#main .whisper").last
    expect(whisper).to_contain_text("Only visible to you")
    expect(whisper).to_contain_text("PE-Finalize")
    whisper.get_by_role("button", name="Dismiss").click()
    expect(page.locator("#main .whisper")).to_have_count(0)


def test_what_was_refused_is_retried_from_the_list_of_jobs(page: Page) -> None:
    field, mood = page.get_by_label("Message or slash command"), page.locator("#manner-evian3")
    mood.select_option("rejecting")
    expect(page.get_by_text("Refuses every request")).to_be_visible()
    field.fill(f"/set-action PE-Direct evian3 {IDS[200]} reason: ticket 4711")
    field.press("Enter")
    _proceed(page)
    expect(page.locator("#thread").get_by_text("refused").first).to_be_visible()
    mood.select_option("normal")
    field.fill("/my-jobs")
    field.press("Enter")
    rows = page.locator("#main .whisper .section", has_text="PE-Direct")  # other jobs may be listed before it
    rows.last.get_by_role("button", name="Details").click()
    job = page.locator("#modal")
    job.get_by_role("button", name="Timeline").click()
    expect(job.get_by_text("Confirmed by").first).to_be_visible()
    expect(job.get_by_role("button", name="Timeline")).to_be_focused()
    job.get_by_role("button", name="Overview").click()
    job.get_by_role("button", name="Open the thread").click()
    expect(job).to_be_hidden()
    expect(page.get_by_label("Reply in the thread")).to_be_focused()
    rows.last.get_by_role("button", name="Details").click()
    job.get_by_role("button", name="Retry the 1 refused").click()
    expect(job.get_by_text("A new card is on its way")).to_be_visible()
    assert _faults(page) == []
    page.keyboard.press("Escape")
    expect(job).to_be_hidden()
    _proceed(page)
    expect(page.locator("#thread").get_by_text("accepted").first).to_be_visible()
    page.locator("#main .whisper").get_by_role("button", name="Dismiss").last.click()


def test_the_bot_is_killed_in_the_middle_and_the_thread_heals(page: Page) -> None:
    _situation(page, "Kill the bot in the middle")
    expect(page.get_by_text("120 customers on Evian 3").first).to_be_visible()
    _proceed(page)
    expect(page.get_by_text("The real bot is dead")).to_be_visible()
    expect(page.get_by_text("The real bot is running")).to_be_visible()
    expect(
        page.locator("#thread").get_by_text(re.compile(r"120 customers|120 of 120|accepted")).last
    ).to_be_visible()
    # Customers that another test has just moved are left out: then it is a few less than 120.
    whole = page.locator("#main").get_by_text(re.compile(r"(1[012]\d) of \1 answered")).last
    expect(whole).to_be_visible(timeout=45_000)
    again = page.locator("#main").get_by_role("button", name="Run again").last
    expect(again).to_be_visible()
    page.get_by_role("button", name="Kill it").click()
    expect(page.get_by_text("The real bot is dead")).to_be_visible()
    again.click()
    expect(page.locator("#toasts")).to_contain_text("Set Action didn\N{RIGHT SINGLE QUOTATION MARK}t respond")
    page.get_by_role("button", name="Start it again").click()
    expect(page.get_by_text("The real bot is running")).to_be_visible()


def test_another_person_sees_and_may_other_things(page: Page) -> None:
    _situation(page, "A stranger's click")
    expect(page.locator("#main").get_by_role("button", name="Yes, proceed")).to_be_visible()
    page.locator("#me").click()
    page.get_by_role("menuitem", name="Cleo").click()
    expect(page.locator("#me")).to_have_accessible_name(re.compile("You are Cleo"))
    page.locator("#main").get_by_role("button", name="Yes, proceed").click()
    page.get_by_role("dialog").locator("footer button.primary").click()
    expect(page.locator("#main .whisper")).to_contain_text("Only the person who asked")
    page.locator("#me").click()
    page.get_by_role("menuitem", name="Aster").click()
    expect(page.locator("#main .whisper").get_by_text("Only the person who asked")).to_have_count(0)
    page.locator("#main").get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("Cancelled").last).to_be_visible()


def test_a_second_person_approves_and_the_first_cannot(page: Page) -> None:
    _situation(page, "Four eyes")
    expect(page.get_by_text("5 customers on Davos 2").first).to_be_visible()
    _proceed(page)
    approve = page.locator("#main").get_by_role("button", name="Approve").last
    approve.click()
    page.get_by_role("dialog").locator("footer button.primary").click()
    expect(page.get_by_text(re.compile("asked for|own")).last).to_be_visible()
    page.locator("#me").click()
    page.get_by_role("menuitem", name="Bram").click()
    page.locator("#main").get_by_role("button", name="Approve").last.click()
    page.get_by_role("dialog").locator("footer button.primary").click()
    expect(page.locator("#main").get_by_text(re.compile("All 5|5 of 5")).last).to_be_visible(timeout=30_000)
    assert _faults(page) == []
    page.locator("#me").click()
    page.get_by_role("menuitem", name="Aster").click()


def test_what_people_write_is_text_and_nothing_else(page: Page) -> None:
    words = "<img src=x onerror=alert(1)> <!channel> *bold* & <b>b</b>"
    page.get_by_role("button", name="random").click()
    field = page.get_by_label("Message or slash command")
    field.fill(words)
    field.press("Enter")
    expect(page.locator("#main .message").last).to_contain_text("<img src=x onerror=alert(1)> <!channel>")
    expect(page.locator("#main .message").last.locator("strong", has_text="bold")).to_be_visible()
    assert page.locator("#main img").count() == 0
    field.fill("see http://127.0.0.1/a?b=1&c=2. :calendar:")
    field.press("Enter")
    link = page.locator("#main .message").last.get_by_role(
        "link", name="http://127.0.0.1/a?b=1&c=2", exact=True
    )
    expect(link).to_have_attribute("href", "http://127.0.0.1/a?b=1&c=2")
    expect(page.locator("#main .message").last.get_by_role("img", name="calendar")).to_be_visible()
    assert (
        page.evaluate("document.fonts.load('16px Twemoji', '📆').then((found) => found[0].status)")
        == "loaded"
    )


def test_what_one_writes_and_where_one_is_stay(page: Page) -> None:
    field = page.get_by_label("Message or slash command")
    field.fill("for ops")
    page.get_by_role("button", name="random").click()
    expect(field).to_have_value("")
    field.fill("for random")
    page.locator("#me").click()
    page.get_by_role("menuitem", name="Bram").click()
    expect(field).to_have_value("")
    page.locator("#me").click()
    page.get_by_role("menuitem", name="Aster").click()
    expect(field).to_have_value("for random")
    page.get_by_role("button", name="ops").click()
    expect(field).to_have_value("for ops")
    for line in ("good morning", "/set-action mistyped"):
        field.fill(line)
        field.press("Enter")
    whispers = page.locator("#main .whisper")
    expect(whispers.last).to_contain_text("mistyped")
    before = whispers.count()
    whispers.last.get_by_role("button", name="Dismiss").click()
    page.reload()
    expect(page.locator("#main .message").first).to_be_visible()
    expect(whispers).to_have_count(before - 1)
    page.get_by_role("button", name="secret").click()
    page.reload()
    expect(page.get_by_role("heading", name="secret", exact=True)).to_be_visible()
    page.locator("#me").click()
    page.get_by_role("menuitem", name="Dana").click()  # who is not in there
    expect(page.get_by_role("heading", name="#ops", exact=True)).to_be_visible()


def test_a_hidden_tab_holds_no_line_and_another_address_is_taken_at_once(
    page: Page, running: Sandbox, chrome: Browser
) -> None:
    hide = "(yes) => { Object.defineProperty(document, 'hidden', { value: yes, configurable: true });"
    hide += " document.dispatchEvent(new Event('visibilitychange')); }"
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/api/look")):
        page.evaluate(hide, True)
    with page.expect_response("**/api/look"):
        page.evaluate(hide, False)
    context = chrome.new_context()
    other = context.new_page()
    other.goto(f"{running.address}x")
    expect(other.get_by_text("The token is missing or wrong")).to_be_visible()
    expect(other.locator("#places")).to_be_hidden()
    other.goto(running.address)  # only its fragment differs
    expect(other.get_by_role("button", name="Skip the tour")).to_be_visible()
    context.close()


def test_by_keyboard_alone(page: Page) -> None:
    field = page.get_by_label("Message or slash command")
    field.focus()
    page.keyboard.type("/s")
    page.keyboard.press("Tab")
    page.keyboard.type("t-e")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")  # from the first cluster to the second and back
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(field).to_have_value(f"/set-action T-Enable evian3 {', '.join(IDS[:3])} ")
    page.keyboard.press("Escape")
    field.fill("")
    page.locator("#shortcuts").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="Set Action")
    expect(form.get_by_label("Action")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()


def test_light_and_dark_are_both_free_of_faults(page: Page) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) == "rgb(26, 29, 33)"
    _situation(page, "A mistyped command")
    expect(page.locator("#main .whisper").last).to_be_visible()
    assert _faults(page) == []
    page.locator("#theme").click()
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    assert _faults(page) == []
    page.locator("#theme").click()
    page.emulate_media(color_scheme="light")
    assert page.evaluate(ground) == "rgb(26, 29, 33)"


def test_the_home_tab_and_a_phone(phone: Page) -> None:
    phone.get_by_role("button", name="Conversations").click()
    phone.get_by_role("button", name="Set Action", exact=True).click()
    expect(phone.get_by_role("button", name="Set an action")).to_be_visible()
    assert _faults(phone) == []
    job = phone.locator(".home button.link").first  # of a job that another test has run, if it has
    if job.count():
        job.click()
        expect(phone.locator("#thread .message").first).to_be_visible()
        phone.get_by_role("button", name="Close the thread").click()
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    phone.get_by_role("button", name="Behind the scenes", exact=True).click()
    expect(phone.locator("#backstage").get_by_role("heading", name="Evian 3")).to_be_visible()
    assert _faults(phone) == []


def test_every_element_of_block_kit_is_drawn_and_an_unknown_one_named(page: Page) -> None:
    option = {"text": {"type": "plain_text", "text": "One"}, "value": "1"}
    kinds = ["button", "static_select", "multi_static_select", "users_select", "multi_users_select"]
    kinds += ["conversations_select", "overflow", "checkboxes", "radio_buttons", "datepicker", "timepicker"]
    kinds += ["datetimepicker", "channels_select"]
    inputs = ["plain_text_input", "number_input", "email_text_input", "url_text_input", "file_input"]
    text = {"type": "plain_text", "text": "Press"}
    elements = [{"type": kind, "action_id": kind, "text": text, "options": [option]} for kind in kinds]
    blocks: list[dict[str, Any]] = [{"type": "actions", "block_id": "a", "elements": elements}]
    blocks += [
        {
            "type": "input",
            "block_id": kind,
            "label": {**text, "text": kind},
            "element": {"type": kind, "action_id": kind},
        }
        for kind in inputs
    ]
    blocks += [
        {"type": "hologram", "block_id": "h", "title": {**text, "text": "From tomorrow"}},
        {
            "type": "image",
            "block_id": "i",
            "image_url": "https://elsewhere.example/x.png",
            "alt_text": "A graph",
        },
        {
            "type": "table",
            "rows": [[{"type": "raw_text", "text": "cid"}], [{"type": "raw_number", "value": 7}]],
        },
    ]
    drawn = page.evaluate(
        """async (blocks) => {
            const { drawBlocks } = await import("/page/blocks.js");
            const hands = { people: [], places: () => [], act() {}, enter() {} };
            const box = document.createElement("div");
            box.append(...drawBlocks(blocks, hands));
            return {
                words: box.textContent,
                controls: box.querySelectorAll("button, select, input, textarea").length,
                unknown: [...box.querySelectorAll(".unknown > strong")].map((node) => node.textContent),
            };
        }""",
        blocks,
    )
    assert drawn["unknown"] == ["hologram"]
    assert drawn["controls"] == len(kinds) - 2 + 1 + len(inputs)  # two lists of ticks are empty, one has one
    assert all(words in drawn["words"] for words in ("From tomorrow", "A graph", "cid7"))
