import {
  type Explanation,
  type Report as MoneyReport,
  type PipelineReport,
  parseExact,
  type QualityReport,
} from '@cartledger/funnel';
import type { Client } from './client.ts';
import { CliError } from './errors.ts';

export const REPORTS = ['funnel', 'abandonment', 'revenue', 'pipeline', 'quality'] as const;
export type ReportName = (typeof REPORTS)[number];
export type Report = MoneyReport | PipelineReport | QualityReport;

/** Reports whose figures can be explained. */
export const EXPLAINED = ['funnel', 'abandonment', 'revenue'] as const;
export type Explained = (typeof EXPLAINED)[number];
export const isExplained = (name: string): name is Explained => EXPLAINED.some((known) => known === name);

const isReport = (value: unknown): value is Report =>
  typeof value === 'object' && value !== null && 'report' in value && 'as_of' in value;
const isExplanation = (value: unknown): value is Explanation =>
  typeof value === 'object' && value !== null && 'report' in value && value.report === 'explanation';

const pathOf = (store: string, name: string, query: Record<string, string>): string =>
  `/api/v1/stores/${encodeURIComponent(store)}/reports/${name}?${new URLSearchParams(query)}`;

/** Amounts are numbers, and bigints where they are beyond them; null: no report. */
export const parseReport = (text: string): Report | null => {
  const report = parseExact(text);
  return isReport(report) ? report : null;
};

/** One report as the API answers it; its JSON is kept as it came for who wants just that. */
export const fetchReport = async (
  client: Client,
  store: string,
  name: ReportName,
  query: Record<string, string>,
): Promise<{ report: Report; text: string }> => {
  const path = pathOf(store, name, query);
  const response = await client.send('GET', path);
  const text = await response.text();
  const report = parseReport(text);
  if (report === null) throw new TypeError(`the server's answer to ${path} is no report`);
  return { report, text };
};

/** The pages of what is behind a figure, the first with the report's own query and `figure`. */
export const explanationPages = async function* (
  client: Client,
  store: string,
  name: Explained,
  query: Record<string, string>,
): AsyncGenerator<Explanation, void, undefined> {
  for (let cursor: string | null = ''; cursor !== null; ) {
    const path = pathOf(store, `${name}/explain`, { ...query, ...(cursor !== '' && { cursor }) });
    const page = parseExact(await (await client.send('GET', path)).text());
    if (!isExplanation(page)) throw new TypeError(`the server's answer to ${path} is no explanation`);
    yield page;
    cursor = page.next_cursor;
  }
};

/** Up to when (ms UTC) a store's reports have taken the log in; 0 before they have begun to, or while they are counted anew. */
export const fetchAsOf = async (client: Client, store: string): Promise<number> => {
  try {
    // Of one day, which is under one version of the definition and costs nothing.
    const { report } = await fetchReport(client, store, 'funnel', { from: '2015-01-01', to: '2015-01-01' });
    return Date.parse(report.as_of);
  } catch (error) {
    if (error instanceof CliError && (error.code === 'not_ready' || error.code === 'recounting')) return 0;
    throw error;
  }
};
