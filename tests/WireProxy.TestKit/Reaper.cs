using System.Diagnostics;

namespace WireProxy.TestKit;

/// <summary>
/// Ends what a test run started and removes its directories even when the run itself is killed: a shell that waits for the end
/// of its input, which comes with the end of this process however that happens.
/// </summary>
public static class Reaper
{
    // A process is noted with its start time (field 22 of /proc/PID/stat), so that nobody is killed who got the number later.
    private const string Script = """
        trap '' INT TERM HUP
        pids= dirs=
        while read -r what value; do
            case $what in
                process) pids="$pids $value:$(cut -d' ' -f22 /proc/$value/stat 2>/dev/null)" ;;
                directory) dirs="$dirs $value" ;;
            esac
        done
        for entry in $pids; do
            pid=${entry%:*}
            [ "${entry#*:}" = "$(cut -d' ' -f22 /proc/$pid/stat 2>/dev/null)" ] && kill -QUIT $pid && gone=1
        done
        [ -z "$gone" ] || sleep 1
        for entry in $pids; do
            pid=${entry%:*}
            [ -n "${entry#*:}" ] && [ "${entry#*:}" = "$(cut -d' ' -f22 /proc/$pid/stat 2>/dev/null)" ] && kill -KILL $pid
        done
        for dir in $dirs; do [ ! -d "$dir" ] || rm -rf "$dir"; done
        """;

    private static readonly Lock Gate = new();
    private static StreamWriter? _input;

    public static void NoteProcess(int pid) => Note($"process {pid}");

    public static void NoteDirectory(string path) => Note($"directory {path}");

    private static void Note(string line)
    {
        lock (Gate)
        {
            _input ??= Start();
            _input.WriteLine(line);
            _input.Flush();
        }
    }

    private static StreamWriter Start()
    {
        var start = new ProcessStartInfo("setsid") { RedirectStandardInput = true };
        foreach (string argument in (string[])["sh", "-c", Script]) start.ArgumentList.Add(argument);
        // Its own output must not keep a caller's pipe open after the run.
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        Process process = Process.Start(start) ?? throw new InvalidOperationException("sh did not start");
        return process.StandardInput;
    }
}
