using System.Collections.Immutable;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>FEATUREEXTACK (MS-TDS 2.2.7.11): the features of LOGIN7 that the server grants, each with data of its own.</summary>
public sealed record FeatureExtAck(ValueList<FeatureExtension> Features)
{
    /// <summary>The feature's data, which may be empty, or null where it was not granted.</summary>
    public ByteString? this[FeatureId id]
    {
        get
        {
            foreach (var feature in Features)
            {
                if (feature.Id == id)
                    return feature.Data;
            }
            return null;
        }
    }

    /// <summary>COLUMNENCRYPTION was granted, in any version.</summary>
    public bool GrantsColumnEncryption => this[FeatureId.ColumnEncryption] is { Length: > 0 } data && data.Span[0] > 0;

    /// <summary>The version of DATACLASSIFICATION that was granted and switched on; 0 for none.</summary>
    public byte DataClassificationVersion =>
        this[FeatureId.DataClassification] is { Length: >= 2 } data && data.Span[1] != 0 ? data.Span[0] : (byte)0;

    /// <summary>The same without this feature: the client did not ask for it, or must not see it.</summary>
    public FeatureExtAck Without(FeatureId id) => new([.. Features.Where(feature => feature.Id != id)]);

    public static FeatureExtAck Decode(ReadOnlySpan<byte> token)
    {
        var reader = TokenFrame.Open(token, TokenType.FeatureExtAck);
        var features = ImmutableArray.CreateBuilder<FeatureExtension>();
        while ((FeatureId)reader.ReadByte() is not FeatureId.Terminator and var id)
        {
            foreach (var feature in features)
            {
                if (feature.Id == id)
                    throw new ProtocolException("A feature is granted twice.");
            }
            features.Add(new FeatureExtension(id, new ByteString(reader.ReadBytes(reader.ReadInt32LittleEndian()))));
        }
        reader.End();
        return new FeatureExtAck(new ValueList<FeatureExtension>(features.DrainToImmutable()));
    }

    public void Encode(WireWriter writer)
    {
        writer.WriteByte((byte)TokenType.FeatureExtAck);
        foreach (var feature in Features)
        {
            writer.WriteByte((byte)feature.Id);
            writer.WriteInt32LittleEndian(feature.Data.Length);
            writer.WriteBytes(feature.Data.Span);
        }
        writer.WriteByte((byte)FeatureId.Terminator);
    }

    internal static void Skip(scoped ref PartialReader reader)
    {
        while ((FeatureId)reader.Byte() != FeatureId.Terminator && !reader.IsShort)
            reader.Skip(reader.UInt32());
    }
}
