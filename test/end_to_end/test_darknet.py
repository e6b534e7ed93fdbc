"""The telescope held to its promises: features against a second reckoning, and the laws."""
import collections
import json
import math
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import time

import tap

PREFIX, NETWORK, ADDRESSES = "198.18.0.0/20", 0xC6120000, 4096
SERVICES = {17, 19, 53, 69, 111, 123, 137, 161, 389, 443, 500, 520, 1900, 3478, 5060, 5353, 11211,
            27015}


def packets(path):
    """What the capture holds, read by another hand: IPv4 in Ethernet, little-endian nanoseconds."""
    data = path.read_bytes()
    magic, = struct.unpack_from("<I", data)
    scale, at = {0xA1B23C4D: 1, 0xA1B2C3D4: 1000}[magic], 24
    link, = struct.unpack_from("<I", data, 20)
    start = {1: 14, 101: 0}[link]
    while at < len(data):
        seconds, part, captured = struct.unpack_from("<III", data, at)
        yield seconds * 10**9 + part * scale, data[at + 16 + start:at + 16 + captured]
        at += 16 + captured


class Source:
    def __init__(self):
        self.times, self.payloads, self.places = [], [], []
        self.bytes = 0
        self.protocols = set()
        self.sports, self.dports, self.dsts = (collections.Counter() for _ in range(3))

    def see(self, moment, ip):
        header = (ip[0] & 15) * 4
        length, protocol = struct.unpack_from(">H", ip, 2)[0], ip[9]
        fragment = struct.unpack_from(">H", ip, 6)[0] & 0x1FFF
        place = struct.unpack_from(">I", ip, 16)[0] - NETWORK
        body, payload = ip[header:], length - header
        kind = {6: "tcp", 17: "udp", 1: "icmp"}.get(protocol, "other")
        if fragment == 0 and kind in ("tcp", "udp"):
            sport, dport = struct.unpack_from(">HH", body)
            self.sports[kind, sport] += 1
            self.dports[kind, dport] += 1
            payload -= (body[12] >> 4) * 4 if kind == "tcp" else 8
        elif fragment == 0 and kind == "icmp":
            payload -= 8
        self.times.append(moment)
        self.payloads.append(payload)
        self.places.append(place)
        self.dsts[place] += 1
        self.bytes += length
        self.protocols.add(kind)

    def features(self):
        gaps = [(b - a) * 1e-9 for a, b in zip(self.times, self.times[1:])] or [0]
        spans = [abs(b - a) for a, b in zip(self.places, self.places[1:])] or [0]
        told = {"packets": len(self.times), "bytes": self.bytes, "protocols": len(self.protocols),
                "coverage": len(self.dsts) / ADDRESSES}
        for name, counts in (("source_port", self.sports), ("destination", self.dsts),
                             ("destination_port", self.dports)):
            told[name + "s"] = len(counts)
            told[name + "_packets_mean"], told[name + "_packets_deviation"] = moments(
                list(counts.values()) or [0])
        for name, values in (("interval", gaps), ("payload", self.payloads), ("span", spans)):
            told[name + "_mean"], told[name + "_deviation"] = moments(values)
        return told


def moments(values):
    mean = sum(values) / len(values)
    return mean, math.sqrt(sum((v - mean) ** 2 for v in values) / len(values))


def reckon(path):
    sources = collections.defaultdict(Source)
    for moment, ip in packets(path):
        if NETWORK <= struct.unpack_from(">I", ip, 16)[0] < NETWORK + ADDRESSES:
            sources[".".join(str(octet) for octet in ip[12:16])].see(moment, ip)
    return sources


def trace(folder, name, *arguments):
    path = pathlib.Path(folder) / name
    done = tap.run("lab", "darknet", "-o", path, "--prefix", PREFIX, *arguments)
    assert done.returncode == 0, done.stderr
    return path


def told(*arguments):
    done = tap.run("darknet", *arguments)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def near(a, b):
    # %.6g is what is printed; deviations of equal values may differ from 0 by rounding.
    return abs(a - b) <= 2e-5 * max(abs(a), abs(b)) + 2e-4


