"""What the scenes are made of: people who type, press and look; each step printed as it happens."""

from collections.abc import Mapping

from bot.sandbox.cluster.desk import ClusterDesk
from bot.sandbox.desk import Attachment, Desk, Form, Message, Reaction
from bot.sandbox.desk_forms import Field
from bot.sandbox.rendering import render
from bot.sandbox.script.processes import House
from bot.sandbox.script.transcript import Transcript, dialog
from bot.sandbox.workspace.people import ASTER, NAMES, OPS


class Unexpected(Exception):
    """Something was not as the script expects it."""


class Stage:
    """The people's hands and eyes."""

    def __init__(self, house: House, transcript: Transcript) -> None:
        self.desk: Desk = house.desk
        self.evian3: ClusterDesk = house.evian3
        self.fiji1: ClusterDesk = house.fiji1
        self._clusters = house.clusters
        self.transcript = transcript

    async def asks(self, line: str, *, user: str = ASTER, channel: str = OPS) -> Message:
        """Type a command that brings a card; the card."""
        before = {message.ts for message in await self.desk.messages(channel, user)}
        reaction = await self.types(line, user=user, channel=channel)
        if reaction.message:
            raise Unexpected(f"a private answer instead of a card: {reaction.message.text}")
        card = await self.desk.until_message(channel, user, lambda m: m.ts not in before and _decidable(m))
        self.transcript.shows(card, f"{NAMES[channel]}: Set Action")
        return card

    async def types(self, line: str, *, user: str = ASTER, channel: str = OPS) -> Reaction:
        """Type a command; a private answer in the acknowledgement is shown."""
        self.transcript.types(user, channel, line)
        reaction = await self.desk.command(user, channel, line)
        expect(reaction.acked, "the command to be acknowledged within three seconds")
        if reaction.message:
            self.transcript.shows(reaction.message, f"only {NAMES[user]} sees this")
        return reaction

    async def presses(self, message: Message, action: str, *, user: str = ASTER) -> None:
        """Press a button and go through its dialog."""
        self.transcript.presses(user, message.button(action).label, dialog(message, action))
        reaction = await self.desk.click(user, message, action)
        expect(reaction.acked, "the click to be acknowledged within three seconds")

    async def opens(self, line: str, *, user: str = ASTER, channel: str = OPS) -> Form:
        """Type a command that brings a form; the form."""
        reaction = await self.types(line, user=user, channel=channel)
        if reaction.message:
            raise Unexpected(f"a private answer instead of a form: {reaction.message.text}")
        return await self.form(user)

    async def uses(self, name: str, shortcut: str, message: Message, *, user: str = ASTER) -> Form:
        """Use a shortcut on a message that brings a form; the form."""
        self.transcript.shows(message, f"{NAMES[message.channel]}: {NAMES.get(message.user, message.user)}")
        self.transcript.presses(user, name)
        reaction = await self.desk.message_shortcut(user, message, shortcut)
        expect(reaction.acked, "the shortcut to be acknowledged within three seconds")
        return await self.form(user)

    async def submits(self, form: Form, values: Mapping[str, Field]) -> Form | None:
        """Fill in a form and press its button; what is seen then, None once it is closed."""
        self.transcript.fills(form.user, {name: _entered(value) for name, value in values.items()})
        self.transcript.presses(form.user, form.submit or "")
        left = (await self.desk.submit(form, values)).form
        if left and left.errors:
            self.transcript.faults(left.errors)
        return left

    async def form(self, user: str = ASTER) -> Form:
        """The form that somebody pressed for, once it can be sent; and show it."""
        form = await self.desk.until_form(user, lambda form: form.submit is not None)
        self.transcript.form(form, f"a form, only {NAMES[user]} sees it")
        return form

    async def goes_home(self, user: str) -> Form:
        """Open the App Home."""
        reaction = await self.desk.open_home(user)
        expect(reaction.acked, "the event to be acknowledged within three seconds")
        return await self.desk.until_home(user)

    async def home(self, wanted: str, *, user: str = ASTER) -> Form:
        """Wait until somebody's App Home says so, and show it."""
        found = await self.desk.until_home(
            user, lambda form: wanted in "\n".join(render("", form.blocks)), timeout_s=15
        )
        self.transcript.home(found)
        return found

    async def chooses(self, form: Form, name: str, value: str) -> None:
        """Choose from a menu that tells the bot at once."""
        self.transcript.fills(form.user, {name: value})
        reaction = await self.desk.choose(form, name, value)
        expect(reaction.acked, "the choice to be acknowledged within three seconds")

    async def thread(self, card: Message, wanted: str, *, timeout_s: float = 15) -> Message:
        """Wait for a message in the card's thread, and show it."""
        found = await self.desk.until_message(
            card.channel,
            ASTER,
            lambda m: m.ts != card.ts and wanted in said(m),
            thread=card.ts,
            timeout_s=timeout_s,
        )
        self.transcript.shows(found, "in the card's thread")
        return found

    async def card(self, card: Message, wanted: str) -> Message:
        """Wait until the card says so, and show it."""
        found = await self.desk.until_message(
            card.channel, ASTER, lambda m: m.ts == card.ts and wanted in said(m), timeout_s=15
        )
        self.transcript.shows(found, "the card now")
        return found

    async def whisper(
        self, wanted: str, *, user: str = ASTER, thread: str | None = None, channel: str = OPS
    ) -> Message:
        """Wait for what only one person sees, and show it."""
        found = await self.desk.until_message(
            channel, user, lambda m: m.ephemeral and wanted in said(m), thread=thread
        )
        self.transcript.shows(found, f"only {NAMES[user]} sees this")
        return found

    async def directly(self, user: str, wanted: str) -> Message:
        """Wait for a direct message that says so, and show it."""
        await self.desk.until(lambda entry: entry.kind == "message_posted" and wanted in str(entry.details))
        found = next(m for m in await self.desk.direct_messages(user) if wanted in said(m))
        self.transcript.shows(found, f"a direct message to {NAMES[user]}")
        return found

    async def customers(self, count: int, *, start: int = 0, cluster: str = "evian3") -> list[str]:
        """Ids of customers that a cluster has."""
        return list(await self._clusters[cluster].customers())[start : start + count]


def _decidable(message: Message) -> bool:
    return any(button.action_id == "confirm" for button in message.buttons)


def _entered(value: Field) -> str:
    """What was put into a field, in a few words."""
    if isinstance(value, Attachment):
        return f"📎 {value.name}"
    if isinstance(value, str | int | None):
        return str(value)
    return ", ".join(map(_entered, value))


def said(message: Message) -> str:
    """A message as a person reads it."""
    return "\n".join([*render(message.text, message.blocks), *(file.title for file in message.files)])


def expect(true: bool, words: str) -> None:
    """Raises Unexpected unless it is so."""
    if not true:
        raise Unexpected(f"expected {words}")
