"""Files as the workspace keeps them: Slack's file object, its stubs, and whether the bot may look inside.

Stubs: docs.slack.dev, Slack Connect (`check_file_info`) and file object.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import PurePath
from secrets import token_hex
from time import time
from typing import Any, Literal

from bot.sandbox.workspace.errors import ApiError
from bot.sandbox.workspace.people import BOT, TEAM

JSON = dict[str, Any]
FileAccess = Literal["visible", "check_file_info", "access_denied", "file_not_found"]
UNKNOWN = "application/octet-stream"


@dataclass(slots=True)
class StoredFile:
    """An upload under way or done; `told` is Slack's file object.

    `given`: submitted to the app in a form. `access`: what the app is told of it in payloads.
    """

    told: JSON
    secret: str
    length: int
    content: bytes | None = None
    shared: bool = False
    given: bool = False
    access: FileAccess = "visible"

    @property
    def id(self) -> str:
        return str(self.told["id"])

    def share(self, channel: str, kind: str) -> None:
        """Remember where it was shared; `kind` as a channel's."""
        self.shared = True
        places = {"public": "channels", "private": "groups", "im": "ims"}[kind]
        self.told[places] = [*self.told[places], channel]

    def delete(self) -> None:
        """Gone for everybody; messages keep a tombstone in its place."""
        self.content = None
        name = self.id
        self.told.clear()
        self.told |= {"id": name, "mode": "tombstone"}

    @property
    def deleted(self) -> bool:
        return self.told.get("mode") == "tombstone"


def new_file(address: str, name: str, user: str, size: int, mimetype: str) -> StoredFile:
    """A file of this name that nobody can read yet; `size` in bytes as Slack will tell it."""
    file_id = "F" + token_hex(5).upper()
    private = f"{address}/files-pri/{TEAM}-{file_id}/download/{PurePath(name).name}"
    now = int(time())
    told = {
        "id": file_id,
        "created": now,
        "timestamp": now,
        "name": name,
        "title": name,
        "mimetype": mimetype,
        "filetype": PurePath(name).suffix.removeprefix(".").lower() or "text",
        "user": user,
        "user_team": TEAM,
        "size": size,
        "mode": "hosted",
        "is_external": False,
        "is_public": False,
        "file_access": "visible",
        "url_private": private.replace("/download/", "/"),
        "url_private_download": private,
        "channels": [],
        "groups": [],
        "ims": [],
    }
    return StoredFile(told, token_hex(16), size)


def guessed(name: str, otherwise: str) -> str:
    """The type a browser tells by the end of the name, the same on every machine."""
    return MimeTypes().guess_type(name)[0] or otherwise


def pushed(file: StoredFile) -> JSON:
    """The file object of a payload sent to the app: whole, or a stub that `files.info` has to fill."""
    if file.deleted or file.access == "visible":
        return dict(file.told)
    stub = {"id": file.id, "mode": "file_access", "file_access": file.access}
    return {**stub, "created": 0, "timestamp": 0, "user": ""}


def readable(files: Mapping[str, StoredFile], file_id: str, bots_channels: frozenset[str]) -> StoredFile:
    """A file whose content the bot may have: its own, given to it, or shared where it is a member.

    ApiError `file_not_found`, `file_deleted` or `access_denied` otherwise.
    """
    file = files.get(file_id)
    if file is not None and file.deleted:
        raise ApiError("file_deleted")
    if file is None or file.content is None or file.access == "file_not_found":
        raise ApiError("file_not_found")
    if file.access == "access_denied":
        raise ApiError("access_denied")
    shared = {*file.told["channels"], *file.told["groups"], *file.told["ims"]}
    if not (file.given or file.told["user"] == BOT or shared & bots_channels):
        raise ApiError("file_not_found")
    return file
