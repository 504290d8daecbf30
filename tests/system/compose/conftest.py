# SPDX-License-Identifier: Apache-2.0
"""What docker/compose.yaml describes, tested without a container engine: its files are read, and `up` runs the
machine's own programs as they say."""

import pathlib
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(TESTS / "system" / "collectors"), str(TESTS / "faults")]

# pylint: disable=wrong-import-position
import machine  # noqa: E402
import running  # noqa: E402
from composition import Composition  # noqa: E402


@pytest.fixture(scope="module")
def up(natmill, tmp_path_factory):
    """All that `docker compose up` starts, but Grafana."""
    reason = machine.missing() or running.missing()
    if reason:
        pytest.skip(reason)
    one = running.Running(Composition(), natmill, tmp_path_factory.mktemp("up"))
    try:
        yield one.start()
    finally:
        one.close()
