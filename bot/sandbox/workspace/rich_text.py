"""The rich_text block, its sections and its elements, as a table of fields.

Fields: docs.slack.dev, Block Kit reference (rich text block).
"""

from collections.abc import Mapping

from bot.sandbox.workspace.checks import Check, by_type, choice, flag, items, number, shape, string

_LONG = 40_000
_STYLE = shape(
    {},
    dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight"), flag),
)
_WITH_STYLE: Mapping[str, Check] = {"style": _STYLE}

ELEMENTS: Mapping[str, Check] = {
    "text": shape({"text": string(_LONG)}, _WITH_STYLE),
    "link": shape({"url": string(3000)}, {**_WITH_STYLE, "text": string(_LONG), "unsafe": flag}),
    "user": shape({"user_id": string(64)}, _WITH_STYLE),
    "usergroup": shape({"usergroup_id": string(64)}, _WITH_STYLE),
    "channel": shape({"channel_id": string(64)}, _WITH_STYLE),
    "broadcast": shape({"range": choice("here", "channel", "everyone")}),
    "emoji": shape({"name": string(100)}, {"unicode": string(100), "skin_tone": number(1, 6)}),
    "date": shape(
        {"timestamp": number(0, 9_999_999_999), "format": string(200)},
        {**_WITH_STYLE, "url": string(3000), "fallback": string(500)},
    ),
    "color": shape({"value": string(9)}),
}
_RUN = items(by_type(ELEMENTS), 10_000, 0)
_BORDER: Mapping[str, Check] = {"border": number(0, 1)}
_SECTION = shape({"elements": _RUN})

SECTIONS = by_type(
    {
        "rich_text_section": _SECTION,
        "rich_text_list": shape(
            {
                "style": choice("bullet", "ordered"),
                "elements": items(by_type({"rich_text_section": _SECTION}), 10_000),
            },
            {**_BORDER, "indent": number(0, 8), "offset": number(0, 10_000)},
        ),
        "rich_text_preformatted": shape({"elements": _RUN}, {**_BORDER, "language": string(64)}),
        "rich_text_quote": shape({"elements": _RUN}, _BORDER),
    }
)
