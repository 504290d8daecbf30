# SPDX-License-Identifier: Apache-2.0
"""The list of campaigns: each is a function of a rig, with a name, the rows of the faults it covers, and a line of
help. It raises when a promise is broken, and returns what is worth telling."""

import dataclasses
import typing


@dataclasses.dataclass
class Campaign:
    name: str
    rows: str
    help: str
    run: typing.Callable


class Lacking(Exception):
    """What this machine lacks for a campaign: it is skipped, with that as the reason."""


ALL = {}


def campaign(name, rows):
    """Decorator; the first line of the function's text is the help."""

    def add(function):
        ALL[name] = Campaign(name, rows, function.__doc__.strip().splitlines()[0], function)
        return function

    return add
