"""What Slack sends about lists of jobs: a menu that was changed, a button that turns a page."""

import re
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from bot.errors import NoLongerPossible
from bot.job_filter import EVERYBODY, LONGEST, JobFilter, NotAFilter, unpacked
from bot.listeners.payloads import Click, Interaction, Payload, SlackId
from bot.views.job_list import ANY
from bot.views.message import Button
from store.listing_model import Place, Standing

TOO_OLD = "This list is not one of mine, or too old. Type /my-jobs again."
_HISTORY = re.compile(r"(?P<way>[<>])(?P<at>\d{1,18})\.(?P<cid>.{1,64})", re.DOTALL | re.ASCII)


class _Option(Payload):
    value: str = Field(max_length=150)


class _Chosen(Payload):
    action_id: str
    block_id: str = Field(max_length=LONGEST)
    selected_option: _Option | None = None
    selected_user: SlackId | None = None


class Choice(Interaction):
    """A menu of a list, changed: its block's id is the filter, what was chosen changes one part of it."""

    response_url: str
    actions: Annotated[list[_Chosen], Field(min_length=1, max_length=1)]

    @property
    def wanted(self) -> JobFilter:
        """The filter as it is to be now. Raises NoLongerPossible."""
        chosen = self.actions[0]
        option = chosen.selected_option.value if chosen.selected_option else ANY
        value = None if option == ANY else option
        try:
            before, _ = unpacked(chosen.block_id)
            match chosen.action_id:
                case Button.FILTER_STATE:
                    return replace(before, standing=Standing(value) if value else None)
                case Button.FILTER_ACTION:
                    return replace(before, action=_code(value))
                case Button.FILTER_CLUSTER:
                    return replace(before, cluster=value)
                case Button.FILTER_WHOSE:
                    return replace(before, whose=chosen.selected_user or EVERYBODY)
        except (NotAFilter, ValueError) as exc:
            raise NoLongerPossible(TOO_OLD) from exc
        raise NoLongerPossible(TOO_OLD)


def turned(click: Click) -> tuple[JobFilter, Place]:
    """The filter and the place that a button of a list carries. Raises NoLongerPossible."""
    try:
        return unpacked(click.value)
    except NotAFilter as exc:
        raise NoLongerPossible(TOO_OLD) from exc


def history(click: Click) -> tuple[str, Place]:
    """The customer and the place that a button of a history carries. Raises NoLongerPossible."""
    found = _HISTORY.fullmatch(click.value)
    if found is None:
        raise NoLongerPossible(TOO_OLD)
    at = int(found["at"])
    return found["cid"], Place(before=at) if found["way"] == "<" else Place(after=at)


def _code(value: str | None) -> int | None:
    if value is None:
        return None
    if not re.fullmatch(r"\d{1,4}", value, re.ASCII):
        raise ValueError("no action code")
    return int(value)
