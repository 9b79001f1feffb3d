import { parseExact, type Report } from '@cartledger/funnel';
import type { Client } from './client.ts';

export const REPORTS = ['funnel', 'abandonment', 'revenue'] as const;
export type ReportName = (typeof REPORTS)[number];

const isReport = (value: unknown): value is Report =>
  typeof value === 'object' && value !== null && 'report' in value && 'as_of' in value;

/** One report as the API answers it; its JSON is kept as it came for who wants just that. */
export const fetchReport = async (
  client: Client,
  store: string,
  name: ReportName,
  query: Record<string, string>,
): Promise<{ report: Report; text: string }> => {
  const path = `/api/v1/stores/${encodeURIComponent(store)}/reports/${name}?${new URLSearchParams(query)}`;
  const response = await client.send('GET', path);
  const text = await response.text();
  const report = parseExact(text);
  if (!isReport(report)) throw new TypeError(`the server's answer to ${path} is no report`);
  return { report, text };
};

/** Up to when (ms UTC) a store's reports have taken the log in. */
export const fetchAsOf = async (client: Client, store: string): Promise<number> => {
  const { report } = await fetchReport(client, store, 'funnel', {});
  return Date.parse(report.as_of);
};
