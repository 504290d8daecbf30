# SPDX-License-Identifier: Apache-2.0
"""./run faults: what happens when things around natmill break. Real Kafka, real PostgreSQL, real faults; an oracle
says whether each message is where it belongs, exactly once. Exit 0 when all campaigns pass."""

import argparse
import pathlib
import random
import signal
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

from rig import Rig, World  # noqa: E402
from campaigns import ALL, Lacking  # noqa: E402
import broker  # noqa: E402,F401
import data  # noqa: E402,F401
import group  # noqa: E402,F401
import killing  # noqa: E402,F401
import link  # noqa: E402
import measures  # noqa: E402,F401
import machines  # noqa: E402,F401
import memory  # noqa: E402
import reloading  # noqa: E402,F401
import server  # noqa: E402,F401
import sink_file  # noqa: E402,F401
import sink_http  # noqa: E402,F401
import sink_kafka  # noqa: E402,F401
import sink_amqp  # noqa: E402,F401
import sink_redis  # noqa: E402,F401
import sink_sqlite  # noqa: E402,F401
import stall  # noqa: E402,F401

# What was skipped, for the closing line of ./run test.
SKIPPED = pathlib.Path(__file__).resolve().parents[2] / "build" / "results" / "faults-skipped"

# Campaigns that --kills is dealt to, and the percentage of each: most into the outputs with transactions.
KILLS = {"kills": 15, "kills-pair": 15, "kafka-kills": 15, "sqlite-kills": 15,
         "file-kills": 8, "redis-kills": 8, "amqp-kills": 8, "http-kills": 8, "influxdb-kills": 8}

# Campaigns that last as long as they are told, by default the first.
LASTING = {"sink-away": link.sink_away, "memory-slope": memory.memory_slope}


def arguments():
    parser = argparse.ArgumentParser(prog="./run faults", description="Breaks things around natmill, and looks whether "
                                     "each message is found exactly once afterwards. Without arguments: all campaigns.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="campaigns by name")
    parser.add_argument("--list", action="store_true", help="the campaigns there are")
    parser.add_argument("--kills", type=int, metavar="N", help="only kill -9, so many times: 60 %% with "
                        "PostgreSQL (one process, two), Kafka and SQLite, 40 %% with file, redis, amqp, http, influxdb")
    parser.add_argument("--minutes", type=int, metavar="N", help="only sink-away, or memory-slope, for so long")
    parser.add_argument("--seed", type=int, help="of a run to be repeated")
    parser.add_argument("--keep", action="store_true", help="keep the logs of campaigns that fail")
    given = parser.parse_args()
    if given.minutes and given.names not in ([], *([name] for name in LASTING)):
        parser.error(f"--minutes is for one of {', '.join(LASTING)}")
    unknown = [name for name in given.names if name not in ALL]
    if unknown:
        parser.error(f"no campaign {', '.join(unknown)}; ./run faults --list shows them")
    return given


def deal(kills):
    """{name: how many} of so many kills; those that do not divide go to PostgreSQL."""
    parts = {name: kills * percent // 100 for name, percent in KILLS.items()}
    parts["kills"] += kills - sum(parts.values())
    return {name: count for name, count in parts.items() if count > 0}


def plan(given):
    """(name, function of a rig) of each campaign to run."""
    if given.kills:
        return [(name, lambda rig, name=name, count=count: ALL[name].run(rig, count))
                for name, count in deal(given.kills).items()]
    if given.minutes:
        name = (given.names or list(LASTING))[0]
        return [(name, lambda rig: LASTING[name](rig, given.minutes * 60))]
    return [(name, ALL[name].run) for name in given.names or ALL]


def run_one(world, name, function, seed, keep):
    """True when it passes."""
    start = time.monotonic()
    rig = Rig(world, f"{seed} {name}")
    passed = False
    try:
        told = function(rig) or ""
        passed = True
    except Lacking as why:
        SKIPPED.parent.mkdir(parents=True, exist_ok=True)
        with open(SKIPPED, "a", encoding="utf-8") as file:
            file.write(f"{name}: {why}\n")
        print(f"skipped {name}: {why}", flush=True)
        return True
    except (AssertionError, RuntimeError, OSError) as error:
        told = str(error)
    except Exception:
        told = traceback.format_exc()
    finally:
        rig.close(keep and not passed)
    print(f"{'ok    ' if passed else 'FAILED'} {name}: {told} ({time.monotonic() - start:.0f} s)", flush=True)
    return passed


def main():
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # so that servers and folders go too
    if given.list:
        for one in ALL.values():
            print(f"  {one.name:24}{one.rows:16}{one.help}")
        return 0
    seed = given.seed if given.seed is not None else random.randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    failed = []
    with World() as world:
        for name, function in plan(given):
            if not run_one(world, name, function, seed, given.keep):
                failed.append(name)
    print(f"{len(failed)} failed{': ' + ', '.join(failed) if failed else ''}; seed {seed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
