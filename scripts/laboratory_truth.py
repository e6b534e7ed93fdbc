"""What really happened in the laboratory: the servers' own records, request by request, made labels.

A record names its connection and request ("PORT CLIENT_PORT INDEX"). Executed is what the server says
ran; visible is what of it stands in the answer it gave, made it late, or called back.
"""
import base64
import collections
import html
import json
import pathlib
import re
import shlex
import sys

DELAY = 0.8  # seconds an answer must be late for a delay to be seen


def words(text):
    return {text, html.unescape(text), text.replace("\\/", "/")}


def visible(lines, answer):
    """The first of some lines of output that stands in the answer, however the page wrote it."""
    forms = words(answer)
    try:
        forms.add(json.dumps(json.loads(answer), ensure_ascii=False).replace("\\n", "\n").replace('\\"', '"').replace("\\t", "\t"))
    except ValueError:
        pass
    try:
        forms.add(base64.b64decode(answer, validate=True).decode("utf-8", "replace"))
    except ValueError:
        pass
    return next((line for line in lines if len(line.strip()) > 1 and any(line.strip() in form for form in forms)), None)


def echo_of(line, asked):
    """Whether what the page shows stands in the request as well, letter for letter."""
    return line is not None and line.strip() in asked


def words_of(line):
    """The words of a command as the shell's trace writes it; of a broken one as they come."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split(" ")


def shell_judge(record, asked, answer):
    """Executed or not, evidence, whether the evidence might be an echo."""
    own = record["own"]
    trace = list(record["trace"])
    intended = next((line for line in trace if own and line.split(" ")[0] == own), None)
    if intended is not None:
        trace.remove(intended)
    trace = [line for line in trace if line]
    written = re.sub(r"['\"\\]", "", record["command"])
    changed = [word for word in words_of(intended or "")[1:] if len(word) > 3 and re.sub(r"['\"\\]", "", word) not in written]
    if not trace and not changed:
        return False, "", False
    output = [line for line in (record["output"] + "\n" + record["errors"]).split("\n") if not re.fullmatch(
        r"Host .* not found: 3\(NXDOMAIN\)|\S+ has address 192\.0\.2\.\d+|(sh: )?(\d+: )?", line)]
    shown = visible([line for line in output if line.strip() not in asked] + changed + output, answer)
    slept = max([float(match[1]) for line in trace for match in [re.match(r"sleep (\d+(\.\d+)?)", line)] if match], default=0)
    if shown and not echo_of(shown, asked):
        return True, "output", False
    if slept >= DELAY and record["seconds"] >= slept - 0.1:
        return True, "delay", False
    return True, "", shown is not None


def code_judge(record, asked, answer):
    if not record["parsed"] or re.fullmatch(r"[\d\s+*/().-]*", record["input"]):
        return False, "", False
    shown = visible((record["printed"] + "\n" + str(record["value"])).split("\n"), answer)
    if record["error"] and not record["printed"] and record["seconds"] < DELAY:
        shown = visible([record["error"]], answer)
        return True, "output" if shown and not echo_of(shown, asked) else "", echo_of(shown, asked)
    if shown and not echo_of(shown, asked):
        return True, "output", False
    return True, "delay" if record["seconds"] >= DELAY else "", shown is not None


def template_judge(record, asked, answer):
    if not record["evaluated"] or not record["parsed"]:
        return False, "", False
    shown = visible("\n".join(record["values"]).split("\n"), answer)
    if shown and not echo_of(shown, asked):
        return True, "output", False
    return True, "delay" if record["seconds"] >= DELAY else "", shown is not None


KNOWN = {str([name]) for name in ("Teapot", "Paper lantern", "Wind chime", "Folding fan", "Inkstone",
                                  "Ito Sakura", "Kato Ren", "Mori Aoi", "Ueda Yui")}


def structure(statement):
    """A statement's tokens, values told from everything else."""
    tokens = re.findall(r"/\*.*?\*/|--[ \t].*|#.*|'(?:[^'\\]|''|\\.)*'|\d+(?:\.\d+)?|\w+|\S", statement, re.S)
    return ["?" if token[0] == "'" or token[0].isdigit() else token.lower() for token in tokens]


def sql_judge(record, asked, answer):
    if record["statement"] is None:
        return False, "", False
    harmless = record["template"].replace("%%", "%").replace("%s", "1")
    if structure(record["statement"]) == structure(harmless):
        return False, "", False
    if record["error"] is not None:
        # An error of evaluation carries what was evaluated; one of syntax means that nothing ran.
        told = re.search(r"XPATH syntax error: '(.+?)'|invalid input syntax for type \w+: \"(.+?)\"|Duplicate entry '(.+?)'|"
                         r"out of range in '(.+)", record["error"], re.S)
        if not told:
            return False, "", False
        shown = visible([next(filter(None, told.groups()))], answer)
        return True, "output" if shown and not echo_of(shown, asked) else "", echo_of(shown, asked)
    if record["shown"] != record["harmless"] and record["seconds"] < DELAY:
        # Rows that no harmless value would show prove it; rows there or not there, only beside other answers.
        more = len(record["rows"]) > 1 or any(str(row[1:2]) not in KNOWN for row in record["rows"])
        return True, "rows" if more and visible([str(cell) for row in record["rows"] for cell in row], answer) else "contrast", False
    return True, "delay" if record["seconds"] >= DELAY else "", False


