"""Says in plain words what pydantic found: one Problem for each of its errors, never with the value in it."""

import json
import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.catalogue import closest, listed
from bot.errors import Problem

_BARE_KEY = re.compile(r"[0-9A-Za-z_-]+")  # what TOML lets stand without quotes

# The keys are pydantic's error types: https://docs.pydantic.dev/latest/errors/validation_errors/
_SENTENCES = {
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number, without quotes",
    "int_parsing_size": "must be a smaller number",
    "float_type": "must be a number, without quotes",
    "finite_number": "must be an ordinary number",
    "bool_type": "must be true or false, without quotes",
    "list_type": "must be a list in square brackets",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "is_instance_of": "must be text in quotes",
    "pattern_type": "must be text in quotes",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "enum": "must be {expected}",
    "value_error": "{error}",
}
_ANYTHING_ELSE = "cannot be used as it is; see the description of this key"


def problems_in(error: ValidationError, model: type[BaseModel]) -> Iterator[Problem]:
    """Yield what `error` found in `model`, each with its place as written in the file or the environment."""
    for detail in error.errors(include_url=False, include_input=False):
        yield Problem(place(detail["loc"]), _sentence(detail, model))


def place(loc: tuple[int | str, ...]) -> str:
    """Return a place as people write it: `clusters.evian3.base_url`, `policy[0].who[1]`."""
    written = ""
    for part in loc:
        if isinstance(part, int):
            written += f"[{part}]"
        elif part != "[key]":  # pydantic's mark for "the key itself", which is the place already
            name = part if _BARE_KEY.fullmatch(part) else json.dumps(part)
            written += f".{name}" if written else name
    return written


def _sentence(detail: ErrorDetails, model: type[BaseModel]) -> str:
    *path, last = detail["loc"]
    match detail["type"]:
        case "missing":
            return f"is missing; give {_description(_model_at(model, path), str(last))}"
        case "too_short":
            return f"is empty; give {_description(_model_at(model, path), str(last))}"
        case "extra_forbidden":
            known = _fields(_model_at(model, path))
            near = closest(str(last), known)
            return "is not a known key; " + (f"write {near}" if near else f"known: {listed(known)}")
        case kind:
            return _SENTENCES.get(kind, _ANYTHING_ELSE).format(**detail.get("ctx", {}))


def _description(model: type[BaseModel], name: str) -> str:
    return _fields(model)[name].description or "a value"


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _model_at(model: type[BaseModel], path: list[int | str]) -> type[BaseModel]:
    parts = iter(path)
    for part in parts:
        annotation = _fields(model)[str(part)].annotation
        if get_origin(annotation) in {dict, list}:
            next(parts, None)  # the key or index in it
        model = _model_in(annotation) or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)
