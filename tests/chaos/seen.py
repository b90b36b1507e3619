"""Plain types of what was seen from outside in a chaos run: what `checker` judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.sandbox.cluster import Get, Post


@dataclass(frozen=True, slots=True)
class Request:
    """One command of a person: its customers are asked for by no other. What was acknowledged, and words.

    `told`: the person was told privately that a click did not go through, or is still being worked on.
    """

    cids: tuple[str, ...]
    asked: bool = True
    confirmed: bool = True
    told: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One row of `jobs` with its customers' outcomes by id; `resent`: how often the rest was sent again."""

    uuid: str
    state: str
    cluster: str
    action_code: int
    card_ts: str | None
    accepted: int
    refused: int
    unknown: int
    outcomes: Mapping[str, int]
    arrived: int = 0
    watched: bool = False  # whether its customers arrive
    resent: int = 0
    waits: bool = False  # a read is due some time, or its cluster is paused

    @property
    def is_confirmed(self) -> bool:
        """Whether it is more than a card."""
        return self.state not in ("proposed", "cancelled", "expired")


@dataclass(frozen=True, slots=True)
class Cluster:
    """What one cluster saw, how it was configured, and where its customers are at the end."""

    concurrency: int
    settle_s: float
    posts: Sequence[Post]
    gets: Sequence[Get]
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the bot that everybody sees; `item` is the outbox's number in its metadata."""

    ts: str
    thread: str | None
    words: str
    text: str
    item: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything, at the end of a run. `listed`: what `/my-jobs <id>` says, by job."""

    requests: Sequence[Request]
    jobs: Sequence[Job]
    clusters: Mapping[str, Cluster]
    said: Sequence[Said]
    listed: Mapping[str, str] = field(default_factory=dict)
    audit_broken: str | None = None
    outbox_left: int = 0
