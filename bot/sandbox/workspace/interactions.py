"""What people do to the app outside its forms: commands, buttons of messages, shortcuts, opening its home."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.workspace import payloads, view_payloads
from bot.sandbox.workspace.choosing import acted_on
from bot.sandbox.workspace.dispatch import Dispatch
from bot.sandbox.workspace.errors import DeskError
from bot.sandbox.workspace.files import pushed
from bot.sandbox.workspace.responses import Responses
from bot.sandbox.workspace.sockets import Envelope
from bot.sandbox.workspace.workspace import Workspace

JSON = dict[str, Any]


class Interactions:
    """Turns what a person does into envelopes and tells how the app reacted."""

    def __init__(self, ws: Workspace, responses: Responses, dispatch: Dispatch) -> None:
        self._ws = ws
        self._responses = responses
        self._dispatch = dispatch

    async def command(self, user: str, channel: str, line: str) -> JSON:
        place = self._ws.world.place_of(user, channel)
        if not line.startswith("/"):
            raise DeskError(f"A command begins with a slash: {line[:40]!r}")
        self._needs_commands("command")
        url, response_url = self._responses.issue(channel, user)
        trigger = self._ws.triggers.issue(user, channel=channel)
        payload = payloads.command(self._ws.world.people[user], place, line, trigger, url)
        return await self._dispatch.send(Envelope("slash_commands", payload, answerable=True), response_url)

    async def click(
        self, user: str, channel: str, ts: str, action_id: str, block: Mapping[str, Any], value: Any = None
    ) -> JSON:
        """Press a button, or choose `value`, as the person's client drew it; it is told as it is now."""
        place = self._ws.world.place_of(user, channel)
        post = self._ws.world.posts.get((channel, ts))
        if post is None or post.only_for not in (None, user):
            raise DeskError(f"{user} has no message {ts} in {channel} to press a button of.")
        url, _ = self._responses.issue(channel, user, post)
        action = acted_on(self._ws, user, block, action_id, value)
        trigger = self._ws.triggers.issue(user, channel=channel)
        person = self._ws.world.people[user]
        payload = payloads.block_action(person, place, post, action, trigger, url)
        return await self._dispatch.send(Envelope("interactive", payload))

    async def shortcut(self, user: str, callback_id: str, channel: str | None) -> JSON:
        """`channel` is what the person looks at meanwhile; the app is not told."""
        person = self._ws.world.acting(user)
        self._needs_commands("shortcut")
        if channel is not None:
            self._ws.world.place_of(user, channel)
        trigger = self._ws.triggers.issue(user, channel=channel)
        return await self._dispatch.send(
            Envelope("interactive", view_payloads.shortcut(person, callback_id, trigger))
        )

    async def message_shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> JSON:
        """Works on everything a person sees but ephemeral messages, also where the bot is no member."""
        place = self._ws.world.place_of(user, channel)
        self._needs_commands("shortcut")
        post = self._ws.world.posts.get((channel, ts))
        if post is None or post.only_for:
            raise DeskError(f"{user} has no message {ts} in {channel} with a menu of shortcuts.")
        url, _ = self._responses.issue(channel, user)
        message = post.for_bot()
        if post.files:
            message["files"] = [pushed(self._ws.files[file["id"]]) for file in post.files]
        trigger = self._ws.triggers.issue(user, channel=channel)
        told = view_payloads.message_shortcut(self._ws.world.people[user], place, message, callback_id)
        payload = {**told, "trigger_id": trigger, "response_url": url}
        return await self._dispatch.send(Envelope("interactive", payload))

    async def open_home(self, user: str, tab: str) -> JSON:
        self._ws.world.acting(user)
        event: JSON = {"type": "app_home_opened", "user": user, "tab": tab}
        event["channel"] = self._ws.world.open_direct_message(user).id
        shown = self._ws.screens.home(user) if tab == "home" else None
        if shown:
            event["view"] = shown.for_bot()
        return await self.event(event)

    async def event(self, event: Mapping[str, Any]) -> JSON:
        return await self._dispatch.send(Envelope("events_api", payloads.event(event)))

    def _needs_commands(self, what: str) -> None:
        if self._ws.scopes is not None and "commands" not in self._ws.scopes:
            raise DeskError(f"The app has no scope `commands`, so Slack knows no {what} of its.")
