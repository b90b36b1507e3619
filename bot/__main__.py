"""`set-action`, or `python -m bot`: the command line, and Ctrl-C while all of it is still being imported."""

import sys

from bot.importing import sparingly

INTERRUPTED = 130


def main() -> None:
    """The console script."""
    try:
        # Takes a second or two; interrupted, it would end in a traceback.
        with sparingly():
            from bot.cli import main as command

        command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
