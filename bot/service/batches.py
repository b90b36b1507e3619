"""Batches that are there: assigned by whoever administers their cluster, run by whom they are assigned to."""

from collections.abc import Collection
from uuid import UUID

import structlog
from sqlalchemy import Connection

from bot.batch_text import BatchRequest
from bot.errors import InvalidRequest, NoLongerPossible, SetActionError
from bot.parsing import Request, UnusableText
from bot.service.administrators import Administrators, record_assigned
from bot.service.proposals import Origin, Proposals
from store import batches
from store.batch_model import Batch
from store.database import Database
from store.model import Job, Operator

log = structlog.get_logger()


class Batches:
    """Assigns and runs batches. `clusters` are the keys of those configured."""

    def __init__(
        self, db: Database, administrators: Administrators, proposals: Proposals, clusters: Collection[str]
    ) -> None:
        self._db = db
        self._administrators = administrators
        self._proposals = proposals
        self._clusters = clusters

    async def to_assign(self, operator: Operator, code: str) -> Batch:
        """The batch, for somebody who may say who is to run it. Raises NotAllowed, InvalidRequest."""
        batch = await self._db.read(_known, operator, code)
        await self._administrators.check(operator, batch.cluster, {"what": "assign", "batch": code})
        return batch

    async def assign(self, operator: Operator, code: str, seen: str | None, to: str | None) -> Batch:
        """Have `to` run the batch, if it still is with whom the asker saw it (None is nobody).

        Raises NotAllowed, InvalidRequest, NoLongerPossible, StoreError.
        """
        await self.to_assign(operator, code)
        batch = await self._db.write(_assign, operator, code, seen, to)
        if batch is None:
            raise NoLongerPossible(
                f"Somebody else has just assigned batch {code} to another person. Close this and look again."
            )
        log.info("set_action.batch_assigned", user=str(operator), cluster=batch.cluster, batch=code)
        return batch

    async def unable(self, operator: Operator, batch: Batch) -> tuple[str, ...]:
        """Whoever is to run the batch, if no rule lets them ask for anything on its cluster."""
        people = [batch.assigned_to] if batch.assigned_to else []
        return await self._administrators.unable(operator, batch.cluster, people)

    async def refuse(self, operator: Operator, mistake: UnusableText) -> None:
        """Put a request for a batch that could not be understood on the record."""
        await self._proposals.refuse(operator, mistake, mistake.action, mistake.cluster, mistake.count)

    async def run(
        self, operator: Operator, asked: BatchRequest, *, proposal_id: UUID, request_key: str, channel_id: str
    ) -> Job | None:
        """Ask for an action on a batch: a card with its customers. Raises as `Proposals.propose`."""
        try:
            batch = await self._db.read(_known, operator, asked.code, asked.typed)
            self._check_place(asked, batch)
            await self._administrators.check_runner(operator, batch)
        except SetActionError as refusal:
            await self._proposals.refuse(operator, refusal, asked.action.name, asked.cluster, 0)
            raise
        cids = tuple(await self._db.read(batches.customers, batch))
        return await self._proposals.propose(
            operator,
            Request(asked.action, batch.cluster, cids, 0, asked.reason, asked.at),
            proposal_id=proposal_id,
            request_key=request_key,
            channel_id=channel_id,
            origin=Origin(batch_id=batch.id),
        )

    def _check_place(self, asked: BatchRequest, batch: Batch) -> None:
        if asked.cluster not in (None, batch.cluster):
            raise InvalidRequest(
                [f"Batch {batch.code} is for {batch.cluster}, not {asked.cluster}. Leave the cluster out."]
            )
        if batch.cluster not in self._clusters:
            raise InvalidRequest(
                [f"Batch {batch.code} is for {batch.cluster}, which is not configured here any more."]
            )


def _known(conn: Connection, operator: Operator, code: str, typed: str = "") -> Batch:
    batch = batches.find(conn, operator, code)
    if batch is None:
        raise InvalidRequest([f"There is no batch {typed or code} here. /set-action batches lists yours."])
    return batch


def _assign(
    conn: Connection, operator: Operator, code: str, seen: str | None, to: str | None
) -> Batch | None:
    batch = _known(conn, operator, code)
    if batch.assigned_to == to:
        return batch  # already: delivered twice, or committed before the connection was lost
    if batch.assigned_to != seen or not batches.assign(conn, batch, to):
        return None
    record_assigned(conn, operator, [batch], to, before=seen)
    return _known(conn, operator, code)
