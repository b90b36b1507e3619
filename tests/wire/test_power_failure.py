"""The power fails: whatever waited for no disk is gone, and no message is said twice for it."""

import shutil
import struct
from pathlib import Path

import pytest

from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, OPS
from store.units import Begun
from tests.stage import Stage, words

PAGE = 4096


class Disk:
    """What of a database is on the disk: its log up to the last commit that waited for that."""

    def __init__(self, file: Path, patch: pytest.MonkeyPatch) -> None:
        self._file = file
        self._flushed = 0
        commit = Begun.commit

        def committed(begun: Begun[object]) -> None:
            before = self._written()
            commit(begun)
            if begun.flushed and self._written() > before:  # a read waits for nothing
                self._flushed = self._written()

        patch.setattr(Begun, "commit", committed)

    def after_the_failure(self) -> Path:
        """A copy of what is left."""
        left = self._file.with_name("left.sqlite3")
        shutil.copy(self._file, left)
        assert 0 < self._flushed < self._written(), "nothing would be lost"
        Path(f"{left}-wal").write_bytes(Path(f"{self._file}-wal").read_bytes()[: self._flushed])
        return left

    def _written(self) -> int:
        """Bytes of the log up to the last commit: what is behind them is of an earlier round."""
        index = Path(f"{self._file}-shm")  # https://sqlite.org/walformat.html#the_wal_index_header
        frames: int = struct.unpack_from("=I", index.read_bytes(), 16)[0] if index.exists() else 0
        return 32 + frames * (24 + PAGE)


@pytest.fixture
def disk(idle_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """That of the stage's database."""
    return Disk(idle_stage.folder / "bot.sqlite3", monkeypatch)


async def fails(stage: Stage, disk: Disk) -> None:
    """Go on with what is left."""
    await stage.settled()
    left = disk.after_the_failure()
    await stage.stop_bot()
    stage.database = f"sqlite:///{left}"


async def test_a_card_whose_place_is_lost_is_found_again(idle_stage: Stage, disk: Disk) -> None:
    stage = idle_stage
    await stage.start_bot()
    card = await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")
    await fails(stage, disk)
    assert (await stage.job()).card_ts is None
    await stage.start_bot()
    await stage.settled()
    assert (await stage.job()).card_ts == card.ts
    assert [m.ts for m in await stage.desk.messages(OPS, ASTER) if m.buttons] == [card.ts]
    await stage.confirm(card)
    await stage.thread(card, "1 customer accepted")
    assert len(await stage.thread_of(card)) == 2


async def test_an_outcome_that_was_told_is_not_told_again(idle_stage: Stage, disk: Disk) -> None:
    stage = idle_stage
    await stage.start_bot()
    card = await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")
    await stage.confirm(card)
    await stage.thread(card, "1 customer accepted")
    said = await told(stage, card)
    await fails(stage, disk)
    assert await stage.rows("SELECT id FROM outbox"), "nobody knows any more that it was told"
    job = await stage.job()
    assert (job.state, job.accepted) == ("done", 1), "what was told is kept"
    await stage.start_bot()
    await stage.settled()
    assert await told(stage, card) == said
    await stage.card_saying(card, "1 of 1")
    assert len((await stage.evian3.record()).posts) == 1


async def told(stage: Stage, card: Message) -> list[tuple[str, str]]:
    """What is in a card's thread."""
    return [(message.ts, words(message)) for message in await stage.thread_of(card)]
