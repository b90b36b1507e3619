"""No text from outside is alive in anything people read: every view there is, found and fed by itself."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block, InteractiveElement
from slack_sdk.models.views import View

from bot import views
from bot.views import text
from bot.views.message import Message
from tests import house
from tests.effort import examples
from tests.house import Source
from tests.views import building
from tests.views.checking import live_faults, mrkdwn_in

ROOT = Path(__file__).parents[2]
SHOWN = (Message, View, Block, InteractiveElement)
# An id, for a card with the digest of what it showed, for a page with whether it is among the assigned.
# A page of a job or of a list tells which: what it shows is asked for anew, of whoever presses.
LOOK, LIST = (
    r"[0-9a-f]{32}\.[a-z]+\.\d?\.([ab]\d{1,18})?",
    r"1\.(\*|[UW]\w+)?\.[^<>]*\.([<>]\d{1,18})?\..{0,64}",
)
APPROVAL = r"[0-9a-f]{32}\.(None|[0-9a-f]{16})-\d+"  # with the start it is for
HISTORY = r"[<>]\d{1,18}\..{1,64}"
OPAQUE = re.compile(
    rf"[0-9a-f]{{32}}(\.[0-9a-f]{{16}})?|{APPROVAL}|{LOOK}|{LIST}|{HISTORY}|[0-9A-Z]{{6}}|([01]\.)?\d{{1,18}}|first|new|home",
    re.DOTALL,
)
# What takes mrkdwn takes it escaped: these are the one place where that is made.
MAKES = {text.section, text.context}


def shown(told: Any) -> bool:
    """Whether a return type is something people read."""
    inside = [told, *getattr(told, "__args__", ())]
    return any(isinstance(one, type) and issubclass(one, SHOWN) for one in inside)


def found() -> Iterator[Callable[..., Any]]:
    """Every public function of bot/views that makes something people read."""
    for module in pkgutil.walk_packages(views.__path__, "bot.views."):
        for function in vars(importlib.import_module(module.name)).values():
            ours = inspect.isfunction(function) and function.__module__ == module.name
            public = ours and not function.__name__.startswith("_") and function not in MAKES
            if public and shown(get_type_hints(function).get("return")):
                yield function


VIEWS = list(found())


def payload(drawn: Any) -> Any:
    """What Slack is sent."""
    if isinstance(drawn, Message):
        return drawn.payload()
    if isinstance(drawn, list):
        return [one.to_dict() for one in drawn]
    told = drawn.to_dict()
    told.pop("private_metadata", None)  # which nobody reads
    return told


def values(told: Any) -> Iterator[str]:
    """What the buttons carry."""
    if isinstance(told, dict):
        if told.get("type") == "button":
            yield told["value"]
        told = list(told.values())
    if isinstance(told, list):
        for one in told:
            yield from values(one)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view.__module__}.{view.__name__}")
@settings(max_examples=examples(8), phases=(Phase.generate,))
@given(data=st.data())
def test_nothing_from_outside_is_alive(view: Callable[..., Any], data: st.DataObject) -> None:
    hints = get_type_hints(view)
    given = {name: data.draw(building.of(hints[name], name)) for name in inspect.signature(view).parameters}
    told = payload(view(**given))
    for mrkdwn in mrkdwn_in(told):
        assert live_faults(mrkdwn) == []
    for value in values(told):
        assert OPAQUE.fullmatch(value), value


def test_the_views_are_found() -> None:
    names = {view.__name__ for view in VIEWS}
    assert {"card", "outcome", "refusal", "form", "home", "help_message", "preview"} <= names
    assert len(VIEWS) > 30


def test_a_view_that_forgets_to_escape_is_caught() -> None:
    def careless(reason: str) -> Message:
        return Message(f"Why: {reason}")

    with pytest.raises(AssertionError):
        test_nothing_from_outside_is_alive(careless)


LIVE_MAKERS = {"MarkdownTextObject", "MarkdownBlock", "TextObject"}


def live_text_faults(source: Source) -> Iterator[str]:
    """Live text made where `test_nothing_from_outside_is_alive` would not see it."""
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.Name, ast.Attribute)):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in LIVE_MAKERS and source.room != "views":
                yield f"{source.path}:{node.lineno}: {name} outside bot/views"
        elif isinstance(node, ast.Constant) and node.value == "mrkdwn":
            yield f"{source.path}:{node.lineno}: a text object made by hand"


def test_live_text_is_made_in_views_alone() -> None:
    rooms = [one for one in house.sources(ROOT, "bot", "store") if "/sandbox/" not in one.path]
    assert [fault for source in rooms for fault in live_text_faults(source)] == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("bot/listeners/x.py", "from slack_sdk.models.blocks import MarkdownTextObject as M\nM(text=x)"),
        ("bot/windows.py", "block = {'type': 'mrkdwn', 'text': words}"),
        ("bot/outbox/x.py", "blocks.MarkdownTextObject(text=words)"),
    ],
)
def test_live_text_made_elsewhere_is_caught(path: str, line: str) -> None:
    source = Source(path, f'"""A room."""\n{line}\n')
    imports = [name for _, name in house.imported(source) if name.rpartition(".")[2] in LIVE_MAKERS]
    assert imports or list(live_text_faults(source))
