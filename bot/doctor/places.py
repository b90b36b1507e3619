"""What the configuration names in Slack: the channels, and the people and groups of the policy."""

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Config
from bot.doctor.finding import Finding, bad, good, look
from bot.policy import EVERYTHING
from bot.slack_errors import code_of

MOST = 200  # channels asked for, and people looked up: Slack limits both
KINDS = ["public_channel", "private_channel"]


async def examine(found: list[Finding], config: Config, client: AsyncWebClient) -> None:
    """Look at each. Raises SlackApiError where Slack's answer says nothing about them."""
    found.append(await _channels(client))
    for key, cluster in config.clusters.items():
        if cluster.announce_channel:
            about = f"clusters.{key}.announce_channel"
            found.append(await _announced(client, about, cluster.announce_channel))
    named = dict.fromkeys(who for rule in config.policy.rules for who in rule.who if who != EVERYTHING)
    for who in list(named)[:MOST]:
        known = await (_group(client, who) if who.startswith("S") else _person(client, who))
        found += [known] if known else []


async def _channels(client: AsyncWebClient) -> Finding:
    try:
        answer = await client.users_conversations(types=KINDS, exclude_archived=True, limit=MOST)
    except SlackApiError as exc:
        if code_of(exc) != "missing_scope":
            raise
        return look("channels", "Slack does not say where the bot is, for want of a scope.", "See scopes.")
    names = sorted(f"#{channel['name']}" for channel in answer["channels"])
    if not names:
        return look("channels", "The bot is in no channel.", "In the channel for it: /invite @Set Action.")
    shown = ", ".join(names[:10]) + (" and more" if len(names) > 10 else "")
    return good("channels", f"The bot is in {shown}.")


async def _announced(client: AsyncWebClient, about: str, channel: str) -> Finding:
    try:
        told = (await client.conversations_info(channel=channel))["channel"]
    except SlackApiError as exc:
        if code_of(exc) not in ("channel_not_found", "missing_scope"):
            raise
        words = f"Slack shows the bot no channel {channel} ({code_of(exc)})."
        return bad(
            about, words, "Correct the id; into a private channel, invite the bot: /invite @Set Action."
        )
    if told.get("is_archived"):
        return bad(about, f"#{told['name']} is archived.", "Unarchive it, or name another channel.")
    if not told.get("is_member"):
        words = f"The bot is not in #{told['name']}, so nothing is announced there."
        return bad(about, words, "Invite it there: /invite @Set Action.")
    return good(about, f"The bot can announce in #{told['name']}.")


async def _group(client: AsyncWebClient, group: str) -> Finding | None:
    try:
        answer = await client.usergroups_users_list(usergroup=group)
    except SlackApiError as exc:
        if code_of(exc) == "missing_scope":
            return None  # said already
        if code_of(exc) not in ("no_such_subteam", "subteam_not_found"):
            raise
        return bad("policy", f"A rule names the user group {group}, which is not there.", "Correct its id.")
    if not answer["users"]:
        words = f"A rule names the user group {group}, which has no members."
        return look("policy", words, "Put people into it, or name another.")
    return None


async def _person(client: AsyncWebClient, user: str) -> Finding | None:
    try:
        told = (await client.users_info(user=user))["user"]
    except SlackApiError as exc:
        if code_of(exc) == "missing_scope":
            return None  # said already
        if code_of(exc) not in ("user_not_found", "user_not_visible"):
            raise
        return bad("policy", f"A rule names {user}, whom Slack does not know.", "Correct the id.")
    if told.get("deleted"):
        return look("policy", f"A rule names {user}, whose account is closed.", "Take them out of the rule.")
    return None
