#!/usr/bin/env python3
"""Writes src/WireProxy.Access/Scram/saslprep.txt: what SASLprep (RFC 4013) needs of Unicode.

The tables of RFC 3454 come from Python's stringprep (Unicode 3.2, as the RFC has it), normalization from its unicodedata; the
gateway runs without ICU, where .NET does not normalize. Run with a Python whose unicodedata has the version that PostgreSQL uses:

    scripts/make-saslprep.py > src/WireProxy.Access/Scram/saslprep.txt
"""
import stringprep
import sys
import unicodedata

ALL = [chr(code) for code in range(sys.maxunicode + 1)]
SCALARS = [c for c in ALL if not 0xD800 <= ord(c) <= 0xDFFF]
HANGUL = range(0xAC00, 0xD7A4)


def ranges(name, contains):
    """Lines `name FIRST-LAST` of the code points that contains says yes to."""
    first = None
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and contains(chr(code))
        if inside and first is None:
            first = code
        elif not inside and first is not None:
            print(f"{name} {first:04X}-{code - 1:04X}")
            first = None


def words(text):
    return " ".join(f"{ord(c):04X}" for c in text)


def prohibited(c):
    """RFC 4013, section 2.3."""
    return (stringprep.in_table_c12(c) or stringprep.in_table_c21_c22(c) or stringprep.in_table_c3(c) or stringprep.in_table_c4(c)
            or stringprep.in_table_c5(c) or stringprep.in_table_c6(c) or stringprep.in_table_c7(c) or stringprep.in_table_c8(c)
            or stringprep.in_table_c9(c))


print(f"# Made by scripts/make-saslprep.py. Normalization: Unicode {unicodedata.unidata_version}; the rest: Unicode 3.2 (RFC 3454).")
ranges("space", stringprep.in_table_c12)
ranges("nothing", stringprep.in_table_b1)
ranges("prohibited", prohibited)
ranges("unassigned", stringprep.in_table_a1)
ranges("right-to-left", stringprep.in_table_d1)
ranges("left-to-right", stringprep.in_table_d2)
for c in SCALARS:
    if unicodedata.combining(c):
        print(f"class {ord(c):04X} {unicodedata.combining(c)}")
for c in SCALARS:
    if ord(c) not in HANGUL and unicodedata.normalize("NFKD", c) != c:
        print(f"decompose {ord(c):04X} {words(unicodedata.normalize('NFKD', c))}")
for c in SCALARS:
    parts = unicodedata.decomposition(c).split()
    if len(parts) == 2 and not parts[0].startswith("<") and unicodedata.normalize("NFC", c) == c:
        print(f"compose {parts[0]} {parts[1]} {ord(c):04X}")