def test_features_are_those_of_a_second_reckoning(folder):
    path = trace(folder, "a.pcap", "--packets", 60000, "--hours", 3, "--seed", 5)
    lines = [json.loads(line) for line in
             told("sources", path, "--prefix", PREFIX, "--json").splitlines()]
    expected = reckon(path)
    assert {line["source_ip"] for line in lines} == set(expected)
    keys = [tuple(int(octet) for octet in line["source_ip"].split(".")) for line in lines]
    assert keys == sorted(keys), "not in the order of addresses"
    for line in lines:
        for name, value in expected[line["source_ip"]].features().items():
            assert near(line[name], value), (line["source_ip"], name, line[name], value)
    assert max(line["destinations"] for line in lines) > 1000


def test_sources_are_listed_again_from_the_store(folder):
    path = trace(folder, "kept.pcap", "--packets", 40000, "--hours", 1, "--seed", 6)
    whole = [json.loads(line) for line in
             told("sources", path, "--prefix", PREFIX, "--json").splitlines()]
    told("report", path, "--prefix", PREFIX, "--data", folder / "kept", "--window", "1h", "--json")
    kept = [json.loads(line) for line in
            told("sources", "--data", folder / "kept", "--json").splitlines()]
    assert [one["packets"] for one in kept] == sorted((one["packets"] for one in whole),
                                                      reverse=True)
    of = {one["source_ip"]: one for one in kept}
    assert len(of) == len(whole) > 1000
    for one in whole:  # one window of the store is all of the capture
        for key in ("first", "last", "bytes", "packets", "source_port", "destination_port"):
            assert of[one["source_ip"]][key] == one[key], (key, one)
        assert near(of[one["source_ip"]]["features"]["span_mean"], one["span_mean"])
    table = told("sources", "--data", folder / "kept", "--top", 5).decode().splitlines()
    assert len(table) == 7 and table[1].split()[0] == kept[0]["source_ip"], table
    for wrong in (["--window", "10m"], ["--prefix", PREFIX], [path]):
        assert tap.run("darknet", "sources", "--data", folder / "kept", *wrong).returncode == 2
    assert tap.run("darknet", "sources", "--data", folder / "none").returncode == 1


def test_ports_of_the_ranking_are_counted_right(folder):
    path = trace(folder, "a.pcap", "--packets", 60000, "--hours", 3, "--seed", 5)
    ports, total = collections.Counter(), 0
    for source in reckon(path).values():
        total += len(source.times)
        for (kind, port), count in source.dports.items():
            ports[f"{kind}/{port}"] += count
    lines = [json.loads(line) for line in
             told("report", path, "--prefix", PREFIX, "--json").splitlines()]
    ranked = {line["port"]: line for line in lines if line["record"] == "port"}
    whole, = (line for line in lines if line["record"] == "total")
    assert whole["packets"] == total
    assert len(ranked) == 30
    for name, line in ranked.items():
        assert line["packets"] + line["investigation_packets"] == ports[name], name


def test_threads_change_nothing(folder):
    path = trace(folder, "b.pcap", "--packets", 80000, "--hours", 2, "--seed", 6)
    for verb in (["report"], ["sources"], ["sources", "--window", "10m"]):
        one, *others = (told(*verb, path, "--prefix", PREFIX, "--json", "--threads", n)
                        for n in (1, 2, 3, 16))
        assert len(one.splitlines()) > 40
        assert all(other == one for other in others), verb
    stores = []
    for threads in (1, 2, 5):
        data = folder / f"stored-{threads}"
        told("report", path, "--prefix", PREFIX, "--data", data, "--threads", threads)
        with sqlite3.connect(data / "darknet.db") as store:
            stores.append(list(store.iterdump()))
    assert stores.count(stores[0]) == 3 and len(stores[0]) > 1000, "threads changed what is stored"


