"""Beginnings: what stands in the form when it opens, by the way the person came in."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection

from bot.draft import LONGEST_TEXT, MOST_KEPT, AttachedFile, Draft
from bot.errors import InvalidRequest, NoLongerPossible, NotAllowed, SetActionError
from bot.intake import paste
from bot.intake.ids import BadLine, UnusableFile
from bot.service.asking import NAMED
from bot.service.cards import Press, open_card
from bot.service.clicks import UNKNOWN_CARD, clicked, or_raise, refused
from bot.vocabulary import Vocabulary
from store import batches, customers, jobs
from store.database import Database
from store.model import Job, JobState, Operator

ENDED = (JobState.DONE, JobState.EXPIRED, JobState.CANCELLED)
CSV_NAMES = (".csv", ".txt", ".tsv")
CSV_TYPES = ("text/csv", "text/tab-separated-values")  # whatever the name

_NOTHING = "I found no customer id in this message, and no file that ends in .csv, .txt or .tsv."


class Names(Protocol):
    """Knows the names of files."""

    async def named(self, file: AttachedFile) -> AttachedFile:
        """The file with its name. Raises UnusableFile."""
        ...


class Drafts:
    """Each method returns a draft to be shown, or raises why there is none."""

    def __init__(self, db: Database, files: Names, id_pattern: re.Pattern[str], names: Vocabulary) -> None:
        self._db = db
        self._files = files
        self._id_pattern = id_pattern
        self._names = names

    async def blank(self, operator: Operator, channel: str | None) -> Draft:
        """Nothing but the cluster this person chose last. Raises StoreError."""
        return Draft(cluster=await self._db.read(jobs.last_cluster, operator), channel=channel)

    async def from_message(
        self, operator: Operator, channel: str, text: str, files: Sequence[AttachedFile]
    ) -> Draft:
        """The ids in a message and its CSV files. Raises InvalidRequest when it has neither, StoreError."""
        found = await asyncio.to_thread(
            paste.read_message, text, id_pattern=self._id_pattern, names=self._names
        )
        missed = {bad.text: bad for bad in found.bad if bad.why not in paste.NOT_MISSED}
        left_out = tuple(missed.values())
        lists, notices = await self._lists(files)
        if left_out:
            notices.append(_left_out(left_out))
        if not found.cids and not lists:
            raise InvalidRequest([_NOTHING, *notices])
        if lists[MOST_KEPT:]:
            notices.append(f"Of the {len(lists)} files only the first {MOST_KEPT} can be taken at once.")
        return replace(
            await self.blank(operator, channel),
            text="\n".join(found.cids),
            files=tuple(lists[:MOST_KEPT]),
            notice=" ".join(notices),
            left_out=left_out,
        )

    async def of_card(self, press: Press) -> Draft:
        """Everything of a card that is not decided; what becomes of the draft replaces it.

        Raises NotAllowed, NoLongerPossible, StoreError.
        """
        job = or_raise("set_action.edited", await self._db.write(open_card, press))
        return replace(await self._db.read(_draft, job), replaces=job.uuid, start_at=job.start_at)

    async def of_job(self, press: Press) -> Draft:
        """Everything of a job or card that has ended. Raises NotAllowed, NoLongerPossible, StoreError."""
        job = or_raise("set_action.run_again", await self._db.write(_ended, press))
        return replace(await self._db.read(_draft, job), start_at=None if job.is_job else job.start_at)

    async def of_accepted(self, operator: Operator, uuid: UUID, following: Mapping[str, str]) -> Draft:
        """The action that follows a job's, on those of its customers that the cluster accepted.

        Raises NotAllowed, NoLongerPossible, StoreError.
        """
        job = or_raise("set_action.next_action", await self._db.write(_accepted, operator, uuid))
        return replace(await self._db.read(_draft_of_accepted, job), action=following.get(job.action_name))

    async def _lists(self, files: Sequence[AttachedFile]) -> tuple[list[AttachedFile], list[str]]:
        """The files that are lists, and what is to be said of those of which even that is not known."""
        lists, unknown = [], []
        for file in files:
            try:
                known = file if file.name else await self._files.named(file)
            except UnusableFile as problem:
                unknown.append(f"A file of the message is left out. {problem}")
            else:
                if known.name.lower().endswith(CSV_NAMES) or known.mimetype in CSV_TYPES:
                    lists.append(replace(known, kept=True))
        return lists, unknown


def _left_out(missed: Sequence[BadLine]) -> str:
    shown = ", ".join(f"“{bad.text}”" for bad in missed[:NAMED])
    more = len(missed) - NAMED
    words = f"Left out, for it is not sure that they are customer ids: {shown}"
    if more <= 0:
        return f"{words}."
    return f"{words} and {more:,} more. I send you all {len(missed):,} as a CSV in a direct message."


def _ended(conn: Connection, press: Press, states: tuple[JobState, ...] = ENDED) -> Job | SetActionError:
    job = clicked(conn, press.operator, press.card, UNKNOWN_CARD)
    if isinstance(job, SetActionError):
        return job
    if job.operator != press.operator:
        refusal = NotAllowed("Only the person who ran this can run it again.", ask=[job.operator.user_id])
        return refused(conn, press.operator, job, refusal)
    if job.state not in states:
        return refused(conn, press.operator, job, NoLongerPossible("This job has not ended yet."))
    return job


def _accepted(conn: Connection, operator: Operator, uuid: UUID) -> Job | SetActionError:
    job = _ended(conn, Press(operator, uuid, "", ""), (JobState.WATCHING, JobState.DONE))
    if isinstance(job, Job) and not job.accepted:
        return NoLongerPossible("The cluster accepted none of this job's customers.")
    return job


def _draft_of_accepted(conn: Connection, job: Job) -> Draft:
    if job.accepted == job.total:
        return replace(_draft(conn, job), reason="")
    few = customers.accepted(conn, job.id)
    ids = "\n".join(few)
    if len(ids) <= LONGEST_TEXT:
        return replace(_empty(job), reason="", text=ids)
    return replace(_empty(job), reason="", source=job.uuid, customers=len(few), accepted_only=True)


def _draft(conn: Connection, job: Job) -> Draft:
    batch, others = batches.parted(conn, job.id)
    ids = "\n".join(others)
    fits = len(ids) <= LONGEST_TEXT
    return replace(
        _empty(job),
        text=ids if fits else "",
        batch=batch.code if batch else None,
        source=None if fits else job.uuid,
        customers=0 if fits else len(others),
    )


def _empty(job: Job) -> Draft:
    """Everything of a job but its customers."""
    return Draft(action=job.action_name, cluster=job.cluster, reason=job.reason or "", channel=job.channel_id)
