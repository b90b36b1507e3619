"""What the thread is told while a job waits: who is asked, who decided, when it starts or why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.views.message import Message
from bot.views.text import clip, context, customers, day_and_time, escape, mention, section
from bot.views.waiting import HELD, Papers, hold_words, start_line
from store.approval_model import Decision
from store.holds import Hold
from store.model import Job
from store.outbox_model import Note

Detail = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Told:
    """What a message is drawn from; `where` is the cluster by its names, unescaped."""

    job: Job
    where: str
    papers: Papers
    detail: Detail

    @property
    def what(self) -> str:
        """`T-Enable for 3 customers on Evian 3 (evian3)`, escaped."""
        return escape(f"{self.job.action_name} for {customers(self.job.to_send)} on {self.where}")

    @property
    def by(self) -> str:
        """Who did what this is about."""
        who = self.detail.get("by")
        return mention(str(who)) if who else "The bot"

    def moment(self, name: str) -> datetime | None:
        """A time of the detail."""
        at = self.detail.get(name)
        return datetime.fromtimestamp(int(at), UTC) if at else None


def tell(note: Note, facts: Told) -> Message:
    """The message for a note of this room."""
    words = _words(note, facts)
    return Message(words, [section(words), context(f"Job `{facts.job.short_id}`")])


def _words(note: Note, facts: Told) -> str:
    job = facts.job
    match note:
        case Note.AWAITED:
            return _awaited(facts)
        case Note.APPROVED:
            given = int(facts.detail.get("given") or 0)
            more = "" if given >= job.approvals else " It takes another person still."
            return f":heavy_check_mark: {facts.by} approves: {given} of {job.approvals}.{more}"
        case Note.DENIED:
            return _denied(facts)
        case Note.LAPSED:
            return (
                f":hourglass: {mention(job.operator.user_id)}: nobody approved {facts.what} in time, so it "
                "has expired. Nothing was sent; ask again with `/set-action`."
            )
        case Note.LOST:
            return (
                f":warning: {mention(job.operator.user_id)}: an approval of {facts.what} does not count any "
                "more, because of a right that was taken away or a time that was moved. Nothing was sent; it "
                "needs approval again."
            )
        case Note.SCHEDULED:
            return f":calendar: Job `{job.uuid}`: {facts.what}. {_starts(job)}"
        case Note.HELD:
            return (
                f"{mention(job.operator.user_id)}: {hold_words(job, facts.where)}"
                if job.hold
                else _gone(facts)
            )
        case Note.OVERRIDDEN:
            return _overridden(facts)
        case Note.WITHDRAWN:
            why = f" ({escape(clip(str(facts.detail['why']), 300))})" if facts.detail.get("why") else ""
            return f":no_entry_sign: {facts.by} cancels {facts.what} before it starts{why}. Nothing was sent."
    return f":arrow_forward: Job `{job.uuid}` starts now: {facts.what}.{_read(job)}"


def _awaited(facts: Told) -> str:
    job = facts.job
    names = [mention(one) for one in str(facts.detail.get("who") or "").split(",") if one]
    whom = " ".join(names) if names else "Whoever may approve"
    people = "one approval" if job.approvals == 1 else f"{job.approvals} approvals of different people"
    reminder = int(facts.detail.get("reminder") or 0)
    head = ":bell: Still waiting: " if reminder else ":raised_hand: "
    lines = [
        f"{head}{whom}: job `{job.uuid}` needs {people}: {facts.what}, asked for by "
        f"{mention(job.operator.user_id)}. Approve or deny it on the card above; nothing is sent before."
    ]
    if job.start_at:
        lines.append(f"It is to start {start_line(job)}.")
    if job.approve_by:
        lines.append(f"Without approval it expires {day_and_time(job.approve_by)}.")
    following = facts.moment("following")
    lines.append(
        f"The next reminder comes {day_and_time(following)}."
        if following
        else "There will be no other reminder."
    )
    return "\n".join(lines)


def _denied(facts: Told) -> str:
    found = (one for one in facts.papers.decisions if one.decision is Decision.DENIED)
    denied = next(found, None)
    who = mention(denied.operator.user_id) if denied else "An approver"
    why = f" “{escape(clip(denied.reason, 500))}”" if denied and denied.reason else ""
    return (
        f":no_entry: {mention(facts.job.operator.user_id)}: {who} denies {facts.what}.{why} Nothing was sent."
    )


def _starts(job: Job) -> str:
    if job.start_at:
        return f"It starts {start_line(job)}. Until then it can be changed or cancelled on the card."
    return "It starts as soon as it may."


def _overridden(facts: Told) -> str:
    hold = Hold(str(facts.detail["hold"]))
    given = next((one for one in facts.papers.overrides if one.hold is hold), None)
    why = f" Why: “{escape(clip(given.reason, 500))}”" if given else ""
    return f":warning: {facts.by} lets {facts.what} start in spite of {HELD[hold]}.{why}"


def _gone(facts: Told) -> str:
    return f"{facts.what} was held back for a while; see the card."


def _read(job: Job) -> str:
    if job.previewed_at is None:
        return ""
    return f" Which customers are sent was decided by their state as read {day_and_time(job.previewed_at)}."
