"""Slack's payloads as types: only the fields the bot reads, checked before anything is done with them."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.draft import AttachedFile
from bot.errors import NoLongerPossible
from bot.service.cards import Press
from store.home_model import Notify
from store.model import Operator

SlackId = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,32}$")]
Ts = Annotated[str, Field(pattern=r"^\d{1,12}\.\d{1,9}$")]


class Payload(BaseModel):
    """What all payloads have in common."""

    # A payload holds tokens and texts: an error about it, which is logged, must not repeat it.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)


class Command(Payload):
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


class _Enterprise(Payload):
    id: SlackId


class _Team(Payload):
    id: SlackId
    enterprise_id: SlackId | None = None


class _User(Payload):
    id: SlackId
    team_id: SlackId | None = None


class _Container(Payload):
    channel_id: SlackId
    message_ts: Ts
    thread_ts: Ts | None = None


class _Action(Payload):
    action_id: str
    value: str = Field(max_length=2_000)


class Interaction(Payload):
    """What everything done with a mouse has in common."""

    enterprise: _Enterprise | None = None
    team: _Team | None = None
    user: _User

    @property
    def operator(self) -> Operator:
        """Who did it. On an org-wide install `team` can be null; the user then names the team."""
        enterprise = self.enterprise.id if self.enterprise else (self.team.enterprise_id if self.team else "")
        team = self.team.id if self.team else (self.user.team_id or "")
        return Operator(enterprise or "", team, self.user.id)


class Click(Interaction):
    """A button pressed in a message. https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""

    container: _Container
    response_url: str
    trigger_id: str = Field(default="", max_length=255)
    actions: Annotated[list[_Action], Field(min_length=1, max_length=1)]

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


class Opening(Interaction):
    """A global shortcut, or a button of a view: what can open a form, wherever the person is.

    https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload
    """

    trigger_id: str = Field(min_length=1, max_length=255)


class _Choice(Payload):
    value: Notify


class _Menu(Payload):
    selected_option: _Choice


class NotifyChosen(Interaction):
    """An option chosen in the App Home's menu."""

    actions: Annotated[list[_Menu], Field(min_length=1, max_length=1)]

    @property
    def notify(self) -> Notify:
        """How the person wants to hear of the end of their jobs."""
        return self.actions[0].selected_option.value


class _Channel(Payload):
    id: SlackId


class SlackFile(Payload):
    """A file as payloads tell of it: whole, or a stub. https://docs.slack.dev/reference/objects/file-object"""

    id: SlackId
    name: str | None = None
    mimetype: str | None = None
    mode: str = ""
    file_access: str = ""
    url_private_download: str | None = None

    @property
    def attached(self) -> AttachedFile:
        """Where its content is; unknown yet where Slack tells no more than that there is a file."""
        url = None if self.file_access == "check_file_info" else self.url_private_download
        return AttachedFile(self.id, self.name or "", url, mimetype=self.mimetype or "")


class _Message(Payload):
    text: str = ""
    files: tuple[SlackFile, ...] = ()


class MessageShortcut(Opening):
    """A shortcut chosen on a message."""

    channel: _Channel
    message: _Message

    @property
    def files(self) -> list[AttachedFile]:
        """The files that are still there."""
        return [file.attached for file in self.message.files if file.mode != "tombstone"]


class _HomeView(Payload):
    hash: str = Field(max_length=64)


class HomeOpened(Payload):
    """Somebody opened the App Home. https://docs.slack.dev/reference/events/app_home_opened"""

    class Event(Payload):
        """The inner event."""

        user: SlackId
        tab: str = ""
        view: _HomeView | None = None

    enterprise_id: SlackId | None = None
    team_id: SlackId
    event: Event

    @property
    def operator(self) -> Operator:
        """Who opened it."""
        return Operator(self.enterprise_id or "", self.team_id, self.event.user)

    @property
    def seen(self) -> str | None:
        """Slack's hash of the view that is there; None where there is none."""
        return self.event.view.hash if self.event.view else None


def is_command(body: dict[str, Any]) -> bool:
    """Whether a payload is a slash command, which may be answered in the acknowledgement itself."""
    return "command" in body


__all__ = [
    "Click",
    "Command",
    "HomeOpened",
    "MessageShortcut",
    "NotifyChosen",
    "Opening",
    "ValidationError",
    "is_command",
]
