"""Who gets in: this machine only, by one of its own names, with the token, and never from another site."""

from collections.abc import Awaitable, Callable
from secrets import compare_digest
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def door(token: str, hosts: frozenset[str]) -> Any:
    """The middleware. `hosts` are the names, with the port, that the page may be asked for by.

    The token travels in the address's fragment and in a header, never in a cookie: another site has no way
    to add it, and another server of this machine never gets it. The Host is checked because a name of
    somebody else may lead to this machine.
    """
    origins = {f"http://{host}" for host in hosts}

    @web.middleware
    async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host not in hosts:
            raise web.HTTPForbidden(text="This is a sandbox of this machine; ask for it by its own address.")
        if request.path.startswith("/api/"):
            if request.headers.get("Origin", f"http://{request.host}") not in origins:
                raise web.HTTPForbidden(text="Another site may not ask for anything here.")
            if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
                raise web.HTTPForbidden(text="Another site may not ask for anything here.")
            given = request.headers.get("Authorization", "")
            if not compare_digest(given.encode(), f"Bearer {token}".encode()):
                raise web.HTTPUnauthorized(
                    text="The token is missing or wrong: open the address the terminal shows."
                )
        return await handler(request)

    return checked


async def protected(_: web.Request, response: web.StreamResponse) -> None:
    """Every answer says what a browser may do with it: nothing but this page's own."""
    response.headers.update(HEADERS)
