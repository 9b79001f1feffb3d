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
import { fetchStore, type StoreAnswer } from '../stores.ts';
import { createPatience, type Waiting } from './patience.ts';

/** Reports of days on which one version of the definition is in force. */
export type Question = {
  from: string;
  to: string;
  abandonment: AbandonmentReport;
  revenue: RevenueReport;
  /** The same, each refund on the day of its order. */
  revenueByOrderDay: RevenueReport;
  /** By number of the newest definition's funnels; none for those that the days' version does not keep. */
  funnels: (FunnelReport | null)[];
  /** By the default funnel of the days' version. */
  pipeline: PipelineReport;
};

export type Questions = {
  /** By the definition of which the reports were made. */
  store: StoreAnswer;
  /** T of all reports, ms UTC. */
  asOf: number;
  timezone: string;
  from: string;
  to: string;
  list: readonly Question[];
};

const STILL_TRIES = 20;
/** Before reports are asked again whose own parts were apart. */
const MOVING_PAUSE_MS = 1_000;

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

const isMoving = (report: Report | null): boolean =>
  report?.warnings.some(({ code }) => code === 'ledgers_moving') ?? false;

/**
 * All reports of one state of the ledgers and one definition: asked for again while the ledgers move on within or between
 * them, and waited for while a new definition is being worked in.
 */
export const fetchQuestions = async (
  client: Client,
  store_id: string,
  period: Record<string, string>,
  waiting: Waiting,
): Promise<Questions> => {
  const patiently = createPatience(store_id, waiting);
  const fetchReport = async <T extends Report['report']>(
    name: T,
    query: Record<string, string>,
  ): Promise<Extract<Report, { report: T }>> => {
    const path = `/api/v1/stores/${encodeURIComponent(store_id)}/reports/${name}?${new URLSearchParams(query)}`;
    const response = await patiently(() => client.send('GET', path, { busyToo: true }));
    const report = parseExact(await response.text());
    const isNamed = (value: unknown): value is Extract<Report, { report: T }> =>
      isReport(value) && value.report === name;
    if (!isNamed(report)) throw new TypeError(`the server's answer to ${path} is no such report`);
    return report;
  };

  const ask = async ({ definition, versions }: StoreAnswer, days: { from: string; to: string }): Promise<Question> => {
    const inForce = versionInForce(versions, days.from);
    const abandonment = await fetchReport('abandonment', days);
    const revenue = await fetchReport('revenue', days);
    const revenueByOrderDay = await fetchReport('revenue', { ...days, refunds_on: 'order' });
    const funnels: Question['funnels'] = [];
    for (const funnel of definition.funnels) {
      const { unit, mode, window_ms } = funnel;
      const asked = { ...days, unit, mode, window_ms: `${window_ms}` };
      funnels.push(keeps(inForce, funnel) ? await fetchReport('funnel', asked) : null);
    }
    const pipeline = await fetchReport('pipeline', days);
    return { ...days, abandonment, revenue, revenueByOrderDay, funnels, pipeline };
  };

  for (let tries = 1; ; tries++) {
    const whole = await fetchReport('abandonment', period);
    // Read when the ledgers are made by it; a definition given since then is found by reading it once more at the end.
    const store = await fetchStore(client, store_id);
    const list: Question[] = [];
    for (const days of cutAtVersions(store.versions, whole)) list.push(await ask(store, days));
    const reports = list.flatMap(({ abandonment, revenue, revenueByOrderDay, funnels, pipeline }) => [
      abandonment,
      revenue,
      revenueByOrderDay,
      ...funnels,
      pipeline,
    ]);
    const moving = reports.some(isMoving);
    const after = await fetchStore(client, store_id);
    if (
      !moving &&
      after.definition.version === store.definition.version &&
      reports.every((report) => report === null || report.as_of === whole.as_of)
    )
      return { store, asOf: Date.parse(whole.as_of), timezone: whole.timezone, from: whole.from, to: whole.to, list };
    if (tries === STILL_TRIES)
      throw new CliError('the ledgers move on faster than the reports can be read; try again when less is coming in');
    if (moving) await waiting.sleep(MOVING_PAUSE_MS);
  }
};
