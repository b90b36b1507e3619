"""Asking by form: every source of a draft is read, all together become one request, and that a card."""

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Protocol
from uuid import uuid4

from bot.catalogue import Catalogue
from bot.draft import AttachedFile, BadLines, Draft, Field, Mistakes
from bot.errors import InvalidRequest, NotAllowed, TooManyCustomers
from bot.intake import csv_file, paste
from bot.intake.ids import BadLine, Taken, UnusableFile, told
from bot.parsing import LONGEST_REASON, Request, clean_reason
from bot.service.proposals import Origin, Proposals
from bot.vocabulary import Vocabulary
from store import batches, customers, jobs
from store.batch_model import Batch
from store.database import Database
from store.model import Job, Operator, Source

NAMED = 3  # bad lines told at the field
HOLD_CUSTOMERS = frozenset({Field.CIDS, Field.KEPT, Field.FILES, Field.BATCH, Field.CLUSTER})
AT_ONCE = 5_000  # ids added in one step
SHORT = 60  # characters of a file's name that are shown


class Files(Protocol):
    """Fetches what people attach."""

    def content(self, file: AttachedFile) -> AbstractAsyncContextManager[IO[bytes]]:
        """The content, to be read while in the context. Raises UnusableFile."""
        ...


class Runners(Protocol):
    """Knows who may run which batch."""

    async def check_runner(self, operator: Operator, batch: Batch) -> None:
        """Raises NotAllowed."""
        ...


@dataclass
class _Gathered:
    """What the sources gave so far, in their order."""

    cids: dict[str, None] = field(default_factory=dict)
    duplicates: int = 0
    sources: list[Source] = field(default_factory=list)
    problems: dict[Field, list[str]] = field(default_factory=dict)
    bad: list[BadLines] = field(default_factory=list)
    brought: Counter[Field] = field(default_factory=Counter)
    batch_id: int | None = None

    async def add(
        self, at: Field, kind: str, cids: Sequence[str], *, duplicates: int = 0, name: str = "",
        column: str = "", remark: str = "",
    ) -> None:  # fmt: skip
        new = await asyncio.to_thread(self._join, cids)
        self.duplicates += duplicates + len(cids) - new
        self.sources.append(Source(kind, new, name, column, remark))
        self.brought[at] += new

    def _join(self, cids: Sequence[str]) -> int:
        """How many of them are new."""
        before = len(self.cids)
        for first in range(0, len(cids), AT_ONCE):  # the loop goes on in between
            self.cids.update(dict.fromkeys(cids[first : first + AT_ONCE]))
        return len(self.cids) - before

    def blame(self, at: Field, words: str) -> None:
        self.problems.setdefault(at, []).append(words)

    @property
    def most(self) -> Field:
        """The field that brought most of the customers."""
        return self.brought.most_common(1)[0][0]

    def mistakes(self) -> Mistakes:
        fields = {at: " ".join(words) for at, words in self.problems.items()}
        return Mistakes(fields, count=len(self.cids), bad=self.bad)


