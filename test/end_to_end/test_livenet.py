"""hinomi livenet, from outside: captures, logs, exporters, and what it stores."""
import gzip
import json
import signal
import socket
import sqlite3
import struct
import subprocess
import time

from tap import HINOMI, main, run

SECONDS = 1700000000


def udp_frame(source, destination, port, payload):
    udp = struct.pack(">HHHH", 4000, port, 8 + len(payload), 0) + payload
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                       socket.inet_aton(source), socket.inet_aton(destination))
    return b"\0" * 12 + b"\x08\0" + head + udp


def pcap(frames):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for second, frame in frames:
        out += struct.pack("<IIII", second, 0, len(frame), len(frame)) + frame
    return out


def netflow_5(second, flows, one_of=0):
    out = struct.pack(">HHIII6xH", 5, len(flows), 60000, second, 0, one_of)
    for source, destination, port, packets, octets in flows:
        out += struct.pack(">4s4s8xIIIIHHxBB9x", socket.inet_aton(source),
                           socket.inet_aton(destination), packets, octets, 50000, 60000, 40000,
                           port, 0x18, 6)
    return out


def stored(data, query):
    with sqlite3.connect(data / "darknet.db") as database:
        return database.execute(query).fetchall()


DNS = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1"
FLOWS = [("10.1.0.5", "10.2.0.9", 445, 10, 9000), ("10.1.0.5", "198.51.100.7", 443, 3, 180)]


def reports_and_stores_a_capture_once(folder):
    path, data = folder / "a.pcap", folder / "store"
    path.write_bytes(pcap([(SECONDS + i, udp_frame("10.1.0.5", "8.8.8.8", 53, DNS))
                           for i in (0, 1, 700)]))
    result = run("livenet", "report", path, "--data", data, "--json", "--inside", "10.1.0.0/16")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 0, result.stderr
    services = [record for record in records if record["record"] == "service"]
    assert len(services) == 1 and services[0]["packets"] == 3, services
    assert services[0]["name"].startswith("DNS") and services[0]["name"].endswith(" udp/53")
    query = ("SELECT start, length, protocol, destination_port, packets, unit, internal"
             " FROM livenet_flows ORDER BY 1")
    length = 600 * 10**9
    start = SECONDS * 10**9 // length * length
    later = (SECONDS + 700) * 10**9 // length * length
    expected = [(start, length, "udp", 53, 2, "10.1.0.0/16", 0),
                (later, length, "udp", 53, 1, "10.1.0.0/16", 0)]
    assert stored(data, query) == expected, stored(data, query)
    run("livenet", "report", path, "--data", data, "--inside", "10.1.0.0/16")
    assert stored(data, query) == expected, "reading again changed the rows"


def turns_netflow_in_a_capture_into_events(folder):
    path = folder / "exports.pcap"
    frame = udp_frame("10.9.9.9", "10.9.9.1", 2055, netflow_5(SECONDS, FLOWS))
    path.write_bytes(pcap([(SECONDS, frame)]))
    result = run("livenet", "flows", path, "--exports")
    flows = [json.loads(line) for line in result.stdout.splitlines()]
    told = [(flow["host"]["name"], flow["destination"]["ip"], flow["network"]["bytes"])
            for flow in flows]
    assert result.returncode == 0, result.stderr
    assert told == [("10.1.0.5", "10.2.0.9", 9000), ("10.1.0.5", "198.51.100.7", 180)], told
    ingested = run("ingest", "-", "--json", "--data", folder / "store", input=result.stdout)
    total = [json.loads(line) for line in ingested.stdout.splitlines()][-1]
    assert ingested.returncode == 0 and total["kept"] == 2, ingested.stdout


def scales_up_what_an_exporter_sampled(folder):
    path, data = folder / "sampled.pcap", folder / "store"
    path.write_bytes(pcap([(SECONDS, udp_frame("10.9.9.9", "10.9.9.1", 2055,
                                               netflow_5(SECONDS, FLOWS, 0x4000 | 512)))]))
    result = run("livenet", "report", path, "--exports", "--data", data, "--json")
    total = json.loads(result.stdout.splitlines()[0])
    assert result.returncode == 0 and total["export_scaled"] == 2, result
    assert (total["packets"], total["bytes"]) == (13 * 512, 9180 * 512), total
    assert stored(data, "SELECT sum(packets), sum(bytes) FROM livenet_flows") == [
        (13 * 512, 9180 * 512)]


