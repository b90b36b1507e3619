"""One job in a line, with the way to its thread."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.views import states
from bot.views.text import clip, customers, day_and_time, escape
from store.model import Job


@dataclass(frozen=True, slots=True)
class Workspace:
    """What links into Slack need: the workspace's own address, ending in a slash."""

    url: str

    def thread(self, job: Job) -> str | None:
        """The address of the job's card, if it is posted. The form is Slack's own permalink."""
        if job.card_ts is None:
            return None
        return f"{self.url}archives/{job.channel_id}/p{job.card_ts.replace('.', '')}"


def line(job: Job, names: Mapping[str, str], workspace: Workspace) -> str:
    """One job in a list: what, where, when and how it stands; mrkdwn."""
    link = workspace.thread(job)
    name = f"<{link}|{job.short_id}>" if link else f"`{job.short_id}`"
    cluster = escape(clip(names.get(job.cluster, job.cluster), 100))
    return (
        f"{states.symbol(job)} {name} *{escape(job.action_name)}* on {cluster}, {customers(job.total)}, "
        f"{day_and_time(job.created_at)}\n{states.words(job)[0].upper()}{states.words(job)[1:]}"
    )
