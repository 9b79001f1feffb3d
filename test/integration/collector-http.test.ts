/** The collector behind real connections, over the embedded log. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type CollectorConfig, createCollector } from '@cartledger/collector';
import { createControl } from '@cartledger/control';
import { createEmbeddedLog, EVENTS_TOPIC, type LogRecord } from '@cartledger/event-log';
import { createLogger, createMetrics, serveHttp } from '@cartledger/service';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let dir: string;
let stack: AsyncDisposableStack;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cartledger-collector-'));
  stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
});
afterEach(() => stack.disposeAsync());

const setUp = async (config: Partial<CollectorConfig> = {}, maxFileBytes?: number) => {
  const control = stack.use(createControl({ dialect: 'sqlite', path: ':memory:' }));
  await control.migrate();
  await control.stores.create('shop');
  const { key } = await control.keys.create('shop', 'events:write');
  const log = stack.use(
    createEmbeddedLog({ dir: join(dir, 'log'), ...(maxFileBytes === undefined ? {} : { maxFileBytes }) }),
  );
  await log.ensureTopic(EVENTS_TOPIC, { partitions: 2 });
  const logger = createLogger({ component: 'collector', level: 'silent' });
  const collector = createCollector({ log, control, metrics: createMetrics(), logger }, config);
  stack.defer(() => collector.stop());
  const server = stack.use(await serveHttp({ app: collector.app, host: '127.0.0.1', port: 0 }));

  const inLog = async (): Promise<LogRecord[]> => {
    const records: LogRecord[] = [];
    for (const { partition, earliest, end } of await log.offsets(EVENTS_TOPIC)) {
      for await (const record of log.read(EVENTS_TOPIC, partition, earliest, end)) records.push(record);
    }
    return records;
  };
  const send = (body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
  return { collector, server, control, key, log, inLog, send };
};

const visit = (event_id: string, over: Record<string, unknown> = {}) => ({
  event_id,
  type: 'visit',
  occurred_at: Date.now(),
  visitor_id: `visitor-${event_id}`,
  ...over,
});
const idOf = ({ value }: LogRecord): string => String(JSON.parse(value?.toString() ?? '{}').event_id);
const sorted = (ids: readonly string[]): string[] => ids.toSorted((a, b) => a.localeCompare(b));

const MIB = 1024 * 1024;

/** Writes what no well-behaved client would; answers what came back until the connection ended. */
const raw = async (
  port: number,
  parts: readonly string[],
  {
    endless,
    trickle,
  }: { /** Sent again and again. */ endless?: string /** Sent every 20 ms. */; trickle?: string } = {},
): Promise<{ got: string; sentBytes: number }> => {
  const ended = Promise.withResolvers<void>();
  const socket = connect(port, '127.0.0.1');
  let got = '';
  socket.on('data', (data) => {
    got += data.toString();
  });
  // The other side may close while this one still writes.
  socket.on('error', () => ended.resolve());
  socket.on('close', () => ended.resolve());
  for (const part of parts) socket.write(part);
  if (endless !== undefined) {
    const more = (): void => {
      while (!socket.destroyed && socket.bytesWritten < 1_024 * MIB && socket.write(endless));
    };
    socket.on('drain', more);
    more();
  }
  const timer = trickle === undefined ? undefined : setInterval(() => socket.write(trickle), 20);
  await ended.promise;
  clearInterval(timer);
  return { got, sentBytes: socket.bytesWritten - socket.writableLength };
};

const head = (key: string, ...lines: string[]): string =>
  ['POST /v1/events HTTP/1.1', 'Host: a', `Authorization: Bearer ${key}`, ...lines, '', ''].join('\r\n');
/** What two sockets' buffers may hold, of what nobody reads. */
const BUFFERS = 24 * MIB;

