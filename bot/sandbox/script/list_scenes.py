"""The scenes with lists: filters, what was done to one customer, other people's jobs, the audit log."""

from bot.sandbox.desk import Message
from bot.sandbox.script.stage import Stage, Unexpected, expect, said
from bot.sandbox.workspace.people import ASTER, BRAM, OPS

__all__ = ["a_customers_history", "filtered", "the_record"]


async def filtered(stage: Stage) -> None:
    """Failures on one cluster are typed; the same list is narrowed and cleared by its menus, in place."""
    page = await _list(stage, "/my-jobs failed evian3 since:1d")
    expect("8 refused" in said(page), "the job of which eight customers were refused")
    stage.transcript.presses(ASTER, "PE-Finalize in the menu of actions")
    await stage.desk.pick(ASTER, page, "my_jobs_action", "4")
    none = await stage.whisper("There is none: Your jobs, failed")
    await stage.presses(none, "my_jobs_clear")
    await stage.whisper("129 customers")


async def a_customers_history(stage: Stage) -> None:
    """Everything that was done to one customer, with the state it is in now."""
    [cid] = await stage.customers(1)
    page = await _list(stage, f"/my-jobs customer {cid}")
    expect("it is in" in said(page), "the customer's present state")
    expect("Finalize" in said(page), "the jobs it was in")


async def the_record(stage: Stage) -> None:
    """Somebody without the right is refused; whoever may audit sees others' jobs and gets the record."""
    refusal = await _list(stage, "/my-jobs all", user=BRAM)
    expect("the right audit" in said(refusal), "the right that is missing to be named")
    page = await _list(stage, "/my-jobs user:@Bram")
    expect("Jobs of" in said(page), "Bram's jobs")
    await _list(stage, "/my-jobs audit export csv since:1d")
    await stage.directly(ASTER, "Audit log")


async def _list(stage: Stage, line: str, *, user: str = ASTER) -> Message:
    reaction = await stage.types(line, user=user, channel=OPS)
    if reaction.message is None:
        raise Unexpected("expected an answer at once")
    return reaction.message
