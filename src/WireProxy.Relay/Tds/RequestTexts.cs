using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.TransactSql;

namespace WireProxy.Relay.Tds;

/// <summary>One text that a request runs or prepares, and what was found out about it.</summary>
/// <param name="text">The statements.</param>
/// <param name="declarations">Of the text's parameters, as sp_executesql takes them; null for none.</param>
/// <param name="procedure">The procedure of the protocol that carries it; null for a batch.</param>
internal sealed class RequestText(string text, string? declarations, string? procedure)
{
    public string Text { get; } = text;

    public string? Declarations { get; } = declarations;

    public string? Procedure { get; } = procedure;

    /// <summary>What it means: twice, where double quotes can be read in two ways and both make sense.</summary>
    public IReadOnlyList<AnalyzedText> Readings { get; set; } = [];

    /// <summary>Of each reading, whether double quotes mean names in it.</summary>
    public IReadOnlyList<bool> Quoted { get; set; } = [];

    /// <summary>The trees of the readings that were parsed for this request, until what they mean is known; null for those known before.</summary>
    public IReadOnlyList<ParsedText?> Parsed { get; set; } = [];

    /// <summary>What each reading means under <see cref="MeantUnder"/>; empty before that is found.</summary>
    public IReadOnlyList<TextMeaning> Meanings { get; set; } = [];

    /// <summary>Null where the policy needs no catalog.</summary>
    public CatalogSnapshot? MeantUnder { get; set; }

    /// <summary>What the session had left behind when the meanings were found.</summary>
    public Leftovers? MeantWith { get; set; }

    /// <summary>The same after this text.</summary>
    public Leftovers? Leaves { get; set; }

    /// <summary>What the same meaning is found by: a call's parameters are part of it.</summary>
    public string Key => _key ??= Called is null ? Text
        : string.Join('\0', [Text, .. Called.Parameters.Select(parameter => $"{(parameter.IsOutput ? '>' : '<')}{parameter.Name}")]);

    private string? _key;

    /// <summary>Set where the text is the name of a procedure that a call names.</summary>
    public CalledProcedure? Called { get; init; }

    /// <summary>Where its characters lie in the payload, in order; empty where they are not there.</summary>
    public ImmutableArray<PayloadSpan> Runs { get; init; } = [];

    /// <summary>Bytes of a character in <see cref="Runs"/>.</summary>
    public int CharacterBytes { get; init; } = sizeof(char);

    /// <summary>What of the payload holds a credential.</summary>
    public IEnumerable<PayloadSpan> Secrets => Readings.SelectMany(reading => reading.Secrets).SelectMany(InPayload);

    private IEnumerable<PayloadSpan> InPayload(SecretSpan secret)
    {
        int begin = secret.Offset * CharacterBytes;
        int end = begin + secret.Length * CharacterBytes;
        int at = 0;
        foreach (PayloadSpan run in Runs)
        {
            int start = Math.Max(begin, at);
            int stop = Math.Min(end, at + run.Length);
            if (start < stop)
                yield return new PayloadSpan(run.Offset + start - at, stop - start);
            at += run.Length;
        }
    }
}

/// <summary>A procedure that is called by its name, and the names of the parameters given.</summary>
internal sealed record CalledProcedure(string Procedure, IReadOnlyList<(string? Name, bool IsOutput)> Parameters);

/// <summary>What a batch or the calls of an RPC message run, in order.</summary>
internal sealed class RequestTexts
{
    /// <summary>Procedures whose arguments are passwords.</summary>
    private static readonly HashSet<string> TakesPasswords = new(StringComparer.OrdinalIgnoreCase)
    {
        "sp_addlogin", "sp_password", "sp_addlinkedsrvlogin", "sp_setapprole", "sp_addapprole", "sp_approlepassword", "sp_addremotelogin",
        "sp_control_dbmasterkey_password", "sp_changedbowner",
    };

    public List<RequestText> Texts { get; } = [];

    /// <summary>Handles that the calls make, in order.</summary>
    public List<HandleMaker> Makes { get; } = [];

    /// <summary>The cursor that a call fetches from; null for none.</summary>
    public CursorNote? Cursor { get; private set; }

    /// <summary>Set where a call cannot be known.</summary>
    public Refusal? Refusal { get; private set; }

    /// <summary>The transaction that the request names; 0 for none.</summary>
    public ulong Transaction { get; private set; }

    /// <summary>Runs of the payload that are passwords given as arguments.</summary>
    public List<PayloadSpan> Passwords { get; } = [];

    public bool IsCall { get; private init; }

    /// <summary>The session is reset before it runs.</summary>
    public bool ResetsSession { get; set; }

    public static RequestTexts OfBatch(SqlBatch batch, ReadOnlySpan<byte> payload)
    {
        var texts = new RequestTexts { Transaction = batch.Headers.TransactionDescriptor };
        texts.Texts.Add(new RequestText(batch.ReadText(), null, null)
        {
            Runs = [new PayloadSpan(payload.Length - batch.Text.Length, batch.Text.Length)],
        });
        return texts;
    }

    /// <exception cref="Protocols.Wire.ProtocolException">A call breaks the protocol.</exception>
    public static RequestTexts OfCalls(RpcRequest request, ReadOnlySpan<byte> payload, TdsSession session)
    {
        var texts = new RequestTexts { Transaction = request.Headers.TransactionDescriptor, IsCall = true };
        foreach (RpcCall call in request)
            texts.Add(call, payload, session);
        return texts;
    }

