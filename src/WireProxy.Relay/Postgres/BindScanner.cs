using System.Collections.Immutable;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Postgres;

/// <summary>
/// Follows a Bind that is too long to hold whole: its names and its result formats are kept, its parameters' values only
/// counted as they stream past. It is fed the body piece by piece, at any split.
/// </summary>
internal sealed class BindScanner(int bodyLength)
{
    /// <summary>Names longer than the server's own limit for a whole query tell nothing; this bounds what is held of them.</summary>
    private const int LongestName = 64 * 1024;

    private enum Part
    {
        Portal,
        Statement,
        FormatCount,
        Formats,
        ParameterCount,
        ParameterLength,
        ParameterValue,
        ResultCount,
        Results,
        End,
    }

    /// <summary>The names that a body begins with.</summary>
    /// <exception cref="ProtocolException">They do not end there.</exception>
    public static void NamesOf(ReadOnlySpan<byte> begin, out ReadOnlySpan<byte> portal, out ReadOnlySpan<byte> statement)
    {
        int first = begin.IndexOf((byte)0);
        int second = begin[(first + 1)..].IndexOf((byte)0);
        if (first < 0 || second < 0)
            throw new ProtocolException("a name in a Bind is too long");
        portal = begin[..first];
        statement = begin.Slice(first + 1, second);
    }

    private readonly List<byte> _held = [];
    private Part _part;
    private int _left = bodyLength;
    private int _count;
    private long _skip;
    private byte[] _portal = [];
    private byte[] _statement = [];

    public ReadOnlySpan<byte> Portal => _portal;

    public ReadOnlySpan<byte> Statement => _statement;

    public ImmutableArray<short> ResultFormats { get; private set; } = [];

    /// <exception cref="ProtocolException">The message is malformed.</exception>
    public void Scan(ReadOnlySpan<byte> piece)
    {
        _left -= piece.Length;
        while (!piece.IsEmpty)
        {
            if (_part == Part.End)
                throw new ProtocolException("a Bind has bytes after its last field");
            piece = _part switch
            {
                Part.Portal or Part.Statement => ScanName(piece),
                Part.Formats or Part.ParameterValue => Skip(piece),
                _ => ScanNumbers(piece),
            };
        }
        if (_left == 0 && _part != Part.End)
            throw new ProtocolException("a Bind ends inside a field");
    }

    private ReadOnlySpan<byte> ScanName(ReadOnlySpan<byte> piece)
    {
        int end = piece.IndexOf((byte)0);
        _held.AddRange(end < 0 ? piece : piece[..end]);
        if (_held.Count > LongestName)
            throw new ProtocolException("a name in a Bind is too long");
        if (end < 0)
            return [];
        if (_part == Part.Portal)
            _portal = [.. _held];
        else
            _statement = [.. _held];
        _held.Clear();
        _part++;
        return piece[(end + 1)..];
    }

    private ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> piece)
    {
        int count = (int)Math.Min(_skip, piece.Length);
        _skip -= count;
        if (_skip == 0)
            _part = _part == Part.Formats ? Part.ParameterCount : AfterParameter();
        return piece[count..];
    }

    private ReadOnlySpan<byte> ScanNumbers(ReadOnlySpan<byte> piece)
    {
        int wanted = _part switch { Part.ParameterLength => 4, Part.Results => _count * 2, _ => 2 };
        int count = Math.Min(wanted - _held.Count, piece.Length);
        _held.AddRange(piece[..count]);
        if (_held.Count == wanted)
        {
            var reader = new WireReader(_held.ToArray());
            _held.Clear();
            Take(ref reader);
        }
        return piece[count..];
    }

    private void Take(ref WireReader reader)
    {
        switch (_part)
        {
            case Part.FormatCount:
                _skip = reader.ReadUInt16() * 2L;
                _part = _skip == 0 ? Part.ParameterCount : Part.Formats;
                break;
            case Part.ParameterCount:
                _count = reader.ReadUInt16();
                _part = _count == 0 ? Part.ResultCount : Part.ParameterLength;
                break;
            case Part.ParameterLength:
                int length = reader.ReadInt32();
                if (length < -1)
                    throw new ProtocolException("a parameter in a Bind has a negative length");
                _skip = Math.Max(length, 0);
                _part = _skip == 0 ? AfterParameter() : Part.ParameterValue;
                break;
            case Part.ResultCount:
                _count = reader.ReadUInt16();
                _part = _count == 0 ? Part.End : Part.Results;
                break;
            default:
                var formats = ImmutableArray.CreateBuilder<short>(_count);
                for (int i = 0; i < _count; i++)
                    formats.Add(reader.ReadInt16());
                ResultFormats = formats.MoveToImmutable();
                _part = Part.End;
                break;
        }
    }

    private Part AfterParameter() => --_count == 0 ? Part.ResultCount : Part.ParameterLength;
}
