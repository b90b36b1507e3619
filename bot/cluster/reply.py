"""One HTTP reply as it came, and what it says in plain words; pure, knows no transport and no rule."""

import json
import re
from dataclasses import dataclass
from datetime import datetime

MESSAGE_LIMIT = 2_000

_PAGE = re.compile(r"<\s*(?:!doctype|html|head|body|script|title)\b", re.IGNORECASE)
_BEARER = re.compile(r"\bbearer\s+\S{16,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply. `body` is None where it outgrew its bound; `at` is when it ended (UTC)."""

    status: int
    body: bytes | None
    content_type: str
    retry_after: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What a body says: the cluster's `success` and `message`, and what is wrong with it, if anything."""

    success: bool | None = None
    message: str | None = None
    trouble: str | None = None


def read(reply: Reply) -> Said:
    """The reply's body as the cluster's API words it; total over any bytes. `message` is not yet plain."""
    if reply.body is None:
        return Said(trouble="a body too large to read")
    if not reply.body.strip():
        return Said(trouble="an empty body")
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError):  # RecursionError: thousands of nested brackets
        return Said(trouble=_not_json(reply))
    if not isinstance(document, dict):
        return Said(trouble="JSON that is not an object")
    success, message = document.get("success"), document.get("message")
    return Said(
        success=success if isinstance(success, bool) else None,
        message=message if isinstance(message, str) and message.strip() else None,
    )


def explain(reply: Reply, said: Said, secret: str = "") -> str:
    """The cluster's own message made plain, or one exact sentence of ours where it gave none."""
    if 300 <= reply.status < 400:
        return f"{reply.status}, a redirect; redirects are not followed"
    if said.trouble is not None:
        return plain(f"{reply.status} with {said.trouble}", secret)
    if said.message is None:
        return f"{reply.status} without a message"
    if _PAGE.search(said.message):
        return f"{reply.status} with an HTML page as its message"
    return plain(said.message, secret) or f"{reply.status} without a message"


def plain(text: str, secret: str = "") -> str:
    """`text` on one line, fit for a person: no control characters, no token, at most `MESSAGE_LIMIT` long."""
    cut = text[: 4 * MESSAGE_LIMIT]  # a body is up to 64 times that, and the event loop waits for this
    kept = "".join(" " if c.isspace() else c for c in cut if c.isspace() or c.isprintable())
    line = _BEARER.sub("Bearer [removed]", _without(secret, " ".join(kept.split())))
    return line if len(line) <= MESSAGE_LIMIT else line[: MESSAGE_LIMIT - 1] + "…"


def _without(secret: str, text: str) -> str:
    """Also a cut echo of a token goes: its first 12 characters and whatever hangs on to them."""
    if not secret:
        return text
    return re.sub(re.escape(secret[:12]) + r"[^\s'\",;]*", "[removed]", text.replace(secret, "[removed]"))


def _not_json(reply: Reply) -> str:
    try:
        text = (reply.body or b"").decode()
    except UnicodeDecodeError:
        return "a body that is neither JSON nor text"
    if "html" in reply.content_type.lower() or _PAGE.search(text):
        return "an HTML page"
    if text.lstrip().startswith(("{", "[")):
        return "a body that is not complete JSON"
    return f"text that is not JSON: {text}"
