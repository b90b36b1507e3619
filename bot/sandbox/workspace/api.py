"""The Web API's front door: token, scope, arguments and ordered faults, then the method, then the journal."""

from typing import Any

from aiohttp import web

from bot.sandbox.workspace.arguments import Arguments, read, understood
from bot.sandbox.workspace.errors import ApiError
from bot.sandbox.workspace.faults import Fault
from bot.sandbox.workspace.methods import METHODS, Method
from bot.sandbox.workspace.workspace import Workspace

JSON = dict[str, Any]
NO_FAULT = Fault()


class Api:
    """Answers `/api/<method>` as Slack does: HTTP 200 with `ok`, outages and rate limits apart."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws

    async def call(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        fault = self._ws.faults.take(name) or NO_FAULT
        shown: Arguments = {}
        retry_after = fault.retry_after
        try:
            raw, token = await read(request)
            shown = {key: value for key, value in raw.items() if key != "token"}
            if retry_after is None:
                retry_after = self._limited(name, str(raw.get("channel", "")))
            if retry_after is not None:
                raise ApiError("ratelimited")
            if fault.error:
                raise ApiError(fault.error)
            status, answer = 200, {} if fault.status else self._carry_out(name, raw, token, shown)
        except ApiError as exc:
            status, answer = 429 if exc.error == "ratelimited" else 200, exc.answer
        status = fault.status or status
        self._ws.journal.record(
            "api", method=name, arguments=shown, status=status, answer=answer, lost=fault.lose_answer
        )
        return self._answered(request, fault, status, answer, retry_after)

    def _limited(self, method: str, channel: str) -> int | None:
        retry_after = self._ws.rates.retry_after(method, channel)
        if not retry_after:
            return None
        self._ws.journal.record("rate_limited", method=method, channel=channel, retry_after=retry_after)
        return retry_after

    def _carry_out(self, name: str, raw: Arguments, token: str | None, shown: Arguments) -> JSON:
        method = METHODS.get(name)
        if method is None:
            raise ApiError("unknown_method", req_method=name)
        self._admit(method, token)
        values = understood(raw, method.required, method.optional)
        shown |= values
        return self._ws.team.told({"ok": True, **method.run(self._ws, values)})

    def _admit(self, method: Method, token: str | None) -> None:
        kinds = {self._ws.access.bot_token: "bot", self._ws.access.app_token: "app"}
        if not token:
            raise ApiError("not_authed")
        if token in self._ws.revoked:
            raise ApiError("account_inactive")
        if token not in kinds:
            raise ApiError("invalid_auth")
        if kinds[token] != method.caller:
            raise ApiError("not_allowed_token_type")
        if method.scope:
            self._ws.require_scope(method.scope)

    def _answered(
        self, request: web.Request, fault: Fault, status: int, answer: JSON, retry_after: int | None
    ) -> web.Response:
        if fault.lose_answer and request.transport:
            request.transport.abort()
        headers = {"x-oauth-scopes": ",".join(sorted(self._ws.scopes or ()))}
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        if fault.status:
            page = "<!DOCTYPE html><title>Server Error</title>"
            return web.Response(status=status, text=page, content_type="text/html", headers=headers)
        return web.json_response(answer, status=status, headers=headers)
