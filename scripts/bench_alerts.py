"""How fast traffic is judged and alerts are gathered; `scripts/bench alerts` is the way in."""
import json
import os
import random
import shutil
import socket
import struct
import tempfile

import alerts_gather

SEGMENT = 1448
KEPT_ALIVE = 10
WORDS = "harbour morning station garden letter winter market bridge silver window".split()
ALERTS = 200000
SERVER = socket.inet_aton("198.51.100.2")


def page_make(dice, number):
    body = f"<!DOCTYPE html><html><head><title>Page {number}</title></head><body>"
    size = 2000 << number % 7
    while len(body) < size:
        words = " ".join(dice.choices(WORDS, k=dice.randrange(5, 45)))
        body += f'<p class="text"><a href="/item/{dice.randrange(9999)}?ref=list">{words}</a></p>\n'
    return (f"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def request_make(number):
    return (f"GET /section/{number % 40}/item?id={number}&page={number % 9}&sort=price HTTP/1.1\r\n"
            "Host: shop.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/115.0\r\n"
            "Accept: text/html,application/xhtml+xml\r\nAccept-Encoding: gzip, deflate\r\n"
            f"Cookie: session={number * 7919:08x}; theme=light\r\n\r\n").encode()


def checksum(header):
    total = sum(struct.unpack(">10H", header))
    total = (total & 0xffff) + (total >> 16)
    return ~((total & 0xffff) + (total >> 16)) & 0xffff


class Capture:
    """A capture of conversations with one server, written as they go."""

    def __init__(self, file):
        self.file, self.clock = file, 1700000000 * 1000000
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))

    def packet(self, line, from_client, flags, data=b""):
        self.clock += 10
        ends = [(line["client"], line["port"]), (SERVER, 80)]
        source, to = ends if from_client else reversed(ends)
        numbers = line["sequence"]
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 1, 0x4000, 64, 6, 0, source[0], to[0])
        ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
        tcp = struct.pack(">HHIIBBHHH", source[1], to[1], numbers[from_client] & 0xffffffff,
                          numbers[not from_client] & 0xffffffff, 0x50, flags, 64240, 0, 0)
        frame = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + tcp + data
        self.file.write(struct.pack("<IIII", *divmod(self.clock, 1000000), len(frame), len(frame)) + frame)
        numbers[from_client] += len(data) + (1 if flags & 3 else 0)

    def say(self, line, from_client, data):
        for number, at in enumerate(range(0, len(data), SEGMENT)):
            self.packet(line, from_client, 0x10, data[at:at + SEGMENT])
            if number % 2:
                self.packet(line, not from_client, 0x10)


