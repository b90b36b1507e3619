"""Each rule of the checker can fail: made-up records that keep every promise, and one breach at a time."""

from dataclasses import replace
from typing import Any

import pytest

from bot.sandbox.cluster import End, Get, Post
from tests.chaos.checker import violations
from tests.chaos.seen import Cluster, Job, Request, Said, Seen

UUID = "0d2b8a54-1c1e-4f0e-9a53-3f0d3f7c2b11"
CARD = "1.0"
DONE = "T-Enable for 2 customers on evian3: all 2 accepted by the cluster"
RESULT = ":white_check_mark: <@U0ASTER>: T-Enable on evian3, both customers accepted."


def post(number: int, at: float, *cids: str, **changes: Any) -> Post:
    values: dict[str, Any] = {
        "mood": "normal", "status": 200, "end": End.ANSWERED, "ended_at": at + 0.1, "acted": True,
    }  # fmt: skip
    return Post(number=number, cluster="evian3", at=at, cids=cids or ("aaa", "bbb"), **(values | changes))


def read(at: float, *cids: str, **changes: Any) -> Get:
    values: dict[str, Any] = {"what": "action", "status": 200, "end": End.ANSWERED}
    return Get(number=99, cluster="evian3", at=at, cids=cids or ("aaa", "bbb"), **(values | changes))


JOB = Job(
    uuid=UUID, state="done", cluster="evian3", action_code=3, card_ts=CARD, accepted=2, refused=0, unknown=0,
    outcomes={"aaa": 1, "bbb": 1},
)  # fmt: skip
EVIAN3 = Cluster(
    concurrency=2, settle_s=2.0, posts=(post(1, 10.0),), gets=(), states=dict.fromkeys(("aaa", "bbb"), 3)
)
CARD_SAID = Said(CARD, None, f"{DONE}\naaa\nbbb", DONE, 1)
STARTED = Said("1.1", CARD, f"Job `{UUID}` is confirmed: …", f"Job `{UUID}` is confirmed: …", 2)
OUTCOME = Said("1.2", CARD, RESULT, RESULT, 3)
GOOD = Seen(
    requests=(Request(("aaa", "bbb")),),
    jobs=(JOB,),
    clusters={"evian3": EVIAN3},
    said=(CARD_SAID, STARTED, OUTCOME),
    listed={UUID: "All 2 accepted by the cluster"},
)


ARRIVED_SAID = Said(
    "1.3", CARD, "", ":white_check_mark: <@U0ASTER>: T-Enable on evian3, both customers have arrived.", 4
)
ARRIVED_CARD = "T-Enable for 2 customers on evian3: all 2 arrived"
THERE = replace(
    GOOD,
    jobs=(replace(JOB, outcomes={"aaa": 6, "bbb": 6}, arrived=2, watched=True),),
    said=(Said(CARD, None, f"{ARRIVED_CARD}\naaa\nbbb", ARRIVED_CARD, 1), STARTED, OUTCOME, ARRIVED_SAID),
    listed={UUID: "All 2 arrived"},
)


def sent(*posts: Post, gets: tuple[Get, ...] = (), **changes: Any) -> Seen:
    return replace(GOOD, clusters={"evian3": replace(EVIAN3, posts=posts, gets=gets, **changes)})


def with_job(**changes: Any) -> Seen:
    return replace(GOOD, jobs=(replace(JOB, **changes),))


def telling(*said: Said) -> Seen:
    return replace(GOOD, said=said)


def test_a_run_that_kept_every_promise_has_no_violations() -> None:
    assert violations(GOOD) == []
    assert violations(THERE) == []


TWICE = post(1, 10.0, end=End.ABORTED, mood="reset"), post(2, 20.0)
LOST = {"end": End.ABORTED, "mood": "silent", "status": None, "ended_at": None}
NEVER = {"mood": "silent", "end": End.ABORTED, "acted": False}


