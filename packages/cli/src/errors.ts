/** A failure that a person can do something about: printed as its message alone, exit status 1 (failed) or 2 (wrong usage). */
export class CliError extends Error {
  readonly exitStatus: 1 | 2;
  constructor(message: string, options: { exitStatus?: 1 | 2; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'CliError';
    this.exitStatus = options.exitStatus ?? 1;
  }
}
