"""The service: plans over HTTP. Routes read, call one service of the package, and write; they hold no logic of their own.

::

    settings   what can be set, from the environment or a TOML file
    gate       before every route: request ids, tokens, limits, one line in the log
    problems   every refusal as application/problem+json
    once       the answer to a POST, given once for one Idempotency-Key
    plans      jobs over HTTP;  jobs: who works at them;  worker: the work itself, in a process of its own
    judging    validate, check, explain, compare, exports
    operating  health, readiness, metrics
    app        all of it put together
"""
