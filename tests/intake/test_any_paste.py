"""What holds of every pasted text: each word in it is taken, a duplicate or named as bad."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from bot.customer_ids import DEFAULT_ID_PATTERN
from bot.intake import paste

ID = re.compile(r"(?!(?i:all)\Z)[0-9A-Za-z][0-9A-Za-z._-]{2,63}")
ids = st.uuids().map(lambda value: value.hex) | st.from_regex(r"[0-9a-z]{5,40}[0-9]", fullmatch=True)
bullets = st.sampled_from(["", "• ", "- ", "* ", "◦ ", "\u2013 ", "1. ", "27) ", "  • ", "&gt; ", "100. "])
separators = st.sampled_from([" ", ",", ", ", "\n", ";", "\t", " ,\r\n", "\u00a0", "\u3000", " - "])
wrappings = st.sampled_from(["", "`", "```", '"', "\u201c", "'", "*", "_", "*_", "\u200b", "\ufeff"])
plain_words = st.from_regex(r"[a-z]{1,12}", fullmatch=True).filter(lambda word: word not in ("cid", "id"))


@st.composite
def lists(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A list as people write one, with its ids."""
    cids = draw(st.lists(ids, min_size=1, max_size=20))
    cids += draw(st.lists(st.sampled_from(cids), max_size=5))
    text = "\n" * draw(st.integers(0, 2))
    for cid in cids:
        wrap = draw(wrappings)
        bullet = draw(bullets) if not text.rstrip(" ") or text.endswith("\n") else ""
        linked = draw(st.sampled_from(["{0}", "{0}", "<http://{0}|{0}>", "<tel:{0}|{0}>"])).format(cid)
        text += f"{bullet}{wrap}{linked}{wrap[::-1]}{draw(separators)}"
    return text, cids


@given(lists())
def test_every_list_comes_through_exactly(given: tuple[str, list[str]]) -> None:
    text, cids = given
    kinds = {len(cid) >= paste.LONG for cid in cids}
    # In a message short ids beside long ones are left out, and that is said.
    for reader in (paste.read, paste.read_message)[: 3 - len(kinds)]:
        taken = reader(text, id_pattern=DEFAULT_ID_PATTERN)
        assert taken.bad == ()
        assert taken.cids == tuple(dict.fromkeys(cids))
        assert taken.duplicates == len(cids) - len(taken.cids)


@given(st.lists(ids | plain_words | st.sampled_from(["<@U1>", "a!b", "ALL", "=1+1", ":x1:"]), max_size=30))
def test_no_word_of_a_message_is_dropped(words: list[str]) -> None:
    taken = paste.read_message(" ".join(words), id_pattern=DEFAULT_ID_PATTERN)
    sure = [word for word in words if ID.fullmatch(word) and len(word) >= 6 and re.search("[0-9]", word)]
    sure = [word for word in sure if len(word) >= 16] or sure
    assert taken.cids == tuple(dict.fromkeys(sure))
    assert taken.found == len(words)


@given(st.text() | st.lists(ids | st.text(max_size=5) | separators | wrappings | bullets).map("".join))
@example("<" * 900)
@example("<|" * 300 + ">")
@example("1. " * 300)
def test_any_text_is_taken_apart_without_loss(text: str) -> None:
    for reader in (paste.read, paste.read_message):
        taken = reader(text, id_pattern=DEFAULT_ID_PATTERN)
        assert all(ID.fullmatch(cid) for cid in taken.cids)
        assert len(set(taken.cids)) == len(taken.cids)
        assert all(bad.text.isprintable() and bad.why for bad in taken.bad)
        assert all(1 <= bad.line <= len(re.split(r"\r\n|\r|\n", text)) for bad in taken.bad)


@given(st.lists(ids, min_size=1, max_size=8), st.text(max_size=30))
def test_an_id_on_its_own_line_is_never_lost(cids: list[str], noise: str) -> None:
    noise = re.sub(r"[<,;|\t]", "", noise)  # no link, and no headings of columns
    taken = paste.read("\n".join([noise, *cids, noise]), id_pattern=DEFAULT_ID_PATTERN)
    assert set(cids) <= set(taken.cids)
