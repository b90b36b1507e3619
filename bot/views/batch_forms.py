"""The forms about batches: make some from a CSV, say who is to run one."""

from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import (
    Block,
    InputBlock,
    NumberInputElement,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    StaticSelectElement,
    UserMultiSelectElement,
    UserSelectElement,
)
from slack_sdk.models.blocks.block_elements import FileInputElement, InputInteractiveElement
from slack_sdk.models.views import View

from bot.views.card import batch_line, where
from bot.views.message import Form
from bot.views.text import clip, count, customers, escape, mention, plain, section
from store.batch_model import Batch

VALUE = "value"  # the action_id of the one element of each input block
MOST_CLUSTERS = 100  # Slack's limit for options


def make(clusters: Mapping[str, str], longest_name: int) -> View:
    """The empty form; `clusters`: key to name, those for which the reader may make batches."""
    options = [
        Option(value=key, text=PlainTextObject(text=clip(where(key, name), 75), emoji=False))
        for key, name in list(clusters.items())[:MOST_CLUSTERS]
    ]
    blocks = [
        _ask(
            "cluster",
            "Cluster",
            StaticSelectElement(action_id=VALUE, options=options, initial_option=options[0]),
        ),
        _ask("name", "Name", PlainTextInputElement(action_id=VALUE, max_length=longest_name)),
        _ask(
            "size",
            "Customers per batch",
            NumberInputElement(action_id=VALUE, is_decimal_allowed=False, min_value="1", initial_value="100"),
            hint="The last batch holds what is left.",
        ),
        _ask(
            "file",
            "Customers, as a CSV",
            FileInputElement(action_id=VALUE, filetypes=["csv", "txt", "tsv"], max_files=1),
            hint="One column of customer ids, or one headed customer_id, cust_id, cid or id. At most 10 MB.",
        ),
        _ask(
            "to",
            "To be run by",
            UserMultiSelectElement(action_id=VALUE),
            optional=True,
            hint="One person gets them all. Several get them in turn: the first batch goes to the first "
            "of them, the second to the second, and so on. They are told. Left empty, you assign each later.",
        ),
    ]
    return _modal(Form.MAKE_BATCHES, "Make batches", blocks, submit="Make")


def made(
    some: Sequence[Batch],
    duplicates: int,
    cluster_name: str,
    *,
    remark: str = "",
    without: Sequence[str] = (),
) -> View:
    """What came of it. `remark` is about the file's first line; `without`: who may run nothing there."""
    first, last = some[0], some[-1]
    place = escape(clip(where(first.cluster, cluster_name), 200))
    total = sum(batch.size for batch in some)
    number = "1 batch" if len(some) == 1 else f"{len(some):,} batches"
    words = [
        f":white_check_mark: *{number} of “{escape(first.name)}”* on {place}, {customers(total)} in all."
    ]
    if last.size != first.size:
        words.append(f"Each has {customers(first.size)}, the last one {last.size:,}.")
    if duplicates:
        words.append(f"{count(duplicates, 'duplicate')} in the file counted once.")
    people = list(dict.fromkeys(batch.assigned_to for batch in some if batch.assigned_to))
    if people:
        shown = ", ".join(map(mention, people[:10])) + (
            f" and {len(people) - 10} more" if people[10:] else ""
        )
        words.append(f"Assigned to {shown}; they are told.")
    else:
        words.append("Assigned to nobody yet.")
    if without:
        words.append(_cannot_run(without))
    if remark:
        words.append(f"In the file: {escape(remark)}.")
    codes = ", ".join(f"`{batch.code}`" for batch in some[:10]) + (" …" if some[10:] else "")
    words.append(f"{codes}\n`/set-action batches` lists them.")
    return _modal(Form.MAKE_BATCHES, "Batches made", [section("\n".join(words))])


def assign(batch: Batch, cluster_name: str) -> View:
    """Who is to run a batch; what was seen goes along, so that nobody's later word is overwritten."""
    blocks: list[Block] = [
        plain(
            f"{batch_line(batch)}, {customers(batch.size)} on {clip(where(batch.cluster, cluster_name), 200)}"
        ),
        _ask(
            "to",
            "To be run by",
            UserSelectElement(action_id=VALUE, initial_user=batch.assigned_to),
            optional=True,
            hint="They are told in a direct message. Left empty, nobody is to run it yet.",
        ),
    ]
    seen = f"{batch.code}.{batch.assigned_to or ''}"
    return _modal(Form.ASSIGN_BATCH, "Assign a batch", blocks, submit="Assign", metadata=seen)


def assigned(batch: Batch, *, without: Sequence[str] = ()) -> View:
    """What came of it; `without`: who may run nothing there."""
    who = f"assigned to {mention(batch.assigned_to)}" if batch.assigned_to else "assigned to nobody"
    words = f":white_check_mark: Batch `{batch.code}` is {who} now."
    if without:
        words += f"\n{_cannot_run(without)}"
    return _modal(Form.ASSIGN_BATCH, "Assign a batch", [section(words)])


def _cannot_run(people: Sequence[str]) -> str:
    shown = ", ".join(map(mention, people[:10])) + (f" and {len(people) - 10} more" if people[10:] else "")
    return (
        f":warning: No rule of this bot lets {shown} ask for any action there, so a card of theirs would be "
        "refused. Ask the people who run the bot for a rule, or assign somebody else."
    )


def _ask(
    block_id: str,
    label: str,
    element: InputInteractiveElement,
    *,
    hint: str | None = None,
    optional: bool = False,
) -> InputBlock:
    return InputBlock(block_id=block_id, label=label, element=element, hint=hint, optional=optional)


def _modal(
    form: Form, title: str, blocks: Sequence[Block], *, submit: str | None = None, metadata: str = ""
) -> View:
    return View(
        type="modal",
        callback_id=form.value,
        private_metadata=metadata,
        title=PlainTextObject(text=title),
        close=PlainTextObject(text="Cancel" if submit else "Close"),
        submit=PlainTextObject(text=submit) if submit else None,
        blocks=list(blocks),
    )
