"""Faults a test orders in advance: the next calls of a method fail in a chosen way."""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One failing call: an error code, an HTTP status, or an answer cut off after the work was done."""

    error: str | None = None
    status: int | None = None
    retry_after: int | None = None
    lose_answer: bool = False


class Faults:
    """Orders per name: a Web API method, `upload` or `response_url`."""

    def __init__(self) -> None:
        self._ordered: dict[str, deque[Fault]] = {}

    def order(self, name: str, fault: Fault, times: int) -> None:
        self._ordered.setdefault(name, deque()).extend([fault] * times)

    def forget(self) -> None:
        """No call fails any more but by itself."""
        self._ordered.clear()

    def take(self, name: str) -> Fault | None:
        """The fault due for this call, if any; it is used up."""
        queue = self._ordered.get(name)
        return queue.popleft() if queue else None
