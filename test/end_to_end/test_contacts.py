"""DAEDALUS: a member's first packet into the darknet is told to that member, at once, and to nobody else."""
import base64
import email
import http.client
import http.server
import json
import os
import shutil
import socket
import socketserver
import ssl
import statistics
import struct
import subprocess
import threading
import time

from tap import HINOMI, main, run

START = 1_700_000_000


def packet(source, destination, port, sequence=7, source_port=40000, flags=2):
    """A TCP segment in an IPv4 packet; checksums are nobody's business in a telescope."""
    tcp = struct.pack(">HHIIBBHHH", source_port, port, sequence, 0, 5 << 4, flags, 29200, 0, 0)
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0,
                       socket.inet_aton(source), socket.inet_aton(destination)) + tcp


HEADER = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)  # raw IP


def record(when, data):
    return struct.pack("<IIII", int(when), int(when % 1 * 1e6), len(data), len(data)) + data


class Receiver:
    """A webhook's end: keeps what is posted; answers with the statuses given, then 200."""

    def __init__(self, statuses=()):
        self.posts, self.statuses, self.arrived = [], list(statuses), threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.arrived:
                    status = receiver.statuses.pop(0) if receiver.statuses else 200
                    receiver.posts.append((time.monotonic(), status, dict(self.headers), json.loads(body)))
                    receiver.arrived.notify_all()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def contacts(self, status=200):
        return [contact for _, answered, _, body in self.posts if answered == status
                for contact in body["contacts"]]

    def wait(self, count, seconds=60):
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.contacts()) >= count, seconds), self.posts

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class MailSink:
    """As much of a mail server as takes mail."""

    def __init__(self):
        self.mails, self.arrived = [], threading.Condition()
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")

            def handle(self):
                recipients = []
                self.say("220 sink")
                for line in iter(self.rfile.readline, b""):
                    word = line[:4].upper()
                    if word == b"MAIL":
                        recipients = []
                    if word == b"RCPT":
                        recipients.append(line.decode().split("<")[1].split(">")[0])
                    if word == b"QUIT":
                        return self.say("221 bye")
                    if word == b"DATA":
                        self.say("354 go on")
                        text = b"".join(iter(self.rfile.readline, b".\r\n"))
                        with sink.arrived:
                            sink.mails.append((recipients, email.message_from_bytes(text)))
                            sink.arrived.notify_all()
                    self.say("250 fine")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"smtp://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def configuration(folder, organisations, mail=None):
    text = "telescope:\n  prefixes: [192.0.2.0/24]\norganisations:\n"
    for organisation in organisations:
        text += "".join(f"  {'-' if i == 0 else ' '} {key}: {json.dumps(value, ensure_ascii=False)}\n"
                        for i, (key, value) in enumerate(organisation.items()))
    if mail:
        text += f"mail:\n  server: {json.dumps(mail)}\n  from: hinomi@example.jp\n"
    path = folder / "darknet.yaml"
    path.write_text(text)
    return path


