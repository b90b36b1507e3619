"""`python -m bot.pictures`: the figures as JSON on standard input, the PNG on standard output."""

import json
import os
import sys
from collections.abc import Callable

from bot.pictures.course import draw_course
from bot.pictures.month import draw_month

DRAWS: dict[str, Callable[..., bytes]] = {"course": draw_course, "month": draw_month}

if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(10)  # the bot comes first
    asked = json.load(sys.stdin)
    sys.stdout.buffer.write(DRAWS[asked.pop("draw")](**asked))
