"""Whom the end of a job is told to: the requester, as they wish; one line to them or to a channel."""

from bot.views import states
from bot.views.card import where
from bot.views.listing import Workspace
from bot.views.message import Message
from bot.views.text import clip, context, customers, escape, mention, section
from store.home_model import Notify
from store.model import Job, JobState


def failed(job: Job) -> bool:
    """Whether anything did not go as asked: refused, unknown, or given up before it had arrived."""
    given_up = job.state is JobState.DONE and job.watch_until is not None and job.arrived < job.accepted
    return bool(job.refused or job.unknown or given_up)


def addressed(job: Job, notify: Notify, *, calls: bool = True) -> str:
    """`@Aster: ` before the words that tell how a job ended, or nothing where the requester wants none.

    `calls`: whether this message is one that lets the requester know, the job's last or one that needs them.
    """
    if not calls or notify is Notify.NEVER or (notify is Notify.FAILURE and not failed(job)):
        return ""
    return f"{mention(job.operator.user_id)}: "


def ended(job: Job, cluster_name: str, workspace: Workspace) -> Message:
    """How a job ended, in one line that mentions nobody, with the way to its thread."""
    link = workspace.thread(job)
    name = f"<{link}|{job.short_id}>" if link else f"`{job.short_id}`"
    what = escape(clip(f"{job.action_name} on {where(job.cluster, cluster_name)}", 500))
    words = f"{states.symbol(job)} {name} {what}, {customers(job.to_send)}: {states.words(job)}."
    return Message(words, [section(words), *([context(f"Why: {escape(job.reason)}")] if job.reason else [])])
