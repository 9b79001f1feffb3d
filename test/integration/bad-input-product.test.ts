/** Bad input and bad times as a storefront and an operator of the running product meet them. */
import { execFile } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { REJECT_DOCS } from '@cartledger/events';
import { type ClickHouse, startClickHouse } from '@cartledger/local-stack';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { canHaveSmallDisk, type Product, startProduct, until } from '../e2e/product.ts';
import { journey, journeys, truthOf } from './bad-events.ts';
import { type Answer, createShop, problemIn, productReportsFor } from './product-shop.ts';

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const DISK_MIB = 8;
const hasSmallDisk = canHaveSmallDisk();

const dir = mkdtempSync(join(tmpdir(), 'cartledger-bad-input-'));
const stack = new AsyncDisposableStack();
stack.defer(() => rmSync(dir, { recursive: true, force: true }));
let clickhouse: ClickHouse;
let product: Product;

beforeAll(async () => {
  clickhouse = await startClickHouse({ dir: join(dir, 'clickhouse') });
  stack.defer(() => clickhouse.stop());
  product = await startProduct({
    env: {
      CARTLEDGER_CLICKHOUSE_URL: clickhouse.url,
      CARTLEDGER_KAFKA_BROKERS: undefined,
      CARTLEDGER_POSTGRES_URL: undefined,
    },
    ...(hasSmallDisk && { diskMiB: DISK_MIB }),
  });
  stack.defer(() => product.stop());
});
afterAll(() => stack.disposeAsync());

const ready = z.object({ checks: z.record(z.string(), z.object({ ok: z.boolean(), reason: z.string().optional() })) });
const readiness = async () => {
  const response = await fetch(`${product.url}/readyz`);
  return { status: response.status, ...ready.parse(await response.json()) };
};
const isReady = async (): Promise<true | null> => ((await readiness()).status === 200 ? true : null);

