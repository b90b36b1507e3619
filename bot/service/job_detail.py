"""Looking at one job in full: who asked for it may, and whoever has the right `audit` there.

The rights are asked for at every look; a refused one is on the record.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from bot.errors import InvalidRequest, NotAllowed, SetActionError
from bot.job_look import Everybody, Look, Seen, Tab
from bot.policy import Person, Right
from bot.service.clicks import gone, refused
from bot.service.people import People, same_workspace
from store import handover, jobs, looking
from store.database import Database
from store.model import Job, Operator

PAGE = 20  # customers on one page
SHOWN_CHILDREN = 5
LONGEST_RECORD = 5_000  # events read; a job of 185 requests has some 400
ALL = 1_000_000


class JobDetails:
    """Reads; whatever is done is another use case's."""

    def __init__(self, db: Database, people: People) -> None:
        self._db = db
        self._people = people

    async def named(self, operator: Operator, words: str) -> Look:
        """The look at the job whose id begins with `words`: one's own first. Raises InvalidRequest."""
        prefix = re.sub("[-`#]", "", words.strip().lower())
        own = await self._db.read(jobs.find_own, operator, prefix)
        found = own or await self._others(operator, prefix)
        if not found:
            words = f"None of your jobs has an id that begins with {prefix}. /my-jobs lists them."
            raise InvalidRequest([words])
        if len(found) > 1:
            whose = "your jobs" if own else "the jobs"
            raise InvalidRequest([f"More than one of {whose} begins with {prefix}. Type more of the id."])
        return Look(found[0].uuid)

    async def look(self, operator: Operator, look: Look) -> Seen:
        """What is to be seen. Raises NotAllowed, NoLongerPossible, StoreError."""
        job = await self.job(operator, look)
        seen = await self._db.read(_seen, look, job)
        owned = job.operator == operator
        may_stop = owned or await self._people.may_end(operator, job)
        return replace(seen, owned=owned, may_stop=may_stop)

    async def everybody(self, operator: Operator, look: Look) -> Everybody:
        """The job and all of its customers, for a file. Raises as `look`."""
        job = await self.job(operator, look)
        return await self._db.read(_everybody, job)

    async def job(self, operator: Operator, look: Look) -> Job:
        """The job, if this person may look at it. Raises NotAllowed, NoLongerPossible, StoreError."""
        job = await self._db.read(jobs.find, look.job)
        if job is None:
            raise await self._db.write(gone, operator, look.job)
        if job.operator == operator:
            return job
        refusal: SetActionError = NotAllowed(
            f"Only the person who asked, and people who audit {job.cluster}, can look at this job.",
            ask=[job.operator.user_id],
        )
        try:
            if self._audits(await self._people.person(operator), operator, job):
                return job
        except NotAllowed as unknown:
            refusal = unknown
        await self._db.write(refused, operator, job, refusal)
        raise refusal

    async def _others(self, operator: Operator, prefix: str) -> Sequence[Job]:
        """Up to two of other people's jobs that this person may look at."""
        person = await self._people.person(operator)
        found = await self._db.read(looking.beginning_with, operator, prefix, 10)
        return [job for job in found if self._audits(person, operator, job)][:2]

    def _audits(self, person: Person, operator: Operator, job: Job) -> bool:
        policy = self._people.policy
        return same_workspace(job.operator, operator) and policy.permits(
            person, Right.AUDIT, job.action_name, job.cluster
        )


def _everybody(conn: Connection, job: Job) -> Everybody:
    found = [customer for _, customer in looking.page(conn, job.id, None, limit=ALL)]
    return Everybody(jobs.get(conn, job.id), found, looking.sendings(conn, job.id))


def _seen(conn: Connection, look: Look, job: Job) -> Seen:
    job = jobs.get(conn, job.id)
    seen = Seen(look, job, owned=False, may_stop=False)
    match look.tab:
        case Tab.OVERVIEW:
            parent = jobs.get(conn, job.parent_id) if job.parent_id else None
            return replace(seen, parent=parent, children=handover.children(conn, job, SHOWN_CHILDREN))
        case Tab.TIMELINE | Tab.REQUESTS:
            return replace(seen, record=looking.record(conn, job.uuid, LONGEST_RECORD))
        case Tab.CUSTOMERS:
            found = looking.page(
                conn, job.id, look.outcome, after=look.after, before=look.before, limit=PAGE + 1
            )
            more = len(found) > PAGE
            if look.before is not None:
                return replace(seen, found=found[-PAGE:], less=more, more=True)
            return replace(seen, found=found[:PAGE], less=look.after is not None, more=more)
    return seen
