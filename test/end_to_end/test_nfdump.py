"""Files of nfcapd and nfpcapd, read beside nfdump: flow for flow the same."""
import collections
import csv
import datetime
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tarfile
import time

from tap import main, run

SECONDS = 1700000000
PROTOCOLS = {"ICMP": 1, "TCP": 6, "UDP": 17, "Frag6": 44, "ICMP6": 58}
SHARED = pathlib.Path(os.environ.get("HINOMI_TEST_DATA", pathlib.Path(__file__).parents[2]
                                     / "../shared/data")) / "darknet/flows/slips_dataset.tar.gz"
PACKINGS = {"plain": [], "lzo": ["-z"], "lz4": ["-y"], "bzip2": ["-j"]}


def without_nfdump():
    if not (shutil.which("nfdump") and shutil.which("nfpcapd") and shutil.which("nfcapd")):
        return "nfdump is not installed (apt-get install nfdump)"
    return None


def nfdump(*arguments):
    done = subprocess.run(["nfdump", *map(str, arguments)], capture_output=True, check=True,
                          env={**os.environ, "TZ": "UTC"})
    return done.stdout.decode()


def flows_of_nfdump(path):
    """(start in seconds, ends, protocol, packets, bytes) → how often; then its own totals."""
    told = nfdump("-r", path, "-o", "csv").split("Summary\n")
    table = collections.Counter()
    for row in csv.DictReader(told[0].splitlines()):
        start = datetime.datetime.fromisoformat(row["ts"] + "+00:00").timestamp()
        table[int(start), socket.getaddrinfo(row["sa"], None)[0][4][0], int(row["sp"]),
              socket.getaddrinfo(row["da"], None)[0][4][0], int(row["dp"]),
              PROTOCOLS.get(row["pr"]) or int(row["pr"]),
              int(row["ipkt"]) + int(row["opkt"]), int(row["ibyt"]) + int(row["obyt"])] += 1
    total = next(csv.DictReader(told[1].splitlines()))
    return table, [int(total[name]) for name in ("flows", "packets", "bytes")]


def flows_of_hinomi(path):
    done = run("livenet", "flows", path)
    assert done.returncode == 0 and not done.stderr, done.stderr
    table = collections.Counter()
    for line in done.stdout.splitlines():
        flow = json.loads(line)
        start = datetime.datetime.fromisoformat(flow["@timestamp"].replace("Z", "+00:00"))
        source, destination = flow["source"], flow["destination"]
        table[int(start.timestamp()), source["ip"], source.get("port", 0), destination["ip"],
              destination.get("port", 0), flow["network"]["iana_number"],
              flow["network"]["packets"], flow["network"]["bytes"]] += 1
    return table


def check_same(path):
    theirs, total = flows_of_nfdump(path)
    ours = flows_of_hinomi(path)
    assert sum(theirs.values()) == total[0], path
    assert ours == theirs, (path, ours - theirs, theirs - ours)
    done = run("livenet", "report", path, "--json")
    told = json.loads(done.stdout.splitlines()[0])
    assert [told[name] for name in ("flows", "packets", "bytes")] == total, (path, told, total)
    return total[0]


def capture_make(folder, prefix, seed):
    path = folder / f"{seed}.pcap"
    done = run("lab", "darknet", "-o", path, "--packets", "3000", "--hours", "1", "--seed", seed,
               "--prefix", prefix)
    assert done.returncode == 0, done.stderr
    return path


def reads_what_nfpcapd_writes(folder):
    if without_nfdump():
        return without_nfdump()
    for seed, prefix in ((11, "198.18.0.0/15"), (12, "2001:db8::/32")):
        capture = capture_make(folder, prefix, seed)
        for name in ("plain", "lzo", "lz4"):  # Debian's refuses its -j
            to = folder / f"{seed}-{name}"
            to.mkdir()
            subprocess.run(["nfpcapd", "-t", "900", "-r", capture, "-w", to, *PACKINGS[name]], check=True,
                           capture_output=True, timeout=60)
            counts = [check_same(path) for path in sorted(to.iterdir())]
            assert len(counts) > 2 and sum(counts) > 500, counts
        largest = max(to.iterdir(), key=lambda path: path.stat().st_size)
        nfdump("-r", largest, "-w", folder / "bzip2", "-j")
        check_same(folder / "bzip2")
    return None


