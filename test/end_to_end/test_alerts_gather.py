"""Alerts gathered from files and from the wire: nothing lost, nothing twice, whatever happens."""
import base64
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import time

from tap import HINOMI, main, run

TABLES = ("alert_sources", "alert_groups", "alert_decisions")
SHARED = pathlib.Path(os.environ.get("HINOMI_TEST_DATA", pathlib.Path(__file__).parents[2]
                                     / "../shared/data")) / "alerts"


def eve(number, host=7):
    payload = base64.b64encode(f"GET /cgi?n={number} HTTP/1.1\r\n\r\n".encode()).decode()
    seconds = 1714557600 + number
    return json.dumps({
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(seconds)),
        "event_type": "alert", "src_ip": f"192.0.2.{number % host}", "src_port": 40000,
        "dest_ip": "198.51.100.7", "dest_port": 80, "proto": "TCP", "payload": payload,
        "alert": {"gid": 1, "signature_id": 9, "rev": 1, "signature": f"rule {number % 3}",
                  "severity": 2}}) + "\n"


def gather(data, *paths, status=0):
    done = run("alerts", "gather", *paths, "--data", data, "--json")
    assert done.returncode == status, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def told(data, *arguments):
    done = run("alerts", *arguments, "--data", data, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def members(data, group):
    return told(data, "show", group, "--limit", 10 ** 9)[1:]


def everything(data):
    """What must be the same however a store came about."""
    groups = told(data, "list")
    return groups, {group["group"]: members(data, group["group"]) for group in groups}


def check_whole(data, count):
    """Every alert stands in one group, under a number of its own."""
    groups, of = everything(data)
    numbers = [alert["alert"] for alerts in of.values() for alert in alerts]
    assert sorted(numbers) == list(range(1, count + 1)), (len(numbers), count)
    places = {(alert["source"], alert["offset"]) for alerts in of.values() for alert in alerts}
    assert len(places) == count
    for group in groups:
        alerts = of[group["group"]]
        times = [alert["time"] for alert in alerts]
        assert group["count"] == len(alerts)
        assert (group["first"], group["last"]) == (min(times), max(times))
        assert len({(alert["rule_name"], alert["source_ip"]) for alert in alerts}) == 1
    return groups, of


def gathering_twice_changes_nothing(folder):
    log = folder / "eve.json"
    log.write_text("".join(map(eve, range(5000))) + '{"event_type":"dns"}\nbroken\n')
    first = gather(folder / "data", log)
    assert first[0]["alerts"] == 5000 and first[0]["other"] == 1, first
    assert [(r["count"], r["first_line"]) for r in first[0]["refused"]] == [(1, 5002)], first
    before = check_whole(folder / "data", 5000)
    again = gather(folder / "data", log)
    assert (again[0]["alerts"], again[0]["known"]) == (0, 5000), again
    moved = folder / "eve.json.1"
    shutil.copy(log, moved)
    subprocess.run(["xz", "-k", moved], check=True)
    assert gather(folder / "data", str(moved) + ".xz")[0]["alerts"] == 0
    assert everything(folder / "data") == before


def a_log_that_grows_is_read_on(folder):
    log, lines = folder / "eve.json", [eve(number) for number in range(300)]
    with log.open("w") as out:
        for part in range(0, 300, 50):
            whole = "".join(lines[part:part + 50])
            half = len(whole) - 40 if part % 100 else len(whole)
            out.write(whole[:half])
            out.flush()
            gather(folder / "data", log)
            out.write(whole[half:])
            out.flush()
    gather(folder / "data", log)
    one = folder / "one.json"
    one.write_text("".join(lines))
    gather(folder / "other", one)
    assert check_whole(folder / "data", 300) == check_whole(folder / "other", 300)


def killed_it_loses_and_doubles_nothing(folder):
    log, count = folder / "eve.json", 120000
    with log.open("w") as out:
        out.writelines(eve(number, host=200) for number in range(count))
    whole = gather(folder / "whole", log)
    assert whole[0]["alerts"] == count
    dice, kills = random.Random(4), 0
    for _ in range(12):
        child = subprocess.Popen([HINOMI, "alerts", "gather", log, "--data", folder / "data"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0.005, 0.12))
        child.send_signal(signal.SIGKILL)
        kills += child.wait() == -signal.SIGKILL
    gather(folder / "data", log)
    assert kills, "it was never caught at work"

    def rows(data, table):
        with sqlite3.connect(folder / data / "alerts.db") as store:
            return store.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()

    for table in TABLES:
        assert rows("data", table) == rows("whole", table), table
    with sqlite3.connect(folder / "data" / "alerts.db") as store:
        assert store.execute("SELECT sum(count) FROM alert_members").fetchone() == (count,)
    some = rows("data", "alert_groups")[0][0]
    assert members(folder / "data", some) == members(folder / "whole", some)


def bursts_are_a_level_above(folder):
    """Every group is in one burst, whose numbers are those of its groups."""
    log, data = folder / "eve.json", folder / "data"
    log.write_text("".join(eve(number) for number in range(300)) +
                   "".join(eve(number + 7200) for number in range(30)))
    gather(data, log)
    groups, bursts = told(data, "list"), told(data, "list", "--bursts")
    assert len(groups) == 42 and len(bursts) == 14, (len(groups), len(bursts))
    for burst in bursts:
        own = [group for group in groups if group["burst"] == burst["burst"]]
        assert own == told(data, "list", "--burst", burst["burst"])
        assert burst["groups"] == len(own) == burst["rules"] == 3
        assert burst["count"] == sum(group["count"] for group in own)
        assert burst["burst"] == min(group["group"] for group in own)
        assert (burst["first"], burst["last"]) == (min(group["first"] for group in own),
                                                   max(group["last"] for group in own))
        assert {group["source_ip"] for group in own} == {burst["source_ip"]}
    assert [burst["burst"] for burst in told(data, "list", "--bursts", "--limit", "2")] == [
        burst["burst"] for burst in bursts[:2]]


def hunt_reaches_the_alerts(folder):
    """Single alerts as rows, their groups beside them, and nothing that writes."""
    log, data = folder / "eve.json", folder / "data"
    log.write_text("".join(eve(number) for number in range(300)))
    gather(data, log)
    log = folder / "more.json"
    log.write_text("".join(eve(number + 7200) for number in range(30)))
    gather(data, log)

    def hunted(sql):
        done = run("hunt", "--json", "--limit", "0", "--data", data, sql)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    groups = {group["group"]: group for group in told(data, "list")}
    rows = hunted("SELECT * FROM alerts")
    assert [row["alert"] for row in rows] == list(range(1, 331))
    for row in rows:
        group = groups[row["group_id"]]
        assert (row["rule_name"], row["source_ip"]) == (group["rule_name"], group["source_ip"])
    one = rows[304]
    assert one["source_port"] == 40000 and one["severity"] == 2 and not one["url"], one
    assert hunted("SELECT rule_name FROM alerts WHERE alert = 305") == [
        {"rule_name": one["rule_name"]}]
    late = "time >= time_of('2024-05-01T12:00:00Z')"
    assert len(hunted(f"SELECT alert FROM alerts WHERE {late}")) == 30
    assert len(hunted(f"SELECT alert FROM alerts WHERE NOT {late} AND time < {one['time']}")) == 300
    assert hunted("SELECT sum(n = count) AS same FROM (SELECT group_id, count(*) AS n FROM alerts"
                  " GROUP BY 1) JOIN alert_groups ON id = group_id") == [{"same": 42}]
    assert run("hunt", "--data", data, "DELETE FROM alert_groups").returncode != 0


def one_gathers_at_a_time(folder):
    log = folder / "eve.json"
    log.write_text(eve(1))
    listen = subprocess.Popen([HINOMI, "alerts", "listen", "--udp", "127.0.0.1:0", "--data",
                               folder / "data"], stderr=subprocess.PIPE, text=True)
    assert listen.stderr.readline().startswith("listening")
    done = run("alerts", "gather", log, "--data", folder / "data")
    listen.terminate()
    assert listen.wait() == 0
    assert done.returncode == 1 and b"another process gathers" in done.stderr, done.stderr


def decisions_are_kept(folder):
    log, data = folder / "eve.json", folder / "data"
    log.write_text("".join(map(eve, range(30))))
    gather(data, log)
    for level, who in ((3, "mika"), (0, "jo")):
        done = run("alerts", "decide", 2, level, "--analyst", who, "--note", "seen", "--data", data)
        assert done.returncode == 0, done.stderr
    group = next(group for group in told(data, "list") if group["group"] == 2)
    assert (group["level"], group["analyst"]) == (0, "jo")
    with sqlite3.connect(data / "alerts.db") as store:
        assert store.execute("SELECT group_id, level, analyst, note FROM alert_decisions"
                             " ORDER BY id").fetchall() == [(2, 3, "mika", "seen"),
                                                            (2, 0, "jo", "seen")]
    for wrong, status in ((("999", "1"), 1), (("2", "5"), 2), (("x", "1"), 2), (("2",), 2)):
        assert run("alerts", "decide", *wrong, "--data", data).returncode == status, wrong


def old_alerts_are_forgotten(folder):
    data = folder / "data"
    for day in range(3):
        log = folder / f"{day}.json"
        log.write_text("".join(eve(day * 86400 + number) for number in range(100)))
        gather(data, log)
    done = run("alerts", "gather", log, "--data", data, "--keep", "30h")
    assert done.returncode == 0 and b"100 old alerts forgotten" in done.stdout, done.stdout
    groups, of = everything(data)
    assert sum(map(len, of.values())) == 200
    new = folder / "new.json"
    new.write_text(eve(3 * 86400))
    gather(data, new)
    numbers = [alert["alert"] for alerts in everything(data)[1].values() for alert in alerts]
    assert max(numbers) == 301 and len(set(numbers)) == 201


def alerts_are_judged_by_what_they_carry(folder):
    log, lines = folder / "eve.json", []
    for payload in ("GET /?f=../../../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", "\x00\x01", ""):
        alert = json.loads(eve(1))
        alert["payload"] = base64.b64encode(payload.encode()).decode()
        lines.append(json.dumps(alert))
    log.write_text("\n".join(lines))
    done = run("alerts", "judge", "--eve", log, "--json")
    assert done.returncode == 0, done.stderr
    judged = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["verdict"] for line in judged] == ["UNKNOWN"] * 3
    assert [line["class"] for line in judged] == ["file_inclusion", "other", "other"]
    assert len({line["reason"] for line in judged}) == 3
    assert all(line["alerts"][0]["rule_name"] == "rule 1" for line in judged)
    assert run("alerts", "judge").returncode == 2


