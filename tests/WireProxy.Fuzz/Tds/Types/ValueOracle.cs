using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Fuzz.Tds.Types;

/// <summary>
/// What must hold for any bytes of a type and a value: both are read or refused with a <see cref="ProtocolException"/>; they
/// are written again to the same bytes; the value measures the same at once and in pieces; a value that was read is written
/// again with the same meaning.
/// </summary>
public sealed class ValueOracle : IDisposable
{
    private readonly WireWriter _output = new();

    /// <returns>What is wrong, or null.</returns>
    public string? Check(ReadOnlySpan<byte> bytes, ValueVector like)
    {
        try
        {
            return like.IsTable ? CheckTable(bytes, like) : CheckValue(bytes, like);
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    public void Dispose() => _output.Dispose();

    private string? CheckTable(ReadOnlySpan<byte> bytes, ValueVector like)
    {
        var reader = new WireReader(bytes);
        var table = TvpValue.Read(ref reader, like.Version);
        ValueText.Describe(table.Encoded, like);
        _output.Clear();
        table.Type.Write(_output, like.Version);
        _output.WriteBytes(table.EncodedRows);
        TvpValue.EndRows(_output);
        return _output.WrittenSpan.SequenceEqual(table.Encoded) ? null : "the table is written again to other bytes";
    }

    private string? CheckValue(ReadOnlySpan<byte> bytes, ValueVector like)
    {
        var reader = new WireReader(bytes);
        var type = TypeInfo.Read(ref reader, like.Version, like.Place);
        _output.Clear();
        type.Write(_output, like.Version, like.Place);
        if (!_output.WrittenSpan.SequenceEqual(bytes[..reader.Position]))
            return "the type is written again to other bytes";
        var rest = reader.RemainingBytes;
        if (!TypedValue.TryRead(type, like.Form, rest, out var value))
            return null;
        if (MeasureInPieces(type, like.Form, rest) != value.Encoded.Length)
            return "in pieces the value has another length";
        return CheckMeaning(type, like.Form, value);
    }

    private static int MeasureInPieces(in TypeInfo type, CellForm form, ReadOnlySpan<byte> bytes)
    {
        var scanner = default(CellScanner);
        int taken = 0;
        for (int arrived = 0; arrived <= bytes.Length && !scanner.IsComplete; arrived++)
            taken += scanner.Scan(type, form, bytes[taken..arrived]);
        return taken;
    }

    private string? CheckMeaning(in TypeInfo type, CellForm form, TypedValue value)
    {
        object? read = value.ToObject(type);
        // A type that is described with no length, as for NULL, has no room to write a value in; binary forms have no text.
        if (read is null || (type.MaxLength == 0 && DataTypes.FixedSize(type.Type) < 0 && type.Layout != ValueLayout.PartLength))
            return null;
        _output.Clear();
        if (!TryWrite(type, form, read) || !TypedValue.TryRead(type, form, _output.WrittenSpan, out var again))
            return null;
        if (again.Encoded.Length != _output.Length)
            return "a value is written with another length than it reads back";
        string before = ValueText.Describe(read);
        string after = ValueText.Describe(again.ToObject(type));
        return Comparable(type, value, before, after) ? null : $"{before} is written again as {after}";
    }

    /// <summary>What a type declares smaller than a value of it is: not everything fits, and that is said with an exception.</summary>
    private bool TryWrite(in TypeInfo type, CellForm form, object value)
    {
        try
        {
            ObjectWriter.Write(_output, type, form, value);
            return true;
        }
        catch (Exception exception) when (exception is OverflowException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>
    /// The same meaning, where the writer promises one: it cuts and pads to the declared length, writes numbers in the declared
    /// width, and what was no character of the code page is written as a question mark.
    /// </summary>
    private static bool Comparable(in TypeInfo type, TypedValue value, string before, string after)
    {
        bool hasRoom = type.Layout is ValueLayout.PartLength or ValueLayout.LongLength or ValueLayout.Fixed
            || value.DataLength == type.MaxLength;
        bool isExact = !DataTypes.IsCodePageText(type.Type)
            && type.Type is not (DataType.SsVariant or DataType.Json or DataType.Xml);
        return !hasRoom || !isExact || before == after;
    }
}
