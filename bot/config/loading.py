"""From the environment and the file to one Config, or to every mistake at once."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast

from pydantic import BaseModel, SecretStr, ValidationError

from bot.catalogue import DEFAULT_ACTIONS, Action, Catalogue, folded
from bot.config.approvers import missing_approvers
from bot.config.environment import DEFAULT_FILE, Environment, given, lacking
from bot.config.installing import oauth_app, problems_of_many
from bot.config.limits import OF_A_CLUSTER, OF_A_PERSON
from bot.config.model import (
    Approvals,
    Arrival,
    BearerToken,
    ClientCredentials,
    Cluster,
    Config,
    Retention,
    Schedule,
    SlackAccess,
)
from bot.config.tables import (
    SETTLE_AFTER_TIMEOUT_S,
    SETTLE_BY_TIMEOUT,
    ActionTables,
    ClusterTable,
    File,
    Surroundings,
)
from bot.config.wording import place, problems_in
from bot.errors import ConfigurationError, Problem
from bot.policy import Policy, Rule

M = TypeVar("M", bound=BaseModel)
Address = tuple[str, int] | None


def load(
    environ: Mapping[str, str], *, serve: bool = False, listen: Address = None, status: Address = None
) -> Config:
    """Return the configuration that `environ`, and the TOML file it names, describe.

    With `serve`, what only serving needs must be there: by HTTP at `listen` (host, port) or by Socket Mode.
    `status` is where the bot's own state is told.
    Reads nothing else, apart from the platform's data directory for the default database. Raises
    ConfigurationError with every mistake in both, none of which repeats a secret.
    """
    problems: list[Problem] = []
    variables = given(environ)
    environment = _checked(Environment, variables, problems)
    needed = "signing_secret" if listen else "app_token"
    if serve and (lack := lacking(variables, needed)):
        problems.append(lack)
    if "SLACK_CLIENT_ID" not in variables and (lack := lacking(variables, "bot_token")):
        problems.insert(0, lack)
    path = Path(variables.get("SET_ACTION_CONFIG", DEFAULT_FILE))
    raw = _read(path, problems)
    catalogue, file = _check_file(raw, environ, problems) if raw is not None else (None, None)
    if file:
        problems.extend(problems_of_many(variables, file.workspaces, by_http=not serve or listen is not None))
    if problems or environment is None or catalogue is None or file is None:
        raise ConfigurationError(problems)
    return _config(environment, catalogue, file, listen, status)


def _read(path: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """Return the file's tables; None, and a problem, when it cannot be read."""
    where = str(path.absolute())
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        what = f"there is no file {where}; create it, or set this variable to the path of the file"
        problems.append(Problem("SET_ACTION_CONFIG", what))
    except OSError as exc:
        what = f"{where} cannot be read ({exc.strerror}); name a file that the bot may read"
        problems.append(Problem("SET_ACTION_CONFIG", what))
    except UnicodeDecodeError:
        problems.append(Problem(where, "is not UTF-8 text; save it as UTF-8"))
    except tomllib.TOMLDecodeError as exc:
        problems.append(Problem(where, f"is not valid TOML, correct it there: {exc}"))
    return None


def _checked(
    model: type[M], data: Mapping[str, Any], problems: list[Problem], context: Surroundings | None = None
) -> M | None:
    try:
        return model.model_validate(dict(data), context=context)
    except ValidationError as exc:
        problems.extend(problems_in(exc, model))
        return None


def _check_file(
    raw: dict[str, Any], environ: Mapping[str, str], problems: list[Problem]
) -> tuple[Catalogue | None, File | None]:
    catalogue = _catalogue(raw, problems)
    clusters = raw.get("clusters")
    keys = tuple(clusters) if isinstance(clusters, dict) else None
    file = _checked(File, raw, problems, Surroundings(environ, catalogue, keys))
    if isinstance(clusters, dict):
        problems.extend(_clashes(clusters, catalogue or ()))
    if file and catalogue:
        problems.extend(missing_approvers(file, catalogue.names))
    return catalogue, file