def reads_logs_and_names_what_it_cannot(folder):
    logs, data = folder / "logs", folder / "store"
    logs.mkdir()
    (logs / "conn.log").write_text(
        "#separator \\x09\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto"
        "\tservice\torig_pkts\tresp_pkts\torig_ip_bytes\tresp_ip_bytes\n"
        f"{SECONDS}.5\t10.1.0.5\t4000\t10.2.0.9\t22\ttcp\tssh\t5\t6\t500\t600\n"
        f"{SECONDS}.6\t10.1.0.5\t4000\tnobody\t22\ttcp\tssh\t5\t6\t500\t600\n")
    (logs / "readme.txt").write_text("this is neither one nor the other, by far\n")
    result = run("livenet", "report", logs, "--data", data)
    assert result.returncode == 1, "a file that cannot be read is a failure"
    assert b"readme.txt" in result.stderr and b"1 of 2 records" in result.stderr, result.stderr
    query = "SELECT application, flows, packets, bytes, internal FROM livenet_flows"
    assert stored(data, query) == [("ssh", 1, 11, 1100, 1)], stored(data, query)


def tells_what_comes_by_standard_input_by_its_content(folder):
    log = ("#separator \\x09\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto"
           "\tservice\torig_pkts\tresp_pkts\torig_ip_bytes\tresp_ip_bytes\n"
           f"{SECONDS}.5\t10.1.0.5\t4000\t10.2.0.9\t22\ttcp\tssh\t5\t6\t500\t600\n").encode()
    capture = pcap([(SECONDS, udp_frame("10.1.0.5", "8.8.8.8", 53, DNS))])
    for content, packets in ((log, 11), (capture, 1)):
        for packed in (content, gzip.compress(content)):
            path = folder / "input"
            path.write_bytes(packed)
            with open(path, "rb") as file:
                results = [run("livenet", "report", "-", "--json", input=packed), # a pipe
                           run("livenet", "report", "-", "--json", stdin=file)]
            for result in results:
                assert result.returncode == 0, result.stderr
                assert json.loads(result.stdout.splitlines()[0])["packets"] == packets, result
    for nonsense in (b"", b"neither one nor the other\n" * 9):
        assert run("livenet", "report", "-", input=nonsense).returncode == 1, nonsense


def free_port():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        probe.bind(("::1", 0))
        return probe.getsockname()[1]


def listens_to_exporters(folder):
    data, port = folder / "store", free_port()
    process = subprocess.Popen([HINOMI, "livenet", "watch", "--collect", str(port), "--data",
                                str(data), "--for", "60s"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    listening = f":{port:04X} "
    for _ in range(400):
        with open("/proc/net/udp6", encoding="ascii") as sockets:
            if listening in sockets.read():
                break
        time.sleep(0.05)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
        sender.sendto(netflow_5(SECONDS, FLOWS), ("::1", port))
        sender.sendto(b"nonsense", ("::1", port))
        time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0 and b"2 datagrams, 2 flows, 1 broken" in errors, errors
    query = "SELECT count(*), sum(bytes) FROM livenet_flows"
    assert stored(data, query) == [(2, 9180)], stored(data, query)


def says_how_it_is_used(folder):
    path = folder / "nothing"
    for arguments in (["watch"], ["report"], ["report", path, "--inside", "nonsense"],
                      ["nonsense"], []):
        assert run("livenet", *arguments).returncode == 2, arguments
    for verb in ("report", "flows", "watch"):
        help_text = run("livenet", verb, "--help")
        assert help_text.returncode == 0, verb
        assert b"hinomi livenet " + verb.encode() in help_text.stdout, verb
    assert run("livenet", "report", path).returncode == 1


main([reports_and_stores_a_capture_once, turns_netflow_in_a_capture_into_events,
      scales_up_what_an_exporter_sampled, reads_logs_and_names_what_it_cannot,
      tells_what_comes_by_standard_input_by_its_content, listens_to_exporters,
      says_how_it_is_used])
