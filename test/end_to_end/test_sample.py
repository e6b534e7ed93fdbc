"""hinomi sample: what files are and hold, told, stored, kept, and linked; bombs are bounded."""
import bz2
import gzip
import hashlib
import http.client
import io
import json
import lzma
import pathlib
import resource
import stat
import struct
import subprocess
import tarfile
import zipfile
import zlib

import tap

ELF = pathlib.Path(tap.HINOMI).read_bytes()[:65536]  # of our own: begins as an ELF does

RULES = """
rule marked : one two { meta: description = "has the mark" strings: $a = "hinomi-mark" condition: $a }
rule named { condition: filename == "inner.txt" }
"""


def sample(data, *paths, rules=None, more=()):
    """The reports by name, the exit status, and what went to stderr."""
    options = ["--rules", rules] if rules else []
    done = tap.run("sample", "--json", "--data", data, *options, *more, *paths)
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    return {report["name"]: report for report in reports}, done.returncode, done.stderr.decode()


def bounds(report):
    return {item["bound"] for item in report["bounds"]}


def zipped(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def tells_what_files_are(folder):
    (folder / "a.txt").write_bytes(b"hello\n")
    (folder / "empty").write_bytes(b"")
    reports, status, _ = sample(folder / "data", folder / "a.txt", folder / "empty")
    assert status == 0
    top = reports["a.txt"]["files"][0]
    assert (top["sha256"], top["sha1"], top["md5"]) == tuple(
        hashlib.new(kind, b"hello\n").hexdigest() for kind in ("sha256", "sha1", "md5"))
    assert top["type"] == "ASCII text" and top["mime"] == "text/plain", top
    assert reports["empty"]["files"][0]["size"] == 0


def looks_into_archives_in_archives(folder):
    inner = zipped([("inner.txt", b"a hinomi-mark, a hinomi-mark, hinomi-mark"), ("tool", ELF)])
    with tarfile.open(folder / "outer.tar.xz", "w:xz") as archive:
        info = tarfile.TarInfo("deep/inner.zip")
        info.size = len(inner)
        archive.addfile(info, io.BytesIO(inner))
    (folder / "rules.yar").write_text(RULES)
    reports, status, _ = sample(folder / "data", folder / "outer.tar.xz", rules=folder / "rules.yar")
    files = reports["outer.tar.xz"]["files"]
    assert status == 0 and [file["path"] for file in files] == ["outer.tar.xz", "deep/inner.zip", "inner.txt", "tool"]
    assert [file["parent"] for file in files] == [None, 0, 1, 1]
    assert files[3]["sha256"] == hashlib.sha256(ELF).hexdigest() and "ELF" in files[3]["type"]
    matches = {match["rule"]: match for match in files[2]["yara"]["matches"]}
    assert set(matches) == {"marked", "named"}, matches
    assert matches["marked"]["description"] == "has the mark" and matches["marked"]["tags"] == "one two"
    assert matches["marked"]["strings"] == [{"name": "$a", "offset": 2, "places": 3}]


def a_rule_that_does_not_compile_is_named_and_left_out(folder):
    rules = folder / "rules"
    rules.mkdir()
    (rules / "good.yar").write_text(RULES)
    (rules / "bad.yar").write_text("rule x {\n condition: nonsense }")
    (folder / "inner.txt").write_bytes(b"plain")
    reports, status, said = sample(folder / "data", folder / "inner.txt", rules=rules)
    assert status == 0 and "bad.yar, line 2" in said, said
    assert [match["rule"] for match in reports["inner.txt"]["files"][0]["yara"]["matches"]] == ["named"]


def a_model_that_is_none_is_named_and_gone_without(folder):
    models = folder / "models"
    models.mkdir()
    for name in ("packer.model", "apk.model"):
        (models / name).write_bytes(b"nonsense")
    (folder / "a.txt").write_bytes(b"hello")
    reports, status, said = sample(folder / "data", folder / "a.txt", more=["--models", models])
    assert status == 0 and reports["a.txt"]["files"][0]["type"], reports
    assert "packer: the model cannot be read" in said and "apk: the model cannot be read" in said, said


def the_usual_password_opens_and_another_is_told(folder):
    (folder / "secret.txt").write_bytes(b"hinomi-mark")
    for name, password in (("usual.zip", "infected"), ("other.zip", "guess")):
        if subprocess.run(["zip", "-q", "-j", "-P", password, folder / name, folder / "secret.txt"]).returncode:
            return "no zip"
    reports, status, _ = sample(folder / "data", folder / "usual.zip", folder / "other.zip")
    assert status == 0
    usual, other = reports["usual.zip"], reports["other.zip"]
    assert usual["files"][0]["archive"]["password"] and not usual["bounds"]
    assert usual["files"][1]["sha256"] == hashlib.sha256(b"hinomi-mark").hexdigest()
    assert bounds(other) == {"encrypted"} and other["files"][1]["locked"]


def names_that_lead_out_are_only_text(folder):
    with tarfile.open(folder / "out.tar", "w") as archive:
        for name, link in ((f"../../{folder.name}-evil", None), ("/etc/passwd", None), ("link", "/etc/shadow"), ("fine", None)):
            info = tarfile.TarInfo(name)
            if link:
                info.type, info.linkname = tarfile.SYMTYPE, link
                archive.addfile(info)
            else:
                info.size = 4
                archive.addfile(info, io.BytesIO(b"evil"))
    reports, status, _ = sample(folder / "data", folder / "out.tar")
    files = reports["out.tar"]["files"][1:]
    assert status == 0 and not list(folder.parent.glob("*-evil")) + list(folder.parent.parent.glob("*-evil"))
    assert [file["outside"] for file in files] == [True, True, False, False]
    assert [file["link"] for file in files] == [False, False, True, False]


# ---- bombs -----------------------------------------------------------------------------------

def overlapping(count, size):
    """A ZIP whose entries all end in one kernel: each quotes the header of the next in a stored block
    (D. Fifield, A better zip bomb, 2019)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(size)) + packer.flush()
    plain, parts, entries = bytes(size), [packed], []
    for number in reversed(range(count)):
        name = b"%04d" % number
        common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, zlib.crc32(plain), len(packed), len(plain), len(name), 0)
        header = b"PK\x03\x04" + common + name
        entries.append((common, name))
        quote = b"\x00" + struct.pack("<HH", len(header), len(header) ^ 0xFFFF)
        parts[:0] = [quote, header] if number else [header]
        packed, plain = quote + header + packed, header + plain
    body, central = b"".join(parts), b""
    for common, name in reversed(entries):
        place = struct.pack("<HHHII", 0, 0, 0, 0, body.index(common + name) - 4)
        central += b"PK\x01\x02\x14\x00" + common + place + name
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(central), len(body), 0)
    return body + central + end


def nested(depth):
    content = b"the core"
    for level in range(depth):
        content = zipped([(f"{level}.zip", content)], zipfile.ZIP_STORED)
    return content


def bombs_are_bounded(folder):
    same = b"A" * (100 << 20)
    wide = zipped([(f"{i}.bin", same[:40 << 20]) for i in range(2)])
    bombs = {
        "same.gz": (gzip.compress(same, 9), {"ratio", "size"}),
        "same.xz": (lzma.compress(same, preset=0), {"ratio", "size"}),
        "same.bz2": (bz2.compress(same[:20 << 20]), {"ratio"}),
        "overlapping.zip": (overlapping(400, 1 << 18), {"ratio"}),
        "deep.zip": (nested(1000), {"depth"}),
        "nested.zip": (zipped([(f"{i}.zip", wide) for i in range(16)]), {"ratio", "total"}),
        "many.zip": (zipped([(f"{i}", b"") for i in range(20000)], zipfile.ZIP_STORED), {"members", "files"}),
    }
    for name, (content, _) in bombs.items():
        (folder / name).write_bytes(content)
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    reports, status, said = sample(folder / "data", *(folder / name for name in bombs))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert status == 0, said
    for name, (_, met) in bombs.items():
        assert "failed" not in reports[name], reports[name]
        assert met & bounds(reports[name]), (name, bounds(reports[name]))
        assert sum(file["size"] for file in reports[name]["files"][1:]) <= 256 << 20, name
    assert used.ru_utime - began.ru_utime < 60
    assert max(file["depth"] for file in reports["deep.zip"]["files"]) == 8


# ---- what is kept -----------------------------------------------------------------------------

def kept_only_when_told_and_sealed(folder):
    data = folder / "data"
    content = b"hinomi-mark " * 20000
    (folder / "malware.bin").write_bytes(content)
    name = hashlib.sha256(content).hexdigest()
    sample(data, folder / "malware.bin")
    assert not (data / "samples").exists() and not (data / "samples.key").exists()
    assert tap.run("sample", "fetch", name, "--data", data, "-o", folder / "back").returncode == 1
    sample(data, folder / "malware.bin", more=["--keep"])
    sealed = data / "samples" / name
    assert b"hinomi-mark" not in sealed.read_bytes()
    assert stat.S_IMODE((data / "samples.key").stat().st_mode) == 0o600
    assert tap.run("sample", "fetch", name, "--data", data, "-o", folder / "back").returncode == 0
    assert (folder / "back").read_bytes() == content
    changed = bytearray(sealed.read_bytes())
    changed[100000] ^= 1
    sealed.write_bytes(changed)
    refused = tap.run("sample", "fetch", name, "--data", data, "-o", folder / "again")
    assert refused.returncode == 1 and b"changed" in refused.stderr and not (folder / "again").exists()
    (data / "samples.key").chmod(0o644)
    refused = tap.run("sample", "fetch", name, "--data", data, "-o", folder / "again")
    assert refused.returncode == 1 and b"others may read" in refused.stderr


def stored_listed_linked_and_hunted(folder):
    data = folder / "data"
    event = {"@timestamp": "2026-05-01T10:00:00Z", "event": {"action": "ProcessStarted", "category": "process"},
             "host": {"name": "PC-1"}, "process": {"entity_id": "p1", "executable": "C:\\x.exe", "pid": 4,
                                                   "hash": {"sha256": hashlib.sha256(ELF).hexdigest().upper()}}}
    (folder / "events.json").write_text(json.dumps(event) + "\n")
    status, _, total, said = tap.ingest(data, folder / "events.json")
    assert status == 0 and total["kept"] == 1, said
    (folder / "tool").write_bytes(ELF)
    (folder / "pack.zip").write_bytes(zipped([("in/tool", ELF)]))
    sample(data, folder / "tool", folder / "pack.zip", folder / "tool")
    name = hashlib.sha256(ELF).hexdigest()
    listed = [json.loads(line) for line in tap.run("sample", "list", "--json", "--data", data, name).stdout.splitlines()]
    assert sorted((row["name"], row["times"], row["files"]) for row in listed) == [("pack.zip", 1, 2), ("tool", 2, 1)]
    shown = json.loads(tap.run("sample", "show", "--data", data, name).stdout)
    event_link, = shown["links"]["events"]
    assert (event_link["count"], event_link["hosts"]) == (1, ["PC-1"]), event_link
    other, = shown["links"]["samples"]
    assert other["name"] == "pack.zip" and other["path"] == "in/tool"
    hunted = tap.run("hunt", "--json", "--data", data, "SELECT name, type FROM samples ORDER BY name").stdout.splitlines()
    assert [json.loads(line)["name"] for line in hunted] == ["pack.zip", "tool"], hunted


def a_sandbox_report_is_held_against_indicators(folder):
    for kind, mutexes in (("evil", ["Global\\evil-mutex", "common"]), ("good", ["common"])):
        (folder / kind).mkdir()
        for i in range(4):
            behaviour = {"summary": {"mutexes": [*mutexes, f"{kind}{i}"], "files": [f"C:\\{kind}{i}.txt"]}}
            (folder / kind / f"{kind}{i}.json").write_text(json.dumps({"behavior": behaviour}))
    data = folder / "data"
    (data / "models").mkdir(parents=True)
    made = tap.run("ioc", "make", "--malware", folder / "evil", "--benign", folder / "good", "--family", "Evil",
                   "-o", data / "models/indicators.ioc")
    assert made.returncode == 0, made.stderr
    reports, status, said = sample(data, folder / "evil/evil0.json", folder / "good/good0.json")
    assert status == 0, said
    met = reports["evil0.json"]["files"][0]["ioc"]
    assert met and all(item["indicator"]["family"] == "Evil" for item in met), met
    assert any("Global\\evil-mutex" in item["seen"] for item in met), met
    assert reports["good0.json"]["files"][0]["ioc"] == []


def over_the_api_only_the_owner_sends_files(folder):
    data = folder / "data"
    content = ELF * 4  # more than any other request may have
    with subprocess.Popen([tap.HINOMI, "serve", "--data", data, "--listen", "127.0.0.1:0"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().split("//")[1].split("/")[0]
            token = (data / "token").read_text()

            def ask(path, body=None, **headers):
                connection = http.client.HTTPConnection(address, timeout=60)
                try:
                    connection.request("POST" if body is not None else "GET", "/api/" + path, body, headers)
                    answer = connection.getresponse()
                    return answer.status, json.loads(answer.read())
                finally:
                    connection.close()

            mine = {"Authorization": "Bearer " + token}
            assert ask("samples", **mine) == (200, {"total": 0, "samples": []})
            status, told = ask("samples?name=..%2F..%2Fetc%2Ftool", content, **mine)
            assert status == 200 and told["sample"]["name"] == "tool" and told["report"]["size"] == len(content)
            assert ask("samples/" + told["sample"]["sha256"], **mine)[1]["report"] == told["report"]
            assert ask("samples", content)[0] == 401
            assert ask("samples", content, Host="hinomi.example", **mine)[0] == 421
            assert ask("hunt", content, **mine)[0] == 413
            assert ask("samples/nonsense", **mine)[0] == 400 and ask("samples/" + "0" * 64, **mine)[0] == 404
            assert ask("samples", **mine)[1]["total"] == 1
        finally:
            server.terminate()


def the_same_file_is_told_the_same(folder):
    (folder / "pack.zip").write_bytes(zipped([("a", b"one"), ("b", ELF)]))
    first = tap.run("sample", "--json", "--data", folder / "one", folder / "pack.zip").stdout
    again = tap.run("sample", "--json", "--data", folder / "two", folder / "pack.zip").stdout
    assert first and first == again


if __name__ == "__main__":
    tap.main([tells_what_files_are, looks_into_archives_in_archives, a_rule_that_does_not_compile_is_named_and_left_out,
              a_model_that_is_none_is_named_and_gone_without, the_usual_password_opens_and_another_is_told, names_that_lead_out_are_only_text, bombs_are_bounded,
              kept_only_when_told_and_sealed, stored_listed_linked_and_hunted, a_sandbox_report_is_held_against_indicators, over_the_api_only_the_owner_sends_files, the_same_file_is_told_the_same])
