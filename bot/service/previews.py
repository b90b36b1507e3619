"""What can be done with a card before it is decided: read again, leave out or include, see everybody."""

from collections.abc import Callable

from sqlalchemy import Connection

from bot.errors import NoLongerPossible, SetActionError
from bot.service.cards import Press, open_card
from bot.service.clicks import or_raise
from store import audit, jobs, outbox, previews
from store.audit import Event
from store.database import Database
from store.model import Job, Preview
from store.outbox_model import Note

NOT_READ = NoLongerPossible("The customers' state is not known yet; the card will show it soon.")

Change = Callable[[Connection, Job], NoLongerPossible | None]


class Previews:
    """The card's own buttons besides its decision; only who asked may press them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def include(self, press: Press, *, wanted: bool) -> Job:
        """Send customers that are there already as well, or not. Raises NotAllowed, NoLongerPossible."""

        def change(conn: Connection, job: Job) -> NoLongerPossible | None:
            if job.preview is not Preview.READ:
                return NOT_READ
            if previews.include(conn, job, wanted):
                detail = {"already_there": "sent too" if wanted else "left out"}
                _changed(conn, job, press, detail)
            return None

        return await self._press("set_action.changed", press, change)

    async def read_again(self, press: Press) -> Job:
        """Have the cluster's state read once more. Raises NotAllowed, NoLongerPossible."""

        def change(conn: Connection, job: Job) -> None:
            previews.ask(conn, job)

        return await self._press("set_action.preview_asked", press, change)

    async def show_everybody(self, press: Press) -> Job:
        """Put the whole list into the card's thread, as a file. Raises NotAllowed, NoLongerPossible."""

        def change(conn: Connection, job: Job) -> NoLongerPossible | None:
            if job.preview is not Preview.READ:
                return NOT_READ
            outbox.add_once(conn, job.id, Note.CUSTOMERS_CSV)
            return None

        return await self._press("set_action.list_asked", press, change)

    async def _press(self, event: str, press: Press, change: Change) -> Job:
        def work(conn: Connection) -> Job | SetActionError:
            job = open_card(conn, press)
            if isinstance(job, SetActionError):
                return job
            if refusal := change(conn, job):
                return refusal
            outbox.add(conn, job.id, Note.CARD)
            return jobs.get(conn, job.id)

        return or_raise(event, await self._db.write(work))


def _changed(conn: Connection, job: Job, press: Press, detail: dict[str, str]) -> None:
    audit.append(conn, Event.CHANGED, actor=press.operator, job=job.uuid, cluster=job.cluster, detail=detail)
