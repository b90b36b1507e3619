"""What a person may choose in the form: actions, clusters, the batches that are theirs to run, a channel."""

from collections.abc import Mapping
from dataclasses import replace

from bot.draft import Choices, Draft
from bot.service.proposals import Proposals
from store import batches
from store.batch_model import Batch
from store.database import Database
from store.model import Operator

MOST = 100  # batches offered, the newest; any other can be run by its code


class Choosing:
    """`names`: clusters by key."""

    def __init__(self, db: Database, proposals: Proposals, names: Mapping[str, str]) -> None:
        self._db = db
        self._proposals = proposals
        self._names = names

    async def choices(self, operator: Operator) -> Choices:
        """For this person, now. Raises NotAllowed when their groups cannot be read, StoreError."""
        offer = await self._proposals.offer(operator)
        mine = await self._db.read(batches.to_run, operator, MOST)
        return Choices(
            offer.actions,
            {key: self._names[key] for key in offer.clusters},
            {batch.code: self._said(batch) for batch in mine if batch.cluster in offer.clusters},
            {name: [self._names[key] for key in keys] for name, keys in offer.only_on.items()},
        )

    async def placed(self, draft: Draft) -> Draft:
        """The draft without a channel in which no card could be shown; why not is said in it."""
        closed = await self._proposals.closed(draft.channel)
        return replace(draft, channel=None, elsewhere=closed) if closed else draft

    def _said(self, batch: Batch) -> str:
        place = self._names[batch.cluster]
        return f"{batch.code}: {batch.size:,} on {place}, part {batch.part} of {batch.parts}, {batch.name}"
