"""Named policies: weights as exchange rates in minutes of travel."""

from __future__ import annotations

from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

from dispatch.model import PRIORITIES, PolicyChoice, PolicyName, Weights

_BALANCED = Weights(
    travel=1,
    distance=0.1,
    paid_time=0.1,
    fixed=10,
    lateness=(4, 2, 1, 0.5, 0.25),
    response=(0.1, 0.05, 0.02, 0, 0),
    unassigned=(960, 480, 240, 120, 60),
    overtime=2,
    tier_excess=10,
    not_preferred=15,
    cross_region=10,
    contractor=20,
    workload=0.2,
    change=10,
)

POLICY_WEIGHTS: MappingProxyType[PolicyName, Weights] = MappingProxyType(
    {
        "balanced": _BALANCED,
        "promise-first": replace(
            _BALANCED,
            lateness=(16, 8, 4, 2, 1),
            response=(0.2, 0.1, 0.02, 0, 0),
            unassigned=(1920, 960, 480, 240, 120),
            overtime=1,
            tier_excess=5,
            cross_region=5,
            contractor=10,
        ),
        "cost-first": replace(
            _BALANCED,
            distance=0.3,
            paid_time=0.5,
            fixed=45,
            lateness=(2, 1, 0.5, 0.25, 0.1),
            response=(0, 0, 0, 0, 0),
            overtime=3,
            contractor=60,
            workload=0,
        ),
        "emergency": replace(
            _BALANCED,
            distance=0,
            paid_time=0,
            fixed=0,
            lateness=(30, 10, 1, 0.1, 0),
            response=(2, 0.5, 0, 0, 0),
            unassigned=(4800, 1920, 240, 60, 30),
            overtime=0.5,
            tier_excess=0,
            not_preferred=0,
            cross_region=0,
            contractor=0,
            workload=0,
            change=2,
        ),
        "grow-juniors": replace(_BALANCED, tier_excess=40, workload=0.5),
    }
)


def resolve(choice: PolicyChoice) -> Weights:
    """Return the weights of a policy with the differences it states; a single number stands for all priorities."""
    base = POLICY_WEIGHTS[choice.base]
    changes: dict[str, Any] = {}
    for rule, weight in choice.weights.items():
        current = getattr(base, rule)
        if not isinstance(current, tuple):
            changes[rule] = weight
        elif isinstance(weight, (int, float)):
            changes[rule] = (weight,) * len(PRIORITIES)
        else:
            changes[rule] = tuple(weight.get(p, current[p - 1]) for p in PRIORITIES)
    return replace(base, **changes)


def by_priority(weights: Weights) -> dict[str, float | dict[str, float]]:
    """Return the weights as JSON shows them: a number per rule, or a number per priority."""
    shown: dict[str, float | dict[str, float]] = {}
    for f in fields(weights):
        value = getattr(weights, f.name)
        shown[f.name] = {str(p): w for p, w in zip(PRIORITIES, value, strict=True)} if isinstance(value, tuple) else value
    return shown
