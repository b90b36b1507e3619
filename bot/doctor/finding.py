"""One thing that was looked at: how it is, in words, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How it is. Only `BAD` keeps the bot, or a part of it, from doing its work."""

    OK = "ok"
    LOOK = "look"  # works, but somebody should look at it
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """`about` is a word of ours (`slack`) or a place in the configuration (`clusters.evian3`)."""

    about: str
    grade: Grade
    words: str
    remedy: str = ""


def good(about: str, words: str) -> Finding:
    """As it should be."""
    return Finding(about, Grade.OK, words)


def look(about: str, words: str, remedy: str) -> Finding:
    """It works, but."""
    return Finding(about, Grade.LOOK, words, remedy)


def bad(about: str, words: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(about, Grade.BAD, words, remedy)
