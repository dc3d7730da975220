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
  spells.py histories FILE    one invented history a line: a JSON list of messages in order of arrival, each
                              {"at", "proof", "outcome", "complete", "confirms", "digest", "part", "parts", "ids": [[id, own]]}
                              with times in seconds since 1970; own, an event's own time, and confirms, the
                              moment of the answer that a 304 repeats, may be null

Of histories it prints, led by the number of the line,

  spell   line external_id number opened_at last_seen closed_at censored reason
  change  line observed_at listed opened closed reopened suspect
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
EVENT_OPEN = datetime.timedelta(days=30)
SUSPECT_BOARD = 10  # postings open on a board from which on a mass disappearance is doubted
UTC = datetime.timezone.utc


class Run:
    """One crawl: when, what its source's listing proves, how it ended, and what it listed.

    listing is the set of ids, or for events a dictionary of ids with their own times (None: not known).
    """

    def __init__(self, at, listing, proof="full", outcome="ok", complete=True, confirms=None):
        self.confirms = confirms  # the moment of the run whose answer a 304 repeats, where it says so
        self.at, self.listing, self.proof, self.outcome, self.complete = at, listing, proof, outcome, complete
        if outcome == "ok" and complete and not listing:
            self.outcome = "empty"  # 200 with nothing


class Spell:
    """One stretch of time in which a posting was open."""

    def __init__(self, opened, censored):
        self.opened, self.seen, self.closed, self.censored = opened, opened, None, censored
        self.reason = ""
        self.doubted = None  # the suspect run that missed it, until the next one decides

    def close(self, at, reason):
        self.closed, self.doubted, self.reason = at, None, reason


class Board:
    """What is known of one board after some of its runs."""

    def __init__(self):
        self.spells = collections.defaultdict(list)
        self.effects, self.forgiven, self.late = [], [], []
        self.changes = []  # (at, listed, opened, closed, reopened, suspect), one a run
        self.answers = {}  # moment -> listing of each complete run
        self.whole = None  # the listing of the last complete run; None while there was none
        self.before = set()  # the listing before, for the differences of sets
        self.away = None  # (outcome, time) of the first of a row of empty, or of gone, runs

    def open_ids(self):
        return {i for i, s in self.spells.items() if s[-1].closed is None}

    def apply(self, run):
        self.opened = self.closed = self.reopened = self.spared = 0
        standing = self.open_ids()
        answer = (0, 0, False)  # missed for the first time, confirmed, suspect
        if run.proof == "event":
            self.events(run)
        elif run.outcome in ("empty", "gone"):
            answer = self.nothing(run, standing)
        elif run.outcome == "not_modified":
            # All still open: a sighting of what the answer it repeats listed, which closes nothing.
            self.away = None
            self.sight(run.at, (self.whole or ()) if run.confirms is None else self.answers.get(run.confirms, ()))
        elif run.outcome == "ok" and run.complete:
            self.away = None
            self.sight(run.at, run.listing)
            answer = self.miss(run, standing)
            self.whole = self.answers[run.at] = run.listing
        elif run.outcome in ("ok", "partial"):
            if run.listing:
                self.away = None
            self.sight(run.at, run.listing)
        fresh, confirmed, suspect = answer
        listing = set(run.listing)
        self.changes.append((run.at, len(listing), self.opened, self.closed, self.reopened, str(suspect).lower()))
        doubted = fresh if suspect or not listing else 0
        self.effects.append((run.at, len(listing), len(listing - self.before), len(self.before - listing), self.reopened,
                             self.spared, doubted, confirmed, str(suspect).lower()))
        self.before = listing

    def sight(self, at, listing):
        """Each of them is open at this moment."""
        for i in sorted(listing):
            last = self.spells[i][-1] if self.spells[i] else None
            if last is None:
                # Open before we looked, unless the board has been seen whole.
                self.spells[i].append(Spell(at, self.whole is None))
                self.opened += 1
                continue
            # A doubted posting was never closed: only a closing can begin a new spell.
            if last.closed is not None and at - last.closed > GRACE:
                self.late.append((i, last.closed, at))
                self.spells[i].append(Spell(at, False))
                self.opened += 1
                continue
            if last.closed is not None:
                self.forgiven.append((i, last.closed, at))
                self.reopened += 1
            elif last.doubted is not None or i not in self.before:
                self.spared += 1  # a suspect run, or an empty answer, had left it out
            last.seen, last.closed, last.doubted, last.reason = at, None, None, ""

    def miss(self, run, standing):
        """A complete run says that what it does not list is not on the board.

        standing are the postings that were open when it came: what it opens or brings back itself
        was not on the board that it may have emptied.
        """
        missing = standing - run.listing
        fresh = {i for i in missing if self.spells[i][-1].doubted is None}
        # Those already doubted are left out of both counts: an earlier run's question, answered now,
        # is neither this run's closing nor any longer a part of the board.
        board = len(standing) - len(missing - fresh)
        # Leaving a window is not a closing, so there is nothing to doubt.
        suspect = run.proof == "full" and board >= SUSPECT_BOARD and 2 * len(fresh) > board
        for i in missing:
            last = self.spells[i][-1]
            if i not in fresh:
                # The next complete run misses it too: closed at the first that missed it.
                last.close(last.doubted, "delisted")
            elif suspect:
                last.doubted = run.at
                continue
            else:
                last.close(run.at, "aged_out" if run.proof == "window" else "delisted")
            self.closed += 1
        return len(fresh), len(missing - fresh), suspect

    def nothing(self, run, standing):
        """Nothing closes until it is so again a day later, and then as of the first time."""
        if self.away is None or self.away[0] != run.outcome:
            self.away = (run.outcome, run.at)
        confirmed = 0
        if run.at - self.away[1] >= EMPTY_CONFIRM:
            for i in standing:
                last = self.spells[i][-1]
                last.close(last.doubted or self.away[1], "aged_out" if run.proof == "window" else "board_" + run.outcome)
                confirmed += 1
            if run.outcome == "empty":
                self.whole = set()  # a board that is empty for a day has been seen whole
        self.closed += confirmed
        return len(self.before), confirmed, False

    def events(self, run):
        """Each stands alone: it is open for a while from its own time, whatever is listed later.

        Without a time of its own it was never said to be open.
        """
        for i, own in sorted(run.listing.items()):
            if own is not None and not self.spells[i]:
                event = Spell(own, False)
                event.close(event.opened + EVENT_OPEN, "expired")
                self.spells[i].append(event)
                self.opened += 1


