"""The rules of a chaos run, each a function from what was seen to the violations of it, in words."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from bot.sandbox.cluster import End, Get, Post
from tests.chaos.seen import Cluster, Job, Said, Seen

PLANNED, ACCEPTED, REFUSED, UNKNOWN = range(4)
ARRIVED = 6
SUCCESS = frozenset({"normal", "created", "slow", "trickling", "lying"})
NOTHING_DONE = frozenset({"starting", "rate_limited", "wrong_token", "forbidden"})
CLOSED = frozenset({"cancelled", "expired"})
CLAIMED_S = 0.25  # of settle_s: so much may pass between the claim, from which it counts, and the POST

Rule = Callable[[Seen], Iterator[str]]


def one_job_each(seen: Seen) -> Iterator[str]:
    """An acknowledged command has one card's row; an acknowledged confirmation has exactly one job."""
    rows: defaultdict[frozenset[str], list[Job]] = defaultdict(list)
    for job in seen.jobs:
        rows[frozenset(job.outcomes)].append(job)
    for request in seen.requests:
        found = rows[frozenset(request.cids)]
        confirmed = sum(job.is_confirmed for job in found)
        if len(found) > 1 or (request.asked and not found):
            yield f"command for {request.cids[0]}: {len(found)} rows"
        if confirmed > 1 or (request.confirmed and not confirmed and not request.told):
            yield f"confirmation for {request.cids[0]}: {confirmed} jobs"


def posted_once(seen: Seen) -> Iterator[str]:
    """A customer is POSTed again only after a read past `settle_s`, or where nothing was done."""
    for key, cluster in seen.clusters.items():
        by_cid: defaultdict[str, list[Post]] = defaultdict(list)
        for post in sorted(cluster.posts, key=lambda post: post.at):
            for cid in post.cids:
                by_cid[cid].append(post)
        bad = {
            (before.number, after.number)
            for cid, posts in by_cid.items()
            for before, after in pairwise(posts)
            if not (_nothing_done(before, cluster) or _read_between(cluster, before, after, cid))
        }
        yield from (f"{key}: POST {first} sent again as POST {again}" for first, again in sorted(bad))


def _nothing_done(post: Post, cluster: Cluster) -> bool:
    if post.acted or post.end is not End.ANSWERED:
        return False
    return post.mood in NOTHING_DONE or any(cid not in cluster.states for cid in post.cids)


def _read_between(cluster: Cluster, before: Post, after: Post, cid: str) -> bool:
    earliest = before.at + cluster.settle_s * (1 - CLAIMED_S)

    def tells(get: Get) -> bool:
        asked = get.what == "action" and (cid in get.cids or get.cids == ("ALL",))
        return asked and get.status == 200 and earliest <= get.at < after.at

    return any(tells(get) for get in cluster.gets)


def few_in_flight(seen: Seen) -> Iterator[str]:
    """Never more than `concurrency` POSTs in flight; one that nobody hears of counts until `settle_s`."""
    for key, cluster in seen.clusters.items():
        for post in cluster.posts:
            beside = [one for one in cluster.posts if one.at <= post.at < _over(one, cluster)]
            if len(beside) > cluster.concurrency:
                which = "; ".join(f"{o.number} {o.mood} {o.at:.3f}-{_over(o, cluster):.3f}" for o in beside)
                yield f"{key}: {len(beside)} POSTs in flight, {cluster.concurrency} allowed: {which}"


def _over(post: Post, cluster: Cluster) -> float:
    settled = post.at + cluster.settle_s * (1 - CLAIMED_S)  # the bot counts from the claim
    return min(post.ended_at or settled, settled)


def all_ended(seen: Seen) -> Iterator[str]:
    """Every job has ended or waits for something; nothing is left to be told."""
    for job in seen.jobs:
        if job.is_confirmed and job.state != "done" and not job.waits:
            yield f"job {job.uuid[:8]}: {job.state}, and waits for nothing"
        if job.state == "done" and PLANNED in job.outcomes.values():
            yield f"job {job.uuid[:8]}: done, with customers still planned"
    if seen.outbox_left:
        yield f"{seen.outbox_left} items left in the outbox"


def told_once(seen: Seen) -> Iterator[str]:
    """One card a job, its id once and each result once in its thread; no item of the outbox twice."""
    items = Counter(said.item for said in seen.said if said.item is not None)
    yield from (
        f"item {item} of the outbox: {number} messages" for item, number in items.items() if number > 1
    )
    threads: defaultdict[str | None, list[Said]] = defaultdict(list)
    for said in seen.said:
        threads[said.thread].append(said)
    cards = Counter(cid for said in threads[None] for cid in set(said.words.split()))
    for job in seen.jobs:
        first = next(iter(job.outcomes))
        if cards[first] != 1:
            yield f"job {job.uuid[:8]}: {cards[first]} cards"
        if not job.is_confirmed or job.card_ts is None:
            continue
        thread = threads[job.card_ts]
        ids = sum(f"Job `{job.uuid}` is confirmed" in said.words for said in thread)
        if ids != 1:
            yield f"job {job.uuid[:8]}: its id was told {ids} times"
        results = sum(_is_result(said) for said in thread)
        if job.state in ("done", "watching") and results != 1 + job.resent:
            yield f"job {job.uuid[:8]}: {results} results told, {1 + job.resent} expected"
        arrivals = sum("arrived." in said.text for said in thread)
        if job.state == "done" and not job.watched <= arrivals <= 1 + job.resent:
            yield f"job {job.uuid[:8]}: the end of watching was told {arrivals} times"


