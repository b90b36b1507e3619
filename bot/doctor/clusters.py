"""Each cluster: does its address lead somewhere, over good TLS; is the credential taken; can it be read."""

import asyncio
import socket
import ssl
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from bot import lanes
from bot.cluster import ClusterClient, authorities, open_http
from bot.config import BearerToken, Cluster, Config
from bot.doctor.finding import Finding, Grade, bad, good, look
from bot.errors import ClusterUnreadable

CONNECT_S = 10.0
EXPIRES_SOON_S = 14 * 86_400
NOBODY = "set-action-doctor"  # asked after, and known nowhere: the answer is short, and nobody's business


async def examine(config: Config) -> list[Finding]:
    """Look at all of them at once."""
    trusted = authorities(config.ca_file)
    async with open_http(config.ca_file) as http:
        looked_at = await asyncio.gather(
            *(
                _cluster(cluster, lanes.lane(cluster, http, 0).client, trusted)
                for cluster in config.clusters.values()
            )
        )
    return [finding for found in looked_at for finding in found]


async def _cluster(
    cluster: Cluster, client: ClusterClient | None, trusted: ssl.SSLContext
) -> Sequence[Finding]:
    about = f"clusters.{cluster.key}"
    reached = await reach(about, cluster.base_url, trusted)
    if client is None or any(finding.grade is Grade.BAD for finding in reached):
        return reached
    return [*reached, await _read(about, cluster, client)]


async def reach(about: str, address: str, trusted: ssl.SSLContext) -> list[Finding]:
    """Connect to an address as the bot would, and look at its certificate."""
    parts = urlsplit(address)
    host, encrypted = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if encrypted else 80)
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port, ssl=trusted if encrypted else None)
    except (OSError, TimeoutError) as exc:
        return [bad(f"{about}.base_url", *_not_reached(host, port, exc))]
    certificate = writer.get_extra_info("peercert")
    writer.close()
    if not certificate:
        return [good(f"{about}.base_url", f"{host}:{port} answers, unencrypted, on this machine.")]
    left_s = ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()
    if left_s < EXPIRES_SOON_S:
        words = f"The certificate of {host} ends in {left_s / 86_400:.0f} days."
        return [look(f"{about}.base_url", words, "Have whoever runs the cluster renew it.")]
    return [good(f"{about}.base_url", f"{host}:{port} answers with a good certificate.")]


def _not_reached(host: str, port: int, exc: OSError | TimeoutError) -> tuple[str, str]:
    match exc:
        case ssl.SSLCertVerificationError():
            words = f"The certificate of {host}:{port} is not to be trusted: {exc.verify_message}."
            remedy = "Have whoever runs the cluster install one for this name; where an authority of your own"
            return words, f"{remedy} signs it, name that in [tls] ca_file."
        case ssl.SSLError():
            return f"{host}:{port} does not speak TLS.", "Correct the port in base_url."
        case socket.gaierror():
            return f"There is no host {host}.", "Correct base_url, or this machine's DNS."
        case ConnectionRefusedError():
            return f"Nothing listens at {host}:{port}.", "Correct base_url, or have the cluster started."
        case TimeoutError():
            words = f"{host}:{port} did not answer within {CONNECT_S:.0f} s."
            return words, "Let the firewall pass connections from here to there."
    return f"{host}:{port} cannot be reached ({exc.strerror}).", "Correct base_url, or the network."


async def _read(about: str, cluster: Cluster, client: ClusterClient) -> Finding:
    began = time.monotonic()
    try:
        await client.read_states([NOBODY])
    except ClusterUnreadable as exc:
        return bad(about, str(exc), _renew(cluster) if exc.unauthorized else "Ask whoever runs the cluster.")
    took_s = time.monotonic() - began
    if cluster.preview_s and took_s > cluster.preview_s:
        waits = f"longer than a card waits ({cluster.preview_s:g} s)"
        words = f"It took {took_s:.1f} s to read one customer, {waits}."
        return look(about, words, "Ask whoever runs the cluster, or let cards wait longer: preview_s.")
    return good(about, f"The credential is taken, and customers can be read ({took_s:.1f} s).")


def _renew(cluster: Cluster) -> str:
    credential = cluster.credential
    if not isinstance(credential, BearerToken):
        return "Correct token_url, client_id_env and the client's secret in oauth."
    if credential.file:
        return f"Have a token that counts put into {credential.file}."
    return "Put a token that counts into the variable that token_env names, and start the bot again."
