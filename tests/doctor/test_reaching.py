"""A cluster's address and its certificate, over real TLS on this machine."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import trustme

from bot.cluster import authorities, open_http
from bot.doctor import clusters
from bot.doctor.clusters import reach
from bot.doctor.finding import Grade

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority of our own."""
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA) -> ssl.SSLContext:
    """Trusts that authority alone."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@asynccontextmanager
async def serving(certificate: trustme.LeafCert) -> AsyncIterator[str]:
    """A server with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_good_certificate(authority: trustme.CA, trusted: ssl.SSLContext) -> None:
    async with serving(authority.issue_cert("127.0.0.1")) as address:
        [found] = await reach("clusters.x", address, trusted)
    assert (found.grade, "good certificate" in found.words) == (Grade.OK, True)


@pytest.mark.parametrize(
    ("name", "ends_in", "grade", "said"),
    [
        ("127.0.0.1", -DAY, Grade.BAD, "certificate has expired"),
        ("other.example", 90 * DAY, Grade.BAD, "IP address mismatch"),
        ("127.0.0.1", 5 * DAY, Grade.LOOK, "ends in 5 days"),
    ],
)
async def test_a_certificate_that_is_not(
    authority: trustme.CA, trusted: ssl.SSLContext, name: str, ends_in: timedelta, grade: Grade, said: str
) -> None:
    ends = datetime.now(UTC) + ends_in
    leaf = authority.issue_cert(name, not_before=ends - 100 * DAY, not_after=ends)
    async with serving(leaf) as address:
        [found] = await reach("clusters.x", address, trusted)
    assert (found.grade, said in found.words) == (grade, True), found
    assert found.remedy


async def test_an_authority_that_is_not_trusted(authority: trustme.CA) -> None:
    async with serving(authority.issue_cert("127.0.0.1")) as address:
        [found] = await reach("clusters.x", address, ssl.create_default_context())
    assert (found.grade, "unable to get local issuer" in found.words) == (Grade.BAD, True)
    assert "[tls] ca_file" in found.remedy


async def test_an_authority_of_ones_own_is_trusted_beside_the_public_ones(
    authority: trustme.CA, tmp_path: Path
) -> None:
    file = tmp_path / "ours.pem"
    authority.cert_pem.write_to_path(str(file))
    async with serving(authority.issue_cert("127.0.0.1")) as address:
        [found] = await reach("clusters.x", address, authorities(file))
        async with open_http() as stranger, open_http(file) as http:
            with pytest.raises(httpx.ConnectError):
                await stranger.get(address)
            with pytest.raises(httpx.RemoteProtocolError):  # over TLS, where nobody speaks HTTP
                await http.get(address)
    assert found.grade is Grade.OK
    assert len(authorities(file).get_ca_certs()) > len(authorities().get_ca_certs())


async def test_a_name_that_leads_nowhere_and_a_host_that_is_silent(
    trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def silence(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(clusters, "CONNECT_S", 0.05)
    monkeypatch.setattr(asyncio, "open_connection", no_such_name)
    [unknown] = await reach("clusters.x", "https://cluster.example", trusted)
    assert (unknown.words, "DNS" in unknown.remedy) == ("There is no host cluster.example.", True)
    monkeypatch.setattr(asyncio, "open_connection", silence)
    [silent] = await reach("clusters.x", "https://cluster.example", trusted)
    assert "did not answer within" in silent.words
    assert "firewall" in silent.remedy
