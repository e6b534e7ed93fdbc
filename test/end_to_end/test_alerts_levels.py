"""Alerts scored by novelty day by day, levels learned from decisions, models compared and undone."""
import json
import random
import re
import sqlite3
import subprocess
import time
import zlib

from tap import HINOMI, main, run

BEGIN = 1714521600  # 2024-05-01
DAY = 86400


def eve(seconds, signature, source, destination, severity=3):
    return json.dumps({
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(seconds)),
        "event_type": "alert", "src_ip": f"192.0.2.{source}", "src_port": 40000,
        "dest_ip": f"198.51.100.{destination}", "dest_port": 80, "proto": "TCP",
        "alert": {"gid": 1, "signature_id": 9, "rev": 1, "signature": signature,
                  "severity": severity}})


def days_make(days, seed=1):
    """A routine of six rules, and each day a few attacks that shout."""
    chance = random.Random(seed)
    lines = []
    for day in range(days):
        for _ in range(120):
            lines.append((BEGIN + day * DAY + chance.randrange(DAY), eve, "ET POLICY routine "
                          + "abcdef"[chance.randrange(6)], chance.randrange(5), chance.randrange(4)))
        for _ in range(8):
            lines.append((BEGIN + day * DAY + chance.randrange(DAY), eve, "ET EXPLOIT remote code "
                          + "execution", 100 + chance.randrange(50), chance.randrange(4)))
    lines.sort(key=lambda line: line[0])
    return [(at, make(at, *more)) for at, make, *more in lines]


def gather(data, lines, name):
    path = data.parent / f"{name}.json"
    path.write_text("".join(text + "\n" for _, text in lines))
    assert run("alerts", "gather", path, "--data", data, "--json").returncode == 0