/** The `cartledger` command against the product, as its administrator. */
const cli = (...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
  new Promise((ended) => {
    const given = [CLI, ...args, '--url', product.url, '--token', product.adminToken];
    execFile(process.execPath, given, (error, stdout, stderr) => {
      ended({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });

test.concurrent('a wrong key is told what is wrong with it, and nothing of what it sent is taken in', async () => {
  const shop = await createShop(product, 'keys');
  const other = await createShop(product, 'others');
  const revoked = await shop.newKey('events:write');
  await shop.ask(`/api/v1/stores/keys/keys/${revoked.key_id}`, { method: 'DELETE' });
  const { key: reader } = await shop.newKey('reports:read');
  const events = journey('keys', 0);
  const wrong: readonly [Record<string, string>, number, string, RegExp][] = [
    [{ authorization: '' }, 401, 'no_key', /no key\. Send your write key as "Authorization: Bearer KEY"/],
    [{ authorization: 'Bearer guess' }, 401, 'bad_key', /unknown or revoked\. Send a write key of the store/],
    [{ authorization: `Bearer ${shop.key.slice(0, -1)}` }, 401, 'bad_key', /unknown or revoked/],
    [{ authorization: `Bearer ${revoked.key}` }, 401, 'bad_key', /unknown or revoked/],
    [
      { authorization: `Bearer ${reader}` },
      403,
      'wrong_scope',
      /is for reports:read\. .* needs a key for events:write/,
    ],
    [{ 'cartledger-import': '1' }, 403, 'wrong_scope', /needs an admin key\. Leave the header out, or use one/],
  ];
  for (const [headers, status, code, message] of wrong) {
    const answer = await shop.send(events, headers);
    expect([answer.status, problemIn(answer)]).toEqual([status, { code, message: expect.stringMatching(message) }]);
  }
  // A good key, of another store.
  const named: Record<string, unknown>[] = events.map((event) => ({ ...event, store_id: 'keys' }));
  const { status, body } = await other.send(named, {});
  expect(status).toBe(202);
  expect(body).toEqual({
    accepted: 0,
    rejected: named.map(({ event_id }, index) => ({
      index,
      event_id,
      code: 'wrong_store',
      field: 'store_id',
      message: `store_id ("keys") ${REJECT_DOCS.wrong_store}`,
    })),
  });

  expect(await shop.send(journey('keys', 1).slice(0, 1))).toMatchObject({ status: 202, body: { accepted: 1 } });
  await shop.settled();
  expect((await shop.reports()).funnel).toEqual([1, 0, 0, 0, 0]);
  expect((await other.reports()).funnel).toEqual([0, 0, 0, 0, 0]);
});

test.concurrent('a store that does not exist is named, at every door', async () => {
  const shop = await createShop(product, 'exists');
  const admin = { authorization: `Bearer ${product.adminToken}` };
  const events = [
    { ...journey('nowhere', 0)[0], store_id: 'nowhere' },
    ...journeys('exists', 1).map((event) => ({ ...event, store_id: 'exists' })),
  ];
  const { status, body } = await shop.send(events, admin);
  expect(status).toBe(202);
  expect(body).toEqual({
    accepted: 5,
    rejected: [
      {
        index: 0,
        event_id: 'nowhere-0-visit',
        code: 'unknown_store',
        field: 'store_id',
        message: 'store_id ("nowhere") is no store here; create it, or mend store_id',
      },
    ],
  });
  for (const answer of [
    await shop.report('funnel', 'nowhere'),
    await shop.ask('/api/v1/stores/nowhere'),
    await shop.ask('/api/v1/stores/nowhere/keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"scope":"events:write"}',
    }),
  ]) {
    expect(answer.status).toBe(404);
    expect(problemIn(answer)).toMatchObject({ code: 'unknown_store', field: 'store_id' });
    expect(problemIn(answer).message).toMatch(/no store "nowhere" .* mend the name/);
  }
  const reported = await cli('report', 'funnel', '--store', 'nowhere');
  expect(reported).toMatchObject({ status: 1, stdout: '' });
  expect(reported.stderr).toMatch(/no store "nowhere"/);

  // Created after it was missed, it is there at once.
  const late = await createShop(product, 'nowhere');
  expect(await late.send(journeys('nowhere', 1), admin)).toMatchObject({ status: 202, body: { accepted: 0 } });
  expect(await late.send(journeys('nowhere', 1))).toMatchObject({ status: 202, body: { accepted: 5 } });
  await Promise.all([late.settled(), shop.settled()]);
  expect(await late.reports()).toEqual(productReportsFor(truthOf(1)));
  expect(await shop.reports()).toEqual(productReportsFor(truthOf(1)));
});

test.concurrent('a body that is no list of events, or of 2 MB, is answered with what to send instead, and holds up nothing', async () => {
  const shop = await createShop(product, 'bodies');
  const good = JSON.stringify(journeys('bodies', 1));
  const [visit] = journey('bodies', 9);
  const large = { ...visit, page: { title: 'x'.repeat(2_000_000) } };
  const bodies: readonly [string | Buffer, Record<string, string>, number, string, RegExp][] = [
    ['', {}, 400, 'malformed_json', /not JSON: it goes wrong at position 0 /],
    [good.slice(0, -1), {}, 400, 'malformed_json', /not JSON: it goes wrong at position \d+ \(line 1, column \d+\)/],
    [
      journeys('bodies', 1)
        .map((e) => JSON.stringify(e))
        .join('\n'),
      {},
      400,
      'malformed_json',
      /\(line 2, column 1\)/,
    ],
    [Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), {}, 400, 'malformed_json', /not UTF-8\. Send JSON in UTF-8/],
    ['"events"', {}, 400, 'bad_body', /neither an array of events, nor \{"events": \[\.\.\.\]\}/],
    ['{"event": []}', {}, 400, 'bad_body', /neither an array/],
    [good, { 'content-encoding': 'gzip' }, 400, 'bad_encoding', /not valid gzip/],
    [good, { 'content-type': 'text/csv' }, 415, 'unsupported_media_type', /"text\/csv"\. Send application\/json/],
    [JSON.stringify([large]), {}, 413, 'body_too_large', /over 1048576 bytes as sent\. Send fewer events/],
    [JSON.stringify([...journeys('bodies', 1), large]), {}, 413, 'body_too_large', /over 1048576 bytes as sent/],
  ];
  for (const [body, headers, status, code, message] of bodies) {
    const answer = await shop.post(typeof body === 'string' ? body : new Uint8Array(body), headers);
    expect([answer.status, problemIn(answer)]).toMatchObject([
      status,
      { code, message: expect.stringMatching(message) },
    ]);
  }
  // Packed, it is small enough to come in: then it alone is refused.
  const packed = new Uint8Array(gzipSync(JSON.stringify([large, ...journeys('bodies', 2)])));
  expect(await shop.post(packed, { 'content-encoding': 'gzip' })).toMatchObject({
    status: 202,
    body: {
      accepted: 10,
      rejected: [
        { index: 0, code: 'too_large', field: '', message: 'the event is over 65536 bytes; send less in one event' },
      ],
    },
  });
  await shop.settled();
  expect(await shop.reports()).toEqual(productReportsFor(truthOf(2)));
});

test('while ClickHouse is down events are taken, readiness says so, and afterwards the reports have each once', async () => {
  const shop = await createShop(product, 'outage');
  const sendSome = async (from: number, to: number): Promise<void> => {
    for (let number = from; number < to; number += 20) {
      const events = Array.from({ length: 20 }, (_, i) => journey('outage', number + i)).flat();
      expect(await shop.send(events)).toMatchObject({ status: 202, body: { accepted: 100, rejected: [] } });
    }
  };
  await sendSome(0, 100);
  await shop.settled();
  await sendSome(100, 200);
  const port = Number(new URL(clickhouse.url).port);
  await clickhouse.kill();
  await sendSome(200, 300);

  const { status, checks } = await until('readiness tells that ingest waits', 20_000, async () => {
    const seen = await readiness();
    expect(seen.checks).toMatchObject({
      ingest: {
        ok: false,
        reason: expect.stringMatching(/^waiting for (events|touches|intake) for \d+ s: unavailable$/),
      },
    });
    return seen;
  });
  expect(status).toBe(503);
  expect(checks).toMatchObject({ clickhouse: { ok: false }, event_log: { ok: true }, control: { ok: true } });
  expect((await fetch(`${product.url}/healthz`)).status).toBe(200);
  const refused = await shop.report('funnel');
  expect(refused).toMatchObject({ status: 503, retryAfter: '5' });
  expect(problemIn(refused)).toEqual({
    code: 'unavailable',
    message: 'The numbers cannot be read at this moment. Wait as Retry-After says, then ask again.',
  });
  const reported = await cli('report', 'funnel', '--store', 'outage');
  expect(reported).toMatchObject({ status: 1, stdout: '' });
  expect(reported.stderr).toMatch(/^The numbers cannot be read at this moment/);
  await sendSome(300, 400);

  clickhouse = await startClickHouse({ dir: join(dir, 'clickhouse'), httpPort: port });
  await shop.settled();
  await until('it is ready again', 30_000, isReady);
  expect(await shop.reports()).toEqual(productReportsFor(truthOf(400)));
});

/** Writes until the disk has no room for another byte. */
const fill = (path: string): void => {
  const file = openSync(path, 'w');
  for (const size of [65_536, 4_096, 1]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
  closeSync(file);
};

test.runIf(hasSmallDisk)(
  'while the disk of the log is full events are refused by name, and once there is room nothing answered 202 is missing',
  async () => {
    const shop = await createShop(product, 'full');
    const sendOne = (number: number): Promise<Answer> =>
      shop.send(journey('full', number).map((event) => ({ ...event, page: { title: 'x'.repeat(4_000) } })));
    const before = 5;
    for (let number = 0; number < before; number++) expect((await sendOne(number)).status).toBe(202);
    await shop.settled();

    const ballast = join(product.dir, 'ballast');
    fill(ballast);
    // What the log's file holds already it may fill before it needs room.
    let number = before;
    let answer = await sendOne(number);
    for (; answer.status === 202 && number < 2_000; answer = await sendOne(number)) number++;
    expect(answer).toMatchObject({ status: 503, retryAfter: '30' });
    expect(problemIn(answer)).toEqual({
      code: 'log_full',
      message:
        'The event log has no room for events until its operator frees disk space; some of these may have been taken. Wait as Retry-After says, then send all of them again: an event sent twice counts once.',
    });
    expect((await readiness()).checks.event_log).toEqual({
      ok: false,
      reason: 'the event log has no room: free disk space, or raise its size limit',
    });
    for (let i = 0; i < 20; i++) expect((await sendOne(number)).status).toBe(503);
    expect((await shop.send([], { authorization: 'Bearer guess' })).status).toBe(401);
    expect((await shop.post('[')).status).toBe(400);
    expect((await shop.report('funnel')).status).toBe(200);

    rmSync(ballast);
    // As the answer said.
    expect(await sendOne(number)).toMatchObject({ status: 202, body: { accepted: 5 } });
    await shop.settled();
    await until('it is ready again', 30_000, isReady);
    expect(await shop.reports()).toEqual(productReportsFor(truthOf(number + 1)));
  },
);
