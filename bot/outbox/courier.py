"""Delivering the outbox: in order for each thread, results before progress, until Slack has it."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

import structlog
from sqlalchemy import Connection

from bot.loops import Loop, finished, report, until_stored
from bot.outbox import drawing
from bot.outbox.drawing import Facts
from bot.outbox.slack import Gone, Later, NoPlace, Slack, Undelivered
from bot.outbox.whispers import Whispers
from bot.turns import Bell
from bot.views import thread
from bot.views.message import Message
from store import audit, jobs, outbox
from store.audit import Event
from store.database import Database
from store.model import JobState, Note, OutboxItem

AT_ONCE = 8  # jobs told about at the same time
BETWEEN_UPDATES_S = 1.5  # of one card while its job runs
LONGEST_PAUSE_S = 60.0
IN_MESSAGE = thread.SHOWN  # up to so many refused customers the message itself names them: no file

log = structlog.get_logger()


class Courier:
    """Takes what is due from the outbox, one item a job at a time, and tells Slack."""

    def __init__(
        self,
        db: Database,
        bell: Bell,
        slack: Slack,
        whispers: Whispers,
        names: Mapping[str, str],
        bot_user_id: str,
    ) -> None:
        self._db = db
        self._bell = bell
        self._slack = slack
        self._whispers = whispers
        self._names = names
        self._bot_user_id = bot_user_id
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._updated: dict[int, float] = {}
        self._idle = asyncio.Event()
        self._loop = Loop(bell, outbox.TOPIC, self._deliver_due)

    async def run(self) -> None:
        """Deliver until `stop`."""
        await self._loop.run()

    async def finish(self, within_s: float) -> None:
        """Deliver what is due now, then stop; what is left or cut off stays in the outbox."""
        self._idle.clear()
        self._bell.ring(outbox.TOPIC)
        try:
            async with asyncio.timeout(within_s):
                await self._idle.wait()
        except TimeoutError:
            log.warning("set_action.outbox_left")
        self._loop.stop()
        await finished(set(self._busy.values()), 0)

    async def _deliver_due(self) -> float | None:
        # Asked first: what falls due between the two questions is in the second one's answer.
        next_due = await self._db.read(outbox.next_due)
        due = await self._db.read(outbox.due, AT_ONCE * 4)
        if not due and not self._busy:
            self._idle.set()
        for item in due:
            if len(self._busy) >= AT_ONCE:
                return None  # whoever ends rings
            if item.job_id not in self._busy:
                task = asyncio.create_task(self._deliver(item), name=f"outbox {item.id}")
                self._busy[item.job_id] = task
                task.add_done_callback(partial(self._ended, item.job_id))
        return next_due

    def _ended(self, job_id: int, task: asyncio.Task[None]) -> None:
        del self._busy[job_id]
        # What could not even be drawn is not tried again at once, over and over: the sweep comes soon enough.
        if not report(task):
            self._bell.ring(outbox.TOPIC)

    async def _deliver(self, item: OutboxItem) -> None:
        facts = await self._db.read(drawing.read, item)
        if facts is None:
            return
        item = facts.item
        try:
            done = await self._tell(facts)
        except Later as exc:
            pause = exc.seconds or min(2.0 ** min(item.attempts, 6), LONGEST_PAUSE_S)
            log.warning("set_action.slack_later", note=item.note, error=str(exc), again_in=pause)
            done = partial(outbox.postpone, item=item, seconds=pause, attempts=item.attempts + 1)
        except Undelivered as exc:
            log.warning("set_action.slack_refused", note=item.note, error=str(exc))
            done = partial(outbox.delivered, item=item)
        await until_stored(lambda: self._db.write(done))

    async def _tell(self, facts: Facts) -> Callable[[Connection], None]:
        """Tell Slack; what to write down afterwards."""
        job, item = facts.job, facts.item
        if item.note is Note.CARD:
            return await self._card(facts)
        if item.note is Note.CANNOT_POST:
            message = self._draw(facts)
            if not await self._whispers.answer(job.uuid, message):
                await self._slack.post(job.operator.user_id, message, item=item.id)
        else:
            await self._in_thread(facts)
        return partial(outbox.delivered, item=item)

    async def _card(self, facts: Facts) -> Callable[[Connection], None]:
        job, item = facts.job, facts.item
        if job.card_ts is None:
            try:
                _, ts = await self._slack.post(job.channel_id, self._draw(facts), item=item.id)
            except NoPlace as exc:
                return partial(_nowhere, facts=facts, error=exc.code)
            return partial(_posted, facts=facts, ts=ts)
        wait = self._too_soon(facts)
        if wait > 0:
            return partial(outbox.put_off, item=item, seconds=wait)
        await self._slack.update(job.channel_id, job.card_ts, self._draw(facts))
        return partial(outbox.delivered, item=item)

    def _too_soon(self, facts: Facts) -> float:
        """Seconds a running job's card must wait for its next update; its last one never waits."""
        now, job = asyncio.get_running_loop().time(), facts.job
        if job.state not in (JobState.CONFIRMED, JobState.RUNNING):
            self._updated.pop(job.id, None)
            return 0.0
        wait = self._updated.get(job.id, 0.0) + BETWEEN_UPDATES_S - now
        if wait <= 0:
            self._updated[job.id] = now
        return wait

    async def _in_thread(self, facts: Facts) -> None:
        job, item = facts.job, facts.item
        if item.note is Note.REFUSED_CSV and len(facts.refused) <= IN_MESSAGE:
            return
        try:
            if job.card_ts is None:
                raise NoPlace("card_not_posted")
            if item.note is Note.REFUSED_CSV:
                await self._upload(facts, job.channel_id, job.card_ts)
            else:
                await self._slack.post(job.channel_id, self._draw(facts), thread=job.card_ts, item=item.id)
        except (NoPlace, Gone):
            # The thread is closed to us; the requester must hear of it all the same.
            channel, ts = await self._slack.post(job.operator.user_id, self._draw(facts), item=item.id)
            if item.note is Note.REFUSED_CSV:
                await self._upload(facts, channel, ts)

    async def _upload(self, facts: Facts, channel: str, parent: str) -> None:
        await self._slack.upload(
            channel,
            parent,
            f"refused-{facts.job.short_id}.csv",
            self._draw(facts).text,
            thread.refused_csv(facts.refused),
        )

    def _draw(self, facts: Facts) -> Message:
        return drawing.draw(facts, self._names, self._bot_user_id)


def _posted(conn: Connection, facts: Facts, ts: str) -> None:
    jobs.card_posted(conn, facts.job.id, facts.job.channel_id, ts)
    outbox.delivered(conn, facts.item)


def _nowhere(conn: Connection, facts: Facts, error: str) -> None:
    """There is no place for the card, so nobody can confirm it: put it away and tell the requester."""
    job = facts.job
    outbox.drop(conn, job.id)
    if jobs.cancel(conn, job, None):
        audit.append(conn, Event.NOT_POSTED, job=job.uuid, cluster=job.cluster, detail={"error": error})
        outbox.add(conn, job.id, Note.CANNOT_POST, error=error)
