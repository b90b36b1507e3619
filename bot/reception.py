"""Part of the composition root: everything a payload of Slack's can reach, behind one door."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.catalogue import Catalogue
from bot.cluster import fitting
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
from bot.listeners.ports import Files, Modals, Whisper
from bot.listeners.showing import Showing
from bot.loops import UnderWay
from bot.service.administrators import Administrators
from bot.service.again import Again
from bot.service.applications import Applications, Reader
from bot.service.asking import Asking
from bot.service.batch_making import BatchMaking
from bot.service.batches import Batches
from bot.service.choosing import Choosing
from bot.service.decisions import Decisions
from bot.service.drafts import Drafts
from bot.service.job_detail import JobDetails
from bot.service.job_lists import JobLists, PresentStates
from bot.service.others import Others
from bot.service.own_batches import OwnBatches
from bot.service.own_home import OwnHome
from bot.service.people import People
from bot.service.previews import Previews
from bot.service.proposals import Proposals
from bot.service.record_export import RecordExport
from bot.service.stopping import Stopping
from bot.service.unknowns import Unknowns
from bot.service.watching import Watching
from bot.slack_files import SlackFiles
from bot.time_zones import TimeZones
from bot.views.job_detail import Surroundings
from bot.views.listing import Workspace
from bot.views.preview import Path
from store.database import Database


@dataclass(frozen=True, slots=True)
class Answering:
    """How people are answered, and what answers need; `names` are those of clusters by key."""

    whisper: Whisper
    windows: Modals
    files: Files
    names: Mapping[str, str]
    workspace: Workspace
    under_way: UnderWay
    path: Path


@dataclass(frozen=True, slots=True)
class UseCases:
    """What people can have done."""

    drafts: Drafts
    proposals: Proposals
    choosing: Choosing
    asking: Asking
    decisions: Decisions
    previews: Previews
    own_home: OwnHome
    job_lists: JobLists
    record_export: RecordExport
    unknowns: Unknowns
    watching: Watching
    stopping: Stopping
    details: JobDetails
    again: Again
    applications: Applications
    batches: Batches
    own_batches: OwnBatches
    making: BatchMaking


def use_cases(
    config: Config,
    db: Database,
    people: People,
    files: SlackFiles,
    readers: Mapping[str, Reader],
    states: PresentStates,
) -> UseCases:
    """Every use case, over one store."""
    clusters, catalogue = config.clusters, config.catalogue
    proposals = Proposals(db, people, catalogue, clusters, config.card_expires_s, config.open_cards_per_user)
    administrators = Administrators(db, people, clusters)
    others = Others(db, people, catalogue)
    return UseCases(
        drafts=Drafts(db, files, config.id_pattern),
        proposals=proposals,
        choosing=Choosing(db, proposals, {key: cluster.name for key, cluster in clusters.items()}),
        asking=Asking(db, proposals, administrators, files, catalogue, clusters, config.id_pattern),
        decisions=Decisions(db, people, clusters),
        previews=Previews(db),
        own_home=OwnHome(db),
        job_lists=JobLists(db, others, states, clusters),
        record_export=RecordExport(db, others),
        unknowns=Unknowns(db, people, clusters),
        watching=Watching(db, clusters),
        stopping=Stopping(db, people, clusters),
        details=JobDetails(db, people),
        again=Again(db, proposals, catalogue, clusters),
        applications=Applications(
            db,
            readers,
            {key: cluster.base_url for key, cluster in clusters.items()},
            fitting,
            config.applications_cache_s,
        ),
        batches=Batches(db, administrators, proposals, clusters),
        own_batches=OwnBatches(db, administrators),
        making=BatchMaking(db, administrators, clusters, config.id_pattern),
    )


def reception(
    config: Config, client: AsyncWebClient, home: Home, cases: UseCases, answering: Answering
) -> Door:
    """The door, with every listener behind it."""
    app = _app(client, home)
    whisper, windows, names = answering.whisper, answering.windows, answering.names
    files = answering.files
    workspace, under_way = answering.workspace, answering.under_way
    faults = Faults(whisper, windows)
    faults.register(app)
    choosing = cases.choosing
    showing = Showing(windows, faults, under_way)
    openings = Openings(cases.drafts, choosing, showing)
    openings.register(app)
    Forms(cases.asking, choosing, windows, faults, under_way).register(app)
    HomeTab(cases.own_home).register(app)
    # Before `Commands`, which takes every other text.
    BatchCommands(cases.batches, cases.own_batches, whisper, config.catalogue, names, workspace).register(app)
    BatchForms(cases.making, cases.batches, files, windows, names).register(app)
    around = Surroundings(names, _following(config.catalogue), answering.path, workspace)
    JobApplications(cases.details, cases.applications, showing, around).register(app)
    words = Words(config.catalogue, names, config.id_pattern)
    Lists(
        cases.job_lists, cases.record_export, TimeZones(client), whisper, windows, words, workspace
    ).register(app)
    JobWindow(cases.details, cases.again, cases.stopping, openings, showing, around).register(app)
    grammar = Grammar(config.catalogue, names, config.id_pattern)
    Commands(openings, cases.proposals, whisper, grammar).register(app)
    Buttons(cases.decisions, cases.previews).register(app)
    FollowUps(cases.unknowns, cases.watching).register(app)
    return Door(app, windows, faults)


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
        process_before_response=True,  # the acknowledgement goes out when the listener returns, unpolled
        request_verification_enabled=False,  # Socket Mode has no signatures
        raise_error_for_unhandled_request=True,  # so that `Faults` answers it: nobody waits in silence
    )
