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

export type ReportRequest = { store: string; from: string; to: string };

export type Client = {
  stores(signal?: AbortSignal): Promise<StoreInfo[]>;
  report<Name extends ReportName>(name: Name, of: ReportRequest, signal?: AbortSignal): Promise<WireReports[Name]>;
};

const unexpected = (what: string, status: number): ApiError =>
  new ApiError('unexpected_answer', status, `The server answered something that is no ${what}. Is it another version?`);

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
    async report(name, of, signal) {
      const query = new URLSearchParams({ from: of.from, to: of.to });
      const path = `/api/v1/stores/${encodeURIComponent(of.store)}/reports/${name}?${query}`;
      const { status, body } = await get(path, signal);
      if (!isReport(name, body)) throw unexpected(`${name} report`, status);
      return body;
    },
  };
};
