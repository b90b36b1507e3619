"""What it takes to be installed by many workspaces, all of it or nothing: one workspace needs none of it."""

from collections.abc import Iterator, Mapping

from bot.config.environment import Environment, lacking
from bot.config.model import OAuthApp
from bot.config.small_tables import WorkspacesTable
from bot.errors import Problem

ASKED_FOR = "SLACK_CLIENT_ID"


def problems_of_many(
    variables: Mapping[str, str], workspaces: WorkspacesTable, *, by_http: bool
) -> Iterator[Problem]:
    """Yield what is missing, or one too many, where workspaces are to install the bot."""
    if ASKED_FOR not in variables:
        if workspaces.may_install:
            what = (
                "is for installing by OAuth, which needs SLACK_CLIENT_ID; set that, or leave this table out"
            )
            yield Problem("workspaces.may_install", what)
        return
    if "SLACK_BOT_TOKEN" in variables:
        what = "is for one workspace, SLACK_CLIENT_ID for many that install the bot; unset one of the two"
        yield Problem("SLACK_BOT_TOKEN", what)
    for name in ("client_secret", "token_keys"):
        if lack := lacking(variables, name):
            yield lack
    if not workspaces.may_install:
        what = 'is missing; list the ids of the workspaces (T…) or organisations (E…), like ["T0123456789"]'
        yield Problem("workspaces.may_install", what)
    if not by_http:
        yield Problem(ASKED_FOR, "workspaces install the bot over HTTP; start it with --http HOST:PORT")


def oauth_app(environment: Environment, workspaces: WorkspacesTable) -> OAuthApp | None:
    """The app as many workspaces install it; None where one workspace's token is configured."""
    if not (environment.client_id and environment.client_secret and environment.token_keys):
        return None
    return OAuthApp(
        environment.client_id,
        environment.client_secret,
        environment.token_keys,
        frozenset(workspaces.may_install),
    )
