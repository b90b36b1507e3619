"""The transcript: what people type, press and see, what the cluster got; in colour on a terminal."""

from collections.abc import Mapping, Sequence

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from bot.sandbox.desk import Form, Message
from bot.sandbox.rendering import confirm_lines, render
from bot.sandbox.workspace.people import NAMES

WIDTH = 100


class _Curtain:
    """A console that keeps what it is to print until it is released, and from then on prints at once."""

    def __init__(self, console: Console, *, held: bool) -> None:
        self._console = console
        self._held: list[tuple[RenderableType, ...]] | None = [] if held else None

    def print(self, *what: RenderableType) -> None:
        if self._held is None:
            self._console.print(*what)
        else:
            self._held.append(what)

    def release(self) -> None:
        held, self._held = self._held or [], None
        for what in held:
            self._console.print(*what)


class Transcript:
    """Prints as it happens; one that is `held` prints nothing until `release`."""

    def __init__(self, console: Console | None = None, *, held: bool = False) -> None:
        self._console = _Curtain(console or Console(width=WIDTH, highlight=False), held=held)

    def release(self) -> None:
        """Print what was held back, and from now on as it happens."""
        self._console.release()

    def title(self, words: str) -> None:
        """The head of it all."""
        self._console.print(f"[bold]{escape(words)}[/]")

    def remark(self, words: str) -> None:
        """A word to the reader."""
        self._console.print(f"[dim]{escape(words)}[/]")

    def scene(self, number: int, name: str) -> None:
        """A new situation."""
        self._console.print()
        self._console.print(Rule(f"[bold]{number}. {escape(name)}[/]", align="left", style="blue"))

    def types(self, user: str, channel: str, line: str) -> None:
        """Somebody types a command."""
        shown = line if len(line) <= 160 else f"{line[:120]} … ({len(line.split()) - 3} ids in all)"
        self._say(user, f"types in {_name(channel)}")
        self._console.print(Padding(Text(shown, style="green"), (0, 0, 0, 4)))

    def presses(self, user: str, button: str, dialog: Sequence[str] = ()) -> None:
        """Somebody presses a button, and goes through its dialog."""
        self._say(user, f"presses [ {button} ]")
        if dialog:
            self._console.print(Padding(Text(" / ".join(dialog), style="dim"), (0, 0, 0, 4)))

    def shows(self, message: Message, place: str) -> None:
        """What is to be seen somewhere."""
        lines = render(message.text, message.blocks) + [f"📎 {file.title}" for file in message.files]
        style = "magenta" if message.ephemeral else "cyan"
        self._console.print(
            Panel(Text("\n".join(lines)), title=escape(place), title_align="left", border_style=style)
        )

    def form(self, form: Form, place: str) -> None:
        """A modal as it opens."""
        lines = [f"[ {form.title} ]", *render("", form.blocks), f"[ {form.submit} ]"]
        self._console.print(
            Panel(Text("\n".join(lines)), title=escape(place), title_align="left", border_style="magenta")
        )

    def home(self, home: Form) -> None:
        """Somebody's App Home."""
        lines = Text("\n".join(render("", home.blocks)))
        title = escape(f"the App Home of {_name(home.user)}")
        self._console.print(Panel(lines, title=title, title_align="left", border_style="magenta"))

    def window(self, form: Form) -> None:
        """A modal that only shows something."""
        text = Text("\n".join([f"[ {form.title} ]", *render("", form.blocks)]))
        self._console.print(Panel(text, title="a window", title_align="left", border_style="magenta"))

    def fills(self, user: str, values: Mapping[str, str]) -> None:
        """Somebody fills in fields."""
        self._say(user, "fills in")
        for name, value in values.items():
            shown = " ".join(value.split())
            shown = shown if len(shown) <= 110 else f"{shown[:100]} …"
            self._console.print(Padding(Text(f"{name}: {shown}", style="green"), (0, 0, 0, 4)))

    def faults(self, errors: Mapping[str, str]) -> None:
        """What stands at the fields of a form that was not taken."""
        for name, words in errors.items():
            self._console.print(Padding(Text(f"at {name}: {words}", style="red"), (0, 0, 0, 4)))

    def cluster(self, words: str) -> None:
        """What the cluster saw."""
        self._console.print(f"[yellow]  the cluster:[/] {escape(words)}")

    def verdict(self, words: str, *, good: bool) -> None:
        """How it went."""
        self._console.print()
        self._console.print(f"[bold {'green' if good else 'red'}]{escape(words)}[/]")

    def _say(self, user: str, words: str) -> None:
        self._console.print(f"[bold]{escape(_name(user))}[/] {escape(words)}")


def dialog(message: Message, action_id: str) -> list[str]:
    """The words of a button's confirm dialog."""
    return confirm_lines(message.button(action_id).confirm)


def _name(someone: str) -> str:
    return NAMES.get(someone, someone)
