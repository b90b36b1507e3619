"""Forms whose answer may take longer than Slack waits: patience is asked for, and the answer comes later."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_bolt.async_app import AsyncAck
from slack_sdk.models.views import View

from bot.errors import InvalidRequest, SetActionError
from bot.listeners.door import NOT_BEFORE_S
from bot.listeners.faults import Faults, plain_words
from bot.listeners.ports import Windows
from bot.loops import UnderWay
from bot.views import form, notices
from bot.views.message import Message
from bot.views.text import clip

PATIENCE_S = 2.0  # Slack's own is three seconds
LONGEST_ERROR = 2_000  # characters at a field; Slack names no limit, and nobody reads on


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a submission: what is wrong, by field, or else what is shown in the form's place.

    `view` at once, where None closes the form, `late` after a wait; `words` for whoever has closed it since.
    """

    problems: Mapping[str, str] = field(default_factory=dict)
    view: View | None = None
    late: View | None = None
    words: Message | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """A form, who submitted it, what is shown while it takes long, how it is made again as it was."""

    view_id: str
    user_id: str
    waiting: View
    again: Callable[[Sequence[str]], Awaitable[View]]


class Patience:
    """Nothing typed is lost, and nobody is left without an answer."""

    def __init__(self, windows: Windows, faults: Faults, under_way: UnderWay) -> None:
        self._windows = windows
        self._faults = faults
        self._under_way = under_way

    async def answer(
        self, ack: AsyncAck, form: Submitted, work: Coroutine[Any, Any, Outcome], within_s: float
    ) -> None:
        """Show what comes of the work, mistakes at their fields, or ask for patience. Raises as the work."""
        asked = self._under_way.start(work)
        await asyncio.wait({asked}, timeout=within_s)
        if not asked.done():
            self._under_way.start_alone(self._answer_late(form, asked))
            await ack(response_action="update", view=form.waiting)
        elif problems := asked.result().problems:
            errors = {str(at): clip(words, LONGEST_ERROR) for at, words in problems.items()}
            await ack(response_action="errors", errors=errors)
        elif view := asked.result().view:
            await ack(response_action="update", view=view.to_dict())
        else:
            await ack()

    async def _answer_late(self, submitted: Submitted, asked: asyncio.Task[Outcome]) -> None:
        await asyncio.sleep(NOT_BEFORE_S)
        await asyncio.wait({asked})
        error = asked.exception()
        outcome = Outcome({"": plain_words(self._faults.words(error))}) if error else asked.result()
        problems = list(outcome.problems.values())
        view = await self._again(submitted, problems) if problems else outcome.late
        words = notices.refusal(InvalidRequest(problems)) if problems else outcome.words
        shown = view is not None and await self._windows.update(submitted.view_id, view)
        if words and not shown:
            # The window is closed: what came of it must reach the person all the same.
            self._windows.tell(submitted.user_id, words)

    async def _again(self, submitted: Submitted, problems: list[str]) -> View:
        try:
            return await submitted.again(problems)
        except SetActionError as unknown:
            return form.told(notices.refusal(InvalidRequest([*problems, str(unknown)])))
