"""The people's side of the sandbox workspace: type commands, press buttons, read channels, order faults.

`Desk` is the one interface for tests, the scripted conversation and the browser page. It talks HTTP to the
workspace and waits for facts, never for seconds.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from bot.sandbox.desk_forms import FormHands
from bot.sandbox.desk_line import PATIENCE_S, DeskRefused
from bot.sandbox.desk_orders import Orders
from bot.sandbox.workspace.seen import Button, Entry, File, Message, Reaction
from bot.sandbox.workspace.seen_forms import Attachment, Form, Submission

__all__ = [
    "Attachment",
    "Button",
    "Desk",
    "DeskRefused",
    "Entry",
    "File",
    "Form",
    "Message",
    "Reaction",
    "Submission",
]


class Desk(FormHands, Orders):
    """A client of the workspace's control side. Not one person: every call says who acts."""

    async def command(self, user: str, channel: str, line: str) -> Reaction:
        """Type a whole slash command (`/set-action T-Enable evian3 …`) in a channel."""
        return Reaction.read(await self._ask("command", user=user, channel=channel, line=line))

    async def click(
        self, user: str, shown: Message | Form, action_id: str, block_id: str | None = None
    ) -> Reaction:
        """Press a button of a snapshot, past its confirm dialog; LookupError if the snapshot lacks it.

        A message is pressed as it was then, by whoever sees it; a view as it is now, by its own person.
        """
        button = shown.button(action_id, block_id)
        if isinstance(shown, Form):
            if user != shown.user:
                raise LookupError(f"{user} does not see the view {shown.id} of {shown.user}.")
            pressed = {"view": shown.id, "action_id": action_id, "block_id": button.block_id}
            return Reaction.read(await self._ask("press", **pressed))
        block = next(b for b in shown.blocks if b["block_id"] == button.block_id)
        asked = await self._ask(
            "click", user=user, channel=shown.channel, ts=shown.ts, action_id=action_id, block=dict(block)
        )
        return Reaction.read(asked)

    async def pick(self, user: str, shown: Message, action_id: str, value: str) -> Reaction:
        """Choose in a menu of a message: an option by its value, a person by id; LookupError without it."""
        blocks = [b for b in shown.blocks if action_id in (e.get("action_id") for e in b.get("elements", ()))]
        if len(blocks) != 1:
            raise LookupError(f"{len(blocks)} menus {action_id!r} in this message.")
        place = {"channel": shown.channel, "ts": shown.ts, "block": dict(blocks[0])}
        return Reaction.read(await self._ask("pick", user=user, action_id=action_id, value=value, **place))

    async def shortcut(self, user: str, callback_id: str, channel: str | None = None) -> Reaction:
        """Use a global shortcut while looking at `channel`, which the app is not told.

        The workspace does not know the manifest: a callback_id that it lacks is delivered all the same.
        """
        told = await self._ask("shortcut", user=user, callback_id=callback_id, channel=channel)
        return Reaction.read(told)

    async def message_shortcut(self, user: str, message: Message, callback_id: str) -> Reaction:
        """Use a shortcut of a message's menu, also where the bot is no member; not of an ephemeral one."""
        place = {"channel": message.channel, "ts": message.ts}
        return Reaction.read(await self._ask("message_shortcut", user=user, callback_id=callback_id, **place))

    async def open_home(self, user: str, tab: Literal["home", "messages"] = "home") -> Reaction:
        """Open the app's home: an `app_home_opened` event, with the view that was published before."""
        return Reaction.read(await self._ask("open_home", user=user, tab=tab))

    async def event(self, event: Mapping[str, Any]) -> Reaction:
        """Send the app an event of the Events API; `event` is the inner object."""
        return Reaction.read(await self._ask("event", event=dict(event)))

    async def redeliver(self, sent: Reaction | str) -> Reaction:
        """Send the same envelope (a reaction or an envelope id) once more."""
        envelope_id = sent if isinstance(sent, str) else sent.envelope_id
        return Reaction.read(await self._ask("redeliver", envelope_id=envelope_id))

    async def say(self, user: str, channel: str, words: str, thread: str | None = None) -> Message:
        """Write an ordinary message, for instance into a card's thread."""
        told = await self._ask("say", user=user, channel=channel, words=words, thread=thread)
        return Message.read(told["message"])

    async def upload(
        self, user: str, channel: str, file: Attachment, words: str = "", thread: str | None = None
    ) -> Message:
        """Share a file in a channel or a thread, with words above it."""
        place = {"channel": channel, "words": words, "thread": thread}
        return Message.read((await self._ask("upload", user=user, file=file.told(), **place))["message"])

    async def delete_file(self, file: File | str) -> None:
        """Delete a file everywhere; messages keep a tombstone."""
        await self._ask("delete_file", file=file if isinstance(file, str) else file.id)

    async def messages(self, channel: str, viewer: str, thread: str | None = None) -> list[Message]:
        """What that person sees, oldest first: the channel, or one thread with its parent on top."""
        return (await self._look(channel, viewer, thread))[0]

    async def direct_messages(self, user: str) -> list[Message]:
        """The conversation between the bot and one person, oldest first; empty if never opened."""
        told = await self._ask("direct_messages", user=user)
        return [Message.read(m) for m in told["messages"]]

    async def files(self, channel: str, viewer: str, thread: str | None = None) -> list[File]:
        """The files of the messages that person sees there."""
        return [file for message in await self.messages(channel, viewer, thread) for file in message.files]

    async def file_content(self, file: File | str) -> bytes:
        """The bytes of a shared file."""
        told = await self._ask("file_content", file=file if isinstance(file, str) else file.id)
        return bytes.fromhex(told["hex"])

    async def until_message(
        self,
        channel: str,
        viewer: str,
        predicate: Callable[[Message], bool],
        *,
        thread: str | None = None,
        timeout_s: float = PATIENCE_S,
    ) -> Message:
        """The oldest message that person sees and that fits, as soon as there is one."""
        seen = -1

        async def look(wait_s: float) -> Message | None:
            nonlocal seen
            found, seen = await self._look(channel, viewer, thread, seen, wait_s)
            return next((message for message in found if predicate(message)), None)

        return await self._wait(look, f"no message as expected for {viewer} in {channel}", timeout_s)

    async def _look(
        self, channel: str, viewer: str, thread: str | None, after: int = -1, wait_s: float = 0.0
    ) -> tuple[list[Message], int]:
        place = {"channel": channel, "viewer": viewer, "thread": thread}
        told = await self._ask("messages", after=after, wait=wait_s, **place)
        return [Message.read(m) for m in told["messages"]], int(told["end"])
