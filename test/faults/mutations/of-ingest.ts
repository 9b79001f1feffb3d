import type { Mutation } from './mutation.ts';

const INGEST = 'services/ingest/src';
const EVENTS_TABLE = 'schemas/clickhouse/0001_create_events.sql';

/** Of all that comes before the aggregator: collector, log, ingest and its tables. */
export const OF_INGEST: readonly Mutation[] = [
  {
    name: 'commit before insert',
    edits: [
      {
        file: `${INGEST}/partition-worker.ts`,
        find: 'await takeInBatch(inHand, topicEpoch, abort.signal);',
        replace: `await commit(records.offsetAt(-1) + 1n).catch(() => false);
        await takeInBatch(inHand, topicEpoch, abort.signal);`,
      },
    ],
    seeds: [0],
    onlyEnd: true,
  },
  {
    name: "commit before the dead letter's acknowledgement",
    edits: [
      {
        file: `${INGEST}/batch-steps.ts`,
        find: 'await deadLetters.write(rejected, topicEpoch, signal);',
        replace: 'void deadLetters.write(rejected, topicEpoch, signal).catch(() => {});',
      },
    ],
    seeds: [124, 461, 16],
    onlyEnd: true,
  },
  {
    name: 'touches before events',
    edits: [
      {
        file: `${INGEST}/batch-steps.ts`,
        find: 'const { landed, refused } = await writer.writeEvents(',
        replace: `await writer.writeTouches(desk, newBatchId(), accepted);
    const { landed, refused } = await writer.writeEvents(`,
      },
      {
        file: `${INGEST}/batch-steps.ts`,
        find: '      writer.writeTouches(desk, newBatchId(), landed),\n',
        replace: '',
      },
    ],
    seeds: [0],
  },
  {
    name: 'no topic id check',
    edits: [
      {
        file: `${INGEST}/position.ts`,
        find: "return epoch === null || epoch === topicEpoch ? committed.offset : 'earliest';",
        replace: 'return epoch === null || topicEpoch !== null ? committed.offset : committed.offset;',
      },
    ],
    seeds: [65],
    onlyEnd: true,
  },
  {
    name: 'topic not looked at before a batch is taken in',
    edits: [
      {
        file: `${INGEST}/worker-factory.ts`,
        find: 'await sameTopic({ log, waiting, backoffMs }, { topic: config.topic, topicEpoch }, signal);',
        replace: '',
      },
    ],
    seeds: [55],
    onlyEnd: true,
    wasReal: true,
  },
  {
    name: 'event id out of the sort key',
    edits: [
      {
        file: EVENTS_TABLE,
        find: 'ORDER BY (store_id, visitor_hash, event_hash, toYYYYMM(occurred_at))',
        replace: 'ORDER BY (store_id, visitor_hash, toYYYYMM(occurred_at))',
      },
    ],
    seeds: [0],
    onlyEnd: true,
  },
  {
    name: "version from ingest's clock",
    edits: [
      {
        file: `${INGEST}/scan/event-block.ts`,
        find: 'const received_at = numbers[row * ROW_NUMBERS + NUMBER.received_at] ?? 0;\n      const upper',
        replace: 'const received_at = 2 ** 45 - Date.now();\n      const upper',
      },
    ],
    seeds: [1],
    onlyEnd: true,
  },
  {
    name: 'no epoch on stale batches',
    edits: [
      {
        file: `${INGEST}/partition-worker.ts`,
        find: 'batch.assignmentEpoch === assignmentEpoch && !ended',
        replace: '!ended',
      },
    ],
    seeds: [419],
    onlyEnd: true,
  },
  {
    name: 'retry without bisecting',
    edits: [{ file: `${INGEST}/writer.ts`, find: 'isFinal: isRefusal', replace: 'isFinal: () => false' }],
    seeds: [1],
    onlyEnd: true,
  },
  {
    name: 'run row after the first counts',
    edits: [
      {
        file: `${INGEST}/tally.ts`,
        find: 'if (!isBegun) await persist(() => begin(own, readFrom ?? batchOffset), signal);',
        replace: 'const isFirst = !isBegun;\n      isBegun = true;',
      },
      {
        file: `${INGEST}/tally.ts`,
        find: '        done();\n      }, signal);\n    },\n    committed',
        replace:
          '        done();\n      }, signal);\n      if (isFirst) await persist(() => begin(own, batchOffset + 1n), signal);\n    },\n    committed',
      },
    ],
    seeds: [2, 1],
    onlyEnd: true,
  },
  {
    name: '202 before the log has it',
    edits: [
      {
        file: 'services/collector/src/collector.ts',
        find: 'await appender.append(records, { imported });',
        replace: 'void appender.append(records, { imported }).catch(() => {});',
      },
    ],
    seeds: [4, 5],
    onlyEnd: true,
  },
  {
    name: 'rows of an earlier topic are not told of',
    edits: [
      {
        file: `${INGEST}/untold.ts`,
        find: "start === 'earliest' ? persist(touchEnds) : Promise.resolve()",
        replace: 'Promise.resolve()',
      },
    ],
    seeds: [1109],
    onlyEnd: true,
    wasReal: true,
  },
  {
    name: 'idempotent producer on',
    edits: [
      {
        file: 'packages/event-log/src/kafka/record-batch/encode.ts',
        find: 'target.writeBigInt64BE(BigInt(NONE), start + AT.producerId);',
        replace: 'target.writeBigInt64BE(1n, start + AT.producerId);',
      },
      {
        file: 'packages/event-log/src/kafka/record-batch/encode.ts',
        find: 'target.writeInt16BE(NONE, start + AT.producerEpoch);',
        replace: 'target.writeInt16BE(0, start + AT.producerEpoch);',
      },
      {
        file: 'packages/event-log/src/kafka/record-batch/encode.ts',
        find: 'target.writeInt32BE(NONE, start + AT.baseSequence);',
        replace: 'target.writeInt32BE(0, start + AT.baseSequence);',
      },
    ],
    seeds: [],
    test: { file: 'packages/event-log/src/kafka/record-batch/encode.test.ts', name: 'a batch is of no producer' },
  },
  {
    name: 'a desk is given back while its touches are on their way',
    edits: [
      { file: `${INGEST}/batch-steps.ts`, find: 'await Promise.allSettled([', replace: 'await Promise.all([' },
      {
        file: `${INGEST}/batch-steps.ts`,
        find: "for (const one of written) if (one.status === 'rejected') throw one.reason;",
        replace: 'void written;',
      },
    ],
    seeds: [],
    test: {
      file: `${INGEST}/batch-steps.test.ts`,
      name: 'a desk is given back when nothing of it is on its way any more',
    },
    wasReal: true,
  },
  {
    name: 'a run of counts begins with its first batch',
    edits: [
      {
        file: `${INGEST}/tally.ts`,
        find: 'begin(own, readFrom ?? batchOffset)',
        replace: 'begin(own, batchOffset)',
      },
    ],
    seeds: [],
    test: {
      file: `${INGEST}/tally.test.ts`,
      name: 'what an uncommitted batch had counted before retention took its beginning is counted once',
    },
    wasReal: true,
  },
];
