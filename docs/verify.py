#!/usr/bin/env python3
"""Verifies a Breakglass ledger with nothing but Python's standard library, and none of Breakglass's own code.

    python3 verify.py ledger.jsonl
    python3 verify.py ledger.jsonl --checkpoint checkpoint --key 'breakglass/0123456789abcdef+89abcdef+AbC...'

It checks each entry's hash, its link to the one before, and its notes; and that a checkpoint (https://c2sp.org/tlog-checkpoint)
is of this ledger and signed by the key. Exit code 0: it holds. 1: it doesn't, and says where. docs/ledger.md has the format.
"""
import argparse, base64, hashlib, json, sys


def canonical(value):
    """RFC 8785 for what a ledger may hold: no number but safe integers."""
    if isinstance(value, str):
        value.encode("utf-8")  # half a character can't be
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int) and abs(value) < 2**53:
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    raise ValueError("a number that is no safe integer")


def check(line, seq, prev):
    """An entry that must be number `seq` and follow the hash `prev`: gives its hash and its leaf's bytes."""
    if line.strip() != line:
        raise ValueError("there is something around it")
    entry = json.loads(line)
    if not isinstance(entry, dict) or entry.get("v") != 1 or entry.get("seq") != seq or entry.get("prev") != prev:
        raise ValueError("does not follow from the entry before it")
    leaf = canonical({key: entry[key] for key in entry if key not in ("hash", "notes")}).encode("utf-8")
    if hashlib.sha256(leaf).hexdigest() != entry.get("hash"):
        raise ValueError("its content does not have its hash")
    hashes = entry.get("noteHashes", {})
    for name, note in entry.get("notes", {}).items():
        if sorted(note) != ["salt", "text"] or len(note["salt"]) != 22:
            raise ValueError("its note " + name + " is none")
        if hashlib.sha256((note["salt"] + note["text"]).encode("utf-8")).hexdigest() != hashes.get(name):
            raise ValueError("its note " + name + " is not the one that was recorded")
    return entry["hash"], leaf


def root(leaves):
    """RFC 6962, section 2.1: the roots of the whole subtrees, the largest first, then joined from the right."""
    edge = []
    for leaf in leaves:
        node, size = hashlib.sha256(b"\0" + leaf).digest(), 1
        while edge and edge[-1][1] == size:
            node, size = hashlib.sha256(b"\1" + edge.pop()[0] + node).digest(), size * 2
        edge.append((node, size))
    if not edge:
        return hashlib.sha256(b"").digest()
    node = edge.pop()[0]
    while edge:
        node = hashlib.sha256(b"\1" + edge.pop()[0] + node).digest()
    return node


# Ed25519, RFC 8032 section 5.1. Slow, and made for verifying only.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P)
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - xx) % P or y >= P:
        raise ValueError("a signature that is none")
    return (P - x if x & 1 != sign else x), y


def add(one, other):
    (a, b), (c, d) = one, other
    t = D * a * b * c * d
    return (a * d + b * c) * pow(1 + t, P - 2, P) % P, (b * d + a * c) * pow(1 - t, P - 2, P) % P


def times(factor, base):
    result = (0, 1)
    while factor:
        if factor & 1:
            result = add(result, base)
        base, factor = add(base, base), factor >> 1
    return result


def signed(key, message, signature):
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    base = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    return len(signature) == 64 and s < L and times(s, base) == add(point(r), times(k, point(key)))


def check_checkpoint(note, vkey, leaves):
    name, key_id, key = vkey.split("+", 2)
    key = base64.b64decode(key, validate=True)
    if hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8] != key_id or key[0] != 1:
        raise ValueError("the key is none")
    text, lines = note[: note.rindex("\n\n") + 1], note[note.rindex("\n\n") + 2 :].splitlines()
    origin, size, head = text.split("\n")[:3]
    sized = int(size)
    if origin != name or sized > len(leaves) or base64.b64decode(head) != root(leaves[:sized]):
        raise ValueError("the checkpoint of entry " + size + " is another history")
    for line in lines:
        dash, by, blob = line.split(" ")
        blob = base64.b64decode(blob, validate=True)
        if dash == "—" and by == name and blob[:4].hex() == key_id:
            if signed(key[1:], text.encode(), blob[4:]):
                return sized
    raise ValueError("the checkpoint is not signed by the key")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ledger")
    parser.add_argument("--checkpoint")
    parser.add_argument("--key")
    args = parser.parse_args()
    leaves, head, at = [], "0" * 64, "the file"
    try:
        for line in open(args.ledger, encoding="utf-8", newline="\n"):
            at = "line %d" % (len(leaves) + 1)
            head, leaf = check(line.removesuffix("\n"), len(leaves) + 1, head)
            leaves.append(leaf)
        top = base64.b64encode(root(leaves)).decode()
        print("the ledger holds: %d entries, head %s, root %s" % (len(leaves), head, top))
        if args.checkpoint:
            at = "the checkpoint"
            size = check_checkpoint(open(args.checkpoint, encoding="utf-8").read(), args.key or "", leaves)
            print("the checkpoint of entry %d holds, and is signed" % size)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        print("%s does not hold: %s" % (at, error))
        sys.exit(1)


if __name__ == "__main__":
    main()
