"""Kinds of columns of our own: an enum kept as its word, a request's sources kept as JSON."""

import enum
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sqlalchemy import JSON, Dialect, String, TypeDecorator

from store.model import Source


class Word(TypeDecorator[enum.StrEnum]):
    """A string enum kept as its word, read back as the enum."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[enum.StrEnum]) -> None:
        super().__init__(16)
        self.words = words

    def process_bind_param(self, value: enum.StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else self.words(value).value

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[str | None], enum.StrEnum | None]:
        # As it is: TypeDecorator's own way, and an enum's, take longer than this.
        known: dict[str | None, enum.StrEnum | None] = {word.value: word for word in self.words}
        return (known | {None: None}).__getitem__


class Sources(TypeDecorator[tuple[Source, ...]]):
    """A request's sources, kept as a JSON list of objects; none is NULL."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: tuple[Source, ...] | None, dialect: Dialect) -> Any:
        return [asdict(source) for source in value] if value else None

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[Source, ...]:
        return tuple(Source(**source) for source in value or ())
