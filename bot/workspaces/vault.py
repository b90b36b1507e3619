"""Tokens at rest: sealed with the first of the configured keys, opened with any of them.

A key is replaced in three restarts, so that no replica meets a token that it cannot open: the new key behind
the old one, then before it (each start seals anew what an older key has sealed), then without the old one.
"""

import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr


class WrongKey(Exception):
    """No key at hand opens this token. `workspace` is whose it is."""

    def __init__(self, workspace: str) -> None:
        super().__init__(
            f"no key here opens the token of workspace {workspace}; put the key that was used before back, "
            "behind the new one and a comma. If it is lost, delete that workspace's row from the table "
            "installations, start, and install the bot there again"
        )
        self.workspace = workspace


class Vault:
    """Seals a token together with whose it is: a row cannot be given another row's token."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        fernets = [Fernet(key.get_secret_value()) for key in keys]
        self._first = fernets[0]
        self._any = MultiFernet(fernets)

    def sealed(self, workspace: str, token: str) -> str:
        """The token as it may be stored."""
        return self._first.encrypt(json.dumps([workspace, token]).encode()).decode()

    def opened(self, workspace: str, sealed: str) -> str:
        """The token itself. Raises WrongKey."""
        try:
            whose, token = json.loads(self._any.decrypt(sealed))
        except InvalidToken as exc:
            raise WrongKey(workspace) from exc
        if whose != workspace:
            raise WrongKey(workspace)
        return str(token)

    def renewed(self, workspace: str, sealed: str) -> str | None:
        """The same token sealed with the first key; None where it is already. Raises WrongKey."""
        token = self.opened(workspace, sealed)
        try:
            self._first.decrypt(sealed)
        except InvalidToken:
            return self.sealed(workspace, token)
        return None
