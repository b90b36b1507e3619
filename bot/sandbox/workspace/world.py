"""What the workspace remembers: people, places, messages; and the rules for who may post and read where."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import time
from typing import Any, Literal

from bot.sandbox.workspace.errors import ApiError, DeskError
from bot.sandbox.workspace.journal import Journal
from bot.sandbox.workspace.people import BOT, PLACES, USER_GROUPS, Person
from bot.sandbox.workspace.posts import Post


@dataclass(slots=True)
class Channel:
    """A conversation of any kind."""

    id: str
    name: str
    kind: Literal["public", "private", "im"]
    members: set[str]
    archived: bool = False


class World:
    """One team's conversations; every change of a message goes through here and into the journal."""

    def __init__(self, people: Sequence[Person], journal: Journal) -> None:
        self.journal = journal
        self.people = {person.id: person for person in people}
        self.groups = USER_GROUPS
        self.channels = {p.id: Channel(p.id, p.name, p.kind, set(p.members), p.archived) for p in PLACES}
        self.posts: dict[tuple[str, str], Post] = {}
        self._last_ts = 0

    def next_ts(self) -> str:
        """Seconds and microseconds; unique and increasing for the whole workspace."""
        self._last_ts = max(int(time() * 1_000_000), self._last_ts + 1)
        seconds, fraction = divmod(self._last_ts, 1_000_000)
        return f"{seconds}.{fraction:06d}"

    def direct_message(self, user: str) -> Channel | None:
        """The bot's conversation with one person, if it was opened before."""
        return self.channels.get("D" + user[1:])

    def open_direct_message(self, user: str) -> Channel:
        """The same, made now if need be; KeyError is the caller's mistake: check `people` first."""
        name = "D" + self.people[user].id[1:]
        return self.channels.setdefault(name, Channel(name, "", "im", {user, BOT}))

    def seen_by_bot(self, channel_id: str) -> Channel:
        """A channel whose existence the bot may know of; ApiError `channel_not_found` otherwise."""
        channel = self.channels.get(channel_id)
        if channel is None or (channel.kind != "public" and BOT not in channel.members):
            raise ApiError("channel_not_found")
        return channel

    def joined_by_bot(self, channel_id: str) -> Channel:
        """A channel the bot is in; ApiError `not_in_channel` for the other public ones."""
        channel = self.seen_by_bot(channel_id)
        if BOT not in channel.members:
            raise ApiError("not_in_channel")
        return channel

    def open_to_bot(self, channel_id: str) -> Channel:
        """A channel the bot may write to now."""
        channel = self.joined_by_bot(channel_id)
        if channel.archived:
            raise ApiError("is_archived")
        return channel

    def channels_of_bot(self) -> frozenset[str]:
        """Where it is a member."""
        return frozenset(channel.id for channel in self.channels.values() if BOT in channel.members)

    def parent(self, channel: str, thread: str | None) -> Post | None:
        """The message a thread hangs on; Slack posts beside a missing one silently, here it is refused."""
        if thread is None:
            return None
        post = self.posts.get((channel, thread))
        if post is None or post.thread or post.only_for:
            raise ApiError("thread_not_found")
        return post

    def add(self, post: Post) -> Post:
        self.posts[post.channel, post.ts] = post
        if post.thread and not post.only_for:
            self.posts[post.channel, post.thread].replies += 1
        kind = "message_ephemeral" if post.only_for else "message_posted"
        self.journal.record(kind, message=post.for_people(), only_for=post.only_for)
        return post

    def change(self, post: Post, text: str, blocks: list[dict[str, Any]]) -> None:
        post.text, post.blocks, post.edited_ts = text, blocks, self.next_ts()
        self.journal.record("message_updated", message=post.for_people(), only_for=post.only_for)

    def remove(self, post: Post) -> None:
        del self.posts[post.channel, post.ts]
        parent = self.posts.get((post.channel, post.thread)) if post.thread else None
        if parent and not post.only_for:
            parent.replies -= 1
        self.journal.record("message_deleted", message=post.for_people(), only_for=post.only_for)

    def in_channel(self, channel: str) -> list[Post]:
        """Everything there, oldest first, replies and ephemerals included."""
        return sorted((p for p in self.posts.values() if p.channel == channel), key=lambda post: post.ts)

    def seen_by(self, viewer: str, channel_id: str, thread: str | None) -> list[Post]:
        """What one person sees, oldest first: the channel, or one thread with its parent on top.

        Slack shows an ephemeral message in a thread only while that thread has replies.
        """
        self.place_of(viewer, channel_id)
        shown = []
        for post in self.in_channel(channel_id):
            if post.only_for not in (None, viewer):
                continue
            if thread is None and (post.thread is None or post.broadcast):
                shown.append(post)
            elif thread is not None and thread in (post.ts, post.thread):
                parent = self.posts.get((channel_id, thread))
                if post.only_for is None or post.ts == thread or (parent and parent.replies):
                    shown.append(post)
        return shown

    def place_of(self, user: str, channel_id: str) -> Channel:
        """A channel this person can open; DeskError otherwise."""
        channel = self.channels.get(channel_id)
        self.acting(user)
        if channel is None or user not in channel.members:
            raise DeskError(f"{user} is not in {channel_id}.")
        return channel

    def acting(self, user: str) -> Person:
        """Somebody who can do something here; DeskError for people unknown and for closed accounts."""
        if user not in self.people:
            raise DeskError(f"There is no person {user} in this workspace.")
        if self.people[user].deleted:
            raise DeskError(f"The account of {user} was closed.")
        return self.people[user]
