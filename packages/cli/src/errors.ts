/** A failure that a person can do something about: printed as its message alone, exit status 1 (failed) or 2 (wrong usage). */
export class CliError extends Error {
  readonly exitStatus: 1 | 2;
  /** Of a server's refusal. */
  readonly code: string | null;
  constructor(message: string, options: { exitStatus?: 1 | 2; code?: string | null; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'CliError';
    this.exitStatus = options.exitStatus ?? 1;
    this.code = options.code ?? null;
  }
}

/** Does the work; what fails is told in a sentence that begins with what it was about. */
export const told = async <T>(about: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    const reason = cause instanceof AggregateError ? cause.errors[0] : cause;
    throw new CliError(`${about}: ${reason instanceof Error ? reason.message : String(reason)}`, { cause });
  }
};
