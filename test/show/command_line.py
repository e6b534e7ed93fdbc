#!/usr/bin/env python3
"""The verbs that read a store, run as a user runs them: their JSON, their words, their exit status.

    command_line.py HINOMI MAKE_DATA        speaks TAP
"""
import csv
import io
import json
import os
import pathlib
import pty
import re
import subprocess
import sys
import tempfile

HINOMI, MAKE_DATA = sys.argv[1:3]
RFC_3339 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


class Run:
    def __init__(self, verb, *arguments, data=None, **environment):
        command = [HINOMI, verb, *arguments] + (["--data", str(data)] if data else [])
        done = subprocess.run(command, capture_output=True, timeout=60,
                              env={**os.environ, "LANG": "C.UTF-8", "LC_ALL": "", "LC_MESSAGES": "",
                                   **environment})
        self.status = done.returncode
        self.out, self.err = done.stdout.decode(), done.stderr.decode()

    def lines(self):
        assert self.status == 0, self.err
        return [json.loads(line) for line in self.out.splitlines()]


def test_findings_json(data):
    findings = Run("findings", "--json", data=data).lines()
    assert len(findings) == 5, len(findings)
    for finding in findings:
        assert {"id", "detector", "time_start", "time_end", "score", "level", "host",
                "process_entity_id", "title", "explanation", "observables", "evidence",
                "attack"} <= finding.keys()
        assert re.fullmatch("[0-9a-f]{16}", finding["id"])
        assert RFC_3339.match(finding["time_start"]) and RFC_3339.match(finding["time_end"])
        assert all(isinstance(each, str) for each in finding["explanation"])
        assert all({"type", "value"} == each.keys() for each in finding["observables"])
        assert all(re.fullmatch(r"\d+:\d+", each) for each in finding["evidence"])
    levels = [finding["level"] for finding in findings]
    assert levels == sorted(levels, reverse=True), levels
    one = Run("findings", "--json", "--case", "1", data=data).lines()
    assert {finding["case_id"] for finding in one} == {1} and len(one) == 3


def test_cases_json(data):
    cases = Run("cases", "--json", "--status", "all", data=data).lines()
    ids = {finding["id"] for finding in Run("findings", "--json", data=data).lines()}
    assert [case["id"] for case in cases] == [1, 2, 3]
    for case in cases:
        assert {"id", "level", "time_start", "time_end", "hosts", "findings", "title"} <= case.keys()
        assert case["findings"] and set(case["findings"]) <= ids
        assert all(isinstance(host, str) for host in case["hosts"])
    assert cases[0]["hosts"] == ["PC-020", "DEV-007"]
    assert len(Run("cases", "--json", "--limit", "2", "--status", "all", data=data).lines()) == 2


def test_case_json(data):
    (case,) = Run("case", "1", "--json", data=data).lines()
    assert case["case"]["id"] == 1 and len(case["findings"]) == 3
    assert case["timeline"] and case["next"]


def test_case_tells_in_both_languages(data):
    english = Run("case", "1", data=data)
    assert english.status == 0, english.err
    for part in ("Why", "Timeline", "Cause and scope", "What next", "PowerShell from a document"):
        assert part in english.out, part
    for japanese in (Run("case", "1", "--lang", "ja", data=data),
                     Run("case", "case:1", data=data, LANG="ja_JP.UTF-8")):
        assert japanese.status == 0
        for part in ("理由", "経過", "原因と影響範囲", "次にすること"):
            assert part in japanese.out, part
        assert "Timeline" not in japanese.out


def graph(data, *arguments):
    (trace,) = Run("trace", "--json", *arguments, data=data).lines()
    assert {"nodes", "edges", "truncated"} <= trace.keys()
    assert [node["id"] for node in trace["nodes"]] == list(range(len(trace["nodes"])))
    for key in ("nodes", "edges"):
        times = [each["time"] for each in trace[key]]
        assert all(RFC_3339.match(each) for each in times) and times == sorted(times)
    for edge in trace["edges"]:
        assert edge["from"] < len(trace["nodes"]) and edge["to"] < len(trace["nodes"])
        assert edge["relation"]
    return trace, {node["entity_id"] for node in trace["nodes"]}


def test_trace_json(data):
    trace, back = graph(data, "--back", "p-100")
    assert {"type", "entity_id", "name", "host", "time"} <= trace["nodes"][0].keys()
    assert {"p-100", "p-90", "p-40"} <= back and "p-101" not in back
    _, forward = graph(data, "--forward", "p-100")
    assert {"p-100", "p-101", "p-60"} <= forward and "p-90" not in forward
    _, both = graph(data, "p-100")
    assert back | forward <= both


def test_trace_through_a_run_key(data):
    _, back = graph(data, "--back", "p-210")
    assert "p-200" in back and any("\\Run\\updater" in each for each in back)


def test_trace_begins_at_anything(data):
    for start in ("case:1", "1", "00000000000000a1", "203.0.113.9", "203.0.113.9:443",
                  "c:\\users\\TANAKA\\downloads\\invoice.docm", "PC-020",
                  "cdn.update-files.example"):
        _, ids = graph(data, start)
        assert ids, start
    _, ids = graph(data, "--type", "process", "p-210")
    assert "p-210" in ids


