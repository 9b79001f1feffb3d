import xxhash from 'xxhash-wasm';

/**
 * xxHash64 with seed 0, the same as ClickHouse's xxHash64(), and the nodes of the identity graph made with it: a
 * prefix keeps a visitor, a cart and an order of one id apart. A customer is no node: who was erased is known by it.
 */
export type Hasher = {
  xxh64(data: string | Uint8Array): bigint;
  visitorNode(visitor_id: string): bigint;
  cartNode(cart_id: string): bigint;
  orderNode(order_id: string): bigint;
  customerHash(customer_id: string): bigint;
  /** The node of the id whose UTF-8 lies in [start, end) of `bytes`. */
  nodeOf(kind: NodeKind, bytes: Uint8Array, start: number, end: number): bigint;
};

/** The first character of what is hashed to a node. */
const PREFIXES = { visitor: 'v', cart: 'c', order: 'o', customer: 'k' } as const;
type NodeKind = keyof typeof PREFIXES;

const COLON = 0x3a;
/** For ids of any allowed length in any script; longer ones get room of their own. */
const MAX_SHORT_ID_BYTES = 512;

/** Once a process: it compiles WebAssembly. Strings are hashed as UTF-8. */
export const createHasher = async (): Promise<Hasher> => {
  const { h64, h64Raw } = await xxhash();
  const room = new Uint8Array(2 + MAX_SHORT_ID_BYTES);
  return {
    xxh64: (data) => (typeof data === 'string' ? h64(data) : h64Raw(data)),
    visitorNode: (visitor_id) => h64(`${PREFIXES.visitor}:${visitor_id}`),
    cartNode: (cart_id) => h64(`${PREFIXES.cart}:${cart_id}`),
    orderNode: (order_id) => h64(`${PREFIXES.order}:${order_id}`),
    customerHash: (customer_id) => h64(`${PREFIXES.customer}:${customer_id}`),
    nodeOf: (kind, bytes, start, end) => {
      const size = end - start;
      const named = size <= MAX_SHORT_ID_BYTES ? room : new Uint8Array(2 + size);
      named[0] = PREFIXES[kind].charCodeAt(0);
      named[1] = COLON;
      for (let at = 0; at < size; at += 1) named[2 + at] = bytes[start + at] ?? 0;
      return h64Raw(named.subarray(0, 2 + size));
    },
  };
};
