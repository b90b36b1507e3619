"""What a customer id looks like: the default pattern, the check, and how to speak of a word that fails it."""

import re
from collections.abc import Sequence

DEFAULT_ID_PATTERN = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{2,63}", re.ASCII)
_LISTED = re.compile(rf"(?:{DEFAULT_ID_PATTERN.pattern}\n)*", re.ASCII)  # any number, one a line
_PLAIN = re.compile(r"[\w.-]*", re.ASCII)

# In a query of the cluster this word stands for every customer it has.
EVERY_CUSTOMER = "all"
# The headings a column of ids is known by, most telling first, folded.
HEADINGS = ("customerid", "custid", "cid", "id")
# What lists of customers are headed with, in the languages of the lists seen.
HEADING_WORDS = frozenset({
    "customer_id", "customer_ids", "customer-id", "customer-ids", "customerid", "customerids",
    "cust_id", "cust_ids", "cust-id", "cust-ids", "custid", "custids", "cid", "cids", "id", "ids",
    "account", "accounts", "action", "client", "clients", "cliente", "clientes", "cluster", "code",
    "codes", "cust", "customer", "customers", "identifier", "identifiers", "key", "keys", "konto",
    "kunde", "kunden", "kundenid", "kundennr", "kundennummer", "list", "liste", "lists", "mandant",
    "mandanten", "name", "names", "no", "nr", "num", "number", "numbers", "nummer", "nummern", "state",
    "status", "tenant", "tenants", "user", "users", "uuid", "uuids",
})  # fmt: skip
# What stands between ids in a sentence. Names of customers may be words too: these are nobody's.
JOINING = frozenset({
    "also", "and", "are", "but", "for", "from", "has", "have", "not", "now", "please", "run", "set",
    "that", "the", "them", "then", "these", "this", "those", "with", "bitte", "mit", "oder", "und",
})  # fmt: skip
_NO_IDS = HEADING_WORDS | JOINING | {EVERY_CUSTOMER}

LONGEST_SHOWN = 40


def is_customer_id(word: str, pattern: re.Pattern[str]) -> bool:
    """Whether `word` can be a customer's id, whatever the pattern: no look-alikes, no heading, no “and”."""
    plain = word.isascii() and word.isprintable() and word.casefold() not in _NO_IDS
    return plain and pattern.fullmatch(word) is not None


def are_plain_ids(words: Sequence[str], pattern: re.Pattern[str]) -> bool:
    """Whether each of `words` can be one and has nothing around it: in a fraction of the time for many.

    False says nothing about a word of other characters than letters, digits, “.”, “_” and “-”.
    """
    if pattern == DEFAULT_ID_PATTERN:
        listed = "\n".join([*words, ""])
        fit = listed.count("\n") == len(words) and _LISTED.fullmatch(listed) is not None
    else:
        fit = _PLAIN.fullmatch("".join(words)) is not None and all(map(pattern.fullmatch, words))
    return fit and _NO_IDS.isdisjoint(map(str.casefold, words))


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
