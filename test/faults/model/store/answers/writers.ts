import { largestToken, ledgerInsertsUnderWay } from '@cartledger/aggregator/testing';
import { answer } from '../answer.ts';
import { big } from '../value.ts';
import { largest } from './sets.ts';

const VERSIONED = [
  'ledger_rows',
  'ledger_keys',
  'dirty_days',
  'funnel_days',
  'cart_days',
  'order_days',
  'restatements',
  'store_state',
];
/** A version's counter has 32 bits, a token 31. */
const [TOKEN_BITS, BY_HAND] = [32n, 2n ** 63n];

export const WRITERS = [
  answer(largestToken, (from) => {
    const announced = from
      .table('ledger_writers')
      .raw()
      .map((row) => big(row, 'token'));
    const versions = VERSIONED.flatMap((name) =>
      from
        .table(name)
        .raw()
        .map((row) => big(row, 'version')),
    );
    const tokens = versions.filter((version) => version < BY_HAND).map((version) => version >> TOKEN_BITS);
    return [{ token: `${largest([...announced, ...tokens])}` }];
  }),
  answer(ledgerInsertsUnderWay, (from, { tables }) => {
    const heads = tables.map((table) => `INSERT INTO \`${table}\``);
    const inserts = from.underWay().filter((text) => heads.some((head) => text.startsWith(head)));
    return [{ inserts: `${inserts.length}` }];
  }),
];
