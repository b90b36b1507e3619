"""The forms that make batches and assign them: open, check, one use case, acknowledge."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck
from slack_sdk.models.views import View

from bot.draft import BatchDraft
from bot.errors import SetActionError
from bot.listeners import patience
from bot.listeners.batch_payloads import Assigning, Making, Opening
from bot.listeners.patience import Outcome, Patience, Submitted
from bot.listeners.ports import Windows
from bot.listeners.switchboard import Switchboard
from bot.service.batch_making import LONGEST_NAME, BatchMaking, UnusableFields
from bot.service.batches import Batches
from bot.views import batch_forms
from bot.views.message import Button, Form
from store.model import Operator

PATIENCE_S = patience.PATIENCE_S


class BatchForms:
    """Each method is a listener. `names`: clusters by key."""

    def __init__(
        self,
        making: BatchMaking,
        batches: Batches,
        windows: Windows,
        patience: Patience,
        names: Mapping[str, str],
    ) -> None:
        self._making = making
        self._batches = batches
        self._windows = windows
        self._patience = patience
        self._names = names

    def register(self, board: Switchboard) -> None:
        """Map buttons and forms to their listeners."""
        board.action(Button.MAKE_BATCHES.value)(self.make)
        board.action(Button.ASSIGN_BATCH.value)(self.assign)
        board.view(Form.MAKE_BATCHES.value)(self.made)
        board.view(Form.ASSIGN_BATCH.value)(self.assigned)

    async def make(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Open the form that makes batches."""
        click = Opening.model_validate(body)
        await self._windows.open(click.trigger_id, await self._form(click.operator, BatchDraft()))
        await ack()

    async def made(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Make the batches; mistakes are shown at their fields, and nothing typed is lost."""
        given = Making.model_validate(body)
        again = partial(self._form, given.operator, given.draft)
        submitted = Submitted(given.view.id, given.operator.user_id, batch_forms.waiting(), again)
        await self._patience.answer(ack, submitted, self._make(given), PATIENCE_S)

    async def assign(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Open the form that says who is to run a batch."""
        click = Opening.model_validate(body)
        batch = await self._batches.to_assign(click.operator, click.value)
        form = batch_forms.assign(batch, self._name(batch.cluster))
        await self._windows.open(click.trigger_id, form)
        await ack()

    async def assigned(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Assign the batch, if it is still with whom the form showed."""
        form = Assigning.model_validate(body)
        try:
            batch = await self._batches.assign(
                form.operator, form.code, form.seen, form.field("to").selected_user
            )
        except SetActionError as refusal:
            await ack(response_action="errors", errors={"to": str(refusal)})
        else:
            without = await self._batches.unable(form.operator, batch)
            await ack(response_action="update", view=batch_forms.assigned(batch, without=without).to_dict())

    async def _make(self, given: Making) -> Outcome:
        draft = given.draft
        try:
            made, taken = await self._making.make(given.operator, draft, request_key=given.request_key)
        except UnusableFields as mistakes:
            return Outcome(mistakes.fields)
        except SetActionError as refusal:
            return Outcome({"cluster": str(refusal)})
        words = batch_forms.made(
            made,
            taken.duplicates,
            self._name(made[0].cluster),
            remark=taken.remark,
            without=await self._making.unable(given.operator, made),
            chosen=draft.to,
        )
        view = batch_forms.shown(words)
        return Outcome(view=view, late=view, words=words)

    async def _form(self, operator: Operator, draft: BatchDraft, problems: Sequence[str] = ()) -> View:
        keys = await self._making.administered(operator)
        return batch_forms.make({key: self._name(key) for key in keys}, LONGEST_NAME, draft, problems)

    def _name(self, cluster: str) -> str:
        return self._names.get(cluster, cluster)
