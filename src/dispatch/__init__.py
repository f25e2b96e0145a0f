"""Plans the day of a field service: which engineer goes to which ticket, when, and why.

::

    from pathlib import Path
    import dispatch

    problem = dispatch.read_problem(Path("scenarios/changsha-tuesday.json").read_bytes())
    planned = dispatch.plan(problem, dispatch.Options(seconds=5))
    Path("plan.json").write_bytes(dispatch.write_plan(planned.plan, problem.time_zone))

The names below are loaded when they are first used: importing the package takes no time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dispatch.check import Violation
    from dispatch.errors import DispatchError, Fault, InfeasibleError, InputError, TravelError
    from dispatch.model import Plan, Problem
    from dispatch.planning import Planned, plan, replan
    from dispatch.schema import plan_schema, problem_schema, read_plan, read_problem, write_plan, write_problem
    from dispatch.solver import Options, Progress

    __version__: str

__all__ = [
    "DispatchError",
    "Fault",
    "InfeasibleError",
    "InputError",
    "Options",
    "Plan",
    "Planned",
    "Problem",
    "Progress",
    "TravelError",
    "Violation",
    "__version__",
    "plan",
    "plan_schema",
    "problem_schema",
    "read_plan",
    "read_problem",
    "replan",
    "write_plan",
    "write_problem",
]

_ROOMS = {
    "check": ("Violation",),
    "errors": ("DispatchError", "Fault", "InfeasibleError", "InputError", "TravelError"),
    "model": ("Plan", "Problem"),
    "planning": ("Planned", "plan", "replan"),
    "schema": ("plan_schema", "problem_schema", "read_plan", "read_problem", "write_plan", "write_problem"),
    "solver": ("Options", "Progress"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("field-dispatch")
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
