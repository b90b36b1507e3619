"""The programme: acts of scenes. Scenes of one act may need each other; acts know nothing of each other."""

from collections.abc import Awaitable, Callable

from bot.sandbox.script import (
    arrival_scenes,
    batch_scenes,
    form_scenes,
    home_scenes,
    job_scenes,
    list_scenes,
    rights_scenes,
    scenes,
    waiting_scenes,
)
from bot.sandbox.script.stage import Stage

Scene = Callable[[Stage], Awaitable[None]]
Act = list[tuple[str, Scene]]

MAIN_JOB: Act = [
    ("Asked, confirmed, accepted", scenes.accepted),
    ("129 customers: 8 do not exist, 3 are there already", scenes.some_do_not_exist),
    ("A cluster that cannot be read beforehand", scenes.unreadable),
    ("A time-out, although the cluster did it", scenes.timed_out),
    ("/my-jobs", scenes.my_jobs),
    ("One job in full", job_scenes.in_full),
    ("Jobs that failed, by typing and by menus", list_scenes.filtered),
    ("What was done to one customer", list_scenes.a_customers_history),
    ("Other people's jobs, and the audit log as a file", list_scenes.the_record),
]
HARD_CLUSTERS: Act = [
    ("A token the cluster does not take", scenes.wrong_token),
    ("The cluster is still starting", scenes.starting),
    ("An answer that takes 16 seconds", scenes.slow),
]
CARDS: Act = [
    ("A double click", scenes.double_click),
    ("A stranger's click", scenes.stranger),
    ("A card nobody decides on", scenes.expired),
    ("A mistyped action", scenes.mistyped),
    ("At home: a card, a job, a direct message, a picture", home_scenes.at_home),
    ("A guest, and somebody of another organisation", rights_scenes.outsiders),
]
WAYS_IN: Act = [
    ("The form: typed ids and a CSV file together", form_scenes.several_sources),
    ("The form: mistakes at their fields", form_scenes.mistakes_at_their_fields),
    ("A shortcut on a message", form_scenes.from_a_message),
    ("A card that is changed", form_scenes.edited),
    ("A list cut into batches, and one of them run", batch_scenes.batches),
]
ARRIVAL: Act = [
    ("Accepted, then arriving, then all arrived", arrival_scenes.all_arrive),
    ("Some do not arrive, until they are watched again", arrival_scenes.some_stay_away),
]
FOUR_EYES: Act = [
    ("A protected cluster: somebody else approves", waiting_scenes.approved),
    ("An approver denies", waiting_scenes.denied),
    ("Cancelled while it waits for its approval", waiting_scenes.called_off),
    ("Nobody approves", waiting_scenes.unapproved),
    ("A job for later", waiting_scenes.scheduled),
    ("A frozen cluster", waiting_scenes.frozen),
]
ONE_JOB: Act = [
    ("What was refused, sent again", job_scenes.retried),
    ("The applications of a job's customers", job_scenes.applications),
    ("A job stopped half way", job_scenes.stopped),
]
ACTS: list[Act] = [MAIN_JOB, HARD_CLUSTERS, ARRIVAL, CARDS, WAYS_IN, ONE_JOB, FOUR_EYES]
