"""Five months of honeypots: a model that learns on tells backscatter better than one that stopped."""
import collections
import csv
import gzip
import json
import os
import pathlib

from tap import main, run

SHARED = pathlib.Path(os.environ.get("HINOMI_TEST_DATA", pathlib.Path(__file__).parents[2]
                                     / "../shared/data")) / "darknet"
MONTHS = ["2013-03", "2013-04", "2013-05", "2013-06", "2013-07"]


def lines(*arguments):
    done = run("darknet", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def honeypot_samples():
    """(day, source) → its packets by protocol and ICMP type."""
    kinds = collections.defaultdict(collections.Counter)
    with gzip.open(SHARED / "honeypot_marx.csv.gz", "rt") as table:
        for row in csv.DictReader(table):
            key = row["datetime"][:10], row["src"]
            kinds[key][row["proto"], row["type"] if row["proto"] == "ICMP" else ""] += 1
    return kinds


def test_learning_on_beats_frozen_on_honeypots(folder):
    if not (SHARED / "honeypot_marx.csv.gz").exists():
        return "no honeypot log beside the sources (HINOMI_TEST_DATA)"
    kinds = honeypot_samples()
    months = lines("drift", SHARED / "honeypot_marx.csv.gz", "--window", "1d")
    assert [month["month"] for month in months] == MONTHS
    days = collections.Counter(day[:7] for day, _ in kinds)
    for month in months:
        assert abs(month["samples"] - days[month["month"]]) <= 0.002 * days[month["month"]], \
            (month["month"], days)  # lines out of order at midnight count on the day before
        for model in ("learning", "line"):
            counts = month[model]
            assert counts["hits"] + counts["misses"] == month["backscatter"]
            assert counts["false_alarms"] + counts["rejections"] == \
                month["samples"] - month["backscatter"]
    assert months[0]["frozen"] is None
    for month in months[1:]:
        assert month["learning"]["f1"] > month["first"]["f1"], month
    total = {model: sum(month[model]["f1"] for month in months[2:])  # not chosen on
             for model in ("learning", "frozen", "first")}
    assert total["learning"] > total["frozen"] > total["first"], total
    icmp = sum(any(kind == ("ICMP", wanted) for kind in kind_counts for wanted in "0 3 11".split())
               for kind_counts in kinds.values())
    assert sum(month["backscatter"] for month in months) >= icmp * 0.9


main([test_learning_on_beats_frozen_on_honeypots])