class Watch:
    """`hinomi darknet report -`, which reads in blocks: what is fed is seen at the end."""

    def __init__(self, folder, config, *more):
        self.process = subprocess.Popen(
            [HINOMI, "darknet", "report", "-", "--config", config, "--data", folder / "data", "--notify",
             "--json", "--threads", "1", *more],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.feed(HEADER)

    def feed(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def end(self):
        out, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, err
        return out.decode(), err.decode()


def contacts(folder, *more):
    done = run("darknet", "contacts", "--json", "--data", folder / "data", *more)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def a_contact_is_posted_whole_and_stored(folder):
    receiver = Receiver()
    watch = Watch(folder, configuration(folder, [
        {"name": "例示大学", "prefixes": ["198.51.100.0/24"], "webhook": receiver.url,
         "webhook_token": "s3cret"}]))
    for i in range(20):
        watch.feed(record(START + i, packet(f"198.51.100.{i}", "192.0.2.7", 23)))
    out, err = watch.end()
    receiver.close()
    _, _, headers, body = receiver.posts[0]
    assert headers["Authorization"] == "Bearer s3cret" and headers["Content-Type"] == "application/json"
    assert body["organisation"] == "例示大学"
    contact = body["contacts"][0]
    assert contact["source_ip"] == "198.51.100.0" and contact["kind"] == "scan", contact
    assert contact["state"] == "new" and contact["packets"] == 1
    assert contact["explanation"]["ja"] and "198.51.100.0" in contact["explanation"]["en"][0]
    assert "s3cret" not in out + err
    stored = contacts(folder)
    assert len(stored) == 20 and all(row["notified"] for row in stored)
    assert stored[-1]["id"] == contact["id"] and stored[-1]["organisation"] == "例示大学"


def a_worm_is_one_alert_a_host(folder):
    receiver = Receiver()
    watch = Watch(folder, configuration(folder, [
        {"name": "A", "prefixes": ["198.51.100.0/24"], "webhook": receiver.url}]))
    watch.feed(b"".join(record(START + i / 100, packet(f"198.51.100.{i % 5}", f"192.0.2.{i % 250}", 445))
                        for i in range(5000)))
    watch.end()
    receiver.close()
    assert len(receiver.contacts()) == 5, len(receiver.contacts())
    rows = contacts(folder)
    assert len(rows) == 5 and sum(row["packets"] for row in rows) == 5000
    assert {row["destinations"] for row in rows} == {50}


def organisations(receivers):
    return [{"name": name, "prefixes": [prefix], "webhook": receiver.url, "mail": [f"soc@{name}.example"]}
            for (name, prefix), receiver in zip((("alpha", "198.51.100.0/24"), ("beta", "203.0.113.0/24")),
                                                receivers)]


def without(entries, *keys):
    return [{key: value for key, value in entry.items() if key not in keys} for entry in entries]


def each_organisation_is_told_of_its_own_alone(folder):
    receivers, sink = [Receiver(), Receiver()], MailSink()
    watch = Watch(folder, configuration(folder, organisations(receivers), sink.url))
    watch.feed(b"".join(record(START + i / 10, packet(source + str(i % 40), "192.0.2.9", 80 + i % 3))
                        for i in range(400) for source in ("198.51.100.", "203.0.113.", "8.8.8.")))
    watch.end()
    for receiver, name, start in zip(receivers, ("alpha", "beta"), ("198.51.100.", "203.0.113.")):
        receiver.close()
        assert {body["organisation"] for _, _, _, body in receiver.posts} == {name}
        told = receiver.contacts()
        assert told and all(one["source_ip"].startswith(start) for one in told)
        assert {one["source_ip"] for one in told} == {f"{start}{i}" for i in range(40)}
        rows = contacts(folder, "--organisation", name)
        assert len(rows) == 40 and all(row["organisation"] == name for row in rows)
    sink.close()
    assert sorted({tuple(recipients) for recipients, _ in sink.mails}) == [("soc@alpha.example",), ("soc@beta.example",)]
    for recipients, mail in sink.mails:
        text = mail.get_payload(decode=True).decode()
        other = "203.0.113." if "alpha" in recipients[0] else "198.51.100."
        assert other not in text and other not in str(mail["Subject"]), text


def mail_is_whole_and_speaks_both_languages(folder):
    sink = MailSink()
    watch = Watch(folder, configuration(folder, [
        {"name": "例示大学情報基盤センター", "prefixes": ["198.51.100.0/24"], "mail": ["a@example.jp", "b@example.jp"]}],
        sink.url))
    watch.feed(record(START, packet("198.51.100.3", "192.0.2.9", 23)))
    watch.end()
    sink.close()
    assert len(sink.mails) == 1
    recipients, mail = sink.mails[0]
    assert recipients == ["a@example.jp", "b@example.jp"]
    subject = str(email.header.make_header(email.header.decode_header(mail["Subject"])))
    assert "例示大学情報基盤センター" in subject, subject
    text = mail.get_payload(decode=True).decode("utf-8")
    assert "198.51.100.3" in text and "ワーム" in text and "worms" in text, text
    assert mail["From"] == "Hinomi <hinomi@example.jp>" and mail["Date"] and mail["Message-ID"]
    assert contacts(folder)[0]["notified"]


def a_receiver_that_stumbles_is_tried_again_and_one_that_refuses_is_not(folder):
    stumbles, refuses = Receiver([500, 503]), Receiver([404] * 9)
    watch = Watch(folder, configuration(folder, without(organisations([stumbles, refuses]), "mail")))
    watch.feed(record(START, packet("198.51.100.3", "192.0.2.9", 23)) +
               record(START, packet("203.0.113.3", "192.0.2.9", 23)))
    _, err = watch.end()
    stumbles.close()
    refuses.close()
    assert [status for _, status, _, _ in stumbles.posts] == [500, 503, 200]
    assert [status for _, status, _, _ in refuses.posts] == [404]
    assert "1 delivered, 1 failed" in err, err
    assert {row["organisation"]: row["notified"] for row in contacts(folder)} == {"alpha": True, "beta": False}


def a_certificate_nobody_vouches_for_gets_nothing(folder):
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x",
                           "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key", "-out", folder / "cert"],
                          capture_output=True, check=False) if shutil.which("openssl") else None
    if made is None or made.returncode:
        return "needs openssl, to make a certificate"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert", folder / "key")
    receiver = Receiver()
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    watch = Watch(folder, configuration(folder, [
        {"name": "A", "prefixes": ["198.51.100.0/24"], "webhook": receiver.url.replace("http:", "https:"),
         "webhook_token": "s3cret"}]))
    watch.feed(record(START, packet("198.51.100.3", "192.0.2.9", 23)))
    _, err = watch.end()
    receiver.close()
    assert not receiver.posts and "0 delivered, 1 failed" in err, err


