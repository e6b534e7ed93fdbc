"""hinomi apk eval on a table of real applications: figures that must not fall."""
import json
import os
import pathlib

from tap import main, run

TABLE = pathlib.Path(os.environ.get(
    "HINOMI_TEST_DATA", pathlib.Path(__file__).resolve().parents[2] / "../shared/data")
) / "android/android_tuandromd.csv.gz"


def rows_are_told_by_others(folder):
    if not TABLE.exists():
        return "the table is not there"
    done = run("apk", "eval", TABLE, "--json", timeout=300)
    assert done.returncode == 0, done.stderr
    together, *alone = [json.loads(line) for line in done.stdout.splitlines()]
    assert together["rows"] == 4464 and together["groups"] < 700
    assert together["accuracy"] > 0.97 and together["tpr_at_1_percent"] > 0.96, together
    linear = next(one for one in alone if one["learner"] == "linear")
    assert together["auc"] > linear["auc"], alone


main([rows_are_told_by_others])
