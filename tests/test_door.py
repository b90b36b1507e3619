"""The door when a listener takes too long: whatever way there is to the person, it is used; never silence."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from pydantic import SecretStr
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp
from slack_sdk.models.views import View

from bot.listeners.door import Door
from bot.listeners.faults import Faults
from bot.seal import Seal
from bot.views import form
from bot.views.files import File
from bot.views.message import Message

ERRORS = {"response_action": "errors", "errors": {"cids": "No such customer."}}
VIEW = {"response_action": "update", "view": form.waiting().to_dict()}
FORM = {"id": "V1", "blocks": [{"type": "input", "block_id": "cids"}]}


class Slow:
    """An app whose listeners take until they are let go, and then answer `payload`."""

    def __init__(self, payload: dict[str, Any] | None) -> None:
        self.go = asyncio.Event()
        self._payload = payload

    async def async_dispatch(self, _: object) -> BoltResponse:
        await self.go.wait()
        return BoltResponse(status=200, body=json.dumps(self._payload) if self._payload else "")


class Told:
    """Everything that people were told, by the way it reached them."""

    def __init__(self) -> None:
        self.whispered: list[str] = []
        self.direct: list[tuple[str, str]] = []
        self.views: list[tuple[str, str]] = []

    def say(
        self, response_url: str, message: Message, *, replace: bool = False, thread: str | None = None
    ) -> None:
        self.whispered.append(f"{response_url}: {message.text}")

    def remember(self, proposal: object, response_url: str) -> None:
        raise AssertionError

    async def open(self, trigger_id: str, view: View) -> str:
        raise AssertionError

    async def update(self, view_id: str, view: View) -> bool:
        self.views.append((view_id, json.dumps(view.to_dict(), ensure_ascii=False)))
        return True

    async def publish(self, user_id: str, view: View) -> bool:
        raise AssertionError

    def tell(self, user_id: str, message: Message) -> None:
        self.direct.append((user_id, message.text))

    def send(self, user_id: str, make: Callable[[], File]) -> None:
        raise AssertionError


async def entered(body: dict[str, Any], payload: dict[str, Any] | None = None) -> tuple[dict[str, Any], Told]:
    """What a payload is answered at once, and everything told by the end."""
    app, told = Slow(payload), Told()
    door = Door(cast("AsyncApp", app), told, Faults(told, told), Seal(SecretStr("xoxb-1")), patience_s=0.01)
    answer = await door.enter("envelope", body)
    app.go.set()
    await door.drain(5)
    return answer, told


async def test_a_shortcut_is_answered_directly() -> None:
    answer, told = await entered({"type": "shortcut", "user": {"id": "U0ASTER"}, "trigger_id": "1.2"})
    assert answer == {}
    [(user, words)] = told.direct
    assert user == "U0ASTER"
    assert "Still working" in words


async def test_with_a_response_url_that_is_used() -> None:
    _, told = await entered({"user": {"id": "U0ASTER"}, "response_url": "https://hooks.slack.com/1"})
    assert told.direct == []
    assert "Still working" in told.whispered[0]


async def test_an_event_has_nobody_who_waits() -> None:
    answer, told = await entered({"type": "event_callback", "event": {"user": "U0ASTER"}})
    assert (answer, told.direct, told.whispered) == ({}, [], [])


@pytest.mark.parametrize(
    ("payload", "at_last"),
    [(None, "Taken. The card will be"), (ERRORS, "No such customer."), (VIEW, "Still reading")],
    ids=["taken", "errors", "view"],
)
async def test_a_form_waits_and_then_shows_what_came_of_it(payload: dict[str, Any], at_last: str) -> None:
    answer, told = await entered({"type": "view_submission", "view": FORM, "user": {"id": "U1"}}, payload)
    assert answer["response_action"] == "update"
    assert "Nothing is taken yet" in json.dumps(answer["view"])
    [(view, words)] = told.views
    assert view == "V1"
    assert at_last in words


async def test_when_it_must_leave_it_answers_at_once_and_works_on() -> None:
    app, told = Slow({"text": "A mistake."}), Told()
    door = Door(cast("AsyncApp", app), told, Faults(told, told), Seal(SecretStr("xoxb-1")))
    body = {"command": "/set-action", "user_id": "U0ASTER", "response_url": "https://hooks.slack.com/1"}
    waiting = asyncio.create_task(door.enter("before", {**body, "trigger_id": "1.1"}))
    await asyncio.sleep(0)
    door.hurry()
    for answer in (await waiting, await door.enter("after", {**body, "trigger_id": "1.2"})):
        assert "Still working" in answer["text"]
    app.go.set()
    await door.drain(5)
    assert told.whispered == ["https://hooks.slack.com/1: A mistake."] * 2


async def test_it_may_be_hurried_in_the_very_moment_in_which_patience_ends() -> None:
    app, told = Slow(None), Told()
    door = Door(cast("AsyncApp", app), told, Faults(told, told), Seal(SecretStr("xoxb-1")), patience_s=0)
    waiting = [asyncio.create_task(door.enter(f"{n}", {"type": "block_actions"})) for n in range(3)]
    while not all(task.done() for task in waiting):
        door.hurry()
        await asyncio.sleep(0)
    app.go.set()
    await door.drain(5)


@pytest.mark.parametrize(
    "body", [{"user": "U1"}, {"user": {"id": 7}}, {}, {"type": "view_submission", "view": 7}]
)
async def test_a_payload_without_any_way_back_stops_nothing(body: dict[str, Any]) -> None:
    answer, told = await entered(body)
    assert (answer, told.direct, told.whispered, told.views) == ({}, [], [], [])
