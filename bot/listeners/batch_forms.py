"""The forms that make batches and assign them: open, check, one use case, acknowledge."""

import asyncio
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.errors import InvalidRequest, SetActionError
from bot.intake.ids import Taken
from bot.listeners.batch_payloads import Assigning, Making, Opening
from bot.listeners.ports import Files, Windows
from bot.service.batch_making import LONGEST_NAME, BatchMaking, Order, UnusableField
from bot.service.batches import Batches
from bot.views import batch_forms
from bot.views.message import Button, Form

FILE_S = 2.0  # to fetch and read a list, while Slack waits three seconds for the form's answer


class BatchForms:
    """Each method is a listener. `names`: clusters by key."""

    def __init__(
        self,
        making: BatchMaking,
        batches: Batches,
        files: Files,
        windows: Windows,
        names: Mapping[str, str],
    ) -> None:
        self._making = making
        self._batches = batches
        self._files = files
        self._windows = windows
        self._names = names

    def register(self, app: AsyncApp) -> None:
        """Map buttons and forms to their listeners."""
        app.action(Button.MAKE_BATCHES.value)(self.make)
        app.action(Button.ASSIGN_BATCH.value)(self.assign)
        app.view(Form.MAKE_BATCHES.value)(self.made)
        app.view(Form.ASSIGN_BATCH.value)(self.assigned)

    async def make(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Open the form that makes batches."""
        click = Opening.model_validate(body)
        keys = await self._making.administered(click.operator)
        form = batch_forms.make({key: self._name(key) for key in keys}, LONGEST_NAME)
        await self._windows.open(click.trigger_id, form)
        await ack()

    async def made(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Make the batches; a mistake is shown at its field, and nothing typed is lost."""
        form = Making.model_validate(body)
        try:
            await self._making.check_rights(form.operator, form.cluster)
            taken = await self._read(form)
            made = await self._making.make(form.operator, _order(form, taken))
        except InvalidRequest as mistake:
            field = mistake.field if isinstance(mistake, UnusableField) else "file"
            await ack(response_action="errors", errors={field: str(mistake)})
        except SetActionError as refusal:
            await ack(response_action="errors", errors={"cluster": str(refusal)})
        else:
            without = await self._making.unable(form.operator, made)
            view = batch_forms.made(
                made, taken.duplicates, self._name(made[0].cluster), remark=taken.remark, without=without
            )
            await ack(response_action="update", view=view.to_dict())

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

    async def _read(self, form: Making) -> Taken:
        """The customers of the attached file. Raises InvalidRequest."""
        files = form.field("file").files
        if not files:
            raise UnusableField("file", "Attach the list of customers as a CSV.")
        try:
            async with asyncio.timeout(FILE_S), self._files.content(files[0].attached) as file:
                return await self._making.read(file)
        except TimeoutError as exc:
            raise UnusableField(
                "file", "The file took too long to fetch and read. Nothing was made; please submit again."
            ) from exc

    def _name(self, cluster: str) -> str:
        return self._names.get(cluster, cluster)


def _order(form: Making, taken: Taken) -> Order:
    return Order(
        request_key=form.request_key,
        cluster=form.cluster,
        name=" ".join((form.field("name").value or "").split()),
        size=form.size,
        cids=taken.cids,
        to=form.field("to").selected_users,
    )
