"""`python -m bot`: the same as `set-action`."""

from bot.cli import main

main()
