"""Values of several parts: what comes of both sides' changes, for any history."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crmsync.reconcile.sets import parts, united

SETS = st.frozensets(st.sampled_from("abcd")).map(lambda found: ";".join(sorted(found)))


@given(SETS, SETS, SETS)
def test_with_one_base_it_is_the_three_way_merge(base: str, hub: str, sales: str) -> None:
    then, here, there = parts(base), parts(hub), parts(sales)
    expected = (then & here & there) | (here - then) | (there - then)
    assert parts(united(hub, sales, base, base)) == expected


@given(SETS, SETS, SETS, SETS)
def test_no_part_goes_unless_a_side_that_held_it_let_it_go(
    hub: str, sales: str, hub_then: str, sales_then: str
) -> None:
    result = parts(united(hub, sales, hub_then, sales_then))
    gone = (parts(hub) | parts(sales)) - result
    assert gone <= parts(hub_then) & parts(sales_then)
    assert result == parts(united(sales, hub, sales_then, hub_then))
