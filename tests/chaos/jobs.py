"""Jobs larger than anybody types: kept by the bot's own service, as a form with a CSV would."""

from collections.abc import Sequence
from uuid import uuid4

from bot.config import load
from bot.parsing import Request
from bot.policy import Account
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, OPS, TEAM
from bot.service.gate import Gate
from bot.service.people import People
from bot.service.proposals import Bounds, Proposals
from bot.service.waits import Waits
from store.database import Database
from store.model import Operator
from tests.chaos.scene import Scene
from tests.stage import can_be_confirmed, words

CARD_S = 30.0
MOST_OPEN = 100_000


class Nobody:
    """Members of the workspace, of no user group, in no time zone."""

    async def groups_of(self, operator: Operator) -> frozenset[str]:
        return frozenset()

    async def account_of(self, operator: Operator) -> Account:
        return Account.MEMBER

    async def zone_of(self, operator: Operator) -> str | None:
        return None

    async def closed(self, channel: str) -> str | None:
        return None


async def large_card(
    played: Scene, cids: Sequence[str], cluster: str = "evian3", channel: str = OPS
) -> Message:
    """The card of a T-Enable for all of `cids`, not confirmed yet."""
    await propose(played, [cids], channel, cluster)
    return await played.stage.desk.until_message(
        channel,
        ASTER,
        lambda m: m.thread is None and can_be_confirmed(m) and cids[0] in words(m),
        timeout_s=CARD_S,
    )


async def propose(
    played: Scene, requests: Sequence[Sequence[str]], channel: str, cluster: str = "evian3"
) -> None:
    """Cards of a T-Enable, each for all ids of one request; a bot posts them."""
    config = load(played.stage.variables(played.file))
    people = People(config.policy, Nobody(), Nobody())
    db = Database(played.stage.database_url)
    try:
        gate = Gate(config.policy, config.clusters, config.approvals)
        waits = Waits(db, Nobody(), gate, config.schedule.furthest_s)
        proposals = Proposals(
            db,
            people,
            config.catalogue,
            config.clusters,
            waits,
            Nobody(),
            Bounds(config.card_expires_s, MOST_OPEN, config.limits),
        )
        for cids in requests:
            await proposals.propose(
                Operator("", TEAM, ASTER),
                Request(config.catalogue["T-Enable"], cluster, tuple(cids), 0, None),
                proposal_id=uuid4(),
                request_key=f"large {uuid4()}",
                channel_id=channel,
            )
    finally:
        db.close()


async def insisted(played: Scene, card: Message, button: str = "confirm", tries: int = 40) -> bool:
    """Press a button until a bot takes the click, as a person would; False if none ever did."""
    for _ in range(tries):
        if (await played.stage.desk.click(ASTER, card, button)).acked:
            return True
    return False
