"""The part `readers` of scripts/evaluate-darknet: every capture and flow log beside the sources.

What Hinomi reads of each is put beside what others count: libpcap (tcpdump) the packets of a
capture, nfdump the flows of nfcapd's files, and a few lines here those of logs in text.
"""
import collections
import csv
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import tempfile

Row = collections.namedtuple("Row", "path kind theirs ours other said")
COUNT = re.compile(rb"^(\d+) packets?$", re.M)


def unpack(folder, to):
    """Copies of all files below `folder`, out of archives and gzip; those are what is read."""
    for path in sorted(folder.iterdir()):
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                archive.extractall(to / path.name.removesuffix(".tar.gz"), filter="data")
        else:
            shutil.copy(path, to)


def said_by(done):
    """The lines of stderr without who says them, and without the folder."""
    text = done.stderr.decode("utf-8", "replace")
    lines = [re.sub(r"^hinomi \w+ \w+: |; first in .*|/\S*/", "", line)
             for line in text.splitlines()]
    return "; ".join(line for line in lines if line)


def total_of(done):
    for line in done.stdout.splitlines():
        record = json.loads(line)
        if record["record"] == "total":
            return record
    return None


def run(*arguments):
    return subprocess.run(list(map(str, arguments)), capture_output=True, check=False)


def packets_of_libpcap(path):
    """-1: libpcap does not read it either. It knows no compression."""
    plain = path
    with tempfile.NamedTemporaryFile() as copy:
        if path.suffix == ".gz":
            with gzip.open(path) as packed:
                shutil.copyfileobj(packed, copy)
            copy.flush()
            plain = copy.name
        found = COUNT.search(run("tcpdump", "-r", plain, "--count").stdout)
    return int(found[1]) if found else -1


def capture_row(options, path):
    done = run(options.hinomi, "darknet", "report", path, "--json")
    total = total_of(done)
    if total is None:
        return Row(path, "capture", (packets_of_libpcap(path),), (-1,), 0, said_by(done))
    other = total["not_ip"] + total["filtered"] + total["refused"]
    assert total["packets"] + other == total["records"], total
    return Row(path, "capture", (packets_of_libpcap(path),), (total["records"],), other,
               said_by(done))


def number(text):
    return int(text) if text and text != "-" else 0


def records_of(path):
    """(kind, a dictionary a record) of a log in text, read without any of our code."""
    with open(path, encoding="utf-8") as lines:
        first = lines.readline()
        lines.seek(0)
        if first.startswith("{"):
            kind = "eve" if '"event_type"' in first else "zeek json"
            return kind, [json.loads(line) for line in lines]
        if first.startswith("#separator"):
            fields = next(line for line in lines if line.startswith("#fields"))
            names = fields.rstrip("\n").split("\t")[1:]
            return "zeek text", [dict(zip(names, line.rstrip("\n").split("\t")))
                                 for line in lines if not line.startswith("#")]
        kind = "inner and outer ends" if first.startswith("intIP") else "argus"
        return kind, list(csv.DictReader(lines))


PACKETS = {"zeek text": ("orig_pkts", "resp_pkts"), "zeek json": ("orig_pkts", "resp_pkts"),
           "argus": ("TotPkts",), "inner and outer ends": ("incount", "outcount")}


def flows_of_text(path):
    """(kind, flows, packets, records that are no flow)."""
    kind, records = records_of(path)
    if kind == "eve":
        flows = [record["flow"] for record in records if record["event_type"] == "flow"]
        packets = sum(flow["pkts_toserver"] + flow["pkts_toclient"] for flow in flows)
        return kind, len(flows), packets, len(records) - len(flows)
    packets = sum(number(str(record.get(name, ""))) for record in records
                  for name in PACKETS[kind])
    return kind, len(records), packets, 0


def flows_of_nfdump(path):
    summary = run("nfdump", "-r", path, "-o", "csv").stdout.decode().split("Summary\n")
    if len(summary) < 2:
        return "nfdump", -1, -1, 0
    told = next(csv.DictReader(summary[1].splitlines()))
    return "nfdump", int(told["flows"]), int(told["packets"]), 0


def log_row(options, path):
    kind, flows, packets, other = (flows_of_nfdump if path.suffix == ".nfdump"
                                   else flows_of_text)(path)
    done = run(options.hinomi, "livenet", "report", path, "--json")
    total = total_of(done) if done.returncode == 0 else None
    ours = (total["flows"], total["packets"]) if total else (-1, -1)
    return Row(path, kind, (flows, packets), ours, other, said_by(done))


def neither_row(options, path):
    """Source code and texts that lie among the data are refused, by both."""
    said = []
    for area in ("darknet", "livenet"):
        done = run(options.hinomi, area, "report", path, "--json")
        said.append(said_by(done) if done.returncode == 1 else f"{area} did not refuse it")
    return Row(path, "neither", (0,), (0 if "did not" not in "".join(said) else -1,), 0, said[1])


def row_of(options, path):
    name = path.name.removesuffix(".gz")
    if name.endswith((".pcap", ".pcapng")):
        return capture_row(options, path)
    if name.endswith((".py", ".md")):
        return neither_row(options, path)
    return log_row(options, path)


def show(number_pair):
    return " ".join(f"{one:>9}" if one >= 0 else "  refused" for one in number_pair)


def evaluate(options, verdicts):
    shared = pathlib.Path(options.shared) / "darknet"
    if not shared.exists() or not shutil.which("tcpdump") or not shutil.which("nfdump"):
        print(f"no {shared}, tcpdump or nfdump: nothing is measured")
        return
    groups = collections.OrderedDict()
    print("packets of captures, flows and packets of logs: counted by others, by us; others; why")
    with tempfile.TemporaryDirectory(prefix="hinomi-evaluate-") as folder:
        top = pathlib.Path(folder)
        for name in ("pcap", "flows"):
            (top / name).mkdir()
            unpack(shared / name, top / name)
        for path in sorted(path for path in top.rglob("*") if path.is_file()):
            row = row_of(options, path)
            groups.setdefault((path.relative_to(top).parts[0], row.kind), []).append(row)
            verdicts.say(f"{os.path.relpath(path, top)[-64:]:64} {show(row.theirs)} |"
                         f" {show(row.ours)} | {row.other:6} {row.said}",
                         row.theirs == row.ours)
    print("\nall files of a kind")
    for (where, kind), rows in groups.items():
        sums = [[sum(column) for column in zip(*side)]
                for side in ([row.theirs for row in rows], [row.ours for row in rows])]
        verdicts.say(f"{where + ', ' + kind:36} {len(rows):4} files {show(sums[0])} |"
                     f" {show(sums[1])} | {sum(row.other for row in rows):6}", sums[0] == sums[1])
