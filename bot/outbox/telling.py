"""Telling one item: where it goes, what to do when that place is closed, what to write down afterwards."""

from collections.abc import Callable
from functools import partial

import structlog
from sqlalchemy import Connection

from bot.outbox import assignments, drawing
from bot.outbox.assignments import Assignment
from bot.outbox.drawing import Facts, Words
from bot.outbox.painter import Painter
from bot.outbox.slack import Gone, NoPlace, Slack
from bot.outbox.whispers import Whispers
from bot.views import pictures
from bot.views.files import File
from bot.views.message import Message
from store import approvals, audit, card_places, homes, jobs, outbox, parking, replacing
from store.audit import Event
from store.outbox_model import ASIDE, Note, OutboxItem

log = structlog.get_logger()

FILES = frozenset({Note.REFUSED_CSV, Note.CUSTOMERS_CSV, Note.STRAGGLERS_CSV})

Done = Callable[[Connection], object]


class Teller:
    """Tells Slack what an item of the outbox stands for. Raises what `Slack` raises."""

    def __init__(self, slack: Slack, whispers: Whispers, painter: Painter, words: Words) -> None:
        self._slack = slack
        self._painter = painter
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
        elif item.note in ASIDE:
            await self._aside(facts)
        else:
            await self._in_thread(facts)
        return partial(outbox.delivered, item=item)

    async def _aside(self, facts: Facts) -> None:
        """What nobody misses if there is no place for it: the thread has told it all."""
        item, job = facts.item, facts.job
        try:
            if item.note is Note.PICTURE:
                await self._picture(facts)
            else:
                await self._slack.post(item.channel_id, self._draw(facts), item=item)
        except (NoPlace, Gone) as exc:
            log.warning(
                "set_action.not_told_aside",
                note=item.note,
                job=job.uuid.hex,
                channel=item.channel_id,
                error=str(exc),
            )

    async def _picture(self, facts: Facts) -> None:
        job, item, course = facts.job, facts.item, facts.course
        if course is None or not course.steps or job.card_ts is None:
            return
        name = pictures.course_file(job)
        if item.doubtful and await self._slack.has_file(job.channel_id, job.card_ts, name):
            return
        png = await self._painter.paint(pictures.course_asked(job, self._words.name(job.cluster), course))
        if png is None:
            return
        title, words = pictures.course_title(job), pictures.course_words(job, course)
        await self._slack.upload(name, title, png, words=words, place=(job.channel_id, job.card_ts))

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
        # Of a card that has not changed, everybody may be asked for again: then it is there already.
        perhaps = item.doubtful or item.note is Note.CUSTOMERS_CSV
        if perhaps and await self._slack.has_file(channel, parent, file.name):
            return
        await self._slack.upload(file.name, file.title, file.content, place=(channel, parent))

    def _draw(self, facts: Facts) -> Message:
        return drawing.draw(facts, self._words)


def _posted(conn: Connection, facts: Facts, ts: str) -> None:
    card_places.posted(conn, facts.job.id, facts.job.channel_id, ts)
    replacing.finish(conn, facts.job)
    homes.changed(conn, facts.job.operator)  # which links to it
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
    parking.drop(conn, job.id)
    kept = replacing.undo(conn, job)
    if jobs.cancel(conn, job, None):
        audit.append(conn, Event.NOT_POSTED, job=job.uuid, cluster=job.cluster, detail={"error": error})
        outbox.add(conn, job.id, Note.CANNOT_POST, error=error, kept=int(kept))
        homes.changed(conn, job.operator)
