"""What a cluster says of the applications of a job's customers, counted; plain types, no I/O."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Status(StrEnum):
    """How an application stands; whatever else a cluster writes is unknown."""

    READY = "Ready"
    TRANSITING = "Transiting"
    FAILURE = "Failure"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, written: str) -> "Status":
        """By the cluster's own word."""
        return next((status for status in cls if status.casefold() == written.casefold()), cls.UNKNOWN)


class App(Protocol):
    """One application of a customer, as the cluster's client reads it."""

    @property
    def name(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Trouble:
    """An application that failed, or of which the cluster does not know how it stands."""

    cid: str
    app: str
    status: str
    reason: str | None


@dataclass(slots=True)
class Summary:
    """The applications of `asked` customers, as far as they were read by `at` (UTC).

    `read` customers were answered for, `unlisted` of them without any application. `error`: why it ended.
    """

    asked: int
    at: datetime
    read: int = 0
    unlisted: int = 0
    apps: dict[str, Counter[Status]] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    error: str | None = None

    def add(self, cids: Sequence[str], found: Mapping[str, Sequence[App]]) -> None:
        """Count what one answer says of `cids`."""
        self.read += len(cids)
        self.unlisted += sum(cid not in found for cid in cids)
        for cid, apps in found.items():
            for app in apps:
                status = Status.of(app.status)
                self.apps.setdefault(app.name, Counter())[status] += 1
                if status in (Status.FAILURE, Status.UNKNOWN):
                    self.troubles.append(Trouble(cid, app.name, app.status, app.reason))
