using System.Collections.Immutable;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>What a <see cref="FedAuthInfoItem"/> tells (MS-TDS 2.2.7.12).</summary>
public enum FedAuthInfoId : byte
{
    /// <summary>URL from which to get a token, UTF-16.</summary>
    StsUrl = 0x01,

    /// <summary>Service principal name to get it for, UTF-16.</summary>
    Spn = 0x02,
}

/// <summary>One piece of information; an id that is not known is kept.</summary>
public readonly record struct FedAuthInfoItem(FedAuthInfoId Id, ByteString Data)
{
    /// <summary>The data as text, for the ids that are known.</summary>
    public string Text => TdsText.FromBytes(Data.Span);
}

/// <summary>
/// FEDAUTHINFO (MS-TDS 2.2.7.12): where the client gets its token of federated authentication. The places of the data are
/// taken as they are stated; written again it stands in the order of the items without gaps.
/// </summary>
public sealed record FedAuthInfo(ValueList<FedAuthInfoItem> Items)
{
    private const int ItemLength = sizeof(byte) + sizeof(uint) + sizeof(uint);

    public static FedAuthInfo Decode(ReadOnlySpan<byte> token)
    {
        var reader = TokenFrame.OpenLongCounted(token, TokenType.FedAuthInfo);
        var start = reader.RemainingBytes;
        uint count = reader.ReadUInt32LittleEndian();
        var items = ImmutableArray.CreateBuilder<FedAuthInfoItem>();
        int taken = 0;
        for (uint i = 0; i < count; i++)
        {
            var id = (FedAuthInfoId)reader.ReadByte();
            uint length = reader.ReadUInt32LittleEndian();
            uint offset = reader.ReadUInt32LittleEndian();
            // Data that lies in two items, or in the items themselves, would let a short token grow to a large record.
            if (length > start.Length || offset > start.Length - length || (taken += (int)length) > start.Length)
                throw new ProtocolException("Information about federated authentication lies outside of its token.");
            items.Add(new FedAuthInfoItem(id, new ByteString(start.Slice((int)offset, (int)length))));
        }
        return new FedAuthInfo(new ValueList<FedAuthInfoItem>(items.DrainToImmutable()));
    }

    public void Encode(WireWriter writer)
    {
        int start = TokenFrame.BeginLongCounted(writer, TokenType.FedAuthInfo);
        writer.WriteUInt32LittleEndian((uint)Items.Count);
        int offset = sizeof(uint) + (Items.Count * ItemLength);
        foreach (var item in Items)
        {
            writer.WriteByte((byte)item.Id);
            writer.WriteUInt32LittleEndian((uint)item.Data.Length);
            writer.WriteUInt32LittleEndian((uint)offset);
            offset += item.Data.Length;
        }
        foreach (var item in Items)
            writer.WriteBytes(item.Data.Span);
        TokenFrame.FinishLongCounted(writer, start);
    }
}
