"""Telling one item: where it goes, what to do when that place is closed, what to write down afterwards."""

from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy import Connection

from bot.outbox import drawing
from bot.outbox.drawing import Facts
from bot.outbox.slack import Gone, NoPlace, Slack
from bot.outbox.whispers import Whispers
from bot.views import thread
from bot.views.message import Message
from store import audit, jobs, outbox
from store.audit import Event
from store.model import Note

IN_MESSAGE = thread.SHOWN  # up to so many refused customers the message itself names them: no file

Done = Callable[[Connection], object]


class Teller:
    """Tells Slack what an item of the outbox stands for. Raises what `Slack` raises."""

    def __init__(self, slack: Slack, whispers: Whispers, names: Mapping[str, str], bot_user_id: str) -> None:
        self._slack = slack
        self._whispers = whispers
        self._names = names
        self._bot_user_id = bot_user_id

    async def tell(self, facts: Facts) -> Done:
        """Tell Slack; what to write down afterwards."""
        job, item = facts.job, facts.item
        if item.note is Note.CARD:
            return await self._card(facts)
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
        if item.note is Note.REFUSED_CSV and len(facts.refused) <= IN_MESSAGE:
            return
        try:
            if job.card_ts is None:
                raise NoPlace("card_not_posted")
            if item.note is Note.REFUSED_CSV:
                await self._upload(facts, job.channel_id, job.card_ts)
            else:
                await self._slack.post(job.channel_id, self._draw(facts), thread=job.card_ts, item=item)
        except (NoPlace, Gone):
            # The thread is closed to us; the requester must hear of it all the same.
            channel, ts = await self._slack.post(job.operator.user_id, self._draw(facts), item=item)
            if item.note is Note.REFUSED_CSV:
                await self._upload(facts, channel, ts)

    async def _upload(self, facts: Facts, channel: str, parent: str) -> None:
        # The number is part of the name: after some were sent again the list may have grown, and is another.
        name = f"refused-{facts.job.short_id}-{len(facts.refused)}.csv"
        if facts.item.doubtful and await self._slack.has_file(channel, parent, name):
            return
        await self._slack.upload(
            channel, parent, name, self._draw(facts).text, thread.refused_csv(facts.refused)
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
