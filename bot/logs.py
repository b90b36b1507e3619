"""Logs: one line an event, as key=value; what a secret looks like never gets out."""

import logging
import re
import sys
from collections.abc import Iterable
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

TOKEN_LIKE = re.compile(r"\b(?:xox[a-z]|xapp)-[\w-]+|(?i:bearer )\S+|(?<=ticket=)[^\s&'\"]+")
HIDDEN = "[hidden]"


def configure(secrets: Iterable[str]) -> None:
    """Send structlog's events and the libraries' own warnings to standard error.

    `secrets` are cut out of every line, together with whatever looks like a token: the last net under the
    rule that nothing secret is ever passed to a logger.
    """
    known = sorted(filter(None, secrets), key=len, reverse=True)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
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
                _Hide(known),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # Both log payloads below these levels.
    for name, level in (
        ("slack_bolt", logging.ERROR),
        ("slack_sdk", logging.ERROR),
        ("httpx", logging.WARNING),
        ("httpcore", logging.WARNING),
    ):
        logging.getLogger(name).setLevel(level)


class _Hide:
    """The last processor: a rendered line goes in, the same line without secrets comes out."""

    def __init__(self, secrets: list[str]) -> None:
        self._secrets = secrets

    def __call__(self, _logger: WrappedLogger, _method: str, line: str | EventDict) -> str:
        text = str(line)
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return TOKEN_LIKE.sub(HIDDEN, text)
