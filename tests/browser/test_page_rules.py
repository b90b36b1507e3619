"""Rules of the page's files: small, named by their first line, and no mark-up made of text."""

import re
from pathlib import Path

import pytest

from tests.browser import emoji_font

PAGE = Path(__file__).parent.parent.parent / "bot" / "sandbox" / "page"
FILES = sorted(file for file in PAGE.rglob("*") if file.suffix in (".js", ".css", ".html", ".svg"))
MAKES_CODE = re.compile(
    r"(?:inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc"
)
ELSEWHERE = re.compile(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", re.IGNORECASE)
NAMESPACE = "http://www.w3.org/2000/svg"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_of_the_page_keeps_the_rules(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count("\n") <= 250
    assert not MAKES_CODE.search(text)
    assert not ELSEWHERE.search(text.replace(NAMESPACE, ""))  # nothing is fetched from anywhere else
    if file.suffix in (".js", ".css"):
        assert re.match(r"// \w|/\* \w", text), "the first line says what belongs here"
    if file.suffix == ".html":
        assert not re.search(r"\son\w+=|style=|<script(?! type=\"module\" src)", text)


def test_every_part_of_the_page_is_there() -> None:
    """What the page and its modules name exists, so that it all comes with the wheel."""
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        for name in re.findall(r'from "\./([\w.]+)"', text):
            assert (PAGE / name).is_file(), (file.name, name)
        for name in re.findall(r'(?:src|href)="/page/([^"]+)"', text):
            assert (PAGE / name).is_file(), (file.name, name)
        for name in re.findall(r'url\("\.\./([^"]+)"\)', text):
            assert (PAGE / name).is_file(), (file.name, name)


def test_the_font_has_every_emoji_and_its_licence_beside_it() -> None:
    font = emoji_font.FOLDER / "twemoji.woff"
    assert set(emoji_font.SIGNS) <= emoji_font.covered(font), "run python -m tests.browser.emoji_font again"
    assert font.stat().st_size < 30_000
    licence = (font.parent / "LICENSE").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE" in licence
    assert "CC BY 4.0" in licence
