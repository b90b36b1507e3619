"""The form that asks for an action, and what stands in its place while it loads, waits or cannot be shown."""

import json
from collections.abc import Sequence
from enum import StrEnum

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    ConversationSelectElement,
    InputBlock,
    InputInteractiveElement,
    Option,
    OptionGroup,
    PlainTextInputElement,
    PlainTextObject,
    StaticSelectElement,
)
from slack_sdk.models.blocks.block_elements import DateTimePickerElement, FileInputElement
from slack_sdk.models.views import View

from bot.draft import LONGEST_TEXT, MOST_FILES, AttachedFile, Choices, Draft, Field, portions
from bot.views.message import Message
from bot.views.text import clip, customers, plain, section

TITLE = "Set Action"
LONGEST_REASON = 500
OPTION = 75  # characters of an option's text, by Slack's reference
OPTIONS = 100  # in one group
LONGEST_NAME = 100  # of a remembered file, so that all of them fit the 3,000 characters of metadata
MORE_CIDS = "more_cids_"  # begins the block of each further field of customer ids
SOURCE = "source"  # the box of a card's own customers


class Callback(StrEnum):
    """The `callback_id`s by which people come in and submit."""

    SHORTCUT = "set_action"
    MESSAGE_SHORTCUT = "set_action_on_these"
    FORM = "set_action_form"


def form(draft: Draft, choices: Choices, problems: Sequence[str] = ()) -> View:
    """The form with everything of the draft in it; `problems` are told at its top."""
    if not choices.actions or not choices.clusters:
        return _notice("You may not use any action on any cluster yet. Ask the people who run this bot.")
    told = ["Nothing was taken yet. Please correct this:", *problems] if problems else []
    blocks: list[Block] = [plain(words) for words in [*told, *filter(None, [draft.notice])]]
    blocks += [_action(draft, choices), _cluster(draft, choices), *_cids(draft)]
    blocks += _kept(draft)
    blocks += [_files(), *_batch(draft, choices), _run_at(draft), _reason(draft), _channel(draft)]
    return View(
        type="modal",
        callback_id=Callback.FORM,
        title=_text(TITLE),
        submit=_text("Show the card"),
        close=_text("Close"),
        private_metadata=_memory(draft),
        blocks=blocks,
    )


def loading() -> View:
    """Opened at once, so that the trigger does not run out; filled soon."""
    return _notice("Loading…")


def waiting() -> View:
    """For a submission that takes longer than Slack waits: nothing is kept yet, so nothing is promised."""
    return _notice(
        "Still reading what you handed in. Nothing is taken yet, and nothing was sent. What comes of it will "
        "be shown here. If nothing is shown within two minutes, ask again: a card confirmed twice is still "
        "one job."
    )


def taken(channel: str | None = None) -> View:
    """The end of a submission that took long; `channel` is where the card is to be."""
    place = f"in <#{channel}>" if channel else "in the channel you chose"
    words = (
        f"Taken. The card will be {place} in a moment; if it cannot be shown there, I write to you. Nothing "
        "is sent until you confirm it."
    )
    return View(type="modal", title=_text(TITLE), close=_text("Close"), blocks=[section(words)])


def told(message: Message) -> View:
    """Words in place of the form: why it cannot be shown."""
    return View(type="modal", title=_text(TITLE), close=_text("Close"), blocks=[section(message.text or "…")])


def _notice(words: str) -> View:
    return View(type="modal", title=_text(TITLE), close=_text("Close"), blocks=[plain(words)])


def _action(draft: Draft, choices: Choices) -> InputBlock:
    places = {name: f"only on {', '.join(places)}" for name, places in choices.only_on.items()}
    options = [_option(name, name, places.get(name, "")) for name in choices.actions]
    return _input(Field.ACTION, "Action", _select(Field.ACTION, options, draft.action))


def _cluster(draft: Draft, choices: Choices) -> InputBlock:
    options = [_option(key, name, key) for key, name in choices.clusters.items()]
    chosen = draft.cluster or (next(iter(choices.clusters)) if len(options) == 1 else None)
    return _input(Field.CLUSTER, "Cluster", _select(Field.CLUSTER, options, chosen))


def _cids(draft: Draft) -> list[Block]:
    """A text field; more of them only where there is more text than one can hold, as out of a message."""
    first, *more = [
        PlainTextInputElement(
            action_id=Field.CIDS, multiline=True, max_length=LONGEST_TEXT, initial_value=text or None
        )
        for text in portions(draft.text)
    ]
    hint = "Parted by spaces, commas or new lines. There is room for about 90 ids of 32 digits: more by file."
    return [
        _input(Field.CIDS, "Customer ids", first, hint, optional=True),
        *(
            InputBlock(
                block_id=f"{MORE_CIDS}{n}", label=_text("More customer ids"), element=each, optional=True
            )
            for n, each in enumerate(more, 1)
        ),
    ]


