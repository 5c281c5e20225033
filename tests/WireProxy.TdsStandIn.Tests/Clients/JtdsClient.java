import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.sql.Types;

/** jTDS against the stand-in: arguments are the port and more of the URL. */
public class JtdsClient {
    public static void main(String[] arguments) throws Exception {
        Class.forName("net.sourceforge.jtds.jdbc.Driver");
        Connection connection = DriverManager.getConnection(
            "jdbc:jtds:sqlserver://127.0.0.1:" + arguments[0] + "/clinic;user=sa;password=Passw0rd!" + arguments[1]);
        types(connection);
        statements(connection);
        transactions(connection);
        scrolling(connection);
        cancelling(connection);
        connection.close();
        System.out.println("ok");
    }

    private static void check(Object actual, Object expected) {
        if (!String.valueOf(actual).equals(String.valueOf(expected)))
            throw new IllegalStateException("expected " + expected + ", got " + actual);
    }

    private static void types(Connection connection) throws SQLException {
        ResultSet rows = connection.createStatement().executeQuery("select * from alltypes order by c_int");
        rows.next();
        check(rows.getString("c_int"), null);
        check(rows.getString("c_text"), null);
        rows.next();
        check(rows.getBigDecimal("c_dec"), "1234567890123456789012345678.0123456789");
        check(rows.getString("c_nvcmax"), "nmax");
        check(rows.getString("c_vc"), "varchar \u00e9");
        check(rows.getString("c_xml"), "<a b=\"1\">x</a>");
        check(rows.getInt("c_var"), 42);
        rows.close();
    }

    private static void statements(Connection connection) throws SQLException {
        PreparedStatement prepared = connection.prepareStatement("select full_name from patients where id = ?");
        for (int round = 0; round < 3; round++) {
            prepared.setInt(1, 1);
            ResultSet rows = prepared.executeQuery();
            check(rows.next(), true);
            check(rows.getString(1), "Ann Example");
        }
        CallableStatement call = connection.prepareCall("{?=call p_out(?,?,?)}");
        call.registerOutParameter(1, Types.INTEGER);
        call.setInt(2, 4);
        call.registerOutParameter(3, Types.INTEGER);
        call.registerOutParameter(4, Types.VARCHAR);
        call.execute();
        while (call.getMoreResults() || call.getUpdateCount() >= 0) { }
        check(call.getInt(1) + " " + call.getInt(3) + " " + call.getString(4), "5 8 got 4");
        Statement statement = connection.createStatement();
        try {
            statement.execute("exec p_msg");
            while (statement.getMoreResults() || statement.getUpdateCount() >= 0) { }
            throw new IllegalStateException("no error");
        } catch (SQLException error) {
            check(error.getErrorCode(), 50000);
        }
        SQLWarning warning = statement.getWarnings();
        check(warning.getMessage() + warning.getNextWarning().getMessage(), "hellonote 42");
        ResultSet columns = connection.getMetaData().getColumns(null, null, "patients", null);
        check(columns.next(), true);
        check(columns.getString("COLUMN_NAME"), "id");
    }

    private static void transactions(Connection connection) throws SQLException {
        Statement statement = connection.createStatement();
        connection.setAutoCommit(false);
        check(statement.executeUpdate("insert patients (ssn, full_name) values ('900-00-0000', 'gone')"), 1);
        connection.rollback();
        connection.setAutoCommit(true);
        ResultSet rows = statement.executeQuery("select count(*) from patients");
        rows.next();
        check(rows.getInt(1), 3);
        statement.addBatch("create table jb (a int)");
        statement.addBatch("insert jb values (1)");
        statement.addBatch("drop table jb");
        check(statement.executeBatch().length, 3);
    }

    private static void scrolling(Connection connection) throws SQLException {
        Statement statement = connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY);
        ResultSet rows = statement.executeQuery("select id, full_name from patients order by id");
        rows.last();
        check(rows.getRow() + rows.getString(2), "3Cy Test");
        rows.first();
        check(rows.getString(2), "Ann Example");
        rows.absolute(2);
        check(rows.getString(2), "B\u00f3b Sample");
        rows.previous();
        check(rows.getString(2), "Ann Example");
        check(rows.previous(), false);
        int count = 0;
        while (rows.next())
            count++;
        check(count, 3);
        rows.close();
    }

    private static void cancelling(Connection connection) throws Exception {
        final Statement statement = connection.createStatement();
        final java.util.concurrent.atomic.AtomicBoolean over = new java.util.concurrent.atomic.AtomicBoolean();
        Thread thread = new Thread(() -> {
            try {
                // A cancel that comes before the statement does nothing.
                while (!over.get()) {
                    Thread.sleep(300);
                    statement.cancel();
                }
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        });
        thread.start();
        SQLException cancelled = null;
        try {
            // A cancel that comes while the statement is being sent may take it away before it runs, and jTDS then knows of no error.
            for (int attempt = 0; attempt < 5 && cancelled == null; attempt++)
                statement.execute("waitfor delay '00:05:00'");
        } catch (SQLException error) {
            cancelled = error;
        } finally {
            over.set(true);
            thread.join();
        }
        if (cancelled == null)
            throw new IllegalStateException("no error");
        check(cancelled.getSQLState(), "HY008");
        ResultSet rows = connection.createStatement().executeQuery("select 5");
        rows.next();
        check(rows.getInt(1), 5);
    }
}
