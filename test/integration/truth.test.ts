import { DAY_MS, differences } from '@cartledger/funnel';
import { createSimulator, DEMO_STORES } from '@cartledger/simulator';
import { describe, expect, inject, test } from 'vitest';
import { startPipeline } from './pipeline.ts';

/** `CARTLEDGER_TRUTH_EVENTS=200000 npm test` runs it at full size. */
const EVENTS = Number(process.env.CARTLEDGER_TRUTH_EVENTS ?? 20_000);
const DAYS = 60;

const dayIn = (timeZone: string, ms: number): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(ms);

describe.each(['embedded', 'kafka'] as const)('over the %s log', (driver) => {
  test(`${EVENTS} simulated events of three stores in three time zones give the reports the simulator knows to be true`, async () => {
    const to = Date.now() - DAY_MS;
    const from = to - DAYS * DAY_MS;
    const simulator = createSimulator({ seed: 20_261_122, stores: DEMO_STORES, from, to, events: EVENTS });
    await using pipeline = await startPipeline({
      clickhouseUrl: inject('clickhouseUrl'),
      log: driver === 'embedded' ? { driver } : { driver, brokers: inject('kafkaBrokers') },
    });
    for (const { store_id, definition } of DEMO_STORES) {
      const { version: _, ...rest } = definition;
      await pipeline.control.stores.create(store_id, rest);
    }
    await pipeline.importEvents([...simulator.events()]);
    await pipeline.settled(DEMO_STORES.map(({ store_id }) => store_id));

    const days = [0, 20, 59].map((ago) => to - ago * DAY_MS);
    for (const { store_id, definition } of DEMO_STORES) {
      const day = (ms: number) => dayIn(definition.time_zone, ms);
      const [last, middle, first] = days.map(day);
      if (last === undefined || middle === undefined || first === undefined) throw new Error('no days');
      for (const period of [
        { from: day(from), to: last },
        { from: first, to: middle },
        { from: middle, to: middle },
      ]) {
        const query = { store_id, definition, ...period, as_of: to + 3_600_000 };
        const truth = simulator.truth({ store_id, ...period, asOf: query.as_of });
        const [funnels, abandonment, revenue] = await Promise.all([
          Promise.all(definition.funnels.map(async (f) => (await pipeline.reports.funnel({ ...query, ...f })).stages)),
          pipeline.reports.abandonment(query),
          pipeline.reports.revenue(query),
        ]);
        const where = `${store_id} ${period.from} to ${period.to}`;
        expect(funnels[0]?.[0]?.units, where).toBeGreaterThan(0);
        expect(differences(truth.funnels, funnels), where).toEqual([]);
        const { carts, abandonment_rate, recovery_rate, not_bought_rate, checkout, points, reasons, products } =
          abandonment;
        const body = { carts, abandonment_rate, recovery_rate, not_bought_rate, checkout, points, reasons, products };
        expect(differences(truth.abandonment, body), where).toEqual([]);
        expect(differences(truth.revenue, revenue.currencies), where).toEqual([]);
        for (const { difference } of Object.values(revenue.currencies)) expect(difference, where).toBe(0n);
      }
    }
  });
});
