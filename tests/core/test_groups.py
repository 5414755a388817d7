"""Groups are the components of the graph whose edges were joined."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mynah.core.groups import Groups


@given(st.integers(1, 20).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))))
def test_groups_are_connected_components(given: tuple[int, list[tuple[int, int]]]) -> None:
    count, pairs = given
    groups = Groups(count)
    for one, other in pairs:
        groups.join(one, other)
    rows, columns = ([pair[i] for pair in pairs] for i in (0, 1))
    _, labels = connected_components(coo_array(([1] * len(pairs), (rows, columns)), shape=(count, count)), False)
    expected = [[n for n in range(count) if labels[n] == label] for label in dict.fromkeys(labels)]
    assert groups.all() == expected and [groups.of(g[-1]) for g in expected] == [g[0] for g in expected]
