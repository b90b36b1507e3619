"""Delivering the outbox: in order for each thread, results before progress, until Slack has it."""

import asyncio
from functools import partial

import structlog

from bot.loops import TAKEN_S, Loop, finished, report, until_stored
from bot.outbox import drawing, last_look
from bot.outbox.last_look import OutOfTurn
from bot.outbox.slack import Later, Undelivered
from bot.outbox.voice import Voice, Voices
from bot.turns import Lease, Turns
from store import outbox
from store.database import Database
from store.model import JobState
from store.outbox_model import ASIDE, Note, OutboxItem

AT_ONCE = 8  # jobs told about at the same time
LOOKED_AT = 500  # items, so that one crowded channel does not hide the others
LONGEST_PAUSE_S = 60.0
REST_S = 5.0  # for a job whose message could not even be drawn
MOVING = frozenset({JobState.CONFIRMED, JobState.RUNNING})  # a job in these shows progress on its card

# A job's id or a batch's, whether it is the card's updates or messages, and what is said aside by itself.
Strand = tuple[int | None, int | None, bool, Note | None]

log = structlog.get_logger()


class Courier:
    """Takes what is due from the outbox, in order, within Slack's limits, and has it told.

    Of each job one message at a time is under way, and beside it one update of its card: that one may be
    slow, and a result does not wait for it. A message is posted at most once: posting begins with a mark in
    the database, and a message that bears the mark of somebody who did not come back is looked for in Slack
    first.
    """

    def __init__(self, db: Database, turns: Turns, voices: Voices) -> None:
        self._db = db
        self._turns = turns
        self._voices = voices
        self._busy: dict[Strand, asyncio.Task[None]] = {}
        self._resting: set[Strand] = set()
        self._idle = asyncio.Event()
        self._loop = Loop(turns, outbox.TOPIC, self._deliver_due, busy=lambda: bool(self._busy))

    async def run(self) -> None:
        """Deliver until `stop`."""
        await self._loop.run()

    async def finish(self, within_s: float) -> None:
        """Deliver what is due now, then stop; what is left or cut off stays in the outbox."""
        if await self._turns.take(outbox.TOPIC):  # otherwise another replica delivers
            self._idle.clear()
            self._turns.bell.ring(outbox.TOPIC)
            try:
                async with asyncio.timeout(within_s):
                    await self._idle.wait()
            except TimeoutError:
                log.warning("set_action.outbox_left")
        self._loop.stop()
        await finished(set(self._busy.values()), 0)
        await self._turns.give(outbox.TOPIC)

    async def _deliver_due(self) -> float | None:
        due, wait = await self._db.read(outbox.look, LOOKED_AT)
        if not due and not self._busy:
            self._idle.set()
        heard: dict[tuple[str, str], Voice | None] = {}  # each workspace is asked for once
        for item in due:
            if not await self._turns.take(outbox.TOPIC):
                return TAKEN_S  # lost half way, by freezing perhaps: another replica tells these
            if len(self._busy) >= AT_ONCE:
                return None  # whoever ends rings
            strand = (item.job_id, item.batch_id, item.is_update, item.note if item.note in ASIDE else None)
            if strand in self._busy or strand in self._resting:
                continue
            if item.note is Note.PICTURE and self._drawing():
                continue  # whoever ends rings
            place = (item.enterprise_id, item.team_id)
            if place not in heard:
                heard[place] = await self._voices.of(*place)
            voice = heard[place]
            if voice is None:
                await self._park(item)
                continue
            if pause := _leave(voice, item):
                wait = pause if wait is None else min(wait, pause)
                continue
            task = asyncio.create_task(
                self._deliver(item, voice, self._turns.lease()), name=f"outbox {item.id}"
            )
            self._busy[strand] = task
            task.add_done_callback(partial(self._ended, strand))
        return wait

    def _drawing(self) -> bool:
        """One picture at a time: drawing takes seconds, and results need the room."""
        return any(aside is Note.PICTURE for *_, aside in self._busy)

    async def _park(self, item: OutboxItem) -> None:
        """Nobody can be told there: it waits until the bot is installed there (again)."""
        log.warning("set_action.nowhere_to_tell", note=item.note, team=item.team_id)
        await self._db.write(outbox.park, item)
        if await self._voices.of(item.enterprise_id, item.team_id):  # installed at this very moment
            await self._db.write(outbox.unpark, item.enterprise_id, item.team_id)

    def _ended(self, strand: Strand, task: asyncio.Task[None]) -> None:
        del self._busy[strand]
        if report(task):
            # Tried again at once, over and over, it would use up its channel's leave to speak.
            self._resting.add(strand)
            asyncio.get_running_loop().call_later(REST_S, self._resting.discard, strand)
        self._turns.bell.ring(outbox.TOPIC)

    async def _deliver(self, listed: OutboxItem, voice: Voice, lease: Lease) -> None:
        last_look.lease.set(lease)
        if listed.is_update:
            facts = await self._db.read(drawing.read, listed)
        else:
            facts = await self._db.write(drawing.begin, listed)
        if facts is None:
            return  # told by now
        item = facts.item
        try:
            done = await voice.teller.tell(facts)
        except Later as exc:
            pause = exc.seconds or min(2.0 ** min(item.attempts, 6), LONGEST_PAUSE_S)
            log.warning("set_action.slack_later", note=item.note, error=str(exc), again_in=pause)
            done = partial(
                outbox.postpone,
                item=item,
                seconds=pause,
                attempts=item.attempts + 1,
                doubtful=item.doubtful or exc.doubtful,
            )
        except OutOfTurn:
            log.warning("set_action.out_of_turn", note=item.note)
            return  # another replica may be telling it; if not, it is looked for and told again
        except Undelivered as exc:
            log.warning("set_action.slack_refused", note=item.note, error=str(exc))
            done = partial(outbox.delivered, item=item)
        await until_stored(lambda: self._db.write(done))


def _leave(voice: Voice, item: OutboxItem) -> float:
    if item.is_update and item.job_id:
        return voice.pace.update(item.job_id, ended=item.job_state not in MOVING)
    return voice.pace.post(item.channel_id)
