"""`python -m bot.healthy HOST:PORT`: whether a bot answers there that it is alive, for health checks.

Nothing else is imported: it is run every half minute.
"""

import sys
from http.client import HTTPConnection, HTTPException

WITHIN_S = 4.0


def alive(host: str, port: int) -> bool:
    """Ask `/healthz`."""
    connection = HTTPConnection(host, port, timeout=WITHIN_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    host, _, port = sys.argv[1].rpartition(":")
    sys.exit(0 if alive(host, int(port)) else 1)
