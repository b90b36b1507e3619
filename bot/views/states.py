"""How a job stands, in one symbol and a few words; the same words on the card, in lists and in the thread."""

from store.model import Job, JobState

WAITING = {
    JobState.PROPOSED: (":grey_question:", "not confirmed yet"),
    JobState.CANCELLED: (":no_entry_sign:", "cancelled, nothing was sent"),
    JobState.EXPIRED: (":hourglass:", "expired, nothing was sent"),
    JobState.AWAITING: (":raised_hand:", "waiting for approval"),
    JobState.SCHEDULED: (":calendar:", "waiting for its time"),
    JobState.DENIED: (":no_entry:", "denied, nothing was sent"),
    JobState.CONFIRMED: (":hourglass_flowing_sand:", "confirmed, waiting to be sent"),
    JobState.RUNNING: (":arrow_forward:", "being sent"),
    JobState.WATCHING: (":mag:", "outcome unknown, being checked"),
}


def symbol(job: Job) -> str:
    """An emoji, for those who skim."""
    if job.state is not JobState.DONE:
        return WAITING[job.state][0]
    if job.unknown:
        return ":grey_question:"
    if job.refused == job.to_send:
        return ":x:"
    return ":warning:" if job.refused else ":white_check_mark:"


def words(job: Job) -> str:
    """The state in words. What the cluster accepted is never called arrived, what is unknown never failed."""
    if job.state is not JobState.DONE:
        return WAITING[job.state][1]
    if job.accepted == job.to_send:
        return (
            "accepted by the cluster" if job.to_send == 1 else f"all {job.to_send:,} accepted by the cluster"
        )
    if job.refused == job.to_send:
        return "failed: refused by the cluster"
    if job.unknown == job.to_send:
        return "outcome unknown"
    return "partly failed: " + tally(job) if job.refused else tally(job)


def tally(job: Job) -> str:
    """`118 accepted, 8 refused`; what is nought is left out."""
    counts = {"accepted": job.accepted, "refused": job.refused, "unknown": job.unknown}
    return ", ".join(f"{number:,} {name}" for name, number in counts.items() if number) or "no answer yet"
