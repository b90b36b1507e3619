"""The desk's levers: faults to come, rate limits, archived channels, membership, cut connections."""

from typing import Literal

from bot.sandbox.desk_line import Line


class Orders(Line):
    """What no person does but Slack, its administrators or bad luck."""

    async def fail(
        self,
        method: str,
        times: int = 1,
        *,
        error: str | None = None,
        status: int | None = None,
        retry_after: int | None = None,
        lose_answer: bool = False,
    ) -> None:
        """Make the next calls of a Web API method (or `upload`, `response_url`) fail in one way.

        `error`: refused with that code. `status`: an HTML page with that status. `retry_after` (seconds):
        429 `ratelimited`. `lose_answer`: carried out, but the connection is cut before the answer.
        """
        fault = {"error": error, "status": status, "retry_after": retry_after, "lose_answer": lose_answer}
        await self._ask("fail", method=method, times=times, fault=fault)

    async def forget_faults(self) -> None:
        """Take back every `fail` that has not met its call yet."""
        await self._ask("forget_faults")

    async def limit_rates(self, speed: float | None = 1.0) -> None:
        """From now on refuse calls that come faster than Slack allows, or `speed` times that; None: none.

        Each refusal is an entry `rate_limited` of the journal: method, channel, retry_after (seconds).
        """
        await self._ask("limit_rates", speed=speed)

    async def deactivate(self, user: str) -> None:
        """Close somebody's account: from now on they can do nothing, and `users.info` calls them deleted."""
        await self._ask("deactivate", user=user)

    async def uninstall(self, *tells: Literal["tokens_revoked", "app_uninstalled"]) -> list[str]:
        """Remove the app; it is told by these events, in this order. Their envelopes' ids."""
        told = await self._ask("uninstall", tells=list(tells))
        return [one["envelope_id"] for one in told["told"]]

    async def archive(self, channel: str) -> None:
        await self._ask("archive", channel=channel)

    async def kick_bot(self, channel: str) -> None:
        await self._ask("kick_bot", channel=channel)

    async def invite_bot(self, channel: str) -> None:
        await self._ask("invite_bot", channel=channel)

    async def disconnect_sockets(
        self,
        reason: Literal["warning", "refresh_requested", "link_disabled"] | None = "refresh_requested",
        *,
        refuse_handshakes: int = 0,
    ) -> None:
        """Tell every socket to go, or cut them all without a word (`reason=None`).

        After `warning` the workspace leaves closing to the client; otherwise it closes. The next
        `refuse_handshakes` attempts to connect are refused with HTTP 503.
        """
        await self._ask("disconnect_sockets", reason=reason, refuse=refuse_handshakes)

    async def outage(self, on: bool) -> None:
        """Have Slack go down, or come back: every socket is cut, and every call of the app answered 503."""
        await self._ask("outage", on=on)

    async def send_requests_to(self, url: str) -> None:
        """From now on deliver everything to the app's request URL (HTTP mode), and nothing by sockets."""
        await self._ask("send_requests_to", url=url)

    async def disorder_next(self, *, hold_s: float = 0.0, copies: int = 1) -> None:
        """Keep the next envelope back while later ones overtake it, and send it in `copies` at once."""
        await self._ask("disorder_next", hold_s=hold_s, copies=copies)
