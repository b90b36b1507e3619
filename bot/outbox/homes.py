"""People's App Homes: drawn from the rows when something of theirs has changed, published if it is new.

The record tells whose home a change concerns, so nothing has to remember it; after a start everybody's is
looked at, and a digest of what was published last keeps a home from being published twice.
"""

import asyncio
import hashlib
import json
from dataclasses import replace

import structlog
from slack_sdk.models.views import View
from sqlalchemy import Connection

from bot.loops import TAKEN_S, Loop, UnderWay
from bot.outbox import last_look
from bot.outbox.home_facts import Facts, read
from bot.outbox.last_look import OutOfTurn
from bot.outbox.slack import Later, Replaced, Undelivered
from bot.outbox.voice import Voice, Voices
from bot.turns import Turns
from bot.views.home import Page, home
from store import homes
from store.database import Database
from store.model import Operator

LOOK_EVERY_S = 0.5  # at most: of a burst of changes people see the last
BUSY_S = 10.0  # until Slack is asked again that could not do it, and did not say when

log = structlog.get_logger()


class Homes:
    """Keeps everybody's home fresh, one at a time, within Slack's limits."""

    def __init__(self, db: Database, turns: Turns, voices: Voices) -> None:
        self._db = db
        self._turns = turns
        self._voices = voices
        self._seen: int | None = None  # how far the record was read
        self._due: dict[Operator, float] = {}  # whose home is to be looked at, and when at the earliest
        self._drawing = UnderWay()
        self._loop = Loop(turns, homes.TOPIC, self._refresh, rest_s=LOOK_EVERY_S)

    async def run(self) -> None:
        """Refresh until `stop`. What is cut off is seen at the next start."""
        await self._loop.run()

    def stop(self) -> None:
        """Begin no further home."""
        self._loop.stop()

    async def drain(self, within_s: float) -> None:
        """Let a picture that is being drawn end."""
        await self._drawing.drain(within_s)

    async def _refresh(self) -> float | None:
        clock = asyncio.get_running_loop().time
        self._seen, found = await self._db.short.read(homes.concerned, self._seen)
        for person in found:
            self._due.setdefault(person, 0.0)
        for person, due in list(self._due.items()):
            if due > clock() or self._loop.stopping:
                continue
            if not await self._turns.take(homes.TOPIC):
                return TAKEN_S
            self._due[person] = clock() + BUSY_S  # one that cannot be drawn must not hold up the others
            if wait := await self._one(person):
                self._due[person] = clock() + wait
            else:
                del self._due[person]
        return min((max(0.0, due - clock()) for due in self._due.values()), default=None)

    async def _one(self, person: Operator) -> float:
        """Publish a person's home if it looks different; seconds until it is to be looked at again, or 0."""
        last_look.lease.set(self._turns.lease())
        voice = await self._voices.of(person.enterprise_id, person.team_id)
        if voice is None:
            return 0.0  # where the bot is not installed nobody has a home
        facts = await self._db.read(read, person)
        view = _draw(facts.page, voice)
        if digest_of(view) == facts.home.digest:
            if facts.home.asked != facts.home.answered:
                await self._db.write(homes.published, facts.home, facts.home.digest, facts.home.hash)
        elif wait := voice.pace.home(str(person)) or await self._publish(voice, facts, view):
            return wait
        if voice.pictures and voice.pictures.due(facts):
            self._drawing.start_alone(voice.pictures.renew(facts))
        return 0.0

    async def _publish(self, voice: Voice, facts: Facts, view: View) -> float:
        user, was = facts.home.operator.user_id, facts.home
        view_hash: str | None
        try:
            view_hash = await voice.slack.publish(user, view, was.hash)
        except Replaced:
            log.info("set_action.home_replaced")
            await self._db.write(homes.forgotten, was)
            return 0.01
        except Later as exc:
            log.warning("set_action.home_later", error=str(exc))
            return exc.seconds or BUSY_S
        except OutOfTurn:
            return TAKEN_S
        except Undelivered as exc:
            if facts.page.picture:  # Slack may have lost the file, or not be done with it
                log.warning("set_action.home_without_picture", error=str(exc))
                plain = replace(facts, page=replace(facts.page, picture=None))
                await self._db.write(_picture_lost, was.operator)
                return await self._publish(voice, plain, _draw(plain.page, voice))
            log.exception("set_action.home_refused", error=str(exc))
            view_hash = was.hash
        await self._db.write(homes.published, was, digest_of(view), view_hash)
        return 0.0


def _draw(page: Page, voice: Voice) -> View:
    return home(page, voice.words.names, voice.words.workspace)


def _picture_lost(conn: Connection, person: Operator) -> None:
    homes.changed(conn, person, picture_file=None, picture_digest=None)


def digest_of(view: View) -> str:
    """Stands for exactly what a view shows."""
    shown = json.dumps(view.to_dict(), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(shown.encode()).hexdigest()[:16]
