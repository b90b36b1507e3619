"""Set-ups broken on purpose, each in one place, and what the doctor must say of each."""

import sqlite3
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from bot.doctor import database
from bot.doctor.finding import Grade
from bot.doctor.report import AILING, UNUSABLE, WELL
from bot.sandbox.cluster import CLIENT_ID, Call, moods
from bot.sandbox.workspace.people import BRAM, OLD, OPS, RANDOM
from bot.scopes import BOT_SCOPES
from store.single import Hold
from tests.doctor.patient import JOB, UNTOLD, Patient, written
from tests.shell import closed_port

Break = Callable[[Patient], Awaitable[None] | None]


@dataclass(frozen=True)
class Case:
    """A set-up: what is broken, the exit code, and words of the one line that must say it."""

    name: str
    broken: Break
    code: int
    said: tuple[str, ...]
    scopes: frozenset[str] = frozenset(BOT_SCOPES)


def env(**changes: str | None) -> Break:
    def change(patient: Patient) -> None:
        for name, value in changes.items():
            patient.environment.pop(name, None)
            if value is not None:
                patient.environment[name] = value

    return change


def parts(**changes: str) -> Break:
    return lambda patient: patient.parts.update(changes)


def rows(*statements: str) -> Break:
    return lambda patient: patient.row(*statements)


def toml(words: str) -> Break:
    return lambda patient: setattr(patient, "toml", words)


def announce(channel: str) -> Break:
    return parts(more=f'announce_channel = "{channel}"')


def elsewhere(patient: Patient) -> None:
    patient.environment["DATABASE_URL"] = f"sqlite:///{patient.folder / 'elsewhere.sqlite3'}"


def no_slack(patient: Patient) -> None:
    patient.environment["SLACK_API_URL"] = f"http://127.0.0.1:{closed_port()}/api/"


def unencrypted(patient: Patient) -> None:
    patient.parts["base_url"] = patient.host.base_url("evian3").replace("http:", "https:")


def wrong_client(patient: Patient) -> None:
    credentials = (
        f'token_url = "{patient.host.token_url}", client_id_env = "ID", client_secret_env = "SECRET"'
    )
    patient.parts["credential"] = f"oauth = {{ {credentials} }}"
    patient.environment |= {"ID": CLIENT_ID, "SECRET": "not-this-one"}


def emptied(patient: Patient) -> None:
    patient.database.write_bytes(b"")


def letter(patient: Patient) -> None:
    patient.database.write_text("Dear operator, this is no database. " * 40)


DEPARTED = (JOB.format(cluster="fiji1", state="running"),)
PAUSE = "INSERT INTO pauses (cluster, reason, tries, since, until) VALUES ('evian3', 'starting', 1, 0, 9e12)"
OTHER = '[clusters.fiji1]\nbase_url = "http://127.0.0.1:9"\ntoken_env = "EVIAN3_TOKEN"'

