/** The life of one cart or visitor, in order, each step with the rule that decided it. */
export type Timeline = {
  store_id: string;
  of: { visitor_id: string } | { cart_key: string };
  timezone: string;
  /** RFC 3339 UTC. */
  as_of: string;
  entries: TimelineEntry[];
};
export type TimelineEntry = {
  /** RFC 3339 UTC, with milliseconds. */
  at: string;
  kind: 'event' | 'order' | 'refund' | 'state';
  /** The event's type, `order`, `refund`, or the state that began. */
  what: string;
  /** event_id, order_id, refund_id; '' for a state. */
  id: string;
  visitor_id: string;
  /** The cart it belongs to, opened, joined or changed; null for none. */
  cart_key: string | null;
  /** Code of the rule that decided it, from a closed list. */
  rule: string;
  /** The same for people, with the amounts and times that mattered. */
  explanation: string;
};
