using WireProxy.Protocols.Tds.Messages;

namespace WireProxy.Fuzz.Tds.Requests;

/// <summary>Tells a login's fields in the notation of the vectors. The credentials are those of people who do not exist.</summary>
internal static class LoginText
{
    private static readonly string NoAddress = RequestText.Bytes(new byte[Login7.ClientIdLength]);

    public static string Describe(Login7 login) => string.Join(' ',
        $"version=0x{login.VersionCode:x8} packet_size={login.PacketSize} program={login.ClientProgramVersion}",
        $"process={login.ClientProcessId} connection={login.ConnectionId}",
        $"flags1={login.OptionFlags1} flags2={login.OptionFlags2} type_flags={login.TypeFlags} flags3={login.OptionFlags3}",
        $"time_zone={login.ClientTimeZone} lcid={login.ClientLcid}",
        $"host={RequestText.Text(login.HostName)} user={RequestText.Text(login.UserName)}",
        $"password={RequestText.Text(login.Password.Reveal())} app={RequestText.Text(login.AppName)}",
        $"server={RequestText.Text(login.ServerName)} interface={RequestText.Text(login.ClientInterfaceName)}",
        $"language={RequestText.Text(login.Language)} database={RequestText.Text(login.Database)}",
        $"client={(login.ClientId.Length == 0 ? NoAddress : RequestText.Bytes(login.ClientId))}",
        $"sspi={RequestText.Bytes(login.Sspi)} file={RequestText.Text(login.AttachDatabaseFile)}",
        $"new_password={RequestText.Text(login.NewPassword.Reveal())} features={Features(login.Features)}");

    private static string Features(FeatureExtensions? features) => features is null ? "none"
        : RequestText.List(features.Items.Select(item => $"{{id={(byte)item.Id} data={RequestText.Bytes(item.Data)}}}"));
}
