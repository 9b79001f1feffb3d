import { QueryCache, QueryClient, useQuery } from '@tanstack/react-query';
import { useSession } from '../session/session.tsx';
import { ApiError, type Client, type ReportRequest } from './client.ts';
import type { ReportName } from './wire.ts';

const REFRESH_MS = 10_000;

/** A refusal is final until something changes; silence and the server's own failures are tried once more. */
const retry = (failures: number, error: Error): boolean =>
  failures < 1 && !(error instanceof ApiError && error.status >= 400 && error.status < 500);

export const createQueries = (onUnauthorised: () => void): QueryClient =>
  new QueryClient({
    defaultOptions: { queries: { retry, retryDelay: 800, staleTime: REFRESH_MS / 2, networkMode: 'always' } },
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof ApiError && error.status === 401) onUnauthorised();
      },
    }),
  });

const useClient = (): Client => {
  const { client } = useSession();
  if (client === null) throw new Error('A query before sign-in');
  return client;
};

export const useStores = () => {
  const client = useClient();
  return useQuery({ queryKey: ['stores'], queryFn: ({ signal }) => client.stores(signal), staleTime: 60_000 });
};

/**
 * The report of a period, asked again every 10 s while the page is looked at. While another period of the same
 * store loads, the last one stays (`isPlaceholderData`), so the page does not flicker.
 */
export const useReport = <Name extends ReportName>(name: Name, of: ReportRequest) => {
  const client = useClient();
  return useQuery({
    queryKey: ['report', name, of.store, of.from, of.to, of.newest, name === 'revenue' && of.refundsOn],
    queryFn: ({ signal }) => client.report(name, of, signal),
    // Until there is something to show, the reader is waiting for it.
    refetchInterval: ({ state }) => (state.data === undefined ? REFRESH_MS / 4 : REFRESH_MS),
    placeholderData: (previous, query) => (query?.queryKey[2] === of.store ? previous : undefined),
  });
};

/** Whether the store has ever had an event in the days asked; only asked when a page has nothing to show. */
export const useEverActive = (of: ReportRequest, enabled: boolean) => {
  const client = useClient();
  return useQuery({
    queryKey: ['ever', of.store, of.from, of.to],
    queryFn: async ({ signal }) => {
      try {
        const report = await client.report('funnel', of, signal);
        return report.stages.some((stage) => stage.units_any > 0);
      } catch (error) {
        // A store whose definition has changed has been in use: no funnel of all its days is needed to know.
        if (error instanceof ApiError && error.code === 'several_versions') return true;
        throw error;
      }
    },
    enabled,
    refetchInterval: REFRESH_MS,
  });
};
