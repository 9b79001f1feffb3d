import { isCurrency } from '@cartledger/events';

/** What one unit of `currency` was worth in `base` on a day, by one source. */
export type FxRate = {
  source: string;
  /** `YYYY-MM-DD`. */
  day: string;
  currency: string;
  base: string;
  /** A plain decimal above 0: at most 12 digits before the point and 18 behind it. */
  rate: string;
};

export const FX_SOURCE_PATTERN = /^[A-Za-z0-9_.-]{1,64}$/;
const RATE = /^\d{1,12}(\.\d{1,18})?$/;

const isDay = (day: string): boolean => {
  const ms = /^(19[7-9]\d|20\d\d)-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
};

/** Everything wrong with a rate, field by field; empty when it can be used. */
export const fxRateProblems = ({
  source,
  day,
  currency,
  base,
  rate,
}: FxRate): { field: keyof FxRate; message: string }[] => {
  const problems: { field: keyof FxRate; message: string }[] = [];
  const wrong = (field: keyof FxRate, value: string, reason: string): void => {
    problems.push({ field, message: `${field} is ${JSON.stringify(value.slice(0, 60))}: ${reason}.` });
  };
  if (!FX_SOURCE_PATTERN.test(source)) wrong('source', source, 'use 1 to 64 of A-Z a-z 0-9 _ . -');
  if (!isDay(day)) wrong('day', day, 'not a day from 1970 to 2099, give it as YYYY-MM-DD');
  if (!isCurrency(currency)) wrong('currency', currency, 'not an ISO 4217 currency code in capitals, such as USD');
  if (!isCurrency(base)) wrong('base', base, 'not an ISO 4217 currency code in capitals, such as EUR');
  else if (base === currency) wrong('base', base, 'the currency itself, whose rate is 1');
  if (!RATE.test(rate))
    wrong('rate', rate, 'not a plain decimal of at most 12 digits before the point and 18 behind it, such as 0.9213');
  else if (/^[0.]+$/.test(rate)) wrong('rate', rate, 'not above 0');
  return problems;
};
