"""The real bot without the pace it keeps for Slack: what it can do is to be seen, not what it may.

That a card is not redrawn faster than people can read stays: it is no limit of Slack's.
"""

from bot.__main__ import main
from bot.outbox import pace


def at_once(_bucket: pace.Bucket, _now: float) -> float:
    """There is always a token."""
    return 0.0


if __name__ == "__main__":
    setattr(pace.Bucket, "wait", at_once)  # noqa: B010
    main()
