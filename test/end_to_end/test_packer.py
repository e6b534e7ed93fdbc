"""hinomi packer: learn from a table, name packers of real packed (benign) files, say why."""
import gzip
import hashlib
import json
import os
import pathlib
import tarfile

from tap import main, run

DATA = pathlib.Path(os.environ.get(
    "HINOMI_TEST_DATA", pathlib.Path(__file__).resolve().parents[2] / "../shared/data")) / "malware"
EACH = 12  # rows of the table that are learned from, of each packer


def samples(folder):
    """The real files by name, with the packer that their folder is named for."""
    with tarfile.open(DATA / "packed_benign_samples.tar.gz") as archive:
        archive.extractall(folder)
    return {path: path.parent.name for path in sorted(pathlib.Path(folder).rglob("*/*/*"))
            if path.is_file()}


def table_without(name, files, path):
    """Some rows of each packer, none of them a file that is asked about."""
    known = {hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    with gzip.open(DATA / name, "rt") as table:
        heading, *rows = table
    counts, kept = {}, []
    for row in rows:
        fields = row.split("\t")
        counts.setdefault(fields[0], 0)
        if fields[3] not in known and counts[fields[0]] < EACH * (4 if fields[0] == "none" else 1):
            counts[fields[0]] += 1
            kept.append(row)
    path.write_text(heading + "".join(kept))
    return path


def letters(name):
    return "".join(c for c in name.lower() if c.isalpha())


def real_files_are_named_from_the_file(folder):
    if not (DATA / "packed_benign_samples.tar.gz").exists():
        return "the packed samples are not there"
    files = samples(folder / "files")
    tables = [table_without(name, files, folder / name.replace(".gz", ""))
              for name in ("packers_pe.tsv.gz", "packers_elf.tsv.gz")]
    done = run("packer", "train", *tables, "-o", folder / "model", "--json")
    assert done.returncode == 0, done.stderr
    learned = {letters(name) for name in json.loads(done.stdout)["classes"]}
    done = run("packer", "--model", folder / "model", "--json", *files)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(files) == 52
    for answer, (path, packer) in zip(answers, files.items()):
        packer = letters(packer)
        expected = packer if packer in learned or packer == "none" else "unknown"
        assert letters(answer["packer"]) == expected, (path.name, answer["packer"])
        assert answer["reasons"] and 0 <= answer["confidence"] <= 1
        assert answer["format"] == "script" or len(answer["routine"]) > 0, path.name
        for section in answer["sections"]:
            assert 0 <= section["entropy"] <= 8 and len(section["entropy_map"]) <= 64
    eval_agrees(folder, tables[0])
    return None


def eval_agrees(folder, table):
    """A model's predictions say of each row what its accuracy adds up to."""
    predictions = folder / "rows.jsonl"
    done = run("packer", "eval", table, "--model", folder / "model", "--predictions", predictions,
               "--json")
    assert done.returncode == 0, done.stderr
    measures = {line["measure"]: line for line in map(json.loads, done.stdout.splitlines())}
    rows = [json.loads(line) for line in predictions.read_text().splitlines()]
    assert [row["row"] for row in rows] == list(range(len(rows)))
    right = sum(row["truth"] == row["predicted"] for row in rows)
    assert measures["accuracy"]["part"] == right and measures["accuracy"]["of"] == len(rows)
    assert measures["accuracy_junk"]["value"] > 0.95
    assert all(0 <= row["unknown"] <= 1 and 0 <= row["score"] <= 1 for row in rows)


def what_cannot_be_done_is_said(folder):
    text = folder / "text"
    text.write_text("neither")
    done = run("packer", "--model", text, text)
    assert done.returncode == 1 and b"is no model of packers" in done.stderr
    done = run("packer", "train", text, "-o", folder / "model")
    assert done.returncode == 1 and b"line 1: the first line does not name" in done.stderr
    table = folder / "table"
    table.write_text("packer\tentropy\tep_bytes_hex\nUPX\t7.9\t60\n")
    done = run("packer", "train", table, "-o", folder / "model")
    assert done.returncode == 1 and b"two packers at least" in done.stderr
    assert run("packer").returncode == 2 and run("packer", "--help").returncode == 0


main([what_cannot_be_done_is_said, real_files_are_named_from_the_file])
