#!/usr/bin/env python3
"""Spells and differences of recorded boards, by another hand.

The rules of the run ledger written a second time, from the design's text and not from our code, so that two
readings of the same text can be compared. Standard library only. It is not a part of the product: a
test and a person run it. Reads recorded boards, prints tab-separated lines, each led by its table:

  moment  source board observed_at file                 every run of the input, in order of time
  run     source board observed_at listed appeared vanished returned spared doubted confirmed suspect
  spell   source board external_id number opened_at last_seen closed_at censored
  grace   source board external_id vanished_at returned_at  an absence that the grace forgave
  late    source board external_id closed_at returned_at    one that it did not: a new spell

Times are RFC 3339 in UTC; no time is "-". appeared and vanished are plain differences of sets between
a listing and the one before it, whatever the rules make of them. Of appeared, returned were closed and
go on within the grace, and spared were doubted and never closed. Of vanished, doubted wait for the next
run, because this one is suspect or empty; confirmed are those that waited and are closed now. So a run opens
appeared - returned - spared and closes vanished - doubted + confirmed.

A day without a time of day is taken at 23:00.

  spells.py greenhouse DIR    BOARD__DATE.json, series/, intraday/ as recorded
  spells.py snapshots DIR     DATE.csv.gz, cumulative: a row is open unless its status is closed
"""

import collections
import csv
import datetime
import glob
import gzip
import json
import os
import re
import sys

GRACE = datetime.timedelta(days=21)
EMPTY_CONFIRM = datetime.timedelta(days=1)
SUSPECT_BOARD = 10  # postings open on a board from which on a mass disappearance is doubted
UTC = datetime.timezone.utc


class Spell:
    """One stretch of time in which a posting was open."""

    def __init__(self, opened, censored):
        self.opened, self.seen, self.closed, self.censored = opened, opened, None, censored
        self.doubted = None  # the suspect run that missed it, until the next one decides


def fold(runs):
    """The spells by posting, and what each run did, of [(observed_at, set of ids)] of complete runs."""
    spells, effects, forgiven, late = collections.defaultdict(list), [], [], []
    before, empty_since = set(), None
    for number, (at, listing) in enumerate(sorted(runs, key=lambda r: r[0])):
        is_open = {i for i, s in spells.items() if s[-1].closed is None}
        returned = spared = confirmed = 0
        for i in sorted(listing):
            last = spells[i][-1] if spells[i] else None
            if last is None:
                spells[i].append(Spell(at, number == 0))
                continue
            if last.closed is None and last.doubted is None and i not in before:
                spared += 1  # an empty answer had left it out
            # A doubted posting was never closed: only a closing can begin a new spell.
            if last.closed is not None and at - last.closed > GRACE:
                late.append((i, last.closed, at))
                spells[i].append(Spell(at, False))
                continue
            if last.closed is not None:
                forgiven.append((i, last.closed, at))
                returned += 1
            elif last.doubted is not None:
                spared += 1
            last.seen, last.closed, last.doubted = at, None, None
        if not listing:
            # An empty board closes nothing until it is empty again a day later, and then as of the first time.
            empty_since = empty_since or at
            if at - empty_since >= EMPTY_CONFIRM:
                for i in is_open:
                    spells[i][-1].closed = spells[i][-1].doubted or empty_since
                    confirmed += 1
            effects.append((at, 0, 0, len(before), 0, 0, len(before), confirmed, "false"))
            before = listing
            continue
        empty_since = None
        missing = is_open - listing
        fresh = {i for i in missing if spells[i][-1].doubted is None}
        # Those already doubted are left out of both counts: an earlier run's question, answered now,
        # is neither this run's closing nor any longer a part of the board.
        standing = len(is_open) - len(missing - fresh)
        suspect = standing >= SUSPECT_BOARD and 2 * len(fresh) > standing
        for i in missing:
            last = spells[i][-1]
            if last.doubted is not None:
                # The next complete run misses it too: closed at the first that missed it.
                last.closed, last.doubted = last.doubted, None
                confirmed += 1
            elif suspect:
                last.doubted = at
            else:
                last.closed = at
        effects.append((at, len(listing), len(listing - before), len(before - listing), returned, spared, len(fresh) * suspect, confirmed, str(suspect).lower()))
        before = listing
    return spells, effects, forgiven, late


def greenhouse(folder):
    """(source, board) -> [(observed_at, ids, file)]; by recorded day or poll."""
    boards = collections.defaultdict(list)
    for path in sorted(glob.glob(os.path.join(folder, "**", "*.json"), recursive=True)):
        name = re.fullmatch(r"([a-z0-9]+)__(\d{4}-\d\d-\d\d)(?:T(\d\d)(\d\d)(\d\d))?\.json", os.path.basename(path))
        if name is None:
            continue
        with open(path, encoding="utf-8") as f:
            payload = json.load(f)
        if not isinstance(payload.get("jobs"), list):
            continue
        at = datetime.datetime.fromisoformat(name[2]).replace(tzinfo=UTC)
        at += datetime.timedelta(hours=int(name[3] or 23), minutes=int(name[4] or 0), seconds=int(name[5] or 0))
        boards["greenhouse", name[1]].append((at, {str(j["id"]) for j in payload["jobs"]}, path))
    return boards


def snapshots(folder):
    """The same of weekly ledgers, which hold every employer's board; boards are named by employer."""
    csv.field_size_limit(1 << 30)
    boards = collections.defaultdict(list)
    for path in sorted(glob.glob(os.path.join(folder, "*.csv.gz"))):
        at = datetime.datetime.fromisoformat(os.path.basename(path)[:10]).replace(tzinfo=UTC)
        listed = collections.defaultdict(set)
        with gzip.open(path, "rt", encoding="utf-8", newline="") as f:
            for row in csv.DictReader(f):
                ids = listed["snapshot", row["company_name"].lower().replace(" ", "-")]
                if row["status"] != "closed":
                    ids.add(row["external_id"])
        for key, ids in listed.items():
            boards[key].append((at, ids, path))
    return boards


def stamp(at):
    return "-" if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def put(*cells):
    print(*cells, sep="\t")


def main():
    readers = {"greenhouse": greenhouse, "snapshots": snapshots}
    if len(sys.argv) != 3 or sys.argv[1] not in readers:
        sys.exit(__doc__)
    boards = readers[sys.argv[1]](sys.argv[2])
    for (source, board), runs in sorted(boards.items()):
        for at, _, path in sorted(runs, key=lambda r: r[0]):
            put("moment", source, board, stamp(at), os.path.relpath(path, sys.argv[2]))
        spells, effects, forgiven, late = fold([(at, ids) for at, ids, _ in runs])
        for at, *counts in effects:
            put("run", source, board, stamp(at), *counts)
        for i in sorted(spells):
            for number, s in enumerate(spells[i], 1):
                put("spell", source, board, i, number, stamp(s.opened), stamp(s.seen), stamp(s.closed), str(s.censored).lower())
        for table, rows in (("grace", forgiven), ("late", late)):
            for i, gone, back in rows:
                put(table, source, board, i, stamp(gone), stamp(back))


if __name__ == "__main__":
    main()
