"""The words' small change: escaping, cutting, numbers, times, ids. Text is code in Slack; escape it here."""

import re
from collections.abc import Sequence
from datetime import datetime

from slack_sdk.models.blocks import (
    ContextBlock,
    MarkdownTextObject,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextPreformattedElement,
    SectionBlock,
)

SECTION = 3_000  # characters in a section's text, by Slack's reference
BAR = 10  # cells of a progress bar

# The beginning of an entity or of a live token whose end was cut off.
_CUT_SHORT = re.compile(r"(?:&[a-z]{0,3}|<[^<>]*)$")


def escape(words: str) -> str:
    """Make what a person or a cluster wrote harmless in mrkdwn: `&`, `<` and `>` are all that is live."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clip(words: str, size: int) -> str:
    """At most `size` characters, the last one an ellipsis where something was cut."""
    return words if len(words) <= size else words[: size - 1] + "…"


def cut(words: str, size: int) -> str:
    """`clip` for mrkdwn: an entity or a mention is left whole or left out."""
    return words if len(words) <= size else _CUT_SHORT.sub("", words[: size - 1]) + "…"


def count(number: int, noun: str) -> str:
    """`1 customer`, `27,682 customers`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def customers(number: int) -> str:
    """How many customers, in words."""
    return count(number, "customer")


def mention(someone: str) -> str:
    """A Slack user or user group, by id, as Slack shows it."""
    return f"<!subteam^{someone}>" if someone.startswith("S") else f"<@{someone}>"


def moment(at: datetime, shape: str = "{time_secs}") -> str:
    """A time in the reader's own zone; the fallback says UTC."""
    return f"<!date^{int(at.timestamp())}^{shape}|{at:%Y-%m-%d %H:%M:%S} UTC>"


def day_and_time(at: datetime) -> str:
    """A date and time in the reader's own zone."""
    return moment(at, "{date_short_pretty}, {time}")


def took(seconds: float) -> str:
    """`0.8 s`, `16 s`, `2 min 5 s`, `1 h 3 min`."""
    if round(seconds, 1) < 10:
        return f"{max(seconds, 0.1):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes_left = divmod(minutes, 60)
    return f"{hours} h {minutes_left} min" if hours else f"{minutes} min {rest} s"


def bar(done: int, total: int) -> str:
    """Ten cells; full only when everything is done."""
    full = done * BAR // total if total else BAR
    return "▓" * full + "░" * (BAR - full)


def plain(words: str, size: int = SECTION) -> SectionBlock:
    """A paragraph in which nothing is live."""
    return SectionBlock(text=PlainTextObject(text=clip(words, size), emoji=False))


def section(words: str) -> SectionBlock:
    """A paragraph of mrkdwn; what came from outside must be escaped already."""
    return SectionBlock(text=MarkdownTextObject(text=cut(words, SECTION), verbatim=True))


def context(words: str) -> ContextBlock:
    """A line in small print, mrkdwn."""
    return ContextBlock(elements=[MarkdownTextObject(text=cut(words, 2_000), verbatim=True)])


def listing(lines: Sequence[str], more: int) -> RichTextBlock:
    """A few lines as they are, in fixed width; `more` says how many are not shown."""
    shown = [clip(line, 200) for line in lines] + ([f"… and {more:,} more"] if more > 0 else [])
    text = RichTextElementParts.Text(text="\n".join(shown))
    return RichTextBlock(elements=[RichTextPreformattedElement(elements=[text])])
