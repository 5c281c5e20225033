// tedious against the stand-in: arguments are the port, how to encrypt (false, true, strict), the version of TDS, and the certificate's file.
const fs = require('fs');
const { Connection, Request, TYPES } = require('tedious');

const [port, encrypt, tdsVersion, ca] = process.argv.slice(2);
const config = {
  server: 'localhost',
  authentication: { type: 'default', options: { userName: process.env.CLIENT_USER || 'sa', password: process.env.CLIENT_PASSWORD || 'Passw0rd!' } },
  options: {
    port: Number(port), database: 'clinic', tdsVersion, rowCollectionOnRequestCompletion: true, requestTimeout: 20000,
    encrypt: encrypt === 'strict' ? 'strict' : encrypt === 'true', trustServerCertificate: encrypt !== 'strict',
    cryptoCredentialsDetails: ca ? { ca: fs.readFileSync(ca) } : {},
  },
};
const infos = [];
const fail = text => { console.error(text); process.exit(1); };
const check = (actual, expected) => {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) fail(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
};
const connection = new Connection(config);
connection.on('infoMessage', info => infos.push(info.message));

const run = (text, how = 'execSqlBatch', prepare = () => {}) => new Promise(resolve => {
  const outputs = {};
  const request = new Request(text, (error, count, rows) => resolve({ error, outputs, rows: rows && rows.map(row => row.map(cell => cell.value)) }));
  request.on('returnValue', (name, value) => { outputs[name] = value; });
  request.on('doneProc', (count, more, status) => { outputs.status = status; });
  prepare(request);
  connection[how](request);
});
const call = method => new Promise(resolve => connection[method](error => resolve(error)));

async function main() {
  check((await run('select c_nvc, c_big, c_bit, c_guid from alltypes where c_int is not null')).rows,
    [['nvarchar ☃', '9223372036854775807', true, '6F9619FF-8B86-D011-B42D-00C04FC964FF']]);
  check((await run('select full_name from patients where id = @id', 'execSql', r => r.addParameter('id', TYPES.Int, 2))).rows, [['Bób Sample']]);
  const out = await run('p_out', 'callProcedure', r => {
    r.addParameter('x', TYPES.Int, 4);
    r.addOutputParameter('y', TYPES.Int);
    r.addOutputParameter('z', TYPES.NVarChar, '', { length: 20 });
  });
  check([out.rows, out.outputs], [[[4]], { y: 8, z: 'got 4', status: 5 }]);
  check((await run("select 1; select 2; print 'told'")).rows, [[1], [2]]);
  check(infos[infos.length - 1], 'told');
  check((await run('exec p_msg')).error.number, 50000);

  const prepared = new Request('select @a + 1', () => {});
  prepared.addParameter('a', TYPES.Int);
  await new Promise(resolve => { prepared.on('prepared', resolve); connection.prepare(prepared); });
  for (const a of [1, 5, 7]) {
    const rows = await new Promise(resolve => { prepared.callback = (error, count, all) => resolve(all); connection.execute(prepared, { a }); });
    check(rows[0][0].value, a + 1);
  }
  await new Promise(resolve => { prepared.callback = resolve; connection.unprepare(prepared); });

  await call('beginTransaction');
  check((await run("insert patients (ssn, full_name) values ('900-00-0000', N'gone'); select @@trancount")).rows, [[1]]);
  await call('rollbackTransaction');
  check((await run('select count(*) from patients')).rows, [[3]]);

  await run('create table js_bulk (a int not null, b nvarchar(30) null)');
  const bulk = await new Promise(resolve => {
    const load = connection.newBulkLoad('js_bulk', (error, count) => resolve([error, count]));
    load.addColumn('a', TYPES.Int, { nullable: false });
    load.addColumn('b', TYPES.NVarChar, { length: 30, nullable: true });
    connection.execBulkLoad(load, [[1, 'x'], [2, null]]);
  });
  check(bulk[1], 2);
  check((await run('select a, b from js_bulk order by a; drop table js_bulk')).rows, [[1, 'x'], [2, null]]);

  const waiting = run("waitfor delay '00:05:00'");
  setTimeout(() => connection.cancel(), 200);
  check((await waiting).error.code, 'ECANCEL');
  check(await call('reset'), undefined);
  check((await run('select db_name()')).rows, [['clinic']]);
  if (tdsVersion === '7_4') {
    const table = { schema: 'dbo', name: 'id_list', columns: [{ name: 'id', type: TYPES.Int }, { name: 'label', type: TYPES.NVarChar, length: 20 }], rows: [[1, 'a'], [2, 'b']] };
    check((await run('select * from @t', 'execSql', r => r.addParameter('t', TYPES.TVP, table))).rows, [[1, 'a'], [2, 'b']]);
  }
  connection.close();
  console.log('ok');
}

connection.connect(error => (error ? fail(error.message) : main().catch(thrown => fail(thrown.stack))));
