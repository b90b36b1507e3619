"""How the bot imports what it is made of, so that it starts sooner and is smaller."""

import gc
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# What httpx and structlog bring along if they can, five megabytes, for what the bot never does.
UNUSED = ("rich", "pygments")


@contextmanager
def sparingly() -> Iterator[None]:
    """What is imported meanwhile is no garbage, now or ever, and searching it takes a sixth of a start."""
    modules: Any = sys.modules
    hidden = [name for name in UNUSED if name not in modules]
    modules.update(dict.fromkeys(hidden))  # None, as documented: an import raises ImportError
    contexts: Any = ssl.SSLContext
    read = contexts.set_default_verify_paths
    contexts.set_default_verify_paths = _of_use(read)
    gc.disable()
    try:
        yield
    finally:
        contexts.set_default_verify_paths = read
        for name in hidden:
            del modules[name]
        gc.freeze()
        gc.enable()


def _of_use(read: Callable[[ssl.SSLContext], None]) -> Callable[[ssl.SSLContext], None]:
    """Have all authorities of the machine `read` (40 ms) only where certificates are verified by them.

    aiohttp makes a context of each kind when it is imported; the one that verifies nothing serves us never.
    """

    def where_it_is(context: ssl.SSLContext) -> None:
        if context.verify_mode is not ssl.CERT_NONE:
            read(context)

    return where_it_is
