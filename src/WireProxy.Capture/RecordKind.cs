namespace WireProxy.Capture;

/// <summary>What a record is about; the byte at offset 8 of a record (protocol-specs/capture/format.md, "Records").</summary>
public enum RecordKind : byte
{
    /// <summary>A session began. UTF-8 JSON object.</summary>
    SessionOpened = 1,
    /// <summary>Bytes from the client as they go to the database, secrets blanked.</summary>
    ClientBytes = 2,
    /// <summary>Bytes from the database as they go to the client, after masking.</summary>
    ServerBytes = 3,
    /// <summary>What was decided about a statement. UTF-8 JSON object.</summary>
    Decision = 4,
    /// <summary>A session ended. UTF-8 JSON object.</summary>
    SessionClosed = 5,
    /// <summary>A credential was given out or taken back. UTF-8 JSON object.</summary>
    Access = 6,
    /// <summary>The first record of each segment, written by the journal itself.</summary>
    SegmentHeader = 16,
    /// <summary>The last record of a closed segment, written by the journal itself.</summary>
    SegmentFooter = 17,
    /// <summary>The journal could not be written for a while, written by the journal itself. UTF-8 JSON object.</summary>
    Outage = 18,
}
