"""A submitted form as a type: what was typed and chosen, together with what the form remembers."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import Field as Limit
from pydantic import field_validator

from bot.draft import AttachedFile, Draft, Field
from bot.listeners.payloads import Interaction, Payload, SlackFile, SlackId
from bot.views.form import MORE_CIDS, SOURCE


class _File(Payload):
    id: SlackId
    name: str


class _Memory(Payload):
    files: tuple[_File, ...] = ()
    source: UUID | None = None
    customers: int = 0
    accepted_only: bool = False
    replaces: UUID | None = None


class _Option(Payload):
    value: str


class _Value(Payload):
    """The state of one field; which of these is there depends on its kind."""

    value: str | None = None
    selected_option: _Option | None = None
    selected_options: tuple[_Option, ...] = ()
    selected_conversation: SlackId | None = None
    selected_date_time: int | None = Limit(default=None, ge=0, le=9_999_999_999)
    files: tuple[SlackFile, ...] = ()


class _State(Payload):
    values: dict[str, dict[str, _Value]]


class _View(Payload):
    id: str = Limit(min_length=1, max_length=100)
    hash: str = Limit(max_length=100)
    private_metadata: _Memory
    state: _State

    @field_validator("private_metadata", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return _Memory.model_validate_json(value)


class Submission(Interaction):
    """The form, submitted. https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload"""

    view: _View

    @property
    def key(self) -> str:
        """The same for each delivery of this submission; another for the next."""
        return f"view {self.view.id} {self.view.hash}"

    @property
    def draft(self) -> Draft:
        """Everything in the form. What was remembered counts as long as its box is ticked."""
        memory = self.view.private_metadata
        kept = {option.value for option in self._at(Field.KEPT).selected_options}
        action, cluster = self._at(Field.ACTION).selected_option, self._at(Field.CLUSTER).selected_option
        batch = self._at(Field.BATCH).selected_option
        remembered = [AttachedFile(file.id, file.name, kept=True) for file in memory.files if file.id in kept]
        attached = [file.attached for file in self._at(Field.FILES).files]
        at = self._at(Field.RUN_AT).selected_date_time
        return Draft(
            action=action.value if action else None,
            cluster=cluster.value if cluster else None,
            text=self._text,
            reason=self._at(Field.REASON).value or "",
            channel=self._at(Field.CHANNEL).selected_conversation,
            files=(*remembered, *attached),
            batch=batch.value if batch else None,
            source=memory.source if SOURCE in kept else None,
            customers=memory.customers,
            accepted_only=memory.accepted_only,
            replaces=memory.replaces,
            start_at=datetime.fromtimestamp(at, UTC) if at else None,
        )

    @property
    def _text(self) -> str:
        """What stands in the field of customer ids, and in those that go on with it."""
        blocks = self.view.state.values
        names = [Field.CIDS, *sorted((b for b in blocks if b.startswith(MORE_CIDS)), key=len)]
        texts = (blocks[name][Field.CIDS].value for name in names if Field.CIDS in blocks.get(name, {}))
        return "\n".join(filter(None, texts))

    def _at(self, field: Field) -> _Value:
        return self.view.state.values.get(field, {}).get(field) or _Value()
