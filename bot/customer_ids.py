"""What a customer id looks like: the default pattern, the check, and how to speak of a word that fails it."""

import re

DEFAULT_ID_PATTERN = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{2,63}", re.ASCII)

# In a query of the cluster this word stands for every customer it has.
EVERY_CUSTOMER = "all"

LONGEST_SHOWN = 40


def is_customer_id(word: str, pattern: re.Pattern[str]) -> bool:
    """Whether `word` can be a customer's id; look-alikes from other scripts cannot, whatever the pattern."""
    plain = word.isascii() and word.isprintable() and word.casefold() != EVERY_CUSTOMER
    return plain and pattern.fullmatch(word) is not None


def described(pattern: re.Pattern[str]) -> str:
    """Say what an id is made of, to end a sentence that begins with "An id"."""
    if pattern.pattern == DEFAULT_ID_PATTERN.pattern:
        words = "has 3 to 64 letters (A-Z, a-z), digits, “.”, “_” or “-”, and begins with a letter or digit"
    else:
        words = f"must match {pattern.pattern}"
    return f"{words}; “ALL” is not one"


def visible(word: str) -> str:
    """Return at most `LONGEST_SHOWN` characters of `word`; what is not plain ASCII is shown as its escape."""
    shown = word[: LONGEST_SHOWN + 1].encode("unicode_escape").decode("ascii")
    return shown if len(shown) <= LONGEST_SHOWN else shown[: LONGEST_SHOWN - 1] + "…"
