"""Block Kit's interactive elements and composition objects, as a table of their fields and limits.

Limits: docs.slack.dev, Block Kit reference (elements, composition objects).
"""

from collections.abc import Mapping

from bot.sandbox.workspace.checks import (
    Check,
    by_type,
    choice,
    flag,
    items,
    number,
    plain,
    shape,
    string,
    text,
)

ID = string(255)
STYLE = choice("primary", "danger")
USER = string(64)
IMAGE = shape({"image_url": string(3000), "alt_text": string(2000)})
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
)
OVERFLOW = shape({"options": items(LINK_OPTION, 5)}, _COMMON)
USERS_SELECT = shape({}, {**_PICK, "initial_user": USER})
DATETIMEPICKER = shape(
    {}, {**_COMMON, "focus_on_load": flag, "initial_date_time": number(1_000_000_000, 9_999_999_999)}
)
CHECKBOXES = shape(
    {"options": items(RICH_OPTION, 10)},
    {**_COMMON, "initial_options": items(RICH_OPTION, 10), "focus_on_load": flag},
)
RADIO_BUTTONS = shape(
    {"options": items(RICH_OPTION, 10)}, {**_COMMON, "initial_option": RICH_OPTION, "focus_on_load": flag}
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
FILE_INPUT = shape({}, {"action_id": ID, "filetypes": items(string(32), 100), "max_files": number(1, 10)})

PRESSED: Mapping[str, Check] = {
    "button": BUTTON,
    "static_select": STATIC_SELECT,
    "overflow": OVERFLOW,
    "users_select": USERS_SELECT,
    "datetimepicker": DATETIMEPICKER,
    "checkboxes": CHECKBOXES,
    "radio_buttons": RADIO_BUTTONS,
}
ACCESSORY = by_type({"image": IMAGE, **{k: v for k, v in PRESSED.items() if k != "datetimepicker"}})
IN_ACTIONS = by_type(PRESSED)
_FILLED: Mapping[str, Check] = {
    "plain_text_input": PLAIN_TEXT_INPUT,
    **{k: v for k, v in PRESSED.items() if k not in ("button", "overflow")},
}
IN_MESSAGE_INPUT = by_type(_FILLED)
IN_VIEW_INPUT = by_type({**_FILLED, "file_input": FILE_INPUT})
