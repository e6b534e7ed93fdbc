"""Attacks against a second reckoning, drift and KDD'99 against counts of their own."""
import collections
import datetime
import gzip
import json
import math
import os
import pathlib
import sqlite3
import struct
import subprocess

import tap

PREFIX, ADDRESSES = "198.18.0.0/16", 65536
SHARED = pathlib.Path(os.environ.get("HINOMI_TEST_DATA", pathlib.Path(__file__).parents[2]
                                     / "../shared/data")) / "darknet"


def lines(*arguments):
    done = tap.run("darknet", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def trace(folder, seed):
    path = folder / "t.pcap"
    done = tap.run("lab", "darknet", "-o", path, "--prefix", PREFIX, "--mix", "backscatter",
                   "--packets", 150000, "--hours", 3, "--seed", seed)
    assert done.returncode == 0, done.stderr
    return path


def frames(path):
    """(ns, IP packet) of a capture in Ethernet with nanoseconds."""
    data, at = path.read_bytes(), 24
    assert struct.unpack_from("<I", data)[0] == 0xA1B23C4D
    while at < len(data):
        seconds, part, captured = struct.unpack_from("<III", data, at)
        yield seconds * 10**9 + part, data[at + 30:at + 16 + captured]
        at += 16 + captured


def answers(path):
    """TCP answers by victim, and the victims some router spoke for as well."""
    times, quoted = collections.defaultdict(list), set()
    for moment, ip in frames(path):
        body = ip[(ip[0] & 15) * 4:]
        if ip[9] == 6 and len(body) >= 20:
            flags = body[13]
            source, asked = struct.unpack_from(">HH", body)
            answers_syn = flags & 0x12 == 0x12 and not flags & 0x01
            if flags & 0x04 or answers_syn or (flags & 0x12 == 0x10 and source < 1024) or \
                    (flags & 0x13 == 0x13 and source < 1024):
                times[ip[12:16]].append((moment, ip[16:20], source,
                                         asked if answers_syn and not flags & 0x04 else None))
        elif ip[9] == 1 and body[0] in (3, 4, 5, 11, 12) and len(body) >= 28:
            quoted.add(body[24:28])
    return times, quoted


def most_in_a_minute(moments):
    slices = collections.Counter(moment // 10**10 for moment in moments)
    return max(sum(slices[last - back] for back in range(6)) for last in slices)


def asks(seen, reached):
    port, packets = collections.Counter(port for *_, port, _ in seen).most_common(1)[0]
    return port >= 1024 and packets > len(seen) / 5 and \
        sum(asked is not None and asked == seen[0][3] for *_, asked in seen) * 2 > len(seen) and \
        reached * 3 > len(seen) * 2


def reckoned(path, rule):
    """{(victim, start): (end, packets, rate)}, kept simple: sort, cut at pauses, ask the rule."""
    times, quoted = answers(path)
    episodes = {}
    for victim, seen in times.items():
        if victim in quoted:
            continue
        moments, runs = [moment for moment, *_ in seen], [[]]
        for moment in sorted(moments):
            if runs[-1] and moment - runs[-1][-1] >= 300 * 10**9:
                runs.append([])
            runs[-1].append(moment)
        reached = len({to for _, to, *_ in seen})
        for run in runs:
            even = ADDRESSES * -math.expm1(-len(run) / 6 / ADDRESSES)
            minute = most_in_a_minute(run)
            enough = len(run) >= 100 and reached >= even / 2 and not asks(seen, reached) if rule == "moore" else len(run) >= 25 and minute >= 30
            if enough and run[-1] - run[0] >= 60 * 10**9:
                name = ".".join(map(str, victim))
                episodes[name, run[0]] = (run[-1], len(run), minute / 60 * 2**32 / ADDRESSES)
    return episodes, {".".join(map(str, victim)) for victim in quoted}


def nanoseconds(text):
    whole, _, part = text.rstrip("Z").partition(".")
    moment = datetime.datetime.fromisoformat(whole + "+00:00")
    return int(moment.timestamp()) * 10**9 + int(part.ljust(9, "0"))


def test_episodes_are_those_of_a_second_reckoning(folder):
    path = trace(folder, 31)
    for rule in ("moore", "rsdos"):
        expected, quoted = reckoned(path, rule)
        told = {(one["victim_ip"], nanoseconds(one["start"])): one
                for one in lines("episodes", path, "--prefix", PREFIX, "--rule", rule)
                if one["protocol"] == "tcp" and one["victim_ip"] not in quoted}
        assert told.keys() == expected.keys(), set(told) ^ set(expected)
        assert len(told) >= 20, len(told)
        for key, (end, packets, rate) in expected.items():
            one = told[key]
            assert nanoseconds(one["end"]) == end and one["packets"] == packets, (key, one)
            assert abs(one["estimated_rate"] - rate) < 1e-4 * rate, (key, one, rate)
            assert one["estimated_low"] < one["estimated_rate"] < one["estimated_high"]


def test_episodes_are_kept_once(folder):
    path = trace(folder, 32)
    for _ in range(2):
        told = lines("episodes", path, "--prefix", PREFIX, "--data", folder / "data")
        with sqlite3.connect(folder / "data" / "darknet.db") as store:
            kept = store.execute("SELECT victim_ip, packets FROM darknet_episodes").fetchall()
        assert sorted(kept) == sorted((one["victim_ip"], one["packets"]) for one in told)
        assert kept


def kept_episodes(data):
    with sqlite3.connect(data / "darknet.db") as store:
        return store.execute("SELECT * FROM darknet_episodes ORDER BY victim_ip, protocol, start")\
            .fetchall()


def test_report_keeps_the_same_episodes(folder):
    path = trace(folder, 33)
    lines("episodes", path, "--prefix", PREFIX, "--data", folder / "one")
    expected = kept_episodes(folder / "one")
    assert len(expected) >= 20, len(expected)
    for threads in (1, 2, 3):
        for _ in range(2):
            lines("report", path, "--prefix", PREFIX, "--data", folder / f"t{threads}",
                  "--threads", threads)
            assert kept_episodes(folder / f"t{threads}") == expected, threads


def test_either_rule_is_followed_and_listed_again(folder):
    path = trace(folder, 34)
    told = {}
    for rule in ("moore", "rsdos"):
        told[rule] = lines("episodes", path, "--prefix", PREFIX, "--rule", rule)
        lines("report", path, "--prefix", PREFIX, "--data", folder / "data", "--rule", rule)
        kept = lines("episodes", "--data", folder / "data", "--rule", rule)
        assert kept == [{key: one[key] for key in kept[0]} for one in told[rule]], rule
    assert told["moore"] and len(told["moore"]) != len(told["rsdos"])
    both = lines("episodes", "--data", folder / "data")
    assert len(both) == len(told["moore"]) + len(told["rsdos"])
    table = tap.run("darknet", "episodes", "--data", folder / "data").stdout.decode().splitlines()
    assert len(table) == len(both) + 2 and table[-1] == f"{len(both)} episodes", table[-1]
    for wrong in (("--rule", "both"), ("--prefix", PREFIX)):
        assert tap.run("darknet", "episodes", "--data", folder / "data", *wrong).returncode == 2
    assert tap.run("darknet", "episodes", "--data", folder / "none").returncode == 1


def test_threads_do_not_wait_for_one_without_packets(folder):
    """More than the blocks in use at once, from one source, over many windows."""
    path = folder / "lone.pcap"
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for number in range(60000):
            tcp = struct.pack(">HHIIBBHHH", 443, 33000, 1, 0, 0x50, 0x12, 1024, 0, 0)
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, 6, 0, bytes((9, 9, 9, 9)),
                             bytes((198, 18, 0, number % 250)))
            file.write(struct.pack("<IIII", 1767571200 + number // 5, 0, 40, 40) + ip + tcp)
    process = subprocess.Popen([tap.HINOMI, "darknet", "report", path, "--prefix", PREFIX,
                                "--threads", "2", "--json"], stdout=subprocess.DEVNULL)
    try:
        assert process.wait(60) == 0
    finally:
        process.kill()


def test_the_picture_is_the_same_every_time(folder):
    log = folder / "log.csv"
    with open(log, "w", encoding="utf-8") as out:
        out.write("datetime,host,src,proto,type,spt,dpt\n")
        for i in range(6000):
            month, day, hour = 3 + i // 3000, 1 + i % 3000 // 150, i % 24
            proto = ("TCP,", "UDP,", "ICMP,3")[i % 3]
            spt, dpt = ("", "") if i % 3 == 2 else (80 if i % 2 else 6000 + i % 7, 23 + i % 5)
            out.write(f"2013-{month:02}-{day:02} {hour:02}:00:00,pot{i % 4},{16909060 + i % 97},"
                      f"{proto},{spt},{dpt}\n")
        out.write("not a line\n2013-04-25 00:00:00,pot,1,TCP,,70000,1\n")
    pictures = []
    for name in ("one", "two"):
        done = tap.run("darknet", "drift", log, "--json", "--data", folder / name, "--points", 80)
        assert done.returncode == 0 and b"2 lines could not be read" in done.stderr, done.stderr
        assert b"line 6002" in done.stderr, done.stderr
        with sqlite3.connect(folder / name / "darknet.db") as store:
            pictures.append(store.execute("SELECT * FROM darknet_drift ORDER BY 1, 2").fetchall())
    assert pictures[0] == pictures[1] and len(pictures[0]) == 160
    assert {row[0] for row in pictures[0]} == {"2013-03", "2013-04"}
    assert len({row[2:4] for row in pictures[0]}) > 100


def test_kdd_counts_every_record(folder):
    if not (SHARED / "kdd").exists():
        return "no KDD'99 beside the sources (HINOMI_TEST_DATA)"
    with gzip.open(SHARED / "kdd/kddcup.data_10_percent.gz", "rt") as table:
        records = list(table)[::25]
    path = folder / "kdd"
    path.write_text("".join(records) + "no record\n", encoding="utf-8")
    done = tap.run("darknet", "kdd", path, "--json")
    assert done.returncode == 0 and b"1 lines" in done.stderr, done.stderr
    told = json.loads(done.stdout)
    normal = [record.rstrip().endswith("normal.") for record in records]
    assert told["records"] == len(records)
    repeated = sum(one == last for one, last in zip(normal, [True] + normal[:-1]))
    for model in ("clustering", "line", "last"):
        assert sum(told[model]["normal"]) == sum(normal)
    last = told["last"]
    kept = last["normal"][0] + sum(sum(last[name][1:]) for name in ("dos", "probe", "r2l", "u2r"))
    assert kept == repeated
    clustering = tap.run("darknet", "kdd", path, "--json", "--shuffled", "--unique")
    unique = json.loads(clustering.stdout)
    assert unique["records"] == len(set(records))
    assert unique["clustering"]["accuracy"] > unique["last"]["accuracy"] + 0.2, unique
    assert unique["clustering"]["false_alarms"] < 0.02, unique


def test_wrong_command_lines(folder):
    for arguments in (["report", "a.pcap", "--rule", "rsdos"], ["episodes", "x", "--rule", "none"],
                      ["drift", "x", "--label", "guess"], ["drift", "x", "--window", "0s"],
                      ["kdd", "a", "b"]):
        assert tap.run("darknet", *arguments).returncode == 2, arguments
    for arguments in (["episodes", folder / "none"], ["drift", folder / "none"],
                      ["kdd", folder / "none"]):
        assert tap.run("darknet", *arguments).returncode == 1, arguments


tap.main([test for name, test in list(globals().items()) if name.startswith("test_")])
