namespace WireProxy.Relay.Postgres;

/// <summary>Names that change something when what stands under them is run: a SET or a CREATE VIEW is judged when it is prepared, and
/// takes effect with each Execute. A name that is not here changes nothing.</summary>
internal sealed class EffectNotes
{
    /// <summary>Beyond this many names every name counts as changing everything.</summary>
    private const int MostNames = 1024;

    private readonly Dictionary<string, Note> _notes = new(StringComparer.Ordinal);
    private bool _isFull;

    /// <summary>True where no name is known to change anything: there is nothing to look up.</summary>
    public bool IsEmpty => _notes.Count == 0 && !_isFull;

    public Effects Of(string name)
    {
        if (_isFull)
            return Effects.All;
        if (!_notes.TryGetValue(name, out Note? note))
            return default;
        if (note.Replacement is not { IsComplete: true })
            return note.Effects;
        _notes.Remove(name);
        return default;
    }

    /// <param name="work">What puts it there, whose completion frees the name of what stood there before; null where that is not seen.</param>
    public void Put(string name, Effects effects, Work? work)
    {
        Effects before = Of(name);
        if (effects.AreNone)
        {
            if (!before.AreNone && !_isFull)
                _notes[name].Replacement = work;
            return;
        }
        _isFull |= _notes.Count >= MostNames;
        if (!_isFull)
            _notes[name] = new Note(before.With(effects));
    }

    private sealed class Note(Effects effects)
    {
        public Effects Effects { get; } = effects;

        public Work? Replacement { get; set; }
    }
}