def netflow_5(second, flows):
    out = struct.pack(">HHIII8x", 5, len(flows), 60000, second, 0)
    for source, destination, port, packets, octets, protocol in flows:
        out += struct.pack(">4s4s8xIIIIHHxBB9x", socket.inet_aton(source),
                           socket.inet_aton(destination), packets, octets, 50000, 60000, 40000,
                           port, 0x18, protocol)
    return out


def port_free():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def reads_what_nfcapd_collects(folder):
    if without_nfdump():
        return without_nfdump()
    to, port = folder / "collected", port_free()
    to.mkdir()
    collector = subprocess.Popen(["nfcapd", "-w", to, "-b", "127.0.0.1", "-p", str(port), "-y"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        assert collector.poll() is None, "nfcapd did not start"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as exporter:
            for i in range(40):
                flows = [(f"10.1.{i}.{j}", "198.51.100.7", 443 + j, 3 + i, 180 + i * 2**20,
                          6 if j % 2 else 17) for j in range(1, 20)]
                exporter.sendto(netflow_5(SECONDS + i, flows), ("127.0.0.1", port))
                time.sleep(0.01)
        time.sleep(1)
    finally:
        collector.send_signal(signal.SIGTERM)
        collector.wait(timeout=30)
    counts = [check_same(path) for path in sorted(to.iterdir()) if path.name.startswith("nfcapd.")]
    assert sum(counts) == 40 * 19, counts
    return None


def reads_a_file_of_nfdump_1_6(folder):
    if without_nfdump():
        return without_nfdump()
    if not SHARED.exists():
        return "no flow logs beside the sources (HINOMI_TEST_DATA)"
    with tarfile.open(SHARED) as archive:
        member = next(member for member in archive if member.name.endswith(".nfdump"))
        old = folder / "old.nfdump"
        old.write_bytes(archive.extractfile(member).read())
    assert check_same(old) == 4593
    for name, options in PACKINGS.items():
        nfdump("-r", old, "-w", folder / name, *options)
        assert check_same(folder / name) == 4593
    return None


def keeps_the_rest_of_a_damaged_file(folder):
    if without_nfdump():
        return without_nfdump()
    capture = capture_make(folder, "198.18.0.0/15", 13)
    to = folder / "files"
    to.mkdir()
    subprocess.run(["nfpcapd", "-r", capture, "-w", to, "-t", "3600", "-y"], check=True,
                   capture_output=True, timeout=60)
    raw = bytearray(min(to.iterdir()).read_bytes())
    first = 40 + 12 + struct.unpack_from("<I", raw, 44)[0]
    path = folder / "damaged"
    path.write_bytes(raw[:40] + struct.pack("<IIHH", 1, 4, 3, 0) + b"\xff" * 4 + raw[40:first]
                     + raw[first:])
    done = run("livenet", "report", path, "--json")
    assert done.returncode == 1 and b"cannot be unpacked; first at byte 40" in done.stderr, done
    assert json.loads(done.stdout.splitlines()[0])["flows"] == flows_of_nfdump(
        min(to.iterdir()))[1][0]
    path.write_bytes(raw[:first - 1])
    done = run("livenet", "report", path, "--json")
    assert done.returncode == 1 and b"ends within a block" in done.stderr, done
    return None


main([reads_what_nfpcapd_writes, reads_what_nfcapd_collects, reads_a_file_of_nfdump_1_6,
      keeps_the_rest_of_a_damaged_file])
