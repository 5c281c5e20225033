using System.Text;

namespace WireProxy.Access.Tests;

public sealed class SecretTests
{
    [Test]
    public void A_secret_is_wiped_when_it_is_disposed_of()
    {
        var secret = new Secret("hunter2"u8);
        ReadOnlySpan<byte> memory = secret.Utf8;
        Assert.That(Encoding.UTF8.GetString(memory), Is.EqualTo("hunter2"));
        secret.Dispose();
        Assert.That(memory.ToArray(), Is.All.Zero);
    }

    [Test]
    public void A_secret_does_not_print_itself() => Assert.That($"{new Secret("hunter2"u8)}", Does.Not.Contain("hunter2"));
}
