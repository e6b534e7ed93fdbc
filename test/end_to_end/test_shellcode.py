"""Shellcode is explained by a helper that can reach nothing, whatever the shellcode does."""
import json
import os
import pathlib
import select
import socket
import struct
import subprocess
import time

from tap import HINOMI, main, run

HELPER = next(path for path in (pathlib.Path(HINOMI).parent / "hinomi-emulate",
                                pathlib.Path(HINOMI).parent / "src/emulate/hinomi-emulate")
              if path.exists())


def explain(*codes, arguments=()):
    done = run("alerts", "shellcode", "-", "--hex", "--json", *arguments,
               input="\n".join(code.hex() for code in codes).encode() + b"\n", timeout=120)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def push(text):
    """x86: the text with its NUL on the stack, esp at its first byte."""
    text += b"\0" * (4 - len(text) % 4)
    return b"".join(b"\x68" + text[at:at + 4] for at in range(len(text) - 4, -1, -4))


def linux(number):
    return b"\x6a" + bytes([number]) + b"\x58\xcd\x80"  # push; pop eax; int 0x80


def on_path(number, path, second=0):
    """open, creat, unlink, chmod, execve of a path."""
    return push(path) + b"\x89\xe3\xb9" + struct.pack("<I", second) + b"\x31\xd2" + linux(number)


EXIT = b"\x31\xdb" + linux(1)


def connect(port):
    return (b"\x31\xdb\x53\x43\x53\x6a\x02\x89\xe1\x6a\x66\x58\xcd\x80\x96\x68"
            + socket.inet_aton("127.0.0.1") + b"\x66\x68" + struct.pack(">H", port) +
            b"\x66\x6a\x02\x89\xe1\x6a\x10\x51\x56\x89\xe1\x6a\x03\x5b\x6a\x66\x58\xcd\x80")


def calls(answer):
    return [call["name"] for call in answer["calls"]]


def what_it_would_do_is_told(folder):
    answer, = explain(connect(4444) + on_path(11, b"/bin/sh"))
    assert answer["platform"] == "linux_x86" and answer["ending"] == "executed", answer
    assert answer["effects"] == [
        {"effect": "connects", "address": "127.0.0.1", "port": 4444},
        {"effect": "executes", "text": "/bin/sh"}], answer
    table = run("alerts", "shellcode", "-", "--hex", input=connect(4444).hex().encode())
    assert b"connects 127.0.0.1 port 4444" in table.stdout, table.stdout


def nothing_of_it_happens(folder):
    """Files to be read, written, removed, and a listener to be reached: all as they were."""
    canary, made = folder / "canary", folder / "made"
    canary.write_text("alive")
    canary.chmod(0o600)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        codes = [on_path(5, bytes(canary), 0o1002) + EXIT, on_path(8, bytes(made), 0o777) + EXIT,
                 on_path(10, bytes(canary)) + EXIT, on_path(15, bytes(canary), 0o777) + EXIT,
                 connect(listener.getsockname()[1]) + EXIT, on_path(11, b"/bin/true")]
        answers = explain(*codes)
        assert [calls(answer)[0] for answer in answers] == \
            ["open", "creat", "unlink", "chmod", "socket", "execve"], answers
        assert select.select([listener], [], [], 0.2)[0] == [], "somebody connected"
    assert canary.read_text() == "alive" and canary.stat().st_mode & 0o777 == 0o600
    assert not made.exists()


def the_helper_is_shut_in(folder):
    """The kernel's own word for the process that is about to run shellcode."""
    with subprocess.Popen([HELPER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as helper:
        length, = struct.unpack("<I", helper.stdout.read(4))
        greeting = helper.stdout.read(length)
        assert greeting[:4] == b"HNE1" and greeting[4] & 1, greeting
        status = pathlib.Path(f"/proc/{helper.pid}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert fields["Seccomp"] == "2" and fields["NoNewPrivs"] == "1", status
        limits = pathlib.Path(f"/proc/{helper.pid}/limits").read_text()
        assert "Max processes             0" in limits, limits
        helper.stdin.write(struct.pack("<I", 1 << 30))  # a frame nobody may send
        helper.stdin.close()
        assert helper.wait(timeout=10) == 1


def hostile_code_is_bounded(folder):
    endless = b"\xeb\xfe"
    rewriting = b"\xe8\x00\x00\x00\x00\x5e\xfe\x06\xeb\xfc"
    forking = linux(2) + b"\xeb\xf9"
    flooding = b"\x31\xc0\x40\xcd\x80\xeb\xfb"
    greedy = b"\x6a\x09\x58\x31\xff\xbe\x00\x00\x00\x7f\x6a\x07\x5a\x0f\x05\xeb\xef"
    filling = b"\x31\xc9\x49\xf3\xaa"
    noise = [bytes((seed * 73 + at * at * 31 + (at >> 3) * seed) & 255 for at in range(300))
             for seed in range(1, 16)]
    start = time.monotonic()
    answers = explain(endless, rewriting, forking, flooding, greedy, filling, *noise, b"\0" * 65536,
                      connect(4444))
    assert time.monotonic() - start < 100
    assert len(answers) == 6 + len(noise) + 2
    assert all(answer["ending"] not in ("hung", "crashed") for answer in answers), answers
    assert "connect" in calls(answers[-1]), answers[-1]


def a_hung_helper_is_given_up(folder):
    """A helper that greets and then is silent is not waited for."""
    helper = folder / "helper"
    helper.write_text("#!/bin/sh\nprintf '\\007\\000\\000\\000HNE1\\001\\001U'\nexec sleep 1000\n")
    helper.chmod(0o700)
    start = time.monotonic()
    answer, = explain(EXIT, arguments=("--helper", helper))
    assert answer["ending"] == "hung", answer
    assert time.monotonic() - start < 30


def without_a_sandbox_nothing_runs(folder):
    helper = folder / "helper"
    helper.write_text("#!/bin/sh\nexit 1\n")
    helper.chmod(0o700)
    done = run("alerts", "shellcode", "-", "--hex", "--helper", helper, input=b"90\n")
    assert done.returncode == 1 and b"could not shut itself in" in done.stderr, done


def usage_is_checked(folder):
    assert run("alerts", "shellcode").returncode == 2
    assert run("alerts", "shellcode", "-", "--platform", "vax", input=b"").returncode == 2
    assert run("alerts", "shellcode", folder / "absent").returncode == 1
    assert run("alerts", "shellcode", "-", "--hex", input=b"zz\n").returncode == 1
    (folder / "big").write_bytes(b"\x90" * 65537)
    assert run("alerts", "shellcode", folder / "big").returncode == 1
    (folder / "raw").write_bytes(EXIT)
    done = run("alerts", "shellcode", folder / "raw", "--json")
    assert json.loads(done.stdout)["ending"] == "exited", done
    c_text = b'"\\x31\\xdb" "\\x6a\\x01" "\\x58\\xcd\\x80"\n'
    done = run("alerts", "shellcode", "-", "--hex", "--json", input=c_text)
    assert json.loads(done.stdout)["ending"] == "exited", done
    assert os.path.exists(HELPER)


if __name__ == "__main__":
    main([what_it_would_do_is_told, nothing_of_it_happens, the_helper_is_shut_in,
          hostile_code_is_bounded, a_hung_helper_is_given_up, without_a_sandbox_nothing_runs,
          usage_is_checked])
