"""The power fails: what waited for no disk is gone, and nothing is lost, sent twice or said twice for it."""

import asyncio
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot import app
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, OPS
from store.units import Begun
from tests.stage import Stage, words

PAGE = 4096
FAST = {"timeout_s": 1.2, "settle_s": 2.4}  # where an answer was lost, the state is read soon
COMMITS = 16  # of a card, its job and the outcome, and some in which nothing changes


class Disk:
    """What of a stage's first database is on the disk: its log up to the last commit that waited for that.

    `lasts`: the power fails before the next of so many commits; nothing is committed any more.
    """

    def __init__(self, stage: Stage, patch: pytest.MonkeyPatch, lasts: int) -> None:
        self._stage = stage
        self._file = stage.folder / "bot.sqlite3"
        self._left = lasts
        self._flushed = 0
        self.failed = asyncio.Event()
        loop, commit = asyncio.get_running_loop(), Begun.commit

        def committed(begun: Begun[object]) -> None:
            conn = begun.transaction.connection
            ours = conn.engine.url.database == str(self._file)
            if not ours or conn.get_execution_options().get("read_only"):
                commit(begun)
                return
            if not self._left:
                begun.transaction.rollback()
                loop.call_soon_threadsafe(self.failed.set)
                raise OperationalError("COMMIT", {}, Exception("there is no power"))
            self._left -= 1
            commit(begun)
            if begun.flushed:
                self._flushed = self._written()

        patch.setattr(Begun, "commit", committed)

    async def goes(self) -> int:
        """Go on, without a bot, with what is left of it; how many bytes of the log are lost."""
        lost = self._written() - self._flushed
        left = self._copied()
        await self._stage.stop_bot()
        self._stage.database = f"sqlite:///{left}"
        return lost

    def _copied(self) -> Path:
        left = self._file.with_name("left.sqlite3")
        shutil.copy(self._file, left)
        log = Path(f"{self._file}-wal").read_bytes()
        Path(f"{left}-wal").write_bytes(log[: self._flushed])
        return left

    def _written(self) -> int:
        """Bytes of the log up to the last commit: what is behind them is of an earlier round."""
        index = Path(f"{self._file}-shm")  # https://sqlite.org/walformat.html#the_wal_index_header
        frames: int = struct.unpack_from("=I", index.read_bytes(), 16)[0]
        return 32 + frames * (24 + PAGE)


@pytest.fixture
def powered(idle_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Disk]:
    """A disk that lasts so long; by then a bot without power need not drain."""
    monkeypatch.setattr(app, "DRAIN_S", 1.0)
    return lambda lasts=-1: Disk(idle_stage, monkeypatch, lasts)


async def asked(stage: Stage) -> Message:
    return await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")


async def test_a_card_whose_place_is_lost_is_found_again(
    idle_stage: Stage, powered: Callable[..., Disk]
) -> None:
    stage, disk = idle_stage, powered()
    await stage.start_bot()
    card = await asked(stage)
    await stage.settled()
    assert await disk.goes()
    assert (await stage.job()).card_ts is None
    await stage.start_bot()
    await stage.settled()
    assert (await stage.job()).card_ts == card.ts
    await stage.confirm(card)
    await stage.thread(card, "1 customer accepted")
    assert len(await stage.thread_of(card)) == 2


async def test_an_outcome_that_was_told_is_not_told_again(
    idle_stage: Stage, powered: Callable[..., Disk]
) -> None:
    stage, disk = idle_stage, powered()
    await stage.start_bot()
    card = await asked(stage)
    await stage.confirm(card)
    await stage.thread(card, "1 customer accepted")
    await stage.settled()
    said = await stage.thread_of(card)
    assert await disk.goes()
    assert await stage.rows("SELECT id FROM outbox"), "nobody knows any more that it was told"
    job = await stage.job()
    assert (job.state, job.accepted) == ("done", 1), "what was told is kept"
    await stage.start_bot()
    await stage.settled()
    assert await stage.thread_of(card) == said
    assert len((await stage.evian3.record()).posts) == 1


@pytest.mark.parametrize("lasts", range(COMMITS))
async def test_whenever_it_fails_what_was_acknowledged_is_kept_and_nothing_is_done_twice(
    idle_stage: Stage, powered: Callable[..., Disk], lasts: int
) -> None:
    stage, disk = idle_stage, powered(lasts)
    taken: list[str] = []

    async def conversation() -> None:
        card = await asked(stage)
        taken.append("card")
        await stage.confirm(card)
        if not disk.failed.is_set():
            taken.append("click")
        await stage.thread(card, "1 customer accepted")
        await stage.settled()

    await stage.start_bot(**FAST)
    talking = asyncio.create_task(conversation())
    failing = asyncio.create_task(disk.failed.wait())
    await asyncio.wait({talking, failing}, return_when=asyncio.FIRST_COMPLETED)
    talking.cancel()
    failing.cancel()
    await disk.goes()
    posts = len((await stage.evian3.record()).posts)
    kept = await stage.rows("SELECT state FROM jobs")
    assert kept or not (taken or posts)
    assert not kept or kept[0].state != "proposed" or not ("click" in taken or posts)
    await stage.start_bot()
    await stage.settled()
    cards = [message for message in await stage.desk.messages(OPS, ASTER) if not message.ephemeral]
    assert len(cards) == len(kept)
    for card in cards:
        if (await stage.job()).state == "proposed":
            await stage.confirm(card)
        await stage.thread(card, "1 customer accepted" if not posts else "accepted")
        await stage.settled()
        said = [words(message) for message in await stage.thread_of(card)]
        assert len(set(said)) == len(said)
    assert len((await stage.evian3.record()).posts) == len(kept)
