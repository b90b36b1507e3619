"""The form, submitted: a card, or what is wrong at each field, at once or after a wait that is announced."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.models.views import View

from bot.draft import MOST_KEPT, Field, Mistakes
from bot.errors import InvalidRequest, NotAllowed, SetActionError
from bot.listeners.door import NOT_BEFORE_S
from bot.listeners.faults import Faults, plain_words
from bot.listeners.ports import Windows
from bot.listeners.submission import Submission
from bot.loops import UnderWay
from bot.service.asking import NAMED, Asking
from bot.service.choosing import Choosing
from bot.views import files, form, notices
from bot.views.form import Callback
from bot.views.text import clip
from store.model import Operator

PATIENCE_S = 2.0  # Slack's own is three seconds
LONGEST_ERROR = 2_000  # characters at a field; Slack names no limit, and nobody reads on

Problems = Mapping[Field, str]


class Forms:
    """What becomes of a submission. Nothing typed is lost, and nobody is left without an answer."""

    def __init__(
        self,
        asking: Asking,
        choosing: Choosing,
        windows: Windows,
        faults: Faults,
        under_way: UnderWay,
    ) -> None:
        self._asking = asking
        self._choosing = choosing
        self._windows = windows
        self._faults = faults
        self._under_way = under_way

    def register(self, app: AsyncApp) -> None:
        """Map the form to its listener."""
        app.view(Callback.FORM.value)(self.submit)

    async def submit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Close the form over its card, show what is wrong at each field, or ask for patience."""
        given = Submission.model_validate(body)
        asked = self._under_way.start(self._ask(given))
        await asyncio.wait({asked}, timeout=PATIENCE_S)
        if not asked.done():
            self._under_way.start_alone(self._answer_late(given, asked))
            await ack(response_action="update", view=form.waiting())
        elif problems := asked.result():
            await ack(
                response_action="errors",
                errors={at.value: clip(words, LONGEST_ERROR) for at, words in problems.items()},
            )
        else:
            await ack()

    async def _ask(self, given: Submission) -> Problems:
        try:
            await self._asking.ask(given.operator, given.draft, request_key=given.key)
        except Mistakes as mistakes:
            self._send_bad(given.operator, mistakes)
            return mistakes.fields
        except SetActionError as refusal:
            return {_place(refusal): str(refusal)}
        return {}

    async def _answer_late(self, given: Submission, asked: asyncio.Task[Problems]) -> None:
        await asyncio.sleep(NOT_BEFORE_S)
        await asyncio.wait({asked})
        error = asked.exception()
        problems = [plain_words(self._faults.words(error))] if error else list(asked.result().values())
        view = await self._again(given, problems) if problems else form.taken(given.draft.channel)
        shown = await self._windows.update(given.view.id, view)
        if problems and not shown:
            # The window is closed: what went wrong must reach the person all the same.
            self._windows.tell(given.operator.user_id, notices.refusal(InvalidRequest(problems)))

    async def _again(self, given: Submission, problems: list[str]) -> View:
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
        try:
            return form.form(draft, await self._choosing.choices(given.operator), problems)
        except NotAllowed as unknown:
            return form.told(notices.refusal(InvalidRequest([*problems, str(unknown)])))

    def _send_bad(self, operator: Operator, mistakes: Mistakes) -> None:
        for bad in mistakes.bad:
            if len(bad.lines) > NAMED:
                self._windows.send(operator.user_id, files.bad_lines(bad.name, bad.lines))


def _place(refusal: SetActionError) -> Field:
    """The field to show a refusal at that is not about one field."""
    return Field.CIDS if isinstance(refusal, InvalidRequest) else Field.ACTION