describe('the collector behind a connection', () => {
  test('every event answered 202 is in the log, however many send at once', async () => {
    const { send, inLog } = await setUp();
    const ids = Array.from({ length: 40 }, (_, request) => [0, 1, 2].map((i) => `e-${request}-${i}`));
    const answers = await Promise.all(ids.map((batch) => send(JSON.stringify(batch.map((id) => visit(id))))));
    expect(answers.map((answer) => answer.status)).toEqual(ids.map(() => 202));
    expect(sorted((await inLog()).map(idOf))).toEqual(sorted(ids.flat()));
  });

  test('a thousand packed events are one request; one more is too many', async () => {
    const { send, inLog } = await setUp();
    const events = Array.from({ length: 1_000 }, (_, i) => visit(`e-${i}`));
    const pack = (list: object[]) => gzipSync(JSON.stringify({ events: list }));
    const answer = await send(pack(events), { 'content-encoding': 'gzip' });
    expect(await answer.json()).toEqual({ accepted: 1_000, rejected: [] });
    expect((await send(pack([...events, visit('more')]), { 'content-encoding': 'gzip' })).status).toBe(413);
    expect(await inLog()).toHaveLength(1_000);
  });

  test('a visitor’s events stay in the order in which they were sent', async () => {
    const { send, inLog } = await setUp();
    for (let i = 0; i < 5; i++) {
      const batch = [`${i}a`, `${i}b`].map((id) => visit(id, { visitor_id: 'one' }));
      expect((await send(JSON.stringify(batch))).status).toBe(202);
    }
    expect((await inLog()).map(idOf)).toEqual(['0a', '0b', '1a', '1b', '2a', '2b', '3a', '3b', '4a', '4b']);
  });

  test('what a page sends as it is left arrives', async () => {
    const { server, key, inLog } = await setUp();
    const answer = await fetch(`${server.url}/v1/events?key=${encodeURIComponent(key)}`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain;charset=UTF-8', origin: 'https://shop.example' },
      body: JSON.stringify([visit('beacon', { source: 'browser' })]),
    });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect((await inLog()).map(idOf)).toEqual(['beacon']);
  });

  test('a body declared too large is answered at once, and its sender cut off after a little of a gigabyte', async () => {
    const { server, key } = await setUp();
    const { got, sentBytes } = await raw(server.port, [head(key, 'Content-Length: 1073741824')], {
      endless: 'x'.repeat(65_536),
    });
    expect(got).toMatch(/^HTTP\/1\.1 413 /);
    expect(got).toContain('body_too_large');
    expect(sentBytes).toBeLessThan(BUFFERS);
  });

  test('a body that does not end is cut off at the limit, whatever was declared', async () => {
    const { server, key } = await setUp({ maxBodyBytes: 100_000 });
    const { got, sentBytes } = await raw(server.port, [head(key, 'Transfer-Encoding: chunked')], {
      endless: `10000\r\n${'x'.repeat(65_536)}\r\n`,
    });
    expect(got).toMatch(/^HTTP\/1\.1 413 /);
    expect(sentBytes).toBeLessThan(BUFFERS);
  });

  test.each([
    ['has no key', '', 401],
    ['has sent too much', undefined, 429],
  ])('who %s is answered before the body is read, and cut off', async (_, keyLine, status) => {
    const { server, key, send } = await setUp({ burstEvents: 1, eventsPerSecond: 1 });
    await send(JSON.stringify([visit('a'), visit('b'), visit('c')]));
    const { got, sentBytes } = await raw(server.port, [head(keyLine ?? key, 'Content-Length: 1073741824')], {
      endless: 'x'.repeat(65_536),
    });
    expect(got.slice(9, 12)).toBe(`${status}`);
    expect(sentBytes).toBeLessThan(BUFFERS);
  });

  test('a refusal of a small body leaves the connection to the next request', async () => {
    const { server, key } = await setUp();
    const request = (body: string, ...lines: string[]) => head(key, `Content-Length: ${body.length}`, ...lines) + body;
    const { got } = await raw(server.port, [
      request('no json') + request(JSON.stringify([visit('after')]), 'Connection: close'),
    ]);
    expect(got.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 202']);
  });

  test('a sender that stops in the middle is cut off, and others are served meanwhile', async () => {
    const { server, key, send } = await setUp({ bodyTimeoutMs: 200 });
    const slow = raw(server.port, [`${head(key, 'Content-Length: 100')}[{"ev`]);
    expect((await send(JSON.stringify([visit('quick')]))).status).toBe(202);
    expect((await slow).got).toMatch(/^HTTP\/1\.1 408 /);
  });

  test.each(['Content-Length: 60000', 'Content-Length: 900000', 'Transfer-Encoding: chunked'])(
    'a sender that trickles is cut off long before the time for a body is over (%s)',
    async (length) => {
      const { server, key } = await setUp({ bodyGraceMs: 300, bodyTimeoutMs: 60_000 });
      const trickle = length.includes('chunked') ? '1\r\nx\r\n' : 'x';
      const { got } = await raw(server.port, [head(key, length)], { trickle });
      expect(got).toMatch(/^HTTP\/1\.1 408 /);
      expect(got).toContain('slower than 1000 bytes a second');
    },
  );

  test('one that is slow but fast enough is served', async () => {
    const { server, key } = await setUp({ bodyGraceMs: 100 });
    const body = JSON.stringify([visit('slow', { page: { title: 'x'.repeat(5_000) } })]);
    const pieces = body.match(/.{1,200}/g) ?? [];
    const socket = connect(server.port, '127.0.0.1');
    socket.write(head(key, `Content-Length: ${body.length}`, 'Connection: close'));
    const timer = setInterval(() => socket.write(pieces.shift() ?? ''), 20);
    const [got] = await once(socket, 'data');
    clearInterval(timer);
    expect(String(got)).toMatch(/^HTTP\/1\.1 202 /);
    expect(pieces).toEqual([]);
  });

  test('the many slow senders of one key take no room from another key', async () => {
    const { server, send, control } = await setUp({ maxBytesInFlight: 400_000, bodyGraceMs: 1_000 });
    const { key: other } = await control.keys.create('shop', 'events:write');
    const slow = Array.from({ length: 20 }, () => raw(server.port, [head(other, 'Content-Length: 60000')]));
    await Promise.race(slow);
    expect((await send(JSON.stringify([visit('quick')]))).status).toBe(202);
    const answers = (await Promise.all(slow)).map(({ got }) => got.slice(9, 12));
    // Three of these bodies fit into half of what may be held.
    expect(answers.filter((status) => status === '408').length).toBeGreaterThanOrEqual(3);
    expect(new Set(answers)).toEqual(new Set(['408', '503']));
  });

  test('a full log takes no more and says so; what it had accepted stays, and room makes it take events again', async () => {
    const { send, inLog, log } = await setUp({}, 1_000_000);
    const accepted: string[] = [];
    let refused: Response | null = null;
    for (let i = 0; i < 200 && refused === null; i++) {
      const id = `e-${i}`;
      const answer = await send(JSON.stringify([visit(id, { page: { title: 'x'.repeat(20_000) } })]));
      if (answer.status === 202) accepted.push(id);
      else refused = answer;
    }
    expect(refused?.status).toBe(503);
    expect(refused?.headers.get('retry-after')).toBe('30');
    expect(await refused?.json()).toMatchObject({ error: { code: 'log_full' } });
    expect(accepted.length).toBeGreaterThan(0);
    expect(sorted((await inLog()).map(idOf))).toEqual(sorted(accepted));
    for (const { partition, end } of await log.offsets(EVENTS_TOPIC)) {
      await log.deleteRecords(EVENTS_TOPIC, partition, end);
    }
    expect((await send(JSON.stringify([visit('after')]))).status).toBe(202);
    expect((await inLog()).map(idOf)).toEqual(['after']);
  });

  test('stopping answers what is under way and loses none of it', async () => {
    const { send, inLog, collector, server } = await setUp();
    const answers = Array.from({ length: 20 }, (_, i) =>
      send(JSON.stringify([visit(`e-${i}`)])).then(
        ({ status }) => status,
        // Never reached the server.
        () => 0,
      ),
    );
    await Promise.race(answers);
    await Promise.all([collector.stop(), server.stop()]);
    const accepted = (await Promise.all(answers)).filter((status) => status === 202).length;
    expect(accepted).toBeGreaterThan(0);
    expect(await inLog()).toHaveLength(accepted);
  });
});
