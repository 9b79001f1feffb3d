import { type FxRate, fxRateProblems } from '@cartledger/control';
import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';

const COLUMNS = ['day', 'currency', 'base', 'rate'] as const;

type Read = { rates: FxRate[] } | { problems: string[] };

const parsed = z.array(z.object({ info: z.object({ lines: z.number() }), record: z.array(z.string()) }));

const recordsOf = (text: string): { line: number; cells: string[] }[] => {
  const rows: unknown = parse(text, {
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
  return parsed.parse(rows).map(({ info, record }) => ({ line: info.lines, cells: record }));
};

/**
 * The rates of a CSV file with the columns day, currency, base and rate in any order, or everything that is wrong with
 * it, a line each: file, line, field, value and what would do. The same rate twice must be the same.
 */
export const readFxFile = (file: string, text: string, source: string): Read => {
  let records: ReturnType<typeof recordsOf>;
  try {
    records = recordsOf(text);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { problems: [`${file}: ${error.message}.`] };
  }
  const [header, ...rows] = records;
  const names = header?.cells ?? [];
  const missing = COLUMNS.filter((name) => !names.includes(name));
  if (missing.length > 0 || names.length !== COLUMNS.length)
    return { problems: [`${file}:1: the columns are ${names.join(',') || 'missing'}: give ${COLUMNS.join(',')}.`] };

  const rates: FxRate[] = [];
  const problems: string[] = [];
  const seen = new Map<string, { rate: string; line: number }>();
  for (const { line, cells } of rows) {
    const at = `${file}:${line}:`;
    if (cells.length !== names.length) {
      problems.push(`${at} has ${cells.length} values, not ${names.length}.`);
      continue;
    }
    const cell = (name: (typeof COLUMNS)[number]): string => cells[names.indexOf(name)] ?? '';
    const rate = { source, day: cell('day'), currency: cell('currency'), base: cell('base'), rate: cell('rate') };
    const wrong = fxRateProblems(rate);
    for (const { message } of wrong) problems.push(`${at} ${message}`);
    // A line that is wrong says nothing that others could agree with or not.
    if (wrong.length > 0) continue;
    const key = `${rate.day} ${rate.currency} ${rate.base}`;
    const earlier = seen.get(key);
    if (earlier && earlier.rate !== rate.rate)
      problems.push(
        `${at} rate is ${rate.rate}: line ${earlier.line} says ${earlier.rate} for the same day and currencies.`,
      );
    seen.set(key, { rate: rate.rate, line });
    rates.push(rate);
  }
  if (rows.length === 0) return { problems: [`${file}: has no rates under its columns.`] };
  return problems.length > 0 ? { problems } : { rates };
};
