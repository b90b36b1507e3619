"""The applications of a job's customers: how many stand how, what failed and why, and how old that is."""

from datetime import datetime

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, InteractiveElement

from bot.applications import Status, Summary
from bot.job_look import Look, Tab
from bot.views.files import File
from bot.views.message import Button
from bot.views.sheet import sheet
from bot.views.text import clip, context, count, customers, listing, moment, plain, took
from store.model import Job

SHOWN_APPS = 30
SHOWN_TROUBLES = 10


def reading(job: Job, cluster_name: str) -> list[Block]:
    """While the cluster is being asked."""
    words = f"Reading the applications of {customers(job.total)} from {cluster_name}. This may take a minute."
    return [plain(words)]


def unread(job: Job, why: str) -> list[Block]:
    """Nothing could be read."""
    return [plain(why), _buttons(job, None)]


def applications(job: Job, summary: Summary, now: datetime) -> list[Block]:
    """What was read, and how old it is."""
    blocks: list[Block] = []
    if summary.error:
        blocks.append(
            plain(f"Only {summary.read:,} of {customers(summary.asked)} were read. {summary.error}")
        )
    if not summary.apps:
        blocks.append(plain("The cluster named no application of those customers."))
    else:
        blocks.append(listing(_counts(summary), len(summary.apps) - SHOWN_APPS))
    if summary.troubles:
        blocks.append(plain(f"Failed or unknown: {count(len(summary.troubles), 'application')}"))
        lines = [
            f"{one.cid}  {one.app}: {one.status}{f', {one.reason}' if one.reason else ''}"
            for one in summary.troubles[:SHOWN_TROUBLES]
        ]
        blocks.append(listing(lines, len(summary.troubles) - len(lines)))
    unlisted = f", {summary.unlisted:,} of them without any application" if summary.unlisted else ""
    age = took(max((now - summary.at).total_seconds(), 0))
    blocks.append(context(f"{customers(summary.read)} read{unlisted}, at {moment(summary.at)}, {age} ago."))
    return [*blocks, _buttons(job, summary)]


def troubles_file(job: Job, summary: Summary) -> File:
    """Every application that failed or is unknown."""
    rows = ((one.cid, one.app, one.status, one.reason or "") for one in summary.troubles)
    title = f"{count(len(summary.troubles), 'application')} of job {job.short_id} that failed or are unknown"
    headings = ["customer_id", "application", "status", "reason"]
    return File(f"applications-{job.short_id}.csv", title, sheet(headings, rows))


def _counts(summary: Summary) -> list[str]:
    """The worst first."""
    order = sorted(
        summary.apps.items(), key=lambda app: (-app[1][Status.FAILURE], -app[1][Status.UNKNOWN], app[0])
    )
    width = max(len(clip(name, 40)) for name, _ in order[:SHOWN_APPS])
    return [
        f"{clip(name, 40):<{width}}  " + ", ".join(f"{told[s]:,} {s}" for s in Status if told[s])
        for name, told in order[:SHOWN_APPS]
    ]


def _buttons(job: Job, summary: Summary | None) -> ActionsBlock:
    value = Look(job.uuid, Tab.APPLICATIONS).value
    again: InteractiveElement = ButtonElement(
        text="Read again", action_id=Button.READ_APPLICATIONS, value=value
    )
    if not summary or not summary.troubles:
        return ActionsBlock(block_id="apps", elements=[again])
    file = ButtonElement(text="All failures as CSV", action_id=Button.APPLICATIONS_CSV, value=value)
    return ActionsBlock(block_id="apps", elements=[again, file])
