#!/usr/bin/env python3
"""Verifies journals as format.md describes: verify.py [--key PUBLIC.pem] DIRECTORY...   Standard library only (and openssl
for signatures). A line for each directory: "ok RECORDS LASTHASH", or "bad SEGMENT OFFSET: what is wrong". Exit code 0 or 1."""
import hashlib, json, os, struct, subprocess, sys, tempfile

TABLE = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
    TABLE.append(n)

def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF

def sha(data):
    return hashlib.sha256(data).digest()

def merkle(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha(b"")
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\1" + merkle(leaves[:split]) + merkle(leaves[split:]))

def signed(attestation, key):
    der = subprocess.run(["openssl", "pkey", "-pubin", "-in", key, "-outform", "DER"], capture_output=True, check=True).stdout
    integer = lambda b: (lambda v: bytes([2, len(v)]) + v)(b"\0" * (b.lstrip(b"\0")[:1] >= b"\x80") + (b.lstrip(b"\0") or b"\0"))
    body = integer(attestation[120:152]) + integer(attestation[152:184])
    with tempfile.NamedTemporaryFile() as file:
        file.write(bytes([0x30, len(body)]) + body)
        file.flush()
        run = subprocess.run(["openssl", "dgst", "-sha256", "-verify", key, "-signature", file.name],
                             input=b"WPJ-ATTEST-V1\n\0" + attestation[:120], capture_output=True)
    return attestation[88:120] == sha(der) and run.returncode == 0

def attested(said, number, leaves, end, key):
    if said[:88] != struct.pack("<qqq", number, len(leaves), end) + leaves[-1] + merkle(leaves):
        return "an attestation does not state what is there"
    return None if key is None or signed(said, key) else "an attestation is not signed with the key"

def record_at(data, at, last):
    """(end, None), or (None, what is wrong); without a hash before it, only length and checksum are looked at."""
    length = struct.unpack_from("<i", data, at + 4)[0] if len(data) >= at + 77 else -1
    if not 0 <= length <= 1 << 28 or at + 77 + length > len(data):
        return None, "length"
    if crc32c(data[at + 4:at + 44 + length]) != struct.unpack_from("<I", data, at)[0]:
        return None, "checksum"
    if last is not None and data[at + 44 + length:at + 77 + length] != b"\0" + sha(b"\0" + last + data[at:at + 44 + length]):
        return None, "hash"
    return at + 77 + length, None

def is_torn(data, at):
    rest = len(data) - at - 77
    if rest >= 0 and not rest < struct.unpack_from("<i", data, at + 4)[0] <= 1 << 28:
        return False
    if rest >= 0 and record_at(data[at:at + 4] + struct.pack("<i", rest) + data[at + 8:], 0, None)[0]:
        return False
    return not any(data[j + 8] and data[j + 9] < 2 and record_at(data, j, None)[0] for j in range(at + 1, len(data) - 76))

def sequence_problem(data, at, sessions, count):
    session, sequence = struct.unpack_from("<16sq", data, at + 12)
    length, kind = struct.unpack_from("<iB", data, at + 4)
    if kind == 18 and json.loads(data[at + 44:at + 44 + length]).get("effect") == "dropped":
        sessions["outage"] = count
    if session == bytes(16):
        return None if sequence == 0 else "sequence"
    before, when = sessions.get(session, (0, 0))
    sessions[session] = sequence, count
    holds = sequence == before + 1 or sequence > before and sessions.get("outage", 0) > when
    return None if holds else "sequence"

def verify(directory, key):
    names = sorted(n for n in os.listdir(directory) if len(n) == 14 and n[:10].isdigit() and n.endswith(".wpj"))
    files = [open(os.path.join(directory, n), "rb").read() for n in names]
    sessions, last, end, leaves, total = {}, bytes(32), 0, [], 0  # of the journal so far, and of its last segment
    for i, data in enumerate(files):
        name, limit, at, ended, before = f"{i + 1:010d}.wpj", len(data), 48, end, leaves
        following = files[i + 1] if i + 1 < len(files) and names[i + 1] == f"{i + 2:010d}.wpj" else b""
        said = None
        if record_at(following, 48, following[16:48])[0] and following[56] == 16:
            said = following[94]
            limit = struct.unpack_from("<q", following, 116)[0] if said == 2 else limit
        if name != names[i] or data[:16] != b"WPJ-SEGMENT-V1\n\0" or len(data) < 48:
            return name, 0, "missing, or not a segment"
        leaves, closed, chain, end = [], False, data[16:48], 48
        while at < limit and at < len(data):
            after, problem = record_at(data, at, chain)
            if problem:
                if i + 1 < len(files) or not leaves or closed or not is_torn(data, at):
                    return name, at, problem
                break
            kind, body = data[at + 8], data[at + 44:after - 33]
            if closed:
                problem = "a record follows the footer"
            elif not leaves:
                good = kind == 16 and body[:2] == b"\1\0" and len(body) == (216 if body[2] == 2 else 32) and chain == last
                good = good and struct.unpack_from("<qqq", body, 8) == (i + 1, i, ended) and (body[2] == 0) == (i == 0)
                problem = (attested(body[32:], i, before, ended, key) if body[2] == 2 else None) if good else "header"
            elif kind == 17:
                problem = attested(body, i + 1, leaves, end, key)
            else:
                problem = "header" if kind == 16 else sequence_problem(data, at, sessions, total)
            if problem:
                return name, at, problem
            chain, at, end, total, closed = data[after - 32:after], after, after, total + 1, kind == 17
            leaves.append(chain)
        if not leaves:
            return name, 0, "no records"
        if said is not None and said != (1 if closed else 2):
            return name, end, "footer missing, or denied by the next segment"
        last = chain
    return total, last

if __name__ == "__main__":
    arguments = sys.argv[1:]
    public = arguments[1] if arguments[:1] == ["--key"] else None
    bad = 0
    for path in arguments[2:] if public else arguments:
        answer = verify(path, public)
        bad |= len(answer) == 3
        print("ok %d %s" % (answer[0], answer[1].hex()) if len(answer) == 2 else "bad %s %d: %s" % answer, flush=True)
    sys.exit(bad)
