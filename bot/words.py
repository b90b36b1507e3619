"""Text as Slack sends it and people paste it: its escapes, what separates words, what only wraps them."""

import re

SEPARATORS = re.compile(r"[\s,;]+")
# Comes along when ids are pasted: quotes and backticks, and marks nobody sees (soft hyphen, zero-width and
# direction marks, byte order mark). Only around a word: inside, they would make it another word.
WRAPPING = (
    "\"'`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a"
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)


def unescaped(text: str) -> str:
    """Undo what Slack escapes, these three and no others; the ampersand last, so nothing is undone twice."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
