"""Part of the composition root: everything that tells Slack what was committed."""

from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.catalogue import Catalogue
from bot.config import Config
from bot.introduction import Home
from bot.outbox.courier import Courier
from bot.outbox.drawing import Words
from bot.outbox.home_pictures import HomePictures
from bot.outbox.homes import Homes
from bot.outbox.pace import Pace
from bot.outbox.painter import Painter
from bot.outbox.slack import Slack
from bot.outbox.telling import Teller
from bot.outbox.voice import Voice, Voices
from bot.outbox.whispers import Whispers
from bot.turns import Turns
from bot.views.listing import Workspace
from bot.views.preview import Path
from store.database import Database


@dataclass(frozen=True, slots=True)
class Speech:
    """What runs by itself to tell Slack something: messages, and people's homes."""

    courier: Courier
    homes: Homes


def speech(db: Database, turns: Turns, voices: Voices) -> Speech:
    """All of it, in every workspace."""
    return Speech(Courier(db, turns, voices), Homes(db, turns, voices))


def voice(
    config: Config, db: Database, client: AsyncWebClient, whispers: Whispers, painter: Painter, home: Home
) -> Voice:
    """One workspace's, within one budget of calls."""
    names = {key: cluster.name for key, cluster in config.clusters.items()}
    words = Words(names, path_of(config.catalogue), home.bot_user_id, Workspace(home.url))
    slack = Slack(client)
    pictures = HomePictures(db, slack, painter) if config.pictures_from else None
    return Voice(slack, Teller(slack, whispers, painter, words), Pace(), pictures, words)


def path_of(catalogue: Catalogue) -> Path:
    """The catalogue as views need it."""
    return Path(
        {action.code: action.name for action in catalogue},
        {action.code: frozenset(catalogue[name].code for name in action.after) for action in catalogue},
        catalogue.passed(),
    )
