"""The last look before a request to Slack is written: whoever stood still may have lost its turn to speak."""

import asyncio
import math
from contextvars import ContextVar
from types import SimpleNamespace

import aiohttp

from bot.turns import Lease

# Of the delivery that runs in this context; what is not a delivery speaks whenever it likes.
lease: ContextVar[Lease] = ContextVar("lease", default=lambda: math.inf)


class OutOfTurn(Exception):
    """The turn to tell Slack something was lost in the middle of it: not a byte of this request was sent."""


def tracing() -> aiohttp.TraceConfig:
    """For the session that carries the calls to Slack."""
    config = aiohttp.TraceConfig()
    # In spite of its name aiohttp sends it just before it writes, when the connection is there.
    config.on_request_headers_sent.append(_look)
    return config


async def _look(
    session: aiohttp.ClientSession, context: SimpleNamespace, sent: aiohttp.TraceRequestHeadersSentParams
) -> None:
    if asyncio.get_running_loop().time() >= lease.get()():
        raise OutOfTurn
