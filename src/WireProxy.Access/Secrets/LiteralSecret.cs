using System.Text;

namespace WireProxy.Access;

/// <summary>A secret that stands in the configuration file. Kept for as long as the gateway runs.</summary>
public sealed class LiteralSecret(string value) : SecretSource
{
    private readonly byte[] _utf8 = Encoding.UTF8.GetBytes(value);

    public override ValueTask<Secret> ReadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new Secret(_utf8));
}
