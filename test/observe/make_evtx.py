#!/usr/bin/env python3
"""Write the event logs the tests read: make_evtx.py FOLDER

two_chunks.evtx.gz: two chunks of three records each, as Windows lays them out,
but without templates (every element is spelled out in every record).
"""
import gzip
import struct
import sys
import zlib

CHUNK, HEADER = 65536, 512
SYSMON = "Microsoft-Windows-Sysmon/Operational"


def name_hash(text):
    value = 0
    for c in text:
        value = (value * 65599 + ord(c)) & 0xFFFFFFFF
    return value & 0xFFFF


def utf16(text):
    return text.encode("utf-16-le")


class Chunk:
    def __init__(self):
        self.records = b""
        self.numbers = []

    def name(self, at, text):
        """A name, spelled where it is used: offset, then the name itself."""
        inline = struct.pack("<IHH", 0, name_hash(text), len(text)) + utf16(text) + b"\0\0"
        return struct.pack("<I", at + 4) + inline

    def value(self, text):
        return b"\x05\x01" + struct.pack("<H", len(text)) + utf16(text)

    def element(self, at, name, attributes, children):
        """Bytes of an element that begins at `at` in the chunk. Children: text or elements."""
        body = self.name(at + 7, name)
        where = at + 7 + len(body)
        if attributes:
            listed = b""
            where += 4
            for i, (key, text) in enumerate(attributes):
                more = 0x46 if i + 1 < len(attributes) else 0x06
                piece = bytes([more]) + self.name(where + 1, key)
                piece += self.value(text)
                listed += piece
                where += len(piece)
            body += struct.pack("<I", len(listed)) + listed
        inner = b""
        if children:
            body += b"\x02"
            where += 1
            for child in children:
                piece = self.value(child) if isinstance(child, str) else self.element(where, *child)
                body += piece
                where += len(piece)
            body += b"\x04"
        else:
            body += b"\x03"
        token = 0x41 if attributes else 0x01
        return bytes([token]) + struct.pack("<HI", 0xFFFF, len(body)) + body + inner

    def add(self, number, filetime, tree):
        at = HEADER + len(self.records)
        xml = b"\x0f\x01\x01\x00" + self.element(at + 24 + 4, *tree) + b"\x00"
        size = 24 + len(xml) + 4
        pad = -size % 8
        size += pad
        record = struct.pack("<IIQQ", 0x2A2A, size, number, filetime) + xml + b"\0" * pad
        self.records += record + struct.pack("<I", size)
        self.numbers.append(number)

    def pack(self):
        free = HEADER + len(self.records)
        first, last = self.numbers[0], self.numbers[-1]
        head = bytearray(HEADER)
        head[0:8] = b"ElfChnk\0"
        last_at = free - struct.unpack("<I", self.records[-4:])[0]
        struct.pack_into("<QQQQIIII", head, 8, first, last, first, last, 128, last_at, free,
                         zlib.crc32(self.records))
        struct.pack_into("<I", head, 124, zlib.crc32(bytes(head[0:120]) + bytes(head[128:512])))
        return bytes(head) + self.records + b"\0" * (CHUNK - free)


def event(code, second, data, channel=SYSMON):
    stamp = "2024-05-07T10:00:%02d.123456700Z" % second
    system = [("Provider", [("Name", "Microsoft-Windows-Sysmon")], []),
              ("EventID", [], [str(code)]),
              ("TimeCreated", [("SystemTime", stamp)], []),
              ("Channel", [], [channel]), ("Computer", [], ["HOST-A"])]
    return ("Event", [("xmlns", "http://schemas.microsoft.com/win/2004/08/events/event")],
            [("System", [], system),
             ("EventData", [], [("Data", [("Name", k)], [v] if v else []) for k, v in data])])


def process(code, second, pid, **more):
    data = [("UtcTime", "2024-05-07 10:00:%02d.100" % second),
            ("ProcessGuid", "{747F3D96-D6EB-5D31-0000-%012X}" % pid), ("ProcessId", str(pid)),
            ("Image", "C:\\Windows\\Tool & <Co>\\p%d.exe" % pid)] + list(more.items())
    return event(code, second, data)


def file_header(chunks):
    head = bytearray(4096)
    head[0:8] = b"ElfFile\0"
    struct.pack_into("<QQQIHHHH", head, 8, 0, chunks - 1, 7, 128, 1, 3, 4096, chunks)
    struct.pack_into("<I", head, 124, zlib.crc32(bytes(head[0:120])))
    return bytes(head)


def main(folder):
    chunks = [Chunk(), Chunk()]
    for i in range(6):
        tree = process(1, i, 100 + i, CommandLine='say "hi" > \u706b', User="DOMAIN\\user") \
            if i % 3 == 0 else process(11, i, 100 + i, TargetFilename="C:\\made\\%d.txt" % i) \
            if i % 3 == 1 else process(3, i, 100 + i, Protocol="tcp", Initiated="true",
                                       DestinationIp="203.0.113.9", DestinationPort="443")
        chunks[i // 3].add(i + 1, 133595496000000000 + i * 10000000, tree)
    text = file_header(2) + b"".join(chunk.pack() for chunk in chunks)
    with open(folder + "/two_chunks.evtx.gz", "wb") as out:
        out.write(gzip.compress(text, 9, mtime=0))
    return chunks


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ".")
