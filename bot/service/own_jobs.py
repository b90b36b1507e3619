"""Looking up: a person's own jobs, and asking again what became of the unknown ones."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from bot.errors import InvalidRequest, NoLongerPossible, NotAllowed, SetActionError
from store import audit, checks, customers, jobs
from store.audit import Event
from store.database import Database
from store.model import Customer, CustomerOutcome, Job, JobState, Operator

PAGE = 10
SHOWN = 5  # customers named in the detail of a job


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a person's jobs, newest first; `newer` and `older` are the ids to page from, or None."""

    jobs: Sequence[Job]
    newer: int | None
    older: int | None


@dataclass(frozen=True, slots=True)
class Detail:
    """One job with a few of its customers that did not simply go through."""

    job: Job
    refused: Sequence[Customer]
    unknown: Sequence[Customer]


class OwnJobs:
    """Everybody sees their own jobs and nobody else's."""

    def __init__(self, db: Database, clusters: Collection[str]) -> None:
        self._db = db
        self._clusters = clusters

    async def page(self, operator: Operator, *, before: int | None = None, after: int | None = None) -> Page:
        """Ten of the person's jobs: the newest, those older than `before` or newer than `after`."""
        return await self._db.read(_page, operator, before, after)

    async def detail(self, operator: Operator, words: str) -> Detail:
        """The job whose id begins with `words`. Raises InvalidRequest when that is not exactly one."""
        prefix = re.sub("[-`#]", "", words.strip().lower())
        if not re.fullmatch("[0-9a-f]{4,32}", prefix):
            raise InvalidRequest(
                [
                    f"“{words.strip()[:40]}” is not a job id. "
                    "Type /my-jobs alone for your jobs, or /my-jobs with at least four digits of an id."
                ]
            )
        return await self._db.read(_detail, operator, prefix)

    async def check_again(self, operator: Operator, job: UUID) -> Job:
        """Have the unknown customers of a job read again. Raises NotAllowed, NoLongerPossible."""
        asked = await self._db.write(_check_again, operator, job, self._clusters)
        if isinstance(asked, SetActionError):
            raise asked
        return asked


def _page(conn: Connection, operator: Operator, before: int | None, after: int | None) -> Page:
    found = list(jobs.list_own(conn, operator, before=before, after=after, limit=PAGE + 1))
    more = len(found) > PAGE
    if after is not None:
        found = found[-PAGE:]
        return Page(found, found[0].id if more else None, found[-1].id if found else None)
    found = found[:PAGE]
    has_newer = before is not None and bool(found)
    return Page(found, found[0].id if has_newer else None, found[-1].id if more else None)


def _detail(conn: Connection, operator: Operator, prefix: str) -> Detail:
    found = jobs.find_own(conn, operator, prefix)
    if not found:
        raise InvalidRequest([f"None of your jobs has an id that begins with {prefix}. /my-jobs lists them."])
    if len(found) > 1:
        raise InvalidRequest([f"More than one of your jobs begins with {prefix}. Type more of the id."])
    job = found[0]
    return Detail(
        job,
        customers.with_outcome(conn, job.id, CustomerOutcome.REFUSED, SHOWN),
        customers.with_outcome(conn, job.id, CustomerOutcome.UNKNOWN, SHOWN),
    )


def _check_again(
    conn: Connection, operator: Operator, uuid: UUID, clusters: Collection[str]
) -> Job | SetActionError:
    job = jobs.find(conn, uuid)
    if job is None:
        return NoLongerPossible("This job is not known here any more.")
    if job.operator != operator:
        refusal = NotAllowed("Only the person who asked can do this.", ask=[job.operator.user_id])
        audit.append(
            conn,
            Event.REFUSED_CLICK,
            actor=operator,
            job=job.uuid,
            cluster=job.cluster,
            detail={"why": str(refusal)},
        )
        return refusal
    if job.state is JobState.WATCHING:
        return NoLongerPossible("The cluster is being asked already; the answer will be in the thread.")
    if not job.unknown:
        return NoLongerPossible("Nothing about this job is unknown any more; the thread says how it ended.")
    if job.cluster not in clusters:
        return NoLongerPossible(f"{job.cluster} is not configured here any more, so it cannot be asked.")
    checks.ask(conn, job)
    audit.append(conn, Event.CHECK_ASKED, actor=operator, job=job.uuid, cluster=job.cluster)
    return jobs.get(conn, job.id)
