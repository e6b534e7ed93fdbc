"""hinomi family: learn from tables, reports and folders; name samples, say why; refuse what is none of them."""
import gzip
import json
import os
import pathlib
import random

from tap import main, run

DATA = pathlib.Path(os.environ.get(
    "HINOMI_TEST_DATA", pathlib.Path(__file__).resolve().parents[2] / "../shared/data")) / "malware"


def calls_of(family, chance):
    """Calls of one sample: a third are the family's own, the others those of anybody."""
    return [f"Own{family}{chance.randrange(8)}" if chance.random() < 0.34 else f"Common{chance.randrange(30)}"
            for _ in range(40)]


def report_write(path, calls, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({
        "behavior": {"processes": [{"calls": [{"api": call} for call in calls]}],
                     "summary": {"mutexes": ["common"]}}, **more}))
    return path


def model_of_reports(folder, chance):
    for family in "abcde":
        for i in range(12):
            report_write(folder / "learn" / f"Fam{family}" / f"{i}.json", calls_of(family, chance))
    done = run("family", "train", folder / "learn", "-o", folder / "model", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["families"] == [f"Fam{family}" for family in "abcde"]
    return folder / "model"


def reports_are_named_and_said_why(folder):
    chance = random.Random(1)
    model = model_of_reports(folder, chance)
    paths = [report_write(folder / f"{family}.json", calls_of(family, chance)) for family in "abcde"]
    done = run("family", "--model", model, "--json", *paths)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["likely"][0]["family"] for answer in answers] == [f"Fam{family}" for family in "abcde"]
    for answer, family in zip(answers, "abcde"):
        assert answer["nearest"]["family"].startswith("Fam") and answer["calls"] >= 30, answer
        assert any(f"own{family}" in reason["text"] for reason in answer["reasons"]), answer["reasons"]
    stranger = report_write(folder / "stranger.json", [f"Other{i}" for i in range(40)])
    done = run("family", "--model", model, "--json", stranger)
    assert json.loads(done.stdout)["family"] == "unknown", done.stdout


def files_are_named_by_what_they_are_made_of(folder):
    chance = random.Random(2)
    for family in "abc":
        words = [f"word {family} {chance.randrange(10**9):x} of it" for _ in range(60)]
        for i in range(6):
            path = folder / "files" / family / str(i)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\0".join(word.encode() for word in chance.sample(words, 50)))
    questioned = folder / "files" / "a" / "0"
    content = questioned.read_bytes()
    questioned.unlink()
    (folder / "asked").write_bytes(content + b"\0and a new text at its end")
    done = run("family", "train", folder / "files", "-o", folder / "model")
    assert done.returncode == 0, done.stderr
    done = run("family", "--model", folder / "model", "--json", folder / "asked")
    answer = json.loads(done.stdout)
    assert answer["likely"][0]["family"] == "a" and answer["nearest"]["likeness"] > 0.5, answer


def eval_predicts_each_row_once(folder):
    chance = random.Random(3)
    table = folder / "table.tsv"
    table.write_text("".join(f"{family}\t{' '.join(calls_of(family, chance))}\n" for family in "abc" for _ in range(20)))
    done = run("family", "eval", table, "--json", "--predictions", folder / "rows")
    assert done.returncode == 0, done.stderr
    measures = {line["measure"]: line for line in map(json.loads, done.stdout.splitlines())}
    rows = [json.loads(line) for line in (folder / "rows").read_text().splitlines()]
    assert [row["row"] for row in rows] == list(range(60))
    right = sum(row["predicted"] == row["truth"] for row in rows)
    assert right == measures["accuracy"]["part"] and right >= 54, measures
    run("family", "train", table, "-o", folder / "model")
    done = run("family", "eval", "--model", folder / "model", table, "--json")
    assert done.returncode == 0 and json.loads(done.stdout.splitlines()[2])["value"] >= 0.95


def what_is_alike_is_put_together(folder):
    chance = random.Random(5)
    table = folder / "table.tsv"
    tokens = {family: [f"file:{family}{i}" for i in range(60)] for family in "xyz"}
    table.write_text("".join(f"{family}\t\t{' '.join(chance.sample(tokens[family], 55))}\n"
                             for _ in range(10) for family in "xyz"))
    done = run("family", "cluster", table, "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 30
    assert len({(row["family"], row["cluster"]) for row in rows}) == len({row["cluster"] for row in rows}) == 3
    assert run("family", "cluster", table, "--likeness", "0").returncode == 1


def more_of_a_family_is_an_alarm(folder):
    sightings = folder / "sightings.csv"
    days = [f"2023-{month:02}-{day:02}T12:00:00Z" for month in range(1, 13) for day in range(1, 29)]
    lines = [f"{day},quiet,{3 + i % 3}" for i, day in enumerate(days)]
    lines += [f"{day},loud,{2 + i % 2 + (20 if i >= len(days) - 35 else 0)}" for i, day in enumerate(days)]
    sightings.write_text("time,name,value\n" + "\n".join(lines) + "\n")
    done = run("family", "activity", sightings, "--all", "--json")
    assert done.returncode == 0, done.stderr
    told = {line["family"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert told["loud"]["alarm"] and not told["quiet"]["alarm"], told
    assert told["loud"]["changes"][-1]["time"].startswith("2023-1"), told["loud"]
    alarms = [json.loads(line)["family"] for line in run("family", "activity", sightings, "--json").stdout.splitlines()]
    assert "loud" in alarms and "quiet" not in alarms


def what_cannot_be_done_is_said(folder):
    table = folder / "table"
    table.write_text("a\t1 2 3\n")
    done = run("family", "train", table, "-o", folder / "model")
    assert done.returncode == 1 and b"two families" in done.stderr
    table.write_text("a\t1\n\t2\n")
    done = run("family", "eval", table)
    assert done.returncode == 1 and b"line 2" in done.stderr
    (folder / "model").write_bytes(b"no model")
    done = run("family", "--model", folder / "model", table)
    assert done.returncode == 1 and b"is no model" in done.stderr
    assert run("family").returncode == 2 and run("family", "--help").returncode == 0


def real_sequences_are_told(folder):
    source = DATA / "behav_malbehavd.csv.gz"
    if not source.exists():
        return "the real sequences of calls are not there"
    lines = gzip.open(source, "rt").readlines()
    (folder / "part.csv").write_text("".join(lines[:1] + lines[1::15]))
    done = run("family", "eval", folder / "part.csv", "--json")
    measures = {line["measure"]: line["value"] for line in map(json.loads, done.stdout.splitlines())}
    assert measures["accuracy"] > 0.8 and measures["auc"] > 0.9, measures


main([what_cannot_be_done_is_said, reports_are_named_and_said_why, files_are_named_by_what_they_are_made_of,
      eval_predicts_each_row_once, what_is_alike_is_put_together, more_of_a_family_is_an_alarm,
      real_sequences_are_told])
