using System.Net;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Sessions;

/// <summary>A connection among those of its listener: until it has logged in it may be given up for others, and its place taken.</summary>
internal sealed class SessionPlace(Session session, LoopSocket client) : IUnfinishedLogin
{
    private int _places;

    public IPAddress? Address => session.ClientAddress?.Address;

    public TimeSpan KeptWaiting => client.WaitedForPeer;

    public bool HasPlace => Volatile.Read(ref _places) > 0;

    /// <summary>The client has connected.</summary>
    public void Enter() => session.Listener.Unfinished.Enter(this);

    /// <summary>The client asks to log in: from here on it counts.</summary>
    /// <exception cref="SessionEndException">All places are taken.</exception>
    public void Take()
    {
        ListenerContext listener = session.Listener;
        if (!listener.TryTakePlace() && !listener.Unfinished.TryTakePlaceOfOne())
            throw new SessionEndException(listener.TooManyConnections(Stage.Login));
        Volatile.Write(ref _places, 1);
    }

    /// <summary>The client has proved who it is, or gone: it is given up for nobody.</summary>
    public void Leave() => session.Listener.Unfinished.Leave(this);

    public void GiveBack()
    {
        if (TryGivePlace())
            session.Listener.GivePlaceBack();
    }

    public bool TryGivePlace() => Interlocked.Exchange(ref _places, 0) > 0;

    public void End(SessionEnd end) => session.End(end);
}