def _kept(draft: Draft) -> list[Block]:
    """What is remembered and cannot be put into a field: ticked until somebody unticks it."""
    options = [Option(value=file.id, text=_text(clip(_shown(file), OPTION))) for file in draft.files]
    if draft.source:
        which = "of the card, besides its batch" if draft.batch else "of the card"
        words = f"The {customers(draft.customers)} {'accepted' if draft.accepted_only else which}"
        options.insert(0, Option(value=SOURCE, text=_text(words)))
    if not options:
        return []
    element = CheckboxesElement(action_id=Field.KEPT, options=options, initial_options=options)
    return [_input(Field.KEPT, "Attached already", element, "Untick what is not meant.", optional=True)]


def _files() -> InputBlock:
    element = FileInputElement(action_id=Field.FILES, filetypes=["csv", "txt", "tsv"], max_files=MOST_FILES)
    hint = "One id in each line, or a column headed customer_id, cust_id, cid or id. At most 10 MB a file."
    return _input(Field.FILES, "CSV files", element, hint, optional=True)


def _batch(draft: Draft, choices: Choices) -> list[Block]:
    """Only for those who have batches to run."""
    offered = dict(choices.batches)
    if draft.batch:
        offered.setdefault(draft.batch, draft.batch)
    if not offered:
        return []
    options = [_option(code, words) for code, words in offered.items()]
    element = _select(Field.BATCH, options, draft.batch)
    return [_input(Field.BATCH, "Batch", element, "All of its customers, on its own cluster.", optional=True)]


def _run_at(draft: Draft) -> InputBlock:
    at = int(draft.start_at.timestamp()) if draft.start_at else None
    element = DateTimePickerElement(action_id=Field.RUN_AT, initial_date_time=at)
    hint = "By your own clock. Leave it empty to start as soon as it is confirmed."
    return _input(Field.RUN_AT, "Run at", element, hint, optional=True)


def _reason(draft: Draft) -> InputBlock:
    element = PlainTextInputElement(
        action_id=Field.REASON, max_length=LONGEST_REASON, initial_value=draft.reason or None
    )
    return _input(Field.REASON, "Reason", element, optional=True)


def _channel(draft: Draft) -> InputBlock:
    element = ConversationSelectElement(
        action_id=Field.CHANNEL,
        initial_conversation=draft.channel,
        default_to_current_conversation=None if draft.channel or draft.elsewhere else True,
    )
    hint = "Everybody there sees the card and what comes of it. Set Action must be a member."
    return _input(Field.CHANNEL, "Channel for the card", element, draft.elsewhere or hint)


def _input(
    field: Field, label: str, element: InputInteractiveElement, hint: str = "", *, optional: bool = False
) -> InputBlock:
    return InputBlock(
        block_id=field,
        label=_text(label),
        element=element,
        hint=_text(hint) if hint else None,
        optional=optional,
    )


def _option(value: str, name: str, more: str = "") -> Option:
    description = _text(clip(more, OPTION)) if more and more != name else None
    return Option(value=value, text=_text(clip(name, OPTION)), description=description)


def _select(field: Field, options: Sequence[Option], chosen: str | None) -> StaticSelectElement:
    """A list to choose from, in groups where there are more than Slack takes in one."""
    initial = next((option for option in options if option.value == chosen), None)
    if len(options) <= OPTIONS:
        return StaticSelectElement(action_id=field, options=options, initial_option=initial)
    groups = [
        OptionGroup(label=_text(f"From {start + 1:,} on"), options=options[start : start + OPTIONS])
        for start in range(0, len(options), OPTIONS)
    ]
    return StaticSelectElement(action_id=field, option_groups=groups, initial_option=initial)


def _memory(draft: Draft) -> str:
    return json.dumps(
        {
            "files": [{"id": file.id, "name": clip(_shown(file), LONGEST_NAME)} for file in draft.files],
            "source": draft.source.hex if draft.source else None,
            "customers": draft.customers,
            "accepted_only": draft.accepted_only,
            "replaces": draft.replaces.hex if draft.replaces else None,
        },
        ensure_ascii=False,
    )


def _shown(file: AttachedFile) -> str:
    return "".join(character for character in file.name if character.isprintable()) or "a file"


def _text(words: str) -> PlainTextObject:
    return PlainTextObject(text=words, emoji=False)
