"""Everything the bot needs, looked at in the order in which it would be missed."""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.config import Config
from bot.doctor import clusters, configuration, database, disk, slack
from bot.doctor.finding import Finding


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


@dataclass(frozen=True, slots=True)
class Instruments:
    """What is measured with: this machine's clock, and bytes free where a folder is."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    free: Callable[[Path], int] = _free


REAL = Instruments()


async def findings(config: Config, environ: Mapping[str, str], tools: Instruments = REAL) -> list[Finding]:
    """Everything found. Takes as long as the slowest of Slack, the database and the clusters."""
    parts = await asyncio.gather(
        slack.examine(config, tools.clock),
        database.examine(config, tools.clock),
        clusters.examine(config),
    )
    return [
        *configuration.examine(config, environ),
        *(finding for part in parts for finding in part),
        *disk.examine(config.database_url, tools.free),
    ]
