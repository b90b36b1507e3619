"""Part of the composition root: everything a payload of Slack's can reach, behind one door."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.catalogue import Catalogue
from bot.config import Config
from bot.introduction import Home
from bot.list_words import Words
from bot.listeners.batch_forms import BatchForms
from bot.listeners.batches import BatchCommands
from bot.listeners.buttons import Buttons
from bot.listeners.commands import Commands, Grammar
from bot.listeners.door import Door
from bot.listeners.faults import Faults
from bot.listeners.follow_ups import FollowUps
from bot.listeners.forms import Forms
from bot.listeners.home import HomeTab
from bot.listeners.job import JobWindow
from bot.listeners.job_applications import JobApplications
from bot.listeners.lists import Lists
from bot.listeners.opening import Openings
from bot.listeners.patience import Patience
from bot.listeners.pauses import PauseButtons
from bot.listeners.ports import Modals, Whisper
from bot.listeners.showing import Showing
from bot.listeners.switchboard import Switchboard
from bot.listeners.waiting import WaitingJobs
from bot.loops import UnderWay
from bot.seal import Seal
from bot.time_zones import TimeZones
from bot.use_cases import UseCases
from bot.views.job_detail import Surroundings
from bot.views.listing import Workspace
from bot.views.preview import Path


@dataclass(frozen=True, slots=True)
class Answering:
    """How people are answered, and what answers need; `names` are those of clusters by key."""

    whisper: Whisper
    windows: Modals
    names: Mapping[str, str]
    workspace: Workspace
    under_way: UnderWay
    path: Path


def reception(
    config: Config, client: AsyncWebClient, home: Home, cases: UseCases, answering: Answering, seal: Seal
) -> Door:
    """The door, with every listener behind it."""
    app, board = _app(client, home), Switchboard()
    whisper, windows, names = answering.whisper, answering.windows, answering.names
    workspace, under_way = answering.workspace, answering.under_way
    faults = Faults(whisper, windows)
    faults.register(app)
    choosing = cases.choosing
    showing = Showing(windows, faults, under_way)
    openings = Openings(cases.drafts, choosing, showing)
    openings.register(board)
    patience = Patience(windows, faults, under_way)
    Forms(cases.asking, choosing, windows, patience).register(board)
    HomeTab(cases.own_home).register(board)
    # Before `Commands`, which takes every other text.
    BatchCommands(cases.batches, cases.own_batches, whisper, config.catalogue, names, workspace).register(
        board
    )
    BatchForms(cases.making, cases.batches, windows, patience, names).register(board)
    WaitingJobs(cases.approving, cases.timing, windows, names).register(board)
    around = Surroundings(names, _following(config.catalogue), answering.path, workspace)
    JobApplications(cases.details, cases.applications, showing, around).register(board)
    words = Words(config.catalogue, names, config.id_pattern)
    Lists(
        cases.job_lists, cases.record_export, TimeZones(client), whisper, windows, words, workspace
    ).register(board)
    JobWindow(cases.details, cases.again, cases.stopping, openings, showing, around).register(board)
    grammar = Grammar(config.catalogue, names, config.id_pattern)
    Commands(openings, cases.proposals, whisper, grammar).register(board)
    Buttons(cases.decisions, cases.previews).register(board)
    FollowUps(cases.unknowns, cases.watching).register(board)
    PauseButtons(cases.resuming, whisper).register(board)
    board.join(app)
    return Door(app, windows, faults, seal)


def _following(catalogue: Catalogue) -> dict[str, str]:
    """The action that usually comes after each: the first that is meant to follow it."""
    return {before: action.name for action in reversed(list(catalogue)) for before in action.after}


def _app(client: AsyncWebClient, home: Home) -> AsyncApp:
    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=home.bot_user_id,
            bot_id=home.bot_id,
            bot_token=client.token,
        )

    return AsyncApp(
        name="set-action",
        # Without it Bolt's loggers take the root's level, and log payloads.
        logger=logging.getLogger("slack_bolt"),
        # The token goes in by `authorize`: Bolt's own way asks `auth.test` while the first user waits.
        client=AsyncWebClient(base_url=client.base_url, session=client.session, retry_handlers=[]),
        authorize=authorize,
        # What these look for is answered at the entrance, or never comes here.
        ssl_check_enabled=False,
        url_verification_enabled=False,
        attaching_function_token_enabled=False,
        process_before_response=True,  # the acknowledgement goes out when the listener returns, unpolled
        request_verification_enabled=False,  # Socket Mode has no signatures
        raise_error_for_unhandled_request=True,  # so that `Faults` answers it: nobody waits in silence
    )
