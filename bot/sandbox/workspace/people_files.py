"""People's side of files: sharing one in a channel, attaching one to a form, deleting it, reading it."""

from collections.abc import Sequence
from typing import Any

from bot.sandbox.workspace.errors import DeskError
from bot.sandbox.workspace.files import UNKNOWN, StoredFile, guessed, new_file
from bot.sandbox.workspace.payloads import escaped
from bot.sandbox.workspace.posts import Post
from bot.sandbox.workspace.workspace import Workspace

JSON = dict[str, Any]


class PeopleFiles:
    """One method per verb of the desk; `file` describes an `Attachment`, its content in hexadecimal."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws

    async def upload(self, user: str, channel: str, file: JSON, words: str, thread: str | None) -> JSON:
        self._ws.world.place_of(user, channel)
        return await self.share(user, channel, [self._kept(user, file).id], words, thread)

    async def share(
        self, user: str, channel: str, files: Sequence[str], words: str, thread: str | None
    ) -> JSON:
        """Files of this person that were attached before, in one message."""
        place = self._ws.world.place_of(user, channel)
        self._ws.world.parent(place.id, thread)
        stored = [self._known(file) for file in files]
        if not stored or any(file.told["user"] != user or file.shared for file in stored):
            raise DeskError("Only files of one's own can be shared, once.")
        for file in stored:
            file.share(place.id, place.kind)
            self._ws.journal.record("file_shared", file=file.id, channel=place.id, thread=thread)
        told = [file.told for file in stored]
        post = Post(place.id, self._ws.world.next_ts(), user, escaped(words), [], thread=thread, files=told)
        return {"message": self._ws.world.add(post).for_people()}

    async def attach(self, user: str, file: JSON) -> JSON:
        """For a form, which lets the app read it once it is submitted, or for a message to come."""
        self._ws.world.acting(user)
        return {"file": self._kept(user, file).id}

    async def delete_file(self, file: str) -> JSON:
        self._known(file).delete()
        self._ws.journal.record("file_deleted", file=file)
        return {}

    async def file_content(self, file: str) -> JSON:
        return {"hex": (self._known(file).content or b"").hex()}

    def _kept(self, user: str, file: JSON) -> StoredFile:
        name, content = file["name"], bytes.fromhex(file["hex"])
        mimetype = file["mimetype"] or guessed(name, UNKNOWN)
        size = len(content) if file["size"] is None else file["size"]
        stored = new_file(self._ws.access.address, name, user, size, mimetype)
        stored.content, stored.access = content, file["access"]
        self._ws.files[stored.id] = stored
        self._ws.journal.record("file_uploaded", file=stored.id, name=name, size=len(content))
        return stored

    def _known(self, file: str) -> StoredFile:
        stored = self._ws.files.get(file)
        if stored is None or stored.content is None:
            raise DeskError(f"There is no file {file}.")
        return stored
