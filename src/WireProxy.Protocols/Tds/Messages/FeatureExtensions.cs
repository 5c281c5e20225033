using System.Collections.Immutable;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>A feature and its data, byte for byte.</summary>
public readonly record struct FeatureExtension(FeatureId Id, ByteString Data);

/// <summary>
/// FeatureExt of LOGIN7: the features that the client asks for, in its order (MS-TDS 2.2.6.4). Each stands there once: of two
/// a server could take either.
/// </summary>
public sealed record FeatureExtensions(ImmutableArray<FeatureExtension> Items)
{
    /// <summary>A block that asks for nothing.</summary>
    public static FeatureExtensions None { get; } = new([]);

    /// <summary>The feature's data, which may be empty, or null where the client does not ask for it.</summary>
    public ByteString? this[FeatureId id]
    {
        get
        {
            foreach (var item in Items)
            {
                if (item.Id == id)
                    return item.Data;
            }
            return null;
        }
    }

    /// <summary>
    /// The version or the flags that the feature's data begins with: COLUMNENCRYPTION, DATACLASSIFICATION, UTF8_SUPPORT,
    /// AZURESQLSUPPORT, JSONSUPPORT and VECTORSUPPORT have one byte. Null where the feature or the byte is missing.
    /// </summary>
    public byte? FirstByte(FeatureId id) => this[id] is { Length: > 0 } data ? data.Span[0] : null;

    /// <summary>The same with this feature's data set, in its place or as the last one.</summary>
    public FeatureExtensions With(FeatureId id, ByteString data)
    {
        int at = IndexOf(id);
        var item = new FeatureExtension(id, data);
        return new FeatureExtensions(at < 0 ? Items.Add(item) : Items.SetItem(at, item));
    }

    /// <summary>The same without this feature.</summary>
    public FeatureExtensions Without(FeatureId id) =>
        IndexOf(id) is >= 0 and var at ? new FeatureExtensions(Items.RemoveAt(at)) : this;

    public bool Equals(FeatureExtensions? other) => other is not null && Items.AsSpan().SequenceEqual(other.Items.AsSpan());

    public override int GetHashCode() => Items.Length;

    /// <summary>Reads features up to the terminator and leaves what is behind it.</summary>
    /// <param name="taken">Bytes of the features and the terminator.</param>
    public static FeatureExtensions Decode(ReadOnlySpan<byte> block, out int taken)
    {
        var reader = new WireReader(block);
        var items = ImmutableArray.CreateBuilder<FeatureExtension>();
        while ((FeatureId)reader.ReadByte() is var id and not FeatureId.Terminator)
        {
            var data = reader.ReadBytes(reader.ReadInt32LittleEndian());
            foreach (var item in items)
            {
                if (item.Id == id)
                    throw new ProtocolException("A login asks for a feature twice.");
            }
            items.Add(new FeatureExtension(id, new ByteString(data)));
        }
        taken = reader.Position;
        return new FeatureExtensions(items.DrainToImmutable());
    }

    /// <summary>Writes the features and the terminator.</summary>
    public void Encode(WireWriter writer)
    {
        foreach (var item in Items)
        {
            writer.WriteByte((byte)item.Id);
            writer.WriteInt32LittleEndian(item.Data.Length);
            writer.WriteBytes(item.Data.Span);
        }
        writer.WriteByte((byte)FeatureId.Terminator);
    }

    private int IndexOf(FeatureId id)
    {
        for (int i = 0; i < Items.Length; i++)
        {
            if (Items[i].Id == id)
                return i;
        }
        return -1;
    }
}
