"""The form, submitted: a card, or what is wrong at each field, at once or after a wait that is announced."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck
from slack_sdk.models.views import View

from bot.draft import MOST_KEPT, Field, Mistakes
from bot.errors import InvalidRequest, SetActionError
from bot.listeners import patience
from bot.listeners.patience import Outcome, Patience, Submitted
from bot.listeners.ports import Windows
from bot.listeners.submission import Submission
from bot.listeners.switchboard import Switchboard
from bot.service.asking import NAMED, Asking
from bot.service.choosing import Choosing
from bot.views import files, form
from bot.views.form import Callback
from store.model import Operator

PATIENCE_S = patience.PATIENCE_S


class Forms:
    """What becomes of a submission."""

    def __init__(self, asking: Asking, choosing: Choosing, windows: Windows, patience: Patience) -> None:
        self._asking = asking
        self._choosing = choosing
        self._windows = windows
        self._patience = patience

    def register(self, board: Switchboard) -> None:
        """Map the form to its listener."""
        board.view(Callback.FORM.value)(self.submit)

    async def submit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Close the form over its card, show what is wrong at each field, or ask for patience."""
        given = Submission.model_validate(body)
        again = partial(self._again, given)
        submitted = Submitted(given.view.id, given.operator.user_id, form.waiting(), again)
        await self._patience.answer(ack, submitted, self._ask(given), PATIENCE_S)

    async def _ask(self, given: Submission) -> Outcome:
        try:
            await self._asking.ask(given.operator, given.draft, request_key=given.key)
        except Mistakes as mistakes:
            self._send_bad(given.operator, mistakes)
            return Outcome({str(at): words for at, words in mistakes.fields.items()})
        except SetActionError as refusal:
            return Outcome({_place(refusal): str(refusal)})
        return Outcome(late=form.taken(given.draft.channel))

    async def _again(self, given: Submission, problems: Sequence[str]) -> View:
        """The form as it was submitted, files included, with what is wrong at its top."""
        draft = given.draft
        kept = {file.id: replace(file, url=None, kept=True) for file in draft.files}
        files = tuple(kept.values())
        if files[MOST_KEPT:]:
            problems = [
                *problems,
                f"Only the first {MOST_KEPT} files are remembered; attach the others again.",
            ]
        draft = replace(draft, files=files[:MOST_KEPT], notice="")
        return form.form(draft, await self._choosing.choices(given.operator), problems)

    def _send_bad(self, operator: Operator, mistakes: Mistakes) -> None:
        for bad in mistakes.bad:
            if len(bad.lines) > NAMED:
                self._windows.send(operator.user_id, partial(files.bad_lines, bad.name, bad.lines))


def _place(refusal: SetActionError) -> Field:
    """The field to show a refusal at that is not about one field."""
    return Field.CIDS if isinstance(refusal, InvalidRequest) else Field.ACTION
