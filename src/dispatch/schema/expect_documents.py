"""The shape of `dispatch-expect/1`: what stands beside a problem to make it a scenario."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dispatch.schema.documents import Document, Id

EXPECT_FORMAT = "dispatch-expect/1"

Bound = Annotated[float, Field(ge=-1e12, le=1e12)]


class Options(Document):
    """How long to plan."""

    seconds: Annotated[float, Field(gt=0, le=86_400)] | None = Field(default=None, description="Most seconds to plan.")
    iterations: Annotated[int, Field(ge=1, le=2**53)] | None = Field(default=None, description="Most iterations to plan.")
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = Field(default=0, description="Random seed.")


class Expectation(Document):
    """A key figure that the plan must reach; bounds are included."""

    kpi: Id = Field(description="Name of a figure of docs/kpis.md.")
    at_least: Bound | None = Field(default=None, description="Least value.")
    at_most: Bound | None = Field(default=None, description="Greatest value.")


class Expect(Document):
    """What a scenario shows, how long it is planned, and what its plan must reach."""

    format: Literal["dispatch-expect/1"] = Field(description="Name and version of the format.")
    title: Id = Field(description="For people.")
    shows: Id = Field(description="One sentence: what is to be seen in it.")
    options: Options = Field(default_factory=Options, description="How long to plan; default: 5 seconds.")
    expect: list[Expectation] = Field(description="Figures to reach, at least one.")
