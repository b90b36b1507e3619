"""Every error a person is meant to read, as one tree.

    SetActionError
    ├── InvalidRequest        what was typed cannot be carried out as it stands
    │   └── TooManyCustomers  in one job, or within an hour
    ├── NotAllowed            policy or ownership says no
    ├── NoLongerPossible      the card or job has moved on
    ├── ClusterUnreadable     a cluster's state could not be read
    ├── FormNotOpened         Slack did not show the form
    └── ConfigurationError    the bot cannot start; carries every problem found

The message of each is plain text, ready for a person; whoever renders it escapes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class SetActionError(Exception):
    """An error whose message is meant for the user."""


class InvalidRequest(SetActionError):
    """What was typed cannot be carried out; `problems` holds one plain sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


class TooManyCustomers(InvalidRequest):
    """More customers than one job takes, or than may be asked for just now."""


class NotAllowed(SetActionError):
    """Policy or ownership says no; `ask` holds the ids of Slack users and groups who can help."""

    def __init__(self, message: str, *, ask: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.ask = tuple(ask)


class NoLongerPossible(SetActionError):
    """The card or job has moved on since the button was drawn."""


class ClusterUnreadable(SetActionError):
    """A cluster's state could not be read; says why without repeating credentials.

    `unauthorized`: for want of a credential that counts there.
    """

    def __init__(self, message: str, *, unauthorized: bool = False) -> None:
        super().__init__(message)
        self.unauthorized = unauthorized


class FormNotOpened(SetActionError):
    """Slack did not show the form; says what to do instead."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One configuration mistake: where (`clusters.evian3.base_url`, `SLACK_BOT_TOKEN`) and what to do."""

    where: str
    what: str


class ConfigurationError(SetActionError):
    """The configuration cannot be used; every mistake at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{p.where}: {p.what}" for p in problems))
        self.problems = tuple(problems)
