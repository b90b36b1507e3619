"""Slack's text as a person reads it: entities resolved, escapes undone, emoji drawn, marks dropped."""

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo

_ENTITY = re.compile(r"<([^<>\n]+)>")
_EMOJI = re.compile(r":([a-z0-9_+\-]+):")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_MARKS = tuple(
    re.compile(rf"(?<![\w{mark}]){mark}(?=\S)([^{mark}\n]+?)(?<=\S){mark}(?![\w{mark}])")
    for mark in (r"\*", "_", "~")
)
_TOKEN = re.compile(r"\{(\w+)\}")
_DATE_FORMATS: Mapping[str, str] = {
    "date_num": "{0:%Y-%m-%d}",
    "date_slash": "{0:%Y/%m/%d}",
    "date": "{0:%B} {0.day}, {0:%Y}",
    "date_short": "{0:%b} {0.day}, {0:%Y}",
    "date_long": "{0:%A, %B} {0.day}, {0:%Y}",
    "time": "{0:%H:%M}",
    "time_secs": "{0:%H:%M:%S}",
    "ago": "{0:%Y-%m-%d %H:%M}",
}
EMOJI: Mapping[str, str] = {
    "white_check_mark": "✅",
    "heavy_check_mark": "✔",
    "ballot_box_with_check": "☑",
    "x": "❌",
    "no_entry": "⛔",
    "no_entry_sign": "🚫",
    "warning": "⚠️",
    "rotating_light": "🚨",
    "question": "❓",
    "grey_question": "❔",
    "exclamation": "❗",
    "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳",
    "stopwatch": "⏱️",
    "clock1": "🕐",
    "arrows_counterclockwise": "🔄",
    "repeat": "🔁",
    "rocket": "🚀",
    "checkered_flag": "🏁",
    "zzz": "💤",
    "bell": "🔔",
    "calendar": "📆",
    "raised_hand": "✋",
    "round_pushpin": "📍",
    "snowflake": "❄️",
    "lock": "🔒",
    "key": "🔑",
    "eyes": "👀",
    "memo": "📝",
    "clipboard": "📋",
    "page_facing_up": "📄",
    "paperclip": "📎",
    "mag": "🔍",
    "bulb": "💡",
    "information_source": "\N{INFORMATION SOURCE}",
    "speech_balloon": "💬",
    "point_right": "👉",
    "tada": "🎉",
    "thumbsup": "👍",
    "+1": "👍",
    "thumbsdown": "👎",
    "-1": "👎",
    "wave": "👋",
    "bow": "🙇",
    "stop_sign": "🛑",
    "octagonal_sign": "🛑",
    "pause_button": "⏸️",
    "double_vertical_bar": "⏸️",
    "arrow_forward": "▶️",
    "fast_forward": "⏩",
    "large_green_circle": "🟢",
    "large_yellow_circle": "🟡",
    "large_orange_circle": "🟠",
    "red_circle": "🔴",
    "large_blue_circle": "🔵",
    "white_circle": "⚪",
    "black_circle": "⚫",
    "large_green_square": "🟩",
    "white_large_square": "⬜",
}


def unescaped(words: str) -> str:
    """The three characters Slack has apps escape."""
    return words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def with_emoji(words: str) -> str:
    """Known `:names:` drawn; unknown ones left as they are."""
    return _EMOJI.sub(lambda found: EMOJI.get(found[1], found[0]), words)


def local_date(timestamp: int, form: str, timezone: tzinfo | None) -> str:
    """Slack's date tokens in a time zone (None: this machine's); an unknown token stays as it is."""
    moment = datetime.fromtimestamp(timestamp, timezone).astimezone(timezone)

    def part(found: re.Match[str]) -> str:
        pattern = _DATE_FORMATS.get(found[1].removesuffix("_pretty"))
        return pattern.format(moment) if pattern else found[0]

    return _TOKEN.sub(part, form)


def read_mrkdwn(words: str, names: Mapping[str, str], timezone: tzinfo | None) -> str:
    """mrkdwn as it would be read; may hold several lines."""
    drawn = "".join(
        piece if at % 2 else _unmarked(with_emoji(piece))
        for at, piece in enumerate(_CODE.split(_quoted(words)))
    )
    drawn = re.sub(r"```\n?(.*?)\n?```", r"\1", drawn, flags=re.DOTALL)
    return _unescaped_around_entities(drawn, names, timezone)


def _unescaped_around_entities(words: str, names: Mapping[str, str], timezone: tzinfo | None) -> str:
    pieces = _ENTITY.split(words)
    return "".join(
        _entity(piece, names, timezone) if at % 2 else unescaped(piece) for at, piece in enumerate(pieces)
    )


def _quoted(words: str) -> str:
    return re.sub(r"^(?:&gt;|>)[ ]?", "│ ", words, flags=re.MULTILINE)


def _unmarked(words: str) -> str:
    """Bold, italic and struck words without their marks; entities are put aside so that none is touched."""
    entities = _ENTITY.findall(words)
    masked = _ENTITY.sub("\x00", words)
    for mark in _MARKS:
        masked = mark.sub(r"\1", masked)
    return re.sub("\x00", lambda _: f"<{entities.pop(0)}>", masked)


def _entity(body: str, names: Mapping[str, str], timezone: tzinfo | None) -> str:
    target, _, label = body.partition("|")
    if target.startswith("!date^"):
        _, timestamp, form, *_ = [*target.split("^"), "", ""]
        return local_date(int(timestamp), form, timezone) if timestamp.isdecimal() else unescaped(label)
    if target.startswith("!subteam^"):
        return unescaped(label) or names.get(target.removeprefix("!subteam^"), f"@{target[9:]}")
    if target.startswith("!"):
        return f"@{target[1:]}"
    if target[0] in "@#":
        return names.get(target[1:]) or (target[0] + unescaped(label) if label else target)
    return unescaped(label or target)
