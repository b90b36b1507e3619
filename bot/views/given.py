"""How many customers were given, and where they came from: a file, a batch, another job, the form."""

from bot.views.job_again import from_job
from bot.views.text import clip, count, escape
from store.model import Job, Source


def given(job: Job) -> str:
    """How many, and where they came from."""
    told = [_from(source) for source in job.sources]
    if job.duplicates:
        told.append(f"{count(job.duplicates, 'duplicate')} dropped")
    return f"{job.total:,} ({', '.join(told)})" if told else f"{job.total:,}"


def _from(source: Source) -> str:
    if told := from_job(source):
        return told
    place = {
        "file": escape(source.name),
        "card": f"card `{escape(source.name)}`",
        "batch": f"batch `{escape(source.name)}`",
    }.get(source.kind, "the form")
    column = f" (column {escape(clip(source.column, 60))})" if source.column else ""
    remark = f" ({escape(clip(source.remark, 160))})" if source.remark else ""
    return f"{source.count:,} from {place}{column}{remark}"