def _is_result(said: Said) -> bool:
    other = ("is confirmed", "checked. ", "state could not be read", "arrived.")
    return " on " in said.text and not any(words in said.text for words in other)


def told_in_order(seen: Seen) -> Iterator[str]:
    """A thread hears things in the order in which they came to be told."""
    threads: defaultdict[str | None, list[int]] = defaultdict(list)
    for said in sorted(seen.said, key=lambda said: said.ts):
        if said.item is not None and said.thread is not None:
            threads[said.thread].append(said.item)
    yield from (f"thread {ts}: items {items}" for ts, items in threads.items() if items != sorted(items))


def records_agree(seen: Seen) -> Iterator[str]:
    """What rows call accepted or refused is so by the cluster's own record; rows, card and list agree."""
    cards = {said.ts: said.text for said in seen.said if said.thread is None}
    posts: defaultdict[tuple[str, str], list[Post]] = defaultdict(list)
    for key, cluster in seen.clusters.items():
        for post in cluster.posts:
            for cid in post.cids:
                posts[key, cid].append(post)
    for job in seen.jobs:
        yield from _true(job, seen.clusters[job.cluster], posts)
        counts = Counter(job.outcomes.values())
        told = (job.accepted - job.arrived, job.arrived, job.refused, job.unknown)
        if tuple(counts[kind] for kind in (ACCEPTED, ARRIVED, REFUSED, UNKNOWN)) != told:
            yield f"job {job.uuid[:8]}: its counts are not those of its customers"
        words = ended(job)
        if words and job.card_ts and not cards.get(job.card_ts, "").endswith(words):
            yield f"job {job.uuid[:8]}: the card says {cards.get(job.card_ts)!r}, not {words!r}"
        if words and job.uuid in seen.listed and words not in seen.listed[job.uuid].lower():
            yield f"job {job.uuid[:8]}: /my-jobs says {seen.listed[job.uuid]!r}, not {words!r}"


def _true(job: Job, cluster: Cluster, posts: Mapping[tuple[str, str], list[Post]]) -> Iterator[str]:
    for cid, outcome in job.outcomes.items():
        its = posts.get((job.cluster, cid), [])
        answered = any(
            post.mood in SUCCESS and post.end is End.ANSWERED and post.status in (200, 201)
            and all(other in cluster.states for other in post.cids)
            for post in its
        )  # fmt: skip
        if outcome == ACCEPTED and not answered and cluster.states.get(cid) != job.action_code:
            yield f"job {job.uuid[:8]}: {cid} called accepted, and nothing says so"
        if outcome == ARRIVED and cluster.states.get(cid) != job.action_code:
            yield f"job {job.uuid[:8]}: {cid} called arrived, and it is elsewhere"
        if outcome == REFUSED and any(post.acted for post in its):
            yield f"job {job.uuid[:8]}: {cid} called refused, and the cluster acted on it"


def ended(job: Job) -> str | None:
    """How a job that has ended must be called on its card and in lists; None while it has not."""
    sent = (PLANNED, ACCEPTED, REFUSED, UNKNOWN, ARRIVED)
    total = sum(outcome in sent for outcome in job.outcomes.values())
    if job.state in CLOSED:
        return f"{job.state}, nothing was sent"
    if job.state != "done":
        return None
    away = job.accepted - job.arrived
    end = f"of {job.accepted:,} {'has' if away == 1 else 'have'} not arrived" if away else "arrived"
    watched = (job.watched or job.arrived > 0) and job.accepted > 0
    if job.accepted == total:
        return end if watched else "accepted by the cluster"
    if job.refused == total:
        return "failed: refused by the cluster"
    if job.unknown == total:
        return "outcome unknown"
    counts = {"accepted": job.accepted, "refused": job.refused, "unknown": job.unknown}
    told = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number)
    if not watched:
        return told
    everybody = "" if job.accepted == 1 else f"all {job.accepted:,} "
    return f"{told}, {away:,} {end}" if away else f"{told}, {everybody}{end}"


def audit_whole(seen: Seen) -> Iterator[str]:
    """The audit chain verifies."""
    if seen.audit_broken:
        yield f"the audit log: {seen.audit_broken}"


RULES: tuple[Rule, ...] = (
    one_job_each, posted_once, few_in_flight, all_ended, told_once, told_in_order, records_agree, audit_whole,
)  # fmt: skip


def violations(seen: Seen) -> list[str]:
    """Every violation of every rule, each with the rule's name; empty where all promises held."""
    return [f"{rule.__name__}: {words}" for rule in RULES for words in rule(seen)]
