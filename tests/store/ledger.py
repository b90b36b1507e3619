"""What a job is, kept in memory in the plainest way: the measure of the store in test_ledger."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from store.model import Chunk, ChunkState, CustomerOutcome, JobState

T = TypeVar("T")
OPEN = (ChunkState.PLANNED, ChunkState.SENDING)


@dataclass
class Piece:
    """One chunk: its customers by id, where it stands, how often it was claimed."""

    cids: list[str]
    state: ChunkState = ChunkState.PLANNED
    attempt: int = 0
    lost: bool = False  # an attempt of it was unknown once


@dataclass
class Entry:
    """One job. `far` is None without a check, else whether the check lies in the future.

    `watched` is None where no arrival is awaited, else whether the cluster is to be read at once.
    """

    cluster: str
    customers: dict[str, CustomerOutcome]
    state: JobState = JobState.PROPOSED
    pieces: list[Piece] = field(default_factory=list)
    far: bool | None = None
    watched: bool | None = None
    stopped: bool = False

    def decide(self, end: JobState) -> bool:
        """Confirm, cancel or expire: only a proposal can be decided, and only once."""
        open_card = self.state is JobState.PROPOSED
        self.state = end if open_card else self.state
        return open_card

    def cut(self, size: int) -> bool:
        """Into pieces of at most `size`."""
        if self.state is not JobState.CONFIRMED:
            return False
        cids = list(self.customers)
        self.pieces = [Piece(cids[start : start + size]) for start in range(0, len(cids), size)]
        self.state = JobState.RUNNING
        return True

    def planned(self, piece: Piece) -> list[str]:
        """Those of a piece that are still to be sent."""
        return [cid for cid in piece.cids if self.customers[cid] is CustomerOutcome.PLANNED]

    def turn(self, cids: Collection[str], start: CustomerOutcome, end: CustomerOutcome) -> int:
        """Give those with outcome `start` the outcome `end`; how many they were."""
        turned = [cid for cid in cids if self.customers[cid] is start]
        self.customers.update(dict.fromkeys(turned, end))
        return len(turned)

    def plan_again(self) -> None:
        """What was unknown is to be sent once more."""
        self.state, self.far = JobState.RUNNING, None
        for piece in self.pieces:
            if piece.state is ChunkState.UNKNOWN and self.planned(piece):
                piece.state = ChunkState.PLANNED

    def stop(self) -> bool:
        """Only what is confirmed or being sent can be stopped, and only once."""
        if self.stopped or self.state not in (JobState.CONFIRMED, JobState.RUNNING):
            return False
        self.stopped = True
        if self.state is JobState.CONFIRMED:
            self.state = JobState.RUNNING
            self.turn(self.cids, CustomerOutcome.PLANNED, CustomerOutcome.CANCELLED)
        return True

    def withdraw(self, far: bool) -> None:
        """Of a stopped job nothing is planned: it was never sent, or is unknown as before."""
        for piece in self.pieces:
            if piece.state is not ChunkState.PLANNED:
                continue
            end = CustomerOutcome.UNKNOWN if piece.lost else CustomerOutcome.CANCELLED
            piece.state = ChunkState.UNKNOWN if piece.lost else ChunkState.CANCELLED
            self.turn(piece.cids, CustomerOutcome.PLANNED, end)
            if piece.lost:
                self.far = bool(self.far) or far

    @property
    def cids(self) -> list[str]:
        return list(self.customers)

    def count(self, outcome: CustomerOutcome) -> int:
        return list(self.customers.values()).count(outcome)

    @property
    def open_pieces(self) -> int:
        return sum(piece.state in OPEN for piece in self.pieces)


class Ledger(dict[int, Entry]):
    """All jobs by their internal id."""

    def pieces(self, cluster: str, state: ChunkState) -> Iterator[tuple[int, int]]:
        """(number, job id) of a cluster's pieces in this state."""
        for job_id, entry in self.items():
            if entry.cluster == cluster:
                yield from (
                    (number, job_id) for number, piece in enumerate(entry.pieces) if piece.state is state
                )

    def claim(self, cluster: str) -> tuple[int, int] | None:
        """(number, job id) of the next in turn: lowest number first, then the oldest job."""
        found = min(self.pieces(cluster, ChunkState.PLANNED), default=None)
        if found:
            number, job_id = found
            piece = self[job_id].pieces[number]
            piece.state, piece.attempt = ChunkState.SENDING, piece.attempt + 1
        return found

    def ready(self, state: JobState) -> list[int]:
        """The jobs in this state."""
        return [job_id for job_id, entry in self.items() if entry.state is state]

    def good(self, claims: Sequence[Chunk]) -> list[Chunk]:
        """Those claims whose attempt is still the one in flight."""
        return [chunk for chunk in claims if self.holds(chunk)]

    def holds(self, chunk: Chunk) -> Piece | None:
        """The piece a claim stands for, as long as the claim is good."""
        piece = self[chunk.job_id].pieces[chunk.number]
        good = piece.state is ChunkState.SENDING and piece.attempt == chunk.attempt
        return piece if good else None


def pick(number: int, fitting: Sequence[T], everything: Sequence[T]) -> T:
    """Three times in four one of the fitting, if there are any; else any at all."""
    among = fitting if fitting and number % 4 else everything
    return among[number // 4 % len(among)]


def chosen(cids: Sequence[str], which: Sequence[bool]) -> list[str]:
    """Those whose place in `which` is true."""
    return [cid for cid, taken in zip(cids, which, strict=False) if taken]
