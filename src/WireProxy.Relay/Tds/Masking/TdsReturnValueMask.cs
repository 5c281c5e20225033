using WireProxy.Policy;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>Masks output parameters and results of functions.</summary>
internal static class TdsReturnValueMask
{
    /// <summary>Writes the token with a masked value; where that is NULL, and the type has none, with the type's nullable form.</summary>
    public static void Write(in ReturnValue value, Mask mask, TokenFormat format, WireWriter destination)
    {
        if (value.Value.IsNull)
        {
            value.Encode(destination, format);
            return;
        }
        var cell = CellMask.For(mask, value.Type, CellForm.Parameter, value.Crypto is not null);
        var described = new ReturnValue
        {
            Ordinal = value.Ordinal,
            NameBytes = value.NameBytes,
            Status = value.Status,
            UserType = value.UserType,
            Flags = cell.MayBeNull ? TdsRowMask.Nullable(value.Flags) : value.Flags,
            Type = cell.Described,
            Crypto = value.Crypto,
        };
        described.EncodeHead(destination, format);
        if (cell.IsNull || !cell.TryWrite(value.Value, destination))
            cell.WriteNull(destination);
    }
}
