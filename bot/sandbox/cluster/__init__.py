"""The sandbox cluster: the cluster API over real sockets, with every mood a real cluster has been seen in."""

from bot.sandbox.cluster import mood as moods
from bot.sandbox.cluster.desk import ClusterDesk
from bot.sandbox.cluster.host import ClusterHost
from bot.sandbox.cluster.mood import Call, Mood
from bot.sandbox.cluster.record import End, Get, Post, Record
from bot.sandbox.cluster.site import ACTIONS, customer_ids
from bot.sandbox.cluster.tokens import CLIENT_ID, CLIENT_SECRET

__all__ = [
    "ACTIONS",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "Call",
    "ClusterDesk",
    "ClusterHost",
    "End",
    "Get",
    "Mood",
    "Post",
    "Record",
    "customer_ids",
    "moods",
]
