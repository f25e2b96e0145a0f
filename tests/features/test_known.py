from tests.build import checked, engineer, problem, ticket, told

CASE = problem([ticket("A"), ticket("B")], [engineer("ann"), engineer("bea")])


def test_what_does_not_exist_is_named_and_left_out_of_the_answer() -> None:
    verdict = checked(CASE, ("ann", "A X"), ("zoe", "B"), ("bea/night", "B"), unassigned="Y")
    assert told(verdict) == [
        "ann 8:00-10:00",
        "  A 8:30 8:30-9:30",
        "unassigned B",
        "travel 60, unassigned 1000",
        "known 1: ann X",
        "known 1: zoe",
        "known 1: bea",
        "known 1: Y",
    ]
    assert [v.message for v in verdict.violations] == [
        "There is no ticket X.",
        "There is no engineer zoe.",
        "Engineer bea has no shift night.",
        "There is no ticket Y.",
    ]


def test_a_shift_has_one_route_and_a_second_one_is_timed_on_its_own() -> None:
    verdict = checked(CASE, ("ann", "A"), ("ann", "B"))
    times = ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "ann 8:00-10:00", "  B 8:30 8:30-9:30"]
    assert told(verdict) == [*times, "travel 120", "known 1: ann"]
    assert verdict.violations[0].message == "Shift day of engineer ann has another route already."


def test_routes_without_stops_have_no_times_and_no_cost() -> None:
    verdict = checked(CASE, ("ann", ""), ("bea", "A B"))
    assert told(verdict) == ["bea 8:00-11:00", "  A 8:30 8:30-9:30", "  B 9:30 9:30-10:30", "travel 60"]
    assert (verdict.plan.routes[0].departure, verdict.plan.routes[0].return_) == (0, 0)