def test_cut_files_are_one_capture(folder):
    path = trace(folder, "c.pcap", "--packets", 40000, "--hours", 2, "--seed", 8)
    data, at, cuts = path.read_bytes(), 24, [24]
    while at < len(data):
        at += 16 + struct.unpack_from("<I", data, at + 8)[0]
        cuts.append(at)
    draw = random.Random(1)
    places = sorted([cuts[0], cuts[-1], *draw.sample(cuts[1:-1], 6)])
    parts = pathlib.Path(folder) / "parts"
    parts.mkdir(exist_ok=True)
    for number, (begin, end) in enumerate(zip(places, places[1:])):
        (parts / f"{number}.pcap").write_bytes(data[:24] + data[begin:end])
    whole = told("sources", path, "--prefix", PREFIX, "--json", "--window", "10m")
    assert told("sources", parts, "--prefix", PREFIX, "--json", "--window", "10m") == whole


def test_excluded_addresses_are_left_out(folder):
    path = trace(folder, "d.pcap", "--packets", 20000, "--hours", 1, "--seed", 9)
    lines = [json.loads(line) for line in
             told("report", path, "--prefix", PREFIX, "--exclude", "198.18.0.0/21",
                  "--json").splitlines()]
    total, = (line for line in lines if line["record"] == "total")
    inside = sum(1 for _, ip in packets(path)
                 if NETWORK + 2048 <= struct.unpack_from(">I", ip, 16)[0] < NETWORK + ADDRESSES)
    assert total["packets"] == inside > 1000
    assert total["addresses"] == 2048
    assert total["packets"] + total["excluded"] == total["records"] - total["refused"]


def database(data):
    with sqlite3.connect(pathlib.Path(data) / "darknet.db") as store:
        return {table: store.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4").fetchall()
                for table in ("darknet_windows", "darknet_count_blocks", "darknet_sources")}


def test_killed_and_read_again_is_the_same(folder):
    path = trace(folder, "e.pcap", "--packets", 400000, "--hours", 48, "--seed", 10)
    once = pathlib.Path(folder) / "once"
    told("report", path, "--prefix", PREFIX, "--data", once, "--json")
    expected = database(once)
    assert len(expected["darknet_windows"]) > 288
    assert len(expected["darknet_count_blocks"]) > 5 * 288
    assert len(expected["darknet_sources"]) > 100
    torn = pathlib.Path(folder) / "torn"
    for _ in range(3):
        child = subprocess.Popen([tap.HINOMI, "darknet", "report", str(path), "--prefix", PREFIX,
                                  "--data", str(torn), "--json"], stdout=subprocess.PIPE)
        for _ in range(60):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.communicate()
    told("report", path, "--prefix", PREFIX, "--data", torn, "--json", "--threads", 1)
    assert database(torn) == expected


def test_hunt_reaches_the_observatory(folder):
    path = trace(folder, "g.pcap", "--packets", 20000, "--hours", 2, "--seed", 12)
    data = pathlib.Path(folder) / "data"
    told("report", path, "--prefix", PREFIX, "--data", data, "--json")
    done = tap.run("hunt", "--json", "--data", data,
                   "SELECT sum(packets) AS packets FROM darknet_windows WHERE length = 600000000000")
    inside = sum(len(source.times) for source in reckon(path).values())
    assert json.loads(done.stdout)["packets"] == inside, done
    done = tap.run("hunt", "--json", "--data", data, "SELECT * FROM darknet_sources")
    assert len(done.stdout.splitlines()) == len(reckon(path))
    assert tap.run("hunt", "--data", data, "DELETE FROM darknet_sources").returncode != 0
    done = tap.run("hunt", "--json", "--data", data,
                   "SELECT kind, sum(packets) AS packets FROM darknet_counts"
                   " WHERE length = 600000000000 AND kind IN ('class', 'prefix') GROUP BY kind")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"kind": "class", "packets": inside}, {"kind": "prefix", "packets": inside}], done


