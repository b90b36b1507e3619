"""The forms about batches: make some from a CSV, say who is to run one."""

import json
from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
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

from bot.draft import AttachedFile, BatchDraft
from bot.views.card import batch_line, where
from bot.views.message import Form, Message
from bot.views.text import clip, count, customers, escape, mention, plain, section
from store.batch_model import Batch

VALUE = "value"  # the action_id of the one element of each input block
MAKE = "Make batches"
MOST_CLUSTERS = 100  # Slack's limit for options


def make(
    clusters: Mapping[str, str], longest_name: int, draft: BatchDraft, problems: Sequence[str] = ()
) -> View:
    """The form with everything of the draft in it; `problems` are told at its top.

    `clusters`: key to name, those for which the reader may make batches.
    """
    options = [
        Option(value=key, text=PlainTextObject(text=clip(where(key, name), 75), emoji=False))
        for key, name in list(clusters.items())[:MOST_CLUSTERS]
    ]
    chosen = next((option for option in options if option.value == draft.cluster), options[0])
    told = ["Nothing was made yet. Please correct this:", *problems] if problems else []
    blocks: list[Block] = [
        *map(plain, told),
        _ask(
            "cluster",
            "Cluster",
            StaticSelectElement(action_id=VALUE, options=options, initial_option=chosen),
        ),
        *_cut(draft, longest_name),
        *_list(draft.file),
        _ask(
            "to",
            "To be run by",
            UserMultiSelectElement(action_id=VALUE, initial_users=list(draft.to) or None),
            optional=True,
            hint="One person gets them all. Several get them in turn: the first batch goes to the first "
            "of them, the second to the second, and so on. They are told. Left empty, you assign each later.",
        ),
    ]
    memory = json.dumps({"id": draft.file.id, "name": draft.file.name[:100]}) if draft.file else ""
    return _modal(Form.MAKE_BATCHES, MAKE, blocks, submit="Make", metadata=memory)


def _cut(draft: BatchDraft, longest_name: int) -> list[Block]:
    """What the batches are called, and how large they are."""
    name = PlainTextInputElement(
        action_id=VALUE, max_length=longest_name, initial_value=draft.name[:longest_name] or None
    )
    size = NumberInputElement(
        action_id=VALUE,
        is_decimal_allowed=False,
        min_value="1",
        initial_value=draft.size if draft.size.strip("0") else None,
    )
    last = "The last batch holds what is left."
    return [_ask("name", "Name", name), _ask("size", "Customers per batch", size, hint=last)]


def _list(file: AttachedFile | None) -> list[Block]:
    """Where the list goes; one that is attached already stays as long as its box is ticked."""
    hint = "One column of customer ids, or one headed customer_id, cust_id, cid or id. At most 10 MB."
    element = FileInputElement(action_id=VALUE, filetypes=["csv", "txt", "tsv"], max_files=1)
    field = _ask("file", "Customers, as a CSV", element, hint=hint, optional=file is not None)
    if file is None:
        return [field]
    name = "".join(filter(str.isprintable, file.name)) or "a file"
    options = [Option(value=file.id, text=PlainTextObject(text=clip(name, 75), emoji=False))]
    kept = CheckboxesElement(action_id=VALUE, options=options, initial_options=options)
    return [_ask("kept", "Attached already", kept, hint="Or attach another below.", optional=True), field]


def waiting() -> View:
    """For a list that takes longer than Slack waits: what was typed is kept, and the end is told."""
    words = (
        "Still making the batches. If nothing is shown within two minutes, look at /set-action batches "
        "before you make them again."
    )
    return _modal(Form.MAKE_BATCHES, MAKE, [plain(words)])


def made(
    some: Sequence[Batch],
    duplicates: int,
    cluster_name: str,
    *,
    remark: str = "",
    without: Sequence[str] = (),
    chosen: Sequence[str] = (),
) -> Message:
    """What came of it. `remark` is about the file's first line; `without`: who may run nothing there.

    `chosen` are all who were to run some: there may be more of them than batches.
    """
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
        words.append(f"Assigned to {_people(people)}; they are told.")
    else:
        words.append("Assigned to nobody yet.")
    if none := [person for person in chosen if person not in people]:
        words.append(f"There are fewer batches than people: {_people(none)} got none.")
    if without:
        words.append(_cannot_run(without))
    if remark:
        words.append(f"In the file: {escape(remark)}.")
    codes = ", ".join(f"`{batch.code}`" for batch in some[:10]) + (" …" if some[10:] else "")
    words.append(f"{codes}\n`/set-action batches` lists them.")
    return Message("\n".join(words))


def shown(words: Message) -> View:
    """What came of it, in the form's place."""
    return _modal(Form.MAKE_BATCHES, "Batches made", [section(words.text)])


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


def _people(some: Sequence[str]) -> str:
    return ", ".join(map(mention, some[:10])) + (f" and {len(some) - 10} more" if some[10:] else "")


def _cannot_run(people: Sequence[str]) -> str:
    return (
        f":warning: No rule of this bot lets {_people(people)} ask for any action there, so a card of theirs "
        "would be refused. Ask the people who run the bot for a rule, or assign somebody else."
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
