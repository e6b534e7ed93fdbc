"""hinomi capability: what reports and files show, and where; the same on the sandboxes' real reports."""
import json
import os
import pathlib

from tap import main, run

DATA = pathlib.Path(os.environ.get(
    "HINOMI_TEST_DATA", pathlib.Path(__file__).resolve().parents[2] / "../shared/data")) / "malware"

CALLS = ["NtOpenProcess", "NtClose", "VirtualAllocEx", "WriteProcessMemory", "CreateRemoteThread"]


def judged(*arguments):
    done = run("capability", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def by_name(answer):
    return {found["capability"]: found for found in answer["capabilities"]}


def a_report_shows_what_was_seen(folder):
    report = {
        "target": {"file": {"sha256": "ab" * 32}},
        "behavior": {
            "processes": [{"process_name": "x.exe", "calls": [{"api": name, "arguments": []} for name in CALLS]}],
            "summary": {
                "write_keys": ["HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\x"],
                "executed_commands": ["vssadmin.exe Delete Shadows /All /Quiet"]}}}
    path = folder / "report.json"
    path.write_text(json.dumps(report))
    answer, = judged(path)
    assert answer["name"] == "ab" * 32
    found = by_name(answer)
    injects = found.pop("writes into another process and runs there")
    assert injects["basis"] == "seen" and injects["attack"][0]["technique"] == "T1055"
    assert injects["evidence"][0]["source"] == "call" and injects["evidence"][0]["index"] == 0
    assert found.pop("starts with Windows from a Run key")["basis"] == "seen"
    assert found.pop("makes recovery impossible")["attack"] == [{"technique": "T1490", "tactic": "impact"}]
    assert not found, found


def a_file_shows_what_it_has_the_means_for(folder):
    path = folder / "notes.bin"
    path.write_bytes(b"\0\1" + "schtasks /create /tn x".encode("utf-16-le") + b"\0\0\0cmd.exe /c del a.bat\0")
    found = by_name(judged(path)[0])
    assert set(found) == {"plans a task", "deletes itself"}, found
    assert {one["basis"] for one in found.values()} == {"able"}
    assert found["plans a task"]["evidence"][0] == {
        "kind": "string", "source": "string", "offset": 2, "text": "schtasks /create /tn x"}


def own_rules_replace_them(folder):
    rules, path = folder / "rules", folder / "file"
    rules.write_text("capability says hello\nattack T9999 nothing\nable string hello *\n")
    path.write_bytes(b"\0hello world\0")
    assert list(by_name(judged("--rules", rules, path)[0])) == ["says hello"]
    rules.write_text("capability x\nable nonsense y\n")
    done = run("capability", "--rules", rules, path)
    assert done.returncode == 1 and b"line 2" in done.stderr


def broken_reports_are_told(folder):
    path = folder / "broken.json"
    path.write_text('{"behavior": {"summary": {"write_keys": ["a"')
    done = run("capability", path)
    assert done.returncode == 1 and b"broken.json" in done.stderr, done


def real_reports_show_what_they_are_known_for(folder):
    source = DATA / "behav_cape_summaries.jsonl.gz"
    if not source.exists():
        return "the reports of a sandbox are not there"
    answers = judged(source)
    assert len(answers) == 16
    qakbot = by_name(answers[0])
    for name in ("starts with Windows from a Run key", "plans a task", "waits for analysis to end"):
        assert qakbot[name]["basis"] == "seen"
    assert sum("makes coins at others' cost" in by_name(answer) for answer in answers) == 1


main([a_report_shows_what_was_seen, a_file_shows_what_it_has_the_means_for, own_rules_replace_them,
      broken_reports_are_told, real_reports_show_what_they_are_known_for])
