"""The edge between the package and the shell: errors become sentences and exit codes, answers go to the right stream."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import typer
from rich.console import Console, RenderableType

from dispatch import answers
from dispatch.errors import DispatchError, InfeasibleError, InputError

P = ParamSpec("P")

FAILED, STOPPED, BROKEN_PIPE, UNEXPECTED = 1, 130, 141, 70
"""Exit codes besides those of `dispatch.errors`: violations or misses, Ctrl-C, nobody reads on, a fault of ours."""

_log = logging.getLogger(__name__)


class _ToStandardError(logging.Handler):
    """Writes to what standard error is at that moment: a progress bar stands in for it while it is drawn."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)


def log(level: int) -> None:
    """Send what the package logs from `level` on to standard error."""
    handler = _ToStandardError()
    handler.setFormatter(logging.Formatter("dispatch: %(message)s"))
    package = logging.getLogger("dispatch")
    package.handlers[:] = [handler]
    package.setLevel(level)


class _Screen(Console):
    """A console that leaves it to the guard to say that nobody reads on."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def say(what: RenderableType, *, error: bool = False) -> None:
    """Print for people, on standard output or standard error."""
    _Screen(stderr=error, highlight=False, emoji=False, markup=False).print(what)


def note(words: str) -> None:
    """Print a line on standard error."""
    print(words, file=sys.stderr)


def put(text: str) -> None:
    """Print a document on standard output, in UTF-8 whatever the locale."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode() + b"\n")
    sys.stdout.buffer.flush()


def guarded(command: Callable[P, int]) -> Callable[P, None]:
    """Let a command return its exit code, and turn whatever it raises into words, or a document under `--json`, and a code."""

    @wraps(command)
    def guard(*args: P.args, **kwargs: P.kwargs) -> None:
        as_json = bool(kwargs.get("as_json"))
        try:
            code = command(*args, **kwargs)
            sys.stdout.flush()
        except DispatchError as error:
            code = error.exit_code
            refuse(error, as_json)
        except typer.BadParameter:  # told by Typer, as other wrong usage is
            raise
        except KeyboardInterrupt:
            code = STOPPED
            note("Stopped.")
        except BrokenPipeError:
            code = BROKEN_PIPE
            _close_output()
        except Exception as error:
            code = UNEXPECTED
            _log.debug("Unexpected", exc_info=True)
            unexpected(error, as_json)
        raise typer.Exit(code)

    return guard


def refuse(error: DispatchError, as_json: bool) -> None:
    """Say what is wrong: a table of faults, a sentence, or a document."""
    if isinstance(error, InfeasibleError):  # the plan itself was the answer
        note(f"dispatch: {error}")
    elif as_json:
        put(answers.text(answers.refusal(error)))
    elif isinstance(error, InputError):
        from dispatch import console

        say(console.faults(error.faults), error=True)
    else:
        note(f"dispatch: {error}")


def unexpected(error: Exception, as_json: bool) -> None:
    """Say in one line what this package has not foreseen."""
    words = " ".join(f"{type(error).__name__}: {error}".split())
    if as_json:
        put(answers.text(answers.problem("UNEXPECTED", "This should not have happened.", words)))
    note(f"dispatch: this should not have happened: {words} (`dispatch --debug COMMAND ...` tells more)")


def _close_output() -> None:
    """Let nothing more be written to a pipe that nobody reads: the interpreter would complain on its way out."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    os.close(sink)
