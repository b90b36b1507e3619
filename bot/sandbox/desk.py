"""The people's side of the sandbox workspace: type commands, press buttons, read channels, order faults.

`Desk` is the one interface for tests, the scripted conversation and the browser page. It talks HTTP to the
workspace and waits for facts, never for seconds.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from time import monotonic
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import aiohttp

from bot.sandbox.workspace.seen import Button, Entry, File, Message, Reaction

__all__ = ["Button", "Desk", "DeskRefused", "Entry", "File", "Message", "Reaction"]

JSON = dict[str, Any]
Found = TypeVar("Found")
TAIL = 12
LONGEST_WAIT_S = 20.0


class DeskRefused(ValueError):
    """The workspace could not do what was asked: the caller's mistake, in words."""


class Desk(AbstractAsyncContextManager["Desk"]):
    """A client of the workspace's control side. Not one person: every call says who acts."""

    def __init__(self, address: str, token: str) -> None:
        self._url = f"{address}/sandbox/"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(headers=self._headers)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    async def command(self, user: str, channel: str, line: str) -> Reaction:
        """Type a whole slash command (`/set-action T-Enable evian3 …`) in a channel."""
        return _reaction(await self._ask("command", user=user, channel=channel, line=line))

    async def click(
        self, user: str, message: Message, action_id: str, block_id: str | None = None
    ) -> Reaction:
        """Press a button of a snapshot, past its confirm dialog; LookupError if the snapshot lacks it."""
        button = message.button(action_id, block_id)
        block = next(b for b in message.blocks if b["block_id"] == button.block_id)
        asked = await self._ask(
            "click", user=user, channel=message.channel, ts=message.ts, action_id=action_id, block=dict(block)
        )
        return _reaction(asked)

    async def event(self, event: Mapping[str, Any]) -> Reaction:
        """Send the app an event of the Events API; `event` is the inner object."""
        return _reaction(await self._ask("event", event=dict(event)))

    async def redeliver(self, sent: Reaction | str) -> Reaction:
        """Send the same envelope (a reaction or an envelope id) once more."""
        envelope_id = sent if isinstance(sent, str) else sent.envelope_id
        return _reaction(await self._ask("redeliver", envelope_id=envelope_id))

    async def disorder_next(self, *, hold_s: float = 0.0, copies: int = 1) -> None:
        """Keep the next envelope back while later ones overtake it, and send it in `copies` at once."""
        await self._ask("disorder_next", hold_s=hold_s, copies=copies)

    async def say(self, user: str, channel: str, words: str, thread: str | None = None) -> Message:
        """Write an ordinary message, for instance into a card's thread."""
        told = await self._ask("say", user=user, channel=channel, words=words, thread=thread)
        return Message.read(told["message"])

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

    async def journal(self, after: int = 0) -> list[Entry]:
        """Everything that happened at the wire, numbered above `after`, in order."""
        return await self._journal(after, 0.0)

    async def until(
        self, predicate: Callable[[Entry], bool], timeout_s: float = 10.0, *, after: int = 0
    ) -> Entry:
        """The first entry above `after` that fits, as soon as there is one; TimeoutError with the tail."""
        seen = after

        async def look(wait_s: float) -> Entry | None:
            nonlocal seen
            entries = await self._journal(seen, wait_s)
            seen = entries[-1].number if entries else seen
            return next((entry for entry in entries if predicate(entry)), None)

        return await self._wait(look, "no journal entry as expected", timeout_s)

    async def until_message(
        self,
        channel: str,
        viewer: str,
        predicate: Callable[[Message], bool],
        *,
        thread: str | None = None,
        timeout_s: float = 10.0,
    ) -> Message:
        """The oldest message that person sees and that fits, as soon as there is one."""
        seen = -1

        async def look(wait_s: float) -> Message | None:
            nonlocal seen
            if seen >= 0:
                await self._journal(seen, wait_s)
            found, seen = await self._look(channel, viewer, thread)
            return next((message for message in found if predicate(message)), None)

        return await self._wait(look, f"no message as expected for {viewer} in {channel}", timeout_s)

    async def until_connected(self, sockets: int = 1, timeout_s: float = 10.0) -> None:
        """Return once that many Socket Mode connections are open."""
        seen = -1

        async def look(wait_s: float) -> bool | None:
            nonlocal seen
            told = await self._ask("sockets", after=seen, wait=wait_s)
            seen = told["end"]
            return True if told["open"] >= sockets else None

        await self._wait(look, f"fewer than {sockets} sockets open", timeout_s)

    async def fail(
        self,
        method: str,
        times: int = 1,
        *,
        error: str | None = None,
        status: int | None = None,
        retry_after: int | None = None,
        lose_answer: bool = False,
    ) -> None:
        """Make the next calls of a Web API method (or `upload`, `response_url`) fail in one way.

        `error`: refused with that code. `status`: an HTML page with that status. `retry_after` (seconds):
        429 `ratelimited`. `lose_answer`: carried out, but the connection is cut before the answer.
        """
        fault = {"error": error, "status": status, "retry_after": retry_after, "lose_answer": lose_answer}
        await self._ask("fail", method=method, times=times, fault=fault)

    async def archive(self, channel: str) -> None:
        await self._ask("archive", channel=channel)

    async def kick_bot(self, channel: str) -> None:
        await self._ask("kick_bot", channel=channel)

    async def invite_bot(self, channel: str) -> None:
        await self._ask("invite_bot", channel=channel)

    async def disconnect_sockets(
        self,
        reason: Literal["warning", "refresh_requested", "link_disabled"] | None = "refresh_requested",
        *,
        refuse_handshakes: int = 0,
    ) -> None:
        """Tell every socket to go, or cut them all without a word (`reason=None`).

        After `warning` the workspace leaves closing to the client; otherwise it closes. The next
        `refuse_handshakes` attempts to connect are refused with HTTP 503.
        """
        await self._ask("disconnect_sockets", reason=reason, refuse=refuse_handshakes)

    async def outage(self, on: bool) -> None:
        """Have Slack go down, or come back: every socket is cut, and every call of the app answered 503."""
        await self._ask("outage", on=on)

    async def _look(self, channel: str, viewer: str, thread: str | None) -> tuple[list[Message], int]:
        told = await self._ask("messages", channel=channel, viewer=viewer, thread=thread)
        return [Message.read(m) for m in told["messages"]], int(told["end"])

    async def _journal(self, after: int, wait_s: float) -> list[Entry]:
        told = await self._ask("journal", after=after, wait=wait_s)
        return [Entry(**entry) for entry in told["entries"]]

    async def _wait(
        self, look: Callable[[float], Awaitable[Found | None]], complaint: str, timeout_s: float
    ) -> Found:
        end = monotonic() + timeout_s
        while True:
            left = end - monotonic()
            found = await look(max(0.0, min(left, LONGEST_WAIT_S)))
            if found is not None:
                return found
            if left <= 0:
                raise TimeoutError(f"After {timeout_s:g} s: {complaint}. {_tail(await self.journal())}")

    async def _ask(self, verb: str, **asked: Any) -> JSON:
        if self._session is None:
            raise RuntimeError("Enter the desk first: `async with Desk(address, token) as desk:`.")
        async with self._session.post(self._url + verb, json=asked) as answer:
            if answer.status != 200:
                raise DeskRefused(await answer.text())
            told: JSON = await answer.json()
            return told


def _reaction(told: JSON) -> Reaction:
    message = told.pop("message")
    return Reaction(**told, message=Message.read(message) if message else None)


def _tail(entries: Sequence[Entry]) -> str:
    lines = [f"  {e.number:>4} {e.at:8.3f} {e.kind} {_short(e.details)}" for e in entries[-TAIL:]]
    return "\n".join(["The journal ends:", *lines])


def _short(details: Mapping[str, Any]) -> str:
    words = repr(dict(details))
    return words if len(words) <= 400 else words[:400] + "…"