CASES = [
    # The configuration and the environment.
    Case("no file", toml(""), UNUSABLE, ("SET_ACTION_CONFIG", "there is no file", "create it")),
    Case("bad TOML", toml("[clusters"), UNUSABLE, ("set-action.toml", "not valid TOML", "correct it")),
    Case("no bot token", env(SLACK_BOT_TOKEN=None), UNUSABLE, ("SLACK_BOT_TOKEN", "is missing", "OAuth")),
    Case("tokens swapped", env(SLACK_BOT_TOKEN="xapp-1"), UNUSABLE, ("SLACK_BOT_TOKEN", "begins with xoxb-")),
    Case("secret not set", env(EVIAN3_TOKEN=None), UNUSABLE, ("clusters.evian3.token_env", "set it")),
    Case("no TLS", parts(base_url="http://cluster.example"), UNUSABLE, ("base_url", "write https://")),
    Case("unknown key", parts(more="chunksize = 3"), UNUSABLE, ("evian3.chunksize", "write chunk_size")),
    Case("other database", env(DATABASE_URL="mysql://db/x"), UNUSABLE, ("DATABASE_URL", "only SQLite")),
    Case("no way in", env(SLACK_APP_TOKEN=None), AILING, ("Slack has no way in", "Set SLACK_APP_TOKEN")),
    Case("misspelt", env(SLACK_SIGNIN_SECRET="x"), WELL, ("nothing reads it", "mean SLACK_SIGNING_SECRET")),
    Case(
        "no rule", parts(tables=OTHER), AILING, ("clusters.fiji1", "No rule lets anybody", "Add a [[policy]]")
    ),
    # Slack.
    Case(
        "revoked", env(SLACK_BOT_TOKEN="xoxb-old"), AILING, ("refuses the bot token (invalid_auth)", "Copy")
    ),
    Case("no Slack", no_slack, AILING, ("Slack cannot be reached", "ClientConnectorError", "port 443")),
    Case(
        "a scope is missing",
        lambda _: None,
        AILING,
        ("scopes: files:read is missing; it is for: CSV files", "reinstall"),
        frozenset(BOT_SCOPES) - {"files:read"},
    ),
    Case(
        "too many scopes",
        lambda _: None,
        WELL,
        ("look scopes: The bot token may do more", "users:read.email", "Take these away"),
        frozenset(BOT_SCOPES) | {"users:read.email"},
    ),
    Case("app token", env(SLACK_APP_TOKEN="xapp-old"), AILING, ("SLACK_APP_TOKEN", "connections:write")),
    Case("in no channel", lambda p: p.desk.kick_bot(OPS), WELL, ("The bot is in no channel", "/invite")),
    Case("channel not joined", announce(RANDOM), AILING, ("announce_channel", "not in #random", "/invite")),
    Case("channel archived", announce(OLD), AILING, ("announce_channel", "#old is archived", "another")),
    Case("channel unknown", announce("C0NONE"), AILING, ("no channel C0NONE (channel_not_found)", "Correct")),
    Case("group unknown", parts(who='["S0NONE"]'), AILING, ("policy", "user group S0NONE", "Correct its id")),
    Case(
        "person unknown", parts(who='["U0NONE"]'), AILING, ("policy", "names U0NONE, whom Slack", "Correct")
    ),
    Case("clock", lambda p: setattr(p, "ahead", 90.0), AILING, ("clock", "s ahead of Slack's", "NTP")),
    Case("clock, a little", lambda p: setattr(p, "ahead", -20.0), WELL, ("look clock", "s behind", "NTP")),
    # The database and the work in it.
    Case("no database", elsewhere, AILING, ("There is no such file. Check DATABASE_URL.",)),
    Case("empty database", emptied, AILING, ("has no tables yet", "Run `set-action db upgrade`")),
    Case(
        "older",
        rows("UPDATE alembic_version SET version_num = '2026_11_23_first'"),
        AILING,
        ("an older version's", "backup, then run `set-action db upgrade`"),
    ),
    Case(
        "newer",
        rows("UPDATE alembic_version SET version_num = '2031_01_01_later'"),
        AILING,
        ("a newer version's", "Run that version, or go back to the backup"),
    ),
    Case("no database at all", letter, AILING, ("database", "file is not a database", "Check")),
    Case(
        "unguarded", rows("DROP TRIGGER audit_log_no_update"), AILING, ("audit_log_no_update", "Find out who")
    ),
    Case("readable by others", lambda p: p.database.chmod(0o644), WELL, ("Others on this", "chmod 600")),
    Case(
        "nobody works",
        rows(JOB.format(cluster="evian3", state="done"), UNTOLD),
        AILING,
        ("workers: No bot runs, and 1 messages", "Start it"),
    ),
    Case(
        "Slack is not told",
        rows(JOB.format(cluster="evian3", state="done"), UNTOLD),
        AILING,
        ("outbox: 1 messages wait to be told to Slack, the oldest for", "minutes.", "The log says why"),
    ),
    Case(
        "cluster taken out",
        rows(*DEPARTED),
        AILING,
        ("Work waits for the cluster fiji1", "Put [clusters.fiji1]"),
    ),
    Case(
        "a job stands still",
        rows(JOB.format(cluster="evian3", state="confirmed")),
        AILING,
        ("The job 1234abcd (confirmed) on evian3 has not moved since 1970", "restarting the bot"),
    ),
    Case(
        "left alone", rows(PAUSE), WELL, ("look clusters.evian3: It is left alone", "starting", "Try again")
    ),
    # The clusters.
    Case(
        "nothing listens",
        lambda p: p.parts.update(base_url=f"http://127.0.0.1:{closed_port()}"),
        AILING,
        ("clusters.evian3.base_url: Nothing listens at 127.0.0.1:", "Correct base_url"),
    ),
    Case("no TLS there", unencrypted, AILING, ("evian3.base_url", "does not speak TLS", "Correct the port")),
    Case(
        "wrong token", env(EVIAN3_TOKEN="old-token-1234"), AILING, ("Invalid access token", "token_env names")
    ),
    Case("wrong client", wrong_client, AILING, ("401 invalid_client", "Correct token_url, client_id_env")),
    Case(
        "gateway",
        lambda p: p.cluster.set_mood(moods.bad_gateway(), on=Call.GET),
        AILING,
        ("502 with an HTML page", "Ask whoever runs the cluster"),
    ),
    Case(
        "slow",
        lambda p: (
            p.parts.update(more="preview_s = 0.01"),
            p.cluster.set_mood(moods.slow(0.05), on=Call.GET),
        )[1],
        WELL,
        ("look clusters.evian3: It took", "longer than a card waits (0.01 s)", "preview_s"),
    ),
    # The disk.
    Case("disk full", lambda p: setattr(p, "free", 1024), AILING, ("bad disk: 0 MB are free", "at least 1")),
    Case(
        "disk filling",
        lambda p: setattr(p, "free", 500 * 1024**2),
        WELL,
        ("look disk: 500 MB", "[retention]"),
    ),
]


