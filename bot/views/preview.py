"""What a card says before anyone confirms it: which state its customers are in, and who is left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slack_sdk.models.blocks import Block

from bot.views.text import clip, context, customers, escape, moment, section
from store.model import Job, Preview


@dataclass(frozen=True, slots=True)
class Path:
    """The catalogue as a card needs it, all by code: names of states, which of them an action is to follow.

    `passed`: where an action follows none, the states of customers that have gone further already.
    """

    names: Mapping[int, str]
    after: Mapping[int, frozenset[int]]
    passed: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def name(self, code: int) -> str:
        """The state's name; a code the catalogue does not know speaks for itself."""
        return self.names.get(code, f"state {code}")


def preview(job: Job, place: str, path: Path) -> list[Block]:
    """The paragraph of a card that is not decided yet; `place` is the cluster by its names, unescaped."""
    match job.preview:
        case Preview.PENDING:
            return [
                section(f":hourglass_flowing_sand: Reading on {escape(place)} in which state they are now…")
            ]
        case Preview.UNREADABLE:
            return [section(f":warning: {escape(clip(job.preview_error or '', 500))} {BLIND}")]
        case Preview.READ:
            at = f", read at {moment(job.previewed_at, '{time}')}" if job.previewed_at else ""
            return [section("\n".join([f"*On {escape(place)}{at}:*", *_states(job, path), _sum(job)]))]
    return []


BLIND = (
    "So it is not known which of these customers exist, nor who is there already; if some do not exist, the "
    "cluster refuses the request, names them, and I send the others again without them."
)


def left_out(job: Job) -> list[Block]:
    """Who was not sent, after the decision; nothing where everybody was."""
    reasons = []
    if job.already_there:
        reasons.append(f"{job.already_there:,} already in {escape(job.action_name)}")
    if job.missing:
        reasons.append(f"{job.missing:,} not on the cluster")
    return [context(f"Left out, as the card said: {', '.join(reasons)}.")] if reasons else []


def _states(job: Job, path: Path) -> list[str]:
    counts = {int(code): number for code, number in (job.preview_states or {}).items()}
    lines = [_state(job, path, code, counts[code]) for code in sorted(counts)]
    if job.missing:
        one = job.missing == 1
        lines.append(f"• {job.missing:,} {'does' if one else 'do'} not exist there: left out")
    return lines


def _state(job: Job, path: Path, code: int, number: int) -> str:
    line = f"• {number:,} {'is' if number == 1 else 'are'} in {escape(path.name(code))}"
    if code == job.action_code:
        return f"{line} already: {'left out' if job.already_there else 'sent again, as you asked'}"
    wanted = path.after.get(job.action_code, frozenset())
    if wanted and code not in wanted:
        follows = " or ".join(path.name(one) for one in sorted(wanted))
        return f"{line} :warning: {escape(job.action_name)} is meant to follow {escape(follows)}"
    if code in path.passed.get(job.action_code, frozenset()):
        return f"{line} :warning: {escape(job.action_name)} is not meant to follow it"
    return line


def _sum(job: Job) -> str:
    if job.to_send == job.total:
        return f"*{customers(job.to_send)} will be sent.*"
    if job.to_send:
        return f"*{customers(job.to_send)} of {job.total:,} will be sent.*"
    return "*So there is nothing to send.*"
