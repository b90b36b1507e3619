"""`python -m bot.config.reference`: docs/configuration.md, from the settings' own model and `meanings`."""

import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot.config.environment import DEFAULT_FILE, Environment
from bot.config.meanings import MEANINGS
from bot.config.secret_file import SecretFile
from bot.config.tables import ActionTable, File

HEAD = f"""# Configuration

<!-- Made by `python -m bot.config.reference > docs/configuration.md`; a test fails where the two differ. -->

The bot reads environment variables and one TOML file, `{DEFAULT_FILE}` in the current folder or where
`SET_ACTION_CONFIG` says. Every mistake is reported at once, with its place, before anything starts;
`set-action doctor` also finds what is valid and cannot be meant. Secrets are never written into the file: it
names environment variables or files that hold them. Seconds may have decimals.
"""
KINDS: Mapping[Any, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    SecretStr: "an environment variable's name",
    SecretFile: "absolute path of a file",
    Path: "absolute path of a file",
}
BOUNDS = {
    "ge": "at least",
    "gt": "more than",
    "le": "at most",
    "min_length": "at least",
    "max_length": "at most",
}
TOP = (
    "clusters",
    "policy",
    "actions",
    "limits",
    "tls",
    "retention",
)  # tables of the file with words of their own
Row = tuple[str, str, str, str]


def reference() -> str:
    """The whole document."""
    return "\n".join([HEAD, *_environment(), *_file()])


def places() -> Iterator[str]:
    """Every place that must have a meaning."""
    yield from (str(field.alias) for field in Environment.model_fields.values())
    yield from TOP
    for place, model in _tables("", File):
        yield from (f"{place}.{name}" for name in _fields(model) if place)


def _environment() -> Iterator[str]:
    rows = []
    for field in Environment.model_fields.values():
        place, default = str(field.alias), _default(field)
        if place == "DATABASE_URL":
            default = "a SQLite file in the platform's data directory"
        rows.append((place, MEANINGS[place], "text", default))
    where = ("SET_ACTION_CONFIG", "Where the file is.", "path", f"`{DEFAULT_FILE}`")
    yield from _section(
        "Environment variables", "A variable set to nothing counts as not set.", [*rows, where]
    )


def _file() -> Iterator[str]:
    for place, table in _tables("", File):
        if not place:
            continue
        rows = [
            (name, MEANINGS[f"{place}.{name}"], _kind(field), _default(field))
            for name, field in _fields(table).items()
        ]
        yield from _section(_heading(place), MEANINGS.get(place.removesuffix(".*"), ""), rows)


def _tables(place: str, model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """The model and every table in it, by place."""
    yield place, model
    for name, field in _fields(model).items():
        inner, many = _inner(name, field)
        if inner:
            below = f"{place}.{name}" if place else name
            yield from _tables(f"{below}.*" if many else below, inner)


def _inner(name: str, field: FieldInfo) -> tuple[type[BaseModel] | None, bool]:
    if name == "actions" and field.annotation is object:  # read before the rest, as it is referred to
        return ActionTable, True
    return _model_in(field.annotation), get_origin(field.annotation) is dict


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _heading(place: str) -> str:
    several = place in ("policy", "clusters.*.freeze")
    written = place.replace("clusters.*", "clusters.<key>").replace("actions.*", "actions.<name>")
    return f"`[[{written}]]`" if several else f"`[{written}]`"


def _section(title: str, words: str, rows: list[Row]) -> Iterator[str]:
    yield f"## {title}\n"
    if words:
        yield f"{words}\n"
    yield "| key | meaning | value | default |\n| --- | --- | --- | --- |"
    yield from (f"| `{key}` | {meaning} | {kind} | {default} |" for key, meaning, kind, default in rows)
    yield ""


def _kind(field: FieldInfo) -> str:
    return ", ".join(filter(None, (_word(field.annotation), _range(field.metadata))))


def _word(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _word(inner[0])
    if origin in (Union, UnionType):
        return " or ".join(_word(one) for one in inner if one is not type(None))
    if origin is list:
        return "tables" if _model_in(annotation) else f"list of {_several(inner[0])}"
    if _model_in(annotation) or origin is dict:
        return "table"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{one.value}`" for one in annotation)
    return KINDS.get(annotation, "text")


def _several(annotation: Any) -> str:
    words = _word(annotation)
    return "numbers" if words == KINDS[float] else words


def _range(metadata: list[Any]) -> str:
    """pydantic keeps a bound as an object with one attribute of its name."""
    found = ((words, getattr(one, name, None)) for one in metadata for name, words in BOUNDS.items())
    return ", ".join(f"{words} {bound:,}" for words, bound in found if bound is not None)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default()
    if (
        value is None
        or value is PydanticUndefined
        or isinstance(value, BaseModel)
        or hasattr(value, "pattern")
    ):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Enum):
        return f'`"{value.value}"`'
    return f"`{value}`" if value not in ([], {}) else ""


if __name__ == "__main__":
    sys.stdout.write(reference())
