"""Recordings of endpoints (the data's folder endpoint/) as hinomi ioc eval takes them.

    python3 bench/analyse/endpoint_captures.py FOLDER_OF_RECORDINGS TO
    hinomi ioc eval --events TO/captures --labels TO/labels.tsv --benign TO/h3_learning.ndjson \\
        --held TO/h3_benign.ndjson

One file a capture (the four campaigns, each scenario of atomic_dev), so that a capture is a group;
labels.tsv names the malicious processes with their tool; the third recording is cut by its windows:
what was learned from before the attack, and harmless hours never learned from. Processes that the
attack contaminated are neither.
"""
import csv
import json
import pathlib
import subprocess
import sys


def lines(path):
    with subprocess.Popen(["zstd", "-dc", "--long=27", path], stdout=subprocess.PIPE) as unpack:
        yield from unpack.stdout


def table(path):
    with open(path, encoding="utf-8") as rows:
        yield from csv.DictReader(rows, delimiter="\t")


def labels(data):
    """process → tool; '-' leaves a process out."""
    for row in table(data / "LSASS_labels.tsv"):
        yield row["process_guid"], "lsass-campaign"
    for row in table(data / "atomic_labels_weak.tsv"):
        yield row["process_guid_or_pid"], row["scenario"].split("_")[0]
    for row in table(data / "carbanak_h3_labels.tsv"):
        if row["type"] == "process":
            yield row["entity_id"], "-"


def captures(data, to):
    for path in sorted(data.glob("LSASS_campaign_0*.ndjson.zst")):
        (to / path.name.removesuffix(".zst")).write_bytes(b"".join(lines(path)))
    files = {}
    for line in lines(data / "atomic_dev.ndjson.zst"):
        scenario = json.loads(line)["_s"]
        if scenario not in files:
            files[scenario] = open(to / f"{scenario}.ndjson", "wb")
        files[scenario].write(line)
    for file in files.values():
        file.close()


def windows(data, to):
    spans = [(row["kind"], row["from"], row["to"]) for row in table(data / "carbanak_h3_windows.tsv")]
    with open(to / "h3_learning.ndjson", "wb") as learning, open(to / "h3_benign.ndjson", "wb") as benign:
        files = {"TRAIN": learning, "BENIGN": benign}
        for line in lines(data / "carbanak_h3_dev.ndjson.zst"):
            time = json.loads(line)["@timestamp"]
            for kind, begin, end in spans:
                if kind in files and begin <= time < end:
                    files[kind].write(line)


def main(data, to):
    (to / "captures").mkdir(parents=True, exist_ok=True)
    known = dict(labels(data))
    (to / "labels.tsv").write_text("".join(f"{process}\t{tool}\n" for process, tool in known.items()))
    captures(data, to / "captures")
    windows(data, to)


main(*map(pathlib.Path, sys.argv[1:3]))
