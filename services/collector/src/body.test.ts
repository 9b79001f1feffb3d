import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { adminKey, control, problemOf, setUp, visit } from './testing/harness.ts';

describe('bodies', () => {
  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('%s is unpacked', async (name, pack) => {
    const { send } = setUp();
    const answer = await send(pack(JSON.stringify([visit()])), { 'content-encoding': name });
    expect(await answer.json()).toEqual({ accepted: 1, rejected: [] });
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('a %s bomb is let go at the limit', async (name, pack) => {
    const { send } = setUp({ maxInflatedBytes: 100_000 });
    const answer = await send(pack(Buffer.alloc(50_000_000, ' ')), { 'content-encoding': name });
    expect(answer.status).toBe(413);
    expect((await problemOf(answer)).code).toBe('body_too_large');
  });

  test.each(['gzip', 'deflate', 'br'])(
    'a body that is no %s, or is cut off, is a mistake of the sender',
    async (name) => {
      const { send } = setUp();
      const pack = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }[name] ?? gzipSync;
      const cut = pack(
        JSON.stringify(Array.from({ length: 50 }, () => visit({ page: { title: String(Math.E) } }))),
      ).subarray(0, -20);
      for (const body of [Buffer.from('[{"plain": true}]'), cut]) {
        const answer = await send(new Uint8Array(body), { 'content-encoding': name });
        expect(answer.status).toBe(400);
        expect((await problemOf(answer)).code).toBe('bad_encoding');
      }
    },
  );

  test.each([
    ['by its declared length', { 'content-length': '2000' }],
    ['by what arrives', {}],
  ])('a body over the limit is refused %s', async (_, headers) => {
    const { send } = setUp({ maxBodyBytes: 1_000 });
    const answer = await send(`[${' '.repeat(2_000)}]`, headers);
    expect(answer.status).toBe(413);
    expect((await problemOf(answer)).message).toContain('1000 bytes');
  });

  test('a declared length that lies does not raise the limit, and a body cut short is not taken', async () => {
    const { send, produced } = setUp({ maxBodyBytes: 1_000 });
    const long = await send(`[${' '.repeat(2_000)}]`, { 'content-length': '10' });
    expect(await problemOf(long)).toMatchObject({ code: 'incomplete_body' });
    const short = await send([visit()], { 'content-length': '900' });
    expect(await problemOf(short)).toMatchObject({ code: 'incomplete_body' });
    expect(produced).toEqual([]);
  });

  test.each([{}, { 'content-length': '100' }])(
    'a body that does not come to its end is cut off (%j)',
    async (headers) => {
      const { send } = setUp({ bodyTimeoutMs: 20 });
      const never = new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.from('[{"event_id"'));
        },
      });
      const answer = await send(never, headers);
      expect(answer.status).toBe(408);
      expect((await problemOf(answer)).code).toBe('request_timeout');
    },
  );

  test.each([
    ['', 400, 'malformed_json'],
    ['[{]', 400, 'malformed_json'],
    ['{"events": 5}', 400, 'bad_body'],
    ['{}', 400, 'bad_body'],
    ['"text"', 400, 'bad_body'],
    ['null', 400, 'bad_body'],
    ['12', 400, 'bad_body'],
  ])('%j is answered %i %s', async (body, status, code) => {
    const { send } = setUp();
    const answer = await send(body);
    expect(answer.status).toBe(status);
    expect((await problemOf(answer)).code).toBe(code);
  });

  test('malformed JSON is answered with the place, and none of it', async () => {
    const { send } = setUp();
    const { message } = await problemOf(await send('[{"visitor_id": secret}]'));
    expect(message).toContain('position 16 (line 1, column 17)');
    expect(message).not.toContain('secret');
  });

  test.each(['text/plain;charset=UTF-8', 'application/json; charset="utf-8"', 'application/vnd.shop+json', ''])(
    'Content-Type %j is taken as JSON',
    async (type) => {
      const { send } = setUp();
      expect((await send([visit()], { 'content-type': type })).status).toBe(202);
    },
  );

  test.each([
    [{ 'content-type': 'application/x-www-form-urlencoded' }, 'unsupported_media_type'],
    [{ 'content-type': 'application/json; charset=utf-16' }, 'unsupported_media_type'],
    [{ 'content-encoding': 'zip' }, 'unsupported_encoding'],
    [{ 'content-encoding': 'gzip, gzip' }, 'unsupported_encoding'],
  ])('%j is answered 415', async (headers, code) => {
    const { send } = setUp();
    const answer = await send([visit()], headers);
    expect(answer.status).toBe(415);
    expect((await problemOf(answer)).code).toBe(code);
  });

  test('who declares much and sends nothing takes no room from others', async () => {
    const { send } = setUp({ maxBytesInFlight: 1_000_000, bodyTimeoutMs: 100 });
    const never = () => new ReadableStream({ pull: () => new Promise(() => {}) });
    const slow = Array.from({ length: 5 }, () => send(never(), { 'content-length': '900000' }));
    expect((await send([visit()])).status).toBe(202);
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([408, 408, 408, 408, 408]);
  });

  test('when all together hold too much the sender is told to come again, and afterwards may', async () => {
    // A body counts three times: for itself and for the records made of it.
    const { send, onProduce } = setUp({ maxBytesInFlight: 1_500 });
    const body = [visit({ page: { title: 'x'.repeat(200) } })];
    const asAdmin = { authorization: `Bearer ${adminKey}` };
    const log = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    onProduce(() => {
      entered.resolve();
      return log.promise;
    });
    const first = send(body, asAdmin);
    await entered.promise;
    const second = await send(body, asAdmin);
    expect(second.status).toBe(503);
    expect(second.headers.get('retry-after')).toBe('1');
    log.resolve();
    expect((await first).status).toBe(202);
    onProduce(null);
    expect((await send(body, asAdmin)).status).toBe(202);
  });

  test('a key gets no more than half of what may be held: the others can go on', async () => {
    const { send, onProduce } = setUp({ maxBytesInFlight: 3_000 });
    const body = [visit({ page: { title: 'x'.repeat(200) } })];
    const { key: other } = await control.keys.create('shop', 'events:write');
    const log = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    onProduce(() => {
      entered.resolve();
      return log.promise;
    });
    const first = send(body);
    await entered.promise;
    expect((await send(body)).status).toBe(503);
    const second = send(body, { authorization: `Bearer ${other}` });
    log.resolve();
    expect([(await first).status, (await second).status]).toEqual([202, 202]);
  });

  test('what a body may unpack to is held before it is unpacked, and given back after', async () => {
    const maxInflatedBytes = 1_000_000;
    const packed = gzipSync(JSON.stringify([visit()]));
    const headers = { 'content-encoding': 'gzip', authorization: `Bearer ${adminKey}` };
    const tight = setUp({ maxInflatedBytes, maxBytesInFlight: maxInflatedBytes });
    expect((await tight.send(packed, headers)).status).toBe(503);
    const roomy = setUp({ maxInflatedBytes, maxBytesInFlight: maxInflatedBytes + 10_000 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => roomy.send(packed, headers)));
    const statuses = answers.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([202, 503]));
    for (let i = 0; i < 12; i++) expect((await roomy.send(packed, headers)).status).toBe(202);
  });
});
