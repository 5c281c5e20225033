"""pymssql (FreeTDS' DB-Library) against the stand-in: arguments are the port and the version of TDS."""
import decimal
import sys

try:
    import pymssql
except ImportError:
    sys.exit(77)


def check(actual, expected):
    if actual != expected:
        sys.exit(f"expected {expected!r}, got {actual!r}")


def connect(password="Passw0rd!"):
    return pymssql.connect(server="127.0.0.1", port=sys.argv[1], user="sa", password=password, database="clinic", tds_version=sys.argv[2])


connection = connect()
cursor = connection.cursor(as_dict=True)
cursor.execute("select * from alltypes where c_int is not null")
row = cursor.fetchone()
check(row["c_dec"], decimal.Decimal("1234567890123456789012345678.0123456789"))
check(row["c_vc"], "varchar \u00e9")
check(row["c_money"], decimal.Decimal("922337203685477.5807"))

cursor = connection.cursor()
cursor.execute("select id, full_name from patients where id = %s or full_name = %s order by id", (1, "B\u00f3b Sample"))
check(cursor.fetchall(), [(1, "Ann Example"), (2, "B\u00f3b Sample")])
cursor.execute("select 1; select 2")
check((cursor.fetchall(), cursor.nextset(), cursor.fetchall()), ([(1,)], 1, [(2,)]))
cursor.execute("insert into patients (ssn, full_name) values ('900-00-0000', 'gone')")
connection.rollback()
cursor.execute("select count(*) from patients")
check(cursor.fetchall(), [(3,)])
try:
    cursor.execute("insert into patients (ssn, full_name) values ('111-22-3333', 'twice')")
    sys.exit("no error")
except pymssql.IntegrityError as error:
    check(error.args[0], 2627)
try:
    connect("wrong")
    sys.exit("no error")
except pymssql.OperationalError as error:
    check(error.args[0][0] if isinstance(error.args[0], tuple) else error.args[0], 18456)
print("ok")
