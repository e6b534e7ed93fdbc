"""The Python pages of the laboratory: plain text and CSV over SQLite and a shell, keep-alive, gzip."""
import gzip
import http.server
import json
import os
import sqlite3
import subprocess
import time
import urllib.parse

ROOT, NAME = os.environ["LAB_ROOT"], os.environ["LAB_NAME"]
MEMBERS = [("ito", "Ito Sakura", "ito@example.org"), ("kato", "Kato Ren", "kato@example.org"),
           ("mori", "Mori Aoi", "mori@example.org"), ("ueda", "Ueda Yui", "ueda@example.org")]


def note(what, key, **facts):
    with open(os.environ["LAB_TRUTH"], "a", encoding="utf-8") as truth:
        truth.write(json.dumps({"what": what, "key": key, **facts}) + "\n")


def run(key, command):
    environment = {**os.environ, "LAB_REQUEST": key, "LAB_OWN": "lookup"}
    return subprocess.run([os.environ["LAB_SHELL"], "-c", command], env=environment, cwd="/", check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode("utf-8", "replace")


def ask(statement, values=()):
    """Rows, error or None, seconds."""
    start = time.monotonic()
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE members (name TEXT, full TEXT, mail TEXT)")
        database.executemany("INSERT INTO members VALUES (?, ?, ?)", MEMBERS)
        database.execute("CREATE TABLE keys (owner TEXT, secret TEXT)")
        database.execute("INSERT INTO keys VALUES ('root', 'mizu-no-oto-5577')")
        try:
            rows = database.execute(statement, values).fetchall()
            return rows, None, time.monotonic() - start
        except (sqlite3.Error, sqlite3.Warning) as error:
            return [], str(error), time.monotonic() - start


def members_show(variant, rows, error):
    if error and variant == "open":
        return 500, f"sqlite3.OperationalError: {error}\n"
    if variant == "count":
        return 200, f"{len(rows)} found\n"
    if variant == "silent":
        return 200, "noted\n"
    return 200, "name,full,mail\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)


def page_members(key, variant, value):
    plain = ask("SELECT name, full, mail FROM members WHERE name = ?", (value,))[0]
    template = "SELECT name, full, mail FROM members WHERE name = '%s'"
    if variant == "prepared":
        note("sql", key, input=value, statement=None, rows=plain, plain=plain, error=None, seconds=0)
        return members_show(variant, plain, None)
    statement = template % value
    rows, error, seconds = ask(statement)
    shown = members_show(variant, rows, error)
    note("sql", key, input=value, template=template, statement=statement, rows=rows[:40], plain=plain, error=error,
         seconds=seconds, shown=shown[1], harmless=members_show(variant, plain, None)[1])
    return shown


def page_status(key, variant, value):
    """Asks after the host that a header or a parameter names."""
    if variant == "argument":
        return 200, subprocess.run(["lookup", value.replace("\0", "")], stdout=subprocess.PIPE,
                                   check=False).stdout.decode("utf-8", "replace")
    output = run(key, f"lookup {value}")
    if variant == "silent":
        return 200, "ok\n"
    if variant == "joined":
        return 200, "status: " + " / ".join(output.split("\n")) + "\n"
    return 200, f"status at {int(time.time())}\n{output}"


PAGES = {"members": page_members, "status": page_status}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.index = -1

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.index += 1
        key = f"{NAME} {self.client_address[1]} {self.index}"
        url = urllib.parse.urlsplit(self.path)
        page, _, variant = url.path.strip("/").partition("/")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8", "replace")
        values = urllib.parse.parse_qs(url.query or body, keep_blank_values=True)
        value = values.get("q", [self.headers.get("X-Forwarded-For", "")])[0]
        status, answer = PAGES[page](key, variant, value) if page in PAGES else \
            (200, "members, status\n") if not page else (404, "nothing here\n")
        note("page", key, page=f"{page}/{variant}", answer=answer, input=value)
        self.answer_send(status, answer.encode())

    do_POST = do_GET

    def answer_send(self, status, answer):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(answer) > 60:
            self.send_header("Content-Encoding", "gzip")
            answer = gzip.compress(answer)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


http.server.ThreadingHTTPServer((os.environ["LAB_ADDRESS"], int(os.environ["LAB_PORT"])), Handler).serve_forever()
