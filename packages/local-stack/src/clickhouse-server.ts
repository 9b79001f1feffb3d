import { Worker } from 'node:worker_threads';
import { libchdbPath } from 'chdb/libchdb';
import { DataType, load, open } from 'ffi-rs';

// The child program of startClickHouse: its arguments are the engine's own command line. The call never returns while
// the server runs, so the thread that watches the parent must be up before.
const watch = new Worker(new URL('./die-with-parent.ts', import.meta.url));
await new Promise((resolve, reject) => watch.once('message', resolve).once('error', reject));

open({ library: 'chdb', path: libchdbPath() });
const argv = ['clickhouse', ...process.argv.slice(2)];
load({
  library: 'chdb',
  funcName: 'chdb_query_cmdline',
  retType: DataType.I32,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [argv.length, argv],
});
process.stderr.write('the engine returned: see above for why\n');
// Not process.exit: it would wait for the watching thread, which waits for the parent.
process.kill(process.pid, 'SIGKILL');