def a_slow_receiver_delays_only_itself(folder):
    slow, quick = socket.create_server(("127.0.0.1", 0)), Receiver()  # takes the connection, never answers
    watch = Watch(folder, configuration(folder, [
        {"name": "slow", "prefixes": ["198.51.100.0/24"],
         "webhook": f"http://127.0.0.1:{slow.getsockname()[1]}/"},
        {"name": "quick", "prefixes": ["203.0.113.0/24"], "webhook": quick.url}]))
    watch.feed(record(START, packet("198.51.100.3", "192.0.2.9", 23)) +
               record(START + 1, packet("203.0.113.3", "192.0.2.9", 23)))
    watch.process.stdin.close()
    sent = time.monotonic()
    quick.wait(1)
    assert quick.posts[0][0] - sent < 1
    assert watch.process.poll() is None  # it still has patience with the slow one
    watch.process.kill()
    watch.process.wait()
    slow.close()
    quick.close()


def unused_addresses_of_its_own_are_told_as_internal(folder):
    receiver = Receiver()
    watch = Watch(folder, configuration(folder, [
        {"name": "A", "prefixes": ["10.0.0.0/8"], "unused": ["10.9.0.0/16"], "webhook": receiver.url}]))
    watch.feed(record(START, packet("10.1.1.1", "10.9.1.1", 445)) +
               record(START, packet("10.1.1.2", "10.8.1.1", 445)) +     # in use
               record(START, packet("8.8.8.8", "10.9.1.1", 445)))       # nobody's
    watch.end()
    receiver.close()
    told = receiver.contacts()
    assert [(one["source_ip"], one["internal"]) for one in told] == [("10.1.1.1", True)], told


def contacts_end_and_reading_again_changes_nothing(folder):
    receiver = Receiver()
    config = configuration(folder, [{"name": "A", "prefixes": ["198.51.100.0/24"]}])
    capture = folder / "three-hours.pcap"
    capture.write_bytes(HEADER + b"".join(
        record(START + i * 60, packet(f"198.51.100.{9 if i < 40 else 10}", "192.0.2.9", 8080))
        for i in range(180)))
    states = []
    for threads in (1, 2, 3):
        done = run("darknet", "report", capture, "--config", config, "--data", folder / "data", "--threads", threads)
        assert done.returncode == 0, done.stderr
        states.append(contacts(folder))
    receiver.close()
    assert states[0] == states[1] == states[2]
    assert [(row["source_ip"], row["state"], row["packets"], row["notified"]) for row in states[0]] == [
        ("198.51.100.10", "continuing", 140, False), ("198.51.100.9", "ended", 40, False)]


def ask(port, path, token, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body)


