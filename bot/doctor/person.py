"""`set-action doctor --as`: what a person may do and why: their account, their groups, rule by rule."""

import asyncio
import re
from collections.abc import Iterator

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Config
from bot.doctor.admissions import ONE, Admission, admissions
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
    admitted, problems = await admissions(config)
    found = [await _in(config, user_id, one) for one in admitted]
    return [*problems, *(finding for some in found for finding in some)]


async def _in(config: Config, user_id: str, admission: Admission) -> list[Finding]:
    """What the person may do in one workspace."""
    try:
        async with asyncio.timeout(WITHIN_S), aiohttp.ClientSession() as http:
            client = AsyncWebClient(
                admission.token, base_url=config.slack.api_url, session=http, retry_handlers=[]
            )
            home = await client.auth_test()
            team, enterprise = str(home["team_id"]), str(home.get("enterprise_id") or "")
            policy = config.policy.within(team, enterprise)
            groups = UserGroups(client, policy.names_groups)
            people = People(policy, groups, Profiles(client, team, enterprise))
            person = await people.person(Operator(enterprise, team, user_id))
    except SlackApiError as exc:
        return [bad("slack", f"Slack refuses to say anything ({code_of(exc)}).", ALONE)]
    except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
        return [bad("slack", f"Slack cannot be reached ({type(exc).__name__}).", ALONE)]
    except NotAllowed:
        words = "Slack did not tell this person's account or groups; the bot refuses them until it does."
        return [bad(user_id, words, ALONE)]
    about = user_id if admission.about == ONE else f"{user_id}, {admission.about}"
    return [good(about, words) for words in explain(config, person, policy)]


def explain(config: Config, person: Person, policy: Policy) -> Iterator[str]:
    """What a person may do and why, a line each; `policy` are the rules that hold in their workspace."""
    yield f"{person.user_id} has this kind of account: {person.account.value}."
    if person.account is not Account.MEMBER:
        yield WHY_NOT[person.account].replace("You are", "They are").replace("You belong", "They belong")
    yield f"Of the groups that rules name, they are in: {', '.join(sorted(person.groups)) or 'none'}."
    numbers = {rule: f"policy[{number}]" for number, rule in enumerate(config.policy.rules)}
    for rule in policy.rules:
        yield f"{numbers[rule]}: {_applies(rule, person)}; it gives {_gives(rule)}."
    for cluster in config.clusters:
        for right in Right:
            names = policy.actions_for(person, right, cluster, config.catalogue.names)
            by = {one for name in names for one in policy.rules_covering(person, right, name, cluster)}
            said = f"{', '.join(names)}, by {', '.join(sorted(numbers[rule] for rule in by))}"
            yield f"{cluster}: {right.value}: {said if names else 'no action, no rule allows it'}."


def _applies(rule: Rule, person: Person) -> str:
    if person.is_among(rule.who):
        as_whom = [who for who in rule.who if who in (person.user_id, EVERYTHING) or who in person.groups]
        return f"counts for them, as {', '.join(as_whom)}"
    return f"does not count for them, it is for {', '.join(rule.who)}"


def _gives(rule: Rule) -> str:
    rights, actions, clusters = ", ".join(rule.may), ", ".join(rule.actions), ", ".join(rule.clusters)
    return f"{rights} for {actions} on {clusters}"
