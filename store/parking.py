"""What cannot be told: where the bot is not installed (any more) it waits, else it goes. Never commits."""

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, or_, update

from store.batch_tables import batches
from store.clock import now
from store.outbox import TOPIC
from store.outbox_model import OutboxItem
from store.tables import jobs, outbox
from store.units import ring


def park(conn: Connection, item: OutboxItem) -> None:
    """Nobody can be told in its workspace, where the bot is not installed: it waits for `unpark`."""
    conn.execute(update(outbox).where(outbox.c.id == item.id).values(parked=True))


def unpark(conn: Connection, enterprise_id: str, team_id: str) -> None:
    """The bot is installed there: what waited for it is due. Without a team: in all of an organisation."""

    def there(about: Table) -> list[ColumnElement[bool]]:
        of_team = [about.c.team_id == team_id] if team_id else []
        return [about.c.enterprise_id == enterprise_id, *of_team]

    its = or_(
        exists().where(jobs.c.id == outbox.c.job_id, *there(jobs)),
        exists().where(batches.c.id == outbox.c.batch_id, *there(batches)),
    )
    conn.execute(update(outbox).where(outbox.c.parked, its).values(parked=False, due_at=now()))
    ring(conn, TOPIC)


def drop(conn: Connection, job_id: int) -> None:
    """Forget everything still to be said about a job: there is no place to say it."""
    conn.execute(delete(outbox).where(outbox.c.job_id == job_id))
