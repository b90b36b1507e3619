"""How an answer reaches the client's socket, or does not: whole, drop by drop, cut, reset, never."""

import asyncio
import socket
import struct
from typing import NoReturn

from aiohttp import web

from bot.sandbox.cluster.mood import Mood, Wire

# SO_LINGER on, with 0 seconds: closing sends RST, and no FIN.
_RST = struct.pack("ii", 1, 0)


async def send(request: web.Request, mood: Mood, text: str) -> web.StreamResponse:
    """Answer with `text` as `mood` says. Does not return (it is cancelled) where the connection is broken."""
    if mood.wire is Wire.SILENT:
        await _broken_off()
    if mood.wire in (Wire.CLOSED, Wire.CLOSED_UNREAD):
        await hang_up(request)
    if mood.wire is Wire.RESET:
        await hang_up(request, by_rst=True)
    await asyncio.sleep(mood.after_s)
    body = text.encode()
    response = web.StreamResponse(status=mood.status, headers=mood.headers)
    response.content_type = mood.content_type
    response.content_length = len(body)
    await response.prepare(request)
    if mood.wire is Wire.TRUNCATED:
        await response.write(body[: len(body) // 2])
        await hang_up(request)
    if mood.wire is Wire.TRICKLED:
        for n in range(len(body)):
            await response.write(body[n : n + 1])
            await asyncio.sleep(mood.pace_s)
    else:
        await response.write(body)
    await response.write_eof()
    return response


async def hang_up(request: web.Request, *, by_rst: bool = False) -> NoReturn:
    """Close the connection from our side; the handler is then cancelled, as when the client leaves."""
    transport = request.transport
    if transport is not None:
        if by_rst:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
            transport.abort()
        else:
            transport.close()
    await _broken_off()


async def _broken_off() -> NoReturn:
    """Until the connection is gone: the server runs handlers with cancellation on disconnect."""
    while True:
        await asyncio.Event().wait()
