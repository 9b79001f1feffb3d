import type { Mutation } from './mutation.ts';

const AGGREGATOR = 'services/aggregator/src';

export const OF_AGGREGATOR: readonly Mutation[] = [
  {
    name: 'marks done before rows',
    edits: [
      {
        file: `${AGGREGATOR}/run.ts`,
        find: 'const troubles: Troubles = new Map();',
        replace: 'await touched.markDone(batches);\n    const troubles: Troubles = new Map();',
      },
    ],
    seeds: [0, 11, 35],
    onlyEnd: true,
  },
  {
    name: "rows without the lease's token",
    edits: [
      {
        file: `${AGGREGATOR}/ledger.ts`,
        find: 'encoder.append({ ...NOTHING, ...contentOf(row), ...place, version, is_deleted: 0 });',
        replace:
          'encoder.append({ ...NOTHING, ...contentOf(row), ...place, version: version % 2n ** 32n, is_deleted: 0 });',
      },
    ],
    seeds: [7],
    onlyEnd: true,
  },
  {
    name: 'keys not announced',
    edits: [
      {
        file: `${AGGREGATOR}/ledger.ts`,
        find: 'await insertKeys([\n      ...changed\n        .filter(',
        replace: 'const announced = ([\n      ...changed\n        .filter(',
      },
    ],
    seeds: [101, 55],
    onlyEnd: true,
  },
  {
    name: 'rollups skipped for a dirty day',
    edits: [
      {
        file: `${AGGREGATOR}/rollups.ts`,
        find: 'await write(some.map(({ store: { store_id }, days, settledAt }) => ({ store_id, days, settledAt })));',
        replace:
          'await write(some.map(({ store: { store_id }, days, settledAt }) => ({ store_id, days: days.slice(1), settledAt })));',
      },
    ],
    seeds: [1],
    onlyEnd: true,
  },
  {
    name: 'positions read after the batches are listed',
    edits: [
      {
        file: `${AGGREGATOR}/run.ts`,
        find: '    const upTo = await takenInUpTo(control, config.topic);\n',
        replace: '',
      },
      {
        file: `${AGGREGATOR}/run.ts`,
        find: '    const changed: Parameters',
        replace: '    const upTo = await takenInUpTo(control, config.topic);\n    const changed: Parameters',
      },
    ],
    seeds: [30, 0, 76],
  },
  {
    name: 'a write without an answer is not waited for',
    edits: [{ file: `${AGGREGATOR}/fence.ts`, find: '      lease.outgrow();\n', replace: '' }],
    seeds: [],
    test: {
      file: `${AGGREGATOR}/fence.test.ts`,
      name: 'after a write without an answer the next one waits until that can land no more',
    },
    wasReal: true,
  },
  {
    name: 'a day whose mark lands after it was given up stays dirty',
    edits: [
      {
        file: `${AGGREGATOR}/dirty-days.ts`,
        find: 'if (known?.token === token) return known.days;',
        replace: 'if (known) return known.days;',
      },
    ],
    seeds: [],
    test: {
      file: `${AGGREGATOR}/dirty-days.test.ts`,
      name: 'a day whose mark was given up and landed later is found dirty under the next token',
    },
    wasReal: true,
  },
];
