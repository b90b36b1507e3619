"""What is said to one person alone: help, mistakes, refusals, and why there is no card."""

from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import Block

from bot.errors import InvalidRequest, NotAllowed, SetActionError
from bot.views.card import where
from bot.views.job_again import again
from bot.views.message import Message
from bot.views.text import clip, context, cut, escape, listing, mention, section
from store.model import Job

GRAMMAR = "/set-action ACTION CLUSTER ID ID, ID …  reason: why"
EXAMPLE_ID = "e106b3d0fb0111efb2cdda09530d43d0"
SHOWN_PROBLEMS = 8


def help_message(
    actions: Mapping[str, Sequence[str]], clusters: Mapping[str, str], example: tuple[str, str] | None
) -> Message:
    """The grammar, what this person may use, and an example that would work.

    `actions`: name to the only clusters it may be used on, none where on all; `clusters`: key to name.
    """
    return Message("How to use /set-action", _help(actions, clusters, example))


def mistake(
    problems: Sequence[str],
    actions: Mapping[str, Sequence[str]],
    clusters: Mapping[str, str],
    example: tuple[str, str] | None,
) -> Message:
    """What was wrong with what was typed, and how it is typed right."""
    shown = [f"• {escape(clip(problem, 600))}" for problem in problems[:SHOWN_PROBLEMS]]
    if len(problems) > SHOWN_PROBLEMS:
        shown.append(f"• and {len(problems) - SHOWN_PROBLEMS} more")
    head = "Nothing was sent. " + ("Please fix this:" if len(problems) == 1 else "Please fix these:")
    words = "\n".join([head, *shown])
    return Message(cut(words, 3_000), [section(words), *_help(actions, clusters, example)])


def refusal(error: SetActionError) -> Message:
    """An error meant for the user, with whom to ask where somebody can help."""
    problems = error.problems if isinstance(error, InvalidRequest) else (str(error),)
    words = "\n".join(escape(problem) for problem in problems[:SHOWN_PROBLEMS])
    if isinstance(error, NotAllowed) and error.ask:
        words += f" Ask {' or '.join(map(mention, error.ask))}."
    return Message(cut(words, 3_000))


def cannot_post(job: Job, code: str, bot_user_id: str, *, kept: bool = False) -> Message:
    """Why a card could not be shown in its channel, and what to do. `code` is Slack's error.

    `kept`: it was to take the place of another, which still can be decided.
    """
    channel_id = job.channel_id
    place = f"<#{channel_id}>"
    invite = f"`/invite` {mention(bot_user_id)}"
    if code == "is_archived":
        why = f"{place} is archived, so no card can be shown there. Ask again in another channel."
    elif channel_id.startswith("D"):
        why = (
            "I cannot take part in a direct message between people, so no card can be shown there. "
            f"Ask again in a channel, or in a direct message with {mention(bot_user_id)}."
        )
    elif code in ("not_in_channel", "channel_not_found"):
        why = f"I am not in {place}, so no card can be shown there. Type {invite} in it, then ask again."
    else:
        why = f"Slack does not let me post in {place} ({escape(code)}). Ask again in another channel."
    words = f"Nothing was sent and no job was made. {why}"
    words += " The card that you changed is still there, as it was." if kept else ""
    return Message(words, [section(words), *again(job)])


def said(words: str) -> Message:
    """Words of our own."""
    return Message(escape(words))


def still_working() -> Message:
    """For a person who has waited as long as Slack lets them: nothing is stored, so nothing is promised."""
    return Message(
        "Still working on it: it is not taken yet. What comes of it will be shown here or on the card. If "
        "nothing is shown within a minute, try again: a card confirmed twice is still one job."
    )


def nobodys() -> Message:
    """A command or button that no listener is registered for: of another version, or none of ours."""
    return Message("I do not know this command or button. `/set-action help` shows what I can do.")


def not_now(reference: str) -> Message:
    """Something broke on our side; nothing of it was done."""
    return Message(
        "That did not go through, because of a fault on my side. Please try again in a moment; if it happens "
        f"again, tell the people who run this bot the reference `{reference}`."
    )


def _help(
    actions: Mapping[str, Sequence[str]], clusters: Mapping[str, str], example: tuple[str, str] | None
) -> list[Block]:
    if not actions or not clusters:
        return [section("You may not use any action on any cluster yet. Ask the people who run this bot.")]
    names = ", ".join(where(key, name) for key, name in clusters.items())
    placed = ", ".join(_placed(action, only_on) for action, only_on in actions.items())
    shown = example or (next(iter(actions)), next(iter(clusters)))
    return [
        section("*How to ask*"),
        listing([GRAMMAR, f"/set-action {shown[0]} {shown[1]} {EXAMPLE_ID} reason: ticket 4711"], 0),
        section(
            f"*Actions you may use:* {cut(escape(placed), 1_400)}\n*Clusters:* {cut(escape(names), 1_400)}"
        ),
        context(
            "Ids are separated by spaces, commas or new lines. You will see a card first; nothing is sent "
            "until you confirm it. `/my-jobs` lists what you have run, `/set-action batches` the batches you "
            "are to run."
        ),
    ]


def _placed(action: str, only_on: Sequence[str]) -> str:
    return f"{action} (only on {', '.join(only_on)})" if only_on else action
