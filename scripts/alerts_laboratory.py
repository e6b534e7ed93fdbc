"""What is said of the second laboratory's traffic, against what its servers wrote down."""
import collections
import json
import pathlib
import subprocess
import tempfile

HOUSE = pathlib.Path(__file__).resolve().parent.parent
LABORATORY_PORTS = range(8081, 8085)


LABORATORY_RIGHT = {"SUCCESS": {"SUCCESS"}, "FAILED": {"FAILED"}, "SUCCESS_INVISIBLE": {"UNKNOWN"},
                    "BENIGN": {"BENIGN", "FAILED", "UNKNOWN"}}


def share(part, whole):
    return part / whole if whole else 1.0


def laboratory_judged(options, folder):
    """Each label with what is said of that request; None where nothing is."""
    done = subprocess.run([options.hinomi, "alerts", "judge", "--pcap", folder / "lab.pcap", "--json"],
                          stdout=subprocess.PIPE, text=True, check=True)
    said = {(line["source_port"], line["destination_port"], line["request_index"]): line
            for line in map(json.loads, done.stdout.splitlines()) if line["destination_port"] in LABORATORY_PORTS}
    with open(folder / "labels.jsonl", encoding="utf-8") as lines:
        labels = [json.loads(line) for line in lines]
    return [(label, said.get((label["client_port"], label["server_port"], label["request_index"]))) for label in labels]


def laboratory_table(name, judged, key):
    print(f"\n{name:<24} {'label':<18} requests  SUCCESS   FAILED  UNKNOWN   BENIGN     none")
    counts = collections.Counter((key(label), label["label"], said["verdict"] if said else "none") for label, said in judged)
    for group, truth in sorted({pair[:2] for pair in counts}):
        row = [counts[group, truth, verdict] for verdict in ("SUCCESS", "FAILED", "UNKNOWN", "BENIGN", "none")]
        print(f"{group:<24} {truth:<18} {sum(row):8} " + " ".join(f"{count:8}" for count in row))


def laboratory_score(judged, verdicts, promised=True):
    """The figures of the first laboratory."""
    counts = collections.Counter((label["label"], said["verdict"] if said else "none") for label, said in judged)
    truth = collections.Counter(label["label"] for label, _ in judged)
    called = sum(count for (label, verdict), count in counts.items() if verdict == "SUCCESS" and label in LABORATORY_RIGHT)
    right = counts["SUCCESS", "SUCCESS"]
    unseen = counts["SUCCESS_INVISIBLE", "SUCCESS"]
    for text, value, kept in (
            (f"SUCCESS precision ({right} of {called}; {unseen} of the wrong ones did run, unseen)", share(right, called),
             share(right, called) >= 0.99),
            (f"SUCCESS recall ({right} of {truth['SUCCESS']})", share(right, truth["SUCCESS"]), share(right, truth["SUCCESS"]) >= 0.9),
            ("SUCCESS called FAILED", counts["SUCCESS", "FAILED"], counts["SUCCESS", "FAILED"] == 0),
            (f"FAILED called FAILED, of {truth['FAILED']}", share(counts["FAILED", "FAILED"], truth["FAILED"]),
             share(counts["FAILED", "FAILED"], truth["FAILED"]) >= 0.85),
            (f"SUCCESS_INVISIBLE called UNKNOWN, of {truth['SUCCESS_INVISIBLE']}",
             share(counts["SUCCESS_INVISIBLE", "UNKNOWN"], truth["SUCCESS_INVISIBLE"]),
             share(counts["SUCCESS_INVISIBLE", "UNKNOWN"], truth["SUCCESS_INVISIBLE"]) >= 0.95),
            (f"BENIGN called SUCCESS, of {truth['BENIGN']}", counts["BENIGN", "SUCCESS"], counts["BENIGN", "SUCCESS"] == 0)):
        verdicts.say(f"{text}: {value:.3f}" if isinstance(value, float) else f"{text}: {value}", kept if promised else None)


def contrast_say(judged):
    """What shows only beside other answers is in none of the figures above; here is what became of it."""
    counts = collections.Counter(said["verdict"] if said else "none" for label, said in judged if label["label"] == "SUCCESS_BY_CONTRAST")
    print(f"seen only beside other answers (not counted above), {sum(counts.values())}: "
          + ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))


def laboratory_misses(judged):
    print("\nmisjudged (label, verdict, by whom, page, evidence, input, the judge's reason):")
    for label, said in judged:
        if label["label"] in LABORATORY_RIGHT and (not said or said["verdict"] not in LABORATORY_RIGHT[label["label"]]):
            reason = said["reason"] if said else "not in the output"
            proof = (said or {}).get("proof") or {}
            found = proof.get("found", "") if said and said["verdict"] == "SUCCESS" else ""
            print(f"  {label['label']:<17} {said['verdict'] if said else 'none':<8} {label['from']:<7} {label['page']:<20} "
                  f"{label['evidence']:<9} {label['client_port']} {label['input'][:110]!r}: {reason[:110]} {found[:50]!r}")


def evaluate_laboratory(options, verdicts):
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(options.laboratory or scratch)
        if not options.laboratory:
            subprocess.run([HOUSE / "scripts" / "laboratory", "--out", folder, "--seed", str(options.seed)], check=True)
        judged = laboratory_judged(options, folder)
    laboratory_misses(judged)
    laboratory_table("class", judged, lambda label: label["class"] or "harmless")
    laboratory_table("page", judged, lambda label: label["page"])
    laboratory_table("by", judged, lambda label: label["from"])
    counts = collections.Counter(label["label"] for label, _ in judged)
    print(f"\n{len(judged)} transactions: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
    for who in ("script", "sqlmap"):
        print(f"{who} alone:")
        laboratory_score([pair for pair in judged if pair[0]["from"] == who], verdicts, False)
    print("together:")
    laboratory_score(judged, verdicts)
    contrast_say(judged)
