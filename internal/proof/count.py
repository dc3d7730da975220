#!/usr/bin/env python3
"""Count what recorded boards hold, without any of rolescope's code.

usage: count.py KIND FILE...        KIND: ashby, greenhouse or lever

Prints, as JSON: payloads, postings received, postings listed for the public, distinct (board, id),
and how many distinct (board, id) have a last title that contains each of four roles literally.
A file is a recorded answer named BOARD__WHEN.json, or JSON lines with board and payload. Compare
with, for instance:

  rolescope sql "SELECT uniqExact(board, external_id), countIf(position(title, 'Research Scientist') > 0)
                 FROM v_postings WHERE source = 'ashby'"
"""
import gzip, json, os, sys

ROLES = ["Research Scientist", "Research Engineer", "Applied Scientist", "Machine Learning Engineer"]


def payloads(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as f:
        text = f.read()
    name = os.path.basename(path)
    if ".jsonl" in name:
        for line in text.splitlines():
            if line.strip():
                o = json.loads(line)
                yield (o.get("board") or o.get("company")), (o.get("recorded_at") or o.get("fetched_at")), (o["payload"] if "payload" in o else o)
        return
    board, _, when = name.rsplit(".", 1)[0].partition("__")
    o = json.loads(text)
    if isinstance(o, dict) and "fetched_at" in o:
        board, when = o["company"], o["fetched_at"]
    yield board, when, o


def jobs(payload):
    if isinstance(payload, list):
        return payload
    return payload["jobs"] if "jobs" in payload else [payload]


def main():
    kind, files = sys.argv[1], sys.argv[2:]
    n = {"payloads": 0, "received": 0, "listed": 0}
    title = {}
    for path in files:
        for board, when, payload in payloads(path):
            n["payloads"] += 1
            for job in jobs(payload):
                n["received"] += 1
                if kind == "ashby" and job.get("isListed") is False:
                    continue
                n["listed"] += 1
                text = job["text"] if kind == "lever" else job["title"]
                key = (board, str(job["id"]))
                if key not in title or title[key][0] <= when:
                    title[key] = (when, " ".join(text.split()))
    n["distinct"] = len(title)
    n["titles"] = {r: sum(r in t for _, t in title.values()) for r in ROLES}
    print(json.dumps(n, indent=1))


main()
