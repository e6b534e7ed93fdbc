"""hinomi apk train and eval: tables in, a model out, and predictions that others can score."""
import json
import random

from tap import main, run


def lines(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def table_write(path, rows, seed):
    """Malicious ones mostly send messages and run commands."""
    draw = random.Random(seed)
    with open(path, "w") as table:
        table.write("SEND_SMS,Runtime.exec,INTERNET,VIBRATE,CAMERA,NFC,WAKE_LOCK,class\n")
        for i in range(rows):
            bad = i % 2
            cells = [draw.random() < (0.9 if bad else 0.1), draw.random() < (0.8 if bad else 0.2)]
            cells += [draw.random() < 0.5 for _ in range(5)]
            table.write(",".join([str(int(cell)) for cell in cells] + ["S" if bad else "B"]) + "\n")


def rate_at(rows, share):
    """Of the malicious rows those above all but `share` of the others."""
    good = sorted((row["log_odds"] for row in rows if row["truth"] == "benign"), reverse=True)
    bad = [row["log_odds"] for row in rows if row["truth"] == "malware"]
    cut = good[int(share * len(good))]
    return sum(score > cut for score in bad) / len(bad)


def predictions_say_what_the_figures_do(folder):
    table_write(folder / "table.csv", 300, 1)
    table_write(folder / "other.csv", 200, 2)
    model, predictions = folder / "model", folder / "rows.jsonl"
    (told,) = lines(run("apk", "train", folder / "table.csv", "-o", model, "--json"))
    assert told["rows"] == 300 and told["bytes"] == model.stat().st_size
    ranked = [one["name"] for one in told["kinds"][0]["ranked"]]
    assert set(ranked[:2]) == {"SEND_SMS", "Runtime.exec"}, ranked
    for arguments, rows in [([folder / "other.csv", "--model", model], 200),
                            ([folder / "table.csv"], 300)]:
        together, *alone = lines(run("apk", "eval", *arguments, "--json",
                                     "--predictions", predictions))
        assert together["learner"] == "together" and len(alone) == 4
        judged = [json.loads(line) for line in predictions.read_text().splitlines()]
        assert [row["row"] for row in judged] == list(range(rows))
        right = sum(row["truth"] == row["predicted"] for row in judged)
        assert abs(together["accuracy"] - right / rows) < 1e-5 and right > 0.85 * rows
        assert abs(together["tpr_at_1_percent"] - rate_at(judged, 0.01)) < 0.05
        assert all((row["score"] > 0.5) == (row["predicted"] == "malware") for row in judged)


def nonsense_is_refused_with_its_line(folder):
    bad = folder / "bad.csv"
    bad.write_text("a,b,class\n1,0,S\n1,7,B\n")
    done = run("apk", "train", bad, "-o", folder / "none")
    assert done.returncode == 1 and "line 3" in done.stderr.decode(), done.stderr
    bad.write_text("a,b,class\n1,0,S\n1,1,B\n")
    done = run("apk", "eval", bad)
    assert done.returncode == 1 and "too few" in done.stderr.decode(), done.stderr
    done = run("apk", "eval", bad, "--model", bad)
    assert done.returncode == 1 and "no model" in done.stderr.decode(), done.stderr


main([predictions_say_what_the_figures_do, nonsense_is_refused_with_its_line])
