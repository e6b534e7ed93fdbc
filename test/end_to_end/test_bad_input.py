"""Bad input: a message with file and place, the rest kept, the right exit status."""
import gzip
import json
import lzma
import os
import pathlib
import resource
import signal
import subprocess

from tap import HINOMI, differences, ingest, main, results, run

SHARED = pathlib.Path(os.environ.get("HINOMI_TEST_DATA", pathlib.Path(__file__).parents[2]
                                     / "../shared/data"))


def record(number, **changes):
    event = {
        "@timestamp": f"2026-01-05T08:{number // 60 % 60:02}:{number % 60:02}.000Z",
        "host": {"name": f"pc{number % 3}"},
        "event": {"category": ["process"], "type": ["start"], "action": "procstart"},
        "process": {"entity_id": f"p{number}", "executable": "c:\\windows\\notepad.exe",
                    "parent": {"entity_id": "p0", "executable": "c:\\windows\\explorer.exe"}},
    }
    event.update(changes)
    return json.dumps(event).encode() + b"\n"


def records(count):
    return b"".join(record(number) for number in range(count))


def with_bad(folder, name, bad, count=100):
    """A file of `count` good records with `bad` in the middle; and where `bad` begins."""
    half = records(count // 2)
    path = folder / name
    path.write_bytes(half + bad + half)
    return path, len(half), count // 2 + 1


def refused_one(folder, name, bad, kept=100, refused=1):
    path, offset, line = with_bad(folder, name, bad)
    status, sources, total, errors = ingest(folder / "d", path)
    source = sources[name]
    assert status == 0, (status, errors)
    assert (source["kept"], source["refused"]) == (kept, refused), source
    if refused:
        reason = source["reasons"][0]
        assert reason["why"] and reason["count"] == refused, reason
        assert (reason["offset"], reason["line"]) == (offset, line), (reason, offset, line)
    people = run("ingest", "--data", folder / "people", path).stdout.decode()
    assert not refused or f"byte {offset}" in people, people
    return source


def broken(folder, path, at_least=1):
    """A file that breaks off: told with its place on stderr, exit status 1, the rest kept."""
    good = folder / "good.ndjson"
    good.write_bytes(records(50))
    status, sources, _, errors = ingest(folder / f"{path.name}.d", path, good)
    assert status == 1, (status, errors)
    assert f"hinomi: {path}: " in errors and "byte " in errors, errors
    assert sources[path.name]["status"] == "failed", sources
    assert sources[path.name]["kept"] >= at_least, sources
    assert sources["good.ndjson"]["kept"] == 50, sources
    return errors


def test_truncated_zstd(folder):
    run("lab", "simulate", "-o", folder / "lab", "--days", "1", "--pcs", "8", "--servers", "6",
        "--events", "60000")
    whole = next((folder / "lab").glob("*.zst"))
    path = folder / "cut.ndjson.zst"
    path.write_bytes(whole.read_bytes()[:whole.stat().st_size * 2 // 3])
    broken(folder, path)


def test_truncated_gzip_and_xz(folder):
    for name, pack in (("cut.gz", gzip.compress), ("cut.xz", lzma.compress)):
        path = folder / name
        path.write_bytes(pack(records(20000))[:-200])
        broken(folder, path, at_least=0)


def test_half_a_line(folder):
    path = folder / "half.ndjson"
    path.write_bytes(records(100) + record(100)[:-40])
    status, sources, _, errors = ingest(folder / "d", path)
    source = sources[path.name]
    assert status == 0 and (source["kept"], source["refused"]) == (100, 1), (source, errors)
    assert source["reasons"][0]["offset"] == len(records(100)), source
    assert source["reasons"][0]["line"] == 101, source


def test_line_of_100_megabytes(folder):
    refused_one(folder, "long.ndjson", b'{"a":"' + b"x" * 100_000_000 + b'"}\n')
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert peak < 1_000_000, f"{peak} KB held"


def test_invalid_utf8(folder):
    bad = record(7).replace(b"notepad", b"note\xff\xfepad")
    path, _, _ = with_bad(folder, "utf8.ndjson", bad)
    status, sources, _, errors = ingest(folder / "d", path)
    assert status == 0, errors
    assert sources["utf8.ndjson"]["kept"] == 101, sources


def test_wrong_types(folder):
    refused_one(folder, "types1.ndjson", b'[1, 2, 3]\n')
    refused_one(folder, "types2.ndjson", record(1, **{"@timestamp": {"a": 1}}))
    path, _, _ = with_bad(folder, "types3.ndjson", record(1, process="text", host=[1], user=7))
    status, sources, _, errors = ingest(folder / "d", path)
    assert status == 0 and sources["types3.ndjson"]["read"] == 101, (sources, errors)


def test_nested_10000_deep(folder):
    path, _, _ = with_bad(folder, "deep.ndjson",
                          record(1, deep=0).replace(b'"deep": 0', b'"deep": ' + b"[" * 10000
                                                    + b"]" * 10000))
    status, sources, _, errors = ingest(folder / "d", path)
    source = sources["deep.ndjson"]
    assert status == 0 and source["kept"] >= 100 and source["read"] == 101, (source, errors)


def test_year_1_and_9999(folder):
    for year in ("0001", "9999"):
        refused_one(folder, f"year{year}.ndjson",
                    record(1, **{"@timestamp": f"{year}-01-01T00:00:00Z"}))


def test_no_such_file_and_unknown_format(folder):
    good, text = folder / "good.ndjson", folder / "text.txt"
    good.write_bytes(records(50))
    text.write_bytes(b"this is a letter, and no log\n" * 100)
    status, sources, _, errors = ingest(folder / "d", folder / "none", good, text)
    assert status == 1, errors
    assert "No such file" in errors and f"hinomi: {text}: " in errors, errors
    assert sources["good.ndjson"]["kept"] == 50, sources
    status, sources, _, errors = ingest(folder / "e", folder)
    assert status == 0 and sources["text.txt"]["status"] == "skipped", (sources, errors)
    assert run("ingest", "--format", "nonsense", good).returncode == 2
    assert run("ingest").returncode == 2


def nobody():
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


def test_unreadable_file(folder):
    if subprocess.run([HINOMI, "--help"], preexec_fn=nobody, capture_output=True).returncode:
        return "nobody cannot run the binary here"
    good, secret = folder / "good.ndjson", folder / "secret.ndjson"
    good.write_bytes(records(50))
    secret.write_bytes(records(50))
    secret.chmod(0)
    folder.chmod(0o777)
    good.chmod(0o644)
    status, sources, _, errors = ingest(folder / "d", secret, good, preexec_fn=nobody,
                                        capture_output=True)
    assert status == 1, (status, errors)
    assert f"hinomi: {secret}: Permission denied" in errors, errors
    assert sources["good.ndjson"]["kept"] == 50, sources


def small_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, 4 << 20))


def test_full_disk(folder):
    """Where no file may grow beyond 4 MiB: told, exit status 1; with room again, all is there."""
    run("lab", "simulate", "-o", folder / "lab", "--days", "3", "--pcs", "8", "--servers", "6",
        "--events", "60000")
    (folder / "lab/truth.json").unlink()
    status, _, _, errors = ingest(folder / "calm", folder / "lab")
    assert status == 0, errors
    status, _, _, errors = ingest(folder / "d", "--checkpoint", "100ms", folder / "lab",
                                  preexec_fn=small_files, restore_signals=False,
                                  capture_output=True)
    assert status == 1, (status, errors)
    assert "hinomi: " in errors and str(folder / "d") in errors, errors
    status, _, _, errors = ingest(folder / "d", folder / "lab")
    assert status == 0, errors
    assert not differences(results(folder / "calm"), results(folder / "d"))


def test_evtx_with_a_broken_chunk(folder):
    archive = SHARED / "endpoint/evtx/evtx_attack_samples.tar.zst"
    if not archive.exists():
        return "no EVTX beside the sources (HINOMI_TEST_DATA)"
    subprocess.run(["tar", "-C", folder, "-I", "zstd --long=27", "-xf", archive], check=True)
    largest = max(folder.rglob("*.evtx"), key=lambda one: one.stat().st_size)
    data = bytearray(largest.read_bytes())
    whole, path = folder / "whole.evtx", folder / "broken.evtx"
    whole.write_bytes(data)
    chunk = 4096 + 65536
    data[chunk + 512:chunk + 40000] = os.urandom(40000 - 512)
    path.write_bytes(data)
    status, sources, _, errors = ingest(folder / "d", whole, path)
    good, bad = sources["whole.evtx"], sources["broken.evtx"]
    assert good["kept"] > bad["kept"] > 0, (good, bad, errors)
    assert bad["refused"] > 0 or bad["status"] == "failed", (bad, errors)
    place = bad["reasons"][0] if bad["reasons"] else bad["error"]
    assert place["offset"] >= chunk, place


main([test_truncated_zstd, test_truncated_gzip_and_xz, test_half_a_line,
      test_line_of_100_megabytes, test_invalid_utf8, test_wrong_types, test_nested_10000_deep,
      test_year_1_and_9999, test_no_such_file_and_unknown_format, test_unreadable_file,
      test_full_disk, test_evtx_with_a_broken_chunk])
