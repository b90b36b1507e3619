"""What is known of the cards from the outside: who pressed what, what they were told, what may follow."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from bot.errors import NoLongerPossible, SetActionError
from store.model import Job, JobState, Operator


@dataclass(eq=False)
class Click:
    """A press of Confirm or Cancel. `end`: what it would make of the card.

    `owned`: by the owner; `welcome`: with the right to it, too, or None if that changed meanwhile.
    """

    end: JobState
    task: asyncio.Task[Job]
    owned: bool
    welcome: bool | None


@dataclass(eq=False)
class Card:
    """One request. `state` is CONFIRMED for whatever became of it after that."""

    uuid: UUID
    request_key: str
    owner: Operator
    cids: tuple[str, ...]
    expires: float
    kept: bool = False  # seen in the database
    again: bool = False  # it sends what is unknown of an earlier job
    state: JobState = JobState.PROPOSED
    clicks: list[Click] = field(default_factory=list)

    def is_now(self, found: JobState, now: float) -> None:
        """Compare with what the row says, and with the answers to clicks since the last time."""
        expired = {JobState.EXPIRED} if now >= self.expires else set()
        decided = {click.end for click in self.clicks if click.welcome is not False} | expired
        was = self.state
        assert found is was or (was is JobState.PROPOSED and found in decided)
        self.state = found
        for click in [click for click in self.clicks if click.task.done()]:
            self.clicks.remove(click)
            self._heard(click, click.task.exception())

    def _heard(self, click: Click, refusal: BaseException | None) -> None:
        if refusal is None:
            assert click.welcome is not False, "a click that was nobody's right"
            assert self.state is click.end, "told that it is decided, and it is not"
            assert click.task.result().uuid == self.uuid
        else:
            assert isinstance(refusal, SetActionError), refusal
            assert not click.welcome or isinstance(refusal, NoLongerPossible)
            assert not click.welcome or self.state is not JobState.PROPOSED, "refused for no reason"
