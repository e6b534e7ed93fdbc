"""Score `hinomi alerts judge` on captures whose truth is known (parts of scripts/evaluate-alerts)."""
import collections
import json
import lzma
import pathlib
import resource
import subprocess
import tempfile

PROMISES = {"precision": 0.99, "recall": 0.90, "failed": 0.85, "invisible": 0.95}


def judged(hinomi, path, *more):
    """The judgements of a capture, and the processor seconds they took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([hinomi, "alerts", "judge", "--pcap", str(path), "--json", *more],
                          stdout=subprocess.PIPE, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [json.loads(line) for line in done.stdout.splitlines()], used


def matrix_score(pairs, verdicts, name):
    """Say the promised figures of (truth, verdict) pairs."""
    counts = collections.Counter(pairs)
    truths = collections.Counter(truth for truth, _ in pairs)
    said = sum(count for (truth, verdict), count in counts.items()
               if verdict == "SUCCESS" and truth != "EXCLUDE")
    right = counts["SUCCESS", "SUCCESS"]

    def share(part, whole):
        return part / whole if whole else 1.0

    for (truth, verdict), count in sorted(counts.items()):
        verdicts.say(f"{name}: {truth} judged {verdict}: {count}")
    for what, value in (("precision", share(right, said)),
                        ("recall", share(right, truths["SUCCESS"])),
                        ("failed", share(counts["FAILED", "FAILED"], truths["FAILED"])),
                        ("invisible", share(counts["SUCCESS_INVISIBLE", "UNKNOWN"],
                                            truths["SUCCESS_INVISIBLE"]))):
        verdicts.say(f"{name}: {what} {value:.4f} (wanted {PROMISES[what]})",
                     value >= PROMISES[what])
    lost = counts["SUCCESS", "FAILED"]
    verdicts.say(f"{name}: successes called failed {lost} (wanted 0)", lost == 0)
    wrong = counts["BENIGN", "SUCCESS"]
    verdicts.say(f"{name}: harmless called success {wrong} (wanted 0)", wrong == 0)


def laboratory_score(options, verdicts):
    """../shared/data/alerts/lab: joined by the client's port."""
    folder = pathlib.Path(options.shared) / "alerts" / "lab"
    with lzma.open(folder / "lab_dev.labels.jsonl.xz", "rt") as lines:
        truth = {row["client_port"]: row for row in map(json.loads, lines)}
    with tempfile.NamedTemporaryFile(suffix=".pcap") as capture:
        capture.write(lzma.open(folder / "lab_dev.pcap.xz").read())
        capture.flush()
        rows, used = judged(options.hinomi, capture.name)
    servers = {row["server_port"] for row in truth.values()}
    said = {row["source_port"]: row for row in rows
            if row["source_port"] in truth and row["destination_port"] in servers}
    pairs = [(row["verdict"], said[port]["verdict"] if port in said else "NONE")
             for port, row in truth.items()]
    matrix_score(pairs, verdicts, "lab")
    verdicts.say(f"lab: {len(rows) / used:,.0f} requests judged a CPU-second")
    for port, row in truth.items():
        got = said.get(port, {"verdict": "NONE", "reason": ""})
        if (row["verdict"], got["verdict"]) in (("FAILED", "SUCCESS"), ("SUCCESS", "FAILED")):
            print(f"  {row['verdict']} called {got['verdict']}: {row['endpoint']} "
                  f"{row['variant']} {row['payload_cmd']!r}: {got.get('proof')} {got['reason']}")


def captures_score(options, verdicts):
    """../shared/data/alerts/success: one attack a capture; ldap-http-method-ev7 failed."""
    folder = pathlib.Path(options.shared) / "alerts" / "success"
    right = whole = 0
    for path in sorted(folder.glob("*.pcap")):
        rows = [row for row in judged(options.hinomi, path, "--attacks")[0]
                if row["class"] != "none"]
        verdict = collections.Counter(row["verdict"] for row in rows)
        proof = next((row["proof"] for row in rows if row["proof"] and row["verdict"] == "SUCCESS"),
                     None)
        failed = path.stem == "ldap-http-method-ev7"
        kept = not verdict["SUCCESS"] if failed else verdict["SUCCESS"] > 0
        if path.stem.startswith("cve-2021-41773"):
            kept = verdict["SUCCESS"] == 4
        right += kept
        whole += 1
        print(f"  {path.name}: {dict(verdict)} {proof['trace'] if proof else ''} "
              f"{proof['found'] if proof else ''}")
    verdicts.say(f"captures of attacks: {right} of {whole} as they were", right == whole > 0)
