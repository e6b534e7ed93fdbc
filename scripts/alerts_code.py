"""Shellcode in traffic: each sent by itself, wrapped as exploits wrap it, then judged."""
import json
import pathlib
import random
import struct
import subprocess
import tempfile

RETURN_ADDRESS = struct.pack("<I", 0xBFFFF6A0)


def with_sled(code, chance):
    return (b"USER " + b"A" * chance.randrange(100, 400) + RETURN_ADDRESS * 4 + b"\x90" * 32 + code +
            b"\0\r\n")


def without_sled(code, chance):
    letters = bytes(chance.choice(b"abcdefghijklmnop") for _ in range(120))
    return b"LOGIN " + letters + RETURN_ADDRESS * 2 + code + b"\0\r\n"


def in_binary(code, chance):
    return (b"\0\0\1\x20" + chance.randbytes(60) + b"A" * 200 + chance.randbytes(8) + code +
            chance.randbytes(50))


def in_url(code, chance):
    coded = "".join(f"%{byte:02x}" for byte in b"\x90" * 20 + code)
    return b"GET /a.cgi?x=" + b"B" * 300 + coded.encode() + b" HTTP/1.0\r\nHost: h\r\n\r\n"


WRAPPINGS = {"behind a sled": with_sled, "behind a return address": without_sled,
             "in binary": in_binary, "in a URL": in_url}


def frame(from_client, port, sequence, flags, data=b""):
    ends = [(b"\x0a\0\0\1", port), (b"\x0a\0\0\2", 21)]
    source, to = ends if from_client else reversed(ends)
    tcp = struct.pack(">HHIIBBHHH", source[1], to[1], sequence, 0, 0x50, flags, 1024, 0, 0)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(data), 1, 0x4000, 64, 6, 0)
    return b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + source[0] + to[0] + tcp + data


def conversation(port, data):
    yield frame(True, port, 0, 0x02)
    yield frame(False, port, 0, 0x12)
    for at in range(0, len(data), 1400):
        yield frame(True, port, at + 1, 0x18, data[at:at + 1400])
    yield frame(True, port, len(data) + 1, 0x11)
    yield frame(False, port, 1, 0x11)


def capture_write(path, payloads):
    """A connection a second, from port 10000 on."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, data in enumerate(payloads):
            for at, packet in enumerate(conversation(10000 + number, data)):
                file.write(struct.pack("<IIII", 1000 + number, at, len(packet), len(packet)) + packet)


def to_be_seen(effects):
    """What the judge should say of it, as it says it; None: nothing that is whole."""
    for effect in effects:
        if effect["effect"] in ("executes", "fetches") and len(effect["text"]) > 1:
            return effect["text"]
        if effect.get("port") and effect.get("address") != "0.0.0.0" or (
                effect["effect"] == "listens" and effect["port"]):
            return f"{effect.get('address', '')}:{effect['port']}"
    return None


def traffic_score(options, rows, answers, verdicts):
    """`rows` of shellcode and what is said of each alone, against what is said of it in traffic."""
    wanted = [(row, to_be_seen(answer["effects"])) for row, answer in zip(rows, answers)]
    wanted = [(row, said) for row, said in wanted if said]
    for name, wrap in WRAPPINGS.items():
        chance = random.Random(3)
        payloads = [wrap(bytes.fromhex(row["hex"]), chance) for row, _ in wanted]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "code.pcap"
            capture_write(path, payloads)
            done = subprocess.run([options.hinomi, "alerts", "judge", "--pcap", path, "--json"],
                                  capture_output=True, text=True, check=True)
        commands = {judged["source_port"] - 10000: judged["command"]
                    for judged in map(json.loads, done.stdout.strip().split("\n"))
                    if judged["class"] == "shellcode"}
        same = sum(said in commands.get(at, "") for at, (_, said) in enumerate(wanted))
        verdicts.say(f"in traffic, {name}: {len(commands)} of {len(wanted)} found, {same} with what they "
                     f"do alone")
