"""The command line in this process, as a person meets it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from lamina.cli.main import add_commands, app
from lamina.core import LaminaError

add_commands()


def ran(*words: str | Path, given: str | None = None) -> Result:
    """A command that ended well. A LaminaError is what `lamina` prints as one line before it exits with 1."""
    done = CliRunner().invoke(app, [str(word) for word in words], input=given)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done


def run(*words: str | Path, given: str | None = None) -> str:
    """What a command printed on standard output."""
    return ran(*words, given=given).stdout


def refused(*words: str | Path) -> str:
    """The one message of a command that could not be done."""
    with pytest.raises(LaminaError) as caught:
        ran(*words)
    return str(caught.value)


def interrupted(words: list[str], env: Mapping[str, str]) -> str:
    """What a command that writes without end says when it is interrupted: letters show before it ends, and it ends cleanly."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as writing:
        assert writing.stdout is not None
        assert len(writing.stdout.read(300)) == 300  # long before the end
        writing.send_signal(signal.SIGINT)
        _, said = writing.communicate()
    assert writing.returncode == 130
    assert b"Traceback" not in said
    return said.decode()