def capture_make(path, megabytes):
    """Harmless visits to pages of 2 to 128 KB, ten a connection; the same each time."""
    dice = random.Random(1)
    pages = [page_make(dice, number) for number in range(64)]
    with open(path + ".part", "wb") as file:
        capture, number = Capture(file), 0
        while file.tell() < megabytes * 1000000:
            number += 1
            line = {"client": struct.pack(">I", 0x0a000000 + number // 60000), "port": 1024 + number % 60000,
                    "sequence": {True: number, False: number * 3}}
            capture.packet(line, True, 0x02)
            capture.packet(line, False, 0x12)
            for _ in range(KEPT_ALIVE):
                page = dice.randrange(len(pages))
                capture.say(line, True, request_make(page))
                capture.say(line, False, pages[page])
            capture.packet(line, True, 0x11)
            capture.packet(line, False, 0x11)
    os.rename(path + ".part", path)


def traffic_row(what, size, run, ours):
    rate = size / 1e6 / max(run.processor, 0.001)
    print(f"| {what} | {size / 1e6:,.0f} | {run.seconds:.2f} | {run.processor:.2f} | {rate:,.0f} "
          f"| {run.megabytes:,.0f} | {rate / ours:.2f} |", flush=True)


def measure_traffic(run, build, data, megabytes):
    """Traffic without attacks: the judge beside reading the file, and beside who else reads HTTP."""
    path = os.path.join(data, f"pages-{megabytes}.pcap")
    if not os.path.isfile(path):
        capture_make(path, megabytes)
    size = os.path.getsize(path)
    count = os.path.join(build, "bench", "observe", "count_packets")
    run(count, "blocks", path)  # into the page cache
    judged = run(os.path.join(build, "hinomi"), "alerts", "judge", "--pcap", path, "--json")
    requests = judged.output.count('"verdict":"BENIGN"')
    if requests != judged.output.count("\n") or requests == 0:
        raise SystemExit(f"bench: {requests} of {judged.output.count(chr(10))} visits are harmless")
    ours = size / 1e6 / judged.processor
    print("\n| traffic without attacks | MB | seconds | CPU-s | MB/CPU-s | peak MB | to ours |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    traffic_row(f"alerts judge: {requests:,} requests", size, judged, ours)
    traffic_row("ceiling: read in blocks of 4 MB", size, run(count, "blocks", path), ours)
    traffic_row("ceiling: libpcap counts packets", size, run(count, "libpcap", path), ours)
    with tempfile.TemporaryDirectory() as folder:
        peers = {"suricata": ["-r", path, "-k", "none", "-S", "/dev/null", "-l", folder,
                              "--runmode", "single"],
                 "tshark": ["-r", path, "-Y", "http.request", "-T", "fields", "-e", "http.request.uri"]}
        for name, arguments in peers.items():
            if shutil.which(name):
                traffic_row(name, size, run(shutil.which(name), *arguments), ours)
            else:
                print(f"{name}: not installed, passed over", flush=True)


def measure_attacks(run, build):
    bench = os.path.join(build, "bench", "engine", "bench_engine_judge")
    print("\nattacks of 18 kinds, decoded packets to verdicts:")
    for part, about in (("attacks", "nothing else known of the server"),
                        ("large", "4,000 pages of the server known")):
        print(f"  {about}: {run(bench, part).output.strip()}", flush=True)


def zeek_write(path, count):
    dice = random.Random(7)
    names = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto note msg src dst p".split()
    with open(path, "w", encoding="utf-8") as out:
        out.write("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
                  "#path\tnotice\n#fields\t" + "\t".join(names) + "\n")
        for number in range(count):
            source, to = f"10.0.2.{dice.randrange(20)}", f"198.51.100.{dice.randrange(20)}"
            out.write("\t".join((f"{1714557600 + number / 50:.6f}", f"C{number:x}", source,
                                 str(dice.randrange(1024, 65536)), to, "22", "tcp",
                                 f"SSH::Notice_{dice.randrange(40)}", "it happened again", source, to,
                                 "22")) + "\n")


def csv_write(path, count):
    dice = random.Random(7)
    with open(path, "w", encoding="utf-8") as out:
        out.write("time,name,ip,host,short\n")
        for number in range(count):
            out.write(f"{1714557600 + number // 50},Appliance: rule {dice.randrange(40)} was met,"
                      f"10.0.2.{dice.randrange(20)},host{dice.randrange(9)},A-{dice.randrange(40)}\n")


FIELDS = ("timestamp", "src_ip", "src_port", "dest_ip", "dest_port", "proto")
PYTHON = ("import json, sys\nnames = {}\nfor line in open(sys.argv[1]):\n"
          "    event = json.loads(line)\n"
          f"    row = tuple(event[name] for name in {FIELDS!r})\n"
          "    names[event['alert']['signature'], row[1], row[3]] = row\n")
JQ = "[" + ",".join("." + name for name in FIELDS) + ",.alert.signature]"


def gather_row(what, count, run, ours):
    rate = count / max(run.processor, 0.001)
    print(f"| {what} | {count:,} | {run.seconds:.2f} | {count / run.seconds:,.0f} | {run.processor:.2f} "
          f"| {rate:,.0f} | {run.megabytes:,.0f} | {rate / ours:.2f} |", flush=True)


def measure_gathering(run, build, data):
    """Files of alerts into a store; beside, what only reads the same JSON takes."""
    writers = {"eve.json": lambda path, count: alerts_gather.eve_write(path, count, 20),
               "notice.log": zeek_write, "alerts.csv": csv_write}
    print("\n| alerts gathered and stored | alerts | seconds | alerts/s | CPU-s | alerts/CPU-s | peak MB "
          "| to EVE |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    ours = None
    for name, write in writers.items():
        path = os.path.join(data, name)
        write(path, ALERTS)
        with tempfile.TemporaryDirectory() as store:
            gathered = run(os.path.join(build, "hinomi"), "alerts", "gather", path, "--data", store,
                           "--json")
        told = json.loads(gathered.output.splitlines()[0])["alerts"]
        if told != ALERTS:
            raise SystemExit(f"bench: {told} of {ALERTS} alerts of {name} were read")
        ours = ours or ALERTS / gathered.processor
        gather_row(name, ALERTS, gathered, ours)
    path = os.path.join(data, "eve.json")
    gather_row("eve.json: Python's json, fields kept", ALERTS, run("python3", "-c", PYTHON, path), ours)
    if shutil.which("jq"):
        gather_row("eve.json: jq, fields printed", ALERTS, run("jq", "-c", JQ, path), ours)
    else:
        print("jq: not installed, passed over", flush=True)


def measure(run, build, data, megabytes):
    measure_traffic(run, build, data, megabytes)
    measure_attacks(run, build)
    measure_gathering(run, build, data)
