"""The Dockerfile as its instructions, stage by stage, for the tests that lint it and carry it out."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: `RUN`, and all that follows it."""

    name: str
    words: str

    @property
    def arguments(self) -> list[str]:
        """The words of the JSON form."""
        listed = re.search(r"\[.*\]", self.words)
        assert listed, f"{self.name} is not in the JSON form"
        words: list[str] = json.loads(listed[0])
        return words


def stages(text: str) -> list[list[Instruction]]:
    """Each stage begins with its FROM."""
    found: list[list[Instruction]] = []
    for one in _instructions(text):
        found += [[]] if one.name == "FROM" else []
        found[-1].append(one)
    return found


def last(stage: list[Instruction], name: str) -> Instruction:
    """The instruction of this name that counts."""
    return [one for one in stage if one.name == name][-1]


def _instructions(text: str) -> Iterator[Instruction]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        name, _, words = line.partition(" ")
        yield Instruction(name.upper(), " ".join(words.split()))
