"""Logs: one line an event, as key=value; what a secret looks like never gets out."""

import logging
import re
import sys
from collections.abc import Iterable
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"
CREDENTIAL_LIKE = (
    r"(?:xox[a-z]|xapp)-[\w-]+"  # Slack's
    r"|eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"  # JSON web tokens
    r"|(?i:bearer )[^\s\"\\]+"
    # In a query, a form or (its quotes escaped by then) JSON.
    r"|(?i:(?:access_token|client_secret|ticket)[\\'\"]*\s?[:=]\s?[\\'\"]*)[^\s&'\"\\]+"
)
# What some reader of the log takes for the end of a line, or a terminal for a command.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def configure(secrets: Iterable[str], *observers: Processor) -> None:
    """Send structlog's events and the libraries' own warnings to standard error.

    Each of our own events passes the `observers` on its way.
    `secrets` are cut out of every line, together with whatever looks like a token: the last net under the
    rule that nothing secret is ever passed to a logger.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, *observers, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.LogfmtRenderer(
                    key_order=["timestamp", "level", "event"], bool_as_flag=False
                ),
                _Hide(secrets),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # Below these levels they log payloads, addresses with customer ids in them, and small talk.
    for name, level in (
        ("slack_bolt", logging.ERROR),
        ("slack_sdk", logging.ERROR),
        ("httpx", logging.WARNING),
        ("httpcore", logging.WARNING),
        ("sqlalchemy", logging.WARNING),
        ("alembic", logging.WARNING),
        ("uvicorn", logging.ERROR),
    ):
        logging.getLogger(name).setLevel(level)


class _Hide:
    """The last processor: a rendered line goes in, the same line without secrets comes out."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = sorted(filter(None, secrets), key=len, reverse=True)
        self._hidden = re.compile("|".join([*map(_however_escaped, known), CREDENTIAL_LIKE]))

    def __call__(self, _logger: WrappedLogger, _method: str, line: str | EventDict) -> str:
        text = UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], str(line))
        return self._hidden.sub(HIDDEN, text)


def _however_escaped(secret: str) -> str:
    """A pattern for the secret: `repr` and the renderer put backslashes before some of its characters."""
    escaped = {"\\": r"\\+", '"': r'\\*"', "'": r"\\*'"}
    return "".join(escaped.get(character) or re.escape(character) for character in secret)
