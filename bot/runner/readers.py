"""Whatever reads the state of a cluster's customers: each on its own, so that none waits for another."""

from bot.runner.checker import Checker
from bot.runner.lane import Lane
from bot.runner.previewer import Previewer
from bot.runner.watcher import Later, Watcher
from bot.turns import Turns
from store.database import Database

Reader = Checker | Watcher | Previewer


def readers(db: Database, turns: Turns, lane: Lane, later: Later) -> tuple[Reader, ...]:
    """Those of one cluster; `later`: the states further on the usual path, by state."""
    return Checker(db, turns, lane), Watcher(db, turns, lane, later), Previewer(db, turns, lane)
