"""`set-action`, or `python -m bot`: the command line, and Ctrl-C while all of it is still being imported."""

import sys

from bot.importing import keeping_all, without

INTERRUPTED = 130


def main() -> None:
    """The console script."""
    try:
        # Takes a second or two; interrupted, it would end in a traceback.
        with keeping_all():
            # They bring it along if they can, four megabytes, for coloured tracebacks and a command of httpx.
            with without("rich"):
                import httpx  # noqa: F401
                import structlog  # noqa: F401

            from bot.cli import main as command

        command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
