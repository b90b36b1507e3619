"""The picture on a home: a person's last thirty days, drawn again when their jobs changed, hourly at most."""

import hashlib
import json
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from bot.outbox.home_facts import Facts
from bot.outbox.painter import Painter
from bot.outbox.slack import Slack, Undelivered
from bot.views.pictures import Month, month
from store import homes, jobs
from store.database import Database
from store.home_model import Home
from store.model import Job, Operator

APART = timedelta(hours=1)
TITLE = "Your last 30 days"
MOST = 2_000  # jobs read for it, the newest: a person with more has the days of those

log = structlog.get_logger()


class HomePictures:
    """Draws and uploads; the home then shows it, once somebody looks at it again."""

    def __init__(self, db: Database, slack: Slack, painter: Painter) -> None:
        self._db = db
        self._slack = slack
        self._painter = painter

    def due(self, facts: Facts) -> bool:
        """Whether it is time to see if there is something new to draw."""
        drawn = facts.home.picture_at
        return bool(facts.page.last) and (drawn is None or facts.now - drawn >= APART)

    async def renew(self, facts: Facts) -> None:
        """Draw the person's month and have their home looked at, unless the picture shows just that."""
        home = facts.home
        found = await self._db.write(_claim, home)
        shown = month(found, facts.now.date()) if found is not None else None
        if shown is None or (digest := _digest(shown)) == home.picture_digest:
            return
        png = await self._painter.paint(shown.asked)
        if png is None:
            return
        try:
            file = await self._slack.upload("last-30-days.png", TITLE, png, words=shown.words)
        except Undelivered as exc:
            log.warning("set_action.picture_not_uploaded", error=str(exc))
            return
        await self._db.write(_keep, home.operator, file, digest, shown.words)


def _claim(conn: Connection, home: Home) -> list[Job] | None:
    if not homes.claim_picture(conn, home):
        return None
    return list(jobs.list_own(conn, home.operator, limit=MOST))


def _keep(conn: Connection, person: Operator, file: str, digest: str, words: str) -> None:
    homes.changed(conn, person, picture_file=file, picture_digest=digest, picture_words=words)


def _digest(shown: Month) -> str:
    return hashlib.sha256(json.dumps(shown.asked, sort_keys=True).encode()).hexdigest()[:16]
