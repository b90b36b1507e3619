"""Installations: who is found for whom, what replaces what, what waits for one; states that are good once."""

from datetime import timedelta

from sqlalchemy import Connection, text

from store import installations, outbox, parking
from store.audit import Event
from store.clock import read_now
from store.database import Database
from store.installation_model import Installation
from store.model import Operator
from store.outbox_model import Note
from tests.store.samples import BOTH, proposed

pytestmark = BOTH
HOUR = timedelta(hours=1)


def installed(conn: Connection, id_: str, enterprise: str = "", *, sealed: str = "x") -> Installation:
    """In a workspace, or with an organisation's id in all of that."""
    now = read_now(conn)
    one = Installation(id_, enterprise, "https://x/", "B0", "U0BOT", sealed, "commands", "U0ASTER", now, now)
    installations.save(conn, one)
    return one


def found(conn: Connection, enterprise: str, team: str) -> str | None:
    one = installations.find(conn, enterprise, team)
    return one.id if one else None


def test_a_workspace_has_its_own_before_its_organisations(db: Database) -> None:
    with db.engine.begin() as conn:
        installed(conn, "T0ONE")
        installed(conn, "E0ORG", "E0ORG")
        installed(conn, "T0GRID", "E0ORG")
        assert found(conn, "", "T0ONE") == "T0ONE"
        assert found(conn, "E0ORG", "T0GRID") == "T0GRID"
        assert found(conn, "E0ORG", "T0MORE") == "E0ORG"
        assert found(conn, "E0ORG", "") == "E0ORG"


def test_nobody_is_taken_for_somebody_elses_workspace(db: Database) -> None:
    with db.engine.begin() as conn:
        installed(conn, "T0ONE")
        installed(conn, "T0GRID", "E0ORG")
        # Of a workspace alone, or of another organisation: neither speaks for it.
        assert found(conn, "", "T0GRID") is None
        assert found(conn, "E0OTHER", "T0GRID") is None
        assert found(conn, "E0ORG", "T0ONE") is None
        assert found(conn, "", "") is None


def test_an_installation_replaces_the_one_before_and_is_not_undone_by_what_was_about_that(
    db: Database,
) -> None:
    with db.engine.begin() as conn:
        before = installed(conn, "T0ONE", sealed="first")
        after = installed(conn, "T0ONE", sealed="second")
        installations.resealed(conn, before, "first, sealed anew")
        installations.remove(conn, before, "uninstalled")
        assert [one.token for one in installations.every(conn)] == ["second"]
        installations.resealed(conn, after, "second, sealed anew")
        [one] = installations.every(conn)
        assert one.token == "second, sealed anew"
        installations.remove(conn, one, "uninstalled")
        assert installations.every(conn) == []


async def test_it_is_on_the_record_without_the_token(db: Database) -> None:
    one = await db.write(installed, "T0ONE", sealed="planted")
    await db.write(installations.remove, one, "uninstalled")
    await db.write(installations.remove, one, "uninstalled")
    with db.engine.begin() as conn:
        rows = conn.execute(text("SELECT event, actor, detail FROM audit_log ORDER BY seq")).all()
    assert [row.event for row in rows] == [Event.INSTALLED, Event.UNINSTALLED]
    assert rows[0].actor == "T0ONE/U0ASTER"
    assert "planted" not in str(rows)


def test_what_is_parked_waits_for_its_own_workspace(db: Database) -> None:
    with db.engine.begin() as conn:
        for enterprise, team in (("", "T0ONE"), ("", "T0TWO"), ("E0ORG", "T0GRID")):
            job = proposed(conn, operator=Operator(enterprise, team, "U0ASTER"))
            outbox.add(conn, job.id, Note.CARD)
            outbox.add(conn, job.id, Note.STARTED)

        def due() -> list[tuple[str, Note]]:
            return [(item.team_id, item.note) for item in outbox.due(conn, 32)]

        assert len(due()) == 6
        for item in outbox.due(conn, 32):
            parking.park(conn, item)
        assert due() == []
        assert outbox.next_due(conn) is None
        installed(conn, "T0TWO")
        assert due() == [("T0TWO", Note.STARTED), ("T0TWO", Note.CARD)]
        installed(conn, "E0ORG", "E0ORG")
        assert {team for team, _ in due()} == {"T0TWO", "T0GRID"}


def test_those_are_checked_that_were_not_for_an_hour(db: Database) -> None:
    with db.engine.begin() as conn:
        one, _ = installed(conn, "T0ONE"), installed(conn, "T0TWO")
        assert installations.to_check(conn, HOUR) == []
        installations.doubt(conn, "T0ONE")
        assert [found.id for found in installations.to_check(conn, HOUR)] == ["T0ONE"]
        installations.checked(conn, one, {"url": "https://y/"})
        assert installations.to_check(conn, HOUR) == []
        assert {found.url for found in installations.every(conn)} == {"https://x/", "https://y/"}


def test_a_state_is_good_once_and_for_a_while(db: Database) -> None:
    with db.engine.begin() as conn:
        installations.issue(conn, "a" * 64, HOUR)
        installations.issue(conn, "b" * 64, -HOUR)
        assert installations.consume(conn, "a" * 64)
        assert not installations.consume(conn, "a" * 64)
        assert not installations.consume(conn, "b" * 64)
        assert not installations.consume(conn, "c" * 64)
        installations.issue(conn, "d" * 64, HOUR)
        left = conn.execute(text("SELECT digest FROM oauth_states")).scalars().all()
        assert left == ["d" * 64], "what never ended is forgotten"
