"""What serving a cluster takes, from its configuration: address, credential, limits, clocks."""

from collections.abc import Iterable

import httpx
import structlog

from bot import cluster as cluster_api
from bot.config import BearerToken, Cluster, Resend
from bot.runner.lane import Lane

log = structlog.get_logger()


def lane(cluster: Cluster, http: httpx.AsyncClient, pictures_from: int) -> Lane:
    """For a configured cluster."""
    return Lane(
        key=cluster.key,
        base_url=cluster.base_url,
        client=cluster_api.ClusterClient(
            http=http,
            base_url=cluster.base_url,
            credential=_credential(cluster, http),
            timeout_s=cluster.timeout_s,
        ),
        chunk_size=cluster.chunk_size,
        concurrency=cluster.concurrency,
        settle_s=cluster.settle_s,
        preview_s=cluster.preview_s,
        every_s=cluster.arrival.every_s,
        give_up_after_s=cluster.arrival.give_up_after_s,
        watch=cluster.arrival.watch,
        resend_auto=cluster.resend_unknown is Resend.AUTO,
        announce_channel=cluster.announce_channel,
        pictures_from=pictures_from,
    )


def departed(key: str) -> Lane:
    """For a cluster with work of ours that is not configured any more: nobody may wait for it in silence."""
    log.warning("set_action.cluster_not_configured", cluster=key)
    return Lane(
        key=key,
        base_url="",
        client=None,
        chunk_size=1_000,
        concurrency=1,
        settle_s=1.0,
        preview_s=1.0,
        every_s=1.0,
        give_up_after_s=0.0,
        watch=False,
        resend_auto=False,
    )


class PresentStates:
    """Reads in which state a customer is now, on a cluster that is configured."""

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self._clients = {lane.key: lane.client for lane in lanes if lane.client is not None}

    async def state_of(self, cluster: str, cid: str) -> str | None:
        """The state's name; None where the cluster does not know the customer. Raises ClusterUnreadable."""
        found = (await self._clients[cluster].read_states([cid])).get(cid)
        return found.name if found else None


def _credential(cluster: Cluster, http: httpx.AsyncClient) -> cluster_api.Credential:
    credential = cluster.credential
    if isinstance(credential, BearerToken):
        return cluster_api.StaticToken(credential.token)
    return cluster_api.ClientCredentials(
        http=http,
        token_url=credential.token_url,
        client_id=credential.client_id.get_secret_value(),
        client_secret=credential.client_secret,
    )
