"""The one way a request to the workspace is refused: Slack's error code and what goes with it."""

from collections.abc import Sequence
from typing import Any


class ApiError(Exception):
    """Refused as Slack refuses; `answer` is the whole JSON body."""

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.answer: dict[str, Any] = {"ok": False, "error": error, **details}


def invalid(error: str, problems: Sequence[str]) -> ApiError:
    """An error that names each fault, as `invalid_blocks` and `invalid_arguments` do.

    Slack repeats the list: bare under `errors`, with a level under `response_metadata.messages`.
    """
    return ApiError(
        error,
        errors=list(problems),
        response_metadata={"messages": [f"[ERROR] {problem}" for problem in problems]},
    )


class DeskError(Exception):
    """The person's side asked for something impossible: a mistake of the test, not of the bot."""
