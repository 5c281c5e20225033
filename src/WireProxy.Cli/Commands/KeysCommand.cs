using System.CommandLine;
using System.Security.Cryptography;
using WireProxy.Cli.Output;

namespace WireProxy.Cli.Commands;

/// <summary><c>wireproxy keys new</c>: a key pair for the journal's signatures.</summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME")
        {
            Description = "Where the keys go: NAME.pem (private, mode 0600) and NAME.pub.pem (public).",
            DefaultValueFactory = _ => "signing",
        };
        var verb = new VerbCommand("new", "Makes an ECDSA P-256 key pair; never overwrites one.",
            "wireproxy keys new signing", "wireproxy verify --journal journal --key signing.pub.pem")
        {
            name,
        };
        verb.SetAction(result => Run(result.GetValue(name)!, result.InvocationConfiguration.Output));
        return new Command("keys", "Makes keys.") { verb };
    }

    private static int Run(string name, TextWriter output)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PrivateFile.Write(name + ".pem", key.ExportPkcs8PrivateKeyPem());
        PrivateFile.Write(name + ".pub.pem", key.ExportSubjectPublicKeyInfoPem());
        output.WriteLine($"private: {name}.pem      name it as journal.signing_key, and let nobody else read it");
        output.WriteLine($"public:  {name}.pub.pem  give it to whoever verifies recordings, by another way than the recordings");
        return ExitCode.Success;
    }
}
