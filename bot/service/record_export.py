"""Handing on the audit log of a period to somebody who may see it; that is put on the record too."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from bot.errors import InvalidRequest
from bot.service.others import Others
from store import audit, records
from store.audit import Event
from store.clock import read_now
from store.database import Database
from store.model import Operator
from store.records_model import Period, Record

MOST = 50_000  # rows in a file that is sent through Slack: some 20 MB
DEFAULT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Export:
    """The rows of a period; `clusters`: only of these, None for all there is."""

    rows: Sequence[Record]
    period: Period
    clusters: Collection[str] | None


class RecordExport:
    """Whoever may audit all actions of a cluster may have its part of the log; of all clusters, all of it."""

    def __init__(self, db: Database, others: Others) -> None:
        self._db = db
        self._others = others

    async def export(self, operator: Operator, period: Period, form: str) -> Export:
        """The rows, the last seven days where no beginning is given. Raises NotAllowed, InvalidRequest."""
        what = "the audit log"
        grants = await self._others.needed(operator, what)
        whole = [grant.clusters for grant in grants if grant.codes is None]
        if not whole:
            refusal = self._others.without(what, " for all actions of a cluster")
            await self._others.refuse(operator, refusal, what, None)
            raise refusal
        clusters = None if None in whole else {cluster for some in whole for cluster in some or ()}
        return await self._db.write(_export, operator, period, form, clusters)


def _export(
    conn: Connection, operator: Operator, period: Period, form: str, clusters: Collection[str] | None
) -> Export:
    if period.since is None:
        period = Period((period.until or read_now(conn)) - DEFAULT, period.until)
    low, high = records.span(conn, period)
    rows = []
    for row in records.read(conn, low, high, clusters):
        rows.append(row)
        if len(rows) > MOST:
            raise InvalidRequest(
                [
                    f"That period has more than {MOST:,} entries, too many for a file in Slack.",
                    "Narrow it with since: and until:, or ask the people who run this bot for "
                    "`set-action audit export`.",
                ]
            )
    record(conn, operator, period, form, len(rows))
    return Export(rows, period, clusters)


def record(conn: Connection, actor: Operator | str, period: Period, form: str, rows: int) -> None:
    """Put an export on the record."""
    detail = {
        "format": form,
        "since": period.since.isoformat() if period.since else None,
        "until": period.until.isoformat() if period.until else None,
        "rows": rows,
    }
    audit.append(conn, Event.EXPORTED, actor=actor, detail=detail)