def file_judge(record, asked, answer):
    if not record["outside"]:
        return False, "", False
    shown = visible(record["content"].split("\n"), answer)
    return True, "output" if shown else "", False


# Where the payload stands in the page: what makes a browser run something there.
STARTS = r"<(?:script\b[^>]*(?:>\s*[^<\s]|\bsrc\s*=)|[a-z]+\b[^>]*\bon\w+\s*=|[a-z]+[^>]*=\s*[\"']?javascript:)|<svg/on\w+\s*="
CONTEXTS = {"body": STARTS, "attribute": r"\"[^>]*\bon\w+\s*=|\"[^>]*>.*?(?:" + STARTS + ")",
            "script": r"(?<!\\)\"\s*[;+*-]|</script>.*?(?:" + STARTS + ")", "comment": r"-->.*?(?:" + STARTS + ")"}


def markup_judge(record, asked, answer):
    context = CONTEXTS.get(record["context"])
    runs = context is not None and re.search(context, record["shown"], re.I | re.S) is not None
    return runs, "markup" if runs else "", False


JUDGES = {"shell": shell_judge, "code": code_judge, "template": template_judge, "sql": sql_judge, "file": file_judge,
          "markup": markup_judge}


def label_of(records, note, page, called):
    """Label and evidence of one request."""
    asked = page["input"] if page else ""
    answer = page["answer"] if page else note.get("answer", "")
    if not page:
        asked = note["input"]
    executed = evidence = echoed = None
    for record in records:
        if page and record["what"] == "sql":  # stacked statements end after the first one's rows came
            record["seconds"] = max(record["seconds"], page.get("seconds", 0))
        ran, seen, echo = JUDGES[record["what"]](record, asked, answer)
        executed, evidence, echoed = executed or ran, evidence or seen, echoed or echo
    if note.get("benign"):
        return ("BENIGN", "") if not executed else ("EXCLUDE", "a harmless visit was executed")
    if note.get("token") and note["token"] in called:
        return "SUCCESS", "call back"
    if not executed:
        return "FAILED", ""
    if evidence:
        return "SUCCESS_BY_CONTRAST" if evidence == "contrast" else "SUCCESS", evidence
    return ("EXCLUDE", "an echo would look the same") if echoed else ("SUCCESS_INVISIBLE", "")


def sqlmap_note(records, page):
    """What sqlmap meant by a request nobody else knows of: harmless only if it asks for a plain value."""
    inputs = [record["input"] for record in records if record["what"] == "sql"] + [page["input"]]
    return {"class": "sql_injection", "benign": all(re.fullmatch(r"\w*", text) for text in inputs), "from": "sqlmap"}


def labels_write(folder):
    """DIR/truth.jsonl made DIR/labels.jsonl, one line for each request, but for those whose port was used
    twice. Counts by label."""
    groups, pages, notes, called, twice = collections.defaultdict(list), {}, {}, set(), set()
    for record in map(json.loads, open(folder / "truth.jsonl", encoding="utf-8")):
        if record["what"] == "called":
            called.add(record["token"])
        elif record["what"] in ("page", "sent"):
            twice.update({record["key"]} & set(pages if record["what"] == "page" else notes))
            (pages if record["what"] == "page" else notes)[record["key"]] = record
        else:
            groups[record["key"]].append(record)
    counts = collections.Counter()
    with open(folder / "labels.jsonl", "w", encoding="utf-8") as out:
        for key in sorted((set(pages) | set(notes)) - twice, key=lambda key: [int(word) for word in key.split()]):
            note = notes.get(key) or sqlmap_note(groups[key], pages[key])
            label, evidence = label_of(groups[key], note, pages.get(key), called)
            server, client, index = map(int, key.split())
            counts[label] += 1
            page = pages.get(key, note)
            out.write(json.dumps({"client_port": client, "server_port": server, "request_index": index, "time": note.get("time"),
                                  "page": page["page"], "class": "" if note.get("benign") else note["class"],
                                  "label": label, "evidence": evidence, "from": note.get("from", "script"),
                                  "input": (note.get("input") or next((r["input"] for r in groups[key] if "input" in r), page.get("input", "")))[:400]}, ensure_ascii=False) + "\n")
    return counts


if __name__ == "__main__":  # label again what was recorded
    print(dict(labels_write(pathlib.Path(sys.argv[1]))))
