"""Delivering the outbox: in order for each thread, results before progress, until Slack has it."""

import asyncio
from functools import partial

import structlog
from sqlalchemy import Connection

from bot.loops import TAKEN_S, Loop, finished, report, until_stored
from bot.outbox import drawing, last_look
from bot.outbox.last_look import OutOfTurn
from bot.outbox.slack import Later, Undelivered
from bot.outbox.telling import Done
from bot.outbox.voice import Voice, Voices
from bot.turns import Turns
from store import following, outbox, parking
from store.database import Database
from store.model import JobState
from store.outbox_model import ASIDE, Note, OutboxItem

AT_ONCE = 32  # told at the same time; with room to spare, a look need not follow each
LOOKED_AT = 500  # items, so that one crowded channel does not hide the others
LONGEST_PAUSE_S = 60.0
# Before a card is drawn anew: what changes it goes on at once, as a confirmed job to its first request. Each
# such step shown by itself would be a call to Slack, whose limits are met by those first.
SETTLING_S = 0.05
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
        self._under_way: dict[Strand, tuple[int, int]] = {}  # the item and its revision
        self._missed: set[Strand] = set()  # something else was seen to be due there, perhaps too late for it
        self._crowded = False  # something due was left because there was no room
        self._idle = asyncio.Event()
        self._finishing = False
        self._loop = Loop(turns, outbox.TOPIC, self._deliver_due, busy=lambda: bool(self._busy))

    async def run(self) -> None:
        """Deliver until `stop`."""
        await self._loop.run()

    async def finish(self, within_s: float) -> None:
        """Deliver what is due now, then stop; what is left or cut off stays in the outbox."""
        if await self._turns.take(outbox.TOPIC):  # otherwise another replica delivers
            self._idle.clear()
            self._finishing = True
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
        due, wait = await self._db.short.read(outbox.look, LOOKED_AT)
        if not due and not self._busy:
            self._idle.set()
        self._crowded = False
        heard: dict[tuple[str, str], Voice | None] = {}  # each workspace is asked for once
        for item in due:
            if not await self._turns.take(outbox.TOPIC):
                return TAKEN_S  # lost half way, by freezing perhaps: another replica tells these
            if len(self._busy) >= AT_ONCE:
                self._crowded = True
                return None  # whoever ends rings
            strand = _strand(item)
            if strand in self._busy:
                # What it is at goes by itself; and what comes after that, it looks for afterwards.
                if self._under_way.get(strand) != (item.id, item.revision):
                    self._missed.add(strand)
                continue
            if strand in self._resting:
                continue
            if item.note is Note.PICTURE and self._drawing():
                self._crowded = True
                continue  # whoever ends rings
            place = (item.enterprise_id, item.team_id)
            if place not in heard:
                heard[place] = await self._voices.of(*place)
            voice = heard[place]
            if voice is None:
                await self._park(item)
                wait = 0.0  # there may be others behind those that were listed
                continue
            if pause := _leave(voice, item):
                wait = pause if wait is None else min(wait, pause)
                continue
            task = asyncio.create_task(self._tell(item, voice), name=f"outbox {item.id}")
            self._busy[strand] = task
            task.add_done_callback(partial(self._ended, strand))
        return wait

    def _drawing(self) -> bool:
        """One picture at a time: drawing takes seconds, and results need the room."""
        return any(aside is Note.PICTURE for *_, aside in self._busy)

    async def _park(self, item: OutboxItem) -> None:
        """Nobody can be told there: it waits until the bot is installed there (again)."""
        log.warning("set_action.nowhere_to_tell", note=item.note, team=item.team_id)
        await self._db.write(parking.park, item)
        if await self._voices.of(item.enterprise_id, item.team_id):  # installed at this very moment
            await self._db.write(parking.unpark, item.enterprise_id, item.team_id)

    def _ended(self, strand: Strand, task: asyncio.Task[None]) -> None:
        del self._busy[strand]
        self._under_way.pop(strand, None)
        if report(task):
            # Tried again at once, over and over, it would use up its channel's leave to speak.
            self._resting.add(strand)
            asyncio.get_running_loop().call_later(REST_S, self._rested, strand)
        if strand in self._missed or self._crowded or self._finishing:
            self._missed.discard(strand)
            self._turns.bell.ring(outbox.TOPIC)

    def _rested(self, strand: Strand) -> None:
        self._resting.discard(strand)
        self._turns.bell.ring(outbox.TOPIC)

    async def _tell(self, item: OutboxItem, voice: Voice) -> None:
        """Tell an item, and whatever falls due in its strand meanwhile."""
        strand = _strand(item)
        while following := await self._deliver(item, voice):
            item = following
            ours = _strand(item) == strand and await self._turns.take(outbox.TOPIC)
            if not ours or _leave(voice, item):
                self._missed.add(strand)  # the next look finds it, and for how long it has to wait
                return

    async def _deliver(self, listed: OutboxItem, voice: Voice) -> OutboxItem | None:
        """Tell one item; what is due next in its strand."""
        last_look.lease.set(self._turns.lease())
        if listed.is_update:
            await asyncio.sleep(SETTLING_S)
            facts = await self._db.short.read(drawing.read, listed)
        else:
            facts = await self._db.short.write(drawing.begin, listed)
        strand = _strand(listed)
        if facts is None:
            self._missed.add(strand)
            return None  # told by now
        item = facts.item
        self._under_way[strand] = item.id, item.revision
        looks_itself = item.job_id is not None and item.note not in ASIDE
        try:
            done = await voice.teller.tell(facts)
        except Later as exc:
            pause = exc.seconds or min(2.0 ** min(item.attempts, 6), LONGEST_PAUSE_S)
            log.warning("set_action.slack_later", note=item.note, error=str(exc), again_in=pause)
            looks_itself = False  # the next look finds for how long
            done = partial(
                outbox.postpone,
                item=item,
                seconds=pause,
                attempts=item.attempts + 1,
                doubtful=item.doubtful or exc.doubtful,
            )
        except OutOfTurn:
            log.warning("set_action.out_of_turn", note=item.note)
            self._missed.add(strand)
            return None  # another replica may be telling it; if not, it is looked for and told again
        except Undelivered as exc:
            log.warning("set_action.slack_refused", note=item.note, error=str(exc))
            done = partial(outbox.delivered, item=item)
        if not looks_itself:
            await until_stored(lambda: self._db.short.write_unflushed(done))
            self._missed.add(strand)
            return None
        if _strand(item) == strand:  # a card that turns out to be there has another: its click has told us
            self._missed.discard(strand)  # what was committed until now is found here
        return await until_stored(lambda: self._db.short.write_unflushed(_done, done, item))


def _done(conn: Connection, done: Done, item: OutboxItem) -> OutboxItem | None:
    """Write down what became of an item; what is due next in its strand."""
    done(conn)
    return following.after(conn, item)


def _strand(item: OutboxItem) -> Strand:
    return item.job_id, item.batch_id, item.is_update, item.note if item.note in ASIDE else None


def _leave(voice: Voice, item: OutboxItem) -> float:
    if item.is_update and item.job_id:
        return voice.pace.update(item.job_id, ended=item.job_state not in MOVING)
    return voice.pace.post(item.channel_id)
