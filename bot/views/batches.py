"""Batches as people read them: the list, ten a page, one in full, and the word to whoever is to run some."""

from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    HeaderBlock,
    InteractiveElement,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.views import states
from bot.views.card import where
from bot.views.listing import Workspace
from bot.views.message import Button, Message
from bot.views.text import clip, context, count, customers, day_and_time, escape, listing, mention, section
from store.batch_model import Batch, BatchPlace
from store.model import Job

RUN_ONE = "Run one with `/set-action ACTION batch:CODE`; `/set-action batches CODE` shows one in full."


def my_batches(
    lines: Sequence[tuple[Batch, Job | None, bool]],
    newer: BatchPlace | None,
    older: BatchPlace | None,
    names: Mapping[str, str],
    *,
    may_make: bool,
) -> Message:
    """One page: each batch with its newest job, and whether the reader may assign it; `names` of clusters."""
    turn: list[InteractiveElement] = []
    if may_make:
        turn.append(ButtonElement(text="Make batches", action_id=Button.MAKE_BATCHES, value="new"))
    if newer is not None:
        value = f"{newer.assigned:d}.{newer.id}"
        turn.append(ButtonElement(text="Newer", action_id=Button.NEWER_BATCHES, value=value))
    if older is not None:
        value = f"{older.assigned:d}.{older.id}"
        turn.append(ButtonElement(text="Older", action_id=Button.OLDER_BATCHES, value=value))
    under = [ActionsBlock(elements=turn)] if turn else []
    if not lines:
        none = "No batch is assigned to you."
        return Message(none, [section(none), *under])
    blocks: list[Block] = [HeaderBlock(text=PlainTextObject(text="Your batches, unassigned ones first"))]
    blocks += [_line(batch, last, names, may_assign=may_assign) for batch, last, may_assign in lines]
    return Message(f"Your batches: {len(lines)} shown", [*blocks, context(RUN_ONE), *under])


def detail(
    batch: Batch,
    jobs: Sequence[Job],
    first_cids: Sequence[str],
    cluster_name: str,
    workspace: Workspace,
    *,
    may_assign: bool,
) -> Message:
    """One batch in full, with the jobs that ran on it, newest first."""
    fields = [
        f"*Cluster*\n{escape(clip(where(batch.cluster, cluster_name), 500))}",
        f"*Customers*\n{batch.size:,}",
        f"*To be run by*\n{_owner(batch)}",
        f"*Made*\nby {mention(batch.made_by)}, {day_and_time(batch.created_at)}",
    ]
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=f"Batch {batch.code}", emoji=False)),
        section(f"*{escape(clip(batch.name, 200))}*, {part(batch)}"),
        SectionBlock(fields=[MarkdownTextObject(text=field, verbatim=True) for field in fields]),
        listing(first_cids, batch.size - len(first_cids)),
    ]
    blocks += [section(_job(job, workspace)) for job in jobs] or [section("No job has run on it yet.")]
    blocks.append(context(f"Run it with `/set-action ACTION batch:{batch.code}`."))
    if may_assign:
        blocks.append(ActionsBlock(elements=[_assign(batch)]))
    return Message(f"Batch `{batch.code}`: {part(batch)}, {customers(batch.size)}", blocks)


def assigned(some: Sequence[Batch], number: int, by: str, cluster_name: str, *, to: str) -> Message:
    """To whoever is to run `number` batches of one list, of which `some` are named."""
    first = some[0]
    place = escape(clip(where(first.cluster, cluster_name), 200))
    head = (
        f"{mention(by)} assigned you {count(number, 'batch') if number == 1 else f'{number:,} batches'} of "
        f"“{escape(clip(first.name, 100))}” on {place}:"
    )
    lines = [_owned(batch, to) for batch in some]
    if number > len(lines):
        lines.append(f"and {number - len(lines):,} more; `/set-action batches` lists them all.")
    words = "\n".join([head, *lines, f"Run one with `/set-action ACTION batch:{first.code}`."])
    return Message(head, [section(words)])


def taken_away(some: Sequence[Batch], number: int, by: str, cluster_name: str, *, to: str) -> Message:
    """To whoever was to run `number` batches of one list, of which `some` are named; `to` is that person."""
    first = some[0]
    place = escape(clip(where(first.cluster, cluster_name), 200))
    which = f"batch `{first.code}`" if number == 1 else f"{number:,} batches"
    name = escape(clip(first.name, 100))
    head = f"{mention(by)} took {which} of “{name}” on {place} off your list."
    lines = [
        f"• `{batch.code}`, {part(batch)}, {customers(batch.size)}: "
        + ("meanwhile yours again" if batch.assigned_to == to else f"now for {_owner(batch)}")
        for batch in some
    ]
    end = "A job that runs on it already goes on; a card of it that waits can no longer be confirmed."
    return Message(head, [section("\n".join([head, *lines, end]))])


def part(batch: Batch) -> str:
    """Which part of its list it is."""
    return f"part {batch.part:,} of {batch.parts:,}"


def _owned(batch: Batch, to: str) -> str:
    line = f"• `{batch.code}`, {part(batch)}, {customers(batch.size)}"
    return line if batch.assigned_to == to else f"{line}: meanwhile for {_owner(batch)}"


def _line(batch: Batch, last: Job | None, names: Mapping[str, str], *, may_assign: bool) -> SectionBlock:
    cluster = escape(clip(names.get(batch.cluster, batch.cluster), 100))
    words = (
        f"`{batch.code}` *{escape(clip(batch.name, 100))}*, {part(batch)}, {customers(batch.size)} "
        f"on {cluster}, for {_owner(batch)}\n"
    )
    if last is None:
        words += "No job has run on it yet"
    else:
        action = escape(clip(last.action_name, 100))
        words += (
            f"{states.symbol(last)} Last: {action}, {day_and_time(last.created_at)}: {states.words(last)}"
        )
    return SectionBlock(
        text=MarkdownTextObject(text=words, verbatim=True), accessory=_assign(batch) if may_assign else None
    )


def _assign(batch: Batch) -> ButtonElement:
    return ButtonElement(text="Assign", action_id=Button.ASSIGN_BATCH, value=batch.code)


def _job(job: Job, workspace: Workspace) -> str:
    link = workspace.thread(job)
    name = f"<{link}|{job.short_id}>" if link else f"`{job.short_id}`"
    action = escape(clip(job.action_name, 100))
    return (
        f"{states.symbol(job)} {name} *{action}* by {mention(job.operator.user_id)}, "
        f"{day_and_time(job.created_at)}: {states.words(job)}"
    )


def _owner(batch: Batch) -> str:
    return mention(batch.assigned_to) if batch.assigned_to else "nobody yet"
