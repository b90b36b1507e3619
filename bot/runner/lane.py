"""What every part of the runner shares: a cluster as it is served, and a claimed chunk."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.cluster import ClusterClient
from store.model import Chunk, Job

BY_NAME = 100  # up to so many ids are asked for by name (a longer address is cut by gateways); more: all


@dataclass(frozen=True, slots=True)
class Lane:
    """One cluster as the runner needs it. `settle_s`: after that a sent chunk changes nothing any more.

    Unknown customers are read again every `every_s`, ever less often, and given up after `give_up_after_s`;
    `resend_auto`: what a read does not find is then sent again without asking a person.
    `watch`: accepted ones are read every `every_s` until they have arrived, and given up as late.
    A card waits at most `preview_s` for its customers' state to be read.
    `announce_channel` gets one line for each job at its end; jobs of at least `pictures_from` customers get a
    picture (0: none does).
    `client` is None for one that is not configured any more: what was planned there is refused, with words.
    """

    key: str
    base_url: str
    client: ClusterClient | None
    chunk_size: int
    concurrency: int
    settle_s: float
    preview_s: float
    every_s: float
    give_up_after_s: float
    watch: bool
    resend_auto: bool
    announce_channel: str | None = None
    pictures_from: int = 0


@dataclass(frozen=True, slots=True)
class Post:
    """A claimed chunk with what to send."""

    chunk: Chunk
    job: Job
    cids: Sequence[str]
