"""Slack's payloads as types: only the fields the bot reads, checked before anything is done with them."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import NoLongerPossible
from bot.service.cards import Press
from store.model import Operator

SlackId = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,32}$")]
Ts = Annotated[str, Field(pattern=r"^\d{1,12}\.\d{1,9}$")]


class _Payload(BaseModel):
    # A payload holds tokens and texts: an error about it, which is logged, must not repeat it.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Command(_Payload):
    """A slash command. https://docs.slack.dev/interactivity/implementing-slash-commands"""

    enterprise_id: SlackId | None = None
    team_id: SlackId
    user_id: SlackId
    channel_id: SlackId
    text: str = ""
    trigger_id: str = Field(min_length=1, max_length=255)
    response_url: str

    @property
    def operator(self) -> Operator:
        """Who typed it."""
        return Operator(self.enterprise_id or "", self.team_id, self.user_id)


class _Enterprise(_Payload):
    id: SlackId


class _Team(_Payload):
    id: SlackId
    enterprise_id: SlackId | None = None


class _User(_Payload):
    id: SlackId
    team_id: SlackId | None = None


class _Container(_Payload):
    channel_id: SlackId
    message_ts: Ts
    thread_ts: Ts | None = None


class _Action(_Payload):
    action_id: str
    value: str = Field(max_length=2_000)


class Click(_Payload):
    """A button pressed in a message. https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""

    enterprise: _Enterprise | None = None
    team: _Team | None = None
    user: _User
    container: _Container
    response_url: str
    actions: Annotated[list[_Action], Field(min_length=1, max_length=1)]

    @property
    def operator(self) -> Operator:
        """Who pressed it. On an org-wide install `team` can be null; the user then names the team."""
        enterprise = self.enterprise.id if self.enterprise else (self.team.enterprise_id if self.team else "")
        team = self.team.id if self.team else (self.user.team_id or "")
        return Operator(enterprise or "", team, self.user.id)

    @property
    def value(self) -> str:
        """What the button carries: an opaque id, to be looked up and never trusted."""
        return self.actions[0].value

    @property
    def job(self) -> UUID:
        """The id of the job or card the button belongs to. Raises NoLongerPossible."""
        try:
            return UUID(self.value.partition(".")[0])
        except ValueError as exc:
            raise NoLongerPossible("This button is not one of mine, or too old.") from exc

    @property
    def press(self) -> Press:
        """A button of a card: its value is the card's id and, behind a dot, the digest of what it showed."""
        digest = self.value.partition(".")[2] or None
        return Press(self.operator, self.job, self.container.channel_id, self.container.message_ts, digest)

    @property
    def thread(self) -> str | None:
        """The thread an answer belongs into, if the message is in one."""
        return self.container.thread_ts


def is_command(body: dict[str, Any]) -> bool:
    """Whether a payload is a slash command, which may be answered in the acknowledgement itself."""
    return "command" in body


__all__ = ["Click", "Command", "ValidationError", "is_command"]
