"""Makes the page's emoji from npm's package of Twemoji: `python -m tests.browser.emoji_font`.

Needs npm and, to read the package, `pip install brotli`; everything else comes with matplotlib. Run it again
after `EMOJI` of `bot/sandbox/mrkdwn.py` has grown; a test says so. The same input gives the same bytes.
"""

import hashlib
import importlib
import io
import subprocess
import tarfile
import tempfile
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.sandbox.mrkdwn import EMOJI

PACKAGE = "twemoji-colr-font@15.0.3"
INTEGRITY = "UsK4JUpaczeVoMGeYMnKaMTxKt7fujg1nQOk4NaC0teZmdOo+uAai0DIuaSzsMkShtG4J75F0OEsVdGJ+Q1pHQ=="
FOLDER = Path(__file__).parent.parent.parent / "bot" / "sandbox" / "page" / "emoji"
INK = 0x2714  # the heavy check mark is dark, and not seen in the dark: it takes the colour of the words
FOREGROUND = 0xFFFF  # which a layer's colour can be (OpenType, COLR)
SIGNS = sorted({ord(sign) for signs in EMOJI.values() for sign in signs})


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)  # noqa: S607
        (packed,) = (path.read_bytes() for path in Path(folder).glob("*.tgz"))
    if b64encode(hashlib.sha512(packed).digest()).decode() != INTEGRITY:
        raise SystemExit(f"{PACKAGE} is not what it was.")
    with tarfile.open(fileobj=io.BytesIO(packed)) as package:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / "twemoji.woff").write_bytes(subset(_member(package, "twemoji.woff2"), SIGNS))
        (FOLDER / "LICENSE").write_bytes(_member(package, "LICENSE"))


def subset(font: bytes, signs: Iterable[int]) -> bytes:
    """Only these code points, as WOFF (zlib, which needs nothing that Python lacks), without sequences."""
    subsetting: Any = importlib.import_module("fontTools.subset")
    options = subsetting.Options(flavor="woff", layout_features=[], notdef_outline=False, hinting=False)
    options.drop_tables += ["FFTM"]
    read = subsetting.load_font(io.BytesIO(font), options)
    chosen = subsetting.Subsetter(options)
    chosen.populate(unicodes=list(signs))
    chosen.subset(read)
    for layer in read["COLR"].ColorLayers[read.getBestCmap()[INK]]:
        layer.colorID = FOREGROUND
    made = io.BytesIO()
    subsetting.save_font(read, made, options)
    return made.getvalue()


def covered(font: Path) -> set[int]:
    """The code points it has."""
    return set(importlib.import_module("fontTools.ttLib").TTFont(font).getBestCmap())


def _member(package: tarfile.TarFile, name: str) -> bytes:
    file = package.extractfile(f"package/{name}")
    assert file
    return file.read()


if __name__ == "__main__":
    main()
