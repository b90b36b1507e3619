"""The desk's hands on forms: see a modal or a home tab, type, choose, submit, close."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.sandbox.desk_line import JSON, PATIENCE_S, Line
from bot.sandbox.workspace.seen import Reaction
from bot.sandbox.workspace.seen_forms import Attachment, Form, Submission

Field = str | int | None | Attachment | Sequence[str | Attachment]


class FormHands(Line):
    """Fields go by the block_id of their input block, others by their action_id.

    Values: text and numbers as such; a choice is the `value` of its option; people and conversations are
    ids; a date and time is in seconds since 1970; files are `Attachment`s. Where several can be chosen, a
    list. None empties a field. DeskRefused for what Slack's client has no way to enter.
    """

    async def form(self, user: str) -> Form | None:
        """The modal this person sees: the top of the stack."""
        return _form(await self._ask("form", user=user))

    async def home(self, user: str) -> Form | None:
        """This person's home tab; None before the app published one."""
        return _form(await self._ask("home", user=user))

    async def until_form(
        self, user: str, predicate: Callable[[Form], bool] = lambda _: True, *, timeout_s: float = PATIENCE_S
    ) -> Form:
        """The modal this person sees, as soon as there is one that fits; TimeoutError with the journal."""
        return await self._until_view("form", user, predicate, timeout_s)

    async def until_home(
        self, user: str, predicate: Callable[[Form], bool] = lambda _: True, *, timeout_s: float = PATIENCE_S
    ) -> Form:
        """The same for the home tab."""
        return await self._until_view("home", user, predicate, timeout_s)

    async def fill(self, form: Form, values: Mapping[str, Field]) -> Form:
        """Type and choose without sending anything; the form as it is then."""
        told = await self._ask("fill", view=form.id, values=await self._entered(form, values))
        return Form.read(told["form"])

    async def choose(self, form: Form, name: str, value: Field) -> Reaction:
        """Change a field that tells the app at once (outside input blocks, or with `dispatch_action`).

        A text field is left with Enter. What the app makes of it: `until_form`.
        """
        (entered,) = (await self._entered(form, {name: value})).values()
        return Reaction.read(await self._ask("choose", view=form.id, name=name, value=entered))

    async def submit(self, form: Form, values: Mapping[str, Field] | None = None) -> Submission:
        """Fill in `values`, press Submit and wait for the answer, no longer than Slack does.

        Required fields, lengths and limits are checked first, as Slack's client does: then nothing is sent.
        """
        told = await self._ask("submit", view=form.id, values=await self._entered(form, values or {}))
        return _submission(told)

    async def close(self, form: Form, *, everything: bool = False) -> Submission:
        """Press Cancel (this view only), or the cross in the corner (`everything`: the whole stack)."""
        return _submission(await self._ask("close", view=form.id, everything=everything))

    async def _until_view(
        self, verb: str, user: str, predicate: Callable[[Form], bool], timeout_s: float
    ) -> Form:
        seen = -1

        async def look(wait_s: float) -> Form | None:
            nonlocal seen
            if seen >= 0:
                await self._journal(seen, wait_s)
            told = await self._ask(verb, user=user)
            seen, found = int(told["end"]), _form(told)
            return found if found and predicate(found) else None

        return await self._wait(look, f"no {verb} as expected before {user}", timeout_s)

    async def _entered(self, form: Form, values: Mapping[str, Field]) -> JSON:
        return {name: await self._one(form.user, value) for name, value in values.items()}

    async def _one(self, user: str, value: Field) -> Any:
        match value:
            case Attachment():
                return [await self._attached(user, value)]
            case str() | int() | None:
                return value
        return [await self._attached(user, one) if isinstance(one, Attachment) else one for one in value]

    async def _attached(self, user: str, file: Attachment) -> str:
        return str((await self._ask("attach", user=user, file=file.told()))["file"])


def _form(told: Mapping[str, Any]) -> Form | None:
    return Form.read(told["form"]) if told["form"] else None


def _submission(told: Mapping[str, Any]) -> Submission:
    reaction = told["reaction"]
    return Submission(Reaction.read(reaction) if reaction else None, _form(told))
