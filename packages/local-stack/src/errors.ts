/** A service that did not come up, or is not to be had on this machine. The message says what to do about it. */
export class LocalStackError extends Error {
  readonly code: 'directory_in_use' | 'address_in_use' | 'did_not_start' | 'not_available';

  constructor(code: LocalStackError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LocalStackError';
    this.code = code;
  }
}
