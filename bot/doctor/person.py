"""`set-action doctor --as`: what a person may do and why: their account, their groups, rule by rule."""

import asyncio
import re
from collections.abc import Iterator

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Config
from bot.doctor.finding import Finding, bad, good
from bot.errors import NotAllowed
from bot.membership import UserGroups
from bot.policy import EVERYTHING, Account, Person, Policy, Right, Rule
from bot.profiles import Profiles
from bot.service.people import WHY_NOT, People
from bot.slack_errors import code_of
from store.model import Operator

WITHIN_S = 20.0
ALONE = "`set-action doctor` alone says more."
AN_ID = re.compile(r"[UW][0-9A-Z]+")


async def findings(config: Config, user_id: str) -> list[Finding]:
    """Ask Slack about the person, and explain."""
    if not AN_ID.fullmatch(user_id):
        return [bad(user_id, "This is no user id.", "In Slack: the profile, “Copy member ID”.")]
    try:
        async with asyncio.timeout(WITHIN_S), aiohttp.ClientSession() as http:
            token = config.slack.bot_token.get_secret_value()
            client = AsyncWebClient(token, base_url=config.slack.api_url, session=http, retry_handlers=[])
            home = await client.auth_test()
            team, enterprise = str(home["team_id"]), str(home.get("enterprise_id") or "")
            groups = UserGroups(client, config.policy.names_groups)
            people = People(config.policy, groups, Profiles(client, team, enterprise))
            person = await people.person(Operator(enterprise, team, user_id))
    except SlackApiError as exc:
        return [bad("slack", f"Slack refuses to say anything ({code_of(exc)}).", ALONE)]
    except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
        return [bad("slack", f"Slack cannot be reached ({type(exc).__name__}).", ALONE)]
    except NotAllowed:
        words = "Slack did not tell this person's account or groups; the bot refuses them until it does."
        return [bad(user_id, words, ALONE)]
    return [good(user_id, words) for words in explain(config, person)]


def explain(config: Config, person: Person) -> Iterator[str]:
    """What a person may do and why, a line each."""
    yield f"{person.user_id} has this kind of account: {person.account.value}."
    if person.account is not Account.MEMBER:
        yield WHY_NOT[person.account].replace("You are", "They are").replace("You belong", "They belong")
    yield f"Of the groups that rules name, they are in: {', '.join(sorted(person.groups)) or 'none'}."
    for number, rule in enumerate(config.policy.rules):
        yield f"policy[{number}]: {_applies(rule, person)}; it gives {_gives(rule)}."
    for cluster in config.clusters:
        for right in Right:
            names = config.policy.actions_for(person, right, cluster, config.catalogue.names)
            yield f"{cluster}: {right.value}: {_said(config.policy, person, right, cluster, names)}."


def _applies(rule: Rule, person: Person) -> str:
    if person.is_among(rule.who):
        as_whom = [who for who in rule.who if who in (person.user_id, EVERYTHING) or who in person.groups]
        return f"counts for them, as {', '.join(as_whom)}"
    return f"does not count for them, it is for {', '.join(rule.who)}"


def _gives(rule: Rule) -> str:
    rights, actions, clusters = ", ".join(rule.may), ", ".join(rule.actions), ", ".join(rule.clusters)
    return f"{rights} for {actions} on {clusters}"


def _said(policy: Policy, person: Person, right: Right, cluster: str, names: tuple[str, ...]) -> str:
    if not names:
        return "no action, no rule allows it"
    numbers = sorted(
        {
            policy.rules.index(rule)
            for name in names
            for rule in policy.rules_covering(person, right, name, cluster)
        }
    )
    return f"{', '.join(names)}, by {', '.join(f'policy[{number}]' for number in numbers)}"
