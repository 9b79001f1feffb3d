/** What taking events in costs, how soon they can be asked for, and what it holds while ClickHouse is away. See README.md. */
import { benchDown } from './ingest/down.ts';
import { benchLatency } from './ingest/latency.ts';
import { openStack } from './ingest/stack.ts';
import { benchThroughput } from './ingest/throughput.ts';
import { readOptions } from './options.ts';

const options = readOptions('ingest', {
  /** Of the worker against the engine; a million when neither --latency nor --down is asked for. */
  events: { type: 'string' },
  partitions: { type: 'string', default: '4' },
  repeat: { type: 'string', default: '3' },
  'engine-block': { type: 'string', default: '65536,262144' },
  /** engine or worker; both when not given. */
  only: { type: 'string' },
  /** Where the worker's time goes, by one more run. */
  profile: { type: 'boolean', default: false },
  /** How soon events can be asked for. */
  latency: { type: 'boolean', default: false },
  /** Of --latency. */
  seconds: { type: 'string', default: '80' },
  /** Seconds for which ClickHouse is down. */
  down: { type: 'string' },
  /** Events that have been sent since it went, at least, when it comes back. */
  backlog: { type: 'string', default: '0' },
  /** Events a second, of --latency and --down. */
  rate: { type: 'string', default: '5000' },
  /** CARTLEDGER_INGEST_MAX_BYTES_IN_FLIGHT of the worker of --down, in MiB. */
  'in-flight': { type: 'string', default: '64' },
  /** A directory in which servers and topic stay for the next call. */
  keep: { type: 'string' },
  json: { type: 'boolean', default: false },
});
const { only, profile, json } = options;
if (only !== undefined && only !== 'engine' && only !== 'worker') throw new Error('--only is engine or worker');
const [rate, partitions] = [Number(options.rate), Number(options.partitions)];
const outcomes: boolean[] = [];

await using stack = await openStack({ keep: options.keep });
if (options.events !== undefined || (!options.latency && options.down === undefined)) {
  const events = Number(options.events ?? 1_000_000);
  const engineBlocks = options['engine-block'].split(',').map(Number);
  const repeat = Number(options.repeat);
  outcomes.push(await benchThroughput(stack, { events, partitions, repeat, engineBlocks, only, profile, json }));
}
if (options.latency)
  outcomes.push(await benchLatency(stack, { rate, seconds: Number(options.seconds), partitions, json }));
if (options.down !== undefined) {
  const [downSeconds, backlog] = [Number(options.down), Number(options.backlog)];
  const inFlightMib = Number(options['in-flight']);
  outcomes.push(await benchDown(stack, { rate, downSeconds, backlog, partitions, inFlightMib, json }));
}
if (outcomes.includes(false)) process.exitCode = 1;
