"""How the bot gets into Slack: one token of the environment, or one for each workspace that installed it."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from bot.config import Config
from bot.doctor.finding import Finding, bad, look
from bot.workspaces.installations import Installations
from bot.workspaces.vault import Vault, WrongKey
from store import installations
from store.database import Database
from store.errors import StoreError

ONE = "SLACK_BOT_TOKEN"
INSTALL = "Open /slack/install at the bot's address in a browser, as docs/install.md says."


@dataclass(frozen=True, slots=True)
class Admission:
    """A token and what findings call it: the variable, or the workspace."""

    about: str
    token: str


async def admissions(config: Config) -> tuple[Sequence[Admission], Sequence[Finding]]:
    """All there are, and what keeps others away."""
    if config.slack.oauth is None:
        return [Admission(ONE, config.slack.bot_token.get_secret_value())], []
    found: list[Admission] = []
    problems: list[Finding] = []
    try:
        with closing(Database(config.database_url, create=False)) as db:
            known = Installations(db, Vault(config.slack.oauth.keys))
            for one in await db.read(installations.every):
                try:
                    found.append(Admission(f"workspace {one.id}", known.bot(one).bot_token))
                except WrongKey as exc:
                    words = f"A token cannot be opened: {exc}."
                    problems.append(bad("SET_ACTION_TOKEN_KEYS", words, "Put the key back that sealed it."))
    except StoreError:
        words = "Which workspaces have installed the bot is not known without the database."
        return [], [look("workspaces", words, "See database.")]
    if not found and not problems:
        problems.append(look("workspaces", "No workspace has installed the bot yet.", INSTALL))
    return found, problems
