"""Images among blocks that are files of Slack's own: the bot must be able to read them, and they be images.

docs.slack.dev, Slack file object; the words of a refusal as seen in slackapi/python-slack-sdk issue 1658.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.sandbox.workspace.checks import fault
from bot.sandbox.workspace.errors import ApiError, invalid
from bot.sandbox.workspace.files import readable
from bot.sandbox.workspace.workspace import Workspace

KINDS = frozenset({"png", "jpg", "jpeg", "gif"})


def check_pictures(ws: Workspace, blocks: Sequence[Mapping[str, Any]], error: str, where: str) -> None:
    """ApiError `error` naming every picture whose file Slack would not take."""
    faults = [
        fault("invalid slack file", place)
        for place, file in _slack_files(blocks, where)
        if not _is_picture(ws, file)
    ]
    if faults:
        raise invalid(error, faults)


def _slack_files(blocks: Sequence[Mapping[str, Any]], where: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    for at, block in enumerate(blocks):
        inner = [("", block), ("/accessory", block.get("accessory", {}))]
        inner += [(f"/elements/{n}", element) for n, element in enumerate(block.get("elements", ()))]
        for place, part in inner:
            if "slack_file" in part:
                yield f"{where}/{at}{place}/slack_file", part["slack_file"]


def _is_picture(ws: Workspace, named: Mapping[str, str]) -> bool:
    by_url = (f.id for f in ws.files.values() if named.get("url") == f.told.get("url_private"))
    try:
        file = readable(ws.files, named.get("id") or next(by_url, ""), ws.world.channels_of_bot())
    except ApiError:
        return False
    return file.told["filetype"] in KINDS
