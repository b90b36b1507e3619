"""Queries about where the bot is installed, and about logins under way. Never commit."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta

from sqlalchemy import Connection, case, delete, select, update

from store import audit, parking
from store.audit import Event
from store.clock import EPOCH, read_now
from store.database import upsert
from store.installation_model import Installation
from store.installation_tables import installations, oauth_states
from store.units import ring

TOPIC = "installations"


def find(conn: Connection, enterprise_id: str, team_id: str) -> Installation | None:
    """Where the bot is installed for people of this workspace: there itself, else in its organisation."""
    of_team = (installations.c.id == team_id) & (installations.c.enterprise_id == enterprise_id)
    of_organisation = (installations.c.id == enterprise_id) & (installations.c.id != "")
    query = (
        select(installations)
        .where(of_team | of_organisation)
        .order_by(case((installations.c.id == team_id, 0), else_=1))
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return Installation(**row._asdict()) if row else None


def every(conn: Connection) -> Sequence[Installation]:
    """All there are."""
    return [Installation(**row._asdict()) for row in conn.execute(select(installations))]


def save(conn: Connection, one: Installation) -> None:
    """Keep it, in place of an older one; what waited to be told there is told from now on."""
    values = asdict(one)
    row = upsert(conn, installations).values(**values)
    conn.execute(row.on_conflict_do_update(index_elements=[installations.c.id], set_=values))
    parking.unpark(conn, one.enterprise_id, one.team_id)
    detail = {"workspace": one.id, "enterprise": one.enterprise_id, "scopes": one.scopes}
    actor = "/".join(filter(None, (one.enterprise_id, one.team_id, one.installed_by)))
    audit.append(conn, Event.INSTALLED, actor=actor, detail=detail)
    ring(conn, TOPIC)


def remove(conn: Connection, one: Installation, why: str) -> None:
    """Forget an installation, unless it was replaced meanwhile."""
    gone = conn.execute(
        delete(installations).where(installations.c.id == one.id, installations.c.token == one.token)
    )
    if gone.rowcount:
        audit.append(conn, Event.UNINSTALLED, detail={"workspace": one.id, "why": why})


def resealed(conn: Connection, one: Installation, token: str) -> None:
    """The same token under another key, unless the installation was replaced meanwhile."""
    conn.execute(
        update(installations)
        .where(installations.c.id == one.id, installations.c.token == one.token)
        .values(token=token)
    )


def to_check(conn: Connection, every: timedelta) -> Sequence[Installation]:
    """Those that Slack was not asked about for so long, the longest first."""
    since = read_now(conn) - every
    query = select(installations).where(installations.c.checked_at < since)
    return [Installation(**row._asdict()) for row in conn.execute(query.order_by(installations.c.checked_at))]


def checked(conn: Connection, one: Installation, values: Mapping[str, str]) -> None:
    """Slack was asked about it just now; `values` as it told them, where it did."""
    conn.execute(
        update(installations)
        .where(installations.c.id == one.id, installations.c.token == one.token)
        .values(checked_at=read_now(conn), **values)
    )
    if values:
        parking.unpark(conn, one.enterprise_id, one.team_id)


def doubt(conn: Connection, workspace: str) -> None:
    """Have Slack asked about an installation at once."""
    conn.execute(update(installations).where(installations.c.id == workspace).values(checked_at=EPOCH))
    ring(conn, TOPIC)


def issue(conn: Connection, digest: str, lasts: timedelta) -> None:
    """A login begins; what never ended is forgotten."""
    now = read_now(conn)
    conn.execute(delete(oauth_states).where(oauth_states.c.expires_at < now))
    conn.execute(oauth_states.insert().values(digest=digest, expires_at=now + lasts))


def consume(conn: Connection, digest: str) -> bool:
    """Whether this login was begun here and is neither over nor too old; from now on it is over."""
    gone = conn.execute(
        delete(oauth_states).where(
            oauth_states.c.digest == digest, oauth_states.c.expires_at >= read_now(conn)
        )
    )
    return gone.rowcount == 1
