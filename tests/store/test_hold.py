"""One process for a SQLite file: a second one is told so, and a dead one holds nothing."""

import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from store.errors import AlreadyInUse, StoreError
from store.single import Hold

PROGRAM = """
import sys
from store.errors import StoreError
from store.single import Hold
try:
    hold = Hold(sys.argv[1])
except StoreError as exc:
    print(type(exc).__name__, exc, flush=True)
else:
    print("held", flush=True)
    sys.stdin.read()
"""


@asynccontextmanager
async def another_process(url: str) -> AsyncIterator[tuple[Process, str]]:
    """A real process that takes the hold and keeps it until it is killed; its first line."""
    process = await create_subprocess_exec(
        sys.executable, "-c", PROGRAM, url, stdin=PIPE, stdout=PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stdout
    try:
        yield process, (await process.stdout.readline()).decode()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_second_process_is_refused_with_a_clear_message(url: str, path: Path) -> None:
    hold = Hold(url)
    try:
        async with another_process(url) as (_, said):
            assert said == (
                f"AlreadyInUse Another set-action process is using {path}. Stop it first, or give this one a "
                "DATABASE_URL of its own.\n"
            )
    finally:
        hold.release()


async def test_a_killed_holder_holds_nothing(url: str) -> None:
    async with another_process(url) as (holder, said):
        assert said == "held\n"
        with pytest.raises(AlreadyInUse):
            Hold(url)
        holder.kill()  # SIGKILL: it cannot tidy up
        await holder.wait()
        Hold(url).release()


async def test_a_released_hold_lets_the_next_process_in(url: str) -> None:
    Hold(url).release()
    async with another_process(url) as (_, said):
        assert said == "held\n"


def test_one_process_holds_once(url: str) -> None:
    hold = Hold(url)
    with pytest.raises(AlreadyInUse):
        Hold(url)
    hold.release()


def test_another_name_for_the_same_file_does_not_let_a_second_in(url: str, path: Path) -> None:
    alias = path.parent / "alias.sqlite3"
    alias.symlink_to(path)
    hold = Hold(url)
    try:
        with pytest.raises(AlreadyInUse):
            Hold(f"sqlite:///{alias}")
    finally:
        hold.release()


def test_two_files_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    holds = [Hold(f"sqlite:///{tmp_path / name}") for name in ("one", "two")]
    for hold, name in zip(holds, ("one", "two"), strict=True):
        with pytest.raises(AlreadyInUse, match=name):
            Hold(f"sqlite:///{tmp_path / name}")
        hold.release()


def test_a_machine_that_has_never_run_the_bot_gets_the_folder(tmp_path: Path) -> None:
    """The default is a file in the platform's data directory, which nobody has made yet."""
    Hold(f"sqlite:///{tmp_path / 'share' / 'set-action' / 'bot.sqlite3'}").release()
    assert (tmp_path / "share" / "set-action").stat().st_mode & 0o777 == 0o700


def test_a_place_that_cannot_be_written_is_not_called_in_use(tmp_path: Path) -> None:
    (tmp_path / "bot.sqlite3.lock").mkdir()
    with pytest.raises(StoreError, match="DATABASE_URL") as caught:
        Hold(f"sqlite:///{tmp_path / 'bot.sqlite3'}")
    assert not isinstance(caught.value, AlreadyInUse)


def test_a_folder_that_is_a_file_is_not_called_in_use(tmp_path: Path) -> None:
    (tmp_path / "share").touch()
    with pytest.raises(StoreError, match="DATABASE_URL") as caught:
        Hold(f"sqlite:///{tmp_path / 'share' / 'bot.sqlite3'}")
    assert not isinstance(caught.value, AlreadyInUse)


def test_a_lock_file_that_is_something_else_is_not_called_in_use(tmp_path: Path) -> None:
    (tmp_path / "bot.sqlite3.lock").write_bytes(b"somebody's letter to a friend. " * 40)
    with pytest.raises(StoreError, match="DATABASE_URL") as caught:
        Hold(f"sqlite:///{tmp_path / 'bot.sqlite3'}")
    assert not isinstance(caught.value, AlreadyInUse)
