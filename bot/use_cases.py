"""Part of the composition root: every use case, over one store, and those that run by themselves."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.channels import Channels
from bot.cluster import fitting
from bot.config import Config
from bot.loops import Loop
from bot.profiles import Profiles
from bot.rosters import Rosters
from bot.service.administrators import Administrators
from bot.service.again import Again
from bot.service.applications import Applications, Reader
from bot.service.approving import Approving
from bot.service.asking import Asking
from bot.service.batch_making import BatchMaking
from bot.service.batches import Batches
from bot.service.choosing import Choosing
from bot.service.clearing import TOPIC as RETENTION
from bot.service.clearing import Clearing
from bot.service.decisions import Decisions, expire_due
from bot.service.drafts import Drafts
from bot.service.gate import Gate
from bot.service.job_detail import JobDetails
from bot.service.job_lists import JobLists, PresentStates
from bot.service.others import Others
from bot.service.own_batches import OwnBatches
from bot.service.own_home import OwnHome
from bot.service.people import People
from bot.service.previews import Previews
from bot.service.proposals import Bounds, Proposals
from bot.service.record_export import RecordExport
from bot.service.resuming import Resuming
from bot.service.starts import Starts, start_due
from bot.service.stopping import Stopping
from bot.service.summons import Summons, summon_due
from bot.service.timing import Timing
from bot.service.unknowns import Unknowns
from bot.service.waits import Waits
from bot.service.watching import Watching
from bot.slack_files import SlackFiles
from bot.turns import Turns
from bot.vocabulary import Vocabulary
from store import approvals, schedules
from store.database import Database
from store.model import Operator

EXPIRY = "expiry"


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
    resuming: Resuming
    approving: Approving
    timing: Timing
    summons: Summons
    starts: Starts


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What Slack tells: who people are, where their clocks and where they are; where the bot itself is."""

    profiles: Profiles
    rosters: Rosters
    channels: Channels


def use_cases(
    config: Config,
    db: Database,
    people: People,
    files: SlackFiles,
    whereabouts: Whereabouts,
    readers: Mapping[str, Reader],
    states: PresentStates,
) -> UseCases:
    """Every use case, over one store."""
    clusters, catalogue = config.clusters, config.catalogue
    gate = Gate(config.policy, clusters, config.approvals)
    starts = Starts(db, people, gate, config.schedule)
    waits = Waits(db, whereabouts.profiles, gate, config.schedule.furthest_s)
    bounds = Bounds(config.card_expires_s, config.open_cards_per_user, config.limits)
    proposals = Proposals(db, people, catalogue, clusters, waits, whereabouts.channels, bounds)
    places = {key: cluster.base_url for key, cluster in clusters.items()}
    administrators = Administrators(db, people, clusters)
    others = Others(db, people, catalogue)
    names = {key: cluster.name for key, cluster in clusters.items()}
    return UseCases(
        drafts=Drafts(db, files, config.id_pattern, Vocabulary(catalogue, names)),
        proposals=proposals,
        choosing=Choosing(db, proposals, names),
        asking=Asking(db, proposals, administrators, files, catalogue, names, config.id_pattern),
        decisions=Decisions(db, people, clusters, gate),
        previews=Previews(db),
        own_home=OwnHome(db),
        job_lists=JobLists(db, others, states, clusters),
        record_export=RecordExport(db, others),
        unknowns=Unknowns(db, people, clusters, starts),
        watching=Watching(db, clusters),
        stopping=Stopping(db, people, clusters),
        details=JobDetails(db, people),
        again=Again(db, proposals, catalogue, clusters),
        applications=Applications(db, readers, places, fitting, config.applications_cache_s),
        batches=Batches(db, administrators, proposals, clusters),
        own_batches=OwnBatches(db, administrators),
        making=BatchMaking(db, administrators, files, clusters, config.id_pattern),
        resuming=Resuming(db, administrators),
        approving=Approving(db, people, whereabouts.profiles, gate),
        timing=Timing(db, people, gate, waits),
        summons=Summons(db, gate, whereabouts.rosters),
        starts=starts,
    )


def by_themselves(
    config: Config, db: Database, turns: Turns, cases_of: Callable[[Operator], Awaitable[UseCases | None]]
) -> list[Loop]:
    """Without anybody's click: cards and approvals expire, approvers are told, jobs start, old ones go.

    `cases_of` gives those of a person's workspace.
    """

    async def starts_of(operator: Operator) -> Starts | None:
        cases = await cases_of(operator)
        return cases.starts if cases else None

    async def summons_of(operator: Operator) -> Summons | None:
        cases = await cases_of(operator)
        return cases.summons if cases else None

    clearing = Clearing.of(db, config.retention)
    return [
        Loop(turns, EXPIRY, lambda: expire_due(db, config.card_expires_s)),
        Loop(turns, approvals.TOPIC, lambda: summon_due(db, summons_of)),
        Loop(turns, schedules.TOPIC, lambda: start_due(db, starts_of)),
        *([] if clearing.has_nothing_to_do else [Loop(turns, RETENTION, clearing.work)]),
    ]
