"""The answer to one POST, and the pure judgement that turns a reply into it (`design.md`, guard, item 4)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

from bot.cluster.reply import Reply, Said, explain, plain, read

# Refused before anything is done, whatever the body says, short of "success": true.
REFUSALS = frozenset({400, 401, 403, 404, 405, 409, 413, 422, 429})


class Outcome(StrEnum):
    """What is known of the request: carried out in time, not carried out at all, or neither is known."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """What exactly happened, for logs and words."""

    ACCEPTED = "accepted"
    REFUSED_BY_CLUSTER = "refused_by_cluster"  # "success": false
    UNKNOWN_CUSTOMERS = "unknown_customers"  # "success": false, and ids do not exist
    NOT_READY = "not_ready"  # "success": false, bootstrap … is not Ready
    UNAUTHORIZED = "unauthorized"  # 401, or no token to be had
    RATE_LIMITED = "rate_limited"  # 429
    HTTP_REFUSAL = "http_refusal"  # 400, 403, 404, 405, 409, 413, 422
    NOT_SENT = "not_sent"  # the bot itself kept it back
    UNREACHABLE = "unreachable"  # the connection was never established
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection_lost"
    HTTP_ERROR = "http_error"  # 3xx, 408, 5xx, any other status
    UNREADABLE_ANSWER = "unreadable_answer"  # no readable "success", or one that contradicts the status


_BY_STATUS = {401: Cause.UNAUTHORIZED, 429: Cause.RATE_LIMITED}


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one `set_action`, ready to be stored.

    `message` is the cluster's own words or one sentence of ours: one line, at most 2,000 characters, no
    token, no HTML; still to be escaped by whoever renders it. `culprits` are ids of this request which the
    cluster says do not exist, in request order. `elapsed_s` covers the whole call, fetching a token included.
    """

    outcome: Outcome
    cause: Cause
    http_status: int | None
    message: str
    culprits: tuple[str, ...]
    retry_after_s: float | None
    elapsed_s: float


def judge(reply: Reply, cids: Sequence[str], *, elapsed_s: float, secret: str = "") -> Answer:
    """What `reply` means for a POST of `cids`; total over any status and any body. `secret` is kept out."""
    said = read(reply)
    outcome, cause = _verdict(reply, said)
    return Answer(
        outcome=outcome,
        cause=cause,
        http_status=reply.status,
        message=_words(reply, said, cause, secret),
        culprits=find_culprits(said.message or "", cids) if cause is Cause.UNKNOWN_CUSTOMERS else (),
        retry_after_s=retry_after_s(reply),
        elapsed_s=elapsed_s,
    )


def _verdict(reply: Reply, said: Said) -> tuple[Outcome, Cause]:
    succeeded = 200 <= reply.status < 300
    if not succeeded and reply.status not in REFUSALS:
        return Outcome.UNKNOWN, Cause.HTTP_ERROR
    if succeeded and said.success is True:
        return Outcome.ACCEPTED, Cause.ACCEPTED
    # What was too large to read may say anything; a refusal that claims success contradicts itself; and a
    # success without a word is none.
    if reply.body is None or said.success is True or (succeeded and said.success is None):
        return Outcome.UNKNOWN, Cause.UNREADABLE_ANSWER
    return Outcome.REFUSED, _why_refused(reply.status, said)


def _why_refused(status: int, said: Said) -> Cause:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    words = " ".join((said.message or "").lower().split()) if said.success is False else ""
    if "do not exist" in words or "does not exist" in words:
        return Cause.UNKNOWN_CUSTOMERS
    if "bootstrap" in words and "not ready" in words:
        return Cause.NOT_READY
    return Cause.HTTP_REFUSAL if status in REFUSALS else Cause.REFUSED_BY_CLUSTER


def _words(reply: Reply, said: Said, cause: Cause, secret: str) -> str:
    words = explain(reply, said, secret)
    if cause is not Cause.UNREADABLE_ANSWER or said.trouble is not None:
        return words
    # The cluster's words alone ("Sending action …") would read as if it had accepted.
    what = 'although "success" is true' if said.success else 'without a true or false "success"'
    return plain(f"{reply.status} {what}: {words}" if said.message else f"{reply.status} {what}")


def find_culprits(message: str, cids: Sequence[str]) -> tuple[str, ...]:
    """The ids of this request that `message` names as whole words, in request order.

    The cluster writes a Python list, `those CIDs ['c126…', 'c108…'] do not exist` (domain.md). Only what
    stands between the brackets, and there between the quotes, counts: a customer called `not` is safe.
    """
    listed = re.findall(r"\[([^\]]*)", message)
    scope = " ".join(listed) if listed else message
    quoted = re.findall(r"'([^']*)'|\"([^\"]*)\"", scope)
    if quoted:
        named = {single or double for single, double in quoted}
    else:
        named = {word.strip(".:()") for word in re.split(r"[\s,;]+", scope)}
    return tuple(cid for cid in dict.fromkeys(cids) if cid in named)


def retry_after_s(reply: Reply) -> float | None:
    """Seconds to wait as `Retry-After` asks (seconds or an HTTP date); None where it cannot be read."""
    value = (reply.retry_after or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value[:64])
        return max(0.0, (_aware(moment) - reply.at).total_seconds())
    except (
        ValueError,
        TypeError,
        OverflowError,
        IndexError,
    ):  # all of these for one malformed date or another
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
