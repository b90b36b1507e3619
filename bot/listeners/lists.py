"""`/my-jobs`: lists with their filters, pages and menus, a customer's history, the audit log as a file."""

from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from slack_bolt.async_app import AsyncAck

from bot.errors import InvalidRequest
from bot.job_filter import JobFilter
from bot.list_dates import Clock
from bot.list_text import is_job_id, needs_clock, parse
from bot.list_words import Answer, CustomerWanted, ExportWanted, JobWanted, Words
from bot.listeners.list_payloads import Choice, history, turned
from bot.listeners.payloads import Click, Command
from bot.listeners.ports import Whisper, Windows
from bot.listeners.switchboard import Switchboard
from bot.service.job_lists import JobLists
from bot.service.record_export import RecordExport
from bot.views import customer_history as of_customer
from bot.views import job_list as shown
from bot.views.listing import Workspace
from bot.views.message import Button, Message
from bot.views.record import exported, log_file
from store.listing_model import Place
from store.model import Operator
from store.records_model import Period

FIRST = Place()


class Clocks(Protocol):
    """Knows what time it is for a person."""

    async def clock(self, operator: Operator) -> Clock:
        """Their clock; UTC where their zone is not known."""
        ...


class Lists:
    """Each method is a listener: check, one use case, acknowledge."""

    def __init__(
        self,
        lists: JobLists,
        export: RecordExport,
        clocks: Clocks,
        whisper: Whisper,
        windows: Windows,
        words: Words,
        workspace: Workspace,
    ) -> None:
        self._lists = lists
        self._export = export
        self._clocks = clocks
        self._whisper = whisper
        self._windows = windows
        self._words = words
        self._names = shown.Names(words.clusters, {action.code: action.name for action in words.catalogue})
        self._workspace = workspace

    def register(self, board: Switchboard) -> None:
        """Map command, buttons and menus to their listeners; before `JobWindow`, which shows one job."""
        board.command("/my-jobs", when=self._is_list)(self.my_jobs)
        board.action(Button.MY_JOBS.value)(self.open)
        board.action(Button.NEWER.value)(self.turn)
        board.action(Button.OLDER.value)(self.turn)
        board.action(Button.CLEAR.value)(self.turn)
        board.action(Button.EVERYBODY.value)(self.turn)
        board.action(Button.FILTER_STATE.value)(self.change)
        board.action(Button.FILTER_ACTION.value)(self.change)
        board.action(Button.FILTER_CLUSTER.value)(self.change)
        board.action(Button.FILTER_WHOSE.value)(self.change)
        board.action(Button.HISTORY_NEWER.value)(self.turn_history)
        board.action(Button.HISTORY_OLDER.value)(self.turn_history)

    async def my_jobs(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """List what is asked for, tell of one customer, or hand on the record."""
        command = Command.model_validate(body)
        clock = await self._clock(command)
        wanted = parse(command.text, self._words, clock)
        message = await self._answer(command.operator, wanted, clock)
        await ack(response_type="ephemeral", **message.payload())

    async def open(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Show the caller's newest jobs, privately."""
        click = Click.model_validate(body)
        message = await self._list(click.operator, JobFilter(), FIRST)
        self._whisper.say(click.response_url, message, thread=click.thread)
        await ack()

    async def turn(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Turn the list to another page, or to what a button names, in place."""
        click = Click.model_validate(body)
        message = await self._list(click.operator, *turned(click))
        self._whisper.say(click.response_url, message, replace=True)
        await ack()

    async def change(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Change one part of the filter, in place."""
        choice = Choice.model_validate(body)
        message = await self._list(choice.operator, choice.wanted, FIRST)
        self._whisper.say(choice.response_url, message, replace=True)
        await ack()

    async def turn_history(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Turn a customer's history to another page, in place."""
        click = Click.model_validate(body)
        message = await self._history(click.operator, *history(click))
        self._whisper.say(click.response_url, message, replace=True)
        await ack()

    async def _is_list(self, body: dict[str, Any]) -> bool:
        return not is_job_id(str(body.get("text") or ""), self._words)

    async def _clock(self, command: Command) -> Clock:
        """The caller's clock; Slack is asked for it only where the text names a date."""
        if needs_clock(command.text):
            return await self._clocks.clock(command.operator)
        return Clock(datetime.now(UTC), known=True)

    async def _answer(self, operator: Operator, wanted: Answer, clock: Clock) -> Message:
        match wanted:
            case JobFilter():
                notes = () if clock.known else (shown.NO_ZONE,)
                return await self._list(operator, wanted, FIRST, notes)
            case CustomerWanted(cid):
                return await self._history(operator, cid, FIRST)
            case ExportWanted(form, since, until):
                export = await self._export.export(operator, Period(since, until), form)
                self._windows.send(operator.user_id, partial(log_file, export.rows, form))
                return exported(export.period, len(export.rows), export.clusters, form)
            case JobWanted():  # one job is shown by another listener
                raise InvalidRequest(
                    [f"{wanted.words} is the id of a job. Type /my-jobs {wanted.words} alone."]
                )

    async def _list(
        self, operator: Operator, wanted: JobFilter, place: Place, notes: tuple[str, ...] = ()
    ) -> Message:
        page = await self._lists.page(operator, wanted, place)
        notes = (*notes, shown.LIMITED) if page.limited else notes
        told = shown.Page(page.jobs, page.newer, page.older, notes)
        return shown.job_list(told, wanted, self._names, self._workspace)

    async def _history(self, operator: Operator, cid: str, place: Place) -> Message:
        page = await self._lists.customer(operator, cid, place)
        present = [of_customer.Present(one.cluster, one.state, one.problem) for one in page.now]
        notes = (shown.LIMITED,) if page.limited else ()
        told = of_customer.Told(cid, page.history.deeds, present, page.newer, page.older, notes)
        return of_customer.customer_history(told, self._names, self._workspace)
