"""What a form remembers goes through Slack and comes back: sealed, so that nobody can have changed it.

The key is made of the bot token, which every replica has and which never leaves them: nothing to configure,
and a token that is replaced ends the forms that are open. A seal is for one kind of form.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from bot.errors import NoLongerPossible
from bot.words import unescaped

LENGTH = 24  # characters of base64: eighteen bytes, more than anybody can guess
PURPOSE = b"set-action: what a form remembers"


class Seal:
    """Seals what `private_metadata` holds on its way out, and opens it on its way in."""

    def __init__(self, token: SecretStr) -> None:
        self._key = hmac.digest(token.get_secret_value().encode(), PURPOSE, hashlib.sha256)

    def sealed(self, view: Mapping[str, Any]) -> dict[str, Any]:
        """The view as it may leave: a dictionary as Slack takes it."""
        words = view.get("private_metadata")
        if not words:
            return dict(view)
        return {**view, "private_metadata": self._mark(view, words) + words}

    def opened(self, view: Mapping[str, Any]) -> dict[str, Any]:
        """The view with what it really remembers. Raises NoLongerPossible where the seal is broken."""
        words = view.get("private_metadata")
        if not words:
            return dict(view)
        if isinstance(words, str):
            mark, words = words[:LENGTH], words[LENGTH:]
            if hmac.compare_digest(mark.encode(errors="surrogatepass"), self._mark(view, words).encode()):
                return {**view, "private_metadata": words}
        raise NoLongerPossible("This form is not one of mine, or too old. Nothing was taken; open it again.")

    def _mark(self, view: Mapping[str, Any], words: str) -> str:
        # Escaped on the way or not, it is the same; half a character, which no text has, must not stop us.
        content = f"{view.get('callback_id') or ''}\n{unescaped(words)}".encode(errors="surrogatepass")
        digest = hmac.digest(self._key, content, hashlib.sha256)
        return base64.urlsafe_b64encode(digest[: LENGTH * 3 // 4]).decode()
