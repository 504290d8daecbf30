# SPDX-License-Identifier: Apache-2.0
"""Reloads under load: storms of good and broken ones, while the database is away, and a password that is rotated."""

import subprocess
import time

import lines
from campaigns import campaign
from natmill_process import write_config
from rig import program
from server import in_trouble, login, LOGIN
from waiting import wait_until

ANSWER_S = 30  # on a loaded machine and under the sanitizers
HELD_S = 3.0  # a batch of these takes some milliseconds; the rest is a loaded machine

BROKEN = ("", "local nfware = vendor \"nfware\"\nnfware:top", "while true do end", "error('no')",
          "return vendor \"other\"")


def reload(rig, status):
    """natmill reload; its answer."""
    done = subprocess.run([program(), "reload", "-c", str(rig.folder / "natmill-0.yaml")], capture_output=True,
                          text=True, timeout=ANSWER_S, check=False, cwd=rig.folder)
    assert done.returncode == status, f"{done.returncode} instead of {status}: {done.stdout}{done.stderr}\n{rig.tail()}"
    return done.stdout + done.stderr


def change(rig, number):
    """Configuration and script, both good and each another than before."""
    rig.output["connect_timeout"] = f"{2000 + number}ms"
    write_config(rig.folder, rig.config(), "natmill-0.yaml")  # writes the script, too
    script = lines.vendors(rig.folder) / "nfware.lua"
    script.write_text(f"-- {number}\n" + script.read_text(encoding="utf-8"), encoding="utf-8")
    return script


@campaign("reload-storm", "R1 R3 R4 R6")
def reload_storm(rig, times=100, workers=2):
    """reloads under full load, good and broken in turn, scripts and settings of the output both: each as it must be,
    nothing lost, nothing twice, and no batch is held up"""
    rig.top["workers"] = workers
    rig.watch()
    rig.start()
    longest = 0.0
    with rig.load():
        rig.advance(500)
        shared = f"assigned .*, {rig.partitions // workers} in all"
        wait_until(lambda: rig.logged(shared) >= workers, 30, lambda: f"partitions are shared\n{rig.tail()}")
        before = rig.logged("Kafka: (gave up|lost)")
        for number in range(times):
            script = change(rig, number)
            if number % 2 == 1:
                script.write_text(BROKEN[number // 2 % len(BROKEN)], encoding="utf-8")
            answer = reload(rig, number % 2)
            assert number % 2 or f"generation {number // 2 + 2}\n" in answer, answer
            longest = max(longest, rig.advance(1, 20))
        change(rig, times)
        reload(rig, 0)
        rig.advance(500)
    assert longest < HELD_S, f"{longest:.1f} s without progress"
    assert len(rig.processes) == 1 and rig.processes[0].running()
    assert rig.logged("Kafka: (gave up|lost)") == before, f"a worker left the group\n{rig.tail()}"
    return f"{times} reloads, {longest:.3f} s at most until the next batch; {rig.check()}"


@campaign("reload-thousand", "R4")
def reload_thousand(rig):
    """a thousand of them"""
    return reload_storm(rig, 1000)


@campaign("reload-while-away", "R2")
def reload_while_away(rig):
    """reloads while the database is away answer soon and say what is pending; it is live when the database is back"""
    rig.watch()
    process = rig.start()
    with rig.load():
        rig.advance(500)
        rig.proxy.refuse()
        rig.proxy.cut()
        in_trouble(rig, "output postgresql: .*tried again")
        for number in range(3):
            change(rig, number)
            start = time.monotonic()
            answer = reload(rig, 0)
            took = time.monotonic() - start
            assert "worker 0: settings of outputs live, scripts and filters pending" in answer, answer
            assert took < ANSWER_S / 2, f"{took:.1f} s"
        rig.proxy.refuse(False)
        rig.advance(1000)
    wait_until(lambda: "worker 0: live" in reload(rig, 0), 30, "live")
    assert process.running()
    return f"answered within {took:.1f} s; {rig.check()}"


@campaign("password-rotated", "R2 R5")
def password_rotated(rig):
    """the database's password is another one: the retry that waits for it ends with the reload that brings it"""
    trust = ["local all all trust", "host all all all trust"]
    login(rig)
    rig.sql(f"ALTER ROLE {LOGIN} PASSWORD 'first'")
    rig.output["password"] = "first"
    rig.postgres.hba([f"host all {LOGIN} all scram-sha-256", *trust])
    rig.watch()
    rig.start()
    try:
        with rig.load():
            rig.advance(500)
            rig.sql(f"ALTER ROLE {LOGIN} PASSWORD 'second'")
            rig.proxy.cut()
            in_trouble(rig, r"ALARM: output postgresql.*28P01|ALARM: output postgresql.*password")
            rig.output["password"] = "second"
            write_config(rig.folder, rig.config(), "natmill-0.yaml")
            answer = reload(rig, 0)
            assert "configuration: changed outputs[0].password\n" in answer and "second" not in answer, answer
            took = rig.advance(1000, 20)
        assert rig.logged("first|second") == 0, "a password in the log"
        return f"went on after {took:.1f} s; {rig.check()}"
    finally:
        rig.postgres.hba(trust)
