using System.Globalization;

namespace WireProxy.Access;

/// <summary>What SASLprep needs of Unicode, from a resource that <c>scripts/make-saslprep.py</c> writes. Read when the first password needs it.</summary>
internal sealed class UnicodeTables
{
    private static readonly Lazy<UnicodeTables> Loaded = new(() => new UnicodeTables());

    private readonly Dictionary<int, int> _classes = [];

    private UnicodeTables()
    {
        using Stream resource = typeof(UnicodeTables).Assembly.GetManifestResourceStream("saslprep.txt")!;
        using var reader = new StreamReader(resource);
        while (reader.ReadLine() is { } line)
            Read(line.Split(' '));
    }

    public static UnicodeTables Instance => Loaded.Value;

    /// <summary>RFC 3454, table C.1.2.</summary>
    public CodeRanges Space { get; } = new();

    /// <summary>Table B.1.</summary>
    public CodeRanges Nothing { get; } = new();

    /// <summary>Tables C.1.2 to C.9.</summary>
    public CodeRanges Prohibited { get; } = new();

    /// <summary>Table A.1.</summary>
    public CodeRanges Unassigned { get; } = new();

    /// <summary>RandALCat: table D.1.</summary>
    public CodeRanges RightToLeft { get; } = new();

    /// <summary>LCat: table D.2.</summary>
    public CodeRanges LeftToRight { get; } = new();

    /// <summary>Full compatibility decompositions, in canonical order.</summary>
    public Dictionary<int, int[]> Decompositions { get; } = [];

    /// <summary>Primary composites of two code points.</summary>
    public Dictionary<(int First, int Second), int> Compositions { get; } = [];

    /// <summary>The canonical combining class; 0 of a starter.</summary>
    public int ClassOf(int code) => _classes.GetValueOrDefault(code);

    private void Read(string[] words)
    {
        switch (words[0])
        {
            case "#": break;
            case "space": Space.Add(words[1]); break;
            case "nothing": Nothing.Add(words[1]); break;
            case "prohibited": Prohibited.Add(words[1]); break;
            case "unassigned": Unassigned.Add(words[1]); break;
            case "right-to-left": RightToLeft.Add(words[1]); break;
            case "left-to-right": LeftToRight.Add(words[1]); break;
            case "class": _classes.Add(Code(words[1]), int.Parse(words[2], CultureInfo.InvariantCulture)); break;
            case "decompose": Decompositions.Add(Code(words[1]), [.. words.Skip(2).Select(Code)]); break;
            case "compose": Compositions.Add((Code(words[1]), Code(words[2])), Code(words[3])); break;
            default: throw new InvalidDataException($"saslprep.txt: {words[0]} is unknown.");
        }
    }

    private static int Code(string hexadecimal) => int.Parse(hexadecimal, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>Ranges of code points, added in ascending order.</summary>
    internal sealed class CodeRanges
    {
        private readonly List<int> _firsts = [];
        private readonly List<int> _lasts = [];

        public bool Contains(int code)
        {
            int index = _firsts.BinarySearch(code);
            if (index < 0) index = ~index - 1;
            return index >= 0 && code <= _lasts[index];
        }

        /// <param name="range"><c>FIRST-LAST</c>.</param>
        public void Add(string range)
        {
            string[] ends = range.Split('-');
            _firsts.Add(Code(ends[0]));
            _lasts.Add(Code(ends[1]));
        }
    }
}
