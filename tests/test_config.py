"""A correct configuration: what is written arrives, what is left out has its default."""

from collections.abc import Callable, MutableMapping
from pathlib import Path

import pytest

from bot.catalogue import DEFAULT_ACTIONS
from bot.config import Arrival, BearerToken, ClientCredentials, Config, Resend, load
from bot.policy import Person, Right, Rule

SMALLEST = """
[clusters.evian3]
base_url = "https://cluster.example/api//"
token_env = "EVIAN3_TOKEN"

[[policy]]
who = ["*"]
may = ["request"]
actions = ["*"]
clusters = ["evian3"]
"""
FULLEST = """
[clusters.evian3]
name = "Évian 3"
base_url = "http://127.0.0.1:8080"
oauth = { token_url = "https://sso.example/token", client_id_env = "ID", client_secret_env = "SECRET" }
timeout_s = 20
settle_s = 40.5
resend_unknown = "auto"
chunk_size = 1000
concurrency = 64
max_customers = 10
protected = true
arrival = { watch = false, every_s = 5, give_up_after_s = 60 }
announce_channel = "C0123456789"

[[policy]]
who = ["U1", "S1"]
may = ["request", "admin", "approve"]
actions = ["Go"]
clusters = ["evian3"]

[actions.Stop]
code = 2
after = ["Go"]
[actions.Go]
code = 1
aliases = ["g", "g o"]

[customers]
id_pattern = '\\w{3}'
[cards]
expire_after_s = 2.5
open_per_user = 3
[pictures]
from_customers = 200
"""
VARIABLES = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "EVIAN3_TOKEN": " t0ken-of-evian3\n",
    "ID": "me",
    "SECRET": "s3cret",
}


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[..., Config]:
    def load_text(text: str, **more: str) -> Config:
        path = tmp_path / "set-action.toml"
        path.write_text(text, encoding="utf-8")
        return load({**VARIABLES, "SET_ACTION_CONFIG": str(path), **more})

    return load_text


def test_defaults(loaded: Callable[..., Config]) -> None:
    config = loaded(SMALLEST)
    cluster = config.clusters["evian3"]
    assert (cluster.key, cluster.name, cluster.base_url) == (
        "evian3",
        "evian3",
        "https://cluster.example/api",
    )
    assert (cluster.timeout_s, cluster.settle_s, cluster.resend_unknown) == (35, 65, Resend.ASK)
    assert (cluster.chunk_size, cluster.concurrency, cluster.max_customers) == (150, 4, 50_000)
    assert (cluster.approvals, cluster.arrival) == (
        False,
        Arrival(watch=True, every_s=30, give_up_after_s=3600),
    )
    assert config.slack.api_url == "https://slack.com/api/"
    assert config.slack.signing_secret is None
    assert config.database_url.startswith("sqlite:///")
    assert tuple(config.catalogue) == DEFAULT_ACTIONS
    assert config.card_expires_s == 900
    assert config.open_cards_per_user == 10
    assert (config.pictures_from, cluster.announce_channel) == (50, None)
    assert config.id_pattern.fullmatch("e106b3d0fb0111efb2cdda09530d43d0")


def test_everything_written_arrives(loaded: Callable[..., Config]) -> None:
    config = loaded(
        FULLEST,
        SLACK_SIGNING_SECRET="hush",
        SLACK_API_URL="http://localhost:9/api",
        DATABASE_URL="sqlite:////var/lib/bot.db",
    )
    cluster = config.clusters["evian3"]
    assert (cluster.name, cluster.base_url) == ("Évian 3", "http://127.0.0.1:8080")
    assert (cluster.timeout_s, cluster.settle_s, cluster.resend_unknown) == (20, 40.5, Resend.AUTO)
    assert (cluster.chunk_size, cluster.concurrency, cluster.max_customers) == (1000, 64, 10)
    assert (cluster.approvals, cluster.arrival) == (1, Arrival(watch=False, every_s=5, give_up_after_s=60))
    assert config.policy.rules == (
        Rule(("U1", "S1"), (Right.REQUEST, Right.ADMIN, Right.APPROVE), ("Go",), ("evian3",)),
    )
    assert config.policy.permits(Person("U1"), Right.ADMIN, "Go", "evian3")
    assert config.catalogue.names == ("Go", "Stop")
    assert config.catalogue["Stop"].after == ("Go",)
    assert config.slack.api_url == "http://localhost:9/api/"
    assert config.slack.signing_secret is not None
    assert config.slack.signing_secret.get_secret_value() == "hush"
    assert config.database_url == "sqlite:////var/lib/bot.db"
    assert config.card_expires_s == 2.5
    assert config.open_cards_per_user == 3
    assert (config.pictures_from, cluster.announce_channel) == (200, "C0123456789")
    assert config.id_pattern.fullmatch("abc")
    assert not config.id_pattern.fullmatch("\u0430bc"), "\\w must not let other scripts in"


@pytest.mark.parametrize("off", ["0", "false"])
def test_pictures_can_be_switched_off(loaded: Callable[..., Config], off: str) -> None:
    assert loaded(f"{SMALLEST}\n[pictures]\nfrom_customers = {off}").pictures_from == 0


def test_settling_follows_the_timeout(loaded: Callable[..., Config]) -> None:
    config = loaded(SMALLEST.replace("token_env", "timeout_s = 50\ntoken_env"))
    assert config.clusters["evian3"].settle_s == 80


def test_secrets_come_from_the_environment_and_do_not_show(loaded: Callable[..., Config]) -> None:
    bearer, oauth = loaded(SMALLEST).clusters["evian3"], loaded(FULLEST).clusters["evian3"]
    assert isinstance(bearer.credential, BearerToken)
    assert bearer.credential.token.get_secret_value() == "t0ken-of-evian3"
    assert isinstance(oauth.credential, ClientCredentials)
    assert oauth.credential.client_id.get_secret_value() == "me"
    assert oauth.credential.client_secret.get_secret_value() == "s3cret"
    assert set(loaded(FULLEST).secrets) == {"xoxb-1", "xapp-1", "me", "s3cret"}
    assert set(loaded(SMALLEST).secrets) == {"xoxb-1", "xapp-1", "t0ken-of-evian3"}
    shown = repr(loaded(FULLEST)) + repr(loaded(SMALLEST))
    assert not any(value.strip() in shown for value in ("xoxb-1", "xapp-1", "t0ken-of-evian3", "s3cret"))


def test_an_empty_variable_counts_as_not_set(loaded: Callable[..., Config]) -> None:
    config = loaded(SMALLEST, SLACK_SIGNING_SECRET="", SLACK_API_URL="", DATABASE_URL=" ")
    assert config.slack.signing_secret is None
    assert config.slack.api_url == "https://slack.com/api/"


def test_the_file_may_have_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "set-action.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALLEST.replace("\n", "\r\n").encode())
    assert list(load({**VARIABLES, "SET_ACTION_CONFIG": str(path)}).clusters) == ["evian3"]


def test_the_default_file_is_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "set-action.toml").write_text(SMALLEST, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert list(load(VARIABLES).clusters) == ["evian3"]


def test_only_the_given_environment_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "set-action.toml"
    path.write_text(SMALLEST, encoding="utf-8")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "of another program")
    assert load({**VARIABLES, "SET_ACTION_CONFIG": str(path)}).slack.signing_secret is None


def test_nothing_can_be_changed_afterwards(loaded: Callable[..., Config]) -> None:
    assert not isinstance(loaded(SMALLEST).clusters, MutableMapping)
