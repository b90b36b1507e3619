"""Reading applications: strict, bounded, and only of those who were asked about."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cluster import App, fitting
from bot.cluster.apps import LONGEST_NAME, MOST_APPS, parse_apps
from bot.cluster.states import IllFormed

SEEN = [
    {"app_name": "dpp", "status": "Ready"},
    {"app_name": "wids", "status": "Transiting"},
    {"app_name": "airmatch", "status": "Failure", "reason": "Device config missing"},
    {"app_name": "ucc", "status": "unknown-Failed to track ack"},
]


def parsed(document: Any, *cids: str) -> dict[str, tuple[App, ...]]:
    return parse_apps(json.dumps(document).encode(), cids)


def test_one_customer_is_a_list_and_several_are_a_map() -> None:
    apps = (
        App("dpp", "Ready", None),
        App("wids", "Transiting", None),
        App("airmatch", "Failure", "Device config missing"),
        App("ucc", "unknown-Failed to track ack", None),
    )
    assert parsed(SEEN, "a") == {"a": apps}
    assert parsed({"a": SEEN}, "a") == {"a": apps}
    assert parsed({"a": SEEN, "b": [], "c": SEEN}, "a", "b", "d") == {"a": apps}


@pytest.mark.parametrize(
    "document",
    [
        None, "Ready", 3, {"a": None}, {"a": {}}, {"a": [None]}, {"a": [{}]}, {"a": [{"app_name": "dpp"}]},
        {"a": [{"app_name": 1, "status": "Ready"}]}, {"a": [{"app_name": "dpp", "status": True}]},
        {"a": [{"app_name": "", "status": "Ready"}]},
        {"a": [{"app_name": "dpp", "status": "Ready", "reason": 1}]},
        {"a": [{"app_name": "x" * (LONGEST_NAME + 1), "status": "Ready"}]},
        {"a": [{"app_name": "dpp", "status": "Ready"}] * (MOST_APPS + 1)},
        {"message": "TMS bootstrap status(INIT) is not Ready", "success": False},
    ],
)  # fmt: skip
def test_anything_else_refuses_the_whole_body(document: Any) -> None:
    with pytest.raises(IllFormed):
        parsed(document, "a")


def test_a_list_for_several_is_none() -> None:
    with pytest.raises(IllFormed):
        parsed(SEEN, "a", "b")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(IllFormed):
        parse_apps(body, ["a"])


@given(st.lists(st.text(min_size=1, max_size=80), max_size=900))
def test_pieces_are_everybody_in_order_each_no_longer_than_an_address(cids: list[str]) -> None:
    pieces = list(fitting(cids))
    assert [cid for piece in pieces for cid in piece] == cids
    assert all(pieces)


def test_ids_of_32_digits_go_by_181() -> None:
    assert [len(piece) for piece in fitting(["e106b3d0fb0111efb2cdda09530d43d0"] * 400)] == [181, 181, 38]
