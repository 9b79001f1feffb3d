/**
 * The published JSON Schemas (schemas/events): `event` for any event, and one a type with what that type requires.
 * Made from schema.ts, so that they cannot say something else. What JSON Schema cannot say (limits of time and
 * bytes, junk ids, a currency wherever there is money) is in the descriptions and in the reject codes.
 */
import { z } from 'zod';
import { BUILT_IN_TYPES, type BuiltInType } from './event.ts';
import { eventShape } from './schema.ts';

const present = <Schema extends z.ZodType>(schema: z.ZodOptional<z.ZodNullable<Schema>>): Schema =>
  schema.unwrap().unwrap();

const { currency, items, amounts, order_id, refund_id, friction } = eventShape;
const someItems = present(items).min(1);
const total = present(present(amounts).shape.total);
const withTotal = present(amounts).extend({ total });
const withTotalAboveZero = present(amounts).extend({ total: total.min(1) });

/** What a type requires beyond the fields that every event has. */
const REQUIRED: Readonly<Record<BuiltInType, z.core.$ZodLooseShape>> = {
  visit: {},
  product_view: {},
  add_to_cart: { items: present(items) },
  remove_from_cart: { items: someItems },
  cart_view: {},
  checkout: {},
  purchase: { order_id: present(order_id), currency: present(currency), amounts: withTotal },
  // refund_id may be missing from a browser's refund only: see the reject codes.
  refund: { order_id: present(order_id), refund_id, currency: present(currency), amounts: withTotalAboveZero },
  friction: { friction: present(friction) },
};

const publish = (name: string, title: string, schema: z.ZodType): [string, unknown] => [
  `${name}.json`,
  {
    ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
    title,
  },
];

/** File name -> JSON Schema (2020-12). */
export const jsonSchemas = (): Map<string, unknown> =>
  new Map([
    publish('event', 'Cartledger event', z.object(eventShape)),
    ...BUILT_IN_TYPES.map((type) =>
      publish(type, `Cartledger event: ${type}`, z.object({ ...eventShape, type: z.literal(type), ...REQUIRED[type] })),
    ),
  ]);

/** As it stands in the file. */
export const printSchema = (schema: unknown): string => `${JSON.stringify(schema, null, 2)}\n`;
