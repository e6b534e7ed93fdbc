"""hinomi ioc: the text-book case, reports of sandboxes, a hunt through a stored history, and exported
rules: real tools accept them, and they match what hinomi ioc match matches."""
import gzip
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as xml

from tap import main, run

DATA = pathlib.Path(os.environ.get(
    "HINOMI_TEST_DATA", pathlib.Path(__file__).resolve().parents[2] / "../shared/data"))


def lines(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def sample_list(path, things):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{kind}\t{text}\n" for kind, text in things))
    return path


def the_text_book_case(folder):
    for name in ("mal_a", "mal_b", "leg"):
        sample_list(folder / name[:3] / f"{name}.lst", [("file", rf"C:\work\{name}.txt")])
    done = run("ioc", "make", "--malware", folder / "mal", "--benign", folder / "leg",
               "-o", folder / "set")
    assert done.returncode == 0, done.stderr
    hits = lines(run("ioc", "match", "--iocs", folder / "set", "--json", folder / "mal",
                     folder / "leg"))
    assert {pathlib.Path(hit["sample"]).name for hit in hits} == {"mal_a.lst", "mal_b.lst"}


WORDS = "amber birch cedar delta ember fjord grove heath inlet jetty knoll larch".split()


def invented(folder):
    """A family of twelve that hides its names, and thirty offices; text by text."""
    samples = {}
    for i, word in enumerate(WORDS):
        things = [
            ("file_write", rf"C:\Users\{word}\AppData\Roaming\{word[::-1]}\up{i}date.exe"),
            ("file_write", rf"C:\Users\{word}\Documents\note.txt"),
            ("mutex", f"Global\\lock-{word}-{1000 + 7 * i}"),
            ("key_write", rf"HKU\S-1-5-21-{i}-2-3-1001\Software\Run\{word}"),
            ("command", f'cmd.exe /c "schtasks /create /tn {word} /sc minute"'),
            ("domain", f"{word}.drop.example"),
            ("process", r"C:\Windows\System32\cmd.exe"),
            ("started", r"C:\Office\WINWORD.EXE|C:\Windows\System32\cmd.exe"),
            ("access", r"C:\Windows\System32\lsass.exe|0x1410"),
        ]
        # Each shows only some of it, so that no one thing finds all.
        samples[folder / "mal" / f"{word}.lst"] = [
            thing for k, thing in enumerate(things) if (k + i) % 3 or k == 1]
    for i in range(30):
        samples[folder / "leg" / f"office{i}.lst"] = [
            ("file_write", rf"C:\Users\office{i}\Documents\note.txt"),
            ("file_write", rf"C:\Users\office{i}\AppData\Roaming\Mail\mail{i}.db"),
            ("mutex", f"Local\\office-{i}"),
            ("key_write", rf"HKU\S-1-5-21-9-9-9-{i}\Software\Mail\{i}"),
            ("command", f'"C:\\Office\\mail.exe" /open {i}'),
            ("domain", f"host{i}.office.example"),
            ("process", r"C:\Windows\System32\cmd.exe" if i % 2 else r"C:\Office\mail.exe"),
            ("started", r"C:\Windows\explorer.exe|C:\Windows\System32\cmd.exe"),
            ("access", r"C:\Windows\System32\lsass.exe|0x1000"),
        ]
    for path, things in samples.items():
        sample_list(path, things)
    return samples


def made(folder, *more):
    """A set, its indicators, and which of them cover which sample, as hinomi ioc match says."""
    samples = invented(folder)
    done = run("ioc", "make", "--malware", folder / "mal", "--benign", folder / "leg", "--family",
               "Pupa 'x' \"y\" & <z>", "-o", folder / "set", *more)
    assert done.returncode == 0, done.stderr
    indicators = [json.loads(line) for line in (folder / "set").read_text().splitlines()]
    hits = lines(run("ioc", "match", "--iocs", folder / "set", "--json", folder / "mal",
                     folder / "leg"))
    matched = {(hit["indicator"], pathlib.Path(hit["sample"]).name) for hit in hits}
    assert {sample for _, sample in matched} == {f"{word}.lst" for word in WORDS}
    return samples, indicators, matched


def exported(folder, name):
    done = run("ioc", "export", folder / "set", "--format", name)
    assert done.returncode == 0 and done.stdout, done.stderr
    again = run("ioc", "export", folder / "set", "--format", name)
    assert again.stdout == done.stdout
    return done.stdout.decode()


def yara_matches_the_same(folder):
    if not shutil.which("yara"):
        return "there is no yara"
    samples, _, matched = made(folder)
    (folder / "rules.yar").write_text(exported(folder, "yara"))
    found = set()
    for path in samples:
        done = subprocess.run(["yara", folder / "rules.yar", path], capture_output=True, check=False)
        assert done.returncode == 0 and b"error" not in done.stderr, done.stderr
        found |= {(line.split()[0].removeprefix("hinomi_"), path.name)
                  for line in done.stdout.decode().splitlines()}
    assert found == matched, found ^ matched


UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
# STIX 2.1, 9.4 and 9.6: observation expressions of one comparison each, joined by AND.
COMPARISON = re.compile(r"\[([a-z0-9-]+:[A-Za-z0-9_.'-]+) MATCHES '((?:[^'\\]|\\['\\])*)'\]")
STIX_KINDS = {"file:x_path": {"file", "file_write", "file_delete", "library"}, "mutex:name": {"mutex"},
              "windows-registry-key:key": {"key", "key_write", "key_delete"},
              "process:command_line": {"command"}, "process:image_ref.x_path": {"process"},
              "domain-name:value": {"domain"}}


def stix_parts(pattern):
    """(kinds, expression) of each observation; fails on what the grammar doesn't have."""
    rest, parts = pattern, []
    while True:
        comparison = COMPARISON.match(rest)
        assert comparison, pattern
        path, text = comparison.groups()
        kinds = STIX_KINDS.get(path) or {path.removeprefix("x-hinomi-behavior:")}
        parts.append((kinds, re.compile(re.sub(r"\\(['\\])", r"\1", text))))
        rest = rest[comparison.end():]
        if not rest:
            return parts
        assert rest.startswith(" AND "), pattern
        rest = rest[5:]


def covered(parts, things):
    return all(any(kind in kinds and expression.search(text) for kind, text in things)
               for kinds, expression in parts)


def stix_keeps_to_the_specification(folder):
    samples, indicators, matched = made(folder)
    bundle = json.loads(exported(folder, "stix"))
    assert set(bundle) == {"type", "id", "objects"} and bundle["type"] == "bundle"
    assert re.fullmatch("bundle--" + UUID, bundle["id"])
    assert len(bundle["objects"]) == len(indicators) == len({o["id"] for o in bundle["objects"]})
    found = set()
    for entry, indicator in zip(bundle["objects"], indicators):
        assert entry["type"] == "indicator" and entry["spec_version"] == "2.1"
        assert re.fullmatch("indicator--" + UUID, entry["id"])
        assert all(MOMENT.match(entry[key]) for key in ("created", "modified", "valid_from"))
        assert entry["pattern_type"] == "stix" and entry["pattern_version"] == "2.1"
        assert entry["indicator_types"] == ["malicious-activity"]
        assert isinstance(entry["name"], str) and isinstance(entry["description"], str)
        found |= {(indicator["id"], path.name) for path, things in samples.items()
                  if covered(stix_parts(entry["pattern"]), things)}
    assert found == matched, found ^ matched


TABLES = {"file": ("path", {"file", "file_write"}), "registry": ("path", {"key", "key_write"}),
          "winbaseobj": ("object_name", {"mutex"}), "dns_cache": ("name", {"domain"}),
          "services": ("name", {"service"}), "pipes": ("name", {"pipe"})}


def host_of(things):
    """What osquery would show of a host where these things are, as SQLite."""
    host = sqlite3.connect(":memory:")
    host.create_function("regex_match", 3, lambda text, pattern, _: text and (
        lambda found: found and found[0])(re.search(pattern, text)))
    host.execute("CREATE TABLE processes(pid INTEGER PRIMARY KEY, parent INT, path, cmdline)")
    for table, (column, kinds) in TABLES.items():
        host.execute(f"CREATE TABLE {table}({column})")
        host.executemany(f"INSERT INTO {table} VALUES(?)", [
            (re.sub(r"^HKU\\", r"HKEY_USERS\\", text),) for kind, text in things if kind in kinds])
    for kind, text in things:
        if kind == "started":
            parent, child = text.split("|")
            pid = host.execute("INSERT INTO processes(path) VALUES(?)", (parent,)).lastrowid
            host.execute("INSERT INTO processes(path, parent) VALUES(?, ?)", (child, pid))
        elif kind in ("process", "command"):
            host.execute(f"INSERT INTO processes({'path' if kind == 'process' else 'cmdline'})"
                         " VALUES(?)", (text,))
    return host


def osquery_sql_runs(folder):
    samples, indicators, matched = made(folder)
    statements = exported(folder, "osquery").splitlines()
    known = {statement.split("'")[1] for statement in statements}
    speaks = {i["id"] for i in indicators if all(part["kind"] != "access" for part in i["parts"])}
    assert known == speaks and known
    found = set()
    for path, things in samples.items():
        host = host_of(things)
        for statement in statements:
            assert sqlite3.complete_statement(statement)
            found |= {(row[0], path.name) for row in host.execute(statement)}
        host.close()
    # A process that started something is a process: osquery sees it whichever way it was reported.
    expected = {match for match in matched if match[0] in known}
    assert expected <= found, expected - found
    extra = {sample for _, sample in found - expected}
    assert not extra & {path.name for path in samples if path.parent.name == "leg"}, extra


def sigma_rules(text):
    """Rules of the little YAML that is written: maps, two levels down, with single quotes."""
    for document in text.split("---\n")[1:]:
        rule, section = {}, None
        for line in document.splitlines():
            key, _, value = line.strip().partition(": ")
            if value.startswith("'"):
                assert value.endswith("'") and len(value) > 1, line
                value = value[1:-1].replace("''", "'")
            if line.startswith("    ") and section is not None:
                rule.setdefault(section, {})[key.rstrip(":")] = value
            elif not line.startswith(" "):
                section = key.rstrip(":")
                rule.setdefault(section, value or {})
        yield rule


SIGMA_FIELDS = {"TargetFilename": {"file_write"}, "TargetObject": {"key_write"},
                "CommandLine": {"command"}, "Image": {"process"}, "QueryName": {"domain"},
                "mutex": {"mutex"}}


def sigma_part(rule):
    selection = {field.removesuffix("|re|i"): re.compile(text, re.I)
                 for field, text in rule["detection"].items() if field.endswith("|re|i")}
    if len(selection) == 2:
        kind = "started" if "ParentImage" in selection else "access"
        one, other = selection.values()
        return {kind}, type("Both", (), {"search": staticmethod(
            lambda text: all(e.search(t) for e, t in zip((one, other), text.split("|"))))})
    (field, expression), = selection.items()
    return SIGMA_FIELDS[field], expression


def sigma_rules_match_the_same(folder):
    samples, indicators, matched = made(folder)
    text = exported(folder, "sigma")
    rules = list(sigma_rules(text))
    try:
        import yaml
        assert len(list(yaml.safe_load_all(text))) == len(rules)
    except ImportError:
        pass
    ids, parts = set(), {}
    for rule in rules:
        assert rule["title"] and re.fullmatch(UUID, rule["id"]) and rule["level"] == "high"
        assert rule["id"] not in ids
        ids.add(rule["id"])
        if "correlation" in rule:
            continue
        name = rule["name"].removeprefix("hinomi_").split("_")[0]
        parts.setdefault(name, []).append(sigma_part(rule))
    assert set(parts) == {indicator["id"] for indicator in indicators}
    found = {(name, path.name) for name, both in parts.items() for path, things in samples.items()
             if covered(both, things)}
    assert found == matched, found ^ matched


def openioc_is_well_formed(folder):
    _, indicators, _ = made(folder)
    space = "{http://openioc.org/schemas/OpenIOC_1.1}"
    top = xml.fromstring(exported(folder, "openioc"))
    outer = top.find(f"{space}criteria/{space}Indicator")
    items = list(top.iter(f"{space}IndicatorItem"))
    assert outer.get("operator") == "OR"
    known = [i for i in indicators
             if all(p["kind"] not in ("access", "started") for p in i["parts"])]
    assert {item.find(f"{space}Content").text for item in items} == \
        {part["regex"] for indicator in known for part in indicator["parts"]}
    assert len({item.get("id") for item in items}) == len(items)


def sandbox_reports_are_read_whole(folder):
    path = DATA / "malware" / "behav_cape_summaries.jsonl.gz"
    if not path.exists():
        return "the reports are not there"
    with gzip.open(path, "rt") as reports:
        kept = [json.loads(line) for line in reports]
    # Each report's texts are found again by an indicator that is nothing but one of them.
    sought = {"key": "keys", "file": "files", "mutex": "mutexes", "command": "executed_commands"}
    with open(folder / "set", "w", encoding="utf-8") as out:
        for row, report in enumerate(kept):
            for kind, field in sought.items():
                texts = [text for text in report["summary"][field] if 4 < len(text) < 500]
                for text in texts[:1] + texts[-1:]:
                    mask = "".join(c.lower() if c.isascii() else c for c in text)
                    out.write(json.dumps({"id": f"{row}", "family": "x", "parts": [
                        {"kind": kind, "level": "literal", "mask": mask.replace("<", "<<")}]},
                        ensure_ascii=False) + "\n")
    hits = {(hit["indicator"], hit["row"])
            for hit in lines(run("ioc", "match", "--iocs", folder / "set", "--json", path))}
    spoken = {str(row) for row, report in enumerate(kept)
              if any(4 < len(t) < 500 for field in sought.values() for t in report["summary"][field])}
    assert len(kept) == 16 and spoken == {name for name, row in hits if name == str(row)}


def a_log(path, user="a", implants=(0, 1)):
    """Implants of one kind among forty office programs, as Elastic Common Schema."""
    def event(second, entity, executable, action, **more):
        return json.dumps({
            "@timestamp": f"2024-05-08T00:{second // 60:02}:{second % 60:02}Z",
            "host": {"name": "pc1"}, "event": {"category": [more.pop("category", "process")],
                                               "action": action},
            "process": {"entity_id": entity, "executable": executable, **more.pop("process", {})},
            **more}) + "\n"
    with open(path, "w", encoding="utf-8") as out:
        for i in range(40):
            out.write(event(i, f"office{i}", rf"C:\Office\tool{i % 5}.exe", "start"))
            out.write(event(i, f"office{i}", rf"C:\Office\tool{i % 5}.exe", "creation",
                            category="file", file={"path": rf"C:\Users\a\Documents\{i}.docx"}))
        for i in implants:
            exe = rf"C:\Users\{user}\Downloads\pay{i}load.exe"
            out.write(event(100 + i, f"implant{i}", exe, "start"))
            out.write(event(110 + i, f"implant{i}", exe, "creation", category="file",
                            file={"path": rf"C:\ProgramData\drop\core{i}.bin"}))


def a_case_becomes_a_hunt(folder):
    """What one case's process did is looked for on another host, under another user."""
    a_log(folder / "log.ndjson", implants=(0,))
    a_log(folder / "other.ndjson", user="b", implants=(0, 5))
    for log, data in (("log", "data"), ("other", "past")):
        done = run("ingest", folder / f"{log}.ndjson", "--data", folder / data)
        assert done.returncode == 0, done.stderr
    with sqlite3.connect(folder / "data" / "state.db") as state:  # an analyst's case of one process
        state.execute("INSERT OR REPLACE INTO cases(id, level, status) VALUES(77, 3, 'open')")
        state.execute("INSERT INTO findings(seq, id, process_entity_id, case_id, score)"
                      " VALUES(7777, 'f7777', 'implant0', 77, 1)")
    done = run("ioc", "make", "--case", "77", "--data", folder / "data", "-o", folder / "set")
    assert done.returncode == 0, done.stderr
    hits = lines(run("ioc", "match", "--iocs", folder / "set", "--data", folder / "past", "--json"))
    assert {hit["process"] for hit in hits} == {"implant0"}, hits
    assert all(hit["host"] == "pc1" and hit["family"] == "case-77" for hit in hits)
    done = run("ioc", "make", "--case", "99", "--data", folder / "data")
    assert done.returncode == 1 and b"no case 99" in done.stderr


def labelled_processes_are_tried_fold_by_fold(folder):
    (folder / "logs").mkdir()
    for i in range(10):
        a_log(folder / "logs" / f"{i}.ndjson")
        text = (folder / "logs" / f"{i}.ndjson").read_text()
        (folder / "logs" / f"{i}.ndjson").write_text(
            re.sub(r"(implant|office)(\d+)", rf"\g<1>{i}-\2", text))
    (folder / "labels").write_text("".join(
        f"implant{i}-{k}\tpayload\n" for i in range(10) for k in range(2)))
    told, = lines(run("ioc", "eval", "--events", folder / "logs", "--labels", folder / "labels",
                      "--predictions", folder / "rows", "--json"))
    assert told["samples"] == 20 and told["tpr"] == 1 and told["spared"] == 400 and told["fpr"] == 0
    rows = [json.loads(line) for line in (folder / "rows").read_text().splitlines()]
    assert len(rows) == 420 and sum(row["truth"] == row["predicted"] for row in rows) == 420


main([the_text_book_case, yara_matches_the_same, stix_keeps_to_the_specification, osquery_sql_runs,
      sigma_rules_match_the_same, openioc_is_well_formed, sandbox_reports_are_read_whole,
      a_case_becomes_a_hunt, labelled_processes_are_tried_fold_by_fold])
