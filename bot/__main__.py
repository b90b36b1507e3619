"""`set-action`, or `python -m bot`: the command line, and Ctrl-C while all of it is still being imported."""

import sys

from bot.importing import beside, sparingly

INTERRUPTED = 130


def main() -> None:
    """The console script."""
    try:
        # Takes a second or two; interrupted, it would end in a traceback. Slack's client reads the system's
        # certificate authorities, twice, as it is imported.
        with sparingly(), beside("aiohttp"):
            from bot.cli import main as command

        command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
