"""Who the sources are: countries, lists of scanners, and where it all goes."""
import collections
import gzip
import ipaddress
import json
import math
import sqlite3
import struct

import tap

PREFIX = "198.18.0.0/20"
ZONES = {"32.0.0.0/3": ("JP", 64501), "100.0.0.0/6": ("DE", 64502), "128.0.0.0/1": ("US", None)}


def encoded(value):
    """A value of MaxMind's data section."""
    if isinstance(value, dict):
        return bytes([7 << 5 | len(value)]) + b"".join(encoded(k) + encoded(v)
                                                       for k, v in value.items())
    if isinstance(value, str):
        return bytes([2 << 5 | len(value)]) + value.encode()
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(map(encoded, value))
    if isinstance(value, bytes): # a number of the width the format asks for
        return (bytes([8, 9 - 7]) if len(value) == 8 else bytes([5 << 5 | 2])) + value
    return bytes([6 << 5 | 4]) + struct.pack(">I", value)


def short(value):
    return struct.pack(">H", value)


def mmdb_write(path, zones):
    """A database of IPv4 prefixes and their records, in MaxMind's format, of the simplest kind."""
    nodes, data, places = [[None, None]], b"", {}
    for prefix, record in zones.items():
        network = ipaddress.ip_network(prefix)
        places[prefix] = len(data)
        data += encoded(record)
        at = 0
        for depth in range(network.prefixlen):
            bit = int(network.network_address) >> (31 - depth) & 1
            if depth == network.prefixlen - 1:
                nodes[at][bit] = ("data", places[prefix])
            else:
                if nodes[at][bit] is None:
                    nodes.append([None, None])
                    nodes[at][bit] = len(nodes) - 1
                at = nodes[at][bit]
    tree = b""
    for node in nodes:
        for side in node:
            value = (len(nodes) if side is None else side if isinstance(side, int)
                     else len(nodes) + 16 + side[1])
            tree += struct.pack(">I", value)[1:]
    about = {"node_count": len(nodes), "record_size": short(24), "ip_version": short(4),
             "database_type": "test", "languages": ["en"], "binary_format_major_version": short(2),
             "binary_format_minor_version": short(0), "build_epoch": struct.pack(">Q", 1767571200), "description": {"en": "test"}}
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encoded(about))


def trace_make(folder, *more):
    path = folder / "darknet.pcap"
    done = tap.run("lab", "darknet", "-o", path, "--prefix", PREFIX, "--packets", 20000,
                   "--hours", 3, "--seed", 31, *more)
    assert done.returncode == 0, done.stderr
    return path


def rows(path, *more):
    done = tap.run("darknet", "sources", path, "--prefix", PREFIX, "--json", *more)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def sources(path, *more):
    return {row["source_ip"]: row for row in rows(path, *more)}


def zone_of(address):
    for prefix, place in ZONES.items():
        if ipaddress.ip_address(address) in ipaddress.ip_network(prefix):
            return place
    return None, None


def databases(folder):
    """Countries in one file, networks in another, as they are published."""
    countries, systems = folder / "country.mmdb", folder / "asn.mmdb"
    mmdb_write(countries, {p: {"country": {"iso_code": c}} for p, (c, _) in ZONES.items()})
    mmdb_write(systems, {p: {"autonomous_system_number": n}
                         for p, (_, n) in ZONES.items() if n})
    return f"{countries},{systems}"


def sources_have_countries_and_networks(folder):
    told = sources(trace_make(folder), "--geoip", databases(folder))
    seen = collections.Counter()
    for address, row in told.items():
        country, system = zone_of(address)
        assert row["country"] == country and row["as"] == (system or 0), row
        seen[country] += 1
    assert len(seen) == 4, seen


