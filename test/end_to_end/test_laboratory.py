"""The second laboratory, its quick half: BusyBox and Python pages attacked for real, then judged."""
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

from tap import main, run

HOUSE = pathlib.Path(__file__).resolve().parents[2]


def why_not():
    missing = [tool for tool in ("busybox", "tcpdump", "ip", "unshare", "nsenter", "setpriv") if not shutil.which(tool)]
    if missing:
        return "missing: " + " ".join(missing)
    if os.geteuid() != 0 or subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, check=False).returncode:
        return "needs root and network namespaces"
    return None


def test_attacks_on_real_services_are_judged_by_what_happened(folder):
    reason = why_not()
    if reason:
        return reason
    done = subprocess.run([sys.executable, HOUSE / "scripts" / "laboratory", "--out", folder, "--transactions", "90", "--seed", "5",
                           "--parts", "busybox,python", "--no-sqlmap"], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    labels = [json.loads(line) for line in open(folder / "labels.jsonl", encoding="utf-8")]
    assert len(labels) == 90, len(labels)
    counts = collections.Counter(label["label"] for label in labels)
    assert min(counts[name] for name in ("SUCCESS", "SUCCESS_INVISIBLE", "FAILED", "BENIGN")) >= 3, counts
    # The truth itself: what never runs a command can't succeed, what shows nothing has no output.
    for label in labels:
        if label["page"].endswith(("/literal", "/argument", "/prepared", "trace/echoing")):
            assert label["label"] in ("FAILED", "BENIGN"), label
        if label["page"].endswith("/silent"):
            assert label["evidence"] in ("", "delay", "call back"), label
    done = run("alerts", "judge", "--pcap", folder / "lab.pcap", "--json", check=True)
    said = {(line["source_port"], line["request_index"]): line for line in map(json.loads, done.stdout.splitlines())
            if line["destination_port"] in (8083, 8084)}
    verdicts = collections.Counter()
    for label in labels:
        line = said[label["client_port"], label["request_index"]]
        verdicts[label["label"], line["verdict"]] += 1
        assert line["verdict"] != "SUCCESS" or label["label"] not in ("FAILED", "BENIGN"), (label, line)
    assert verdicts["SUCCESS", "SUCCESS"] * 3 >= counts["SUCCESS"], verdicts
    return None


main([test_attacks_on_real_services_are_judged_by_what_happened])
