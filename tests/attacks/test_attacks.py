"""The table of attacks: what is sent, and what stopped it. Each row is played, and comes to nothing.

That a signed request is taken once stands with HTTP mode.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.attacks import at_the_approval as approval
from tests.attacks import at_the_wire as wire
from tests.attacks import in_the_parts as part
from tests.stage import Stage


@dataclass(frozen=True, slots=True)
class Attack:
    """A row: `sent` says what is tried, `stopped_by` where the code stops it, `play` tries it."""

    name: str
    sent: str
    stopped_by: str
    play: Callable[..., Any]


OWNER = "service/cards.open_card: only who asked decides"
SEAL = "bot/seal.py: what a form remembers is sealed"
VALUE = "listeners/payloads.Click: a value is an id that is looked up"
TYPES = "listeners/payloads: payloads are types"
ESCAPED = "views/text.escape"
GUARDED = "runner/sender: compare-and-set before every POST"
POLICY = "service/people: rules mean members, others by name"
TRIGGERS = "triggers of the audit log"
CHAIN = "store/audit.verify: the chain of hashes"
SIGNED = "bot/signature: checked before anything is read"
LINE = "bot/logs: the last processor"
SHEET = "views/sheet: cells are inert"
HOSTS = "bot/slack_addresses: Slack's own hosts over TLS"
BOUNDED = "cluster/transport: size, time, no redirects"
READ = "cluster/reply.read: total over any bytes"
INTAKE = "intake/decoded: text within bounds, or a word about it"

AT_THE_WIRE = [
    Attack("double delivery of a click", "the same envelope twice", "listeners/door", wire.duplicated_click),
    Attack("double delivery of a command", "the same again", "listeners/door", wire.duplicated_command),
    Attack("replay after a restart", "an old envelope", GUARDED, wire.replayed_after_a_restart),
    Attack("another app's payload", "api_app_id A0EVIL", "bot/socket_mode", wire.foreign_app),
    Attack("another team's command", "team_id T0EVIL", POLICY, wire.foreign_team),
    Attack("another team's click", "team T0EVIL on a card", OWNER, wire.foreign_teams_click),
    Attack("another enterprise's click", "enterprise E0EVIL", OWNER, wire.foreign_enterprises_click),
    Attack("a guest asks", "a command by a guest", POLICY, wire.guest),
    Attack("a stranger asks", "a command by Slack Connect", POLICY, wire.stranger),
    Attack("confirming another's card", "Bram presses Aster's", OWNER, wire.by_bram("confirm")),
    Attack("cancelling another's card", "Bram presses Aster's", OWNER, wire.by_bram("cancel")),
    Attack("editing another's card", "Bram presses Edit", OWNER, wire.by_bram("edit")),
    Attack("another's job", "its id, in a command and three buttons", OWNER, wire.another_ones_job),
    Attack("another's page", "a row's number in a list's button", "lists are the reader's own",
           wire.another_ones_page),
    Attack("a forged digest", "id.0123…", "decisions: the digest is the row's", wire.changed_digest),
    Attack("a digest left out", "the id alone", "decisions: the digest is the row's", wire.no_digest),
    Attack("a list changed since", "the true value, another list", "decisions: the digest is the row's",
           wire.approval_of_a_changed_list),
    Attack("an unknown card", "a made-up id", VALUE, wire.value("0123456789abcdef" * 2, "not known here")),
    Attack("SQL in a value", "' OR 1=1 --", VALUE, wire.value("' OR 1=1 --", "not one of mine")),
    Attack("markup in a value", "<!channel>", VALUE, wire.value("<!channel>", "not one of mine")),
    Attack("a path for a user", "../../etc", TYPES, wire.payload(user={"id": "../../etc"})),
    Attack("a list for a user", "[]", TYPES, wire.payload(user=[])),
    Attack("no actions", "actions: []", TYPES, wire.payload(actions=[])),
    Attack("a place that is none", "container: a word", TYPES, wire.payload(container="message")),
    Attack("forged memory: files", "an unsealed file id", SEAL,
           wire.form(wire.memory(files=[{"id": "F0SECRET", "name": "x"}]), "not one of mine", sealed=False)),
    Attack("forged memory: card", "another's card, unsealed", SEAL,
           wire.form(wire.memory(replaces="BRAMS"), "not one of mine", sealed=False)),
    Attack("another's card replaced", "its id, sealed", "service/proposals: one's own card only",
           wire.form(wire.memory(replaces="BRAMS"), "", sealed=True)),
    Attack("an action of one's own", "Drop-Table", "parsing: the catalogue",
           wire.asking("/set-action Drop-Table evian3 e106b3d0", "Drop-Table")),
    Attack("a cluster of one's own", "evil.example", "parsing: the configuration",
           wire.asking("/set-action T-Enable https://evil.example e106b3d0", "cluster")),
    Attack("markup for an id", "<!channel>", ESCAPED,
           wire.asking("/set-action T-Enable evian3 <!channel>", "Nothing was sent")),
    Attack("markup for an action", "<!channel>", ESCAPED,
           wire.asking("/set-action <!channel> evian3 e106b3d0", "Nothing was sent")),
    Attack("a batch by guessing", "batch:7Q2KX4", "store/batches: of one's own team",
           wire.asking("/set-action T-Enable batch:7Q2KX4", "There is no batch")),
    Attack("markup in a reason", "<!channel>", ESCAPED, wire.live_reason),
    Attack("markup from a cluster", "<!channel> in its message", ESCAPED, wire.live_cluster),
    Attack("batches without a right", "the button", "service/administrators", wire.not_an_administrator),
]  # fmt: skip

TWO_PEOPLE = "service/approving._refusal: who asked is not who approves"
MAY = "service/approving._refusal: policy, at the click"
SHOWN = "service/approving._approve: the digest of what was shown"
ONCE = "service/approving._approve: one person, one approval"

AT_THE_APPROVAL = [
    Attack("approving one's own", "Aster presses Approve", TWO_PEOPLE, approval.BY_ONESELF),
    Attack("approving one's own from elsewhere", "the same user id, team T0EVIL", TWO_PEOPLE,
           approval.BY_ONESELF_FROM_ELSEWHERE),
    Attack("approving one's own by Grid ids", "enterprise E0GRID, the same user", TWO_PEOPLE,
           approval.BY_ONESELF_OF_A_GRID),
    Attack("denying one's own by another's form", "Bram's form, sent by Aster", TWO_PEOPLE,
           approval.denied_by_who_asked),
    Attack("a guest approves", "Gina presses", MAY, approval.BY_A_GUEST),
    Attack("a guest denies", "Gina presses Deny", MAY, approval.DENIED_BY_A_GUEST),
    Attack("a guest cancels", "Gina presses Cancel", "service/people.may_end", approval.CANCELLED_BY_A_GUEST),
    Attack("a stranger approves", "Finn, by Slack Connect", MAY, approval.BY_A_STRANGER),
    Attack("another team approves", "Dana of the group of all, team T0EVIL", MAY, approval.BY_ANOTHER_TEAM),
    Attack("a closed account approves", "Bram's click, late", MAY, approval.deactivated),
    Attack("two approvals by one", "one envelope three times, and a restart", ONCE, approval.counted_twice),
    Attack("approval of another list", "the row changed behind the bot", SHOWN, approval.changed_list),
    Attack("a list changed after an approval", "the digest changed before the second", "Approval.stands",
           approval.changed_after_an_approval),
    Attack("approval with a forged digest", "id.0123…", SHOWN, approval.forged_digest),
    Attack("approval of a made-up card", "an id of nobody's", VALUE, approval.made_up_card),
    Attack("approval before confirmation", "the value of an open card", "approving: only what waits for it",
           approval.without_confirmation),
    Attack("confirming as an approver", "confirm, pressed by Bram", OWNER,
           approval.confirmed_by_the_approver),
    Attack("confirming twice for an approval", "confirm, pressed by Aster again", "decisions: proposed only",
           approval.approved_by_confirming_again),
    Attack("approval after a denial", "Cleo changes her mind", "approving: only what waits for it",
           approval.after_a_denial),
    Attack("a denial for another job", "another id in the form's memory", SEAL, approval.denied_for_another),
    Attack("markup in a denial", "<!channel>", ESCAPED, approval.live_denial),
]  # fmt: skip

IN_THE_PARTS = [
    Attack("a forged request", "signed with another secret", SIGNED,
           part.request(lambda _, body: (part.signed(body, secret="guessed"), body))),
    Attack("a changed request", "another body under the signature", SIGNED,
           part.request(lambda headers, body: (headers, body + b"&user_id=U0ADMIN"))),
    Attack("an old request", "six minutes later", SIGNED,
           part.request(lambda _, body: (part.signed(body, part.NOW - 360), body))),
    Attack("a request without a signature", "no header", SIGNED, part.request(lambda _, body: ({}, body))),
    Attack("a time that is no number", "1e9", SIGNED,
           part.request(lambda headers, body: (headers | {"X-Slack-Request-Timestamp": "1e9"}, body))),
    Attack("a nested request", "100,000 brackets", SIGNED,
           part.unreadable("application/json", b"[" * 100_000)),
    Attack("a request of a thousand fields", "a=1&a=1…", SIGNED,
           part.unreadable("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 1_000))),
    Attack("a redirecting cluster", "307 elsewhere", BOUNDED, part.redirecting_cluster),
    Attack("an oversized answer", "400 KB of words", BOUNDED, part.oversized),
    Attack("a compressed answer", "20 MB in 20 KB", BOUNDED, part.compressed),
    Attack("an endless answer", "byte after byte", BOUNDED, part.endless),
    Attack("a deeply nested answer", "100,000 brackets", READ, part.deep),
    Attack("a nested success", '"success": [[[…', READ, part.deep_inside),
    Attack("a zip bomb for a list", "50 MB in 50 KB", INTAKE, part.file(part.zipped)),
    Attack("zeros for a list", "a million NULs", INTAKE, part.file(lambda: b"\0" * 1_000_000)),
    Attack("a list too large", "11 MB", INTAKE, part.file(lambda: b"e106b3d0\n" * 1_300_000)),
    Attack("a response_url elsewhere", "hooks.slack.com.evil.example", HOSTS, part.foreign_response_url),
    Attack("a file at a look-alike host", "slack.com.evil.example", HOSTS,
           part.address("https://slack.com.evil.example/f")),
    Attack("a file behind a user name", "files.slack.com@evil", HOSTS,
           part.address("https://files.slack.com@evil.example/f")),
    Attack("a file without TLS", "http://files.slack.com", HOSTS, part.address("http://files.slack.com/f")),
    Attack("a file at a prefix", "xslack.com", HOSTS, part.address("https://xslack.com/f")),
    Attack("a file on this machine", "file:///etc/passwd", HOSTS, part.address("file:///etc/passwd")),
    Attack("a new line in a log", "\\nlevel=info", LINE, part.logged("x\nlevel=error", "\n")),
    Attack("ANSI in a log", "ESC[2J", LINE, part.logged("\x1b[2J", "\x1b")),
    Attack("a separator in a log", "U+2028", LINE, part.logged("x\u2028y", "\u2028")),
    Attack("reversed text in a log", "U+202E", LINE, part.logged("x\u202ey", "\u202e")),
    Attack("a secret in a log", "known-secret-0001", LINE,
           part.logged("known-secret-0001", "known-secret-0001")),
    Attack("a formula in a CSV", "=cmd|…", SHEET, part.cell("=cmd|' /C calc'!A0")),
    Attack("a formula behind a tab", "\\t=1", SHEET, part.cell("\t=1+1")),
    Attack("a full-width formula", "U+FF1D and 1", SHEET, part.cell("\uff1d1")),
    Attack("a row rewritten", "UPDATE audit_log", TRIGGERS,
           part.statement("UPDATE audit_log SET actor = 'x' WHERE seq = 2")),
    Attack("a row deleted", "DELETE", TRIGGERS, part.statement("DELETE FROM audit_log WHERE seq = 2")),
    Attack("a forged archive", "an archive nobody made", TRIGGERS,
           part.statement("INSERT INTO audit_archives VALUES (6, 1, '', 0, 'x')")),
    Attack("a tampered row", "the triggers dropped, then UPDATE", CHAIN,
           part.by_force("UPDATE audit_log SET actor = 'x' WHERE seq = 2", at=2)),
    Attack("a row cut out", "the triggers dropped, then DELETE", CHAIN,
           part.by_force("DELETE FROM audit_log WHERE seq = 3", at=3)),
    Attack("a truncated log", "the end deleted", "bot/retention: --expect-head", part.truncated_log),
    Attack("another form's memory", "sealed for one, sent by another", SEAL,
           part.metadata(lambda view: view | {"callback_id": "other"})),
    Attack("a memory with one letter changed", "[] for {}", SEAL,
           part.metadata(lambda view: view | {"private_metadata": view["private_metadata"][:-1] + "]"})),
    Attack("a memory that is no text", "a number", SEAL,
           part.metadata(lambda view: view | {"private_metadata": 7})),
    Attack("a look-alike id", "a Cyrillic letter", "customer_ids: ASCII, whole", part.look_alike),
    Attack("a guest in a group", "S1 and *", POLICY, part.group_named_as_a_person),
]  # fmt: skip


def named(attack: Attack) -> str:
    return attack.name


@pytest.mark.parametrize("attack", AT_THE_WIRE, ids=named)
async def test_at_the_wire(stage: Stage, attack: Attack) -> None:
    await attack.play(stage)


@pytest.mark.parametrize("attack", AT_THE_APPROVAL, ids=named)
async def test_at_the_approval(idle_stage: Stage, attack: Attack) -> None:
    await attack.play(idle_stage, await approval.waiting_for_two(idle_stage))


@pytest.mark.parametrize("attack", IN_THE_PARTS, ids=named)
async def test_in_the_parts(tmp_path: Path, attack: Attack) -> None:
    done = attack.play(tmp_path)
    if inspect.isawaitable(done):
        await done


def test_the_table_has_at_least_forty_attacks_each_with_what_stopped_it() -> None:
    attacks = [*AT_THE_WIRE, *AT_THE_APPROVAL, *IN_THE_PARTS]
    assert len({attack.name for attack in attacks}) == len(attacks) >= 40
    assert all(attack.sent and attack.stopped_by for attack in attacks)