def windows_count_countries_and_networks(folder):
    path, data = trace_make(folder), folder / "data"
    exact, networks = collections.Counter(), collections.Counter()
    for address, row in sources(path).items():
        country, system = zone_of(address)
        if country:
            exact[country] += row["packets"]
        if system:
            networks[f"AS{system}"] += row["packets"]
    done = tap.run("darknet", "report", path, "--prefix", PREFIX, "--data", data, "--threads", 2,
                   "--geoip", databases(folder))
    assert done.returncode == 0, done.stderr
    for kind, wanted in (("country", exact), ("as", networks)):
        done = tap.run("hunt", "--json", "--data", data, "--limit", 0,
                       "SELECT length / 1000000000 AS length, name, sum(packets) AS packets FROM"
                       f" darknet_counts WHERE kind = '{kind}' GROUP BY length, name")
        assert done.returncode == 0, done.stderr
        counted = {600: {}, 3600: {}, 86400: {}}
        for row in map(json.loads, done.stdout.splitlines()):
            counted[row["length"]][row["name"]] = row["packets"]
        assert all(counts == wanted for counts in counted.values()), (counted, wanted)
    with sqlite3.connect(data / "darknet.db") as store:
        for address, country in store.execute("SELECT source_ip, country FROM darknet_sources"):
            assert country == zone_of(address)[0], (address, country)


def broken_databases_are_refused(folder):
    path, bad = trace_make(folder), folder / "bad.mmdb"
    bad.write_bytes(b"no database at all")
    for name in (bad, folder / "absent.mmdb"):
        done = tap.run("darknet", "sources", path, "--prefix", PREFIX, "--geoip", name)
        assert done.returncode == 1 and str(name).encode() in done.stderr, done.stderr


def listed_scanners_are_left_out(folder):
    path, listed = trace_make(folder, "--mix", "survey"), folder / "list.txt.gz"
    before = sources(path)
    chosen = {ip: row for ip, row in before.items() if row["class"] in ("scan", "zmap", "masscan")}
    infected = [ip for ip, row in before.items() if row["class"] == "mirai"]
    victims = [ip for ip, row in before.items() if "backscatter" in row["class"]]
    assert chosen and infected and victims
    with gzip.open(listed, "wt") as lines:
        lines.write("# a list\n" + "".join(f"{ip} # name\n" for ip in
                                           [*chosen, *infected, *victims]))
    for address, row in sources(path, "--scanners", listed).items():
        same = row["class"] == before[address]["class"]
        if address in chosen:
            assert row["class"] == "investigation" and row["reason"] == "listed", row
        else:
            assert same, row
        assert (row.get("scanner_list") == "list") == (
            address in chosen or address in infected or address in victims)


def surveys_are_followed_from_window_to_window(folder):
    path, listed = trace_make(folder, "--mix", "survey", "--packets", 150000), folder / "list.txt"
    with open(f"{path}.truth.ndjson", encoding="utf-8") as lines:
        truth = {row["source_ip"]: row for row in map(json.loads, lines)}
    surveys = sorted(ip for ip, row in truth.items() if row["class"] == "investigation")
    scan = max((row["packets"], ip) for ip, row in truth.items() if row["class"] == "scan")[1]
    listed.write_text(f"{surveys[0]}\n{scan}\n")
    totals = []
    for threads in (1, 3):
        done = tap.run("darknet", "report", path, "--prefix", PREFIX, "--scanners", listed,
                       "--threads", threads, "--json")
        assert done.returncode == 0, done.stderr
        totals.append(next(row for row in map(json.loads, done.stdout.splitlines())
                           if row["record"] == "total"))
    total = totals[0]
    assert totals[1] == total
    by = {how: total[f"investigation_packets_by_{how}"] for how in ("behaviour", "list", "both")}
    assert sum(by.values()) == total["investigation_packets"] and min(by.values()) > 0, by
    assert by["list"] + by["both"] == sum(truth[ip]["packets"] for ip in (surveys[0], scan)), by
    followed = collections.Counter()
    for row in rows(path, "--window", "1m"):
        wanted = truth[row["source_ip"]]["class"]
        assert row["class"] != "investigation" or wanted == "investigation", row
        assert (row["reason"] in ("followed", "survey")) <= row["surveys"], row
        followed[row["reason"]] += wanted == "investigation"
    assert followed["followed"] > 0, followed