@pytest.mark.parametrize(
    ("seen", "rule"),
    [
        (replace(GOOD, jobs=(), listed={}), "one_job_each: command for aaa: 0 rows"),
        (replace(GOOD, jobs=(JOB, JOB)), "one_job_each: confirmation for aaa: 2 jobs"),
        (replace(THERE, said=THERE.said[:3]), "told_once: job 0d2b8a54: the end of watching was told 0"),
        (
            replace(THERE, clusters={"evian3": replace(EVIAN3, states={"aaa": 3, "bbb": 2})}),
            "records_agree: job 0d2b8a54: bbb called arrived, and it is elsewhere",
        ),
        (with_job(arrived=1), "records_agree: job 0d2b8a54: its counts are not"),
        (with_job(state="proposed"), "one_job_each: confirmation for aaa: 0 jobs"),
        (sent(*TWICE), "posted_once: evian3: POST 1 sent again as POST 2"),
        (sent(*TWICE, gets=(read(11.0),)), "posted_once: "),  # read too soon
        (sent(*TWICE, gets=(read(21.0),)), "posted_once: "),  # read too late
        (sent(*TWICE, gets=(read(13.0, "aaa"),)), "posted_once: "),  # only one of the two was read
        (sent(*TWICE, gets=(read(13.0, status=500),)), "posted_once: "),  # the read failed
        (sent(*TWICE, gets=(read(13.0, what="appstatus"),)), "posted_once: "),
        (sent(post(1, 10.0, status=429, mood="rate_limited"), post(2, 20.0)), "posted_once: "),  # it acted
        (sent(post(1, 10.0), post(2, 10.01, "ccc"), post(3, 10.02, "ddd")), "few_in_flight: evian3: 3 POSTs"),
        (
            sent(post(1, 10.0, **LOST), post(2, 11.0, "ccc", **LOST), post(3, 11.4, "ddd")),
            "few_in_flight: ",
        ),
        (with_job(state="running"), "all_ended: job 0d2b8a54: running, and waits for nothing"),
        (with_job(outcomes={"aaa": 1, "bbb": 0}), "all_ended: job 0d2b8a54: done, with customers"),
        (replace(GOOD, outbox_left=2), "all_ended: 2 items left"),
        (telling(CARD_SAID, STARTED, OUTCOME, replace(OUTCOME, ts="1.3")), "told_once: item 3"),
        (telling(CARD_SAID, STARTED, OUTCOME, replace(OUTCOME, item=9)), "told_once: job 0d2b8a54: 2 r"),
        (telling(CARD_SAID, replace(STARTED, item=3), replace(OUTCOME, item=2)), "told_in_order: thread 1.0"),
        (with_job(state="expired"), "records_agree: job 0d2b8a54: the card says"),
        (telling(CARD_SAID, STARTED), "told_once: job 0d2b8a54: 0 results"),
        (telling(CARD_SAID, OUTCOME), "told_once: job 0d2b8a54: its id was told 0 times"),
        (telling(CARD_SAID, replace(CARD_SAID, ts="9", item=9), STARTED, OUTCOME), "told_once: job 0d2b8a54"),
        (with_job(accepted=1), "records_agree: job 0d2b8a54: its counts"),
        (
            telling(replace(CARD_SAID, text="… being sent"), STARTED, OUTCOME),
            "records_agree: job 0d2b8a54: the card says",
        ),
        (replace(GOOD, listed={UUID: "Outcome unknown"}), "records_agree: job 0d2b8a54: /my-jobs says"),
        (sent(post(1, 10.0, **NEVER), states={"aaa": 2, "bbb": 2}), "records_agree: job 0d2b8a54: aaa "),
        (
            with_job(accepted=0, refused=2, outcomes={"aaa": 2, "bbb": 2}),
            "records_agree: job 0d2b8a54: aaa called refused",
        ),
        (replace(GOOD, audit_broken="row 3: …"), "audit_whole: the audit log: row 3"),
    ],
)  # fmt: skip
def test_each_rule_can_fail(seen: Seen, rule: str) -> None:
    assert any(found.startswith(rule) for found in violations(seen)), violations(seen)


@pytest.mark.parametrize(
    "seen",
    [
        sent(*TWICE, gets=(read(13.0),)),
        sent(*TWICE, gets=(read(13.0, "ALL"),)),
        sent(post(1, 10.0, status=429, mood="rate_limited", acted=False), post(2, 10.5)),
        sent(post(1, 10.0, "aaa", "nobody", acted=False), post(2, 10.5, "aaa"), post(3, 10.6, "bbb")),
        sent(post(1, 10.0, **LOST), post(2, 11.0, "ccc", **LOST), post(3, 12.5, "ddd")),
        sent(post(1, 10.0, **NEVER)),  # it reads back
        replace(with_job(state="proposed", outcomes={"aaa": 0, "bbb": 0}, accepted=0),
                requests=(Request(("aaa", "bbb"), told=True),)),
        with_job(state="watching", waits=True),
    ],
)  # fmt: skip
def test_what_is_allowed_is_no_violation(seen: Seen) -> None:
    assert violations(seen) == []
