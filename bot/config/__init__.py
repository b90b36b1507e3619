"""What can be configured, from the environment and one TOML file; `load` checks all of it at once."""

from bot.config.loading import load
from bot.config.model import (
    Arrival,
    BearerToken,
    ClientCredentials,
    Cluster,
    Config,
    Resend,
    SlackAccess,
)

__all__ = [
    "Arrival",
    "BearerToken",
    "ClientCredentials",
    "Cluster",
    "Config",
    "Resend",
    "SlackAccess",
    "load",
]
