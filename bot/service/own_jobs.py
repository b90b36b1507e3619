"""Looking up: a person's newest jobs, and one of their jobs by the beginning of its id."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from bot.errors import InvalidRequest
from store import customers, jobs
from store.database import Database
from store.model import Customer, CustomerOutcome, Job, Operator

PAGE = 10
SHOWN = 5  # customers named in the detail of a job


@dataclass(frozen=True, slots=True)
class Detail:
    """One job with a few of its customers that did not simply go through."""

    job: Job
    refused: Sequence[Customer]
    unknown: Sequence[Customer]


class OwnJobs:
    """Everybody sees their own jobs and nobody else's."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def newest(self, operator: Operator) -> Sequence[Job]:
        """The person's newest jobs."""
        return await self._db.read(jobs.list_own, operator, limit=PAGE)

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
