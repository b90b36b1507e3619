"""The HTTP client of one cluster's API; the only room that knows httpx, and it knows nothing of the bot."""

from bot.cluster.answer import Answer, Cause, Outcome
from bot.cluster.apps import App
from bot.cluster.client import ClusterClient, fitting
from bot.cluster.credential import ClientCredentials, Credential, StaticToken
from bot.cluster.states import State
from bot.cluster.transport import TooLate, authorities, open_http

__all__ = [
    "Answer",
    "App",
    "Cause",
    "ClientCredentials",
    "ClusterClient",
    "Credential",
    "Outcome",
    "State",
    "StaticToken",
    "TooLate",
    "authorities",
    "fitting",
    "open_http",
]
