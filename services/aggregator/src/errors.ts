export type AggregatorErrorCode =
  | 'lease_lost'
  | 'insert_under_way'
  | 'standby'
  | 'held'
  | 'unknown_store'
  | 'bad_token'
  | 'graph_in_motion';

/** The aggregator itself cannot go on with what it does; nothing wrong has been written. */
export class AggregatorError extends Error {
  readonly code: AggregatorErrorCode;
  constructor(code: AggregatorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AggregatorError';
    this.code = code;
  }
}
