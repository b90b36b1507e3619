"""A sandbox cluster on a free port, the desk that runs it, and the real client against it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from bot.cluster import ClientCredentials, ClusterClient, StaticToken, open_http
from bot.sandbox.cluster import CLIENT_ID, CLIENT_SECRET, ClusterDesk, ClusterHost, customer_ids


@pytest.fixture
def token() -> str:
    """The static token that the cluster accepts."""
    return "static-token-of-evian3-0123456789"


@pytest.fixture
async def host(token: str) -> AsyncIterator[ClusterHost]:
    """The cluster `evian3`: 200 customers in PE-Enable, arrivals at once."""
    async with ClusterHost(clusters=("evian3",), token=token, arrive_after_s=0.0) as running:
        yield running


@pytest.fixture
def cids() -> tuple[str, ...]:
    """The customers of the cluster."""
    return customer_ids("evian3", 200)


@pytest.fixture
async def desk(host: ClusterHost) -> AsyncIterator[ClusterDesk]:
    async with ClusterDesk(host.address, "evian3") as opened:
        yield opened


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with open_http() as opened:
        yield opened


@pytest.fixture
def client(host: ClusterHost, http: httpx.AsyncClient, token: str) -> ClusterClient:
    """With a deadline that no test reaches."""
    credential = StaticToken(SecretStr(token))
    return ClusterClient(http=http, base_url=host.base_url("evian3"), credential=credential, timeout_s=5.0)


@pytest.fixture
def hurried(host: ClusterHost, http: httpx.AsyncClient, token: str) -> ClusterClient:
    """With a deadline of 100 ms, for tests that let it pass."""
    credential = StaticToken(SecretStr(token))
    return ClusterClient(http=http, base_url=host.base_url("evian3"), credential=credential, timeout_s=0.1)


@pytest.fixture
def oauth(host: ClusterHost, http: httpx.AsyncClient) -> ClientCredentials:
    """Good client credentials, with 200 ms to fetch a token."""
    secret = SecretStr(CLIENT_SECRET)
    return ClientCredentials(
        http=http, token_url=host.token_url, client_id=CLIENT_ID, client_secret=secret, limit_s=1.0
    )


@pytest.fixture
def oauth_client(host: ClusterHost, http: httpx.AsyncClient, oauth: ClientCredentials) -> ClusterClient:
    """As `client`, with OAuth 2."""
    return ClusterClient(http=http, base_url=host.base_url("evian3"), credential=oauth, timeout_s=5.0)
