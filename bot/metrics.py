"""What `/metrics` tells: counted from the log's own events and at the door, read from the rows when asked.

The log has one line an event with its outcome and how long it took, so nothing else need be instrumented.
prometheus-client: the format's own library.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from structlog.typing import EventDict, WrappedLogger

from store.gauges import Gauges

ACKNOWLEDGED_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5, 3.0)  # Slack waits three seconds
CALLED_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 35.0, 60.0)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """One process's numbers; `cluster` is a key, `outcome` and `event` are the log's own words."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._events = Counter("set_action_events", "Log events, by name", ["event"], registry=registry)
        self._chunks = Counter(
            "set_action_chunks", "POSTs to a cluster, by outcome", ["cluster", "outcome"], registry=registry
        )
        self._calls = Histogram(
            "set_action_cluster_call_seconds",
            "How long a POST to a cluster took",
            ["cluster"],
            buckets=CALLED_S,
            registry=registry,
        )
        self._requests = Counter(
            "set_action_requests",
            "What Slack sent, by kind and result",
            ["kind", "result"],
            registry=registry,
        )
        self._acknowledged = Histogram(
            "set_action_acknowledgement_seconds",
            "How long Slack waited for an acknowledgement",
            buckets=ACKNOWLEDGED_S,
            registry=registry,
        )
        self._rate_limited = Counter(
            "set_action_slack_rate_limited", "Calls Slack turned away with 429", registry=registry
        )
        self._waiting = {
            name: Gauge(f"set_action_{name}", words, registry=registry)
            for name, words in (
                ("chunks_planned", "Requests that wait to be sent to a cluster"),
                ("oldest_unfinished_seconds", "Age of the oldest confirmed job that is still being sent"),
                ("outbox", "Messages that Slack has not been told yet"),
                ("oldest_untold_seconds", "Age of the oldest of them"),
                ("audit_rows", "Rows of the audit log"),
            )
        }
        self._jobs = Gauge("set_action_jobs", "Open cards and jobs, by state", ["state"], registry=registry)

    def observe(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """A processor for structlog: the event passes unchanged."""
        name = str(event.get("event", ""))
        self._events.labels(name).inc()
        if "chunk" in event and "cause" in event:
            self._chunks.labels(event["cluster"], name.removeprefix("set_action.")).inc()
            self._calls.labels(event["cluster"]).observe(event["elapsed"])
        if event.get("error") == "ratelimited":
            self._rate_limited.inc()
        return event

    def answered(self, kind: str, result: str, seconds: float) -> None:
        """The door has answered Slack: `kind` as Slack calls it, `result` `acknowledged` or `late`."""
        self._requests.labels(kind, result).inc()
        self._acknowledged.observe(seconds)

    def text(self, gauges: Gauges | None) -> bytes:
        """Everything in Prometheus's format; without the rows' numbers where they could not be read."""
        self._jobs.clear()
        if gauges:
            for state, number in gauges.open_jobs.items():
                self._jobs.labels(state).set(number)
            self._waiting["chunks_planned"].set(gauges.chunks_planned)
            self._waiting["oldest_unfinished_seconds"].set(gauges.oldest_unfinished_s)
            self._waiting["outbox"].set(gauges.outbox)
            self._waiting["oldest_untold_seconds"].set(gauges.oldest_untold_s)
            self._waiting["audit_rows"].set(gauges.audit_rows)
        return generate_latest(self._registry)
