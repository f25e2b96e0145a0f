"""Staffing: weeks of dispatching simulated with the planning that dispatches; see ``docs/simulation.md``."""
