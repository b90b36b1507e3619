"""The numbers: counted from the log's lines and at the door, read from the rows, in Prometheus's format."""

from prometheus_client.parser import text_string_to_metric_families
from structlog.typing import EventDict

from bot.metrics import Metrics
from store.gauges import Gauges
from store.model import JobState

GAUGES = Gauges({JobState.RUNNING: 2}, 7, 12.5, 3, 1.5, 99)


def numbers(metrics: Metrics, gauges: Gauges | None = GAUGES) -> dict[str, float]:
    """Every sample by its name and labels, as a scraper reads them."""
    return {
        f"{sample.name}{sorted(sample.labels.items()) or ''}": sample.value
        for family in text_string_to_metric_families(metrics.text(gauges).decode())
        for sample in family.samples
    }


def logged(metrics: Metrics, **event: object) -> None:
    given: EventDict = dict(event)
    assert metrics.observe(None, "info", given) is given


def test_each_post_is_counted_by_cluster_and_outcome() -> None:
    metrics = Metrics()
    for name, elapsed in (("accepted", 0.3), ("accepted", 16.5), ("timeout", 35.0)):
        logged(metrics, event=f"set_action.{name}", cluster="evian3", chunk=0, cause=name, elapsed=elapsed)
    found = numbers(metrics)
    assert found["set_action_chunks_total[('cluster', 'evian3'), ('outcome', 'accepted')]"] == 2
    assert found["set_action_chunks_total[('cluster', 'evian3'), ('outcome', 'timeout')]"] == 1
    assert found["set_action_cluster_call_seconds_count[('cluster', 'evian3')]"] == 3
    assert found["set_action_cluster_call_seconds_sum[('cluster', 'evian3')]"] == 51.8
    assert found["set_action_events_total[('event', 'set_action.timeout')]"] == 1


def test_what_slack_turns_away_is_counted() -> None:
    metrics = Metrics()
    logged(metrics, event="set_action.slack_later", error="ratelimited")
    logged(metrics, event="set_action.slack_later", error="ServerDisconnectedError")
    assert numbers(metrics)["set_action_slack_rate_limited_total"] == 1


def test_acknowledgements_are_counted_by_kind_and_result() -> None:
    metrics = Metrics()
    metrics.answered("command", "acknowledged", 0.004)
    metrics.answered("block_actions", "late", 2.5)
    found = numbers(metrics)
    assert found["set_action_requests_total[('kind', 'command'), ('result', 'acknowledged')]"] == 1
    assert found["set_action_requests_total[('kind', 'block_actions'), ('result', 'late')]"] == 1
    assert found["set_action_acknowledgement_seconds_bucket[('le', '0.005')]"] == 1


def test_what_waits_is_as_the_rows_say_and_gone_when_it_is_gone() -> None:
    metrics = Metrics()
    found = numbers(metrics)
    assert found["set_action_jobs[('state', 'running')]"] == 2
    assert found["set_action_chunks_planned"] == 7
    assert found["set_action_oldest_unfinished_seconds"] == 12.5
    assert found["set_action_outbox"] == 3
    assert found["set_action_oldest_untold_seconds"] == 1.5
    assert found["set_action_audit_rows"] == 99
    assert "set_action_jobs[('state', 'running')]" not in numbers(metrics, None)