@pytest.mark.parametrize(
    ("case", "scopes"), [pytest.param(case, case.scopes, id=case.name) for case in CASES]
)
async def test_what_is_broken_is_found_and_said_with_what_to_do(case: Case, patient: Patient) -> None:
    if (later := case.broken(patient)) is not None:
        await later
    code, found = await patient.examined()
    lines = written(found)
    assert [line for line in lines if all(words in line for words in case.said)], "\n".join(lines)
    assert code == case.code, "\n".join(lines)
    secrets = [
        patient.environment.get(name) for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "EVIAN3_TOKEN")
    ]
    assert not any(secret in line for secret in secrets if secret for line in lines)


def test_there_are_enough_of_them() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 25


async def test_a_house_in_order_is_in_order(patient: Patient) -> None:
    code, found = await patient.examined()
    sandbox = [finding for finding in found if finding.about != "SLACK_API_URL"]
    assert (code, {finding.grade for finding in sandbox}) == (WELL, {Grade.OK}), "\n".join(written(found))
    told = "\n".join(written(found))
    for words in (
        "whole: 1 cluster, 1 rule.",
        "knows the bot as Set Action in Sandbox",
        "All 12 scopes",
        "opens Socket Mode connections",
        "The bot is in #ops.",
        "clock and Slack's agree",
        "The schema is this version's",
        "Triggers keep the audit log",
        "No bot runs on this database now",
        "customers can be read",
        "MB are free",
    ):
        assert words in told


async def test_room_that_deleted_rows_have_left_is_told(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SPARE", 0)
    patient.row("CREATE TABLE filling (x)", "INSERT INTO filling VALUES (zeroblob(2000000))")
    patient.row("DROP TABLE filling")
    _, found = await patient.examined()
    assert any("look database: More than half" in line and "db vacuum" in line for line in written(found))


async def test_a_closed_account_in_a_rule_is_told(patient: Patient) -> None:
    patient.parts["who"] = f'["{BRAM}"]'
    await patient.desk.deactivate(BRAM)
    _, found = await patient.examined()
    assert any(f"names {BRAM}, whose account is closed" in line for line in written(found))


async def test_a_running_bot_is_seen_and_not_disturbed(patient: Patient) -> None:
    hold = Hold(patient.environment["DATABASE_URL"])
    try:
        _, found = await patient.examined()
        assert any("1 bot serves this database" in line for line in written(found))
        # Still held, by this process alone.
        with (
            pytest.raises(sqlite3.OperationalError),
            sqlite3.connect(f"{patient.database}.lock", timeout=0) as one,
        ):
            one.execute("BEGIN EXCLUSIVE")
        one.close()
    finally:
        hold.release()


async def test_without_a_temporary_folder_no_picture_can_be_drawn(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(patient.folder / "nowhere"))
    code, found = await patient.examined()
    assert code == AILING
    assert any("No temporary file can be made" in line and "tmpfs" in line for line in written(found))


async def test_nothing_is_changed(patient: Patient) -> None:
    before = patient.database.read_bytes()
    await patient.examined()
    assert patient.database.read_bytes() == before
    journal = [entry for entry in await patient.desk.journal() if entry.kind == "api"]
    assert {entry.details["method"] for entry in journal} == {
        "auth.test",
        "apps.connections.open",
        "users.conversations",
    }
    record = await patient.cluster.record()
    assert record.posts == ()
    assert [get.cids for get in record.gets] == [("set-action-doctor",)]
