"""The parts block validation is built from: small checks that name each fault with Slack's JSON pointer.

A check takes a value and the pointer to it and yields one sentence per fault.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Check = Callable[[object, str], Iterator[str]]
Rule = Callable[[Mapping[str, Any], str], Iterator[str]]


def fault(words: str, where: str) -> str:
    """A fault as Slack words it."""
    return f"{words} [json-pointer:{where}]"


def string(most: int, least: int = 1) -> Check:
    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield fault("must be a string", where)
        elif len(value) > most:
            yield fault(f"must be less than {most + 1} characters", where)
        elif len(value) < least:
            yield fault(f"must be more than {least - 1} characters", where)

    return check


def flag(value: object, where: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield fault("must be a boolean", where)


def number(least: int, most: int) -> Check:
    def check(value: object, where: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield fault("must be an integer", where)
        elif not least <= value <= most:
            yield fault(f"must be between {least} and {most}", where)

    return check


def choice(*known: object) -> Check:
    def check(value: object, where: str) -> Iterator[str]:
        if value not in known:
            yield fault(f"must be one of {', '.join(map(str, known))}", where)

    return check


def items(each: Check, most: int, least: int = 1) -> Check:
    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield fault("must be an array", where)
            return
        if len(value) > most:
            yield fault(f"no more than {most} items allowed", where)
        if len(value) < least:
            yield fault(f"no fewer than {least} items allowed", where)
        for position, item in enumerate(value):
            yield from each(item, f"{where}/{position}")

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, *rules: Rule) -> Check:
    """An object with exactly these fields; `rules` look at several fields at once. `type` is always known."""
    known: dict[str, Check] = {**required, **(optional or {})}

    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield fault("must be an object", where)
            return
        for name in required:
            if name not in value:
                yield fault(f"missing required field: {name}", where)
        for name, field in value.items():
            if name in known:
                yield from known[name](field, f"{where}/{name}")
            elif name != "type":
                yield fault(f"invalid additional property: {name}", where)
        for rule in rules:
            yield from rule(value, where)

    return check


def by_type(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` says which check applies."""

    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield fault("must be an object", where)
        elif "type" not in value:
            yield fault("missing required field: type", where)
        elif value["type"] not in kinds:
            yield fault(f"unsupported type: {value['type']}", f"{where}/type")
        else:
            yield from kinds[value["type"]](value, where)

    return check


def plain(most: int, least: int = 1) -> Check:
    """A text object without mark-up."""
    return by_type({"plain_text": shape({"text": string(most, least)}, {"emoji": flag})})


def text(most: int, least: int = 1) -> Check:
    """A text object of either kind."""
    words = string(most, least)
    return by_type(
        {
            "plain_text": shape({"text": words}, {"emoji": flag}),
            "mrkdwn": shape({"text": words}, {"verbatim": flag}),
        }
    )


def any_of_fields(*names: str) -> Rule:
    def rule(value: Mapping[str, Any], where: str) -> Iterator[str]:
        if not any(value.get(name) for name in names):
            yield fault(f"missing required field: {' or '.join(names)}", where)

    return rule


def one_of(*names: str) -> Rule:
    """Exactly one of these fields."""

    def rule(value: Mapping[str, Any], where: str) -> Iterator[str]:
        given = [name for name in names if name in value]
        if not given:
            yield fault(f"missing required field: {' or '.join(names)}", where)
        elif len(given) > 1:
            yield fault(f"only one of {' and '.join(names)} allowed", where)

    return rule
