"""Which listener a payload is for: one look-up.

Registered with Bolt one by one, each of some sixty listeners would be asked in turn, with everything that a
listener may be given made anew for each: that took four fifths of what a click costs before its work begins.
"""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

Body = dict[str, Any]
Listener = Callable[[AsyncAck, Body], Awaitable[None]]
Condition = Callable[[Body], Awaitable[bool]]
ANY = re.compile("")


class NobodyListens(Exception):
    """A payload of a kind that is taken here, but for nobody who is here (any more)."""


class Switchboard:
    """Listeners by kind and name. Its methods are called as Bolt's are."""

    def __init__(self) -> None:
        self._listeners: defaultdict[tuple[str, str], list[tuple[Condition | None, Listener]]] = defaultdict(
            list
        )

    def action(self, action_id: str) -> Callable[[Listener], None]:
        """A button or menu."""
        return self._adds("action", action_id)

    def view(self, callback_id: str) -> Callable[[Listener], None]:
        """A form that is submitted."""
        return self._adds("view", callback_id)

    def shortcut(self, callback_id: str) -> Callable[[Listener], None]:
        """A shortcut, global or on a message."""
        return self._adds("shortcut", callback_id)

    def command(self, name: str, when: Condition | None = None) -> Callable[[Listener], None]:
        """A command; of several listeners the first whose condition holds is the one."""
        return self._adds("command", name, when)

    def event(self, name: str) -> Callable[[Listener], None]:
        """An event."""
        return self._adds("event", name)

    def join(self, app: AsyncApp) -> None:
        """Have Bolt hand everything over that there are listeners for."""
        app.action(ANY)(self._all("action", lambda body: body["actions"][0]["action_id"]))
        app.command(ANY)(self._all("command", lambda body: body["command"]))
        app.view(ANY)(self._all("view", lambda body: body["view"]["callback_id"]))
        app.shortcut(ANY)(self._all("shortcut", lambda body: body["callback_id"]))
        app.event(ANY)(self._all("event", lambda body: body["event"]["type"]))

    def _adds(self, kind: str, name: str, when: Condition | None = None) -> Callable[[Listener], None]:
        return lambda listener: self._listeners[kind, name].append((when, listener))

    def _all(self, kind: str, name_of: Callable[[Body], str]) -> Listener:
        async def listen(ack: AsyncAck, body: Body) -> None:
            for when, listener in self._listeners.get((kind, name_of(body)), ()):
                if when is None or await when(body):
                    await listener(ack, body)
                    return
            raise NobodyListens

        return listen
