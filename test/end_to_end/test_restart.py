"""Replay is live: however the same events come in, the same store comes out."""
import functools
import pathlib
import random
import signal
import subprocess
import tempfile
import time

from tap import HINOMI, differences, ingest, main, results, run

KILLS = 20
LAB = ("--days", "7", "--pcs", "12", "--servers", "6", "--events", "120000", "--seed", "5")
# A budget far beyond what people read: so that there are findings to compare.
WATCH = ("--learn-until", "2026-01-07T12:00:00Z", "--budget", "20")


@functools.lru_cache(maxsize=None)
def undisturbed():
    """What all are compared with: the files, and what one run over them left, how and how fast."""
    lab, calm = SHARED / "lab", SHARED / "calm"
    done = run("lab", "simulate", "-o", lab, *LAB)
    assert done.returncode == 0, done.stderr
    (lab / "truth.json").unlink()
    began = time.monotonic()
    status, _, total, errors = ingest(calm, *WATCH, lab)
    span = time.monotonic() - began
    assert status == 0, errors
    assert total["kept"] > 100000 and total["findings"] > 5, total
    return lab, results(calm), total, span


def killed_once(data, lab, after):
    """True when the process was killed in its work, False when it was done before."""
    process = subprocess.Popen(
        [HINOMI, "ingest", "--json", "--data", data, "--checkpoint", "50ms", *WATCH, lab],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(after)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True


def test_kill_at_random_moments(folder):
    chance = random.Random(20)
    lab, calm, _, span = undisturbed()
    kills = finished = 0
    data = folder / "killed"
    while kills < KILLS:
        if killed_once(data, lab, chance.uniform(0.02, max(0.1, span / 3))):
            kills += 1
            continue
        assert not differences(calm, results(data)), differences(calm, results(data))
        finished += 1
        data = folder / f"killed{finished}"
    status, _, _, errors = ingest(data, *WATCH, lab)
    assert status == 0, errors
    assert not differences(calm, results(data)), differences(calm, results(data))
    print(f"# {kills} kills, {finished + 1} stores that ended as the undisturbed one")


def test_shards_and_batches(folder):
    lab, calm, _, _ = undisturbed()
    for shards, batch_rows in ((1, 1), (2, 64), (3, 4096), (2, 4096)):
        data = folder / f"{shards}-{batch_rows}"
        status, _, _, errors = ingest(data, "--shards", shards, "--batch-rows", batch_rows, *WATCH, lab)
        assert status == 0, errors
        other = results(data)
        assert not differences(calm, other), (shards, batch_rows, differences(calm, other))


def test_stop_and_go_on(folder):
    lab, calm, _, _ = undisturbed()
    process = subprocess.Popen([HINOMI, "ingest", "--data", folder / "d", *WATCH, lab],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    if process.returncode != 0:
        assert process.returncode == 130, (process.returncode, errors)
        assert b"goes on" in errors, errors
    assert ingest(folder / "d", *WATCH, lab)[0] == 0
    assert not differences(calm, results(folder / "d"))


def test_files_one_by_one(folder):
    """Days given one at a time are the same days; given again, they are not read again."""
    lab, calm, total, _ = undisturbed()
    kept = 0
    for day in sorted(lab.iterdir()):
        status, _, one, errors = ingest(folder / "d", *WATCH, day)
        assert status == 0, errors
        kept += one["kept"]
    assert kept == total["kept"], (kept, total)
    other = results(folder / "d")
    assert not [name for name in differences(calm, other) if name != "sources"]
    status, sources, again, _ = ingest(folder / "d", *WATCH, lab)
    assert status == 0 and again["kept"] == 0, again
    assert {source["status"] for source in sources.values()} == {"already read"}, sources
    assert other == results(folder / "d")


with tempfile.TemporaryDirectory(prefix="hinomi-test-") as shared:
    SHARED = pathlib.Path(shared)
    main([test_kill_at_random_moments, test_shards_and_batches, test_stop_and_go_on,
          test_files_one_by_one])
