"""A Flask application that does what the old dashboard did: `python -m tests.bench.dashboard`.

Log in, one `requests.post` while the browser waits, one SQLite connection a statement, a row for the job and
one for each customer.
"""

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from uuid import uuid4

import requests
from flask import Flask, Response, jsonify, request, session

TABLES = (
    "CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, user TEXT, cluster TEXT, action TEXT,"
    " total INTEGER, status TEXT, response TEXT, created_at TEXT)",
    "CREATE INDEX IF NOT EXISTS jobs_user ON jobs (user)",
    "CREATE TABLE IF NOT EXISTS audit (id INTEGER PRIMARY KEY, job TEXT, user TEXT, cluster TEXT,"
    " action TEXT, cid TEXT, status TEXT, response TEXT, created_at TEXT)",
    "CREATE INDEX IF NOT EXISTS audit_job ON audit (job)",
)


def execute(statement: str, *values: object) -> None:
    """One statement, on a connection of its own."""
    with closing(sqlite3.connect(os.environ["DATABASE"], timeout=30)) as conn, conn:
        conn.execute(statement, values)


def log_in() -> Response:
    """Remember who it is."""
    session["user"] = request.get_json()["user"]
    return jsonify(ok=True)


def set_action() -> Response:
    """Send it and write down what came of it."""
    asked, user, job, at = request.get_json(), session["user"], str(uuid4()), datetime.now(UTC).isoformat()
    answer = requests.post(
        f"{asked['cluster']}/tms/v1/set/action",
        json={"action": asked["action"], "cids": asked["cids"]},
        headers={"Authorization": f"Bearer {asked['token']}"},
        timeout=30,
    )
    said = json.dumps(answer.json())
    facts = (user, asked["cluster"], asked["action"])
    execute(
        "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", job, *facts, len(asked["cids"]), "ok", said, at
    )
    for cid in asked["cids"]:
        execute(
            "INSERT INTO audit (job, user, cluster, action, cid, status, response, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            job, *facts, cid, "ok", said, at,
        )  # fmt: skip
    return jsonify(ok=True, job=job)


def main() -> None:
    """Serve, a thread a request."""
    for statement in TABLES:
        execute(statement)
    app = Flask(__name__)
    app.secret_key = "bench"
    app.post("/login")(log_in)
    app.post("/set-action")(set_action)
    app.run("127.0.0.1", int(os.environ["PORT"]), threaded=True)


if __name__ == "__main__":
    main()
