#!/usr/bin/env python3
"""Build the sample application of this folder from its sources, and sign it with a key of the moment.

    test/android/make_apk.py OUT.apk [--unsigned]

Ends with 77 and a message where a tool is absent (apktool, aapt; to sign: apksigner, openssl).
The application does on paper what malware does (it asks for SMS, hides its icon, runs a command) and
leaves open what careless ones do; it is read by tests, never run.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

SAMPLE = pathlib.Path(__file__).resolve().parent / "sample"
TOOLS = ("apktool", "aapt")
SIGNING_TOOLS = ("apksigner", "openssl")


def tools_missing(sign=True):
    """Names of what is absent."""
    return [tool for tool in TOOLS + (SIGNING_TOOLS if sign else ()) if not shutil.which(tool)]


def tool_run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stdout[-500:]}{done.stderr[-500:]}")


def apk_sign(path, folder, schemes=("v1", "v2", "v3")):
    """With a new key each time: `CN=Android Debug` is what the SDK calls its own, and no secret."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    tool_run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-days", "10000", "-subj", "/CN=Android Debug/O=Android/C=US",
             "-keyout", key, "-out", certificate)
    tool_run("openssl", "pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in", key,
             "-out", folder / "key.pk8")
    switches = [f"--{scheme}-signing-enabled={str(scheme in schemes).lower()}"
                for scheme in ("v1", "v2", "v3")]
    tool_run("apksigner", "sign", "--key", folder / "key.pk8", "--cert", certificate,
             "--min-sdk-version", "18", "--v4-signing-enabled=false", *switches, path)


def apk_make(path, sign=True, schemes=("v1", "v2", "v3")):
    """The finished file at `path`."""
    with tempfile.TemporaryDirectory(prefix="hinomi-apk-") as name:
        folder = pathlib.Path(name)
        shutil.copytree(SAMPLE, folder / "sample")
        tool_run("apktool", "build", "--frame-path", folder / "frame", folder / "sample",
                 "-o", folder / "sample.apk")
        if sign:
            apk_sign(folder / "sample.apk", folder, schemes)
        shutil.copyfile(folder / "sample.apk", path)
    return path


if __name__ == "__main__":
    unsigned = "--unsigned" in sys.argv[1:]
    if len(sys.argv) - unsigned != 2:
        sys.exit(__doc__)
    missing = tools_missing(not unsigned)
    if missing:
        print("make_apk: absent:", *missing, file=sys.stderr)
        sys.exit(77)
    apk_make(next(word for word in sys.argv[1:] if word != "--unsigned"), sign=not unsigned)
