using System.Security.Cryptography.X509Certificates;
using WireProxy.Protocols.Tds;

namespace WireProxy.TdsStandIn;

/// <summary>How the server encrypts.</summary>
public enum TdsEncryption
{
    /// <summary>It has no encryption (PRELOGIN says so), and refuses clients that insist.</summary>
    None,

    /// <summary>The login is encrypted, and everything where the client wants it. Needs a certificate.</summary>
    LoginOnly,

    /// <summary>Everything is encrypted. Needs a certificate.</summary>
    Required,

    /// <summary>TDS 8.0 alone: TLS from the first byte, with the application protocol tds/8.0. Needs a certificate.</summary>
    Strict,
}

/// <summary>The sensitivity label of a column, as ADD SENSITIVITY CLASSIFICATION would set it.</summary>
/// <param name="Column">database.schema.table.column</param>
/// <param name="Rank">0 none, 10 low, 20 medium, 30 high, 40 critical.</param>
public sealed record TdsColumnLabel(string Column, string Label, string InformationType, int Rank = 20);

/// <summary>What a <see cref="TdsStandInServer"/> is told at its start.</summary>
public sealed class TdsStandInOptions
{
    /// <summary>TCP port on the loopback interface; 0 takes a free one from 10000 to 19999.</summary>
    public int Port { get; init; }

    /// <summary>Passwords by login name.</summary>
    public IReadOnlyDictionary<string, string> Users { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["sa"] = "Passw0rd!" };

    /// <summary>Login names by access token, which comes in FEDAUTH's feature data (library SECURITYTOKEN).</summary>
    public IReadOnlyDictionary<string, string> Tokens { get; init; } = new Dictionary<string, string>();

    public TdsEncryption Encryption { get; init; } = TdsEncryption.None;

    /// <summary>With its private key. Where there is one, TDS 8.0 is answered in every mode but <see cref="TdsEncryption.None"/>.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>T-SQL that is run before the first client, in master; GO on a line of its own parts batches.</summary>
    public string Script { get; init; } = "";

    /// <summary>The database of a login that names none.</summary>
    public string DefaultDatabase { get; init; } = "master";

    /// <summary>The highest version that is spoken.</summary>
    public TdsVersion HighestVersion { get; init; } = TdsVersion.V80;

    /// <summary>Bytes of a packet at most: 512 to 32767.</summary>
    public int MaxPacketSize { get; init; } = PacketHeader.MaximumPacketSize;

    /// <summary>The version of DATACLASSIFICATION that is granted to clients that ask for it: 0 for none, 1 or 2.</summary>
    public byte DataClassification { get; init; }

    /// <summary>Several requests at once on a connection, where the client asks for it (MARS).</summary>
    public bool Mars { get; init; } = true;

    public IReadOnlyList<TdsColumnLabel> Labels { get; init; } = [];

    /// <summary>Every login is sent there, as a server behind a redirector does (ENVCHANGE of type 20); null for none.</summary>
    public (string Server, int Port)? RouteTo { get; init; }
}
