export type ControlErrorCode =
  | 'store_exists'
  | 'unknown_store'
  | 'bad_store_id'
  | 'bad_definition'
  | 'bad_key_request'
  | 'busy'
  | 'migration_failed';

/** A refusal of the control store: what was wrong (`field`), with which value, and what would do. */
export class ControlError extends Error {
  readonly code: ControlErrorCode;
  readonly field: string | undefined;
  constructor(code: ControlErrorCode, message: string, options: { field?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'ControlError';
    this.code = code;
    this.field = options.field;
  }
}
