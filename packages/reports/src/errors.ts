export type ReportErrorCode = 'bad_day' | 'bad_period' | 'no_such_funnel' | 'bad_as_of' | 'not_ready';

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
