"""What can be configured, from the environment and one TOML file; `load` checks all of it at once."""

from bot.config.loading import load
from bot.config.model import (
    Approvals,
    Arrival,
    BearerToken,
    ClientCredentials,
    Cluster,
    Config,
    OAuthApp,
    Resend,
    Retention,
    Schedule,
    SlackAccess,
)

__all__ = [
    "Approvals",
    "Arrival",
    "BearerToken",
    "ClientCredentials",
    "Cluster",
    "Config",
    "OAuthApp",
    "Resend",
    "Retention",
    "Schedule",
    "SlackAccess",
    "load",
]
