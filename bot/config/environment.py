"""The environment variables the bot reads, apart from the file's own address and the secrets it names."""

from collections.abc import Mapping
from typing import Annotated

import platformdirs
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from bot.config.values import ClientId, DatabaseUrl, Url, sealing_keys, secret
from bot.errors import Problem

DEFAULT_FILE = "set-action.toml"


def _token(beginning: str) -> BeforeValidator:
    return BeforeValidator(lambda value: secret(str(value), beginning))


def _default_database_url() -> str:
    path = platformdirs.user_data_path("set-action", appauthor=False) / "set-action.sqlite3"
    return f"sqlite:///{path.as_posix()}"


class Environment(BaseModel):
    """The variables, by the names people set; a variable set to nothing counts as not set."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    bot_token: Annotated[SecretStr, _token("xoxb-")] | None = Field(
        default=None,
        alias="SLACK_BOT_TOKEN",
        description="the bot token (xoxb-…), found in the app's settings under “OAuth & Permissions”",
    )
    app_token: Annotated[SecretStr, _token("xapp-")] | None = Field(
        default=None,
        alias="SLACK_APP_TOKEN",
        description="the app-level token (xapp-…), found in the app's settings under “Basic Information”",
    )
    signing_secret: Annotated[SecretStr, _token("")] | None = Field(
        default=None,
        alias="SLACK_SIGNING_SECRET",
        description="the signing secret, found in the app's settings under “Basic Information”",
    )
    client_id: ClientId | None = Field(
        default=None,
        alias="SLACK_CLIENT_ID",
        description="the client id, found in the app's settings under “Basic Information”",
    )
    client_secret: Annotated[SecretStr, _token("")] | None = Field(
        default=None,
        alias="SLACK_CLIENT_SECRET",
        description="the client secret, found in the app's settings under “Basic Information”",
    )
    token_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(sealing_keys)] | None = Field(
        default=None,
        alias="SET_ACTION_TOKEN_KEYS",
        description="the key that seals the workspaces' tokens in the database, made with: "
        'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"',
    )
    api_url: Url = Field(default="https://slack.com/api/", alias="SLACK_API_URL")
    database_url: DatabaseUrl = Field(default_factory=_default_database_url, alias="DATABASE_URL")
    database_direct_url: DatabaseUrl | None = Field(default=None, alias="DATABASE_DIRECT_URL")


def lacking(variables: Mapping[str, str], name: str) -> Problem | None:
    """A problem where this optional variable is needed and not set; `name` is the field's."""
    field = Environment.model_fields[name]
    if field.alias in variables:
        return None
    return Problem(str(field.alias), f"is missing; give {field.description}")


def given(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are set to something."""
    return {name: value for name, value in environ.items() if value.strip()}
