"""Captures of known attacks, most of which succeeded: every one is judged rightly."""
import collections
import json
import os
import pathlib

from tap import main, run

SHARED = pathlib.Path(os.environ.get("HINOMI_TEST_DATA", pathlib.Path(__file__).parents[2]
                                     / "../shared/data"))


def judged(path):
    done = run("alerts", "judge", "--pcap", path, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_known_captures(_):
    captures = sorted((SHARED / "alerts/success").glob("*.pcap"))
    if not captures:
        return f"no {SHARED}/alerts/success"
    for path in captures:
        verdicts = collections.Counter(row["verdict"] for row in judged(path))
        if path.name == "ldap-http-method-ev7.pcap":
            assert verdicts["SUCCESS"] == 0, path
        elif path.name.startswith("cve-2021-41773"):
            assert verdicts["SUCCESS"] == 4, (path, verdicts)
        else:
            assert verdicts["SUCCESS"] >= 1 and verdicts["FAILED"] == 0, (path, verdicts)


main([test_known_captures])