def test_a_damaged_file_is_said(folder):
    path = trace(folder, "f.pcap", "--packets", 5000, "--hours", 1, "--seed", 11)
    path.write_bytes(path.read_bytes()[:-7])
    done = tap.run("darknet", "report", path, "--prefix", PREFIX, "--json")
    assert done.returncode == 1 and b"f.pcap" in done.stderr
    assert any(json.loads(line)["record"] == "total" for line in done.stdout.splitlines())


class Wire:
    """A pair of virtual interfaces; None from make() where there is none to be had."""

    @classmethod
    def make(cls):
        self = cls()
        self.ends = [f"hin{os.getpid() % 100000}{end}" for end in "cd"]
        made = subprocess.run(["ip", "link", "add", self.ends[0], "type", "veth", "peer", "name",
                               self.ends[1]], capture_output=True, check=False)
        return None if made.returncode else self

    def __enter__(self):
        for end in self.ends:
            subprocess.run(["ip", "link", "set", end, "up"], check=True)
        return self

    def __exit__(self, *error):
        subprocess.run(["ip", "link", "del", self.ends[0]], check=False)

    def send(self, frames):
        """At an uneven pace: bursts, pauses longer than a window, one by one."""
        pace = random.Random(3)
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
            wire.bind((self.ends[0], 0))
            for i, frame in enumerate(frames):
                wire.send(frame)
                if i % 100 == 99:
                    time.sleep(pace.choice([0, 0, 0.01, 0.05, 0.3]))
                if i in (1000, 2900):
                    time.sleep(1.3)


def test_live_threads_and_the_file_tell_the_same(folder):
    if os.geteuid() != 0 or not shutil.which("ip"):
        return "needs root and ip, for two ends of a wire"
    wire = Wire.make()
    if not wire:
        return "the kernel makes no pair of interfaces here"
    frames = [bytes(12) + b"\x08\0" + ip for _, ip in packets(
        trace(folder, "sent.pcap", "--packets", 3000, "--hours", 1, "--seed", 9))]
    frames = [frame for frame in frames if len(frame) <= 1514]
    kept, options = folder / "kept.pcap", ["--prefix", PREFIX, "--window", "1s", "--json"]
    with wire:
        watches = [subprocess.Popen(
            [tap.HINOMI, "darknet", "watch", "-i", wire.ends[1], "--filter", "ip and net " + PREFIX,
             "--ring", "32M", "--data", folder / name, *options, *more],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE) for name, more in (
                ("one", ["--write", kept]), ("two", ["--threads", "2"]), ("five", ["--threads", "5"]))]
        assert all(b"listening" in watch.stderr.readline() for watch in watches)
        wire.send(frames)
        time.sleep(0.5)
        said = []
        for watch in watches:
            watch.send_signal(signal.SIGINT)
            said.append(watch.communicate(timeout=30)[0])
            assert watch.returncode == 0
    total = json.loads([line for line in said[0].splitlines() if b'"total"' in line][0])
    assert (total["packets"], total["dropped"], total["late"]) == (len(frames), 0, 0), total
    assert total["windows"] >= 3, total
    assert said[1] == said[0] and said[2] == said[0], "threads changed what is told"
    assert told("report", kept, *options, "--data", folder / "file") == said[0]
    stores = []
    for name in ("one", "two", "five", "file"):
        with sqlite3.connect(folder / name / "darknet.db") as store:
            stores.append(list(store.iterdump()))
    assert stores.count(stores[0]) == 4 and len(stores[0]) > 100, "threads changed what is stored"


def test_wrong_command_lines(folder):
    for arguments in (["report"], ["report", "x.pcap", "--prefix", "198.18.0.0/40"],
                      ["report", "x.pcap", "--exclude", "198.18.0.0/16"],
                      ["sources", "x.pcap", "--memory", "1M"], ["report", "x", "--window", "0s"]):
        assert tap.run("darknet", *arguments).returncode == 2, arguments
    for verb in ("report", "sources"):
        done = tap.run("darknet", verb, "--help")
        assert done.returncode == 0 and b"hinomi darknet " + verb.encode() in done.stdout


tap.main([test for name, test in list(globals().items()) if name.startswith("test_")])
