"""What can hold a job back whose time has come. No SQL here, so everybody may import it."""

import enum


class Hold(enum.StrEnum):
    """Why a job whose time has come does not start."""

    FREEZE = "freeze"  # its cluster is frozen
    RIGHTS = "rights"  # who asked may not run it any more
    LATE = "late"  # nothing could start it at its time, and that is long over
    UNREADABLE = "unreadable"  # Slack did not say who may do what
