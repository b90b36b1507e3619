"""The workspace as a process: `python -m bot.sandbox.workspace --port 0` prints one JSON line and serves."""

import argparse
import asyncio
import json
import signal
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from bot.sandbox.workspace.server import serve_workspace


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.workspace", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--scopes", help="the bot's scopes, separated by commas; all when left out")
    parser.add_argument("--no-rate-limits", action="store_true", help="take calls faster than Slack would")
    parser.add_argument("--journal", type=Path, help="a file to write everything that happens to, as it does")
    options = parser.parse_args()
    scopes = None if options.scopes is None else frozenset(filter(None, options.scopes.split(",")))
    rates = None if options.no_rate_limits else 1.0
    with options.journal.open("w", encoding="utf-8") if options.journal else nullcontext() as kept:
        asyncio.run(_serve(options.port, scopes, rates, kept))


async def _serve(port: int, scopes: frozenset[str] | None, rates: float | None, kept: TextIO | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serve_workspace(port, scopes=scopes, rates=rates, kept=kept) as access:
        print(json.dumps(asdict(access)), flush=True)
        await stop.wait()


if __name__ == "__main__":
    main()
