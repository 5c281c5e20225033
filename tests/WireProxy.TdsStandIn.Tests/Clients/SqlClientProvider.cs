using System.Data;
using System.Data.Common;

namespace WireProxy.TdsStandIn.Tests.Clients;

/// <summary>The two SqlClients behind one face.</summary>
public abstract class SqlClientProvider
{
    public static IEnumerable<SqlClientProvider> All { get; } = [new MicrosoftDataProvider(), new SystemDataProvider()];

    public abstract DbConnection Connect(string connectionString);

    public abstract void CopyInto(DbConnection connection, string table, DataTable rows);

    public abstract void AddTable(DbCommand command, string name, string type, DataTable rows);

    public abstract void OnMessage(DbConnection connection, Action<string> told);

    public abstract IReadOnlyList<int> ErrorNumbers(DbException error);

    private sealed class MicrosoftDataProvider : SqlClientProvider
    {
        public override DbConnection Connect(string connectionString) => new Microsoft.Data.SqlClient.SqlConnection(connectionString);

        public override void CopyInto(DbConnection connection, string table, DataTable rows)
        {
            using var copy = new Microsoft.Data.SqlClient.SqlBulkCopy((Microsoft.Data.SqlClient.SqlConnection)connection) { DestinationTableName = table };
            copy.WriteToServer(rows);
        }

        public override void AddTable(DbCommand command, string name, string type, DataTable rows)
        {
            var parameter = ((Microsoft.Data.SqlClient.SqlCommand)command).Parameters.AddWithValue(name, rows);
            (parameter.SqlDbType, parameter.TypeName) = (SqlDbType.Structured, type);
        }

        public override void OnMessage(DbConnection connection, Action<string> told) =>
            ((Microsoft.Data.SqlClient.SqlConnection)connection).InfoMessage += (_, message) => told(message.Message);

        public override IReadOnlyList<int> ErrorNumbers(DbException error) =>
            [.. ((Microsoft.Data.SqlClient.SqlException)error).Errors.Cast<Microsoft.Data.SqlClient.SqlError>().Select(item => item.Number)];

        public override string ToString() => "Microsoft.Data.SqlClient";
    }

    // It is what older programs use, which is why it is here; and linux is a unix, which its attributes do not know.
#pragma warning disable CS0618, CA1416
    private sealed class SystemDataProvider : SqlClientProvider
    {
        public override DbConnection Connect(string connectionString) => new System.Data.SqlClient.SqlConnection(connectionString);

        public override void CopyInto(DbConnection connection, string table, DataTable rows)
        {
            using var copy = new System.Data.SqlClient.SqlBulkCopy((System.Data.SqlClient.SqlConnection)connection) { DestinationTableName = table };
            copy.WriteToServer(rows);
        }

        public override void AddTable(DbCommand command, string name, string type, DataTable rows)
        {
            var parameter = ((System.Data.SqlClient.SqlCommand)command).Parameters.AddWithValue(name, rows);
            (parameter.SqlDbType, parameter.TypeName) = (SqlDbType.Structured, type);
        }

        public override void OnMessage(DbConnection connection, Action<string> told) =>
            ((System.Data.SqlClient.SqlConnection)connection).InfoMessage += (_, message) => told(message.Message);

        public override IReadOnlyList<int> ErrorNumbers(DbException error) =>
            [.. ((System.Data.SqlClient.SqlException)error).Errors.Cast<System.Data.SqlClient.SqlError>().Select(item => item.Number)];

        public override string ToString() => "System.Data.SqlClient";
    }
#pragma warning restore CS0618, CA1416
}
