"""What people do in the app's views: type, choose, press, submit, close."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.workspace import view_payloads
from bot.sandbox.workspace.choosing import acted_on
from bot.sandbox.workspace.dispatch import Dispatch, reaction
from bot.sandbox.workspace.errors import ApiError, DeskError
from bot.sandbox.workspace.inputs import client_faults, stateful, tells_at_once
from bot.sandbox.workspace.responses import Responses
from bot.sandbox.workspace.screens import Shown
from bot.sandbox.workspace.sockets import Delivery, Envelope
from bot.sandbox.workspace.submissions import carry_out
from bot.sandbox.workspace.typing_in import field_of, typed
from bot.sandbox.workspace.workspace import Workspace

JSON = dict[str, Any]
TROUBLE = "We had some trouble connecting. Try again?"


class Forms:
    """The people's hands on modals and home tabs; every verb names the view by its id."""

    def __init__(self, ws: Workspace, responses: Responses, dispatch: Dispatch) -> None:
        self._ws = ws
        self._responses = responses
        self._dispatch = dispatch

    async def form(self, user: str) -> JSON:
        self._ws.world.acting(user)
        return {"form": _told(self._ws.screens.top(user)), "end": self._ws.journal.end}

    async def home(self, user: str) -> JSON:
        self._ws.world.acting(user)
        return {"form": _told(self._ws.screens.home(user)), "end": self._ws.journal.end}

    async def fill(self, view: str, values: Mapping[str, Any]) -> JSON:
        shown = self._seen(view)
        self._type(shown, values)
        return {"form": shown.for_people()}

    async def choose(self, view: str, name: str, value: Any) -> JSON:
        """Change an element that tells the app; a text field is left with Enter."""
        shown = self._seen(view)
        block, element = field_of(shown, name)
        if block["type"] == "input" and not block.get("dispatch_action"):
            raise DeskError(f"Changing {name} tells the app nothing: fill it in.")
        state = typed(self._ws, shown.user, element, value)
        shown.values[block["block_id"]][element["action_id"]] = state
        named = {"action_id": element["action_id"], "block_id": block["block_id"]}
        return await self._act(shown, {**state, **named})

    async def press(self, view: str, action_id: str, block_id: str, value: Any = None) -> JSON:
        """A button, or the option `value` of a menu."""
        shown = self._seen(view)
        block = next((block for block in shown.blocks if block["block_id"] == block_id), {})
        return await self._act(shown, acted_on(self._ws, shown.user, block, action_id, value))

    async def submit(self, view: str, values: Mapping[str, Any]) -> JSON:
        """Nothing is sent while Slack's client finds a fault; the answer decides what is seen afterwards."""
        shown = self._seen(view)
        if shown.told["type"] != "modal" or not shown.told["submit"]:
            raise DeskError("This view has no button to submit it.")
        if shown.sending:
            raise DeskError("This form is being submitted; Slack's client takes no second press.")
        self._type(shown, values)
        shown.complaint, shown.errors = None, client_faults(shown.blocks, shown.values)
        if shown.errors:
            self._ws.journal.record("form_refused", view=shown.id, user=shown.user, errors=shown.errors)
            return {"reaction": None, "form": shown.for_people()}
        shown.sending = True
        self._hand_over_files(shown)
        trigger = self._ws.triggers.issue(shown.user, channel=shown.channel, view=shown.id)
        person = self._ws.world.people[shown.user]
        payload = view_payloads.submission(person, shown, trigger, self._response_urls(shown))
        envelope = Envelope("interactive", payload, answerable=True)
        delivery = await self._dispatch.deliver(envelope)
        shown.sending = False
        self._answered(shown, envelope, delivery)
        return {"reaction": reaction(envelope, delivery), "form": _told(self._ws.screens.top(shown.user))}

    async def close(self, view: str, everything: bool) -> JSON:
        """Cancel one view, or the whole stack; the app hears of it where the view asks for that."""
        shown = self._seen(view)
        if shown.told["type"] != "modal":
            raise DeskError("A home tab cannot be closed.")
        cleared = everything or bool(shown.told["clear_on_close"])
        self._ws.screens.close(shown, everything=cleared)
        told: JSON | None = None
        if shown.told["notify_on_close"]:
            payload = view_payloads.closed(self._ws.world.people[shown.user], shown, cleared=cleared)
            told = await self._dispatch.send(Envelope("interactive", payload))
        return {"reaction": told, "form": _told(self._ws.screens.top(shown.user))}

    def _seen(self, view: str) -> Shown:
        """A view its person can touch now: a home tab, or the top of the stack."""
        shown = self._ws.screens.find(view, None)
        if shown is None or shown not in (
            self._ws.screens.top(shown.user),
            self._ws.screens.home(shown.user),
        ):
            raise DeskError(f"Nobody has the view {view} before them.")
        self._ws.world.acting(shown.user)
        return shown

    def _type(self, shown: Shown, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            block, element = field_of(shown, name)
            if tells_at_once(block, element):
                raise DeskError(f"Changing {name} tells the app at once: choose it.")
            state = typed(self._ws, shown.user, element, value)
            shown.values[block["block_id"]][element["action_id"]] = state

    async def _act(self, shown: Shown, action: Mapping[str, Any]) -> JSON:
        trigger = self._ws.triggers.issue(shown.user, channel=shown.channel, view=shown.id)
        person = self._ws.world.people[shown.user]
        payload = view_payloads.view_action(person, shown, action, trigger)
        return await self._dispatch.send(Envelope("interactive", payload))

    def _hand_over_files(self, shown: Shown) -> None:
        for block, element in stateful(shown.blocks):
            for file in shown.values[block["block_id"]][element["action_id"]].get("files", ()):
                self._ws.files[file["id"]].given = True

    def _response_urls(self, shown: Shown) -> list[JSON]:
        urls = []
        for block, element in stateful(shown.blocks):
            state = shown.values[block["block_id"]][element["action_id"]]
            channel = state.get("selected_conversation")
            if element.get("response_url_enabled") and channel:
                url, _ = self._responses.issue(channel, shown.user)
                place = {"channel_id": channel, "response_url": url}
                urls.append({"block_id": block["block_id"], "action_id": element["action_id"], **place})
        return urls

    def _answered(self, shown: Shown, envelope: Envelope, delivery: Delivery) -> None:
        """Without a proper answer in time the form stays as it was filled in, with Slack's excuse on top."""
        if not self._ws.screens.is_open(shown):
            return
        if not delivery.acked:
            shown.complaint = TROUBLE
            return
        try:
            carry_out(self._ws, shown, delivery.payload or {})
        except ApiError as exc:
            self._ws.journal.record("ack_refused", envelope_id=envelope.id, answer=exc.answer)
            shown.complaint = TROUBLE


def _told(shown: Shown | None) -> JSON | None:
    return shown.for_people() if shown else None
