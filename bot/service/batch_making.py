"""Making batches: a list of customers, cut into pieces of a size, each for somebody to run."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from bot.batch_codes import new_code
from bot.config import Cluster
from bot.draft import AttachedFile, BatchDraft
from bot.errors import InvalidRequest, NotAllowed
from bot.intake import csv_file
from bot.intake.ids import Taken, UnusableFile, told
from bot.parsing import clean_reason
from bot.service.administrators import Administrators, record_assigned
from bot.service.asking import Files
from store import audit, batches
from store.audit import Event
from store.batch_model import Batch
from store.batches import Making, Piece
from store.database import Database
from store.model import Operator

MOST = 2_000  # batches of one list
LONGEST_NAME = 80

log = structlog.get_logger()


class UnusableFields(InvalidRequest):
    """What is wrong with the form, by its fields: `name`, `size` and `file`."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(tuple(fields.values()))
        self.fields = dict(fields)


@dataclass(frozen=True, slots=True)
class _Order:
    """A list of customers to be cut into batches of `size`, given in turn to the people in `to`, if any.

    `request_key` is unique per request.
    """

    request_key: str
    cluster: str
    name: str
    size: int
    cids: Sequence[str]
    to: Sequence[str]


class BatchMaking:
    """Cuts lists into batches, for whoever administers the cluster."""

    def __init__(
        self,
        db: Database,
        administrators: Administrators,
        files: Files,
        clusters: Mapping[str, Cluster],
        id_pattern: re.Pattern[str],
    ) -> None:
        self._db = db
        self._administrators = administrators
        self._files = files
        self._clusters = clusters
        self._id_pattern = id_pattern

    async def administered(self, operator: Operator) -> tuple[str, ...]:
        """The clusters (keys) for which this person may make batches; NotAllowed when there is none."""
        keys = await self._administrators.clusters_of(operator)
        if not keys:
            refusal = NotAllowed(
                "No rule makes you an administrator of a cluster, so you cannot make batches. "
                "Ask the people who run this bot."
            )
            await self._administrators.refuse(operator, refusal, {"what": "make batches"}, None)
            raise refusal
        return keys

    async def make(
        self, operator: Operator, draft: BatchDraft, *, request_key: str
    ) -> tuple[Sequence[Batch], Taken]:
        """Cut the list and keep the batches, once however often it is asked for; with what the list held.

        Raises NotAllowed, UnusableFields, StoreError.
        """
        name, cluster = clean_reason(draft.name), draft.cluster or ""
        detail = {"what": "make batches", "name": name}
        await self._administrators.check(operator, cluster, detail)  # before their list is fetched
        problems: dict[str, str] = {}
        taken = await self._read(draft.file, problems)
        order = _Order(request_key, cluster, name, _number(draft.size), taken.cids if taken else (), draft.to)
        problems |= self._problems(order)
        if taken is None or problems:
            mistakes = UnusableFields(problems)
            found = {**detail, "customers": len(order.cids)}
            await self._administrators.refuse(operator, mistakes, found, cluster)
            raise mistakes
        made = await self._db.write(_make, operator, order)
        log.info(
            "set_action.batches_made",
            user=str(operator), cluster=cluster, batches=len(made), count=len(order.cids),
        )  # fmt: skip
        return made, taken

    async def unable(self, operator: Operator, made: Sequence[Batch]) -> tuple[str, ...]:
        """Of those who are to run these batches, whom no rule lets ask for anything on their cluster."""
        people = [batch.assigned_to for batch in made if batch.assigned_to]
        return await self._administrators.unable(operator, made[0].cluster, people)

    async def _read(self, file: AttachedFile | None, problems: dict[str, str]) -> Taken | None:
        """The customers of a list; people work by it, so no line is left out."""
        if file is None:
            problems["file"] = "Attach the list of customers as a CSV."
            return None
        try:
            async with self._files.content(file) as content:
                taken = await asyncio.to_thread(csv_file.read, content, id_pattern=self._id_pattern)
        except UnusableFile as mistake:
            problems["file"] = str(mistake)
            return None
        if taken.bad:
            problems["file"] = _bad_lines(taken)
        elif not taken.cids:
            problems["file"] = "There is no customer id in the file."
        return taken

    def _problems(self, order: _Order) -> Mapping[str, str]:
        """What is wrong but for the list itself."""
        most = self._clusters[order.cluster].max_customers
        problems = {}
        if not 0 < len(order.name) <= LONGEST_NAME:
            problems["name"] = f"A name has 1 to {LONGEST_NAME} characters that can be seen."
        if not 0 < order.size <= most:
            problems["size"] = f"A batch for {order.cluster} has 1 to {most:,} customers."
        elif (number := -(-len(order.cids) // order.size)) > MOST:
            problems["size"] = (
                f"The list would make {number:,} batches; {MOST:,} are the most. Choose a larger size."
            )
        return problems


def _number(typed: str) -> int:
    """Customers a batch; 0 where no whole number was typed."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 9 else 0


def _bad_lines(taken: Taken) -> str:
    number = len(taken.bad)
    noun = "line holds" if number == 1 else "lines hold"
    more = f"; and {number - 3:,} more" if number > 3 else ""
    return f"Nothing was made: {number:,} {noun} no customer id. Correct {told(taken.bad[:3])}{more}."


def _make(conn: Connection, operator: Operator, order: _Order) -> Sequence[Batch]:
    starts = range(0, len(order.cids), order.size)
    pieces = [
        Piece(code, order.to[part % len(order.to)] if order.to else None, order.cids[at : at + order.size])
        for part, (code, at) in enumerate(zip(_codes(conn, len(starts)), starts, strict=True))
    ]
    made = batches.make(conn, Making(order.request_key, operator, order.cluster, order.name, pieces))
    if made is None:
        return _made_before(conn, order)
    detail = {
        "name": order.name,
        "customers": len(order.cids),
        "size": order.size,
        "codes": [batch.code for batch in made],
    }
    audit.append(conn, Event.BATCHES_MADE, actor=operator, cluster=order.cluster, detail=detail)
    for person in dict.fromkeys(order.to):
        theirs = [batch for batch in made if batch.assigned_to == person]
        if theirs:
            record_assigned(conn, operator, theirs, person)
    return made


def _made_before(conn: Connection, order: _Order) -> Sequence[Batch]:
    """What this very form made when it was first submitted. Raises UnusableFields if it was changed since."""
    made = batches.made_before(conn, order.request_key)
    cids = [cid for batch in made for cid in batches.customers(conn, batch)]
    first = made[0]
    if (first.cluster, first.name, first.size, cids) != (
        order.cluster,
        order.name,
        min(order.size, len(order.cids)),
        list(order.cids),
    ):
        number = f"{len(made):,} {'batch' if len(made) == 1 else 'batches'}"
        words = (
            f"This form has made {number} of “{first.name}” already; they stay as they are, and the change "
            "made none. Close it and see /set-action batches; for other batches begin anew."
        )
        raise UnusableFields({"name": words})
    return made


def _codes(conn: Connection, number: int) -> Sequence[str]:
    codes: dict[str, None] = {}
    while len(codes) < number:
        fresh = [new_code() for _ in range(number - len(codes))]
        known = batches.taken(conn, fresh)
        codes |= dict.fromkeys(code for code in fresh if code not in known)
    return list(codes)
