"""One job in full, as a modal: how it stands, what can be done, and its parts to turn to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    DividerBlock,
    InteractiveElement,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)
from slack_sdk.models.views import View

from bot.job_look import Look, Seen, Tab
from bot.views import states
from bot.views.card import where
from bot.views.job_actions import actions
from bot.views.job_customers import customers_page
from bot.views.job_record import folded, line_words, request_words, requests_of
from bot.views.job_stop import stopped
from bot.views.listing import Workspace
from bot.views.message import Button
from bot.views.preview import Path, left_out
from bot.views.text import clip, context, count, customers, day_and_time, escape, plain, section, took
from store.model import Job

LINES = 20  # of a timeline, or requests, on one page
TABS = {
    Tab.OVERVIEW: ("Overview", Button.JOB_OVERVIEW),
    Tab.TIMELINE: ("Timeline", Button.JOB_TIMELINE),
    Tab.REQUESTS: ("Requests", Button.JOB_REQUESTS),
    Tab.CUSTOMERS: ("Customers", Button.JOB_CUSTOMERS),
    Tab.APPLICATIONS: ("Applications", Button.JOB_APPLICATIONS),
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is not in the rows: display names of clusters by key, and the action that usually follows each."""

    names: Mapping[str, str]
    following: Mapping[str, str]
    path: Path
    workspace: Workspace


def detail(seen: Seen, around: Surroundings, notice: str = "", more: Sequence[Block] = ()) -> View:
    """The part that was looked at. `notice`: what came of the last click; `more`: a part made elsewhere."""
    job, look = seen.job, seen.look
    blocks: list[Block] = [plain(notice)] if notice else []
    blocks += [section(_head(job)), _tabs(look), DividerBlock()]
    match look.tab:
        case Tab.OVERVIEW:
            blocks += _overview(seen, around)
        case Tab.TIMELINE:
            told = [(line.seq, line_words(line)) for line in folded(seen.record)]
            blocks += _lines(seen, told, "line")
        case Tab.REQUESTS:
            told = [(one.sent.seq, request_words(one)) for one in requests_of(seen.record)]
            blocks += _lines(seen, told, "request")
        case Tab.CUSTOMERS:
            blocks += customers_page(seen)
        case Tab.APPLICATIONS:
            blocks += more
    return framed(job.short_id, blocks, look)


def framed(short_id: str, blocks: Sequence[Block], look: Look | None = None) -> View:
    """The modal around whatever it shows."""
    return View(
        type="modal",
        title=PlainTextObject(text=f"Job {short_id}", emoji=False),
        close=PlainTextObject(text="Close", emoji=False),
        private_metadata=look.value if look else "",
        blocks=list(blocks),
    )


def _head(job: Job) -> str:
    words = states.words(job)
    return f"{states.symbol(job)} *{words[0].upper()}{words[1:]}*\n`{job.uuid}`"


def _tabs(look: Look) -> ActionsBlock:
    elements: list[InteractiveElement] = [
        ButtonElement(
            text=name,
            action_id=button,
            value=Look(look.job, tab).value,
            style="primary" if tab is look.tab else None,
        )
        for tab, (name, button) in TABS.items()
    ]
    return ActionsBlock(block_id="tabs", elements=elements)


def _overview(seen: Seen, around: Surroundings) -> list[Block]:
    job = seen.job
    name = around.names.get(job.cluster, job.cluster)
    fields = [MarkdownTextObject(text=words, verbatim=True) for words in _fields(job, name)]
    blocks: list[Block] = [SectionBlock(fields=fields)]
    if job.reason:
        blocks.append(plain(f"Why: {job.reason}"))
    blocks += [*left_out(job), *stopped(job), *_family(seen, around.workspace)]
    if job.last_message:
        answer = f"The last answer: HTTP {job.last_status}" if job.last_status else "What happened last"
        blocks.append(plain(f"{answer}: {clip(job.last_message, 1_000)}"))
    link = around.workspace.thread(job)
    blocks.append(section(f"<{link}|Open the thread>") if link else context("The card is not posted yet."))
    if elements := actions(seen, around.following.get(job.action_name)):
        blocks.append(ActionsBlock(block_id="do", elements=elements))
    if not seen.owned:
        blocks.append(context("You look at somebody else's job, by your right to audit."))
    return blocks


def _fields(job: Job, cluster_name: str) -> list[str]:
    fields = [
        f"*Action*\n{escape(job.action_name)} (code {job.action_code})",
        f"*Cluster*\n{escape(clip(where(job.cluster, cluster_name), 500))}",
        f"*Customers*\n{job.total:,}: {states.tally(job)}",
        f"*Asked*\n<@{job.operator.user_id}>, {day_and_time(job.created_at)}",
    ]
    if job.decided_at:
        fields.append(f"*Confirmed*\n{day_and_time(job.decided_at)}")
    if job.finished_at:
        fields.append(f"*Ended*\n{day_and_time(job.finished_at)}")
    if job.started_at and job.finished_at:
        fields.append(f"*Took*\n{took((job.finished_at - job.started_at).total_seconds())}")
    return fields


def _family(seen: Seen, workspace: Workspace) -> list[Block]:
    lines = [f"Sends again what {_named(seen.parent, workspace)} did not get done."] if seen.parent else []
    lines += [
        f"{_named(child, workspace)} sends {customers(child.total)} of these again: {states.words(child)}."
        for child in seen.children
    ]
    return [section("\n".join(lines))] if lines else []


def _named(job: Job, workspace: Workspace) -> str:
    link = workspace.thread(job)
    return f"job <{link}|{job.short_id}>" if link else f"job `{job.short_id}`"


def _lines(seen: Seen, told: Sequence[tuple[int, str]], noun: str) -> list[Block]:
    """A page of what was told, each with its key, oldest first."""
    if not told:
        return [plain(f"No {noun} yet.")]
    start = next((n for n, (key, _) in enumerate(told) if key > (seen.look.after or 0)), 0)
    if seen.look.before is not None:
        end = next((n for n, (key, _) in enumerate(told) if key >= seen.look.before), len(told))
        start = max(end - LINES, 0)
    page = told[start : start + LINES]
    turn: list[InteractiveElement] = []
    here = Look(seen.look.job, seen.look.tab)
    if start:
        turn.append(_turn("Earlier", Button.JOB_BACK, replace(here, before=page[0][0])))
    if start + LINES < len(told):
        turn.append(_turn("Later", Button.JOB_FURTHER, replace(here, after=page[-1][0])))
    blocks: list[Block] = [section(words) for _, words in page]
    blocks.append(context(f"{start + 1:,} to {start + len(page):,} of {count(len(told), noun)}."))
    return [*blocks, *([ActionsBlock(block_id="turn", elements=turn)] if turn else [])]


def _turn(name: str, button: Button, look: Look) -> ButtonElement:
    return ButtonElement(text=name, action_id=button, value=look.value)
