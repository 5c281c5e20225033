"""Side by side: direct, pgbouncer, haproxy and WireProxy, in one run on one machine."""

import argparse
import os
import resource
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import report
from backends import compile_c, start_canned, start_canned_tds, start_postgres
from groups import Groups, Results
from processes import Failure, run
from sides import Laboratory
from tds_groups import TdsGroups

HERE = Path(__file__).resolve().parent.parent
REPOSITORY = HERE.parent.parent
GROUPS = ("startup", "idle", "connections", "transactions", "rows", "tls", "logins")
TDS_GROUPS = ("tds_small", "tds_rows", "tds_connections", "tds_idle")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="benchmarks/compare/run.sh", description=__doc__, epilog="example: run.sh --quick --only rows")
    parser.add_argument("--quick", action="store_true", help="about three minutes: short runs, few points; writes nothing unless --write")
    parser.add_argument("--only", action="append", choices=GROUPS + TDS_GROUPS, metavar="GROUP",
                        help=f"one of {', '.join(GROUPS + TDS_GROUPS)}; may be repeated")
    parser.add_argument("--rounds", type=int, default=3, help="rounds over the sides; medians are reported (default 3)")
    parser.add_argument("--wireproxy", metavar="PATH", help="measure this executable; default: publish src/WireProxy.Cli in Release")
    parser.add_argument("--no-wireproxy", action="store_true", help="the other sides only")
    parser.add_argument("--scale", type=int, default=10, help="pgbench's scale (default 10)")
    parser.add_argument("--write", action="store_true", help="write README.md and results/ after a partial run too")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder (configurations and logs)")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds is at least 1")
    return options


def main(arguments):
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else 65536, hard))
    user = "postgres" if os.geteuid() == 0 else None
    results = Results()
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="wireproxy-compare-"))
        folder.chmod(0o777)   # servers that refuse to be root write into it
        if options.keep:
            print(f"folder: {folder}")
        else:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        wireproxy = None if options.no_wireproxy else options.wireproxy or publish(folder)
        print("starting PostgreSQL and the canned backend", flush=True)
        postgres = start_postgres(folder, options.scale, user)
        stack.callback(postgres.process.stop)
        canned = start_canned(compile_c(HERE / "canned.c", folder), folder, postgres)
        stack.callback(canned.process.stop)
        laboratory = Laboratory(folder, wireproxy, user)
        canned_tds = start_canned_tds(compile_c(HERE / "canned_tds.c", folder), folder, options.scale)
        stack.callback(canned_tds.process.stop)
        tds_groups = TdsGroups(laboratory, canned, canned_tds, compile_c(HERE / "tds_load.c", folder), options, results)
        for names, groups in ((GROUPS, Groups(laboratory, postgres, canned, options, results)), (TDS_GROUPS, tds_groups)):
            for name in names:
                if not options.only or name in options.only:
                    print(f"{name}:", flush=True)
                    getattr(groups, name)()
    report.tell(results, options)
    complete = not (options.quick or options.only or options.no_wireproxy)
    if complete or options.write:
        report.write(results, options, HERE.parent)


def publish(folder):
    print("publishing wireproxy (Release)", flush=True)
    run(["dotnet", "publish", REPOSITORY / "src" / "WireProxy.Cli", "-c", "Release", "-o", folder / "wireproxy", "-v", "quiet", "--nologo"])
    return folder / "wireproxy" / "wireproxy"


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failure as failure:
        sys.exit(f"run.sh: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
