namespace WireProxy.Protocols.Tds.Types;

/// <summary>How a value says its own length: the TYPE_VARBYTE rule (MS-TDS 2.2.5.2.3).</summary>
public enum ValueLayout : byte
{
    /// <summary>No length and no NULL: the type says how many bytes.</summary>
    Fixed,

    /// <summary>One byte of length; 0 is NULL.</summary>
    ByteLength,

    /// <summary>Two bytes of length; 0xFFFF is NULL.</summary>
    UShortLength,

    /// <summary>
    /// Four bytes of length; 0xFFFFFFFF is NULL. In a ROW or NBCROW a text pointer and a time stamp stand before it, and an
    /// empty text pointer is NULL: see <see cref="CellForm"/>.
    /// </summary>
    LongLength,

    /// <summary>sql_variant: four bytes of length; 0 is NULL.</summary>
    VariantLength,

    /// <summary>Eight bytes of length, or of "unknown", and chunks up to an empty one.</summary>
    PartLength,
}

/// <summary>Where a value stands; it matters for text, ntext and image alone (MS-TDS 2.2.7.20, 2.2.7.24).</summary>
public enum CellForm : byte
{
    /// <summary>A cell of ROW or NBCROW: text, ntext and image have a text pointer and a time stamp before their length.</summary>
    Row,

    /// <summary>A parameter, a RETURNVALUE, an ALTROW or a TVP_ROW: nothing before the length.</summary>
    Parameter,
}

/// <summary>Where a TYPE_INFO stands; it matters for UDT alone (MS-TDS 2.2.5.5.2).</summary>
public enum TypePlace : byte
{
    /// <summary>COLMETADATA, ALTMETADATA, RETURNVALUE: a UDT states its size and its assembly.</summary>
    Result,

    /// <summary>A parameter of an RPC request: a UDT states its name alone.</summary>
    Parameter,
}
