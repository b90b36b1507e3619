"""Every mistake in a configuration: all at once, each with its place, in plain words, without secrets."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from bot.config import load
from bot.errors import ConfigurationError

CLUSTER = '[clusters.evian3]\nbase_url = "https://cluster.example"\ntoken_env = "EVIAN3_TOKEN"\n'
POLICY = '[[policy]]\nwho = ["*"]\nmay = ["request"]\nactions = ["*"]\nclusters = ["*"]\n'
VARIABLES = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "EVIAN3_TOKEN": "abc"}

Mistakes = Callable[..., dict[str, str]]


@pytest.fixture
def mistakes(tmp_path: Path) -> Mistakes:
    """Load a text that cannot be used; return what is wrong, by place."""

    def load_text(text: str | bytes = CLUSTER + POLICY, **more: str) -> dict[str, str]:
        path = tmp_path / "set-action.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        with pytest.raises(ConfigurationError) as caught:
            load({**VARIABLES, "SET_ACTION_CONFIG": str(path), **more})
        return {problem.where: problem.what for problem in caught.value.problems}

    return load_text


def only(found: dict[str, str], where: str) -> str:
    assert list(found) == [where]
    return found[where]


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("SLACK_BOT_TOKEN", "", "xoxb-"),
        ("SLACK_BOT_TOKEN", "xapp-s3cret", "begins with xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-s3cret", "begins with xapp-"),
        ("SLACK_APP_TOKEN", "xapp-s3cret x", "copy it again"),
        ("SLACK_SIGNING_SECRET", "s3cret\u200b", "copy it again"),
        ("SLACK_API_URL", "http://slack.example/s3cret", "https://"),
        ("SLACK_API_URL", "slack.com/s3cret", "web address"),
        ("DATABASE_URL", "mysql://u:s3cret@db/x", "only SQLite and PostgreSQL"),
        ("DATABASE_URL", "postgresql://u:s3cret@db", "no database"),
        ("DATABASE_URL", "postgresql:///x", "no server"),
        ("DATABASE_DIRECT_URL", "postgresql://u:s3cret@db:port/x", "percent-encoded"),
        ("DATABASE_URL", "sqlite://", "names no file"),
        ("DATABASE_URL", "sqlite:///:memory:", "names no file"),
    ],
)
def test_a_wrong_variable(mistakes: Mistakes, name: str, value: str, advice: str) -> None:
    what = only(mistakes(**{name: value}), name)
    assert advice in what
    assert "s3cret" not in what


@pytest.mark.parametrize(
    ("line", "where", "advice"),
    [
        ('base_ulr = "x"', "base_ulr", "write base_url"),
        ("zzzzzzzz = 1", "zzzzzzzz", "known: name, base_url, token_env, token_file, oauth"),
        ('timeout_s = "35"', "timeout_s", "number, without quotes"),
        ("timeout_s = 0", "timeout_s", "more than 0"),
        ("timeout_s = inf", "timeout_s", "ordinary number"),
        ("timeout_s = nan", "timeout_s", "ordinary number"),
        ("settle_s = 46", "settle_s", "at least 46.67, four thirds of timeout_s (35)"),
        ("chunk_size = 0", "chunk_size", "at least 1"),
        ("chunk_size = 1001", "chunk_size", "at most 1000"),
        ("chunk_size = 1.5", "chunk_size", "whole number"),
        ("concurrency = 65", "concurrency", "at most 64"),
        ("concurrency = true", "concurrency", "whole number"),
        ("max_customers = 0", "max_customers", "at least 1"),
        ('protected = "yes"', "protected", "true or false"),
        ('resend_unknown = "never"', "resend_unknown", "'ask' or 'auto'"),
        ("name = 3", "name", "text in quotes"),
        ('name = "a, b"', "name", "letters, digits"),
        ("arrival = 3", "arrival", "table"),
        ("arrival = { every = 3 }", "arrival.every", "write every_s"),
        ("arrival = { every_s = 0 }", "arrival.every_s", "more than 0"),
        (
            'oauth = { token_url = "https://a.b", client_id_env = "EVIAN3_TOKEN" }',
            "oauth.client_secret_file",
            "either client_secret_env or client_secret_file",
        ),
        ("name = 2020-01-01", "name", "text in quotes"),
    ],
)
def test_a_wrong_line_in_a_cluster(mistakes: Mistakes, line: str, where: str, advice: str) -> None:
    what = only(mistakes(f"{CLUSTER}{line}\n{POLICY}"), f"clusters.evian3.{where}")
    assert advice in what


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("http://cluster.example", "not encrypted"),
        ("http://localhost.example", "not encrypted"),
        ("http://127.0.0.1.example", "not encrypted"),
        ("https://user:s3cret@cluster.example", "credentials"),
        ("https://s3cret@cluster.example", "credentials"),
        ("https://cluster.example/?token=s3cret", "“?”"),
        ("https://cluster.example/#s3cret", "“#”"),
        ("https://", "web address"),
        ("ftp://cluster.example", "web address"),
        ("https://cluster.example:99999", "web address"),
        ("https://[::1", "web address"),
        ("https://cluster example", "web address"),
        ("", "web address"),
    ],
)
def test_a_wrong_address(mistakes: Mistakes, url: str, advice: str) -> None:
    found = mistakes(CLUSTER.replace("https://cluster.example", url) + POLICY)
    what = only(found, "clusters.evian3.base_url")
    assert advice in what
    assert "s3cret" not in what


@pytest.mark.parametrize("host", ["localhost:80", "127.0.0.2", "[::1]:8080"])
def test_plain_http_is_for_this_machine(mistakes: Mistakes, host: str) -> None:
    found = mistakes(CLUSTER.replace("https://cluster.example", f"http://{host}"))
    only(found, "policy")


def test_exactly_one_credential(mistakes: Mistakes) -> None:
    neither = CLUSTER.replace('token_env = "EVIAN3_TOKEN"\n', "")
    variables = 'client_id_env = "EVIAN3_TOKEN", client_secret_env = "EVIAN3_TOKEN"'
    oauth = f'oauth = {{ token_url = "https://a.b", {variables} }}\n'
    for text in (neither, CLUSTER + oauth):
        assert "just one of token_env, token_file and oauth" in only(
            mistakes(text + POLICY), "clusters.evian3.oauth"
        )


def test_a_secret_in_the_place_of_its_variable_is_not_repeated(mistakes: Mistakes) -> None:
    what = only(mistakes(CLUSTER.replace("EVIAN3_TOKEN", "eyJs3cret") + POLICY), "clusters.evian3.token_env")
    assert "is not set" in what
    assert "s3cret" not in what


def test_a_cluster_token_that_is_empty(mistakes: Mistakes) -> None:
    assert "is empty" in only(mistakes(EVIAN3_TOKEN=" "), "clusters.evian3.token_env")


@pytest.mark.parametrize(
    ("old", "new", "where", "advice"),
    [
        ('clusters = ["*"]', 'clusters = ["evain3"]', "clusters[0]", "write “evian3”"),
        ('clusters = ["*"]', 'clusters = ["*", "zzz"]', "clusters[1]", "known: evian3"),
        ('actions = ["*"]', 'actions = ["T-Enable", "pe-enable"]', "actions[1]", "write “PE-Enable”"),
        ('actions = ["*"]', 'actions = ["zzz"]', "actions[0]", "known: Tran-Begin"),
        ('actions = ["*"]', "actions = []", "actions", "is empty"),
        ('actions = ["*"]\n', "", "actions", "is missing"),
        ('who = ["*"]', 'who = ["*", "fred"]', "who[1]", "Copy member ID"),
        ('who = ["*"]', 'who = ["C0123"]', "who[0]", "Copy member ID"),
        ('who = ["*"]', 'who = "U1"', "who", "list in square brackets"),
        ('may = ["request"]', 'may = ["reqest"]', "may[0]", "'request', 'approve', 'audit' or 'admin'"),
        (
            'may = ["request"]',
            'can = ["request"]\nmay = ["admin"]',
            "can",
            "known: who, may, actions, clusters",
        ),
    ],
)
def test_a_wrong_rule(mistakes: Mistakes, old: str, new: str, where: str, advice: str) -> None:
    assert advice in only(mistakes(CLUSTER + POLICY.replace(old, new)), f"policy[0].{where}")


@pytest.mark.parametrize(
    ("key", "where", "advice"),
    [
        ("Evian_3", "clusters.Evian_3", "the cluster evian-3"),
        ("t-enable", "clusters.t-enable", "the action T-Enable"),
        ("Finalize", "clusters.Finalize", "the action PE-Finalize"),
        ('"a b"', 'clusters."a b"', "A-Z, a-z, 0-9"),
        ('"\\u0430bc"', 'clusters."\\u0430bc"', "A-Z, a-z, 0-9"),
    ],
)
def test_a_cluster_that_cannot_be_told_from_others(
    mistakes: Mistakes, key: str, where: str, advice: str
) -> None:
    first, second = CLUSTER.replace("evian3", "evian-3"), CLUSTER.replace("evian3", key)
    assert advice in only(mistakes(first + second + POLICY), where)


def test_a_display_name_that_means_something_else(mistakes: Mistakes) -> None:
    other = CLUSTER.replace("evian3", "lab") + 'name = "EVIAN3"\n'
    assert "the cluster evian3" in only(mistakes(CLUSTER + other + POLICY), "clusters.lab.name")


@pytest.mark.parametrize(
    ("text", "where", "advice"),
    [
        (CLUSTER, "policy", "nobody may do anything"),
        (POLICY, "clusters", "[clusters.evian3]"),
        ("policy = []\n" + CLUSTER, "policy", "is empty"),
        ("clusters = 3\n" + POLICY, "clusters", "table"),
        (CLUSTER + POLICY + "[cluster.x]\n", "cluster", "write clusters"),
        (CLUSTER + POLICY + "[cards]\nexpire_after_s = 0\n", "cards.expire_after_s", "more than 0"),
        (CLUSTER + POLICY + "[customers]\nid_pattern = '[a'\n", "customers.id_pattern", "regular expression"),
        (CLUSTER + POLICY + "[customers]\nid_pattern = 'a*'\n", "customers.id_pattern", "empty id"),
        (CLUSTER + POLICY + "[customers]\nid_pattern = 3\n", "customers.id_pattern", "text in quotes"),
        (CLUSTER + POLICY + "[actions.Go]\ncode = 0\n", "actions.Go.code", "at least 1"),
        (CLUSTER + POLICY + "[actions.Go]\n", "actions.Go.code", "is missing"),
        (CLUSTER + POLICY + "[actions]\nGo = 3\n", "actions.Go", "table"),
        (
            CLUSTER + POLICY + "[actions.Go]\ncode = 1\nafter = ['Gone']\n",
            "actions.Go.after[0]",
            "write “Go”",
        ),
    ],
)
def test_a_wrong_table(mistakes: Mistakes, text: str, where: str, advice: str) -> None:
    assert advice in only(mistakes(text), where)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (CLUSTER + "x = = 3\n", "(at line 4, column 5)"),
        (b"x = '\xff'\n", "UTF-8"),
        (b"a = 1\na = 2\n", "line 2"),
    ],
)
def test_a_file_that_is_no_toml(mistakes: Mistakes, text: str | bytes, advice: str) -> None:
    ((where, what),) = mistakes(text).items()
    assert where.endswith("set-action.toml")
    assert advice in what


def test_no_file(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.toml"
    for wrong, advice in ((path, "create it"), (tmp_path, "cannot be read")):
        with pytest.raises(ConfigurationError, match=re.escape(str(wrong))) as caught:
            load({**VARIABLES, "SET_ACTION_CONFIG": str(wrong)})
        assert [problem.where for problem in caught.value.problems] == ["SET_ACTION_CONFIG"]
        assert advice in str(caught.value)


def test_all_at_once(mistakes: Mistakes) -> None:
    text = f"""
{CLUSTER}chunk_size = 0
timeout_s = -1
[clusters.lab]
base_url = "http://user:s3cret@lab.example"
token = "s3cret"
[clusters.LAB]
base_url = 3
token_env = "s3cret"
{POLICY.replace('clusters = ["*"]', 'clusters = ["lba"]').replace('"*"', '"s3cretary"', 1)}
[cards]
expires = 3
[actions.Go]
code = 1
[actions.go]
code = 1
"""
    found = mistakes(text, SLACK_BOT_TOKEN="s3cret", DATABASE_URL="mysql://u:s3cret@db/x")
    assert set(found) == {
        "SLACK_BOT_TOKEN",
        "DATABASE_URL",
        "clusters.evian3.chunk_size",
        "clusters.evian3.timeout_s",
        "clusters.lab.base_url",
        "clusters.lab.oauth",
        "clusters.lab.token",
        "clusters.LAB",
        "clusters.LAB.base_url",
        "clusters.LAB.token_env",
        "policy[0].who[0]",
        "policy[0].clusters[0]",
        "cards.expires",
        "actions.go",
        "actions.go.code",
    }
    assert not any("s3cret" in what for what in found.values())
    assert not any("pydantic" in what or "Input should" in what for what in found.values())


@pytest.mark.parametrize(
    ("written", "where", "what"),
    [
        ('announce_channel = "#ops"', "clusters.evian3.announce_channel", "is not a channel id"),
        ("[pictures]\nfrom_customers = true", "pictures.from_customers", "must be a whole number"),
        ("[pictures]\nfrom_customers = -1", "pictures.from_customers", "must be at least 0"),
    ],
)
def test_channels_and_pictures(mistakes: Mistakes, written: str, where: str, what: str) -> None:
    text = f"{CLUSTER}{written}\n{POLICY}"
    assert what in mistakes(text)[where]


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"", "the file named here is empty"),
        (b"two s3crets", "copy it again"),
        (b"s3cret" * 4_000, "too large"),
        (b"\xff\xfes3cret", "is not text"),
    ],
)
def test_a_file_that_holds_no_secret(
    mistakes: Mistakes, tmp_path: Path, content: bytes | None, advice: str
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    text = CLUSTER.replace('token_env = "EVIAN3_TOKEN"', f'token_file = "{file}"')
    what = only(mistakes(text + POLICY), "clusters.evian3.token_file")
    assert advice in what
    assert "s3cret" not in what


def test_a_file_of_authorities(mistakes: Mistakes, tmp_path: Path) -> None:
    file = tmp_path / "ours.pem"

    def named(name: object) -> str:
        return only(mistakes(f"{CLUSTER}{POLICY}[tls]\nca_file = '{name}'\n"), "tls.ca_file")

    assert "absolute path" in named("ours.pem")
    assert "cannot be read (No such file" in named(file)
    file.write_text("no certificate")
    assert "PEM" in named(file)
    trustme.CA().cert_pem.write_to_path(str(file))
    config = tmp_path / "set-action.toml"
    config.write_text(f"{CLUSTER}{POLICY}[tls]\nca_file = '{file}'\n")
    assert load({**VARIABLES, "SET_ACTION_CONFIG": str(config)}).ca_file == file


def test_a_relative_path_or_two_sources_for_one_secret(mistakes: Mistakes, tmp_path: Path) -> None:
    relative = CLUSTER.replace('token_env = "EVIAN3_TOKEN"', 'token_file = "eyJs3cret"')
    what = only(mistakes(relative + POLICY), "clusters.evian3.token_file")
    assert "absolute path" in what
    assert "s3cret" not in what
    file = tmp_path / "token"
    file.write_text("abc")
    both = CLUSTER + f'token_file = "{file}"\n'
    assert "just one of" in only(mistakes(both + POLICY), "clusters.evian3.oauth")
    oauth = 'oauth = { token_url = "https://sso.example", client_id_env = "EVIAN3_TOKEN" }'
    neither = CLUSTER.replace('token_env = "EVIAN3_TOKEN"', oauth)
    where = "clusters.evian3.oauth.client_secret_file"
    assert "either client_secret_env or client_secret_file" in only(mistakes(neither + POLICY), where)


MANY = {
    "SLACK_BOT_TOKEN": "",
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "s3cret",
    "SET_ACTION_TOKEN_KEYS": "A" * 43 + "=",
}
MAY = '[workspaces]\nmay_install = ["T0ONE"]\n'


@pytest.mark.parametrize(
    ("more", "text", "where", "advice"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, MAY, "SLACK_BOT_TOKEN", "unset one of the two"),
        ({"SLACK_CLIENT_SECRET": ""}, MAY, "SLACK_CLIENT_SECRET", "Basic Information"),
        ({"SET_ACTION_TOKEN_KEYS": ""}, MAY, "SET_ACTION_TOKEN_KEYS", "generate_key"),
        ({"SET_ACTION_TOKEN_KEYS": "s3cret"}, MAY, "SET_ACTION_TOKEN_KEYS", "no key as number 1"),
        ({"SET_ACTION_TOKEN_KEYS": "A" * 43 + "=,"}, MAY, "SET_ACTION_TOKEN_KEYS", "no key as number 2"),
        ({"SLACK_CLIENT_ID": "s3cret"}, MAY, "SLACK_CLIENT_ID", "Basic Information"),
        ({}, "", "workspaces.may_install", '["T0123456789"]'),
        ({}, '[workspaces]\nmay_install = ["*"]\n', "workspaces.may_install[0]", "id of a workspace (T…)"),
    ],
)
def test_what_many_workspaces_need(
    mistakes: Mistakes, more: dict[str, str], text: str, where: str, advice: str
) -> None:
    what = only(mistakes(CLUSTER + POLICY + text, **MANY | more), where)
    assert advice in what
    assert "s3cret" not in what


def test_what_many_workspaces_need_is_of_no_use_to_one(mistakes: Mistakes) -> None:
    assert "SLACK_CLIENT_ID" in only(mistakes(CLUSTER + POLICY + MAY), "workspaces.may_install")
    text = CLUSTER + POLICY + 'workspaces = ["evian3"]\n'
    assert "id of a workspace" in "".join(mistakes(text).values())


def test_many_workspaces_are_served_over_http(tmp_path: Path) -> None:
    path = tmp_path / "set-action.toml"
    path.write_text(CLUSTER + POLICY + MAY)
    variables = {**VARIABLES, **MANY, "SET_ACTION_CONFIG": str(path)}
    with pytest.raises(ConfigurationError) as caught:
        load(variables, serve=True)
    assert "--http HOST:PORT" in caught.value.problems[-1].what
    found = load({**variables, "SLACK_SIGNING_SECRET": "x"}, serve=True, listen=("127.0.0.1", 1))
    assert found.slack.oauth
    assert found.slack.oauth.may_install == {"T0ONE"}
    assert {"s3cret", MANY["SET_ACTION_TOKEN_KEYS"]} <= set(found.secrets)
