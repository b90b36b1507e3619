"""The App Home: what this bot is for, the way into the form, and the reader's newest jobs."""

from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    DividerBlock,
    HeaderBlock,
    PlainTextObject,
)
from slack_sdk.models.views import View

from bot.views.listing import Workspace, line
from bot.views.message import Button
from bot.views.text import context, section
from store.model import Job

WHAT = (
    "Moves customers of a transition service from state to state. You fill in a form and see a card with "
    "what will happen; nothing is sent until you confirm that card. Its thread then tells how it goes."
)


def home(jobs: Sequence[Job], names: Mapping[str, str], workspace: Workspace) -> View:
    """The home tab; `jobs` are the reader's newest, `names` those of clusters."""
    ask = ButtonElement(text="Set an action", action_id=Button.OPEN_FORM, value="home", style="primary")
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text="Set Action")),
        section(WHAT),
        ActionsBlock(elements=[ask]),
        DividerBlock(),
        section("*Your newest jobs*" if jobs else "You have no jobs yet."),
        *(section(line(job, names, workspace)) for job in jobs),
        context("In any channel: `/set-action`, `/set-action help` and `/my-jobs`."),
    ]
    return View(type="home", blocks=blocks)