def _catalogue(raw: dict[str, Any], problems: list[Problem]) -> Catalogue | None:
    tables = _checked(ActionTables, raw, problems)
    if tables is None:
        return None
    actions = [
        Action(table.code, name, tuple(table.aliases), tuple(table.after))
        for name, table in tables.actions.items()
    ]
    try:
        return Catalogue(actions or DEFAULT_ACTIONS)
    except ConfigurationError as exc:
        problems.extend(exc.problems)
        return None


def _clashes(clusters: dict[str, Any], actions: Iterable[Action]) -> Iterator[Problem]:
    """Yield the keys and names that could also mean another cluster or an action where people type them."""
    owners = {folded(word): f"the action {action.name}" for action in actions for word in action.spellings}
    for key, table in clusters.items():
        name = table.get("name", key) if isinstance(table, dict) else key
        for spelling, loc in ((key, ("clusters", key)), (name, ("clusters", key, "name"))):
            owner = owners.setdefault(folded(str(spelling)), f"the cluster {key}")
            if owner != f"the cluster {key}":
                yield Problem(place(loc), f"“{spelling}” could also mean {owner}; choose another name")
                break


def _config(
    environment: Environment, catalogue: Catalogue, file: File, listen: Address, status: Address
) -> Config:
    api_url = environment.api_url
    return Config(
        slack=SlackAccess(
            bot_token=environment.bot_token or SecretStr(""),
            app_token=environment.app_token,
            signing_secret=environment.signing_secret,
            api_url=api_url if api_url.endswith("/") else f"{api_url}/",
            listen=listen,
            oauth=oauth_app(environment, file.workspaces),
        ),
        database_url=environment.database_url,
        database_direct_url=environment.database_direct_url or environment.database_url,
        status=status,
        clusters=MappingProxyType({key: _cluster(key, table) for key, table in file.clusters.items()}),
        catalogue=catalogue,
        policy=Policy(
            tuple(
                Rule(
                    tuple(rule.who),
                    tuple(rule.may),
                    tuple(rule.actions),
                    tuple(rule.clusters),
                    tuple(rule.workspaces),
                )
                for rule in file.policy
            )
        ),
        id_pattern=file.customers.id_pattern,
        card_expires_s=file.cards.expire_after_s,
        open_cards_per_user=file.cards.open_per_user,
        approvals=Approvals(
            file.approvals.expire_after_s,
            tuple(file.approvals.remind_after_s),
            MappingProxyType(dict(file.approvals.actions)),
        ),
        schedule=Schedule(file.schedule.furthest_s, file.schedule.late_s),
        pictures_from=int(file.pictures.from_customers),
        applications_cache_s=file.applications.cache_s,
        limits=file.limits.over(OF_A_PERSON),
        retention=Retention(**file.retention.model_dump()),
        ca_file=file.tls.ca_file,
    )


def _cluster(key: str, table: ClusterTable) -> Cluster:
    return Cluster(
        key=key,
        name=table.name or key,
        base_url=table.base_url.rstrip("/"),
        credential=_credential(table),
        timeout_s=table.timeout_s,
        settle_s=table.settle_s
        or max(table.timeout_s + SETTLE_AFTER_TIMEOUT_S, table.timeout_s * SETTLE_BY_TIMEOUT),
        resend_unknown=table.resend_unknown,
        chunk_size=table.chunk_size,
        concurrency=table.concurrency,
        max_customers=table.max_customers,
        preview_s=table.preview_s,
        arrival=Arrival(**table.arrival.model_dump()),
        approvals=table.approvals or int(table.protected),
        freezes=tuple(freeze.window for freeze in table.freeze),
        announce_channel=table.announce_channel,
        limits=table.limits.over(OF_A_CLUSTER),
        breaker=table.breaker,
    )


def _credential(table: ClusterTable) -> BearerToken | ClientCredentials:
    if table.oauth is not None:
        oauth, file = table.oauth, table.oauth.client_secret_file
        # Checked: one of the two is there.
        secret = file.held if file else cast("SecretStr", oauth.client_secret)
        return ClientCredentials(oauth.token_url, oauth.client_id, secret, file.path if file else None)
    if table.token_file is not None:
        return BearerToken(table.token_file.held, table.token_file.path)
    return BearerToken(cast("SecretStr", table.token))  # checked to be there when oauth is not
