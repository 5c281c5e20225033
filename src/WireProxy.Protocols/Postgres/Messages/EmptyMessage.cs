using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>
/// The messages that are a type byte and nothing else. F: CopyDone, Flush, Sync, Terminate. B: BindComplete, CloseComplete,
/// CopyDone, EmptyQueryResponse, NoData, ParseComplete, PortalSuspended.
/// </summary>
public static class EmptyMessage
{
    /// <exception cref="ProtocolException">There is a body.</exception>
    public static void Decode(ReadOnlySpan<byte> body) => new WireReader(body).End();

    public static void Encode(WireWriter writer, FrontendMessageType type)
    {
        if (!HasNoBody(type))
            throw new ArgumentOutOfRangeException(nameof(type), type, "The message has a body.");
        Frame.Finish(writer, Frame.Begin(writer, type));
    }

    public static void Encode(WireWriter writer, BackendMessageType type)
    {
        if (!HasNoBody(type))
            throw new ArgumentOutOfRangeException(nameof(type), type, "The message has a body.");
        Frame.Finish(writer, Frame.Begin(writer, type));
    }

    public static bool HasNoBody(FrontendMessageType type) => type is
        FrontendMessageType.CopyDone or FrontendMessageType.Flush or FrontendMessageType.Sync or FrontendMessageType.Terminate;

    public static bool HasNoBody(BackendMessageType type) => type is
        BackendMessageType.BindComplete or BackendMessageType.CloseComplete or BackendMessageType.CopyDone
        or BackendMessageType.EmptyQueryResponse or BackendMessageType.NoData or BackendMessageType.ParseComplete
        or BackendMessageType.PortalSuspended;
}
