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
    CLEAR = "my_jobs_clear"
    EVERYBODY = "my_jobs_everybody"
    FILTER_STATE = "my_jobs_state"  # these four are menus
    FILTER_ACTION = "my_jobs_action"
    FILTER_CLUSTER = "my_jobs_cluster"
    FILTER_WHOSE = "my_jobs_whose"
    HISTORY_NEWER = "customer_newer"
    HISTORY_OLDER = "customer_older"
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
    JOB_OVERVIEW = "job_overview"
    JOB_TIMELINE = "job_timeline"
    JOB_REQUESTS = "job_requests"
    JOB_CUSTOMERS = "job_customers"
    JOB_APPLICATIONS = "job_applications"
    JOB_BACK = "job_back"
    JOB_FURTHER = "job_further"
    JOB_OUTCOME = "job_outcome"  # a menu
    JOB_CSV = "job_csv"
    RETRY_REFUSED = "job_retry_refused"
    SEND_UNKNOWN = "job_send_unknown"
    SEND_NEVER_SENT = "job_send_never_sent"
    NEXT_ACTION = "job_next_action"
    READ_APPLICATIONS = "job_read_applications"
    APPLICATIONS_CSV = "job_applications_csv"


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
