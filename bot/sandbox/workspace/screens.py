"""What people have on their screens: a stack of modals and a home tab each, with what is typed into them.

How many may be stacked and what a view keeps: docs.slack.dev, Modals; views.open, views.push, views.update.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from bot.sandbox.workspace.errors import ApiError
from bot.sandbox.workspace.inputs import Values, values_of
from bot.sandbox.workspace.journal import Journal
from bot.sandbox.workspace.people import APP, BOT_ID, TEAM
from bot.sandbox.workspace.triggers import Trigger

JSON = dict[str, Any]
MOST_STACKED = 3
_LEFT_OUT: Mapping[str, Any] = {
    "private_metadata": "",
    "callback_id": "",
    "external_id": "",
    "clear_on_close": False,
    "notify_on_close": False,
    "submit": None,
    "close": None,
}


@dataclass(slots=True)
class Shown:
    """One view; `told` is Slack's view object, `channel` what the person looked at when it opened.

    `errors` (by block) and `complaint` are what Slack's client shows after a submission that did not go
    through; `sending` while one is under way.
    """

    told: JSON
    user: str
    channel: str | None
    values: Values
    errors: dict[str, str] = field(default_factory=dict)
    complaint: str | None = None
    sending: bool = False

    @property
    def id(self) -> str:
        return str(self.told["id"])

    @property
    def blocks(self) -> Sequence[JSON]:
        blocks: Sequence[JSON] = self.told["blocks"]
        return blocks

    def for_bot(self) -> JSON:
        """The view of an interaction's payload, with everything typed and chosen."""
        return deepcopy({**self.told, "state": {"values": self.values}})

    def for_people(self) -> JSON:
        """What the desk reads; `bot.sandbox.workspace.seen_forms.Form` mirrors it."""
        names = ("id", "type", "callback_id", "external_id", "private_metadata", "hash", "blocks")
        words = {name: (self.told.get(name) or {}).get("text") for name in ("title", "submit", "close")}
        return {
            **{name: self.told[name] for name in names},
            **words,
            "user": self.user,
            "values": self.values,
            "errors": self.errors,
            "complaint": self.complaint,
        }


class Screens:
    """Every view that is open now; each change goes into the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._stacks: dict[str, list[Shown]] = {}
        self._homes: dict[str, Shown] = {}

    def top(self, user: str) -> Shown | None:
        """The modal this person sees."""
        stack = self._stacks.get(user)
        return stack[-1] if stack else None

    def home(self, user: str) -> Shown | None:
        """This person's home tab, if one was ever published."""
        return self._homes.get(user)

    def find(self, view_id: str | None, external_id: str | None) -> Shown | None:
        """An open view or a home tab, by one of its names."""
        for shown in (*self._homes.values(), *(v for stack in self._stacks.values() for v in stack)):
            if shown.id == view_id or (external_id and shown.told["external_id"] == external_id):
                return shown
        return None

    def open(self, view: JSON, trigger: Trigger) -> Shown:
        """A stack of its own; a modal that was open makes way."""
        shown = _shown(view, trigger, "V" + token_hex(5).upper(), None)
        self._stacks[trigger.user] = [shown]
        self._record("view_opened", shown)
        return shown

    def push(self, view: JSON, trigger: Trigger) -> Shown:
        """On top of the view the trigger came from; ApiError `not_found`, `push_limit_reached`."""
        below = self.top(trigger.user)
        if below is None or below.id != trigger.view:
            raise ApiError("not_found")
        stack = self._stacks[trigger.user]
        if len(stack) >= MOST_STACKED:
            raise ApiError("push_limit_reached")
        shown = _shown(view, trigger, "V" + token_hex(5).upper(), below)
        stack.append(shown)
        self._record("view_pushed", shown)
        return shown

    def change(self, shown: Shown, view: JSON) -> None:
        """Another content; what was typed stays where block and action are called the same."""
        shown.told = {**shown.told, **_LEFT_OUT, **view, "hash": _hash()}
        shown.values = values_of(shown.blocks, shown.channel, shown.values)
        shown.errors, shown.complaint = {}, None
        self._record("view_updated", shown)

    def publish(self, user: str, view: JSON) -> Shown:
        known = self._homes.get(user)
        if known:
            self.change(known, view)
            return known
        shown = self._homes[user] = _shown(view, Trigger(user), f"VHOME{user}", None)
        self._record("view_updated", shown)
        return shown

    def close(self, shown: Shown, *, everything: bool = False) -> None:
        """Take it off the stack, and what lies on it; with `everything` the whole stack."""
        stack = self._stacks[shown.user]
        del stack[0 if everything else stack.index(shown) :]
        self._journal.record("view_closed", view=shown.id, user=shown.user, cleared=everything)

    def is_open(self, shown: Shown) -> bool:
        return shown in self._stacks.get(shown.user, ())

    def claim_name(self, view: JSON, own: Shown | None) -> None:
        """ApiError `duplicate_external_id` while another open view has the `external_id` of this one."""
        name = view.get("external_id")
        if name and self.find(None, name) not in (None, own):
            raise ApiError("duplicate_external_id")

    def _record(self, kind: str, shown: Shown) -> None:
        self._journal.record(kind, view={**shown.told, "state": {"values": {}}}, user=shown.user)


def _shown(view: JSON, trigger: Trigger, view_id: str, below: Shown | None) -> Shown:
    told = {
        **_LEFT_OUT,
        **view,
        "id": view_id,
        "team_id": TEAM,
        "app_id": APP,
        "bot_id": BOT_ID,
        "app_installed_team_id": TEAM,
        "root_view_id": below.told["root_view_id"] if below else view_id,
        "previous_view_id": below.id if below else None,
        "hash": _hash(),
    }
    return Shown(told, trigger.user, trigger.channel, values_of(view["blocks"], trigger.channel))


def _hash() -> str:
    return f"{token_hex(5)}.{token_hex(4)}"
