import type { RefundsOn } from '@cartledger/funnel';
import { errorOf, isReport, isStoreList, type ReportName, type StoreInfo, type WireReports } from './wire.ts';

/** An answer that is no report. `status` 0: none came at all. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
  }
}

export type ReportRequest = {
  store: string;
  from: string;
  to: string;
  /** The newest version of the definition: by it a period is counted that no one version covers. */
  newest?: number | undefined;
  /** Of revenue: the day its refunds count on. */
  refundsOn?: RefundsOn;
};

export type Client = {
  stores(signal?: AbortSignal): Promise<StoreInfo[]>;
  report<Name extends ReportName>(name: Name, of: ReportRequest, signal?: AbortSignal): Promise<WireReports[Name]>;
};

const unexpected = (what: string, status: number): ApiError =>
  new ApiError('unexpected_answer', status, `The server answered something that is no ${what}. Is it another version?`);

const oneVersion = (version: number) => ({
  code: 'one_version',
  message: `What is counted was changed in this period: all its days are counted by the newest definition (version ${version}).`,
});

/** Talks to the server the page came from, as the holder of `token`. Every refusal throws ApiError. */
export const createClient = (token: string, fetchFrom: typeof fetch = fetch): Client => {
  const get = async (path: string, signal?: AbortSignal): Promise<{ status: number; body: unknown }> => {
    const response = await fetchFrom(path, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      signal: signal ?? null,
    }).catch((cause: unknown) => {
      if (signal?.aborted === true) throw cause;
      throw new ApiError('unreachable', 0, 'Cartledger does not answer. Is it running?', { cause });
    });
    const body: unknown = await response.json().catch(() => null);
    if (response.ok) return { status: response.status, body };
    const error = errorOf(body);
    throw new ApiError(
      error?.code ?? 'http_error',
      response.status,
      error?.message ?? `The server answered ${response.status}.`,
    );
  };

  return {
    async stores(signal) {
      const { status, body } = await get('/api/v1/stores', signal);
      if (!isStoreList(body)) throw unexpected('list of stores', status);
      return body.stores;
    },
    async report(name, { store, from, to, newest, refundsOn }, signal) {
      const path = `/api/v1/stores/${encodeURIComponent(store)}/reports/${name}`;
      const period = { from, to, ...(name === 'revenue' && refundsOn !== undefined && { refunds_on: refundsOn }) };
      const ask = async (asked: Record<string, string>) => {
        const { status, body } = await get(`${path}?${new URLSearchParams({ ...period, ...asked })}`, signal);
        if (!isReport(name, body)) throw unexpected(`${name} report`, status);
        return body;
      };
      try {
        return await ask({});
      } catch (error) {
        if (newest === undefined || !(error instanceof ApiError) || error.code !== 'several_versions') throw error;
        const report = await ask({ definition_version: String(newest) });
        // How to have it without being computed is said to those who asked for a version themselves.
        const warnings = report.warnings.filter(({ code }) => code !== 'computed_on_demand');
        return { ...report, warnings: [...warnings, oneVersion(newest)] };
      }
    },
  };
};
