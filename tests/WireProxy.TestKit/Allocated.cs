namespace WireProxy.TestKit;

/// <summary>What code takes from the managed heap.</summary>
public static class Allocated
{
    private const int Runs = 5;

    /// <summary>
    /// Bytes that one run allocates on the calling thread, the least of five. What is under test allocates each time; the runtime does so
    /// now and then on whatever thread it is needed: its table of casts grows, a lock that was contended for the first time gets its event.
    /// </summary>
    public static long By(Action run)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Runs && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