def fold(runs):
    """The board after the runs, applied in order of time."""
    board = Board()
    for run in sorted(runs, key=lambda r: r.at):
        board.apply(run)
    return board


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


# Of two accounts of one moment the one that says most of what is there speaks, and what any saw was there.
ACCOUNTS = ("not_modified", "error", "blocked", "partial", "ok", "empty", "gone")


def united(accounts):
    """One run of what was told of one moment: [(outcome, complete, {id: own time}, proof, at, confirms)]."""
    seen = {}
    for account in accounts:
        for i, own in account[2].items():
            seen[i] = max(own, seen.get(i, own), key=lambda t: (t is not None, t or 0))
    outcome, complete, _, proof, at, confirms = min(accounts, key=lambda a: (
        not (a[2] and a[1]), not a[2], ACCOUNTS.index(a[0])))
    own_times = {i: t and moment(t) for i, t in seen.items()}
    return Run(moment(at), own_times if proof == "event" else set(seen), proof, outcome, complete,
               None if confirms is None else moment(confirms))


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, UTC)


def history(messages):
    """The runs of messages in order of arrival: sent again, late, or one part of several."""
    # The same listing cut into another number of parts is another listing: their parts do not mix.
    parts = collections.defaultdict(dict)
    for m in messages:
        parts[m["at"], m["digest"], m["parts"]][m["part"]] = m
    moments = collections.defaultdict(list)
    for (at, _, _), told in sorted(parts.items()):
        one = next(iter(told.values()))
        if len(told) < one["parts"]:
            continue  # a listing is applied when all of its parts are there
        ids = {i: own for m in told.values() for i, own in m["ids"]}
        nothing = one["outcome"] == "ok" and one["complete"] and not ids
        moments[at].append(("empty" if nothing else one["outcome"], one["complete"], ids, one["proof"], at, one["confirms"]))
    return [united(accounts) for accounts in moments.values()]


def histories(path):
    """Prints the spells and changes of each line's history; the board is the number of the line."""
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            board = fold(history(json.loads(line)))
            for change in board.changes:
                put("change", number, stamp(change[0]), *change[1:])
            for i, n, s in listed(board):
                put("spell", number, i, n, stamp(s.opened), stamp(s.seen), stamp(s.closed), str(s.censored).lower(), s.reason)


def listed(board):
    return ((i, n, s) for i in sorted(board.spells) for n, s in enumerate(board.spells[i], 1))


def stamp(at):
    return "-" if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def put(*cells):
    print(*cells, sep="\t")


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "histories":
        histories(sys.argv[2])
        return
    readers = {"greenhouse": greenhouse, "snapshots": snapshots}
    if len(sys.argv) != 3 or sys.argv[1] not in readers:
        sys.exit(__doc__)
    boards = readers[sys.argv[1]](sys.argv[2])
    for (source, name), runs in sorted(boards.items()):
        for at, _, path in sorted(runs, key=lambda r: r[0]):
            put("moment", source, name, stamp(at), os.path.relpath(path, sys.argv[2]))
        board = fold(Run(at, ids) for at, ids, _ in runs)
        for at, *counts in board.effects:
            put("run", source, name, stamp(at), *counts)
        for i, n, s in listed(board):
            put("spell", source, name, i, n, stamp(s.opened), stamp(s.seen), stamp(s.closed), str(s.censored).lower())
        for table, rows in (("grace", board.forgiven), ("late", board.late)):
            for i, gone, back in rows:
                put(table, source, name, i, stamp(gone), stamp(back))


if __name__ == "__main__":
    main()
