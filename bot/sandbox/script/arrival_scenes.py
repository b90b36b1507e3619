"""The scenes after acceptance: customers that arrive in their own time, and some that do not."""

from bot.sandbox.script.stage import Stage, expect, said

__all__ = ["all_arrive", "some_stay_away"]


async def all_arrive(stage: Stage) -> None:
    """Accepted, then one after the other in the action's state; one message once all of them are there."""
    await stage.evian3.arrive_after(None)
    ids = await stage.customers(40)
    card = await stage.asks(f"/set-action T-Enable evian3 {' '.join(ids)}")
    await stage.presses(card, "confirm")
    told = await stage.thread(card, "all 40 customers accepted")
    expect("Whether they have arrived is watched" in said(told), "acceptance and arrival to be told apart")
    await stage.card(card, "0 of 40 arrived")
    await stage.evian3.set_customers(dict.fromkeys(ids[:16], 3))
    await stage.card(card, "16 of 40 arrived")
    await stage.evian3.arrive()
    await stage.thread(card, "all 40 customers have arrived")
    await stage.card(card, "All 40 arrived")
    stage.transcript.cluster(
        "1 request; then its customers' state was read once an interval until all were there"
    )


async def some_stay_away(stage: Stage) -> None:
    """Given up after its time (an hour, 6 s here): who is where instead; watched again, they arrive."""
    ids = await stage.customers(5, start=60)
    await stage.evian3.arrive_after(0.2)
    await stage.evian3.hold_up(ids[:2])
    card = await stage.asks(f"/set-action T-Enable evian3 {' '.join(ids)}")
    await stage.presses(card, "confirm")
    told = await stage.thread(card, "2 of 5 customers accepted have not arrived")
    await stage.card(card, "2 of 5 have not arrived")
    await stage.evian3.hold_up([])
    stage.transcript.cluster("whatever held the two up is over")
    await stage.evian3.set_customers(dict.fromkeys(ids, 3))
    await stage.presses(told, "watch_again")
    await stage.thread(card, "Watching again")
    await stage.thread(card, "all 5 customers have arrived")
    expect(len((await stage.evian3.record()).posts) == 2, "nothing to be sent a second time")
