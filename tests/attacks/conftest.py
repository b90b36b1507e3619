"""The stage of the wire tests, for attacks that go in at the wire."""

from tests.wire.conftest import brisk, idle_stage, patience, patient_guard, scopes, stage

__all__ = ["brisk", "idle_stage", "patience", "patient_guard", "scopes", "stage"]
