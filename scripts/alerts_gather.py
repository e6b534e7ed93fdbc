"""What gathering and grouping alerts is measured by; scripts/evaluate-alerts is the way in."""
import base64
import collections
import contextlib
import csv
import json
import lzma
import pathlib
import random
import resource
import sqlite3
import subprocess
import tempfile
import time

NETWORKS = ("fox", "russellmitchell", "shaw", "wardbeck", "wheeler")
GROUPING_PROMISED = 40
GATHERED_A_SECOND_PROMISED = 200000
EVE_ALERTS = 300000
ROUTINE = "false_positive"


def run(options, *arguments):
    """What it printed, and the processor and wall seconds it took."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([options.hinomi, "alerts", *map(str, arguments)], check=True,
                          stdout=subprocess.PIPE, text=True)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [json.loads(line) for line in done.stdout.splitlines()], used, wall


def places(blob):
    """The places of members in a block: LEB128 of the distance to the one before."""
    at = value = shift = 0
    for byte in blob:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            at += value
            yield at
            value = shift = 0


def groups_of(data):
    """Group → the numbers of its alerts."""
    groups = collections.defaultdict(list)
    with contextlib.closing(sqlite3.connect(pathlib.Path(data) / "alerts.db")) as store:
        for group, block, blob in store.execute(
                "SELECT group_id, block, members FROM alert_members ORDER BY group_id, block"):
            groups[group] += [block + at for at in places(blob)]
    return groups


def network_score(options, network, verdicts):
    path = pathlib.Path(options.shared) / "alerts" / f"ait_{network}.csv.xz"
    with lzma.open(path, "rt") as lines:
        labels = [row["time_label"] for row in csv.DictReader(lines)]
    with tempfile.TemporaryDirectory() as data:
        told, used, wall = run(options, "gather", path, "--data", data, "--json")
        groups = groups_of(data)
    members = sorted(number for numbers in groups.values() for number in numbers)
    verdicts.say(f"{network}: {told[0]['alerts']} of {len(labels)} alerts read, each in one group",
                 members == list(range(1, len(labels) + 1)))
    alone, apart, most = set(), set(), set()
    for numbers in groups.values():
        counts = collections.Counter(labels[number - 1] for number in numbers)
        alone |= {label for label in counts if len(counts) == 1}
        apart |= {label for label in counts if not counts[ROUTINE]}
        most |= {label for label, count in counts.items() if count * 2 > len(numbers)}
    phases = set(labels) - {ROUTINE}
    factor = len(labels) / len(groups)
    verdicts.say(f"{network}: {len(groups)} groups, {factor:.1f} to one",
                 factor >= GROUPING_PROMISED)
    verdicts.say(f"{network}: {len(phases)} phases; with a group in which nothing is routine: all but "
                 f"{sorted(phases - apart) or 'none'}; that is theirs by majority: all but "
                 f"{sorted(phases - most) or 'none'}; theirs alone: all but "
                 f"{sorted(phases - alone) or 'none'}", phases <= apart)
    print(f"{network}: {len(labels) / used:,.0f} alerts a processor second, "
          f"{len(labels) / wall:,.0f} a second")


def eve_write(path, count, sources):
    """Alerts as Suricata writes them, with payload and HTTP; the same ones each time."""
    dice = random.Random(7)
    with open(path, "w", encoding="utf-8") as out:
        for number in range(count):
            moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1714557600 + number // 50))
            rule = min(int(dice.expovariate(0.05)), 399)
            url = f"/page/{dice.randrange(5000)}?q={dice.random()}"
            request = f"GET {url} HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: curl/7\r\n\r\n"
            out.write(json.dumps({
                "timestamp": f"{moment}.{number % 50 * 20000:06d}+0000", "flow_id": number,
                "in_iface": "eth0", "event_type": "alert",
                "src_ip": f"10.{dice.randrange(sources) // 250}.2.{dice.randrange(sources) % 250}", "src_port": dice.randrange(1024, 65536),
                "dest_ip": f"198.51.100.{dice.randrange(20)}", "dest_port": 80, "proto": "TCP",
                "alert": {"action": "allowed", "gid": 1, "signature_id": 2000000 + rule, "rev": 1,
                          "signature": f"ET WEB_SERVER rule {rule}", "category": "Web",
                          "severity": 1 + rule % 3},
                "http": {"hostname": "shop.example", "url": url, "http_user_agent": "curl/7",
                         "http_method": "GET", "status": 200, "length": 1000},
                "payload": base64.b64encode(request.encode()).decode(), "app_proto": "http"}) + "\n")


def eve_score(options, sources, name, verdicts):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "eve.json"
        eve_write(path, EVE_ALERTS, sources)
        size = path.stat().st_size
        told, used, wall = run(options, "gather", path, "--data", pathlib.Path(folder) / "data",
                               "--json")
        stored = sum(file.stat().st_size for file in (pathlib.Path(folder) / "data").iterdir())
    assert told[0]["alerts"] == EVE_ALERTS, told
    verdicts.say(f"{name}: {EVE_ALERTS} alerts with payload, {size / EVE_ALERTS:.0f} bytes each, in "
                 f"{told[1]['groups']} groups; {EVE_ALERTS / used:,.0f} a processor second, "
                 f"{EVE_ALERTS / wall:,.0f} a second; {stored / EVE_ALERTS:.0f} bytes each in the "
                 f"store", None if sources > 1000 else EVE_ALERTS / used >= GATHERED_A_SECOND_PROMISED)


def gather_score(options, verdicts):
    for network in NETWORKS:
        network_score(options, network, verdicts)
    eve_score(options, 20, "EVE of 20 sources", verdicts)
    eve_score(options, 60000, "EVE of 60,000 sources", verdicts)


def cptc_score(options, verdicts):
    """Every alert read, and told with a verdict and its class."""
    total = collections.Counter()
    for path in sorted((pathlib.Path(options.shared) / "alerts").glob("sage_*.json.gz")):
        records = int(subprocess.run(f"zcat {path} | grep -c '\"_raw\"'", shell=True, check=True,
                                     stdout=subprocess.PIPE, text=True).stdout)
        told, used, _ = run(options, "judge", "--eve", path, "--json")
        counts = collections.Counter((line["verdict"], line["class"]) for line in told)
        counts = collections.Counter(f"{verdict} {name}" for verdict, name in counts.elements())
        total += counts
        verdicts.say(f"{path.name}: {len(told)} of {records} read", len(told) == records)
        print(f"    {used:.2f} s; " + ", ".join(f"{count} {name}" for name, count
                                               in counts.most_common()))
    print(f"together: {sum(total.values())}; "
          + ", ".join(f"{count} {name}" for name, count in total.most_common()))