def the_configuration_names_files_beside_it(folder):
    path, asked = trace_make(folder, "--mix", "survey"), folder / "conf"
    asked.mkdir()
    chosen = next(ip for ip, row in sources(path).items() if row["class"] == "scan")
    (asked / "list.txt").write_text(chosen + "\n")
    mmdb_write(asked / "geo.mmdb", {p: {"country": {"iso_code": c}} for p, (c, _) in ZONES.items()})
    (asked / "darknet.yaml").write_text(
        f"telescope:\n  prefixes: [{PREFIX}]\nscanner_lists: [list.txt]\ngeography: geo.mmdb\n")
    done = tap.run("darknet", "sources", path, "--config", asked / "darknet.yaml", "--json")
    assert done.returncode == 0, done.stderr
    for row in map(json.loads, done.stdout.splitlines()):
        assert row["country"] == zone_of(row["source_ip"])[0], row
        assert ("scanner_list" in row) == (row["source_ip"] == chosen), row
    (asked / "list.txt").unlink()
    done = tap.run("darknet", "sources", path, "--config", asked / "darknet.yaml", "--json")
    assert done.returncode == 1 and str(asked / "list.txt").encode() in done.stderr, done.stderr


def unreadable_lists_are_refused(folder):
    path, empty = trace_make(folder), folder / "empty.txt"
    empty.write_text("nothing of the kind\n")
    for name in (empty, folder / "absent.txt"):
        done = tap.run("darknet", "sources", path, "--prefix", PREFIX, "--scanners", name)
        assert done.returncode == 1 and str(name).encode() in done.stderr, done.stderr


def series_write(path):
    """60 days of hours, two and a half times as many from the 40th on."""
    with gzip.open(path, "wt") as lines:
        lines.write("time,name,value\n")
        for hour in range(60 * 24):
            level = 400 * (1 + 0.4 * math.sin(hour * math.pi / 12)) * (2.5 if hour >= 960 else 1)
            noise = 1 + 0.1 * math.sin(hour * 12.9898) * math.cos(hour * 78.233)
            lines.write(f"{1767571200 + hour * 3600},tcp/23,{int(level * noise)}\n")


def trend_tells_the_planted_change(folder):
    path = folder / "series.csv.gz"
    series_write(path)
    for step in ("1h", "1d"):
        done = tap.run("darknet", "trend", "--series", path, "--step", step, "--name", "tcp/23",
                       "--json")
        assert done.returncode == 0, done.stderr
        row, = map(json.loads, done.stdout.splitlines())
        change, = row["changes"]
        assert change["time"] == "2026-02-14T00:00:00Z", row
        assert 2.3 < change["after"] / change["before"] < 2.7, row
        assert abs(row["next_day"]["value"] / (24 * 1000) - 1) < 0.1, row
        assert row["next_day"]["low"] <= row["next_day"]["value"] <= row["next_day"]["high"]
    done = tap.run("darknet", "trend", "--series", path, "--backtest", "--json")
    scores = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["horizon"] for row in scores] == ["day", "week"] * 2, scores
    assert all(0 <= row["coverage"] <= 1 for row in scores)


def trend_reads_and_writes_the_store(folder):
    path, data = trace_make(folder, "--hours", 72), folder / "data"
    assert tap.run("darknet", "report", path, "--prefix", PREFIX, "--data", data).returncode == 0
    done = tap.run("darknet", "trend", "--data", data, "--step", "1h", "--top", 5, "--json")
    assert done.returncode == 0, done.stderr
    names = [json.loads(line)["name"] for line in done.stdout.splitlines()]
    assert names[0] == "all" and len(names) == 5, names
    with sqlite3.connect(data / "darknet.db") as store:
        counted = dict(store.execute("SELECT name, count(*) FROM darknet_trends"
                                     " WHERE kind = 'expected' GROUP BY name"))
    assert counted == {name: 168 for name in names}, counted
    done = tap.run("darknet", "trend", "--data", data)
    assert done.returncode == 1 and b"too few" in done.stderr, done.stderr
    done = tap.run("darknet", "trend", "--data", folder / "nothing")
    assert done.returncode == 1 and b"darknet report" in done.stderr, done.stderr


tap.main([sources_have_countries_and_networks, windows_count_countries_and_networks,
          broken_databases_are_refused, listed_scanners_are_left_out,
          surveys_are_followed_from_window_to_window,
          the_configuration_names_files_beside_it, unreadable_lists_are_refused, trend_tells_the_planted_change,
          trend_reads_and_writes_the_store])
