"""Modules of Debian's that tests use as clients which are not ours."""

import importlib
import os
import sys

SYSTEM_PYTHON = "/usr/bin/python3"
SKIP = 77


def need(name):
    """The module of that name: from this Python, else from the system's, in which the test then starts anew. Skips the
    test where neither has it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        pass
    if os.path.realpath(sys.executable) != os.path.realpath(SYSTEM_PYTHON) and os.path.exists(SYSTEM_PYTHON):
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])
    print(f"skipped: there is no Python module {name}", file=sys.stderr)
    sys.exit(SKIP)
