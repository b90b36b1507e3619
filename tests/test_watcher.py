"""Who counts as arrived, by the state read, the state before and the path: every case there is."""

import pytest

from bot.catalogue import DEFAULT_ACTIONS, Catalogue
from bot.runner.watcher import has_arrived

LATER = Catalogue(DEFAULT_ACTIONS).later()
BEGIN, PE, T, FINAL, DIRECT = 1, 2, 3, 4, 5


@pytest.mark.parametrize(
    ("code", "seen", "wanted", "arrived"),
    [
        (T, PE, T, True),
        (T, None, T, True),  # the action's own state needs no proof of where it was before
        (T, T, T, True),  # there already, and sent again because somebody wished it
        (PE, PE, T, False),
        (BEGIN, PE, T, False),  # back to an earlier state is no arrival
        (FINAL, PE, T, True),  # moved on meanwhile
        (FINAL, T, T, True),
        (FINAL, BEGIN, PE, True),  # however far
        (FINAL, FINAL, T, False),  # was beyond already
        (FINAL, FINAL, PE, False),
        (T, FINAL, PE, False),  # was beyond, and is in another state beyond
        (FINAL, None, T, False),  # nobody knows where it was
        (FINAL, DIRECT, T, True),
        (DIRECT, PE, T, False),  # another path
        (DIRECT, PE, DIRECT, True),
        (FINAL, PE, DIRECT, False),  # nothing follows PE-Direct
        (7, PE, T, False),  # a state the catalogue does not know
        (T, PE, 7, False),  # an action that left the catalogue
        (7, PE, 7, True),
    ],
)
def test_who_has_arrived(code: int, seen: int | None, wanted: int, arrived: bool) -> None:
    assert has_arrived(code, seen, wanted, LATER) is arrived