RULES = """version=2
rule=ssh_failed:Failed password for %user:word% from %src_ip:ipv4% port %src_port:number% ssh2
rule=no_alert:Connection closed by %-:rest%
annotate=ssh_failed:+rule_name="SSH login failed"
annotate=ssh_failed:+severity="2"
"""


def rules_say_what_free_text_means(folder):
    log, rules = folder / "auth.log", folder / "ssh.rulebase"
    rules.write_text(RULES)
    log.write_text("".join(
        f"May  1 10:00:{n:02d} web sshd[{n}]: Failed password for user{n} from 192.0.2.{n % 2} port "
        f"{4000 + n} ssh2\n" for n in range(20)) +
        "May  1 10:01:00 web sshd[9]: Connection closed by 192.0.2.1\n"
        "May  1 10:02:00 web cron[9]: job 7 done\n")
    lines = gather(folder / "data", log, "--rules", rules)
    assert lines[0]["alerts"] == 21 and lines[0]["other"] == 1 and not lines[0]["refused"], lines
    assert lines[1] == {"rules": True, "matched": 21, "unmatched": 1}, lines
    groups = sorted((group["rule_name"], group.get("source_ip"), group["count"],
                     group.get("severity"))
                    for group in told(folder / "data", "list"))
    assert groups == [("SSH login failed", "192.0.2.0", 10, 2),
                      ("SSH login failed", "192.0.2.1", 10, 2), ("job # done", None, 1, None)], groups
    rules.write_text("rule=:a\n")
    done = run("alerts", "gather", log, "--rules", rules, "--data", folder / "data")
    assert done.returncode == 2 and b"version=2" in done.stderr, done.stderr


