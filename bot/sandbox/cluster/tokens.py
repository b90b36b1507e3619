"""The sandbox's token endpoint and the check of bearer tokens: one static token, and OAuth 2 ones."""

import json
import secrets
import time

from aiohttp import web

from bot.sandbox.cluster.record import Ledger
from bot.sandbox.cluster.site import Moods
from bot.sandbox.cluster.wire import send

CLIENT_ID, CLIENT_SECRET = "sandbox-client", "sandbox-client-secret"


class TokenOffice:
    """Knows which tokens are good, and gives new ones for client credentials."""

    def __init__(self, static: str, ledger: Ledger) -> None:
        self.lifetime_s = 7200
        self.moods = Moods()
        self._static = static
        self._ledger = ledger
        self._issued: dict[str, float] = {}

    def accepts(self, request: web.Request) -> bool:
        """Whether the call carries a good token."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return scheme == "Bearer" and (
            token == self._static or self._issued.get(token, 0.0) > time.monotonic()
        )

    def revoke(self) -> None:
        """Every token given so far is worthless from now on; the static one stays good."""
        self._issued.clear()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """`POST /oauth/token`, RFC 6749 4.4: form-encoded client credentials."""
        self._ledger.token_fetches += 1
        self._ledger.touch()
        mood = self.moods.take()
        form = await request.post()
        given = (form.get("grant_type"), form.get("client_id"), form.get("client_secret"))
        if given != ("client_credentials", CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        token = secrets.token_urlsafe(24)
        self._issued[token] = time.monotonic() + self.lifetime_s
        words = {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime_s}
        return await send(request, mood, json.dumps(words) if mood.body is None else mood.body)
