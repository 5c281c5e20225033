using System.CommandLine;
using WireProxy.Cli.Serving;

namespace WireProxy.Cli.Commands;

/// <summary><c>wireproxy serve</c>.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var config = SharedOptions.Config();
        var verb = new VerbCommand("serve", "Runs the gateway until SIGTERM or Ctrl-C, then drains; a second signal ends it at once.",
            "wireproxy serve --config wireproxy.yaml")
        {
            config,
        };
        verb.SetAction(result =>
        {
            var console = result.InvocationConfiguration;
            return Server.RunAsync(result.GetRequiredValue(config), console.Output, console.Error);
        });
        return verb;
    }
}
