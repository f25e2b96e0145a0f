from tests.build import checked, engineer, pin, problem, shift, ticket, told
from tests.helpers import solve

ANN = engineer("ann", shift(capacity={"pump": 2, "kg": 50}))
TICKETS = [
    ticket("A", needs={"pump": 1, "kg": 50}, windows=[("8:30", "8:30")], unassigned_cost=300),
    ticket("B", needs={"pump": 1}, windows=[("9:30", "9:30")], unassigned_cost=200),
    ticket("C", needs={"pump": 1, "kg": 1}, unassigned_cost=250),
]


def test_what_the_tickets_need_together_may_fill_the_shift() -> None:
    expected = ["ann 8:00-11:00", "  A 8:30 8:30-9:30", "  B 9:30 9:30-10:30", "travel 60"]
    assert told(checked(problem(TICKETS[:2], [ANN]), ("ann", "A B"))) == expected


def test_the_size_is_the_units_too_many_for_each_unit() -> None:
    expected = [
        "ann 8:00-12:00",
        "  A 8:30 8:30-9:30",
        "  B 9:30 9:30-10:30",
        "  C 10:30 10:30-11:30",
        "travel 60",
        "capacity 1: ann",
        "capacity 1: ann",
    ]
    verdict = checked(problem(TICKETS, [ANN]), ("ann", "A B C"))
    assert told(verdict) == expected
    assert [v.message for v in verdict.violations] == [
        "The tickets of engineer ann need 51 kg, the shift carries 50.",
        "The tickets of engineer ann need 3 pump, the shift carries 2.",
    ]


def test_a_unit_not_named_is_not_carried() -> None:
    case = problem([ticket("A", needs={"m3": 4})], [ANN])
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60", "capacity 4: ann"]


def test_history_has_used_its_part() -> None:
    done = ticket("D", needs={"kg": 50}, actual=("8:30", "9:30"), pin=pin("ann"), status="done")
    case = problem([done, ticket("C", needs={"kg": 1})], [ANN], now="9:30")
    expected = ["ann 8:00-11:00", "  D 8:30 8:30-9:30", "  C 9:30 9:30-10:30", "travel 60", "capacity 1: ann"]
    assert told(checked(case, ("ann", "D C"))) == expected
    assert told(solve(case)) == ["ann 8:00-10:00", "  D 8:30 8:30-9:30", "unassigned C", "travel 60, unassigned 1000"]


def test_the_solver_leaves_out_the_cheapest_that_makes_room() -> None:
    # A and C do not go together (51 kg); A with B costs 250, C with B 300.
    expected = ["ann 8:00-11:00", "  A 8:30 8:30-9:30", "  B 9:30 9:30-10:30", "unassigned C", "travel 60, unassigned 250"]
    assert told(solve(problem(TICKETS, [ANN]))) == expected
