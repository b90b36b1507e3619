"""Conditions that lists of jobs share: whose they are, what a reader may see of them, and which page it is.

As parts of statements with named parameters, so that a statement is built once for each shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    false,
    or_,
    true,
)

from store.listing_model import Place, Wanted, Whose
from store.moments import first_at
from store.tables import jobs

NEWEST = Place()
_BEYOND = 2**62  # no job has this id


@dataclass(frozen=True, slots=True)
class Seen:
    """The shape of a `Whose`: which of its parts matter. `name` tells its parameters from another's."""

    name: str
    person: bool
    grants: tuple[tuple[bool, bool], ...] | None

    @classmethod
    def of(cls, whose: Whose, name: str = "own") -> "Seen":
        grants = whose.grants
        shape = None if grants is None else tuple((g.clusters is None, g.codes is None) for g in grants)
        return cls(name, whose.user_id is not None, shape)

    def values(self, whose: Whose) -> dict[str, Any]:
        """Its parameters."""
        given: dict[str, Any] = {
            "enterprise": whose.enterprise_id,
            "team": whose.team_id,
            "user": whose.user_id,
        }
        for number, grant in enumerate(whose.grants or ()):
            given |= {f"clusters{number}": grant.clusters, f"codes{number}": grant.codes}
        return {f"{self.name}_{key}": value for key, value in given.items() if value is not None}

    def belonging(self, of: Any) -> list[ColumnElement[bool]]:
        """That a job is of this workspace and person."""
        columns = {"enterprise": of.c.enterprise_id, "team": of.c.team_id, "user": of.c.user_id}
        if not self.person:
            del columns["user"]
        return [column == bindparam(f"{self.name}_{key}", type_=String()) for key, column in columns.items()]

    def around(self, of: Any) -> list[ColumnElement[bool]]:
        """As `belonging`; of everybody in words by which no index is gone, as nearly every job is meant."""
        if self.person:
            return self.belonging(of)
        here = {"enterprise": of.c.enterprise_id, "team": of.c.team_id}
        return [c.concat("") == bindparam(f"{self.name}_{key}", type_=String()) for key, c in here.items()]

    def granted(self, of: Any) -> ColumnElement[bool]:
        """That a job, or a kind of jobs, may be seen."""
        if self.grants is None:
            return true()
        covered = []
        for number, (any_cluster, any_code) in enumerate(self.grants):
            clusters = of.c.cluster.in_(bindparam(f"{self.name}_clusters{number}", expanding=True))
            codes = of.c.action_code.in_(bindparam(f"{self.name}_codes{number}", expanding=True))
            covered.append(and_(true() if any_cluster else clusters, true() if any_code else codes))
        return or_(false(), *covered)


def bounds(conn: Connection, wanted: Wanted, place: Place) -> Mapping[str, int]:
    """Between which ids a job must be, to be of the time that is wanted and of the page."""
    low, high = 0, _BEYOND
    if wanted.since is not None:
        low = first_at(conn, jobs.c.id, jobs.c.created_at, wanted.since)
    if wanted.until is not None:
        high = first_at(conn, jobs.c.id, jobs.c.created_at, wanted.until)
    if place.before is not None:
        high = min(high, place.before)
    if place.after is not None:
        low = max(low, place.after + 1)
    return {"low": low, "high": high}


def within(job_id: Any) -> ColumnElement[bool]:
    """That a job is in these bounds."""
    above = job_id >= bindparam("low", type_=BigInteger())
    return and_(above, job_id < bindparam("high", type_=BigInteger()))


def first_of(query: Select[Any], job_id: Any, *, upwards: bool, most: str = "most") -> Select[Any]:
    order = job_id.asc() if upwards else job_id.desc()
    return query.order_by(order).limit(bindparam(most, type_=Integer()))
