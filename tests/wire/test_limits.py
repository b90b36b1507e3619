"""Limits at the wire: what a person, or everybody on a cluster, may have under way; floods are counted."""

import json
from functools import partial

from bot.sandbox.desk import Message, Reaction
from bot.sandbox.workspace.people import ASTER, BRAM, OPS
from store import floods
from tests.forms import form_of
from tests.stage import Stage, can_be_confirmed, words

FEW = "\n[limits]\njobs_open = 2\ncustomers_per_hour = 5\ncards_per_minute = 3\n"


async def asked(stage: Stage, number: int, *, user: str = ASTER, cluster: str = "evian3") -> Reaction:
    ids = " ".join(await stage.cids(number))
    return await stage.desk.command(user, OPS, f"/set-action T-Enable {cluster} {ids}")


async def refusal(stage: Stage, number: int, *, user: str = ASTER, cluster: str = "evian3") -> str:
    reaction = await asked(stage, number, user=user, cluster=cluster)
    assert reaction.message is not None, "a card instead of a refusal"
    assert reaction.message.ephemeral
    return words(reaction.message)


async def test_customers_within_an_hour(idle_stage: Stage) -> None:
    await idle_stage.start_bot(more=FEW)
    assert (await asked(idle_stage, 3)).message is None
    said = await refusal(idle_stage, 3)
    assert "You have asked for 3 customers within an hour" in said
    assert "more than the limit for you (5). It begins to free in " in said
    assert "Nothing was sent." in said
    assert (await asked(idle_stage, 2)).message is None
    assert (await asked(idle_stage, 3, user=BRAM)).message is None  # everybody has a limit of their own
    assert (await idle_stage.events()).count("refused_request") == 1


async def test_a_card_that_was_replaced_does_not_count_among_the_customers(idle_stage: Stage) -> None:
    await idle_stage.start_bot(more=FEW.replace("cards_per_minute = 3", ""))
    card = await idle_stage.ask(f"/set-action T-Enable evian3 {' '.join(await idle_stage.cids(3))}")
    for reason in ("one", "two"):
        await idle_stage.desk.click(ASTER, card, "edit")
        submission = await idle_stage.desk.submit(await form_of(idle_stage), {"reason": reason})
        assert submission.form is None
        card = await idle_stage.desk.until_message(OPS, ASTER, partial(_why, reason))
    assert "You have asked for 3 customers within an hour" in await refusal(idle_stage, 3)


def _why(reason: str, message: Message) -> bool:
    return f"Why: {reason}" in words(message) and can_be_confirmed(message)


async def test_cards_within_a_minute(idle_stage: Stage) -> None:
    await idle_stage.start_bot(more=FEW)
    for _ in range(3):
        assert (await asked(idle_stage, 1)).message is None
    said = await refusal(idle_stage, 1)
    assert "You have asked for 3 cards within a minute, which is the limit for you (3)." in said
    assert "It begins to free in " in said


async def test_jobs_that_have_not_ended(idle_stage: Stage) -> None:
    await idle_stage.start_bot(more=FEW.replace("customers_per_hour = 5", "") + "[actions.Go]\ncode = 3\n")
    # Jobs that wait: no bot takes them, so it is the rows that say it.
    [cid] = await idle_stage.cids(1)
    first = await idle_stage.ask(f"/set-action Go evian3 {cid}")
    second = await idle_stage.ask(f"/set-action Go fiji1 {cid}")
    await idle_stage.settled()
    idle_stage.tamper("UPDATE jobs SET state = 'watching'")
    reaction = await idle_stage.desk.command(ASTER, OPS, f"/set-action Go evian3 {cid}")
    assert reaction.message
    assert "You have 2 jobs that have not ended, which is the limit for you (2)." in words(reaction.message)
    assert first.ts != second.ts


async def test_everybody_on_one_cluster_together(idle_stage: Stage) -> None:
    await idle_stage.start_bot(more="limits = { cards_per_minute = 1 }")
    assert (await asked(idle_stage, 1)).message is None
    said = await refusal(idle_stage, 1, user=BRAM)
    assert "On evian3 people have asked for 1 cards within a minute" in said
    assert "the limit for all of them together (1)" in said
    assert (await asked(idle_stage, 1, user=BRAM, cluster="fiji1")).message is None


async def test_a_flood_of_refusals_is_counted_not_listed(stage: Stage) -> None:
    for _ in range(floods.SINGLY + 15):
        assert (await stage.desk.command(ASTER, OPS, "/set-action Nonsense evian3 e106b3d0")).message
    assert (await stage.desk.command(BRAM, OPS, "/set-action Nonsense evian3 e106b3d0")).message
    events = await stage.events()
    assert events.count("refused_request") == floods.SINGLY + 1
    assert events.count("refusals_counted") == 1
    stage.tamper("UPDATE refusals SET since = since - 60000")  # a minute later
    await stage.desk.command(ASTER, OPS, "/set-action Nonsense evian3 e106b3d0")
    rows = await stage.rows("SELECT detail FROM audit_log WHERE event = 'refusals_counted' ORDER BY seq")
    assert json.loads(rows[-1].detail) == {"in_all": floods.SINGLY + 15, "not_singly": 15}
    assert (await stage.rows("SELECT * FROM audit_log WHERE event = 'refused_request'"))[-1]
