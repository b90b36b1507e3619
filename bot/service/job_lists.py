"""Looking up: lists of jobs, one's own or other people's, and everything that was done to one customer."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from bot.errors import ClusterUnreadable, InvalidRequest, NotAllowed
from bot.job_filter import EVERYBODY, MINE, JobFilter
from bot.service.others import Others
from store import audit, batches, customer_history, job_lists
from store.audit import Event
from store.database import Database
from store.listing_model import History, Place, Wanted, Whose
from store.model import Job, Operator

PAGE = 10
CLUSTERS = 3  # asked for a customer's present state, those of its newest jobs
WITHIN_S = 1.2  # for their answers: a person waits, and Slack gives a listener three seconds


class PresentStates(Protocol):
    """Reads in which state a customer is now."""

    async def state_of(self, cluster: str, cid: str) -> str | None:
        """The state's name; None where the cluster does not know the customer. Raises ClusterUnreadable."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """Some jobs, newest first; `newer` and `older` are the ids to page from, or None.

    `limited`: jobs that the reader has no right to see are left out.
    """

    jobs: Sequence[Job]
    newer: int | None
    older: int | None
    limited: bool = False


@dataclass(frozen=True, slots=True)
class Now:
    """What one cluster says: the state's name, None for a customer it does not know; or why not."""

    cluster: str
    state: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """Some of a customer's history, with the ids to page from; `now` as each cluster says."""

    history: History
    newer: int | None
    older: int | None
    now: Sequence[Now]
    limited: bool


class JobLists:
    """Everybody sees their own jobs; other people's only with the right `audit`, and that is recorded."""

    def __init__(
        self, db: Database, others: Others, states: PresentStates, clusters: Collection[str]
    ) -> None:
        self._db = db
        self._others = others
        self._states = states
        self._clusters = clusters

    async def page(self, operator: Operator, wanted: JobFilter, place: Place) -> Page:
        """Ten of the jobs that are wanted. Raises NotAllowed, InvalidRequest, StoreError."""
        if wanted.whose in (MINE, operator.user_id):
            return await self._db.read(_page, operator, Whose.own(operator), wanted, place)
        what = "everybody's jobs" if wanted.whose == EVERYBODY else "somebody else's jobs"
        grants = await self._others.needed(operator, what, cluster=wanted.cluster, action=wanted.action)
        user = None if wanted.whose == EVERYBODY else wanted.whose
        some = None if any(g.clusters is None and g.codes is None for g in grants) else grants
        whose = Whose(operator.enterprise_id, operator.team_id, user, some)
        return await self._db.write(_looked, operator, whose, wanted, place)

    async def customer(self, operator: Operator, cid: str, place: Place) -> CustomerPage:
        """Ten of the jobs that were run on a customer, as far as this person may see them.

        Raises StoreError.
        """
        try:
            grants = await self._others.grants(operator)
        except NotAllowed:  # their groups cannot be read: their own jobs can be looked at all the same
            grants = ()
        sights = [Whose.own(operator)]
        if grants:
            sights.append(Whose(operator.enterprise_id, operator.team_id, None, grants))
        found = await (self._db.write if grants else self._db.read)(_history, operator, sights, cid, place)
        now = await self._now(cid, found)
        limited = not any(g.clusters is None and g.codes is None for g in grants)
        newer, older = _turns(found, place)
        deeds = found.deeds[:PAGE] if place.after is None else found.deeds[-PAGE:]
        return CustomerPage(History(deeds, found.examined), newer, older, now, limited)

    async def _now(self, cid: str, found: History) -> Sequence[Now]:
        ran = dict.fromkeys(deed.job.cluster for deed in found.deeds)
        asked = [cluster for cluster in ran if cluster in self._clusters][:CLUSTERS]
        return await asyncio.gather(*(self._ask(cluster, cid) for cluster in asked))

    async def _ask(self, cluster: str, cid: str) -> Now:
        try:
            async with asyncio.timeout(WITHIN_S):
                return Now(cluster, await self._states.state_of(cluster, cid))
        except ClusterUnreadable as exc:
            return Now(cluster, None, str(exc))
        except TimeoutError:
            return Now(cluster, None, f"The cluster did not tell it within {WITHIN_S:g} s.")


def _page(conn: Connection, operator: Operator, whose: Whose, wanted: JobFilter, place: Place) -> Page:
    batch = None
    if wanted.batch is not None:
        batch = batches.find(conn, operator, wanted.batch)
        if batch is None:
            raise InvalidRequest([f"There is no batch {wanted.batch}. /set-action batches lists yours."])
    narrowed = Wanted(
        wanted.standing,
        wanted.action,
        wanted.cluster,
        batch.id if batch else None,
        wanted.since,
        wanted.until,
    )
    found = list(job_lists.page(conn, whose, narrowed, place, limit=PAGE + 1))
    more = len(found) > PAGE
    shown = found[-PAGE:] if place.after is not None else found[:PAGE]
    limited = whose.grants is not None
    if not shown:
        return Page([], None, None, limited)
    has_newer = more if place.after is not None else place.before is not None
    has_older = True if place.after is not None else more
    return Page(shown, shown[0].id if has_newer else None, shown[-1].id if has_older else None, limited)


def _looked(conn: Connection, operator: Operator, whose: Whose, wanted: JobFilter, place: Place) -> Page:
    """As `_page`, with a line on the record."""
    page = _page(conn, operator, whose, wanted, place)
    detail = {"what": "jobs", "of": whose.user_id or "everybody", "shown": len(page.jobs)}
    if wanted.narrows:
        detail["filter"] = {
            "state": wanted.standing, "action": wanted.action, "batch": wanted.batch,
            "since": str(wanted.since or ""), "until": str(wanted.until or ""),
        }  # fmt: skip
    audit.append(conn, Event.LOOKED, actor=operator, cluster=wanted.cluster, detail=detail)
    return page


def _history(
    conn: Connection, operator: Operator, sights: Sequence[Whose], cid: str, place: Place
) -> History:
    found = customer_history.history(conn, sights, cid, place, limit=PAGE + 1)
    if any(deed.job.operator != operator for deed in found.deeds):
        detail = {"what": "customer", "cid": cid, "shown": min(len(found.deeds), PAGE)}
        audit.append(conn, Event.LOOKED, actor=operator, detail=detail)
    return found


def _turns(found: History, place: Place) -> tuple[int | None, int | None]:
    """The jobs to page from; where a look ended early, the page goes on from the last job looked at."""
    deeds = found.deeds
    full = len(deeds) > PAGE
    if place.after is not None:
        newer = deeds[-PAGE].job.id if full else found.examined
        return newer, deeds[-1].job.id if deeds else place.after
    older = deeds[PAGE - 1].job.id if full else found.examined
    if place.before is None:
        return None, older
    return (deeds[0].job.id if deeds else place.before - 1), older
