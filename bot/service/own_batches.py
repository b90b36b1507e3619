"""Looking up: the batches a person made or is to run, and how far each of them is."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from bot.errors import InvalidRequest, NotAllowed
from bot.service.administrators import Administrators
from store import batches
from store.batch_model import Batch, BatchPlace
from store.database import Database
from store.model import Job, Operator

PAGE = 10
SHOWN = 5  # customers named in the detail of a batch
JOBS = 10  # of one batch, in its detail


@dataclass(frozen=True, slots=True)
class Standing:
    """A batch with the newest job that ran on it, if any; `may_assign`: whether the reader may assign it."""

    batch: Batch
    last: Job | None
    may_assign: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a person's batches; `newer` and `older` are the places to page from, or None.

    `may_make`: whether the reader administers a cluster.
    """

    standings: Sequence[Standing]
    newer: BatchPlace | None
    older: BatchPlace | None
    may_make: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """One batch with its newest jobs and its first customers."""

    batch: Batch
    jobs: Sequence[Job]
    first_cids: Sequence[str]
    may_assign: bool


class OwnBatches:
    """Everybody sees the batches they made or are to run; who administers a cluster sees any by its code."""

    def __init__(self, db: Database, administrators: Administrators) -> None:
        self._db = db
        self._administrators = administrators

    async def page(
        self, operator: Operator, *, before: BatchPlace | None = None, after: BatchPlace | None = None
    ) -> Page:
        """Ten of the person's batches: the first, those behind `before` or ahead of `after`."""
        administered = await self._administered(operator)
        found, newer, older = await self._db.read(_page, operator, before, after)
        standings = [Standing(batch, last, batch.cluster in administered) for batch, last in found]
        return Page(standings, newer, older, may_make=bool(administered))

    async def detail(self, operator: Operator, code: str, typed: str = "") -> Detail:
        """One batch; `typed` is how its code was written.

        Raises InvalidRequest when it is not there for this person to see.
        """
        administered = await self._administered(operator)
        found = await self._db.read(_detail, operator, code, administered)
        if found is None:
            raise InvalidRequest(
                [f"There is no batch {typed or code} for you to see. /set-action batches lists yours."]
            )
        return found

    async def _administered(self, operator: Operator) -> frozenset[str]:
        try:
            return frozenset(await self._administrators.clusters_of(operator))
        except NotAllowed:  # their groups cannot be read: looking is possible all the same
            return frozenset()


_Found = Sequence[tuple[Batch, Job | None]]


def _page(
    conn: Connection, operator: Operator, before: BatchPlace | None, after: BatchPlace | None
) -> tuple[_Found, BatchPlace | None, BatchPlace | None]:
    found = list(batches.list_own(conn, operator, before=before, after=after, limit=PAGE + 1))
    more = len(found) > PAGE
    shown = found[-PAGE:] if after else found[:PAGE]
    if not shown:
        return [], None, None
    has_newer = more if after else before is not None
    has_older = True if after else more
    standings = [(batch, next(iter(batches.jobs_on(conn, batch, 1)), None)) for batch in shown]
    return standings, shown[0].place if has_newer else None, shown[-1].place if has_older else None


def _detail(conn: Connection, operator: Operator, code: str, administered: frozenset[str]) -> Detail | None:
    batch = batches.find(conn, operator, code)
    if batch is None:
        return None
    may_assign = batch.cluster in administered
    if not may_assign and operator.user_id not in (batch.assigned_to, batch.made_by):
        return None
    return Detail(
        batch, batches.jobs_on(conn, batch, JOBS), batches.customers(conn, batch, SHOWN), may_assign
    )
