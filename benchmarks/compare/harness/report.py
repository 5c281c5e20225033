"""Medians, ratios against the targets, benchmarks/README.md and the raw figures beside it."""

import json
import os
import platform
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from statistics import median

from targets import TARGETS, middle

BEGIN, END = "<!-- compare: begin -->", "<!-- compare: end -->"

# Figure, heading, format; the order of the columns of the tables of medians.
COLUMNS = (("tps", "tps", ",.0f"), ("p50_us", "p50 µs", ",.0f"), ("p99_us", "p99 µs", ",.0f"), ("cpu_us", "CPU µs / transaction", ".1f"),
           ("mb_per_s", "MB/s", ",.0f"), ("cpu_s_per_gb", "CPU s / GB", ".2f"), ("milliseconds", "ms", ",.0f"),
           ("rss_started", "RSS after start, MB", ".1f"), ("pss_started", "PSS, MB", ".1f"),
           ("rss_warm", "RSS after 200 connections, MB", ".1f"), ("rss_per_connection", "RSS / connection, KiB", ".1f"),
           ("pss_per_connection", "PSS / connection, KiB", ".1f"))
UNITS = {"rss_started": 1e6, "pss_started": 1e6, "rss_warm": 1e6, "rss_per_connection": 1024, "pss_per_connection": 1024}


def tell(results, options):
    print("\nmedians of", options.rounds, "rounds\n")
    print("\n".join(target_table(results.figures)))


def write(results, options, folder):
    readme = folder / "README.md"
    text = readme.read_text()
    if BEGIN not in text or END not in text:
        raise SystemExit(f"{readme} has no {BEGIN} ... {END}")
    section = "\n".join([BEGIN, "", *machine(options), "", *target_table(results.figures), "", *median_tables(results.figures), END])
    readme.write_text(text[:text.index(BEGIN)] + section + text[text.index(END) + len(END):])
    raw = folder / "results" / "compare.json"
    raw.parent.mkdir(exist_ok=True)
    raw.write_text(json.dumps({"machine": machine(options), "figures": rounded(results.figures)}, indent=1) + "\n")
    print(f"\nwritten: {readme}\nwritten: {raw}")


def target_table(figures):
    lines = ["| measure | against | target | canned backend | PostgreSQL | |", "| --- | --- | --- | --- | --- | --- |"]
    for target in TARGETS:
        values = {backend: target.ratio(figures, backend) for backend in target.backends}
        bound = f"{'>=' if target.at_least else '<='} {target.bound:g}{target.unit_name}"
        cells = [shown(values.get(backend), target, backend) for backend in ("canned", "postgres")]
        judged = values[target.judged]
        verdict = "not measured" if judged is None else "ok" if target.holds(judged) else "**miss**"
        lines.append(f"| {target.words} | {target.against} | {bound} | {cells[0]} | {cells[1]} | {verdict} |")
    return lines


def shown(value, target, backend):
    if value is None:
        return ""
    text = f"{value:.2f}" if target.other_side else f"{value:.1f}{target.unit_name}"
    return f"**{text}**" if backend == target.judged else text


def median_tables(figures):
    """One table for each kind of figures, so that no table is mostly empty."""
    lines, last = [], None
    for measure, sides in figures.items():
        present = {name for side in sides.values() for name in side}
        columns = [column for column in COLUMNS if column[0] in present]
        if columns != last:
            lines += ["", "| measure | side | " + " | ".join(heading for _, heading, _ in columns) + " |",
                      "| --- | --- |" + " ---: |" * len(columns)]
            last = columns
        for side in sides:
            cells = [cell(middle(figures, measure, side, name), name, form) for name, _, form in columns]
            lines.append(f"| {measure} | {side} | " + " | ".join(cells) + " |")
    return lines


def cell(value, name, form):
    return "" if value is None else format(value / UNITS.get(name, 1), form)


def rounded(figures):
    return {measure: {side: {name: {"median": round(median(values), 3), "rounds": [round(value, 3) for value in values]}
                             for name, values in names.items()} for side, names in sides.items()}
            for measure, sides in figures.items()}


def machine(options):
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) // (1 << 20)
    versions = [first_line(command) for command in (["postgres", "--version"], ["pgbouncer", "--version"], ["haproxy", "-v"],
                                                    ["dotnet", "--version"])]
    versions[-1] = versions[-1] and f".NET SDK {versions[-1]}"
    commit = first_line(["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"])
    return [f"Measured {datetime.now(timezone.utc):%Y-%m-%d} at commit {commit or 'unknown'}: {os.cpu_count()} cores of "
            f"{model[1] if model else platform.machine()}, {memory} GiB, Linux {platform.release().split('-')[0]}; "
            f"{'; '.join(version for version in versions if version)}. Medians of {options.rounds} rounds, the sides interleaved."]


def first_line(command):
    from backends import PG_BIN
    try:
        command = [str(PG_BIN / "postgres"), "--version"] if command[0] == "postgres" else command
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].split(" - ")[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return ""
