"""Reading the state of customers over a real socket: what is asked, what is understood, what is refused."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.cluster import ClusterClient, State, StaticToken
from bot.cluster.states import IllFormed, parse_states
from bot.errors import ClusterUnreadable
from bot.sandbox.cluster import Call, ClusterDesk, Mood, moods

UNREADABLE = "The customers' state could not be read. "


async def test_all_customers_are_read_with_one_call(
    desk: ClusterDesk, client: ClusterClient, cids: tuple[str, ...]
) -> None:
    states = await client.read_states(None)
    assert states == dict.fromkeys(cids, State(2, "pe-enable"))
    (get,) = (await desk.record()).gets
    assert (get.what, get.cids) == ("action", ("ALL",))


async def test_some_customers_are_read_by_their_ids_and_unknown_ones_are_absent(
    desk: ClusterDesk, client: ClusterClient, cids: tuple[str, ...]
) -> None:
    states = await client.read_states([cids[1], "no-such-customer", cids[0]])
    assert list(states) == [cids[1], cids[0]]
    (get,) = (await desk.record()).gets
    assert get.cids == (cids[1], "no-such-customer", cids[0])


async def test_a_list_too_long_for_a_url_is_read_with_all_and_cut_down(
    desk: ClusterDesk, client: ClusterClient, cids: tuple[str, ...]
) -> None:
    states = await client.read_states(cids[:190])
    assert tuple(states) == cids[:190]
    assert (await desk.record()).gets[0].cids == ("ALL",)


async def test_nobody_is_asked_about_nothing(desk: ClusterDesk, client: ClusterClient) -> None:
    assert await client.read_states([]) == {}
    assert (await desk.record()).gets == ()


async def test_a_customer_called_all_is_not_everybody(client: ClusterClient) -> None:
    assert await client.read_states(["ALL"]) == {}


async def test_signs_in_an_id_do_not_change_the_question(desk: ClusterDesk, client: ClusterClient) -> None:
    odd = "a&cid=ALL#?+ %2C"
    await desk.set_customers({odd: 4})
    assert await client.read_states([odd]) == {odd: State(4, "pe-finalize")}


async def test_a_cluster_of_production_size_is_read(desk: ClusterDesk, client: ClusterClient) -> None:
    await desk.set_customers({f"{n:032x}": 3 for n in range(27_682)})
    assert len(await client.read_states(None)) == 27_682 + 200


@pytest.mark.parametrize(
    ("mood", "why"),
    [
        (moods.bad_gateway(), "502 with an HTML page."),
        (moods.redirect(), "302, a redirect; redirects are not followed."),
        (moods.wrong_token(), "Invalid access token."),
        (moods.starting(), "TMS bootstrap status(INIT) is not Ready."),
        (moods.rate_limited(), "Too many requests."),
        (moods.empty(), "The answer is not complete JSON."),
        (moods.truncated(), "The connection broke before a complete answer came."),
        (moods.closed_unread(), "The connection broke before a complete answer came."),
        (moods.reset(), "The connection broke before a complete answer came."),
        (moods.replying("list", "[]"), "The answer is JSON but not an object."),
        (moods.replying("half", '{"abc": {"action_code": 3'), "The answer is not complete JSON."),
        (moods.replying("deep", "[" * 100_000), "The answer is not complete JSON."),
        (
            moods.replying("bare", '{"abc": 3}'),
            "The answer's entry 'abc' is not an action code with its name.",
        ),
        (
            moods.replying("large", json.dumps({"abc": 3, "x": "y" * 300_000})),
            "The answer's entry 'abc' is not an action code with its name.",
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Mood) else "",
)
async def test_what_cannot_be_read_is_said_in_a_sentence(
    desk: ClusterDesk, client: ClusterClient, mood: Mood, why: str
) -> None:
    await desk.set_mood(mood, on=Call.GET)
    with pytest.raises(ClusterUnreadable) as caught:
        await client.read_states(None)
    assert str(caught.value) == UNREADABLE + why


@pytest.mark.parametrize("mood", [moods.silent(), moods.trickling(0.02)], ids=lambda mood: mood.name)
async def test_a_read_ends_at_its_deadline(desk: ClusterDesk, hurried: ClusterClient, mood: Mood) -> None:
    await desk.set_mood(mood, on=Call.GET)
    with pytest.raises(ClusterUnreadable, match="No complete answer came in time"):
        await hurried.read_states(None)


async def test_an_answer_over_its_bound_is_not_kept(
    desk: ClusterDesk, client: ClusterClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cluster.client.STATES_LIMIT", 1_000)
    with pytest.raises(ClusterUnreadable, match="200 with a body too large to read"):
        await client.read_states(None)


async def test_an_unreachable_cluster_cannot_be_read(http: httpx.AsyncClient) -> None:
    credential = StaticToken(SecretStr("any-token"))
    client = ClusterClient(http=http, base_url="http://127.0.0.1:1", credential=credential, timeout_s=1.0)
    with pytest.raises(ClusterUnreadable, match="The connection could not be established"):
        await client.read_states(None)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        3,
        "t-enable",
        [],
        {},
        {"action_code": 3},
        {"action_code": "3", "action_desc": "t"},
        {"action_code": True, "action_desc": "t"},
        {"action_code": 3.0, "action_desc": "t"},
        {"action_code": 3, "action_desc": None},
        {"action_code": 3, "action_desc": "t" * 201},
    ],
)
def test_one_ill_formed_entry_refuses_the_whole_answer(entry: object) -> None:
    good = {"action_code": 3, "action_desc": "t-enable"}
    with pytest.raises(IllFormed):
        parse_states(json.dumps({"a": good, "b": entry}).encode())


@given(st.dictionaries(st.text(), st.tuples(st.integers(), st.text(alphabet="abc-", max_size=20))))
def test_every_well_formed_answer_is_read_as_it_stands(states: dict[str, tuple[int, str]]) -> None:
    body = {cid: {"action_code": code, "action_desc": name} for cid, (code, name) in states.items()}
    assert parse_states(json.dumps(body).encode()) == {cid: State(*state) for cid, state in states.items()}


@given(st.binary())
def test_reading_any_bytes_gives_states_or_says_why(body: bytes) -> None:
    try:
        found = repr(parse_states(body))
    except IllFormed as exc:
        found = str(exc)
    assert found
