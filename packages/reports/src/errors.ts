export type ReportErrorCode =
  | 'bad_day'
  | 'bad_period'
  | 'bad_as_of'
  | 'bad_window'
  | 'bad_breakdown_values'
  | 'bad_figure'
  | 'bad_cursor'
  | 'bad_limit'
  | 'no_such_version'
  /** A report that cannot be counted by one version was asked for by one. */
  | 'bad_definition_version'
  | 'no_such_breakdown'
  /** 409: days of the period are under different versions of what is asked; the message names them. */
  | 'several_versions'
  /** The funnel is not kept by the store and would have to be computed from too many events. */
  | 'too_large'
  /** 409: the store's retention has removed what the answer would be made of. */
  | 'details_removed'
  /** 409: nothing of the store has been taken in yet. */
  | 'not_ready'
  /** 409: a new version of the definition is being worked in. */
  | 'recounting';

/** What was asked for cannot be answered; `field` names the part of the query that is wrong. */
export class ReportError extends Error {
  readonly code: ReportErrorCode;
  readonly field: string | null;
  constructor(code: ReportErrorCode, field: string | null, message: string) {
    super(message);
    this.name = 'ReportError';
    this.code = code;
    this.field = field;
  }
}
