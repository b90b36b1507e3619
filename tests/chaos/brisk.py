"""The bot that may speak twenty times as fast as Slack allows, where waiting for Slack is not the matter."""

from unittest.mock import patch

from bot import cli
from tests.brisk import Brisk

if __name__ == "__main__":
    with patch("bot.speech.Pace", Brisk):
        cli.main()
