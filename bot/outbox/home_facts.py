"""What the rows say about a person when their home is drawn."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.views.home import BATCHES, LAST, RUNNING, WAITING, Page, Picture
from store import batches, homes, jobs
from store.clock import read_now
from store.home_model import Home
from store.home_tables import LIVE
from store.model import Operator


@dataclass(frozen=True, slots=True)
class Facts:
    """A home as it was published last, and what it would show now."""

    home: Home
    page: Page
    now: datetime


def read(conn: Connection, person: Operator) -> Facts:
    """Read all of it in one transaction."""
    home = homes.get(conn, person)
    running = homes.live(conn, person, RUNNING + 1)
    newest = jobs.list_own(conn, person, limit=LAST + RUNNING + 2)
    mine = batches.list_own(conn, person, limit=BATCHES + 1)
    picture = Picture(home.picture_file, home.picture_words or "") if home.picture_file else None
    page = Page(
        homes.waiting(conn, person, WAITING + 1),
        running,
        [job for job in newest if job.state not in LIVE][: LAST + 1],
        [(batch, next(iter(batches.jobs_on(conn, batch, 1)), None)) for batch in mine],
        home.notify,
        picture,
    )
    return Facts(home, page, read_now(conn))
