/** A server of another language, run by supervisor.ts. */
export interface Supervised {
  readonly command: string;
  readonly args: string[];
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly cwd?: string | undefined;
  /** Where the supervisor writes the server's own process id. */
  readonly pidFile?: string | undefined;
}

/** Asks the supervisor to kill -9 the server: killing the supervisor would leave the server behind. */
export const killSignal = 'SIGUSR2';

export const isSupervised = (value: unknown): value is Supervised =>
  typeof value === 'object' &&
  value !== null &&
  'command' in value &&
  typeof value.command === 'string' &&
  'args' in value &&
  Array.isArray(value.args) &&
  'stopSignal' in value;
