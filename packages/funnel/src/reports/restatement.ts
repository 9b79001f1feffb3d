/** What a day total moved by after its day had closed. */
export type Restatement = {
  /** Local day of the figure. */
  day: string;
  /** As in reports, a path: `funnel visitor/ordered/604800000 stages.checkout.units`, `revenue EUR orders.gross_sales`. */
  figure: string;
  from: string;
  to: string;
  cause: RestatementCause;
  /** RFC 3339 UTC. */
  at: string;
};
export const RESTATEMENT_CAUSES = [
  'late_event',
  'late_order',
  'revived',
  'recovered',
  'definition',
  'time_zone',
  'bot',
  'erasure',
] as const;
export type RestatementCause = (typeof RESTATEMENT_CAUSES)[number];