def test_trace_says_when_cut_off(data):
    trace, ids = graph(data, "--forward", "--nodes", "2", "p-100")
    assert trace["truncated"] is True and len(ids) == 2
    assert graph(data, "--forward", "p-100")[0]["truncated"] is False


def test_hunt(data):
    sql = ("SELECT host_name, process_command_line, process_pid FROM events"
           " WHERE process_entity_id = 'p-90' AND event_category = 'process'")
    (row,) = Run("hunt", sql, "--json", data=data).lines()
    assert row["host_name"] == "PC-020" and row["process_command_line"].startswith("winword.exe")
    assert row["process_pid"] is None
    rows = list(csv.reader(io.StringIO(Run("hunt", "--csv", sql, data=data).out, newline="")))
    assert rows[0] == ["host_name", "process_command_line", "process_pid"] and len(rows) == 2
    assert rows[1][1] == row["process_command_line"]
    table = Run("hunt", sql, data=data).out.splitlines()
    assert len(table) == 2 and table[0].startswith("host_name")


def test_hunt_csv_quotes(data):
    sql = "SELECT 'a,b' AS x, 'say \"no\"' AS y, 'two' || char(10) || 'lines' AS z, '=1+1' AS f, -5 AS n"
    (_, row) = csv.reader(io.StringIO(Run("hunt", "--csv", sql, data=data).out, newline=""))
    assert row == ["a,b", 'say "no"', "two\nlines", "'=1+1", "-5"], row


def test_hunt_limit(data):
    run = Run("hunt", "--json", "--limit", "3", "SELECT time FROM events", data=data)
    assert run.status == 0 and len(run.out.splitlines()) == 3 and "--limit 0" in run.err


def test_hunt_reads_only(data):
    for sql in ("DELETE FROM cases", "UPDATE cases SET level = 0", "DROP TABLE findings",
                "ATTACH '/tmp/x' AS x", "PRAGMA user_version = 3", "SELECT 1; DELETE FROM cases"):
        run = Run("hunt", sql, data=data)
        assert run.status == 2 and run.out == "" and run.err.startswith("hinomi: hunt: "), sql
    assert len(Run("cases", "--json", "--status", "all", data=data).lines()) == 3


def test_mistakes_are_explained(data):
    wrong = [
        (2, "hunt", ["SELCT 1"]), (2, "hunt", []), (2, "trace", []), (2, "trace", ["a", "b"]),
        (1, "trace", ["no such thing"]), (2, "trace", ["p-100", "--type", "colour"]),
        (1, "trace", ["case:99"]), (1, "case", ["99"]), (2, "case", ["one"]),
        (2, "cases", ["--status", "maybe"]), (2, "cases", ["--lang", "fr"]),
        (2, "findings", ["--nonsense"]),
    ]
    for status, verb, arguments in wrong:
        run = Run(verb, *arguments, data=data)
        assert run.status == status, (verb, arguments, run.status)
        assert run.out == "" and run.err.startswith("hinomi"), (verb, arguments, run.err)


def test_no_store_yet(data):
    for verb, arguments in (("cases", []), ("case", ["1"]), ("findings", []), ("trace", ["x"]),
                            ("hunt", ["SELECT 1"])):
        run = Run(verb, *arguments, data=data / "nothing")
        assert run.status == 1 and "hinomi ingest" in run.err, verb


def test_help_has_an_example(_):
    for verb in ("cases", "case", "findings", "trace", "hunt"):
        run = Run(verb, "--help")
        assert run.status == 0 and f"hinomi {verb}" in run.out and "Example" in run.out, verb


def test_output_that_cannot_be_written(data):
    with open("/dev/full", "wb") as full:
        for command in (["cases", "--json"], ["findings", "--json"], ["hunt", "--json", "SELECT 1"],
                        ["hunt", "--csv", "SELECT 1"], ["trace", "--json", "p-100"], ["cases"], ["case", "1"], ["trace", "p-100"]):
            done = subprocess.run([HINOMI, *command, "--data", str(data)], stdout=full,
                                  stderr=subprocess.PIPE, timeout=60)
            assert done.returncode == 1 and done.stderr, command


def on_terminal(data, **environment):
    """What `cases` prints on a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen([HINOMI, "cases", "--data", str(data)], stdout=follower,
                          env={**os.environ, "LANG": "C.UTF-8", **environment}) as process:
        os.close(follower)
        out = b""
        try:
            while chunk := os.read(leader, 65536):
                out += chunk
        except OSError:
            pass
        os.close(leader)
        assert process.wait(60) == 0
    return out.decode()


def test_colour_only_on_a_terminal(data):
    if not pathlib.Path("/dev/pts/ptmx").exists():
        return "no pseudo terminals here: /dev/pts is not mounted"
    assert "\033[" in on_terminal(data, NO_COLOR="")
    assert "\033[" not in on_terminal(data, NO_COLOR="1")
    assert "\033[" not in Run("cases", data=data).out
    return None


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    failed = 0
    print(f"1..{len(tests)}")
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"
        subprocess.run([MAKE_DATA, str(data)], check=True)
        for number, (name, test) in enumerate(tests, 1):
            try:
                skip = test(data)
                print(f"ok {number} - {name}" + (f" # SKIP {skip}" if skip else ""))
            except Exception as error:  # pylint: disable=broad-except
                failed += 1
                print(f"not ok {number} - {name}: {type(error).__name__} {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
