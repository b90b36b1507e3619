"""One job in a line, and one job in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    Block,
    DividerBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.views import states
from bot.views.card import where
from bot.views.message import Message
from bot.views.text import clip, context, customers, day_and_time, escape, listing, plain, section, took
from store.model import Customer, Job, JobState


@dataclass(frozen=True, slots=True)
class Workspace:
    """What links into Slack need: the workspace's own address, ending in a slash."""

    url: str

    def thread(self, job: Job) -> str | None:
        """The address of the job's card, if it is posted. The form is Slack's own permalink."""
        if job.card_ts is None:
            return None
        return f"{self.url}archives/{job.channel_id}/p{job.card_ts.replace('.', '')}"


def detail(
    job: Job,
    cluster_name: str,
    refused: Sequence[Customer],
    unknown: Sequence[Customer],
    workspace: Workspace,
) -> Message:
    """One job in full, with a link to its thread."""
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=f"Job {job.short_id}")),
        section(f"`{job.uuid}`\n{states.symbol(job)} {states.words(job)[0].upper()}{states.words(job)[1:]}"),
        SectionBlock(fields=[MarkdownTextObject(text=f, verbatim=True) for f in _fields(job, cluster_name)]),
    ]
    if job.reason:
        blocks.append(plain(f"Why: {job.reason}"))
    for name, some, number in (("Refused", refused, job.refused), ("Unknown", unknown, job.unknown)):
        if number:
            lines = [f"{c.cid}  {c.detail}" if c.detail else c.cid for c in some]
            blocks += [
                DividerBlock(),
                section(f"*{name}: {customers(number)}*"),
                listing(lines, number - len(lines)),
            ]
    if job.last_message and job.state is JobState.DONE and not job.accepted:
        answer = f"The last answer: HTTP {job.last_status}" if job.last_status else "What happened last"
        blocks.append(plain(f"{answer}: {clip(job.last_message, 1_000)}"))
    link = workspace.thread(job)
    blocks.append(section(f"<{link}|Open the thread>") if link else context("The card is not posted yet."))
    return Message(f"Job `{job.short_id}`: {escape(states.words(job))}", blocks)


def line(job: Job, names: Mapping[str, str], workspace: Workspace) -> str:
    """One job in a list: what, where, when and how it stands; mrkdwn."""
    link = workspace.thread(job)
    name = f"<{link}|{job.short_id}>" if link else f"`{job.short_id}`"
    cluster = escape(clip(names.get(job.cluster, job.cluster), 100))
    return (
        f"{states.symbol(job)} {name} *{escape(job.action_name)}* on {cluster}, {customers(job.total)}, "
        f"{day_and_time(job.created_at)}\n{states.words(job)[0].upper()}{states.words(job)[1:]}"
    )


def _fields(job: Job, cluster_name: str) -> list[str]:
    fields = [
        f"*Action*\n{escape(job.action_name)} (code {job.action_code})",
        f"*Cluster*\n{escape(clip(where(job.cluster, cluster_name), 500))}",
        f"*Customers*\n{job.total:,}: {states.tally(job)}",
        f"*Asked*\n{day_and_time(job.created_at)}",
    ]
    if job.decided_at:
        fields.append(f"*Confirmed*\n{day_and_time(job.decided_at)}")
    if job.started_at and job.finished_at:
        fields.append(f"*Took*\n{took((job.finished_at - job.started_at).total_seconds())}")
    return fields
