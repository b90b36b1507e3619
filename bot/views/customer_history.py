"""What was done to one customer, newest first, and in which state the cluster says it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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

from bot.views.job_list import NAME, Names, details, row_words
from bot.views.listing import Workspace
from bot.views.message import Button, Message
from bot.views.text import clip, context, escape, section
from store.listing_model import Deed
from store.model import CustomerOutcome, JobState

DETAIL = 200  # characters of the reason
OUTCOME: Mapping[CustomerOutcome, str] = {
    CustomerOutcome.PLANNED: "not sent yet",
    CustomerOutcome.ACCEPTED: "accepted",
    CustomerOutcome.REFUSED: "refused",
    CustomerOutcome.UNKNOWN: "sent, outcome unknown",
    CustomerOutcome.ALREADY_THERE: "left out: was there already",
    CustomerOutcome.MISSING: "left out: did not exist",
    CustomerOutcome.ARRIVED: "accepted and arrived",
    CustomerOutcome.CANCELLED: "never sent: the job was stopped",
}


@dataclass(frozen=True, slots=True)
class Present:
    """What one cluster says now: the state's name, None for a customer it does not know; or why not."""

    cluster: str
    state: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One page of a customer's history. `newer`, `older`: the job ids to page from, or None."""

    cid: str
    deeds: Sequence[Deed]
    present: Sequence[Present]
    newer: int | None = None
    older: int | None = None
    notes: tuple[str, ...] = ()


def customer_history(told: Told, names: Names, workspace: Workspace) -> Message:
    """One page."""
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text="What was done to a customer, newest first", emoji=False)),
        section(f"`{escape(told.cid)}`\n" + "\n".join(_now(one, names) for one in told.present)),
    ]
    if not told.deeds:
        more = " in the newest of its jobs; older ones are one click away" if told.older is not None else ""
        blocks.append(section(f"No job that you may see was run on this customer{more}."))
    for deed in told.deeds:
        words = f"{row_words(deed.job, names, workspace, owner=True)}\n*{_outcome(deed)}*"
        accessory = details(deed.job)
        blocks.append(SectionBlock(text=MarkdownTextObject(text=words, verbatim=True), accessory=accessory))
    if told.notes:
        blocks.append(context("\n".join(told.notes)))
    turn: list[InteractiveElement] = []
    for label, button, mark, at in (
        ("Newer", Button.HISTORY_NEWER, ">", told.newer),
        ("Older", Button.HISTORY_OLDER, "<", told.older),
    ):
        if at is not None:
            turn.append(ButtonElement(text=label, action_id=button, value=f"{mark}{at}.{told.cid}"))
    if turn:
        blocks.append(ActionsBlock(elements=turn))
    return Message(f"Customer `{escape(told.cid)}`: {len(told.deeds)} jobs shown", blocks)


def _outcome(deed: Deed) -> str:
    words = OUTCOME[deed.outcome]
    if deed.outcome is CustomerOutcome.PLANNED and deed.job.state is not JobState.CONFIRMED:
        words = "not answered yet"
    return words + (f": {escape(clip(deed.detail, DETAIL))}" if deed.detail else "")


def _now(one: Present, names: Names) -> str:
    cluster = escape(clip(names.clusters.get(one.cluster, one.cluster), NAME))
    if one.problem is not None:
        return (
            f":grey_question: {cluster}: its present state is not known. {escape(clip(one.problem, DETAIL))}"
        )
    if one.state is None:
        return f":no_entry_sign: {cluster} does not know this customer now"
    return f":round_pushpin: On {cluster} it is in *{escape(clip(one.state, NAME))}* now"
