"""The policy: deny by default, rules only add, and the help texts tell what is true."""

from hypothesis import given
from hypothesis import strategies as st

from bot.policy import Offer, Person, Policy, Right, Rule

ACTIONS = ("Tran-Begin", "T-Enable")
CLUSTERS = ("evian3", "lab")
ANNA = Person("U1")
BEN = Person("W2", groups=frozenset({"S1"}))

POLICY = Policy(
    (
        Rule(("*",), (Right.REQUEST,), ("*",), ("lab",)),
        Rule(("S1", "U9"), (Right.REQUEST, Right.APPROVE), ("T-Enable",), ("evian3",)),
        Rule(("U9", "S2"), (Right.APPROVE,), ("*",), ("*",)),
    )
)


def test_nobody_may_do_anything_without_a_rule() -> None:
    assert not Policy(()).permits(ANNA, Right.REQUEST, "T-Enable", "lab")
    assert Policy(()).offers(ANNA, Right.REQUEST, ACTIONS, CLUSTERS) == Offer((), (), None, {})


def test_everybody_means_everybody() -> None:
    assert POLICY.permits(ANNA, Right.REQUEST, "Tran-Begin", "lab")


def test_a_rule_is_about_its_rights_actions_and_clusters_only() -> None:
    assert POLICY.permits(BEN, Right.REQUEST, "T-Enable", "evian3")
    assert not POLICY.permits(BEN, Right.REQUEST, "Tran-Begin", "evian3")
    assert not POLICY.permits(BEN, Right.APPROVE, "T-Enable", "lab")
    assert not POLICY.permits(BEN, Right.ADMIN, "T-Enable", "evian3")
    assert not POLICY.permits(ANNA, Right.REQUEST, "T-Enable", "evian3")


def test_a_group_counts_only_for_its_members() -> None:
    assert not POLICY.permits(Person("U5", frozenset({"S3"})), Right.APPROVE, "T-Enable", "lab")
    assert POLICY.permits(Person("U5", frozenset({"S2"})), Right.APPROVE, "T-Enable", "lab")


def test_an_id_is_never_taken_for_a_group_or_the_other_way_round() -> None:
    assert not POLICY.permits(Person("U1", frozenset({"U8"})), Right.APPROVE, "T-Enable", "lab")
    assert not POLICY.permits(Person("*x"), Right.APPROVE, "T-Enable", "lab")


def test_actions_for_keeps_the_order() -> None:
    assert POLICY.actions_for(BEN, Right.REQUEST, "lab", ACTIONS) == ACTIONS
    assert POLICY.actions_for(BEN, Right.REQUEST, "evian3", ACTIONS) == ("T-Enable",)


def test_an_offer_has_only_what_can_be_used_together() -> None:
    assert POLICY.offers(ANNA, Right.REQUEST, ACTIONS, CLUSTERS) == Offer(
        ACTIONS, ("lab",), ("Tran-Begin", "lab"), {}
    )
    assert POLICY.offers(BEN, Right.APPROVE, ACTIONS, CLUSTERS) == Offer(
        ("T-Enable",), ("evian3",), ("T-Enable", "evian3"), {}
    )


def test_names_the_groups_whose_members_must_be_known() -> None:
    assert POLICY.names_groups == {"S1", "S2"}


def test_says_whom_to_ask_without_repeating_anybody() -> None:
    assert POLICY.who_may(Right.APPROVE, "T-Enable", "evian3") == ("S1", "U9", "S2")
    assert POLICY.who_may(Right.ADMIN, "T-Enable", "evian3") == ()


names = st.sampled_from(["a", "b", "*"])
rules = st.builds(
    Rule,
    who=st.lists(st.sampled_from(["U1", "U2", "S1", "*"]), max_size=2).map(tuple),
    may=st.lists(st.sampled_from(Right), max_size=2).map(tuple),
    actions=st.lists(names, max_size=2).map(tuple),
    clusters=st.lists(names, max_size=2).map(tuple),
)
people = st.builds(
    Person, user_id=st.sampled_from(["U1", "U2", "U3"]), groups=st.frozensets(st.sampled_from(["S1", "S2"]))
)


@given(st.lists(rules, max_size=4), rules, people, st.sampled_from(Right))
def test_a_further_rule_only_adds(before: list[Rule], further: Rule, person: Person, right: Right) -> None:
    less, more = Policy(tuple(before)), Policy((*before, further))
    for action in "ab":
        for cluster in "ab":
            assert less.permits(person, right, action, cluster) <= more.permits(
                person, right, action, cluster
            )


@given(st.lists(rules, max_size=4).map(tuple), people, st.sampled_from(Right))
def test_offers_and_permissions_agree(rules: tuple[Rule, ...], person: Person, right: Right) -> None:
    policy = Policy(rules)
    allowed = [(a, c) for a in "ab" for c in "ab" if policy.permits(person, right, a, c)]
    offer = policy.offers(person, right, "ab", "ab")
    assert set(offer.clusters) == {cluster for _, cluster in allowed}
    offered = [(a, c) for a in offer.actions for c in offer.only_on.get(a, offer.clusters)]
    assert offered == allowed
    assert offer.example == (allowed[0] if allowed else None)
    for action, cluster in allowed:
        assert {"*", person.user_id, *person.groups} & set(policy.who_may(right, action, cluster))


def test_who_administers_a_cluster_does_so_for_whichever_actions() -> None:
    policy = Policy(
        (
            Rule(("S1",), (Right.ADMIN,), ("T-Enable",), ("evian3",)),
            Rule(("U1",), (Right.REQUEST,), ("*",), ("*",)),
            Rule(("U9", "S1"), (Right.REQUEST, Right.ADMIN), ("*",), ("*",)),
        )
    )
    assert policy.administers(BEN, "evian3")
    assert policy.administers(Person("U9"), "lab")
    assert not policy.administers(ANNA, "evian3")
    assert not POLICY.administers(BEN, "evian3")
    assert policy.administrators("evian3") == ("S1", "U9")
    assert policy.administrators("lab") == ("U9", "S1")
