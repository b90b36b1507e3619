"""What somebody looks at of one job: which part of it, which of its customers, from where on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from store.model import Customer, CustomerOutcome, Job
from store.recorded import Recorded, Sending

_VALUE = re.compile(r"([0-9a-f]{32})\.([a-z]+)\.([0-9]?)\.(?:([ab])([0-9]{1,18}))?")


class Tab(StrEnum):
    """A part of a job's detail."""

    OVERVIEW = "overview"
    TIMELINE = "timeline"
    REQUESTS = "requests"
    CUSTOMERS = "customers"
    APPLICATIONS = "applications"


@dataclass(frozen=True, slots=True)
class Look:
    """A page of a part. `outcome` None: customers of every outcome; `after`, `before`: where to page from."""

    job: UUID
    tab: Tab = Tab.OVERVIEW
    outcome: CustomerOutcome | None = None
    after: int | None = None
    before: int | None = None

    @property
    def value(self) -> str:
        """The look as a button carries it; who presses is asked again who they are."""
        outcome = "" if self.outcome is None else str(int(self.outcome))
        key = (
            f"a{self.after}"
            if self.after is not None
            else f"b{self.before}"
            if self.before is not None
            else ""
        )
        return f"{self.job.hex}.{self.tab}.{outcome}.{key}"

    @classmethod
    def read(cls, value: str) -> "Look | None":
        """The look a button carries; None where it is none of ours."""
        found = _VALUE.fullmatch(value)
        if (
            not found
            or found[2] not in list(Tab)
            or found[3] not in ("", *(str(int(o)) for o in CustomerOutcome))
        ):
            return None
        outcome = CustomerOutcome(int(found[3])) if found[3] else None
        key = int(found[5]) if found[5] else None
        look = cls(UUID(found[1]), Tab(found[2]), outcome)
        return replace(look, after=key) if found[4] == "a" else replace(look, before=key)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look shows. `owned`: the viewer asked for the job; `may_stop`: the viewer may, were it possible.

    `children` send some of its customers again. `found` is a page of customers by position; `less`, `more`:
    there are others ahead of it, behind it.
    """

    look: Look
    job: Job
    owned: bool
    may_stop: bool
    parent: Job | None = None
    children: Sequence[Job] = ()
    record: Sequence[Recorded] = ()
    found: Sequence[tuple[int, Customer]] = ()
    less: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True)
class Everybody:
    """A job with all of its customers in order, and the requests they were sent with."""

    job: Job
    customers: Sequence[Customer]
    sendings: Sequence[Sending]
