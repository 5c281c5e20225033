using WireProxy.Policy;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Relay.Sessions;
using WireProxy.Sql;

namespace WireProxy.Relay.Tds.Login;

/// <summary>
/// A LOGIN7 can do what statements do: change its login's password, attach a file as a database. It is judged as they would be, so that a rule about
/// them has no way around it. Forms of numbers and characters that no client of today uses are refused where values must be understood.
/// </summary>
internal static class LoginSettings
{
    /// <summary>fByteOrder, fChar and fFloat of OptionFlags1: zero is little-endian, ASCII and IEEE 754 (MS-TDS 2.2.6.4).</summary>
    private const byte FormBits = 0x0F;

    private static readonly StatementFacts ChangesPassword = new() { Command = "ALTER LOGIN", Classes = [StatementClass.Role] };

    private static readonly StatementFacts Attaches = new() { Command = "CREATE DATABASE", Classes = [StatementClass.Ddl] };

    /// <param name="login">The client's own, before it is sent on.</param>
    /// <exception cref="SessionEndException">The policy does not allow it, or nobody would understand what comes of it.</exception>
    public static void Judge(Session session, Login7 login)
    {
        CompiledPolicy policy = session.Listener.Policy;
        if (policy.IsTransparent)
            return;
        if ((login.OptionFlags1 & FormBits) != 0)
            throw Refused("0A000", "numbers and characters are taken in the forms of today alone", "Use another driver.");
        Subject subject = new(login.UserName, [], session.Listener.Options.Name, login.Database, Address: session.ClientAddress?.Address) { IsLooseName = true };
        if (login.ChangesPassword || login.NewPassword.Length > 0)
            Judge(session, ChangesPassword, subject);
        if (login.AttachDatabaseFile.Length > 0)
            Judge(session, Attaches, subject);
    }

    private static void Judge(Session session, StatementFacts facts, Subject subject)
    {
        if (session.Listener.Policy.Judge(facts, subject, null, session.Listener.Time.GetUtcNow()) is { Decision: not Decision.Allow } verdict)
            throw Refused("42501", verdict.Message ?? $"refused by rule {verdict.Rule}", $"Log in without it: a login that does it is judged as {facts.Command} is.");
    }

    private static SessionEndException Refused(string sqlState, string reason, string hint) =>
        new(new SessionEnd(Stage.Login, Party.Client, reason.TrimEnd('.'), sqlState, hint));
}