    /// <summary>The texts for a record, credentials blanked.</summary>
    public string Recorded() => string.Join("\n", Texts.Select(text =>
        text.Readings.Count > 0 ? Tds.Secrets.Blanked(text.Text, [.. text.Readings.SelectMany(reading => reading.Secrets)])
        : TransactSqlAnalyzer.MayHoldSecret(text.Text) ? new string('*', text.Text.Length) : text.Text));

    private void Add(RpcCall call, ReadOnlySpan<byte> payload, TdsSession session)
    {
        string name = call.ReadName() ?? $"number {(ushort)call.Id}";
        RpcProcedure? procedure = call.IsByNumber ? RpcFacts.Find((ushort)call.Id) : RpcFacts.Find(name);
        if (procedure is null && call.IsByNumber)
            Refusal ??= Refusals.UnknownProcedure(name);
        else if (procedure is null)
            AddByName(name, call, payload);
        else if (procedure.Text is { } place)
            AddText(procedure, place, call, payload);
        else if (procedure.NeedsHandle)
            AddHandle(procedure, call, session);
        else
            Texts.Add(new RequestText($"EXEC {procedure.Name}", null, procedure.Name));
    }

    /// <summary>A procedure of the users', or one of the server's that carries no text: judged as the EXECUTE of it.</summary>
    private void AddByName(string name, RpcCall call, ReadOnlySpan<byte> payload)
    {
        var parameters = new List<(string? Name, bool IsOutput)>();
        foreach (RpcParameter parameter in call.Parameters)
            parameters.Add((parameter.Name.IsEmpty ? null : parameter.ReadName(), (parameter.Status & RpcParameterStatus.ByReference) != 0));
        Texts.Add(new RequestText(name, null, name) { Called = new CalledProcedure(name, parameters) });
        if (!TakesPasswords.Contains(RpcFacts.LastPart(name)))
            return;
        foreach (RpcParameter parameter in call.Parameters)
            Passwords.AddRange(RunsOf(parameter, payload));
    }

    private void AddText(RpcProcedure procedure, ProcedureParameterPlace place, RpcCall call, ReadOnlySpan<byte> payload)
    {
        if (!TryFind(call, place, out RpcParameter parameter) || parameter.IsTable || parameter.Value.IsNull ||
            parameter.Value.ToObject(parameter.Type) is not string text)
        {
            Refusal ??= Refusals.TextMissing(procedure.Name);
            return;
        }
        string? declarations = procedure.Declarations is { } declared && TryFind(call, declared, out RpcParameter found) && !found.IsTable
            ? found.Value.ToObject(found.Type) as string : null;
        var prepared = new PreparedText(text, declarations);
        Texts.Add(new RequestText(text, declarations, procedure.Name)
        {
            Runs = RunsOf(parameter, payload),
            CharacterBytes = DataTypes.IsWideText(parameter.Type.Type) ? sizeof(char) : 1,
        });
        if (procedure.Handle == HandleUse.Makes)
            Makes.Add(new HandleMaker(procedure, prepared));
    }

    private void AddHandle(RpcProcedure procedure, RpcCall call, TdsSession session)
    {
        int? handle = TryFind(call, procedure.HandleAt!, out RpcParameter parameter) && !parameter.IsTable
            && parameter.Value.ToObject(parameter.Type) is long and >= int.MinValue and <= int.MaxValue and var number ? (int)number : null;
        if (procedure.Handle == HandleUse.Ends)
        {
            session.Handles.End(procedure, handle);
            return;
        }
        bool isOfCursor = procedure.Handle is HandleUse.Fetches or HandleUse.Sets;
        CursorNote? cursor = isOfCursor ? session.Handles.Cursor(handle) : null;
        PreparedText? prepared = isOfCursor ? cursor?.Text : session.Handles.Statement(handle);
        if (prepared is null)
        {
            Refusal ??= Refusals.UnknownHandle(procedure.Name);
            return;
        }
        Cursor = cursor;
        Texts.Add(new RequestText(prepared.Text, prepared.Declarations, procedure.Name));
        if (procedure.Name == "sp_cursorexecute")
            Makes.Add(new HandleMaker(procedure, prepared));
    }

    /// <summary>The server takes these by their place, whatever drivers call them. Where another one has the name, the two readings differ,
    /// and neither is taken.</summary>
    private static bool TryFind(RpcCall call, ProcedureParameterPlace place, out RpcParameter found)
    {
        found = default;
        bool isThere = false;
        int position = 0;
        foreach (RpcParameter parameter in call.Parameters)
        {
            if (position == place.Position)
            {
                found = parameter;
                isThere = true;
            }
            else if (!parameter.Name.IsEmpty && parameter.ReadName().Equals(place.Name, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
            position++;
        }
        return isThere;
    }

    private static ImmutableArray<PayloadSpan> RunsOf(RpcParameter parameter, ReadOnlySpan<byte> payload)
    {
        if (parameter.IsTable || parameter.Value.IsNull)
            return [];
        var runs = ImmutableArray.CreateBuilder<PayloadSpan>();
        foreach (ReadOnlySpan<byte> part in parameter.Value.Parts)
        {
            if (!part.IsEmpty)
                runs.Add(new PayloadSpan(OffsetOf(part, payload), part.Length));
        }
        return runs.DrainToImmutable();
    }

    private static int OffsetOf(ReadOnlySpan<byte> part, ReadOnlySpan<byte> payload) =>
        (int)Unsafe.ByteOffset(ref MemoryMarshal.GetReference(payload), ref MemoryMarshal.GetReference(part));
}
