"""Telling one item: where it goes, what to do when that place is closed, what to write down afterwards."""

from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection

from bot.outbox import assignments, drawing
from bot.outbox.assignments import Assignment
from bot.outbox.drawing import Facts, Words
from bot.outbox.slack import Gone, NoPlace, Slack
from bot.outbox.whispers import Whispers
from bot.views.files import File
from bot.views.message import Message
from store import approvals, audit, jobs, outbox
from store.audit import Event
from store.outbox_model import Note, OutboxItem

FILES = frozenset({Note.REFUSED_CSV, Note.CUSTOMERS_CSV, Note.STRAGGLERS_CSV})

Done = Callable[[Connection], object]


class Teller:
    """Tells Slack what an item of the outbox stands for. Raises what `Slack` raises."""

    def __init__(self, slack: Slack, whispers: Whispers, words: Words) -> None:
        self._slack = slack
        self._whispers = whispers
        self._words = words

    async def tell(self, facts: Facts | Assignment) -> Done:
        """Tell Slack; what to write down afterwards."""
        if isinstance(facts, Assignment):
            message = assignments.draw(facts, self._words.names)
            await self._slack.post(facts.item.channel_id, message, item=facts.item)
            return partial(outbox.delivered, item=facts.item)
        job, item = facts.job, facts.item
        if item.note is Note.CARD:
            return await self._card(facts)
        if item.note is Note.COPY:
            await self._slack.update(item.channel_id, str((item.detail or {})["ts"]), self._draw(facts))
            return partial(outbox.delivered, item=item)
        if item.note is Note.APPROVAL_DM:
            channel, ts = await self._slack.post(item.channel_id, self._draw(facts), item=item)
            return partial(_copied, facts=facts, channel=channel, ts=ts)
        if item.note is Note.CANNOT_POST:
            message = self._draw(facts)
            if not await self._whispers.answer(job.uuid, message):
                await self._slack.post(job.operator.user_id, message, item=item)
        else:
            await self._in_thread(facts)
        return partial(outbox.delivered, item=item)

    async def _card(self, facts: Facts) -> Done:
        job, item = facts.job, facts.item
        if job.card_ts is None:
            try:
                _, ts = await self._slack.post(job.channel_id, self._draw(facts), item=item)
            except NoPlace as exc:
                return partial(_nowhere, facts=facts, error=exc.code)
            return partial(_posted, facts=facts, ts=ts)
        await self._slack.update(job.channel_id, job.card_ts, self._draw(facts))
        return partial(outbox.delivered, item=item)

    async def _in_thread(self, facts: Facts) -> None:
        job, item = facts.job, facts.item
        file = drawing.file(facts, self._words) if item.note in FILES else None
        if item.note in FILES and file is None:
            return
        try:
            if job.card_ts is None:
                raise NoPlace("card_not_posted")
            if file:
                await self._upload(item, file, job.channel_id, job.card_ts)
            else:
                await self._slack.post(job.channel_id, self._draw(facts), thread=job.card_ts, item=item)
        except (NoPlace, Gone):
            # The thread is closed to us; the requester must hear of it all the same.
            channel, ts = await self._slack.post(job.operator.user_id, self._draw(facts), item=item)
            if file:
                await self._upload(item, file, channel, ts)

    async def _upload(self, item: OutboxItem, file: File, channel: str, parent: str) -> None:
        if item.doubtful and await self._slack.has_file(channel, parent, file.name):
            return
        await self._slack.upload(channel, parent, file.name, file.title, file.content)

    def _draw(self, facts: Facts) -> Message:
        return drawing.draw(facts, self._words)


def _posted(conn: Connection, facts: Facts, ts: str) -> None:
    jobs.card_posted(conn, facts.job.id, facts.job.channel_id, ts)
    outbox.delivered(conn, facts.item)


def _copied(conn: Connection, facts: Facts, channel: str, ts: str) -> None:
    """An approver has a copy of the card; what changed while it was posted is drawn again."""
    approvals.shown_to(conn, facts.job.id, channel, ts)
    outbox.delivered(conn, facts.item)
    if jobs.get(conn, facts.job.id) != facts.job:
        outbox.add(conn, facts.job.id, Note.COPY, to=channel, ts=ts)


def _nowhere(conn: Connection, facts: Facts, error: str) -> None:
    """There is no place for the card, so nobody can confirm it: put it away and tell the requester."""
    job = facts.job
    outbox.drop(conn, job.id)
    if jobs.cancel(conn, job, None):
        audit.append(conn, Event.NOT_POSTED, job=job.uuid, cluster=job.cluster, detail={"error": error})
        outbox.add(conn, job.id, Note.CANNOT_POST, error=error)
