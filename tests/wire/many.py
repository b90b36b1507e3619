"""Many workspaces at the wire: Slack with several of them, the bot by HTTP, a browser that installs it."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import aiohttp
import pytest
from cryptography.fernet import Fernet

from bot import app
from bot.config import Config, load
from bot.http_mode import EVENTS
from bot.sandbox.cluster.desk import ClusterDesk
from bot.sandbox.cluster.host import ClusterHost
from bot.sandbox.desk import Desk
from bot.sandbox.workspace.slack import Slack, serve_slack
from bot.sandbox.workspace.teams import Team
from bot.workspaces.oauth import INSTALL, REDIRECT
from tests.stage import TOKEN, Stage
from tests.wire.test_http_mode import free_port

ONE, TWO, GRID = "T0ONE", "T0TWO", "T0GRID"
ORGANISATION = "E0ORG"
# slack-sdk 3.47 puts the app's secret into a request in a way that aiohttp is about to give up.
SDKS_OWN = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
TEAMS = (Team(ONE), Team(TWO), Team(GRID, ORGANISATION, whole=True))


@dataclass
class Browser:
    """Somebody's: it keeps one cookie, follows no redirect by itself."""

    session: aiohttp.ClientSession
    cookie: str = ""

    async def get(self, url: str) -> tuple[int, str, str]:
        """Status, words, and where it sends the browser."""
        headers = {"Cookie": self.cookie}
        async with self.session.get(url, headers=headers, allow_redirects=False) as answer:
            self.cookie = answer.headers.get("Set-Cookie", self.cookie).partition(";")[0]
            return answer.status, await answer.text(), answer.headers.get("Location", "")


@dataclass
class Many:
    """`places` are the workspaces' people and journals, by team; the bot is one for all."""

    slack: Slack
    places: Mapping[str, Stage]
    session: aiohttp.ClientSession
    port: int
    keys: list[str] = field(default_factory=lambda: [Fernet.generate_key().decode()])
    may_install: tuple[str, ...] = (ONE, TWO, ORGANISATION)
    policy: str = ""
    bot: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def address(self) -> str:
        """The bot's."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        """As whoever runs it sets them: no token of any workspace."""
        stage = self.places[ONE]
        stage.settings["more"] = f"[workspaces]\nmay_install = {list(self.may_install)}\n{self.policy}"
        stage.environment |= {
            "SLACK_BOT_TOKEN": "",
            "SLACK_APP_TOKEN": "",
            "SLACK_API_URL": self.slack.api_url,
            "SLACK_SIGNING_SECRET": self.slack.signing_secret,
            "SLACK_CLIENT_ID": self.slack.client_id,
            "SLACK_CLIENT_SECRET": self.slack.client_secret,
            "SET_ACTION_TOKEN_KEYS": ",".join(self.keys),
        }
        stage.config()
        return stage.variables(stage.folder / "set-action.toml")

    @property
    def config(self) -> Config:
        """As `set-action run --http` loads it."""
        return load(self.variables, serve=True, listen=("127.0.0.1", self.port))

    async def start(self) -> None:
        """Start the bot; Slack and its requests find it."""
        self.bot = AsyncExitStack()
        await self.bot.enter_async_context(app.running(self.config))
        await self.found()

    async def found(self) -> None:
        """Slack's settings of the app: where requests and browsers are sent."""
        self.slack.redirect_url = f"{self.address}{REDIRECT}"
        for place in self.places.values():
            await place.desk.send_requests_to(f"{self.address}{EVENTS}")

    async def stop(self) -> None:
        """Stop it in good order."""
        await self.bot.aclose()

    def browser(self) -> Browser:
        """A new one, without cookies."""
        return Browser(self.session)

    async def allowed(self, team: str, browser: Browser, *, deny: bool = False) -> str:
        """Begin in a browser, and allow it in Slack: the address that Slack sends the browser to."""
        status, _, authorize = await browser.get(f"{self.address}{INSTALL}")
        assert status == 302
        status, page, _ = await Browser(self.session).get(authorize)
        assert status == 200, page
        link = next(link for link in re.findall(r'href="([^"]+)"', page) if f"team={team}" in link)
        more = "&deny=1" if deny else ""
        return (await Browser(self.session).get(f"{self.slack.address}{unescape(link)}{more}"))[2]

    async def install(self, team: str) -> tuple[int, str]:
        """All of it; the status and the words of the last page."""
        browser = self.browser()
        status, words, _ = await browser.get(await self.allowed(team, browser))
        return status, words


@asynccontextmanager
async def many_workspaces(folder: Path) -> AsyncIterator[Many]:
    """Slack with three workspaces and the clusters, no bot yet."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(serve_slack(TEAMS))
        host = ClusterHost(clusters=("evian3", "fiji1"), token=TOKEN)
        await stack.enter_async_context(host)
        evian3 = await stack.enter_async_context(ClusterDesk(host.address, "evian3"))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        places = {}
        for team in TEAMS:
            access = slack.access(team.id)
            desk = await stack.enter_async_context(Desk(access.address, access.desk_token))
            places[team.id] = Stage(desk, evian3, access, host, folder)
        many = Many(slack, places, session, free_port())
        yield many
        await many.stop()
