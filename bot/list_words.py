"""What `/my-jobs` understands: the words of its filters, and what a text can ask for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.catalogue import Catalogue
from bot.job_filter import EVERYBODY, MINE, JobFilter
from store.listing_model import Standing

STANDINGS: Mapping[str, Standing] = {
    spelling: standing
    for standing, spellings in {
        Standing.RUNNING: "running open sending in-progress ongoing active confirmed watching",
        Standing.ARRIVING: "arriving waiting waiting-to-arrive",
        Standing.SUCCEEDED: "succeeded success successful done ok accepted arrived",
        Standing.FAILED: "failed failures failure refused",
        Standing.PARTLY: "partly partly-failed partial partially-failed",
        Standing.UNKNOWN: "unknown",
        Standing.CANCELLED: "cancelled canceled stopped",
        Standing.PROPOSED: "proposed not-confirmed unconfirmed cards undecided",
        Standing.EXPIRED: "expired",
    }.items()
    for spelling in spellings.split()
}
WHOSE: Mapping[str, str] = {
    "all": EVERYBODY,
    "everybody": EVERYBODY,
    "everyone": EVERYBODY,
    "mine": MINE,
    "me": MINE,
}
FORMATS = {"csv": "csv", "jsonl": "jsonl", "json-lines": "jsonl", "json": "jsonl"}
KEYS = ("since", "until", "user", "batch", "state", "action", "cluster", "customer")
DATES = "today, yesterday, a date as in 2026-11-24, or how long ago as in 7d or 24h"
FILTERS = (
    "a state (running, arriving, succeeded, failed, partly, unknown, cancelled, proposed, expired), "
    "an action, a cluster, batch:CODE, since: and until: with a date"
)


@dataclass(frozen=True, slots=True)
class JobWanted:
    """One job, by the beginning of its id, as typed."""

    words: str


@dataclass(frozen=True, slots=True)
class CustomerWanted:
    """Everything that was done to one customer."""

    cid: str


@dataclass(frozen=True, slots=True)
class ExportWanted:
    """The audit log of a period (None: as the command has it by default), as `csv` or `jsonl`."""

    format: str
    since: datetime | None
    until: datetime | None


Answer = JobFilter | JobWanted | CustomerWanted | ExportWanted


@dataclass(frozen=True, slots=True)
class Words:
    """What the text can name."""

    catalogue: Catalogue
    clusters: Mapping[str, str]
    id_pattern: re.Pattern[str]
