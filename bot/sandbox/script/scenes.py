"""The scenes of the main job, in order: each a situation an operator meets, played and checked."""

import asyncio

from bot.sandbox.cluster import mood
from bot.sandbox.script.stage import Stage, Unexpected, expect, said
from bot.sandbox.workspace.people import BRAM


async def accepted(stage: Stage) -> None:
    """A card, a confirmation, a job, an outcome."""
    ids = await stage.customers(3)
    card = await stage.asks(f"/set-action T-Enable evian3 {', '.join(ids)} reason: ticket 4711")
    await stage.presses(card, "confirm")
    await stage.thread(card, "is confirmed")
    await stage.thread(card, "all 3 customers accepted")
    await stage.card(card, "3 of 3 answered")
    posts = (await stage.evian3.record()).posts
    expect(len(posts) == 1 and list(posts[0].cids) == ids, "one POST with the three ids")
    stage.transcript.cluster(f"1 request, {posts[0].action} with {len(posts[0].cids)} ids")


UNKNOWN = [f"c{n:03d}d3b0fb0111efb2cdda09530d43d0" for n in range(8)]


async def some_do_not_exist(stage: Stage) -> None:
    """The card says before anyone confirms who exists and who is there already; only the others are sent."""
    await stage.evian3.arrive()
    known = await stage.customers(121)  # the first three are in T-Enable since the first scene
    before = len((await stage.evian3.record()).posts)
    card = await stage.asks(f"/set-action t_enable EVIAN3 {' '.join(known[:60] + UNKNOWN + known[60:])}")
    expect("118 customers of 129 will be sent" in said(card), "those left out to be counted")
    await stage.presses(card, "customers_csv")
    await stage.thread(card, "129 customers")
    await stage.presses(card, "confirm")
    await stage.thread(card, "all 118 customers accepted")
    posts = (await stage.evian3.record()).posts[before:]
    expect([len(post.cids) for post in posts] == [118], "one POST, of those who exist and are not there")
    stage.transcript.cluster("1 request: the 118 that exist and are not in T-Enable yet")


async def unreadable(stage: Stage) -> None:
    """Where the state cannot be read first, one unknown id makes the cluster refuse a whole request."""
    known = await stage.customers(118, start=121)
    await stage.evian3.next_mood(mood.server_error(), on=mood.Call.GET)
    before = len((await stage.evian3.record()).posts)
    card = await stage.asks(f"/set-action t evian3 {' '.join(known[:60] + UNKNOWN + known[60:])}")
    await stage.presses(card, "confirm")
    await stage.thread(card, "118 accepted, 8 refused")
    await stage.card(card, "126 of 126 answered")
    posts = (await stage.evian3.record()).posts[before:]
    expect([len(post.cids) for post in posts] == [126, 118], "a refused POST of 126 and one of the other 118")
    stage.transcript.cluster(
        "first request: 126 ids, refused as a whole; second request: the other 118, accepted"
    )


async def wrong_token(stage: Stage) -> None:
    """The cluster does not take the bot's token: nothing is done, and nobody is asked for a token."""
    [cid] = await stage.customers(1)
    card = await stage.asks(f"/set-action PE-Enable fiji1 {cid}")
    await stage.presses(card, "confirm")
    await stage.thread(card, "401")


async def starting(stage: Stage) -> None:
    """The cluster is still starting: it is left alone for a while, and then it takes the request."""
    # Twice: the channel may have its fill of messages, and what is told after the first pause of 2 s is that
    # it is over.
    await stage.evian3.next_mood(mood.starting(), times=2)
    [cid] = await stage.customers(1)
    before = len((await stage.evian3.record()).posts)
    card = await stage.asks(f"/set-action T-Enable evian3 {cid}")
    await stage.presses(card, "confirm")
    await stage.thread(card, "is not Ready")
    await stage.thread(card, "1 customer accepted")
    posts = (await stage.evian3.record()).posts[before:]
    expect(len(posts) == 3, "two requests that did nothing, and one after a longer pause")
    stage.transcript.cluster(
        "first and second request: not ready, nothing done; third request, after a longer pause: accepted"
    )


async def slow(stage: Stage) -> None:
    """An answer that takes sixteen seconds (1.6 here)."""
    await stage.evian3.next_mood(mood.slow(1.6))
    ids = await stage.customers(2, start=20)
    card = await stage.asks(f"/set-action PE-Finalize evian3 {' '.join(ids)}")
    await stage.presses(card, "confirm")
    await stage.card(card, "0 of 2 answered")
    await stage.thread(card, "both customers accepted")


async def timed_out(stage: Stage) -> None:
    """No answer in time, although the cluster did it: unknown, never failed; then read back."""
    await stage.evian3.next_mood(mood.silent())
    before = len((await stage.evian3.record()).posts)
    ids = await stage.customers(2)
    card = await stage.asks(f"/set-action PE-Finalize evian3 {' '.join(ids)}")
    await stage.presses(card, "confirm")
    await stage.thread(card, "it is not known")
    await stage.thread(card, "although its answer never came")
    await stage.card(card, "All 2 arrived")
    posts = (await stage.evian3.record()).posts[before:]
    expect(len(posts) == 1, "one POST only: an unknown request is never repeated")
    stage.transcript.cluster("1 request, carried out but never answered; then 1 read of the state")


async def double_click(stage: Stage) -> None:
    """Pressed twice at once: one job."""
    before = len((await stage.evian3.record()).posts)
    [cid] = await stage.customers(1)
    card = await stage.asks(f"/set-action direct evian3 {cid}")
    await asyncio.gather(stage.presses(card, "confirm"), stage.presses(card, "confirm"))
    await stage.whisper("You have confirmed this already")
    await stage.thread(card, "accepted")
    posts = (await stage.evian3.record()).posts[before:]
    expect(len(posts) == 1, "one POST for two clicks")
    stage.transcript.cluster("1 request")


async def stranger(stage: Stage) -> None:
    """Somebody else presses; then the one who asked cancels."""
    [cid] = await stage.customers(1)
    card = await stage.asks(f"/set-action finalize evian3 {cid}")
    await stage.presses(card, "confirm", user=BRAM)
    await stage.whisper("Only the person who asked", user=BRAM)
    await stage.presses(card, "cancel")
    await stage.card(card, "Cancelled")


async def expired(stage: Stage) -> None:
    """Nobody decides in time; a click on the old card does nothing."""
    before = len((await stage.evian3.record()).posts)
    [cid] = await stage.customers(1)
    card = await stage.asks(f"/set-action finalize evian3 {cid}")
    await stage.card(card, "Expired")
    stage.transcript.remark("(Aster's screen still shows the old card.)")
    await stage.presses(card, "confirm")
    await stage.whisper("This card has expired")
    posts = (await stage.evian3.record()).posts[before:]
    expect(not posts, "nothing sent for an expired card")
    stage.transcript.cluster("nothing")


async def mistyped(stage: Stage) -> None:
    """A wrong action and a bad id: told privately, with what would work."""
    reaction = await stage.types("/set-action T-Enabel evian3 e106b3d0fb01, no/such/id")
    expect(bool(reaction.message and "T-Enable" in said(reaction.message)), "the nearest action to be named")


async def my_jobs(stage: Stage) -> None:
    """The caller's jobs, privately."""
    reaction = await stage.types("/my-jobs")
    if not reaction.message:
        raise Unexpected("expected a list")
    expect("Finalize" in said(reaction.message), "the job that timed out to be in the list")
