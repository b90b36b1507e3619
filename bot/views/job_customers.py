"""The customers of one job, page by page, by what became of them."""

from collections.abc import Mapping
from dataclasses import replace

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    InteractiveElement,
    Option,
    PlainTextObject,
    StaticSelectElement,
)

from bot.job_look import Look, Seen
from bot.views.message import Button
from bot.views.text import clip, context, customers, listing, plain
from store.model import Customer, CustomerOutcome, Job

NAMES: Mapping[CustomerOutcome, str] = {
    CustomerOutcome.ACCEPTED: "accepted",
    CustomerOutcome.ARRIVED: "arrived",
    CustomerOutcome.REFUSED: "refused",
    CustomerOutcome.UNKNOWN: "unknown",
    CustomerOutcome.CANCELLED: "never sent",
    CustomerOutcome.PLANNED: "not sent yet",
    CustomerOutcome.ALREADY_THERE: "left out: already there",
    CustomerOutcome.MISSING: "left out: not on the cluster",
}


def counts(job: Job) -> dict[CustomerOutcome, int]:
    """How many customers have each outcome, by the job's stored counts."""
    return {
        CustomerOutcome.ACCEPTED: job.accepted - job.arrived,
        CustomerOutcome.ARRIVED: job.arrived,
        CustomerOutcome.REFUSED: job.refused,
        CustomerOutcome.UNKNOWN: job.unknown,
        CustomerOutcome.CANCELLED: job.cancelled,
        CustomerOutcome.PLANNED: job.to_send - job.answered - job.cancelled,
        CustomerOutcome.ALREADY_THERE: job.already_there,
        CustomerOutcome.MISSING: job.missing,
    }


def customers_page(seen: Seen) -> list[Block]:
    """The menu of outcomes, a page of customers, and the way to the others."""
    look = replace(seen.look, after=None, before=None)
    menu = ActionsBlock(block_id="outcome", elements=[_menu(seen.job, look)])
    if not seen.found:
        return [menu, plain("There are none.")]
    first, last = seen.found[0][0], seen.found[-1][0]
    lines = [_line(position, customer) for position, customer in seen.found]
    turn: list[InteractiveElement] = []
    if seen.less:
        turn.append(_turn("Back", Button.JOB_BACK, replace(look, before=first)))
    if seen.more:
        turn.append(_turn("Further", Button.JOB_FURTHER, replace(look, after=last)))
    shown = context(f"Numbers {first + 1:,} to {last + 1:,} of the list of {customers(seen.job.total)}.")
    return [menu, listing(lines, 0), shown, *([ActionsBlock(block_id="turn", elements=turn)] if turn else [])]


def _turn(name: str, button: Button, look: Look) -> ButtonElement:
    return ButtonElement(text=name, action_id=button, value=look.value)


def _menu(job: Job, look: Look) -> StaticSelectElement:
    options: dict[CustomerOutcome | None, Option] = {
        None: _option(f"Everybody: {job.total:,}", replace(look, outcome=None))
    }
    options |= {
        outcome: _option(
            f"{NAMES[outcome][0].upper()}{NAMES[outcome][1:]}: {number:,}", replace(look, outcome=outcome)
        )
        for outcome, number in counts(job).items()
        if number or outcome is look.outcome
    }
    return StaticSelectElement(
        action_id=Button.JOB_OUTCOME, options=list(options.values()), initial_option=options[look.outcome]
    )


def _option(words: str, look: Look) -> Option:
    return Option(value=look.value, text=PlainTextObject(text=words, emoji=False))


def _line(position: int, customer: Customer) -> str:
    line = f"{position + 1:>6,}  {customer.cid}  {NAMES[customer.outcome]}"
    if customer.detail:
        line += f"  {clip(customer.detail, 100)}"
    return line
