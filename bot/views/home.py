"""The App Home: what waits for the reader, what runs, what ran, their batches, a picture of their month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    DividerBlock,
    HeaderBlock,
    ImageBlock,
    Option,
    PlainTextObject,
    StaticSelectElement,
)
from slack_sdk.models.blocks.basic_components import SlackFile
from slack_sdk.models.views import View

from bot.views import states
from bot.views.batches import part
from bot.views.listing import Workspace, line
from bot.views.message import Button
from bot.views.text import bar, clip, context, customers, day_and_time, escape, moment, section
from store.batch_model import Batch
from store.home_model import Notify
from store.model import Job, JobState

WAITING, RUNNING, LAST, BATCHES = (
    10,
    10,
    5,
    5,
)  # shown of each; one more is read, to know whether there are more
WHAT = (
    "Moves customers of a transition service from state to state. You fill in a form and see a card with "
    "what will happen; nothing is sent until you confirm that card. Its thread then tells how it goes."
)
NOTIFY = {
    Notify.MENTION: "Mention me in the thread",
    Notify.DIRECT: "Mention me, and message me directly",
    Notify.FAILURE: "Mention me only if something failed",
    Notify.NEVER: "Do not notify me",
}
MONTH = "Your last 30 days"


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that Slack keeps, by its id, and what it shows in words."""

    file: str
    words: str


@dataclass(frozen=True, slots=True)
class Page:
    """What the reader's home shows, each list newest first; a batch with the newest job that ran on it."""

    waiting: Sequence[Job]
    running: Sequence[Job]
    last: Sequence[Job]
    batches: Sequence[tuple[Batch, Job | None]]
    notify: Notify
    picture: Picture | None


def home(page: Page, names: Mapping[str, str], workspace: Workspace) -> View:
    """The home tab; `names` are those of clusters."""

    def named(job: Job) -> str:
        return line(job, names, workspace)

    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text="Set Action")),
        section(WHAT),
        ActionsBlock(
            elements=[
                ButtonElement(text="Set an action", action_id=Button.OPEN_FORM, value="home", style="primary")
            ]
        ),
    ]
    cards = [f"{named(job)}{_until(job)}" for job in page.waiting]
    blocks += _list("Waiting for you", cards, WAITING, "`/my-jobs` lists what you confirmed.")
    blocks += _list("Running", [f"{named(job)}{_bars(job)}" for job in page.running], RUNNING, MORE_JOBS)
    blocks += _list("Your last jobs", [named(job) for job in page.last], LAST, MORE_JOBS)
    blocks += _list("Your batches", [_batch(*pair, names) for pair in page.batches], BATCHES, MORE_BATCHES)
    if len(blocks) == 3:
        blocks += [DividerBlock(), section("You have no jobs yet.")]
    if page.picture:
        blocks += [DividerBlock(), section(f"*{MONTH}*"), _image(page.picture)]
    blocks += [
        DividerBlock(),
        section("*When a job of yours ends*"),
        ActionsBlock(elements=[_notify(page.notify)]),
    ]
    blocks.append(context("In any channel: `/set-action`, `/set-action help` and `/my-jobs`."))
    return View(type="home", blocks=blocks)


MORE_JOBS = "`/my-jobs` lists them all."
MORE_BATCHES = "`/set-action batches` lists them all."


def _list(title: str, lines: Sequence[str], most: int, more: str) -> list[Block]:
    if not lines:
        return []
    blocks: list[Block] = [DividerBlock(), section(f"*{title}*"), *map(section, lines[:most])]
    return [*blocks, context(f"There are more. {more}")] if len(lines) > most else blocks


def _until(job: Job) -> str:
    return f"; it waits until {moment(job.expires_at)}. Decide on its card."


def _bars(job: Job) -> str:
    if job.state is JobState.CONFIRMED:
        return ""
    bars = f"\n{bar(job.answered, job.to_send)} {job.answered:,} of {job.to_send:,} answered"
    if job.watch_until is not None:
        bars += f"\n{bar(job.arrived, job.accepted)} {job.arrived:,} of {job.accepted:,} arrived"
    return bars


def _batch(batch: Batch, last: Job | None, names: Mapping[str, str]) -> str:
    cluster = escape(clip(names.get(batch.cluster, batch.cluster), 100))
    name = escape(clip(batch.name, 100))
    words = f"`{batch.code}` *{name}*, {part(batch)}, {customers(batch.size)} on {cluster}\n"
    if last is None:
        return f"{words}No job has run on it yet: `/set-action ACTION batch:{batch.code}`"
    action = escape(clip(last.action_name, 100))
    return (
        f"{words}{states.symbol(last)} Last: {action}, {day_and_time(last.created_at)}: {states.words(last)}"
    )


def _image(picture: Picture) -> ImageBlock:
    return ImageBlock(
        slack_file=SlackFile(id=picture.file), alt_text=clip(f"{MONTH}: {picture.words}", 2_000)
    )


def _notify(chosen: Notify) -> StaticSelectElement:
    options = {
        notify: Option(text=PlainTextObject(text=words), value=notify) for notify, words in NOTIFY.items()
    }
    return StaticSelectElement(
        action_id=Button.NOTIFY, options=list(options.values()), initial_option=options[chosen]
    )
