"""Lists of jobs: filtered, ten a page, with menus that change the filter in place."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    HeaderBlock,
    InteractiveElement,
    MarkdownTextObject,
    Option,
    PlainTextObject,
    SectionBlock,
    StaticSelectElement,
    UserSelectElement,
)

from bot.job_filter import EVERYBODY, FIRST, MINE, JobFilter, packed
from bot.views import states
from bot.views.listing import Workspace
from bot.views.message import Button, Message
from bot.views.text import clip, context, customers, day_and_time, escape, mention, section
from store.listing_model import Place, Standing
from store.model import Job

ANY = "-"  # the option of a menu that leaves nothing out
NAME = 40  # characters of a name in a list
MENUS = 3_500  # characters of all the options together: Slack takes some 13,000 in one message

STANDING: Mapping[Standing, str] = {
    Standing.RUNNING: "running",
    Standing.ARRIVING: "waiting to arrive",
    Standing.SUCCEEDED: "succeeded",
    Standing.FAILED: "failed, wholly or partly",
    Standing.PARTLY: "partly failed",
    Standing.UNKNOWN: "outcome unknown",
    Standing.CANCELLED: "cancelled",
    Standing.PROPOSED: "not confirmed yet",
    Standing.EXPIRED: "expired, never confirmed",
}
NO_ZONE = "Dates are read in UTC: Slack did not tell your time zone."
LIMITED = "Of other people's jobs you see those on which a rule gives you the right audit."
HINT = "Type less: `/my-jobs failed evian3 since:7d`. What was done to one customer: `/my-jobs customer ID`."


@dataclass(frozen=True, slots=True)
class Names:
    """Names of clusters by key and of actions by code: those that are configured."""

    clusters: Mapping[str, str]
    actions: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Page:
    """What to show: some jobs, the ids to page from (or None), and what is worth saying about the list."""

    jobs: Sequence[Job]
    newer: int | None = None
    older: int | None = None
    notes: tuple[str, ...] = ()


def job_list(page: Page, wanted: JobFilter, names: Names, workspace: Workspace) -> Message:
    """One page, newest first, with the filter in words and in menus."""
    title = _title(wanted)
    filtered = f"{title}, {_words(wanted, names)}" if wanted.narrows else title
    if not page.jobs and not wanted.narrows and wanted.whose == MINE and page.newer is None:
        return Message("You have no jobs yet. `/set-action help` shows how to ask for one.")
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=f"{_heading(wanted)}, newest first", emoji=False))
    ]
    if wanted.narrows or wanted.whose not in (MINE, EVERYBODY):
        blocks.append(section(f"*{filtered}*"))
    blocks.append(_menus(wanted, names))
    if not page.jobs:
        blocks.append(section(f"There is none: {filtered}. Change the filter above, or clear it."))
    blocks += [_row(job, names, workspace, owner=wanted.whose == EVERYBODY) for job in page.jobs]
    blocks.append(context("\n".join([*page.notes, HINT])))
    if turn := _turn(page, wanted):
        blocks.append(ActionsBlock(elements=turn))
    return Message(f"{filtered}: {len(page.jobs)} shown", blocks)


def row_words(job: Job, names: Names, workspace: Workspace, *, owner: bool) -> str:
    """A job in a list: what, where, whose, when; mrkdwn."""
    link = workspace.thread(job)
    name = f"<{link}|{job.short_id}>" if link else f"`{job.short_id}`"
    cluster = escape(clip(names.clusters.get(job.cluster, job.cluster), NAME))
    by = f" by {mention(job.operator.user_id)}" if owner else ""
    return (
        f"{states.symbol(job)} {name} *{escape(clip(job.action_name, NAME))}* on {cluster}, "
        f"{customers(job.total)}{by}, {day_and_time(job.created_at)}"
    )


def details(job: Job) -> ButtonElement:
    """The way to one job in full."""
    return ButtonElement(text="Details", action_id=Button.JOB_DETAIL, value=job.uuid.hex)


def _row(job: Job, names: Names, workspace: Workspace, *, owner: bool) -> SectionBlock:
    how = states.words(job)
    words = f"{row_words(job, names, workspace, owner=owner)}\n{how[0].upper()}{how[1:]}"
    return SectionBlock(text=MarkdownTextObject(text=words, verbatim=True), accessory=details(job))


def _heading(wanted: JobFilter) -> str:
    return {MINE: "Your jobs", EVERYBODY: "Everybody's jobs"}.get(wanted.whose, "Somebody's jobs")


def _title(wanted: JobFilter) -> str:
    return _heading(wanted) if wanted.whose in (MINE, EVERYBODY) else f"Jobs of {mention(wanted.whose)}"


def _words(wanted: JobFilter, names: Names) -> str:
    """What a filter keeps, in words; mrkdwn."""
    parts = []
    if wanted.standing:
        parts.append(STANDING[wanted.standing])
    if wanted.action is not None:
        parts.append(escape(clip(names.actions.get(wanted.action, f"action {wanted.action}"), NAME)))
    if wanted.cluster is not None:
        parts.append("on " + escape(clip(names.clusters.get(wanted.cluster, wanted.cluster), NAME)))
    if wanted.batch:
        parts.append(f"batch `{wanted.batch}`")
    if wanted.since:
        parts.append(f"since {day_and_time(wanted.since)}")
    if wanted.until:
        parts.append(f"before {day_and_time(wanted.until)}")
    return ", ".join(parts)


def _turn(page: Page, wanted: JobFilter) -> list[InteractiveElement]:
    turn: list[InteractiveElement] = []
    if page.newer is not None:
        turn.append(_button("Newer", Button.NEWER, wanted, Place(after=page.newer)))
    if page.older is not None:
        turn.append(_button("Older", Button.OLDER, wanted, Place(before=page.older)))
    if wanted.narrows:
        turn.append(_button("Clear the filter", Button.CLEAR, wanted.cleared))
    if wanted.whose not in (MINE, EVERYBODY):
        turn.append(_button("Everybody's", Button.EVERYBODY, replace(wanted, whose=EVERYBODY)))
    return turn


def _button(label: str, action: Button, wanted: JobFilter, place: Place = FIRST) -> ButtonElement:
    return ButtonElement(text=label, action_id=action, value=packed(wanted, place))


def _menus(wanted: JobFilter, names: Names) -> ActionsBlock:
    """The menus; the block's id is the filter they change."""
    room = MENUS
    menus: list[InteractiveElement] = []
    offered: tuple[tuple[Button, str, Mapping[str, str], str | None], ...] = (
        (
            Button.FILTER_STATE,
            "Any state",
            {s.value: _capital(w) for s, w in STANDING.items()},
            wanted.standing,
        ),
        (
            Button.FILTER_ACTION,
            "Any action",
            {str(code): name for code, name in names.actions.items()},
            None if wanted.action is None else str(wanted.action),
        ),
        (Button.FILTER_CLUSTER, "Any cluster", names.clusters, wanted.cluster),
    )
    for button, anything, known, chosen in offered:
        menu, took = _menu(button, anything, known, chosen, room)
        menus.append(menu)
        room -= took
    if wanted.whose != MINE:
        whose = None if wanted.whose == EVERYBODY else wanted.whose
        menus.append(
            UserSelectElement(placeholder="Anybody", action_id=Button.FILTER_WHOSE, initial_user=whose)
        )
    return ActionsBlock(elements=menus, block_id=packed(wanted))


def _menu(
    button: Button, anything: str, known: Mapping[str, str], chosen: str | None, room: int
) -> tuple[StaticSelectElement, int]:
    """A menu of what is known, the chosen one always among it; as much of it as there is room for."""
    named = {ANY: anything}
    if chosen is not None:
        named[chosen] = known.get(chosen, chosen)
    options = [_option(value, name) for value, name in named.items()]
    initial = options[-1]
    took = 2 * sum(map(_size, options))  # what is chosen is said twice
    for value, name in known.items():
        option = _option(value, name)
        if value in named or len(options) >= 100 or took + _size(option) > room:
            continue
        options.append(option)
        took += _size(option)
    menu = StaticSelectElement(
        placeholder=anything, action_id=button, options=options, initial_option=initial
    )
    return menu, took


def _option(value: str, name: str) -> Option:
    return Option(text=PlainTextObject(text=clip(name, NAME), emoji=False), value=value)


def _size(option: Option) -> int:
    return len(json.dumps(option.to_dict(), ensure_ascii=False)) + 1


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
