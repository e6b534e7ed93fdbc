"""The little that the end-to-end tests share: run the binary, read a store, speak TAP."""
import hashlib
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import traceback

HINOMI = sys.argv[1]


def run(*arguments, **options):
    options.setdefault("capture_output", True)
    return subprocess.run([HINOMI, *map(str, arguments)], **options)


def ingest(data, *arguments, **options):
    """Exit status, the JSON object of each source by name, the total, and what went to stderr."""
    done = run("ingest", "--json", "--data", data, *arguments, **options)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    total = next((line for line in lines if line.get("total")), None)
    sources = {pathlib.Path(line["source"]).name: line for line in lines if "source" in line}
    return done.returncode, sources, total, done.stderr.decode("utf-8", "replace")


def rows(data, table, order):
    with sqlite3.connect(pathlib.Path(data) / "state.db") as state:
        return state.execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall()


def events(data):
    """How many events a store has, and a digest of all their columns in order."""
    count, digest = 0, hashlib.sha256()
    for path in sorted(pathlib.Path(data).glob("events-*.db")):
        with sqlite3.connect(path) as day:
            for row in day.execute("SELECT rowid, * FROM events ORDER BY rowid"):
                digest.update(repr(row).encode())
                count += 1
    return count, digest.hexdigest()


def results(data):
    """Everything that must be the same however a store came about."""
    told = {verb: run(verb, "--json", "--data", data).stdout for verb in ("findings", "cases")}
    return {
        "events": events(data),
        "findings": rows(data, "findings", "seq"),
        "cases": [row for row in rows(data, "cases", "id")],
        "hosts": rows(data, "hosts", "name"),
        "relations": rows(data, "relations", "kind, host, peer"),
        "sources": rows(data, "sources", "id"),
        **told,
    }


def differences(left, right):
    return [name for name in left if left[name] != right[name]]


def main(tests):
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    for number, test in enumerate(tests, 1):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="hinomi-test-"))
        try:
            skip = test(folder)
            print(f"ok {number} - {test.__name__}" + (f" # SKIP {skip}" if skip else ""), flush=True)
        except Exception:
            failed += 1
            print(f"not ok {number} - {test.__name__}", flush=True)
            for line in traceback.format_exc().splitlines():
                print("# " + line, flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failed else 0)