def told(data, *arguments):
    done = run("alerts", *arguments, "--data", data, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def is_attack(row):
    return "EXPLOIT" in row["rule_name"]


def decide(data, rows, judge, analyst):
    with sqlite3.connect(data / "alerts.db") as store:
        store.executemany("INSERT INTO alert_decisions(group_id, level, analyst, time)"
                          " VALUES(?, ?, ?, 0)", [(row["group"], judge(row), analyst) for row in rows])


def novelties(data):
    return [(row["group"], row.get("novelty"), row.get("novelty_reasons"))
            for row in told(data, "list")]


def live_gives_what_a_replay_gives(folder):
    lines = days_make(6)
    gather(folder / "replay", lines, "all")
    told(folder / "replay", "train")
    for part in range(9):  # nightly and in the middle of days
        cut = (BEGIN + (part * 16) * 3600, BEGIN + (part + 1) * 16 * 3600)
        gather(folder / "live", [line for line in lines if cut[0] <= line[0] < cut[1]], f"part{part}")
        told(folder / "live", "train")
    live, replay = novelties(folder / "live"), novelties(folder / "replay")
    assert live == replay, [pair for pair in zip(live, replay) if pair[0] != pair[1]][:3]
    assert any(score for _, score, _ in live)
    told(folder / "live", "train")
    assert novelties(folder / "live") == live


def what_is_new_is_shown_and_explained(folder):
    data = folder / "data"
    lines = days_make(5)
    lines.append((BEGIN + 5 * DAY, eve(BEGIN + 5 * DAY, "never heard of", 77, 3, 1)))
    gather(data, lines, "all")
    result = told(data, "train", "--budget", "10")[0]
    assert 0 < result["shown"] < result["scored"] <= result["groups"], result
    last = told(data, "list")[-1]
    assert last["rule_name"] == "never heard of" and last["novelty"] >= last["novelty_cut"], last
    assert last["novelty_reasons"][0]["en"] and last["novelty_reasons"][0]["ja"], last


def levels_are_learned_compared_and_undone(folder):
    data = folder / "data"
    gather(data, days_make(6), "all")
    few = told(data, "train")[0]
    assert few["learned"] == "few" and few["wanted"] == 20 and few["generation"] == 0, few
    rows = told(data, "list")
    decide(data, rows, lambda row: 3 if is_attack(row) else 0, "good")
    first = told(data, "train", "--miss", "0.4")[0]
    assert first["learned"] == "taken" and first["generation"] == 1, first
    assert first["analysts"][0]["agreed"] > 0.98 * first["analysts"][0]["judged"], first
    assert first["filter"]["wanted"] == 0 and first["filtered"] > 300, first
    before = told(data, "list")
    assert all(row["predicted_side"] != "filtered" for row in before if is_attack(row))
    # Decisions by somebody who guesses: what is learned from them is worse, and does not take over.
    chance, other = random.Random(3), folder / "other"
    gather(other, days_make(6, 9), "other")
    decide(other, told(other, "list"), lambda row: chance.choice([0, 3]), "guessing")
    worse = told(data, "train", other, "--miss", "0.4")[0]
    assert worse["learned"] == "worse" and worse["generation"] == 1, worse
    assert worse["loss"] > worse["loss_before"], worse
    guessing = [row for row in worse["analysts"] if row["analyst"] == "guessing"][0]
    assert guessing["agreed"] < 0.7 * guessing["judged"], guessing
    assert [row["predicted_score"] for row in told(data, "list")] == [row["predicted_score"] for row in before]
    forced = told(data, "train", other, "--force")[0]
    assert forced["learned"] == "taken" and forced["generation"] == 2, forced
    assert [row["in_force"] for row in told(data, "model", "list")] == [False, True]
    assert told(data, "model", "undo") == [{"generation": 1}]
    after = told(data, "list")
    assert [row["predicted_score"] for row in after] == [row["predicted_score"] for row in before]
    assert [row["in_force"] for row in told(data, "model", "list")] == [True, False]
    assert told(data, "model", "undo") == [{"generation": 0}]
    assert "predicted_score" not in told(data, "list")[0]
    assert run("alerts", "model", "undo", "--data", data).returncode == 1
    # Two analysts of one mind, and one who is not: what the audit says of them.
    decide(data, rows[:50], lambda row: 3 if is_attack(row) else 0, "like-minded")
    decide(data, rows[:50], lambda row: 0 if is_attack(row) else 3, "contrary")
    audit = {row["analyst"]: row for row in told(data, "train")[0]["analysts"]}
    assert audit["contrary"]["same"] == 0 and audit["contrary"]["shared"] == 100, audit
    assert audit["like-minded"]["same"] == 50 and audit["like-minded"]["shared"] == 100, audit


def the_usual_bound_asks_for_more_decisions(folder):
    data = folder / "data"
    gather(data, days_make(6), "all")
    decide(data, told(data, "list"), lambda row: 3 if is_attack(row) else 0, "good")
    result = told(data, "train")[0]
    assert result["filter"]["units"] + result["filter"]["wanted"] == 2995, result
    assert result["filtered"] == 0, result
    text = run("alerts", "train", "--data", data).stdout.decode()
    assert "not enough decisions yet" in text, text


def another_network_is_learned_from(folder):
    gather(folder / "one", days_make(6, 1), "one")
    gather(folder / "two", days_make(6, 2), "two")
    decide(folder / "one", told(folder / "one", "list"), lambda row: 4 if is_attack(row) else 0, "a")
    gather(folder / "three", days_make(6, 3), "three")
    decide(folder / "three", told(folder / "three", "list"),
           lambda row: 4 if is_attack(row) else 0, "b")
    result = told(folder / "two", "train", folder / "one", folder / "three")[0]
    assert result["learned"] == "taken", result
    rows = told(folder / "two", "list")
    assert all((row["predicted_level"] == 4) == is_attack(row) for row in rows)
    assert all(row["predicted_reasons"] for row in rows)


def what_the_endpoint_found_counts(folder):
    """The same alert, everywhere: an attack where the endpoint found something near in time."""
    data, chance = folder / "data", random.Random(5)
    path, found = folder / "alerts.csv", []
    with open(path, "w", encoding="utf-8") as table:
        table.write("time,name,ip,host,short,time_label,event_label\n")
        for slot in range(6 * 12):
            at, host = BEGIN + slot * 7200 + chance.randrange(600), f"host{chance.randrange(5)}"
            table.write(f"{at},odd log-in,192.0.2.{host[4]},{host},log,-,-\n")
            if chance.random() < 0.4:
                found.append((at, host))
    assert run("alerts", "gather", path, "--data", data, "--json").returncode == 0
    with sqlite3.connect(data / "state.db") as state:
        state.executemany("INSERT INTO findings(host, time_start, time_end, score)"
                          " VALUES(?, ?, ?, 0.9)", [
            (host, (at + 300) * 10 ** 9, (at + 400) * 10 ** 9) for at, host in found])
    begins = {time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at, _ in found}
    rows = told(data, "list")
    decide(data, rows, lambda row: 4 if row["first"] in begins else 0, "good")
    result = told(data, "train")[0]
    audit = result["analysts"][0]
    assert audit["judged"] == len(rows) == audit["agreed"], result
    reasons = [row["predicted_reasons"][0]["feature"] for row in told(data, "list")]
    assert set(reasons) <= {"findings", "finding_score"}, set(reasons)


def served_it_is_trained_on_schedule(folder):
    """And what was undone stays undone until somebody decides something."""
    data = folder / "data"
    gather(data, days_make(3), "all")
    decide(data, told(data, "list"), lambda row: 3 if is_attack(row) else 0, "good")
    serve = subprocess.Popen([HINOMI, "serve", "--data", data, "--listen", "127.0.0.1:0", "--train-every", "1s"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    heard = []

    def until(word):
        for line in serve.stderr:
            heard.append(line)
            if word in line:
                return
        raise AssertionError(heard)

    until("the new model is in force; generation 1 in force")
    until("nobody decided anything since the newest model; generation 1 in force")
    assert told(data, "model", "undo") == [{"generation": 0}]
    until("nobody decided anything since the newest model; generation 0 in force")
    assert run("alerts", "decide", "1", "0", "--analyst", "late", "--data", data).returncode == 0
    until("the new model is in force; generation 2 in force")
    until("generation 2 in force")
    serve.terminate()
    assert serve.wait() == 0
    serve.stderr.close(), serve.stdout.close()
    audit = told(data, "model", "audit")
    assert {row["analyst"] for row in audit} == {"good", "late"}, audit
    assert run("alerts", "model", "audit", "--data", data).returncode == 0


def the_report_has_the_same_numbers_in_every_form(folder):
    data = folder / "data"
    gather(data, days_make(3), "all")
    groups = told(data, "list")
    decide(data, groups[:40], lambda row: 4 if is_attack(row) else 0, "good")
    days = told(data, "report")
    assert [day["period"] for day in days] == ["2024-05-03", "2024-05-02", "2024-05-01"], days
    assert sum(day["groups"] for day in days) == len(groups)
    assert sum(day["alerts"] for day in days) == sum(row["count"] for row in groups) == 3 * 128
    decided = [sum(day[name] for day in days) for name in ("level_4", "false_positives", "undecided")]
    assert decided == [sum(map(is_attack, groups[:40])), 40 - sum(map(is_attack, groups[:40])), len(groups) - 40]
    assert days[0]["held"] == days[0]["undecided"] == days[0]["groups"], days  # severity 3
    numbers = [[str(value) for value in day.values()] for day in days]
    forms = {form: run("alerts", "report", form, "--lang", "en", "--data", data).stdout for form in
             ("--csv", "--html", "--pdf")}
    assert [line.split(",") for line in forms["--csv"].decode().splitlines()[1:]] == numbers
    cells = re.findall(r"<t(?:h scope=.row.|d)>([^<]*)<", forms["--html"].decode())
    assert cells == sum(numbers, []), cells
    streams = re.findall(rb"stream\r?\n(.*?)endstream", forms["--pdf"], re.S)
    text = b"".join(zlib.decompressobj().decompress(part) for part in streams)
    shown = [part.decode() for part in re.findall(rb"\((.*?)\) Tj", text)]
    assert shown[-33:] == sum(numbers, []), shown
    japanese = run("alerts", "report", "--html", "--lang", "ja", "--by", "month", "--data", data).stdout.decode()
    assert "月ごとのアラート" in japanese and "2024-05<" in japanese, japanese
    early = told(data, "report", "--zone", "-05:00")
    assert early[-1]["period"] == "2024-04-30", early
    for wrong in (["--by", "year"], ["--zone", "tokyo"], ["--csv", "--pdf"], ["--lang", "fr"]):
        assert run("alerts", "report", *wrong, "--data", data).returncode == 2, wrong
    assert run("alerts", "report", "--data", folder / "none").returncode == 1


def wrong_use_is_refused(folder):
    assert run("alerts", "train", "--data", folder / "none").returncode == 1
    assert run("alerts", "train", "--miss", "2").returncode == 2
    assert run("alerts", "model", "redo").returncode == 2
    for verb in ("train", "model"):
        assert b"hinomi alerts " in run("alerts", verb, "--help").stdout


if __name__ == "__main__":
    main([live_gives_what_a_replay_gives, what_is_new_is_shown_and_explained,
          levels_are_learned_compared_and_undone, the_usual_bound_asks_for_more_decisions,
          another_network_is_learned_from, what_the_endpoint_found_counts,
          served_it_is_trained_on_schedule, the_report_has_the_same_numbers_in_every_form, wrong_use_is_refused])
