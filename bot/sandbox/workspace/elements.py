"""Block Kit's interactive elements and composition objects, as a table of their fields and limits.

Limits: docs.slack.dev, Block Kit reference (elements, composition objects).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.workspace.checks import (
    Check,
    any_of_fields,
    by_type,
    choice,
    fault,
    flag,
    items,
    number,
    one_of,
    plain,
    shape,
    string,
    text,
)

ID = string(255)
STYLE = choice("primary", "danger")
USER = string(64)
# An address or a file of Slack's own, one of the two (docs.slack.dev, Image block, Slack file object).
SLACK_FILE = shape({}, {"id": string(32), "url": string(3000)}, one_of("id", "url"))
PICTURED: Mapping[str, Check] = {"image_url": string(3000), "slack_file": SLACK_FILE}
ONE_SOURCE = one_of("image_url", "slack_file")
IMAGE = shape({"alt_text": string(2000)}, PICTURED, ONE_SOURCE)
CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)}, {"style": STYLE}
)
PLAIN_OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75)})
RICH_OPTION = shape({"text": text(75), "value": string(150)}, {"description": text(75)})
LINK_OPTION = shape(
    {"text": plain(75), "value": string(150)}, {"description": plain(75), "url": string(3000)}
)
OPTION_GROUP = shape({"label": plain(75), "options": items(PLAIN_OPTION, 100)})
DISPATCH = shape({"trigger_on_actions_on": items(choice("on_enter_pressed", "on_character_entered"), 2)})


def _has_options(element: Mapping[str, Any], where: str) -> Iterator[str]:
    """Some options, flat or in groups, and what is chosen at first is one of them, to the letter."""
    groups = [group.get("options", ()) for group in element.get("option_groups", ())]
    options = [*element.get("options", ()), *(option for group in groups for option in group)]
    if not options:
        yield fault("missing required field: options or option_groups", where)
    chosen = element.get(
        "initial_options", [element["initial_option"]] if "initial_option" in element else []
    )
    if any(option not in options for option in chosen):
        yield fault("initial option must be one of the options", where)


_COMMON: Mapping[str, Check] = {"action_id": ID, "confirm": CONFIRM}
_PICK: Mapping[str, Check] = {**_COMMON, "placeholder": plain(150), "focus_on_load": flag}

BUTTON = shape(
    {"text": plain(75)},
    {
        **_COMMON,
        "url": string(3000),
        "value": string(2000),
        "style": STYLE,
        "accessibility_label": string(75),
    },
)
STATIC_SELECT = shape(
    {},
    {
        **_PICK,
        "options": items(PLAIN_OPTION, 100),
        "option_groups": items(OPTION_GROUP, 100),
        "initial_option": PLAIN_OPTION,
    },
    _has_options,
)
MULTI_STATIC_SELECT = shape(
    {},
    {
        **_PICK,
        "options": items(PLAIN_OPTION, 100),
        "option_groups": items(OPTION_GROUP, 100),
        "initial_options": items(PLAIN_OPTION, 100),
        "max_selected_items": number(1, 100),
    },
    _has_options,
)
OVERFLOW = shape({"options": items(LINK_OPTION, 5)}, _COMMON)
USERS_SELECT = shape({}, {**_PICK, "initial_user": USER})
MULTI_USERS_SELECT = shape(
    {}, {**_PICK, "initial_users": items(USER, 100), "max_selected_items": number(1, 100)}
)
_CONVERSATION: Mapping[str, Check] = {
    **_PICK,
    "initial_conversation": string(64),
    "default_to_current_conversation": flag,
    "filter": shape(
        {},
        {
            "include": items(choice("im", "mpim", "private", "public"), 4),
            "exclude_external_shared_channels": flag,
            "exclude_bot_users": flag,
        },
        any_of_fields("include", "exclude_external_shared_channels", "exclude_bot_users"),
    ),
}
CONVERSATIONS_SELECT = shape({}, _CONVERSATION)
# Only an input block of a modal may ask for response URLs.
ANSWERABLE_SELECT = shape({}, {**_CONVERSATION, "response_url_enabled": flag})
DATETIMEPICKER = shape(
    {}, {**_COMMON, "focus_on_load": flag, "initial_date_time": number(1_000_000_000, 9_999_999_999)}
)
CHECKBOXES = shape(
    {"options": items(RICH_OPTION, 10)},
    {**_COMMON, "initial_options": items(RICH_OPTION, 10), "focus_on_load": flag},
    _has_options,
)
RADIO_BUTTONS = shape(
    {"options": items(RICH_OPTION, 10)},
    {**_COMMON, "initial_option": RICH_OPTION, "focus_on_load": flag},
    _has_options,
)
PLAIN_TEXT_INPUT = shape(
    {},
    {
        "action_id": ID,
        "placeholder": plain(150),
        "initial_value": string(3000, 0),
        "multiline": flag,
        "min_length": number(0, 3000),
        "max_length": number(1, 3000),
        "focus_on_load": flag,
        "dispatch_action_config": DISPATCH,
    },
)
NUMBER_INPUT = shape(
    {"is_decimal_allowed": flag},
    {
        "action_id": ID,
        "placeholder": plain(150),
        "initial_value": string(100),
        "min_value": string(100),
        "max_value": string(100),
        "focus_on_load": flag,
        "dispatch_action_config": DISPATCH,
    },
)
FILE_INPUT = shape({}, {"action_id": ID, "filetypes": items(string(32), 100), "max_files": number(1, 10)})

PRESSED: Mapping[str, Check] = {
    "button": BUTTON,
    "static_select": STATIC_SELECT,
    "overflow": OVERFLOW,
    "users_select": USERS_SELECT,
    "conversations_select": CONVERSATIONS_SELECT,
    "datetimepicker": DATETIMEPICKER,
    "checkboxes": CHECKBOXES,
    "radio_buttons": RADIO_BUTTONS,
}
_MULTIPLE: Mapping[str, Check] = {
    "multi_static_select": MULTI_STATIC_SELECT,
    "multi_users_select": MULTI_USERS_SELECT,
}
ACCESSORY = by_type(
    {"image": IMAGE, **{k: v for k, v in PRESSED.items() if k != "datetimepicker"}, **_MULTIPLE}
)
IN_ACTIONS = by_type(PRESSED)
_FILLED: Mapping[str, Check] = {
    "plain_text_input": PLAIN_TEXT_INPUT,
    "number_input": NUMBER_INPUT,
    **_MULTIPLE,
    **{k: v for k, v in PRESSED.items() if k not in ("button", "overflow")},
}
IN_MESSAGE_INPUT = by_type(_FILLED)
IN_VIEW_INPUT = by_type({**_FILLED, "conversations_select": ANSWERABLE_SELECT, "file_input": FILE_INPUT})
