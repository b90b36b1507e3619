"""The doctor on PostgreSQL: rights, the direct address, who serves; each broken on purpose."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, make_url

from bot.doctor.report import AILING, WELL
from bot.turns.bell import Bell
from bot.turns.postgres import PostgresTurns
from store import migrate, roles
from store.database import Database
from tests.doctor.patient import Patient, written
from tests.shell import closed_port


@pytest.fixture
def owned(postgres: Callable[[], str], patient: Patient) -> Iterator[Database]:
    """A migrated database, as its owner; the patient uses it."""
    url = postgres()
    patient.environment["DATABASE_URL"] = url
    db = Database(url)
    with db.engine.begin() as conn:
        migrate.upgrade(conn)
    yield db
    db.close()


async def told(patient: Patient, code: int) -> str:
    found_code, found = await patient.examined()
    lines = "\n".join(written(found))
    assert found_code == code, lines
    return lines


async def test_in_order_but_for_the_owner(owned: Database, patient: Patient) -> None:
    lines = await told(patient, WELL)
    assert "ok database: PostgreSQL " in lines
    assert "the database's agree" in lines
    assert "Both addresses lead to the same database." in lines
    assert "look audit log: This role owns the audit log" in lines
    assert "set-action db upgrade --for-role NAME" in lines


async def test_a_role_of_the_bots_own_and_one_that_lacks_a_right(owned: Database, patient: Patient) -> None:
    def make(conn: Connection) -> None:
        conn.exec_driver_sql("CREATE ROLE doctor_test LOGIN PASSWORD 'x'")
        roles.grant(conn, "doctor_test")

    def unmake(conn: Connection) -> None:
        conn.exec_driver_sql("DROP OWNED BY doctor_test")
        conn.exec_driver_sql("DROP ROLE doctor_test")

    await owned.write(make)
    try:
        url = make_url(patient.environment["DATABASE_URL"]).set(username="doctor_test", password="x")
        patient.environment["DATABASE_URL"] = url.render_as_string(hide_password=False)
        assert "look audit log" not in await told(patient, WELL)
        await owned.write(Connection.exec_driver_sql, "REVOKE INSERT ON jobs FROM doctor_test")
        await owned.write(
            Connection.exec_driver_sql, "REVOKE USAGE ON SEQUENCE outbox_id_seq FROM doctor_test"
        )
        assert "bad database: This role lacks rights: jobs: INSERT, outbox_id_seq: USAGE." in await told(
            patient, AILING
        )
    finally:
        await owned.write(unmake)


async def test_the_direct_address_of_another_database(
    owned: Database, postgres: Callable[[], str], patient: Patient
) -> None:
    patient.environment["DATABASE_DIRECT_URL"] = postgres()
    assert "bad DATABASE_DIRECT_URL: DATABASE_DIRECT_URL and DATABASE_URL lead to" in await told(
        patient, AILING
    )
    patient.environment["DATABASE_DIRECT_URL"] = f"postgresql://x:s3cret@127.0.0.1:{closed_port()}/x"
    lines = await told(patient, AILING)
    assert "bad DATABASE_DIRECT_URL: The direct address of the database cannot be used." in lines
    assert "s3cret" not in lines


async def test_no_server(patient: Patient) -> None:
    patient.environment["DATABASE_URL"] = f"postgresql://x:s3cret@127.0.0.1:{closed_port()}/x"
    lines = await told(patient, AILING)
    assert "bad database: The database cannot be used." in lines
    assert "Check the address (host, port" in lines
    assert "s3cret" not in lines


async def test_a_replica_that_serves_is_counted(owned: Database, patient: Patient) -> None:
    turns = PostgresTurns(patient.environment["DATABASE_URL"], Bell())
    await turns.open()
    try:
        assert "1 bot serves this database" in await told(patient, WELL)
    finally:
        await turns.close()
