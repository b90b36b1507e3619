"""Which addresses are Slack's own: no token and no answer goes anywhere else."""

import re
from urllib.parse import urlsplit

SLACKS_OWN = re.compile(r"(?:[a-z0-9-]+\.)*slack\.com")


class SlackAddresses:
    """Slack's own hosts over TLS, and the origin of the configured API."""

    def __init__(self, api_url: str) -> None:
        self._api = urlsplit(api_url)

    def own(self, address: str) -> bool:
        """Whether what a payload calls an address of Slack's is one."""
        try:
            url = urlsplit(address)
        except ValueError:
            return False
        if (url.scheme, url.netloc) == (self._api.scheme, self._api.netloc):
            return True
        return url.scheme == "https" and SLACKS_OWN.fullmatch(url.hostname or "") is not None
