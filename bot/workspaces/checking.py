"""Asks Slack now and then whether each installation still holds, so that nobody's request waits for that."""

from collections.abc import Callable
from datetime import timedelta

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_errors import code_of
from bot.workspaces.installations import Installations
from bot.workspaces.vault import WrongKey
from store import installations
from store.database import Database
from store.installation_model import Installation

EVERY = timedelta(hours=1)  # what `auth.test` said is good for so long
LOOK_S = 60.0
GONE = frozenset({"account_inactive", "token_revoked"})

log = structlog.get_logger()


class Checking:
    """`client_with` makes a client of Slack's with a token."""

    def __init__(
        self, db: Database, kept: Installations, client_with: Callable[[str], AsyncWebClient]
    ) -> None:
        self._db = db
        self._kept = kept
        self._client_with = client_with

    async def work(self) -> float:
        """Ask about all that is due; seconds until that is to be done again."""
        for one in await self._db.read(installations.to_check, EVERY):
            await self._check(one)
        return LOOK_S

    async def _check(self, one: Installation) -> None:
        told: dict[str, str] = {}
        try:
            answer = await self._client_with(self._kept.bot(one).bot_token).auth_test()
            told = {"url": answer["url"], "enterprise_id": answer.get("enterprise_id") or ""}
        except WrongKey as exc:
            log.error("workspaces.wrong_key", workspace=one.id, error=str(exc))  # noqa: TRY400 - said in full
        except SlackApiError as exc:
            if (code := code_of(exc)) in GONE:
                log.warning("workspaces.uninstalled", workspace=one.id, why=code)
                await self._db.write(installations.remove, one, code)
                return
            log.warning("workspaces.not_checked", workspace=one.id, error=code)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
            log.warning("workspaces.not_checked", workspace=one.id, error=type(exc).__name__)
        await self._db.write(installations.checked, one, told)
