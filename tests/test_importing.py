"""Importing sparingly: what is left out serves nobody, and all is as it was afterwards."""

import ssl
import subprocess
import sys

PROGRAM = """
import gc, ssl, sys
from bot.importing import UNUSED, sparingly

before = ssl.SSLContext.set_default_verify_paths
with sparingly():
    from aiohttp import connector
    import httpx, structlog
    verified = ssl.create_default_context()
assert not set(UNUSED) & sys.modules.keys(), "they can be imported again"
assert ssl.SSLContext.set_default_verify_paths is before
assert gc.isenabled()


def authorities(context):
    return context.cert_store_stats()["x509_ca"]


everywhere = authorities(ssl.create_default_context())
assert authorities(verified) == authorities(connector._SSL_CONTEXT_VERIFIED) == everywhere
assert verified.verify_mode is connector._SSL_CONTEXT_VERIFIED.verify_mode is ssl.CERT_REQUIRED
assert authorities(connector._SSL_CONTEXT_UNVERIFIED) == 0
print(everywhere)
"""


def test_authorities_are_read_where_certificates_are_verified_and_nowhere_else() -> None:
    child = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    own = ssl.create_default_context().cert_store_stats()["x509_ca"]
    assert int(child.stdout) == own
