"""The sandbox cluster as a process: prints its address as one JSON line, serves until SIGTERM or SIGINT."""

import argparse
import asyncio
import json
import signal
import sys
from contextlib import nullcontext
from pathlib import Path

from bot.sandbox.cluster.host import ClusterHost


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.cluster", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", required=True, help="the bearer token that is good at every cluster")
    parser.add_argument("--cluster", action="append", metavar="NAME", help="may be given several times")
    parser.add_argument("--customers", type=int, default=200, help="of each cluster")
    parser.add_argument("--arrive-after", type=float, default=1.0, metavar="SECONDS")
    parser.add_argument("--calls", type=Path, help="a file to write every call to, as it ends")
    given = parser.parse_args()
    with given.calls.open("w", encoding="utf-8") if given.calls else nullcontext() as kept:
        host = ClusterHost(
            clusters=tuple(given.cluster or ["evian3"]),
            token=given.token,
            customers=given.customers,
            arrive_after_s=given.arrive_after,
            port=given.port,
            kept=kept,
        )
        asyncio.run(serve(host))


async def serve(host: ClusterHost) -> None:
    """Serve `host` until a signal asks to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with host:
        where = {
            "address": host.address,
            "token_url": host.token_url,
            "clusters": {name: host.base_url(name) for name in host.clusters},
        }
        sys.stdout.write(json.dumps(where) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    main()
