/** A node of the identity graph by name: `v:` and visitor_id, `c:` and cart_id, `o:` and order_id. Stored hashed. */
export type NodeName = `${'v' | 'c' | 'o'}:${string}`;

export const visitorNode = (visitor_id: string): NodeName => `v:${visitor_id}`;
export const cartNode = (cart_id: string): NodeName => `c:${cart_id}`;
export const orderNode = (order_id: string): NodeName => `o:${order_id}`;
