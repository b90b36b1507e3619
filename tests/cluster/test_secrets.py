"""Secrets stay where they are: in no repr, message, traceback or log line, whoever repeats them."""

import logging
import traceback

import httpx
import pytest
from pydantic import SecretStr

from bot.cluster import ClientCredentials, ClusterClient, StaticToken
from bot.errors import ClusterUnreadable
from bot.sandbox.cluster import CLIENT_ID, Call, ClusterDesk, ClusterHost, moods


async def test_no_secret_shows_in_any_repr_message_traceback_or_log(
    host: ClusterHost,
    http: httpx.AsyncClient,
    cids: tuple[str, ...],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong, static = "wrong-client-secret-123456", "wrong-static-token-123456"
    oauth = ClientCredentials(
        http=http, token_url=host.token_url, client_id=CLIENT_ID, client_secret=SecretStr(wrong)
    )
    fixed = StaticToken(SecretStr(static))
    shown = [repr(oauth), repr(fixed), repr(vars(oauth)), repr(vars(fixed)), repr(await fixed.token())]
    for credential in (oauth, fixed):
        client = ClusterClient(
            http=http, base_url=host.base_url("evian3"), credential=credential, timeout_s=5.0
        )
        shown += [repr(client), repr(vars(client)), repr(await client.set_action("T-Enable", cids[:1]))]
        with pytest.raises(ClusterUnreadable) as caught:
            await client.read_states(None)
        shown += ["".join(traceback.format_exception(caught.value))]
    everything = "\n".join(shown) + caplog.text
    assert "invalid_client" in everything
    assert wrong not in everything
    assert static not in everything


async def test_a_token_echoed_by_the_cluster_is_removed_from_both_calls(
    desk: ClusterDesk, client: ClusterClient, token: str
) -> None:
    echo = moods.replying("echo", f'{{"message": "do not like {token}"}}', status=403)
    await desk.set_mood(echo)
    await desk.set_mood(echo, on=Call.GET)
    assert (await client.set_action("T-Enable", ["abc"])).message == "do not like [removed]"
    with pytest.raises(ClusterUnreadable, match=r"not like \[removed\]"):
        await client.read_states(None)
