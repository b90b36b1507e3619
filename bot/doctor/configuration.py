"""What is valid, and still not what somebody can have meant. `bot.config.load` has refused the rest."""

from collections.abc import Iterator, Mapping

from bot.catalogue import closest
from bot.config import Config
from bot.config.environment import Environment
from bot.doctor.finding import Finding, bad, good, look
from bot.policy import EVERYTHING, Right

OURS = ("SLACK_", "DATABASE_", "SET_ACTION_")
SLACK_ITSELF = "https://slack.com/api/"


def examine(config: Config, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look at the environment and at what the tables mean together."""
    clusters, rules = len(config.clusters), len(config.policy.rules)
    held = f"{_counted(clusters, 'cluster')}, {_counted(rules, 'rule')}"
    yield good("configuration", f"The configuration is whole: {held}.")
    yield from _ways_in(config)
    yield from _unread(environ)
    if config.slack.api_url != SLACK_ITSELF:
        words = "Everything meant for Slack goes to another address."
        yield look("SLACK_API_URL", words, "Unset it, unless this is the sandbox.")
    for key in config.clusters:
        asking = (rule for rule in config.policy.rules if Right.REQUEST in rule.may)
        if not any({key, EVERYTHING} & {*rule.clusters} for rule in asking):
            words = "No rule lets anybody ask for anything here."
            yield look(f"clusters.{key}", words, 'Add a [[policy]] with may = ["request"] for it.')


def _ways_in(config: Config) -> Iterator[Finding]:
    if config.slack.app_token is None and config.slack.signing_secret is None:
        yield bad(
            "environment",
            "Slack has no way in: neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set.",
            "Set SLACK_APP_TOKEN for `set-action run`, or SLACK_SIGNING_SECRET for `set-action run --http`; "
            "both are in the app's settings under “Basic Information”.",
        )


def _unread(environ: Mapping[str, str]) -> Iterator[Finding]:
    known = [str(field.alias) for field in Environment.model_fields.values()] + ["SET_ACTION_CONFIG"]
    for name in sorted(environ):
        if name.startswith(OURS) and name not in known and (near := closest(name, known)):
            yield look(name, "This variable is set, and nothing reads it.", f"Did you mean {near}?")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
