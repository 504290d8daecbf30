# SPDX-License-Identifier: Apache-2.0
"""What happens to the output file: natmill killed, a full disk. It stands behind PostgreSQL in the same natmill; the
lines of each partition's files, one after the other, must be exactly its events in their order."""

import contextlib
import pathlib
import re
import sqlite3
import subprocess
import time

import lines
from campaigns import campaign
from json_oracle import read_event
from killing import kill_again_and_again
from rig import SHORT_SESSION_MS
from waiting import wait_until

KILLS = 30
DISK_MB = 8
NAME = re.compile(r"(?P<topic>.+)-(?P<partition>\d+)-(?P<first>\d{12,})"
                  r"(-(?P<last>\d{12,})\.jsonl(\.zst)?|\.jsonl(\.zst)?\.open)")


class Files:
    """The folder of the output, and a reader that shares nothing with natmill."""

    def __init__(self, rig, **options):
        self.folder = rig.folder / "files"
        self.folder.mkdir()
        self.rig = rig
        rig.others = [{"type": "file", "folder": str(self.folder), **options}]

    def marks(self):
        """{partition: next offset}"""
        return dict(self._rows("SELECT partition, next_offset FROM natmill_files WHERE topic = ?"))

    def _rows(self, sql):
        uri = f"file:{self.folder}/natmill-watermarks.db?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=5)) as db:
            return db.execute(sql, (self.rig.topic,)).fetchall()

    def size(self):
        """Bytes of the open files."""
        return sum(path.stat().st_size for path in self.folder.glob("*.open"))

    def torn(self):
        """Bytes that no watermark covers; while nobody writes."""
        return self.size() - sum(row[0] for row in self._rows(
            "SELECT length FROM natmill_files WHERE topic = ? AND suffix <> '' AND NOT finished"))

    def names(self, partition):
        """In the order of their offsets, which must follow on each other; only the last may be open."""
        found = sorted((int(one["first"]), one) for one in map(NAME.fullmatch, self.listed())
                       if one and one["topic"] == self.rig.topic and int(one["partition"]) == partition)
        for (_, one), (first, _) in zip(found, found[1:]):
            assert one["last"] and int(one["last"]) + 1 == first, f"{one[0]} is followed by {first}"
        return [one[0] for _, one in found]

    def listed(self):
        names = [path.name for path in self.folder.iterdir() if not path.name.startswith("natmill-")]
        wrong = [name for name in names if not NAME.fullmatch(name)]
        assert not wrong, f"left over: {wrong[:5]}"
        return names

    def text(self, name):
        raw = (self.folder / name).read_bytes()
        if ".zst" in name:
            raw = subprocess.run(["zstd", "-dc"], input=raw, capture_output=True, check=True).stdout
        assert not raw or raw.endswith(b"\n"), f"{name} ends within a line"
        return raw.decode().splitlines()

    def check(self):
        """Every event in one line, in order, nothing else."""
        ends = self.rig.ends()
        wait_until(lambda: self.marks() == ends, 30, lambda: f"{self.marks()} instead of {ends}\n{self.rig.tail()}")
        total, count = 0, 0
        for partition in range(self.rig.partitions):
            names = self.names(partition)
            found = [line for name in names for line in self.text(name)]
            wanted = [event for place, value in sorted(self.rig.produced.values.items()) if place[0] == partition
                      for event in lines.expected(value)[0]]
            for number, (line, (_, table, fields)) in enumerate(zip(found, wanted)):
                event = read_event(line)
                assert event == (table, dict.fromkeys(event[1]) | fields), \
                    f"line {number} of partition {partition}: {line} instead of {fields}"
            assert len(found) == len(wanted), f"partition {partition}: {len(found)} lines for {len(wanted)} events"
            total, count = total + len(found), count + len(names)
        return f"{total} lines in {count} files, 0 lost, 0 twice"


@campaign("file-kills", "O1 O7 O8 P4")
def file_kills(rig, count=KILLS):
    """kill -9 under load with an output that writes compressed files and finishes them all the time"""
    files = Files(rig, compression="zstd", rotate_size="100KB")
    told = kill_again_and_again(rig, count, 1)
    return f"{told}; {files.check()}"


@campaign("file-kills-torn", "O7 O8")
def file_kills_torn(rig, count=KILLS):
    """kill -9 when lines were just written and nothing was committed yet: what is left of them is cut off"""
    files = Files(rig, rotate_size="100MB")
    rig.session(SHORT_SESSION_MS)
    rig.watch()
    process = rig.start()
    torn = 0
    with rig.load():
        for _ in range(count):
            rig.advance(1)
            before = files.size()
            wait_until(lambda: files.size() > before, 20, rig.tail, every=0.0001)
            process.kill()
            torn += files.torn() > 0
            process = rig.start()
    told = f"{rig.check()}; {files.check()}"
    assert torn >= count // 4, f"only {torn} of {count} kills have left lines without a watermark"
    return f"{count} kills, {torn} of them left lines; {told}"


@campaign("file-kills-pair", "O3 O6 S6")
def file_kills_pair(rig, count=KILLS // 2):
    """two processes with one folder, killed in turn"""
    files = Files(rig, rotate_size="500KB")
    told = kill_again_and_again(rig, count, 2)
    return f"{told}; {files.check()}"


@contextlib.contextmanager
def small_disk(folder):
    """Mounts a tmpfs over the folder."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", folder], check=False,
                          capture_output=True, text=True)
    assert done.returncode == 0, f"this campaign mounts a small tmpfs, which is not allowed here: {done.stderr}"
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


def fill(path: pathlib.Path):
    """Until nothing more goes in."""
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)


@campaign("file-disk-full", "O9")
def file_disk_full(rig, times=3):
    """no space left for the files: an alarm, nothing counts as stored; with space again each event is there once"""
    files = Files(rig)
    with small_disk(files.folder):
        rig.watch()
        process = rig.start()
        with rig.load(1000):
            for number in range(times):
                rig.advance(500)
                before = rig.logged(r"ALARM: output file.*make room on the disk")
                fill(files.folder / "natmill-filler")
                wait_until(lambda: rig.logged(r"ALARM: output file.*make room on the disk") > before, 30, rig.tail)
                if number % 2:
                    process.kill()
                    process = rig.start()
                stands = files.marks()
                time.sleep(1)
                assert files.marks() == stands, "went on though the disk is full"
                (files.folder / "natmill-filler").unlink()
            rig.advance(500)
        told = f"{rig.check()}; {files.check()}"
        rig.close_processes()
        return told


@campaign("file-folder-away", "O2 S3")
def file_folder_away(rig):
    """the folder is gone for a while, as a disk that is not mounted"""
    files = Files(rig)
    away = rig.folder / "away"
    rig.watch()
    rig.start()
    with rig.load(1000):
        rig.advance(500)
        files.folder.rename(away)
        wait_until(lambda: rig.logged("ALARM: output file.*(moved or deleted|mount it)") > 0, 30, rig.tail)
        time.sleep(1)
        away.rename(files.folder)
        rig.advance(500)
    return f"{rig.check()}; {files.check()}"
