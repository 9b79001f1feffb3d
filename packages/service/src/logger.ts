import { type DestinationStream, type Level, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const satisfies readonly Level[];

export type LoggerOptions = {
  component: string;
  level?: (typeof LOG_LEVELS)[number] | 'silent';
  /** Where lines go; default: standard output, made readable when that is a terminal. */
  destination?: DestinationStream;
};

// Loaded for a terminal only: in production nothing is parsed and printed twice.
const pretty = process.stdout.isTTY ? (await import('pino-pretty')).default : null;

/** What must never be read in a log, should it ever be passed to one. */
const SECRETS = [
  'key',
  'token',
  'secret',
  'password',
  'authorization',
  'admin_token',
  '*.key',
  '*.token',
  '*.password',
];

const KEPT_BYTES = 1024 * 1024;

/**
 * Standard output, which may be a file on a full disk: what cannot be written must not end the process. It is kept
 * for later as far as KEPT_BYTES go.
 */
const standardOutput = (): DestinationStream => {
  const stream = pino.destination({ fd: 1, sync: true, maxLength: KEPT_BYTES });
  stream.on('error', () => {
    // There is no place left to say it.
  });
  return stream;
};

/**
 * A structured logger: one JSON object a line. Children carry `{component, store_id?, topic?, partition?}`;
 * a payload, a key or a personal datum is never passed to it.
 */
export const createLogger = ({ component, level = 'info', destination }: LoggerOptions): Logger => {
  const options = {
    level,
    base: { component },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: SECRETS,
  };
  if (destination) return pino(options, destination);
  return pretty ? pino(options, pretty({ sync: true, ignore: 'pid,hostname' })) : pino(options, standardOutput());
};
