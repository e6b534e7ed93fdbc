"""hinomi darknet synchrony on packets: three quiet days, then hosts in step, then quiet again."""
import json
import pathlib
import random
import sqlite3
import struct
import tempfile

import tap

HISTORY, WINDOW, SAMPLE = 432, 600, 50
START = 1767571200  # 2026-01-05, on a window's edge
QUIET_HOSTS, STEP_HOSTS, PORT = 24, 24, 5555
EVENT = HISTORY + 5


def packet(time, source, port):
    tcp = struct.pack(">HHIIBBHHH", 40000, port, 1, 0, 0x50, 2, 1024, 0, 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, 6, 0, bytes(source),
                     bytes((198, 51, 100, 9)))
    whole, part = divmod(int(time * 1000000), 1000000)
    return struct.pack("<IIII", whole, part, 40, 40) + ip + tcp


def window_packets(number):
    """Hosts that know nothing of each other; in EVENT others that follow one schedule."""
    dice = random.Random(number)
    packets = []
    start = START + number * WINDOW
    for host in range(QUIET_HOSTS):
        for _ in range(dice.randint(1, 6)):
            packets.append((start + dice.random() * WINDOW, (10, host, 1, 1), 23))
    for host in range(STEP_HOSTS if number == EVENT else 0):
        for sample in (1, 4, 5, 9):
            for _ in range(4 + dice.randint(0, 3)):
                at = start + (sample + dice.random()) * SAMPLE
                packets.append((at, (192, host, 7, 7), PORT))
    return sorted(packets)


def capture(path, windows):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for number in windows:
            for each in window_packets(number):
                file.write(packet(*each))
    return path


def synchrony(*arguments):
    done = tap.run("darknet", "synchrony", *arguments, "--prefix", "198.51.100.0/24", "--json")
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def stored(data):
    with sqlite3.connect(pathlib.Path(data) / "darknet.db") as store:
        return store.execute("SELECT * FROM darknet_synchrony ORDER BY start").fetchall()


def main():
    print("1..8")
    number = 0

    def check(good, name, more=""):
        nonlocal number
        number += 1
        print(f"{'ok' if good else 'not ok'} {number} - {name}{'' if good else f' # {more}'}")

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        whole = capture(folder / "whole.pcap", range(HISTORY + 12))
        status, lines = synchrony(whole, "--data", folder / "whole", "--threads", 1)
        check(status == 0 and len(lines) == HISTORY + 12, "every window is told",
              f"{status}, {len(lines)}")
        check(not any(line["alert"] or line["judged"] for line in lines[:HISTORY - 1]),
              "the first three days have no alert")
        event = lines[EVENT]
        check(event["alert"] and event["group_alert"] and event["groups"][0] ==
              {"hosts": STEP_HOSTS, "port": PORT, "port_hosts": STEP_HOSTS},
              "hosts in step are an alert, and known by their port", event["groups"][:2])
        nodes = event["graph"]["nodes"]
        named = {node["name"] for node in nodes if node["group"] == 1}
        check(named == {f"192.{host}.0.0/16" for host in range(STEP_HOSTS)} and
              {port["port"] for port in event["ports"]} == {23, PORT},
              "they are drawn, and the window's ports named", event["ports"])
        again = synchrony(whole, "--threads", 2)[1]
        check(again == lines, "threads change nothing")
        first = capture(folder / "first.pcap", range(HISTORY - 30))
        second = capture(folder / "second.pcap", range(HISTORY - 30, HISTORY + 12))
        for part in (first, second):
            synchrony(part, "--data", folder / "parts")
        check(stored(folder / "parts") == stored(folder / "whole"),
              "two runs over the parts leave what one over the whole does")
        synchrony(whole, "--data", folder / "whole")
        check(stored(folder / "parts") == stored(folder / "whole"),
              "reading again changes nothing")
        tap.run("darknet", "report", whole, "--prefix", "198.51.100.0/24", "--data",
                folder / "report", "--synchrony")
        check(stored(folder / "report") == stored(folder / "whole"),
              "the report stores the same beside its own")


main()
