"""What tests of the form do over and over: open it, fill it in, look at what came of it."""

import json
from typing import Any

from bot.sandbox.desk import Attachment, Form, Message, Submission
from bot.sandbox.workspace.people import ASTER, OPS
from tests.stage import Stage, words

CSV = "text/csv"


async def opened(stage: Stage, *, user: str = ASTER, channel: str = OPS) -> Form:
    """The form, by a bare command."""
    reaction = await stage.desk.command(user, channel, "/set-action")
    assert reaction.acked
    assert reaction.message is None, reaction.message
    return await stage.desk.until_form(user, lambda form: form.callback_id == "set_action_form")


async def form_of(stage: Stage, user: str = ASTER) -> Form:
    """The form before that person, as soon as it says more than that it is being made."""
    return await stage.desk.until_form(user, lambda form: "Loading…" not in said(form))


async def card_after(
    stage: Stage, submission: Submission, *, channel: str = OPS, user: str = ASTER
) -> Message:
    """The newest card, once the form is closed over it; a busy machine's may say "Still reading" first."""
    left = submission.form
    assert left is None or "Still reading" in said(left), (left.errors, left.complaint)
    return await stage.desk.until_message(channel, user, lambda m: bool(m.buttons) and not m.ephemeral)


def sheet(*lines: str, name: str = "ids.csv", **more: Any) -> Attachment:
    """A CSV file."""
    return Attachment(name, "\r\n".join(lines).encode(), CSV, **more)


def chosen(**more: Any) -> dict[str, Any]:
    """The two fields that most scenarios fill in alike."""
    return {"action": "T-Enable", "cluster": "evian3", **more}


def said(form: Form | None) -> str:
    """Everything a view says."""
    assert form is not None
    return json.dumps(form.blocks, ensure_ascii=False)


async def listed(stage: Stage) -> list[str]:
    """The customers of the newest job or card, in order."""
    rows = await stage.rows(
        "SELECT cid FROM job_customers WHERE job_id = (SELECT max(id) FROM jobs) ORDER BY position"
    )
    return [row.cid for row in rows]


def option(form: Form, name: str) -> str | None:
    """The value of what is chosen in a list."""
    chosen = form.value(name)
    return str(chosen["value"]) if chosen else None


async def told_directly(stage: Stage, wanted: str, *, user: str = ASTER) -> Message:
    """The direct message of the bot's that contains `wanted`."""
    await stage.desk.open_home(user, "messages")  # there it is read, and there it begins to exist
    return await stage.desk.until_message(f"D{user[1:]}", user, lambda m: wanted in words(m))