def an_organisations_token_opens_its_own_contacts_and_nothing_else(folder):
    data = folder / "data"
    receivers = [Receiver(), Receiver()]
    config = configuration(folder, without(organisations(receivers), "mail", "webhook"))
    for receiver in receivers:
        receiver.close()
    capture = folder / "both.pcap"
    capture.write_bytes(HEADER + record(START, packet("198.51.100.3", "192.0.2.9", 23)) +
                        record(START, packet("203.0.113.3", "192.0.2.9", 23)))
    assert run("darknet", "report", capture, "--config", config, "--data", data).returncode == 0
    alpha = run("darknet", "token", "alpha", "--data", data).stdout.decode().strip()
    server = subprocess.Popen([HINOMI, "serve", "--data", data, "--listen", "127.0.0.1:0"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        port = int(server.stdout.readline().decode().rsplit(":", 1)[1].strip(" /\n"))
        beta = run("darknet", "token", "beta", "--data", data).stdout.decode().strip()  # while it runs
        owner = (data / "token").read_text().strip()
        assert len({alpha, beta, owner}) == 3
        status, body = ask(port, "/api/darknet/contacts", owner)
        assert status == 200 and {one["organisation"] for one in body["contacts"]} == {"alpha", "beta"}
        for token, name, other in ((alpha, "alpha", "beta"), (beta, "beta", "alpha")):
            for path in ("/api/darknet/contacts", f"/api/darknet/contacts?organisation={name}",
                         "/api/darknet/contacts?organisation="):
                status, body = ask(port, path, token)
                assert status == 200 and other not in json.dumps(body), (path, body)
                assert [one["organisation"] for one in body["contacts"]] == [name] and body["total"] == 1
                assert [one["name"] for one in body["organisations"]] == [name]
            assert ask(port, f"/api/darknet/contacts?organisation={other}", token)[0] == 403
            for path in ("/api/summary", "/api/cases", "/api/hosts", "/api/health", "/api/events?ids=1:1",
                         "/api/trace?from=x", "/api/hunt.csv?sql=SELECT+1", "/api/darknet", "/api/darknet/sources",
                         "/api/darknet/now", "/api/livenet", "/api/streams", "/api/darknet/contacts/1"):
                assert ask(port, path, token)[0] in (403, 404), path
            assert ask(port, "/api/hunt", token, "POST")[0] == 403
            assert ask(port, "/api/viewer", token) == (200, {"organisation": name})
        assert ask(port, "/api/viewer", owner) == (200, {"organisation": ""})
        (data / "tokens" / "alpha").unlink()  # withdrawn
        assert ask(port, "/api/darknet/contacts", alpha)[0] == 401
        assert ask(port, "/api/darknet/contacts", "0" * 64)[0] == 401
    finally:
        server.terminate()
        server.wait()
    assert run("darknet", "token", "../escape", "--data", data).returncode == 1
    assert not (folder / "escape").exists()


class Stream:
    """What /api/stream tells whoever has `token`, read as it comes."""

    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.connection.request("GET", "/api/stream", headers={"Authorization": f"Bearer {token}"})
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200

    def event(self):
        """The next event's name and data; None at the end."""
        name = None
        while line := self.answer.readline():
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                return name, json.loads(value)
        return None


def an_organisations_stream_tells_its_own_contacts_and_nothing_of_others(folder):
    data = folder / "data"
    receivers = [Receiver(), Receiver()]
    config = configuration(folder, without(organisations(receivers), "mail", "webhook"))
    for receiver in receivers:
        receiver.close()

    def reach(source):
        capture = folder / "more.pcap"
        capture.write_bytes(HEADER + record(START, packet(source, "192.0.2.9", 23)))
        assert run("darknet", "report", capture, "--config", config, "--data", data).returncode == 0

    reach("198.51.100.1")
    tokens = {name: run("darknet", "token", name, "--data", data).stdout.decode().strip() for name in ("alpha", "beta")}
    server = subprocess.Popen([HINOMI, "serve", "--data", data, "--listen", "127.0.0.1:0"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        port = int(server.stdout.readline().decode().rsplit(":", 1)[1].strip(" /\n"))
        streams = {name: Stream(port, token) for name, token in tokens.items()}
        everything = Stream(port, (data / "token").read_text().strip())
        told = {name: stream.event() for name, stream in streams.items()}
        assert {name: data["contacts"] for name, (_, data) in told.items()} == {"alpha": 1, "beta": 0}, told
        reach("203.0.113.3")
        name, told = streams["beta"].event()
        assert (name, told["contacts_open"]) == ("contacts", 1), told
        name, told = everything.event()  # the owner hears of both
        assert (name, told["contacts_open"]) == ("darknet", 2), told
        # alpha was silent while beta's came, so what it hears next is its own.
        reach("198.51.100.2")
        name, told = streams["alpha"].event()
        assert (name, told["contacts"], told["packets"]) == ("contacts", 2, 2), told
        (data / "tokens" / "alpha").unlink()  # withdrawn: the stream ends instead of telling the next
        reach("198.51.100.3")
        assert streams["alpha"].event() is None
    finally:
        server.terminate()
        assert server.wait() == 0


def a_wrong_configuration_is_refused_with_its_line(folder):
    path = folder / "darknet.yaml"
    path.write_text("telescope:\n  prefixes: [192.0.2.0/24]\norganisations:\n  - name: A\n    prefix: [10.0.0.0/8]\n")
    capture = folder / "empty.pcap"
    capture.write_bytes(HEADER)
    done = run("darknet", "report", capture, "--config", path)
    assert done.returncode == 2 and f"{path}:5: ".encode() in done.stderr, done.stderr
    done = run("darknet", "report", capture, "--config", folder / "none.yaml")
    assert done.returncode == 2 and b"none.yaml: No such file" in done.stderr, done.stderr


def ip(*arguments):
    return subprocess.run(["ip", *arguments], capture_output=True, check=False).returncode == 0


def wire_watch(folder, config, interface):
    watch = subprocess.Popen([HINOMI, "darknet", "watch", "-i", interface, "--config", config, "--data",
                              folder / "data", "--threads", "2", "--window", "1s"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert b"listening" in watch.stderr.readline()
    return watch


def contacts_come(folder, enough, seconds=60):
    """What is stored once that is enough; as it stands when it never is."""
    until = time.monotonic() + seconds
    while not enough(found := contacts(folder)) and time.monotonic() < until:
        time.sleep(0.1)
    return found


def on_the_wire_the_first_packet_is_told_within_a_second(folder):
    if os.geteuid() != 0:
        return "needs root, for two ends of a wire"
    one, other = f"hin{os.getpid() % 100000}a", f"hin{os.getpid() % 100000}b"
    if not ip("link", "add", one, "type", "veth", "peer", "name", other):
        return "the kernel makes no pair of interfaces here"
    receiver = Receiver()
    watch = None
    try:
        assert ip("link", "set", one, "up") and ip("link", "set", other, "up")
        config = configuration(folder, [{"name": "A", "prefixes": ["198.51.100.0/24"], "webhook": receiver.url}])
        old = folder / "old.pcap"  # a run before this one left a contact open
        old.write_bytes(HEADER + record(START, packet("198.51.100.250", "192.0.2.9", 23)))
        assert run("darknet", "report", old, "--config", config, "--data", folder / "data").returncode == 0
        watch = wire_watch(folder, config, other)
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        wire.bind((one, 0))
        frame = bytes(6) + bytes(5) + b"\1" + b"\x08\x00"
        delays = []
        for i in range(30):
            sent = time.monotonic()
            wire.send(frame + packet(f"198.51.100.{i}", "192.0.2.7", 23) + bytes(20))
            receiver.wait(i + 1)
            delays.append(receiver.posts[-1][0] - sent)
            time.sleep(0.1)
        wire.close()
        seen_while_it_runs = contacts_come(folder, lambda rows: len(rows) == 31 and any(
            row["state"] == "ended" for row in rows))
        watch.send_signal(2)
        _, err = watch.communicate(timeout=30)
        assert watch.returncode == 0, err
        watch = wire_watch(folder, config, other)  # begins again: who goes on is not new
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        wire.bind((one, 0))
        for i in (7, 200):
            wire.send(frame + packet(f"198.51.100.{i}", "192.0.2.8", 23) + bytes(20))
        receiver.wait(31)
        wire.close()
        contacts_come(folder, lambda rows: len(rows) == 32)
        watch.send_signal(2)
        _, err = watch.communicate(timeout=30)
        assert watch.returncode == 0, err
        again = {row["source_ip"]: row["packets"] for row in contacts(folder)}
    finally:
        ip("link", "del", one)
        receiver.close()
        if watch and watch.poll() is None:
            watch.kill()
    print(f"# on the wire, first packet to webhook: median {statistics.median(delays) * 1e3:.1f} ms,"
          f" worst {max(delays) * 1e3:.1f} ms of {len(delays)}")
    assert statistics.median(delays) < 1, delays
    states = {row["source_ip"]: row["state"] for row in seen_while_it_runs}
    assert states.pop("198.51.100.250") == "ended", states
    assert len(states) == 30 and set(states.values()) == {"new"}, states
    told = [one["source_ip"] for one in receiver.contacts()]
    assert told[30:] == ["198.51.100.200"], told
    assert len(again) == 32 and again["198.51.100.7"] == 2 and again["198.51.100.200"] == 1, again


main([
    a_contact_is_posted_whole_and_stored,
    a_worm_is_one_alert_a_host,
    each_organisation_is_told_of_its_own_alone,
    mail_is_whole_and_speaks_both_languages,
    a_receiver_that_stumbles_is_tried_again_and_one_that_refuses_is_not,
    a_certificate_nobody_vouches_for_gets_nothing,
    a_slow_receiver_delays_only_itself,
    unused_addresses_of_its_own_are_told_as_internal,
    contacts_end_and_reading_again_changes_nothing,
    an_organisations_token_opens_its_own_contacts_and_nothing_else,
    an_organisations_stream_tells_its_own_contacts_and_nothing_of_others,
    a_wrong_configuration_is_refused_with_its_line,
    on_the_wire_the_first_packet_is_told_within_a_second,
])
