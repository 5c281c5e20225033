"""Turns mocha's JSON report into lines of `ok|failed|skipped<TAB>name`. A test that is reported twice passes only if it always did."""

import json
import sys

ORDER = ["skipped", "ok", "failed"]


def main():
    path, prefix = sys.argv[1:3]
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    results = {}
    for result, tests in (("ok", report["passes"]), ("failed", report["failures"]), ("skipped", report["pending"])):
        for test in tests:
            name = f"{prefix}: {' '.join(test['fullTitle'].split())}"
            results[name] = max(results.get(name, "skipped"), result, key=ORDER.index)
    for name, result in sorted(results.items()):
        print(f"{result}\t{name}")


main()
