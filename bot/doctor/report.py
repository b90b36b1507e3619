"""The command: load the configuration, have everything looked at, print it, say it in the exit code."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import typer

from bot.config import load
from bot.doctor import house, person
from bot.doctor.finding import Finding, Grade, bad
from bot.doctor.house import REAL, Instruments
from bot.errors import ConfigurationError

WELL, AILING, UNUSABLE = 0, 1, 2
MARKS = {Grade.OK: "ok", Grade.LOOK: "look", Grade.BAD: "NOT OK"}


def report(environ: Mapping[str, str], who: str | None, *, as_json: bool) -> int:
    """Print the findings, about one person where `who` names one; the exit code."""
    code, found = asyncio.run(examined(environ, who))
    _print(found, as_json)
    return code


async def examined(
    environ: Mapping[str, str], who: str | None = None, tools: Instruments = REAL
) -> tuple[int, list[Finding]]:
    """The exit code and the findings.

    0: nothing is bad. 1: something is. 2: the configuration cannot be used, so nothing else was looked at.
    """
    try:
        config = load(environ)
    except ConfigurationError as exc:
        return UNUSABLE, [bad(problem.where, f"{problem.what}.", "") for problem in exc.problems]
    found = await (person.findings(config, who) if who else house.findings(config, environ, tools))
    return (AILING if any(finding.grade is Grade.BAD for finding in found) else WELL), found


def _print(found: Sequence[Finding], as_json: bool) -> None:
    if as_json:
        well = all(finding.grade is not Grade.BAD for finding in found)
        typer.echo(json.dumps({"ok": well, "findings": [asdict(finding) for finding in found]}, indent=2))
        return
    for finding in found:
        typer.echo(f"{MARKS[finding.grade]:8}{finding.about}: {finding.words} {finding.remedy}".rstrip())
