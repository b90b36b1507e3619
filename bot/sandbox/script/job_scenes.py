"""The scenes about one job: look at it in full, stop it half way, send again what it did not get done."""

from bot.sandbox.cluster import mood
from bot.sandbox.desk import Form, Message
from bot.sandbox.rendering import render
from bot.sandbox.script.stage import Stage, expect, said
from bot.sandbox.workspace.people import ASTER, OPS


async def in_full(stage: Stage) -> None:
    """A job by the beginning of its id: how it stands, what happened when, which requests were sent."""
    thread = await stage.desk.messages(OPS, ASTER)
    card, *_ = [m for m in thread if "126 customers" in said(m)]
    form = await _opened(stage, card)
    expect("118 accepted, 8 refused" in _words(form), "how it stands")
    form = await _turns(stage, form, "job_timeline", "2 requests with 244 customers in all")
    form = await _turns(stage, form, "job_requests", "attempt 2")
    await stage.desk.close(form)


async def stopped(stage: Stage) -> None:
    """Stopped while its first request is in flight: that one is told as it ends, no other is sent."""
    await stage.evian3.next_mood(mood.slow(2.8))
    before = len((await stage.evian3.record()).posts)
    card = await stage.asks(f"/set-action direct evian3 {' '.join(await stage.customers(300))}")
    await stage.presses(card, "confirm")
    await stage.evian3.until(lambda record: len(record.posts) > before)
    shown = await stage.card(card, "Being sent")
    await stage.presses(shown, "stop_job")
    await stage.thread(card, "has stopped this job")
    await stage.thread(card, "stopped by @Aster: 150 accepted")
    await stage.card(card, "Stopped: 150 accepted")
    posts = (await stage.evian3.record()).posts[before:]
    expect(len(posts) == 1, "no request after the stop")
    stage.transcript.cluster("1 request of 150 customers; nothing after the stop")


async def retried(stage: Stage) -> None:
    """What was refused is sent again in a new job, by a card as always; the first job names it."""
    ids = await stage.customers(2, start=280)
    await stage.evian3.next_mood(mood.forbidden())
    card = await stage.asks(f"/set-action finalize evian3 {' '.join(ids)}")
    await stage.presses(card, "confirm")
    told = await stage.thread(card, "nothing was done")
    await stage.presses(told, "job_detail")
    form = await _seen(stage, "Overview")
    form = await _turns(stage, form, "job_retry_refused", "A new card is on its way")
    again = await stage.desk.until_message(
        OPS,
        ASTER,
        lambda m: "2 refused of job" in said(m) and any(b.action_id == "confirm" for b in m.buttons),
    )
    stage.transcript.shows(again, "#ops: Set Action")
    await stage.presses(again, "confirm")
    await stage.thread(again, "both customers accepted")
    form = await _turns(stage, form, "job_overview", "of these again")
    await stage.desk.close(form)


async def applications(stage: Stage) -> None:
    """How the applications of the job's customers stand, read from the cluster when somebody asks."""
    thread = await stage.desk.messages(OPS, ASTER)
    [*_, card] = [m for m in thread if "2 refused of job" in said(m)]
    [cid] = await stage.customers(1, start=280)
    failed = {"app_name": "airmatch", "status": "Failure", "reason": "Device config missing"}
    await stage.evian3.set_apps(cid, [{"app_name": "dpp", "status": "Ready"}, failed])
    form = await _turns(stage, await _opened(stage, card), "job_applications", "Device config missing")
    await stage.desk.close(form)


async def _opened(stage: Stage, card: Message) -> Form:
    short = said(card).split("Job ")[1].strip("`")[:8]
    await stage.types(f"/my-jobs {short}")
    return await _seen(stage, short)


async def _seen(stage: Stage, wanted: str) -> Form:
    form = await stage.desk.until_form(ASTER, lambda form: wanted in _words(form))
    stage.transcript.window(form)
    return form


async def _turns(stage: Stage, form: Form, button: str, wanted: str) -> Form:
    stage.transcript.presses(ASTER, form.button(button).label)
    reaction = await stage.desk.click(ASTER, form, button)
    expect(reaction.acked, "the click to be acknowledged within three seconds")
    return await _seen(stage, wanted)


def _words(form: Form) -> str:
    return "\n".join([form.title or "", *render("", form.blocks)])
