"""`python -m tests.image`: what the Dockerfile does, done outside a container, and what comes of it, started.

The build stage's commands run as they stand there, in a folder instead of `/`. Then the entry point answers
`--help`, the bot is started as the image starts it, against the sandbox's workspace, and the health check is
carried out, word for word but for the port. Needs the package index, as any build of the image does.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from bot.sandbox.workspace.server import Access, serve_workspace
from tests.dockerfile import ROOT, last, stages
from tests.shell import CONFIGURATION, closed_port

PREFIX = "/opt/set-action"
UNTIL_HEALTHY_S = 60.0


def build(root: Path) -> None:
    """Carry out the build stage in `root`."""
    source = root / "src"
    source.mkdir()
    build_stage, _ = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    for one in build_stage:
        if one.name == "COPY":
            for name in one.words.split()[:-1]:
                copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
                copy(ROOT / name, source / name)
        elif one.name == "RUN":
            inside(root, ["sh", "-ec", one.words], source)
    assert not list((root / "opt" / "set-action" / "bin").glob("pip*")), "pip is left"


def inside(
    root: Path, command: list[str], folder: Path, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command of the Dockerfile's. Raises CalledProcessError."""
    there = [word.replace(PREFIX, f"{root}{PREFIX}") for word in command]
    outer = {name: os.environ[name] for name in ("PATH", "HOME", "PIP_CONFIG_FILE") if name in os.environ}
    return subprocess.run(there, cwd=folder, check=True, env={**outer, **environment})


async def start(root: Path, access: Access) -> None:
    """Start what was built as the image would, until its health check is content; then stop it."""
    _, final = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    (root / "set-action.toml").write_text(CONFIGURATION)
    port = str(closed_port())
    command = last(final, "ENTRYPOINT").arguments
    await asyncio.to_thread(inside, root, [*command, "--help"], root)
    entry = [word.replace(PREFIX, f"{root}{PREFIX}") for word in command]
    served = [word.replace("8081", port) for word in last(final, "CMD").arguments]
    environment = {
        "SLACK_BOT_TOKEN": access.bot_token,
        "SLACK_APP_TOKEN": access.app_token,
        "SLACK_API_URL": access.api_url,
        "SET_ACTION_CONFIG": str(root / "set-action.toml"),
        "XDG_DATA_HOME": str(root / "var"),
        "EVIAN3_TOKEN": "evian-4711",
    }
    bot = await asyncio.create_subprocess_exec(*entry, *served, env=environment, cwd=root)
    check = [word.replace("8081", port) for word in last(final, "HEALTHCHECK").arguments]
    try:
        async with asyncio.timeout(UNTIL_HEALTHY_S):
            while not await asyncio.to_thread(healthy, root, check):
                assert bot.returncode is None, "it has ended"
        bot.terminate()
        assert await asyncio.wait_for(bot.wait(), 30) == 0
    finally:
        if bot.returncode is None:
            bot.kill()
            await bot.wait()


def healthy(root: Path, check: list[str]) -> bool:
    """What the health check says."""
    try:
        inside(root, check, root)
    except subprocess.CalledProcessError:
        return False
    return True


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="set-action-image-") as folder:
        root = Path(folder)
        build(root)
        async with serve_workspace() as access:
            await start(root, access)
    print("The image's commands build it, it starts, it is healthy, and it stops when told to.")


if __name__ == "__main__":
    asyncio.run(main())
