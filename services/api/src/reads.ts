import type { Reports } from '@cartledger/reports';
import { notFound } from './errors.ts';
import type { ReadPort } from './read-port.ts';

const notYet = (path: string) => (): Promise<never> => Promise.reject(notFound(path));

/** The reports, and what the API itself reads besides them. */
export const createReads = ({ reports }: { reports: Reports }): ReadPort => ({
  ...reports,
  pipeline: notYet('reports/pipeline'),
  quality: notYet('reports/quality'),
  explain: notYet('explain'),
  restatements: notYet('restatements'),
  timeline: notYet('timeline'),
});
