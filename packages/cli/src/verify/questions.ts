/** What is asked about a store, and what its reports answer. */
import {
  type AbandonmentReport,
  type Definition,
  type DefinitionVersion,
  type Funnel,
  type FunnelReport,
  funnelKey,
  type PipelineReport,
  parseExact,
  type RevenueReport,
  stretchesInForce,
  versionInForce,
} from '@cartledger/funnel';
import type { Client } from '../client.ts';
import { CliError } from '../errors.ts';
import type { StoreAnswer } from '../stores.ts';

/** Reports of days on which one version of the definition is in force. */
export type Question = {
  from: string;
  to: string;
  abandonment: AbandonmentReport;
  revenue: RevenueReport;
  /** By number of the newest definition's funnels; none for those that the days' version does not keep. */
  funnels: (FunnelReport | null)[];
  /** By the default funnel of the days' version. */
  pipeline: PipelineReport;
};

export type Questions = {
  /** T of all reports, ms UTC. */
  asOf: number;
  timezone: string;
  from: string;
  to: string;
  list: readonly Question[];
};

const STILL_TRIES = 20;

type Report = FunnelReport | AbandonmentReport | RevenueReport | PipelineReport;

const isReport = (value: unknown): value is Report =>
  typeof value === 'object' && value !== null && 'report' in value && 'as_of' in value;

const dayBefore = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);

/** The period cut where another version comes into force: stages of two versions are not counted together. */
export const cutAtVersions = (
  versions: readonly DefinitionVersion[],
  { from, to }: { from: string; to: string },
): { from: string; to: string }[] => {
  const begins = stretchesInForce(versions).flatMap((stretch) => stretch.from ?? []);
  const first = [from, ...begins.filter((day) => from < day && day <= to)];
  return first.map((day, i) => {
    const next = first[i + 1];
    return { from: day, to: next === undefined ? to : dayBefore(next) };
  });
};

const keeps = (definition: Definition, funnel: Funnel): boolean =>
  definition.funnels.some((kept) => funnelKey(kept) === funnelKey(funnel));

/** All reports of one state of the ledgers: asked for again while the ledgers move on between them. */
export const fetchQuestions = async (
  client: Client,
  store: string,
  { definition, versions }: StoreAnswer,
  period: Record<string, string>,
): Promise<Questions> => {
  const fetchReport = async <T extends Report['report']>(
    name: T,
    query: Record<string, string>,
  ): Promise<Extract<Report, { report: T }>> => {
    const path = `/api/v1/stores/${encodeURIComponent(store)}/reports/${name}?${new URLSearchParams(query)}`;
    const report = parseExact(await (await client.send('GET', path)).text());
    const isNamed = (value: unknown): value is Extract<Report, { report: T }> =>
      isReport(value) && value.report === name;
    if (!isNamed(report)) throw new TypeError(`the server's answer to ${path} is no such report`);
    return report;
  };

  const ask = async (days: { from: string; to: string }): Promise<Question> => {
    const inForce = versionInForce(versions, days.from);
    const abandonment = await fetchReport('abandonment', days);
    const revenue = await fetchReport('revenue', days);
    const funnels: Question['funnels'] = [];
    for (const funnel of definition.funnels) {
      const { unit, mode, window_ms } = funnel;
      const asked = { ...days, unit, mode, window_ms: `${window_ms}` };
      funnels.push(keeps(inForce, funnel) ? await fetchReport('funnel', asked) : null);
    }
    const pipeline = await fetchReport('pipeline', days);
    return { ...days, abandonment, revenue, funnels, pipeline };
  };

  for (let tries = 1; ; tries++) {
    const whole = await fetchReport('abandonment', period);
    const list: Question[] = [];
    for (const days of cutAtVersions(versions, whole)) list.push(await ask(days));
    const reports = list.flatMap(({ abandonment, revenue, funnels, pipeline }) => [
      abandonment,
      revenue,
      ...funnels,
      pipeline,
    ]);
    if (reports.every((report) => report === null || report.as_of === whole.as_of))
      return { asOf: Date.parse(whole.as_of), timezone: whole.timezone, from: whole.from, to: whole.to, list };
    if (tries === STILL_TRIES)
      throw new CliError('the ledgers move on faster than the reports can be read; try again when less is coming in');
  }
};
