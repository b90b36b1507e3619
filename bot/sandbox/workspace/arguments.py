"""Reading the arguments of a Web API call: query, form or JSON, each value turned into its kind."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from bot.sandbox.workspace.errors import ApiError, invalid

Arguments = dict[str, Any]
Kind = Callable[[Any], Any]


def text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("must be a string")


def flag(value: Any) -> bool:
    """Forms carry booleans as words or digits."""
    known = {"1": True, "true": True, "0": False, "false": False}
    word = str(value).lower()
    if word in known:
        return known[word]
    raise ValueError("must be a boolean")


def number(value: Any) -> int:
    try:
        return int(str(value))
    except ValueError as exc:
        raise ValueError("must be an integer") from exc


def nested(value: Any) -> Any:
    """An array or object: JSON as it stands in a JSON body, JSON in a string in a form."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as exc:
        raise ValueError("must be valid JSON") from exc


# Bolt's clients carry the team of the request into every call.
_EVERYWHERE: Mapping[str, Kind] = {"team_id": text}


async def read(request: web.Request) -> tuple[Arguments, str | None]:
    """The raw arguments, without nulls, and the token wherever it came from."""
    raw: Arguments = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError as exc:
            raise ApiError("invalid_json") from exc
        if not isinstance(body, dict):
            raise ApiError("json_not_object")
        raw |= body
    elif request.method == "POST":
        raw |= dict(await request.post())
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = raw.pop("token", None) or (bearer if scheme == "Bearer" and bearer else None)
    return {name: value for name, value in raw.items() if value is not None}, token


def understood(raw: Arguments, required: Mapping[str, Kind], optional: Mapping[str, Kind]) -> Arguments:
    """The arguments in their kinds; ApiError naming everything unknown, missing or malformed.

    Slack ignores arguments it does not know; refusing them shows a misspelt one here.
    """
    kinds = {**required, **optional, **_EVERYWHERE}
    problems = [f"missing required field: {name}" for name in required if name not in raw]
    values: Arguments = {}
    for name, value in raw.items():
        if name not in kinds:
            problems.append(f"unknown argument: {name}")
            continue
        try:
            values[name] = kinds[name](value)
        except ValueError as exc:
            if name == "blocks":
                raise ApiError("invalid_blocks_format") from exc
            problems.append(f"{name} {exc}")
    if problems:
        raise invalid("invalid_arguments", problems)
    return values
