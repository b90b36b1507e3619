"""One look at everything a person has before them: places, messages, a thread, a form, the home tab."""

from typing import Any

from bot.sandbox.workspace.people import BOT
from bot.sandbox.workspace.posts import Post
from bot.sandbox.workspace.workspace import Workspace
from bot.sandbox.workspace.world import Channel

JSON = dict[str, Any]
NEWEST = 200  # messages of a channel in one look


class Glances:
    """For a page that draws all of it again whenever something changed."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws

    async def glance(self, user: str, channel: str, thread: str | None) -> JSON:
        """What that person sees in a channel, and everything around it, at the journal's entry `end`."""
        world, screens = self._ws.world, self._ws.screens
        shown = world.seen_by(user, channel, None)
        form, home = screens.top(user), screens.home(user)
        return {
            "end": self._ws.journal.end,
            "away": self._ws.is_out,
            "places": [self._place(user, place) for place in world.channels.values() if _open(user, place)],
            "messages": [self._message(post, user) for post in shown[-NEWEST:]],
            "thread": self._thread(user, channel, thread),
            "form": form.for_people() if form else None,
            "home": home.for_people() if home else None,
        }

    def _thread(self, user: str, channel: str, thread: str | None) -> list[JSON] | None:
        """None where the message it hung on is gone."""
        if thread is None or (channel, thread) not in self._ws.world.posts:
            return None
        return [self._message(post, user) for post in self._ws.world.seen_by(user, channel, thread)]

    def _place(self, user: str, place: Channel) -> JSON:
        newest = next(
            (p for p in reversed(self._ws.world.in_channel(place.id)) if p.only_for in (None, user)), None
        )
        others = sorted(place.members - {user})
        return {
            "id": place.id,
            "name": place.name,
            "kind": place.kind,
            "archived": place.archived,
            "with": others[0] if place.kind == "im" and others else None,
            "bot": BOT in place.members,
            "newest": newest.ts if newest else "",
        }

    def _message(self, post: Post, user: str) -> JSON:
        kinds = {file["id"]: file.get("mimetype", "") for file in post.files}
        told = post.for_people()
        files = [{**file, "mimetype": kinds[file["id"]]} for file in told["files"]]
        hidden = sum(
            1
            for reply in self._ws.world.posts.values()
            if reply.thread == post.ts and reply.channel == post.channel and reply.only_for == user
        )
        return {**told, "files": files, "replies": post.replies, "whispers": hidden}


def _open(user: str, place: Channel) -> bool:
    return user in place.members
