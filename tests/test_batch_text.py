"""Batches in the text of `/set-action`: codes as people type them, and what is said of what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.batch_codes import ALPHABET, new_code, read_code
from bot.batch_text import BatchRequest, Look, is_about_batches, parse_batch
from bot.catalogue import DEFAULT_ACTIONS, Catalogue
from bot.parsing import UnusableText

CATALOGUE = Catalogue(DEFAULT_ACTIONS)
CLUSTERS = {"evian3": "Evian 3", "lab": "lab"}
CODE = "7Q2KX4"


def read(text: str) -> Look | BatchRequest:
    assert is_about_batches(text)
    return parse_batch(text, catalogue=CATALOGUE, clusters=CLUSTERS)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("7q2kx4", CODE),
        ("iLoabc", "110ABC"),
        ("7Q2KX", None),
        ("7Q2KX4A", None),
        ("7Q2KU4", None),
        ("", None),
    ],
)
def test_a_code_is_read_whatever_its_case_and_look_alikes(word: str, code: str | None) -> None:
    assert read_code(word) == code


def test_a_new_code_is_one_and_no_two_are_alike() -> None:
    codes = {new_code() for _ in range(1_000)}
    assert len(codes) == 1_000
    assert all(read_code(code) == code and set(code) <= set(ALPHABET) for code in codes)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("batches", None), ("  Batches ", None), ("batch", None), ("batches 7q2kx4", CODE),
        ("batch 7Q2KX4", CODE), ("batch:7Q2KX4", CODE), ("batches `7Q2KX4`.", CODE),
    ],
)  # fmt: skip
def test_batches_are_asked_to_be_shown(text: str, code: str | None) -> None:
    look = read(text)
    assert isinstance(look, Look)
    assert look.code == code


def test_the_code_is_kept_as_it_was_typed() -> None:
    assert read("batches evian3") == Look("EV1AN3", "evian3")
    asked = read("T-Enable batch:evian3")
    assert isinstance(asked, BatchRequest)
    assert (asked.code, asked.typed) == ("EV1AN3", "evian3")


@pytest.mark.parametrize(
    ("text", "cluster", "reason"),
    [
        ("T-Enable batch:7Q2KX4", None, None),
        ("t enable batch: 7q2kx4", None, None),
        ("batch:7Q2KX4 t", None, None),
        ("T-Enable Evian 3 batch:7Q2KX4", "evian3", None),
        ("evian3 `batch:7Q2KX4` T-Enable reason: plan 7 batch: 3", "evian3", "plan 7 batch: 3"),
        ("T-Enable batch:7Q2KX4, batch:7Q2KX4.", None, None),
    ],
)
def test_an_action_for_a_batch(text: str, cluster: str | None, reason: str | None) -> None:
    assert read(text) == BatchRequest(CATALOGUE["T-Enable"], CODE, cluster, reason)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("batch:7Q2KX4 e106b3d0fb01", "There is no action “e106b3d0fb01”"),
        ("T-Enable evian9 batch:7Q2KX4", "“evian9”: a batch is run with the customers it was made with"),
        ("reason: x batch:7Q2KX4", None),
        ("T-Enable batch:", "“” is not the code of a batch"),
        ("T-Enable evian3 lab batch:7Q2KX4", "More than one cluster is named"),
        ("PE Finalise batch:7Q2KX4", "Write the action PE-Finalize exactly"),
        ("batch:7Q2KX4 reason: no action", "No action is named"),
        ("T-Enable batch:<!channel>", "“<!channel>” is not the code"),
        ("t enable batch 7q2kx4", "To run a batch, write a colon: /set-action T-Enable batch:7Q2KX4."),
        ("evian3 `batch=7Q2KX4`", "To run a batch, write a colon: /set-action ACTION batch:7Q2KX4."),
    ],
)
def test_what_is_wrong_is_said(text: str, why: str | None) -> None:
    if why is None:
        assert not is_about_batches(text), "it is in the reason"
        return
    with pytest.raises(UnusableText) as caught:
        read(text)
    assert any(why in problem for problem in caught.value.problems), caught.value.problems


@pytest.mark.parametrize(
    "text",
    [
        "",
        "help",
        "T-Enable evian3 e106b3d0fb01",
        "T-Enable evian3 my-batch",
        "batching",
        "T-Enable evian3 e106b3d0fb01 reason: batch 7Q2KX4",
        "T-Enable evian3 batch e106b3d0fb01",
    ],
)
def test_what_is_not_about_batches_is_left_alone(text: str) -> None:
    assert not is_about_batches(text)


def problems(text: str) -> tuple[str, ...]:
    try:
        read(text)
    except UnusableText as mistake:
        return mistake.problems
    return ("none",)


@given(st.text(max_size=60).map(lambda rest: f"batch:{rest}") | st.text(max_size=40))
def test_whatever_is_typed_is_understood_or_refused_in_words(text: str) -> None:
    assert problems(text) if is_about_batches(text) else True
