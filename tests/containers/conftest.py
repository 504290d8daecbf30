# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of the image. They build it once for a run: `./run test --all`."""

import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

# pylint: disable=wrong-import-position
import images  # noqa: E402
from database import Postgres  # noqa: E402


@pytest.fixture(scope="session")
def image():
    """The image of docker/Dockerfile."""
    reason = images.missing()
    if reason:
        pytest.skip(reason)
    one = images.build()
    yield one
    one.remove()


@pytest.fixture
def start(image, tmp_path):
    """start(*command, volumes={here: there}, env={}): a container of the image, removed when the test ends."""
    started = []

    def run(*command, **options):
        started.append(image.run(tmp_path, *command, **options))
        return started[-1]

    yield run
    for one in started:
        one.remove()


@pytest.fixture(scope="session")
def postgres():
    server = Postgres(["fsync=off"])
    yield server.start()
    server.close()
