import { z } from 'zod';
import { count, instant, list, orNull, part, words } from './parts.ts';
import { defineRoute, NO_BODY, NO_QUERY } from './route.ts';

/** In order; what each waits for is in docs/erasure.md. */
export const ERASURE_STATES = ['marking', 'settling', 'deleting', 'recomputing', 'purging', 'closing', 'done'] as const;

const id = z.string().min(1).max(128);
const subject = {
  store_id: z.string().min(1).max(64).describe('The store'),
  visitor_id: id.optional().describe('The visitor, or'),
  customer_id: id.optional().describe('the customer, with every visitor whose events name that customer'),
};
const hasOneSubject = ({
  visitor_id,
  customer_id,
}: {
  visitor_id?: string | undefined;
  customer_id?: string | undefined;
}) => (visitor_id === undefined) !== (customer_id === undefined);
const ONE_SUBJECT = 'give visitor_id or customer_id, one of them';

const held = {
  visitors: count('Visitors: of a customer all whose events name it'),
  other_customers: count('Customers whom events of these visitors name beside the one that is erased'),
  events: count('Deliveries, repeats that are not merged yet too'),
  carts: count('Cart ids that they name'),
  orders: count('Order ids that they name'),
  ledger_rows: count('Rows of the ledgers that they had a part in'),
  dead_letters: count('Dead letters whose bytes or key name the visitors or the customer'),
};

const heldAnswer = part('What is held', held).meta({ id: 'HeldOfSubject' });
export type HeldOfSubject = z.output<typeof heldAnswer>;

const copies = part('Copies of the subject’s records in a topic', {
  topic: words('The topic'),
  gone_by: orNull(instant('When the log has removed the last that can be there; null when it never does by itself')),
  warning: orNull(words('What stands in the way of that; null when nothing does')),
});
export type LogCopies = z.output<typeof copies>;

const erasure = z
  .object({
    erasure: count('Names the erasure'),
    store_id: words('The store'),
    subject: z.enum(['visitor', 'customer']).describe('What was erased'),
    subject_hash: words('The hash of its id (xxHash64, hexadecimal): the id itself is not kept'),
    visitor_hashes: list('Those of the visitors', words('A hash')),
    up_to: instant('Nothing of them that happened up to then is kept, whenever and however it comes'),
    state: z.enum(ERASURE_STATES).describe('How far it is'),
    by: words('The id of the key it was asked for with'),
    begun_at: instant('When it began'),
    ended_at: orNull(instant('When it came to its end; null: it can be gone on with')),
    erased: orNull(part('What was held when it was deleted; null before', held)),
    copies: list('What the log still holds of it, as of its end', copies),
    files_gone_by: orNull(instant('When ClickHouse has removed the files that were rewritten; null before its end')),
    hashes_gone_by: orNull(
      instant('When the visitors’ hashes are gone from the list of touched visitors; null before its end'),
    ),
  })
  .meta({ id: 'Erasure', description: 'One request to erase a subject, how far it is, and in the end its receipt' });
export type Erasure = z.output<typeof erasure>;

export const PREVIEW_ERASURE = defineRoute({
  method: 'POST',
  path: '/erasures/preview',
  summary: 'What would be erased of a visitor or a customer; changes nothing (admin)',
  query: NO_QUERY,
  body: z.strictObject(subject).refine(hasOneSubject, ONE_SUBJECT).describe('Who'),
  status: 200,
  answer: heldAnswer,
  refusals: { 404: 'There is no such store', 409: 'The customer has too many visitors: it is an id that many share' },
});

export const ERASE = defineRoute({
  method: 'POST',
  path: '/erasures',
  summary: 'Erase a visitor or a customer (admin)',
  description:
    'Begun with a subject, then gone on with by the number of the erasure until ended_at is set. However often it is begun, killed or run twice, it comes to the same. Begun once more when it has ended, it is another erasure, up to then.',
  query: NO_QUERY,
  body: z.union([
    z
      .strictObject({ erasure: z.int().positive().describe('The number of the erasure') })
      .describe('Goes on with it for about two seconds'),
    z
      .strictObject(subject)
      .refine(hasOneSubject, ONE_SUBJECT)
      .describe('Begins one, or goes on with one of the same subject that did not come to its end'),
  ]),
  status: 200,
  answer: erasure,
  refusals: {
    404: 'There is no such store, or no such erasure',
    409: 'The customer has too many visitors: it is an id that many share',
  },
});

export const LIST_ERASURES = defineRoute({
  method: 'GET',
  path: '/erasures',
  summary: 'The erasures with their receipts, the newest first (admin)',
  query: NO_QUERY,
  body: NO_BODY,
  status: 200,
  answer: part('The erasures', { erasures: list('The newest first', erasure) }),
});