def certificate_make(folder):
    done = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                           "-subj", "/CN=localhost", "-keyout", folder / "key.pem",
                           "-out", folder / "certificate.pem"], capture_output=True)
    assert done.returncode == 0, done.stderr
    return folder / "certificate.pem", folder / "key.pem"


def message(number):
    return f"<38>1 2024-05-01T10:00:{number % 60:02d}Z web sshd 1 - - Failed password {number}"


def heard_by_every_way(folder):
    if not shutil.which("openssl"):
        return "openssl is not installed"
    certificate, key = certificate_make(folder)
    rules = folder / "rules"
    rules.write_text("version=2\nrule=failed:Failed password %-:number%\n")
    listen = subprocess.Popen(
        [HINOMI, "alerts", "listen", "--udp", "127.0.0.1:0", "--tcp", "127.0.0.1:0", "--tls",
         "127.0.0.1:0", "--certificate", certificate, "--key", key, "--data", folder / "data",
         "--rules", rules],
        stderr=subprocess.PIPE, text=True)
    ports = [int(re.search(r":(\d+)$", listen.stderr.readline()).group(1)) for _ in range(3)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for number in range(50):
            udp.sendto(message(number).encode(), ("127.0.0.1", ports[0]))
    with socket.create_connection(("127.0.0.1", ports[1])) as tcp:
        framed = "".join(f"{len(message(n))} {message(n)}" for n in range(40))
        for at in range(0, len(framed), 17):
            tcp.sendall(framed[at:at + 17].encode())
    with socket.create_connection(("127.0.0.1", ports[1])) as tcp:
        tcp.sendall(("\n".join(map(message, range(30))) + "\r\n" + eve(5)).encode())
        tcp.sendall(b"CEF:0|Maker|Gate|1|7|Deny|9|src=192.0.2.1")  # ends with the stream
    with socket.create_connection(("127.0.0.1", ports[1])) as tcp:
        tcp.sendall(b"12a no frame")
        assert tcp.recv(1) == b""
    with socket.create_connection(("127.0.0.1", ports[2])) as plain:
        plain.sendall(b"no TLS at all, and quite long enough to be seen as such\n")
        plain.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            while plain.recv(100):
                continue
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    with socket.create_connection(("127.0.0.1", ports[2])) as plain:
        with context.wrap_socket(plain) as tls:
            big = message(0) + " x" * 30000
            tls.sendall("".join(f"{len(text)} {text}" for text in
                                [*map(message, range(20)), big]).encode())
    deadline, total = time.monotonic() + 20, 0
    while total < 50 + 40 + 32 + 21 and time.monotonic() < deadline:
        time.sleep(0.2)
        done = run("alerts", "list", "--data", folder / "data", "--json")
        total = sum(json.loads(line)["count"] for line in done.stdout.splitlines())
    listen.terminate()
    said = listen.stderr.read()
    assert listen.wait() == 0 and total == 143, (total, said)
    assert "140 lines of free text matched a rule, 1 none" in said, said
    assert "143 messages, 143 alerts" in said and "2 connections broken" in said, said
    groups = told(folder / "data", "list")
    assert sorted(group["sensor"] for group in groups) == ["Gate", "sshd", "sshd", "suricata"]


def real_alerts_are_all_gathered(folder):
    if not SHARED.is_dir():
        return f"{SHARED} is not there"
    lines = gather(folder / "data", *sorted(SHARED.glob("sage_*.json.gz")),
                   SHARED / "ait_russellmitchell.csv.xz")
    assert all(not line["refused"] for line in lines[:-1]), lines
    assert lines[-1]["alerts"] == 33388 + 45544, lines[-1]
    return None


if __name__ == "__main__":
    main([gathering_twice_changes_nothing, a_log_that_grows_is_read_on,
          killed_it_loses_and_doubles_nothing, bursts_are_a_level_above,
          hunt_reaches_the_alerts, one_gathers_at_a_time, decisions_are_kept,
          old_alerts_are_forgotten, alerts_are_judged_by_what_they_carry,
          rules_say_what_free_text_means, heard_by_every_way,
          real_alerts_are_all_gathered])
