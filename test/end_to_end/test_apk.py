"""hinomi apk: an application built from its sources, from file to two lights; real ones, some malformed."""
import gzip
import json
import os
import pathlib
import sys
import tarfile

from tap import main, run

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "android"))
import make_apk  # noqa: E402

DATA = pathlib.Path(os.environ.get(
    "HINOMI_TEST_DATA", pathlib.Path(__file__).resolve().parents[2] / "../shared/data")) / "android"


def reports(*arguments):
    done = run("apk", "--json", *arguments, timeout=300)
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def names(side):
    return {finding["name"] for finding in side["findings"]}


def a_built_application_shows_both_lights(folder):
    missing = make_apk.tools_missing()
    if missing:
        return "absent: " + ", ".join(missing)
    path = make_apk.apk_make(folder / "sample.apk")
    done, (report,) = reports(path)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert report["package"] == "org.hinomi.sample" and report["label"] == "Sample"
    assert report["threat"]["light"] == report["vulnerability"]["light"] == "red"
    assert {"sms-sent", "sms-swallowed", "code-loaded", "root"} <= names(report["threat"])
    assert {"debuggable", "trusts-all", "fixed-key", "ecb", "provider-open",
            "file-readable"} <= names(report["vulnerability"])
    assert [one["scheme"] for one in report["signers"]] == ["v1", "v2", "v3"]
    assert all(one["verified"] and one["debug"] for one in report["signers"])
    calls = {(call["class"], call["name"]) for call in report["calls"]}
    assert ("Landroid/telephony/SmsManager;", "sendTextMessage") in calls
    assert {"kind": "url", "value": "http://gate.example.org/take.php"} in report["texts"]
    assert not report["refused"] and not report["notes"]
    people = run("apk", path).stdout.decode()
    assert "threat       red" in people and "sends SMS (T1582)" in people
    packed = run("packer", path, "--json", "--model", folder / "none")  # which it does not need
    assert packed.returncode == 0 and json.loads(packed.stdout)["packer"] == "none", packed
    return None


def a_model_judges_it(folder):
    missing = make_apk.tools_missing(sign=False)
    table = DATA / "drebin215.csv.gz"
    if missing or not table.exists():
        return "absent: " + ", ".join(missing or [str(table)])
    with gzip.open(table, "rt") as rows:
        heading, *rows = rows
    (folder / "table.csv").write_text(heading + "".join(rows[::15]))  # quick, and good enough
    done = run("apk", "train", folder / "table.csv", "-o", folder / "model", timeout=300)
    assert done.returncode == 0, done.stderr
    done, (report,) = reports("--model", folder / "model",
                              make_apk.apk_make(folder / "sample.apk", sign=False))
    assert report["threat"]["light"] == "red" and report["threat"]["probability"] > 0.5
    assert any("SEND_SMS" in reason["name"] for reason in report["threat"]["reasons"])
    assert report["signers"] == [] and "unsigned" in names(report["vulnerability"])
    return None


def every_parser_sample_is_read_or_refused(folder):
    archive = DATA / "android_parser_samples_benign.tar.gz"
    if not archive.exists():
        return "the parser samples are not there"
    with tarfile.open(archive) as content:
        content.extractall(folder)
    paths = sorted(path for path in folder.rglob("*")
                   if path.is_file() and path.suffix not in (".pem", ".pk8", ".md"))
    done, told = reports(*paths)
    why = done.stderr.decode().splitlines()
    assert len(paths) == 133 and done.returncode == 1
    assert len(told) == 129 and len(why) == 4, why
    assert all("is no manifest" in line for line in why)
    by_name = {pathlib.Path(report["file"]).name: report for report in told}
    assert len(by_name["AndroidManifest_WrongChunkStart.xml"]["permissions"]) == 17
    assert len(by_name["AndroidManifestWrongFilesize.xml"]["permissions"]) == 21
    assert by_name["compact-entry.apk"]["package"] == "com.erev0s"
    assert len(by_name["classes.dex"]["calls"]) == 945
    broken = {name for name, report in by_name.items()
              if any(not one["verified"] for one in report.get("signers", []))}
    assert len(broken) == 12 and "v3-stripped.apk" in broken, broken
    return None


def what_cannot_be_read_is_said(folder):
    text = folder / "text"
    text.write_text("neither")
    done = run("apk", text)
    assert done.returncode == 1 and b"no ZIP: the record at its end is missing" in done.stderr
    assert b"is no model of applications" in run("apk", "--model", text, text).stderr
    assert run("apk").returncode == 2 and run("apk", "--help").returncode == 0
    return None


main([what_cannot_be_read_is_said, a_built_application_shows_both_lights, a_model_judges_it,
      every_parser_sample_is_read_or_refused])
