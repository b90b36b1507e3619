"""How a job stands, in one symbol and a few words; the same words on the card, in lists and in the thread."""

from store.model import Job, JobState

WAITING = {
    JobState.PROPOSED: (":grey_question:", "not confirmed yet"),
    JobState.CANCELLED: (":no_entry_sign:", "cancelled, nothing was sent"),
    JobState.EXPIRED: (":hourglass:", "expired, nothing was sent"),
    JobState.CONFIRMED: (":hourglass_flowing_sand:", "confirmed, waiting to be sent"),
    JobState.RUNNING: (":arrow_forward:", "being sent"),
    JobState.WATCHING: (":mag:", "outcome unknown, being checked"),
}


def symbol(job: Job) -> str:
    """An emoji, for those who skim."""
    if job.stopped_at:
        return ":octagonal_sign:"
    if _only_awaited(job):
        return ":eyes:"
    if job.state is not JobState.DONE:
        return WAITING[job.state][0]
    if job.unknown:
        return ":grey_question:"
    if job.refused == job.to_send:
        return ":x:"
    return ":warning:" if job.refused or _stayed_away(job) else ":white_check_mark:"


def words(job: Job) -> str:
    """The state in words. What the cluster accepted is never called arrived, what is unknown never failed."""
    if job.stopped_at:
        return _stopped(job)
    if job.state is JobState.WATCHING and job.watched and job.accepted:
        return _awaited(job)
    if job.state is not JobState.DONE:
        return WAITING[job.state][1]
    if job.accepted == job.to_send:
        return _all_accepted(job)
    if job.refused == job.to_send:
        return "failed: refused by the cluster"
    if job.unknown == job.to_send:
        return "outcome unknown"
    end = "partly failed: " + tally(job) if job.refused else tally(job)
    if not job.watched or not job.accepted:
        return end
    return f"{end}, {_have_not(job)}" if job.to_arrive else f"{end}, {_everybody(job.accepted)}arrived"


def _all_accepted(job: Job) -> str:
    """The end of a job of which nothing was refused and nothing is unknown."""
    if not job.watched:
        return f"{_everybody(job.to_send)}accepted by the cluster"
    return f"done: {_have_not(job)}" if job.to_arrive else f"{_everybody(job.to_send)}arrived"


def _awaited(job: Job) -> str:
    told = "accepted" if job.accepted == job.to_send else tally(job)
    if not _only_awaited(job):
        told += " and being checked"
    return f"{told}, {job.arrived:,} of {job.accepted:,} arrived"


def _have_not(job: Job) -> str:
    return f"{job.to_arrive:,} of {job.accepted:,} {'has' if job.to_arrive == 1 else 'have'} not arrived"


def _everybody(number: int) -> str:
    return "" if number == 1 else f"all {number:,} "


def _only_awaited(job: Job) -> bool:
    """Whether nothing of a job that is watched is unknown and being checked."""
    return job.state is JobState.WATCHING and job.check_at is None and job.watch_at is not None


def _stayed_away(job: Job) -> bool:
    """Whether somebody who was watched for has not arrived."""
    return job.watched and job.to_arrive > 0


def in_flight(job: Job) -> int:
    """Customers of a stopped job that were sent and have no answer yet."""
    return job.to_send - job.answered - job.cancelled


def _stopped(job: Job) -> str:
    if job.cancelled == job.to_send:
        return "stopped before anything was sent"
    flying = in_flight(job)
    waited = f", {flying:,} in flight, whose answer is awaited" if flying else ""
    arrived = f", {job.arrived:,} of {job.accepted:,} arrived" if job.watched and job.accepted else ""
    checked = "; what is unknown is being checked" if job.state is JobState.WATCHING and job.unknown else ""
    return f"stopped: {tally(job)}{waited}{arrived}{checked}"


def tally(job: Job) -> str:
    """`118 accepted, 8 refused`; what is nought is left out."""
    counts = {
        "accepted": job.accepted,
        "refused": job.refused,
        "unknown": job.unknown,
        "never sent": job.cancelled,
    }
    return ", ".join(f"{number:,} {name}" for name, number in counts.items() if number) or "no answer yet"
