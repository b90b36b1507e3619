"""A message as Slack takes it, and the ids of the buttons the bot draws."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block


class Button(enum.StrEnum):
    """The `action_id` of each button; listeners are registered under the same names."""

    CONFIRM = "confirm"
    CANCEL = "cancel"
    INCLUDE = "include_there"
    LEAVE_OUT = "leave_out_there"
    READ_AGAIN = "read_again"
    CUSTOMERS_CSV = "customers_csv"
    MY_JOBS = "my_jobs"
    NEWER = "my_jobs_newer"
    OLDER = "my_jobs_older"
    CHECK_AGAIN = "check_again"
    SEND_REST = "send_rest"
    OPEN_FORM = "open_form"
    EDIT = "edit"
    RUN_AGAIN = "run_again"
    MAKE_BATCHES = "batches_make"
    ASSIGN_BATCH = "batch_assign"
    NEWER_BATCHES = "batches_newer"
    OLDER_BATCHES = "batches_older"
    JOB_DETAIL = "job_detail"  # its value is the job's id
    WATCH_AGAIN = "watch_again"
    STOP = "stop_job"
    NOTIFY = "notify"  # a menu, not a button


class Form(enum.StrEnum):
    """The `callback_id` of each form; listeners are registered under the same names."""

    MAKE_BATCHES = "batches_made"
    ASSIGN_BATCH = "batch_assigned"


@dataclass(frozen=True, slots=True)
class Message:
    """`text` is mrkdwn, what notifications and screen readers get; `blocks` are what people see."""

    text: str
    blocks: Sequence[Block] = ()

    def payload(self) -> dict[str, Any]:
        """The arguments of `chat.postMessage`, `respond` or an acknowledgement.

        Raises SlackObjectFormationError where a block breaks one of Slack's limits.
        """
        if not self.blocks:
            return {"text": self.text}
        return {"text": self.text, "blocks": [block.to_dict() for block in self.blocks]}
