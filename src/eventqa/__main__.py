"""`python -m eventqa` is the `eventqa` command."""

from eventqa.cli import run

run()
