"""The guard's last look: a chunk that was claimed too long ago is kept back, not sent."""

import asyncio
import json
import math

import pytest

from bot.runner import sender
from bot.sandbox.desk_line import PATIENCE_S
from bot.turns.embedded import EmbeddedTurns
from tests.stage import Stage


async def test_a_chunk_claimed_too_long_ago_is_kept_back_and_sent_from_a_new_claim(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "SENT_WITHIN", -1.0)  # everything is too late
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await stage.confirm(card)
    async with asyncio.timeout(PATIENCE_S):
        while "answered" not in await stage.events():
            pass  # each turn asks the database anew
    assert not (await stage.evian3.record()).posts
    monkeypatch.setattr(sender, "SENT_WITHIN", 0.9)
    await stage.thread(card, "1 customer accepted")
    assert len((await stage.evian3.record()).posts) == 1
    rows = await stage.rows("SELECT detail FROM audit_log WHERE event = 'answered' ORDER BY seq")
    assert json.loads(rows[0].detail)["cause"] == "not_sent"
    assert json.loads(rows[-1].detail)["cause"] == "accepted"
    [chunk] = await stage.rows("SELECT attempt FROM chunks")
    assert chunk.attempt == len(rows)


async def test_a_claim_that_a_freeze_held_up_is_not_made_until_the_turn_is_taken_again(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, leases = idle_stage, iter([lambda: 0.0] * 3)  # lost again and again, whoever asks
    await stage.start_bot()
    card = await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")
    await stage.settled()
    with monkeypatch.context() as patch:
        patch.setattr(EmbeddedTurns, "lease", lambda turns: next(leases, lambda: math.inf))
        await stage.confirm(card)
        await stage.thread(card, "1 customer accepted")
    assert next(leases, None) is None
    [chunk] = await stage.rows("SELECT attempt FROM chunks")
    assert chunk.attempt == 1
