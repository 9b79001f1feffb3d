import { parseDuration } from '@cartledger/control';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_DATA_DIR } from './instance.ts';

const FORMATS = ['table', 'json', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

export const port = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('give a port from 0 to 65535 (0: any free one).');
};

export const day = (text: string): string => {
  const ms = Date.parse(`${text}T00:00:00Z`);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError('give a day as YYYY-MM-DD.');
};

export const milliseconds = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('give a whole number of milliseconds above 0.');
};

/** `7d`, `12h`, `30m`. A bare number is refused: it says no unit, and who means days would get milliseconds. */
export const duration = (text: string): number => {
  const value = parseDuration(text);
  if (value !== null && value > 0) return value;
  throw new InvalidArgumentError('give a time span with its unit: 5d, 12h, 30m (milliseconds: --window-ms).');
};

export const count = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('give a whole number above 0.');
};

export const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('give a whole number from 0 on.');
};

export const version = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('give the number of a version, 1 for the first.');
};

/** An http address without what would break the paths put behind it. */
const address = (text: string): string => {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '')
    return text.replace(/\/+$/, '');
  throw new InvalidArgumentError('give an address such as http://127.0.0.1:8400.');
};

export const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** The options that say which instance a command works with. */
export const withInstance = (command: Command): Command =>
  command
    .option('--data <dir>', `data directory of the local instance (default: ${DEFAULT_DATA_DIR})`)
    .option('--url <url>', 'address of a remote instance (or CARTLEDGER_URL)', address)
    .option('--token <token>', 'its token (or CARTLEDGER_TOKEN)');

export const withFormat = (command: Command): Command =>
  command.addOption(new Option('--format <format>', 'how to print').choices(FORMATS).default('table'));