class Asking:
    """Turns a submitted form into a card."""

    def __init__(
        self,
        db: Database,
        proposals: Proposals,
        runners: Runners,
        files: Files,
        catalogue: Catalogue,
        clusters: Mapping[str, str],
        id_pattern: re.Pattern[str],
    ) -> None:
        self._db = db
        self._proposals = proposals
        self._runners = runners
        self._files = files
        self._catalogue = catalogue
        self._clusters = clusters
        self._id_pattern = id_pattern
        self._names = Vocabulary(catalogue, clusters)

    async def ask(self, operator: Operator, draft: Draft, *, request_key: str) -> Job | None:
        """Keep the draft as a card; None when this submission is a repeat. Refusals are recorded and raised.

        Raises Mistakes, NotAllowed, InvalidRequest, NoLongerPossible, StoreError.
        """
        action, cluster = draft.action, draft.cluster
        if action in self._catalogue.names and cluster and cluster in self._clusters:
            await self._proposals.check_rights(operator, action, cluster)
            gathered, closed = await asyncio.gather(
                self._gather(operator, draft), self._proposals.closed(draft.channel)
            )
            if closed:
                gathered.blame(Field.CHANNEL, closed)
        else:
            gathered = _Gathered()  # nothing is fetched for whoever cannot have been offered this
        if draft.start_at:
            await self._time(operator, draft.start_at, gathered)
        request = self._request(draft, gathered)
        if request is None or draft.channel is None:
            mistakes = gathered.mistakes()
            await self._proposals.refuse(operator, mistakes, draft.action, draft.cluster, mistakes.count)
            raise mistakes
        try:
            return await self._proposals.propose(
                operator,
                request,
                proposal_id=uuid4(),
                request_key=request_key,
                channel_id=draft.channel,
                origin=Origin(tuple(gathered.sources), draft.replaces, gathered.batch_id, form=True),
            )
        except TooManyCustomers as refusal:
            raise Mistakes({gathered.most: str(refusal)}, count=len(gathered.cids)) from refusal

    def _request(self, draft: Draft, gathered: _Gathered) -> Request | None:
        reason = clean_reason(draft.reason)
        if draft.action not in self._catalogue.names:
            gathered.blame(Field.ACTION, "Choose an action.")
        if draft.cluster not in self._clusters:
            gathered.blame(Field.CLUSTER, "Choose a cluster.")
        if draft.channel is None:
            gathered.blame(Field.CHANNEL, "Choose the channel for the card.")
        if len(reason) > LONGEST_REASON:
            gathered.blame(Field.REASON, f"The reason is too long; {LONGEST_REASON} characters are allowed.")
        if not gathered.cids and not HOLD_CUSTOMERS & gathered.problems.keys():
            gathered.blame(Field.CIDS, "Write customer ids here, or attach a CSV file with them.")
        if gathered.problems or draft.action is None or draft.cluster is None:
            return None
        action = self._catalogue[draft.action]
        return Request(
            action, draft.cluster, tuple(gathered.cids), gathered.duplicates, reason or None, draft.start_at
        )

    async def _gather(self, operator: Operator, draft: Draft) -> _Gathered:
        gathered = _Gathered()
        if draft.text.strip():
            await self._type(draft.text, gathered)
        if draft.source:
            await self._take_over(operator, draft, gathered)
        for file in draft.files:
            await self._read(file, gathered)
        if draft.batch:
            await self._unpack(operator, draft, draft.batch, gathered)
        return gathered

    async def _time(self, operator: Operator, start_at: datetime, gathered: _Gathered) -> None:
        try:
            await self._proposals.check_time(operator, start_at)
        except InvalidRequest as mistake:
            gathered.blame(Field.RUN_AT, str(mistake))

    async def _type(self, text: str, gathered: _Gathered) -> None:
        taken = await asyncio.to_thread(paste.read, text, id_pattern=self._id_pattern, names=self._names)
        await gathered.add(Field.CIDS, "form", taken.cids, duplicates=taken.duplicates, remark=taken.remark)
        if taken.bad:
            gathered.bad.append(BadLines(None, taken.bad))
            gathered.blame(Field.CIDS, _bad_words("Not every word here is a customer id", taken.bad))

    async def _take_over(self, operator: Operator, draft: Draft, gathered: _Gathered) -> None:
        job = await self._db.read(jobs.find, draft.source) if draft.source else None
        if job is None or job.operator != operator:
            gathered.blame(Field.KEPT, "The customers of that card are not known here any more; untick them.")
            return
        if draft.accepted_only:
            wanted: Sequence[str] = await self._db.read(customers.accepted, job.id)
        else:
            _, wanted = await self._db.read(batches.parted, job.id)
        await gathered.add(Field.KEPT, "card", wanted, name=job.short_id)

    async def _unpack(self, operator: Operator, draft: Draft, code: str, gathered: _Gathered) -> None:
        batch = await self._db.read(batches.find, operator, code)
        if batch is None:
            gathered.blame(Field.BATCH, f"There is no batch {code} here any more.")
            return
        try:
            await self._runners.check_runner(operator, batch)
        except NotAllowed as refusal:
            gathered.blame(Field.BATCH, str(refusal))
            return
        if draft.cluster != batch.cluster:
            gathered.blame(Field.CLUSTER, f"Batch {code} is for {batch.cluster}; choose that cluster.")
            return
        await gathered.add(Field.BATCH, "batch", await self._db.read(batches.customers, batch), name=code)
        gathered.batch_id = batch.id

    async def _read(self, file: AttachedFile, gathered: _Gathered) -> None:
        name = _short(file.name)
        at = Field.KEPT if file.kept else Field.FILES
        try:
            taken = await self._taken(file)
        except UnusableFile as problem:
            gathered.blame(at, f"{name}: {problem}")
            return
        column = taken.heading or (str(taken.column) if taken.column else "")
        await gathered.add(
            at, "file", taken.cids, duplicates=taken.duplicates, name=name,
            column="" if taken.remark else column, remark=taken.remark,
        )  # fmt: skip
        if taken.bad:
            gathered.bad.append(BadLines(name, taken.bad))
            gathered.blame(at, _bad_words(f"{name}: not every line has a customer id", taken.bad))

    async def _taken(self, file: AttachedFile) -> Taken:
        async with self._files.content(file) as content:
            return await asyncio.to_thread(csv_file.read, content, id_pattern=self._id_pattern)


def _short(name: str) -> str:
    shown = "".join(character for character in name if character.isprintable()) or "the file"
    return shown if len(shown) <= SHORT else f"{shown[: SHORT - 1]}…"


def _bad_words(head: str, bad: Sequence[BadLine]) -> str:
    more = len(bad) - NAMED
    if more <= 0:
        return f"{head}: {told(bad)}."
    first = told(bad[:NAMED])
    return f"{head}: {first}; and {more:,} more. I send you all {len(bad):,} as a CSV in a direct message."
