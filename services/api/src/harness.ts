import type { Delivery } from '@cartledger/events';
import { createLogger, createMetrics } from '@cartledger/service';
import { afterEach, beforeEach } from 'vitest';
import { z } from 'zod';
import { createApi } from './api.ts';
import { fakeFxRates, fakeReports, NOW, noClickHouse, twoStores } from './fake.ts';

type Stores = Awaited<ReturnType<typeof twoStores>>;

/** The API over fakes, with two stores made anew for every test of the file that calls it. */
export const createHarness = () => {
  let made: Stores | null = null;
  beforeEach(async () => {
    made = await twoStores();
  });
  afterEach(() => made?.control.close());
  const stores = (): Stores => {
    if (!made) throw new Error('no test is running');
    return made;
  };

  const setUp = (events: () => AsyncIterable<Delivery> = async function* () {}) => {
    const { reports, asked, also, fail } = fakeReports();
    const { fxRates, stored } = fakeFxRates();
    let logged = '';
    const metrics = createMetrics();
    const api = createApi(
      {
        control: stores().control,
        reports,
        clickhouse: noClickHouse,
        exportEvents: events,
        fxRates,
        metrics,
        now: () => NOW,
        logger: createLogger({
          component: 'api',
          destination: {
            write: (line: string) => {
              logged += line;
            },
          },
        }),
      },
      { dashboardDir: '/nowhere' },
    );
    const call = async (
      token: keyof Stores['tokens'] | null,
      path: string,
      method = 'GET',
      body?: unknown,
    ): Promise<Response> =>
      api.app.request(path, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${stores().tokens[token]}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
    return { api, call, asked, also, stored, fail, metrics, logged: () => logged };
  };
  return { stores, setUp };
};

const problem = z.object({ error: z.object({ code: z.string(), message: z.string(), field: z.string().optional() }) });
export const problemOf = async (response: Response) => ({
  status: response.status,
  ...problem.parse(await response.json()).error,
});
