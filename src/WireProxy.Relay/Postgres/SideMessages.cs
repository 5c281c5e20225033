using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres;

/// <summary>What the server sends of its own accord: notifications, and settings that have changed (PostgreSQL documentation, 55.2.7).</summary>
internal sealed class SideMessages(PostgresSession session)
{
    private static readonly ByteString WithheldPayload = ByteString.FromText("(withheld by WireProxy)");

    /// <summary>Nothing of a notification must be known: it streams through.</summary>
    public bool NotificationsAreClear => !session.Masks || session.Protection is { ProtectsNoColumn: true };

    /// <summary>True: it goes on as it is.</summary>
    public bool PassesNotification(ReadOnlySpan<byte> body, OutputBuffer output)
    {
        NotificationResponse notification = NotificationResponse.Decode(body);
        if (notification.Payload.Length == 0 || session.Dialect.Notifiers.AreJudgedFor(session.Subject, notification.ProcessId))
            return true;
        (notification with { Payload = WithheldPayload }).Encode(output.BeginOwn());
        return false;
    }

    /// <summary>True: it goes on as it is. Putting a protected value into a setting is refused; should one get there all the same, the client does
    /// not hear of the setting.</summary>
    /// <param name="touches">The statement under way touches protected data.</param>
    public bool PassesParameter(ReadOnlySpan<byte> body, bool touches)
    {
        ParameterStatus parameter = ParameterStatus.Decode(body);
        session.ParameterReceived(parameter);
        return !session.Masks || !touches || !HoldsText(parameter);
    }

    /// <summary>Reported settings that may hold any text; the values of all others are words of the server's (guc_tables.c, GUC_REPORT). A time zone
    /// may be named freely in angle brackets (B.5).</summary>
    private static bool HoldsText(ParameterStatus parameter) => parameter.Name.Text switch
    {
        "application_name" or "search_path" => true,
        "TimeZone" => parameter.Value.Span.Contains((byte)'<'),
        "client_encoding" or "DateStyle" or "default_transaction_read_only" or "in_hot_standby" or "integer_datetimes" or "IntervalStyle" => false,
        "is_superuser" or "scram_iterations" or "server_encoding" or "server_version" or "session_authorization" or "standard_conforming_strings" => false,
        // An extension's own.
        _ => true,
    };
}
