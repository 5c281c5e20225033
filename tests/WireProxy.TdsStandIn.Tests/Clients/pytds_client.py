"""python3-tds against the stand-in: arguments are the port, and a file with the certificate where all is to be encrypted."""
import decimal
import io
import os
import sys
import time

try:
    import pytds
except ImportError:
    sys.exit(77)


def check(actual, expected):
    if actual != expected:
        sys.exit(f"expected {expected!r}, got {actual!r}")


options = dict(server="127.0.0.1", port=int(sys.argv[1]), user=os.environ.get("CLIENT_USER", "sa"), password=os.environ.get("CLIENT_PASSWORD", "Passw0rd!"),
               database="clinic", login_timeout=10)
if len(sys.argv) > 2:
    options.update(cafile=sys.argv[2], validate_host=False)
connection = pytds.connect(**options, timeout=30)
cursor = connection.cursor()

cursor.execute("select * from alltypes where c_int is not null")
row = dict(zip([column[0] for column in cursor.description], cursor.fetchone()))
check(row["c_dec"], decimal.Decimal("1234567890123456789012345678.0123456789"))
check(row["c_nvc"], "nvarchar \u2603")
check(row["c_var"], 42)
check(row["c_dto"].utcoffset().total_seconds(), 19800.0)

cursor.execute("select id, full_name from patients where id = %s or full_name = %s order by id", (1, "B\u00f3b Sample"))
check(cursor.fetchall(), [(1, "Ann Example"), (2, "B\u00f3b Sample")])

cursor.execute("select 1; select 2")
check(cursor.fetchall(), [(1,)])
check(cursor.nextset(), True)
check(cursor.fetchall(), [(2,)])

cursor.callproc("p_out", (21, pytds.output(param_type=int), pytds.output(param_type=str)))
check(cursor.fetchall(), [(21,)])
check(cursor.get_proc_return_status(), 5)

try:
    cursor.execute("select * from nosuch")
    sys.exit("no error")
except pytds.ProgrammingError as error:
    check(str(error).startswith("Invalid object name"), True)

cursor.execute("insert into patients (ssn, full_name) values ('900-00-0000', 'gone')")
connection.rollback()
cursor.execute("select count(*) from patients")
check(cursor.fetchall(), [(3,)])

cursor.execute("create table py_bulk (a int, b varchar(20))")
connection.commit()
cursor.copy_to(io.StringIO("1\tx\n2\ty\n"), "py_bulk", columns=["a", "b"])
cursor.execute("select a, b from py_bulk order by a")
check(cursor.fetchall(), [(1, "x"), (2, "y")])
cursor.execute("drop table py_bulk")
connection.commit()

other = pytds.connect(**options, timeout=1, autocommit=True)
impatient = other.cursor()
start = time.time()
try:
    impatient.execute("waitfor delay '00:05:00'")
    sys.exit("no timeout")
except pytds.TimeoutError:
    pass
impatient.execute("select 5")
check(impatient.fetchall(), [(5,)])
print("ok")
