/** What storefronts send: bodies made beforehand, over connections that are kept open. */
import { Agent, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { simulate } from '../shop.ts';

const HOUR_MS = 3_600_000;
const answer = z.object({ accepted: z.number(), rejected: z.array(z.unknown()) });

/** Of simulated events of the last days, none of them too old. */
export const makeBodies = (count: number, batch: number, now: number): Buffer[] => {
  const bodies: Buffer[] = [];
  let events: object[] = [];
  for (const { received_at: _, ...event } of simulate(count * batch, now - HOUR_MS, 30)) {
    events.push(event);
    if (events.length < batch) continue;
    bodies.push(Buffer.from(JSON.stringify(events)));
    events = [];
    if (bodies.length === count) break;
  }
  return bodies;
};

export const pack = (bodies: readonly Buffer[]): Buffer[] => bodies.map((body) => gzipSync(body));

export type Load = { accepted: number; refused: number; seconds: number; latenciesMs: number[] };

type Target = { url: string; key: string; packed: boolean };

const post = ({ url, key, packed }: Target, agent: Agent, body: Buffer): Promise<{ status: number; text: string }> => {
  const done = Promise.withResolvers<{ status: number; text: string }>();
  const sending = request(`${url}/v1/events`, {
    agent,
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': body.byteLength,
      ...(packed && { 'content-encoding': 'gzip' }),
    },
  });
  sending.on('error', done.reject);
  sending.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (part) => {
      text += part;
    });
    response.on('end', () => done.resolve({ status: response.statusCode ?? 0, text }));
    response.on('error', done.reject);
  });
  sending.end(body);
  return done.promise;
};

/** Each connection sends one body after the other for so long. */
export const send = async (
  target: Target,
  bodies: readonly Buffer[],
  { seconds, connections }: { seconds: number; connections: number },
): Promise<Load> => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const load: Load = { accepted: 0, refused: 0, seconds: 0, latenciesMs: [] };
  const begun = performance.now();
  const until = begun + seconds * 1_000;
  let next = 0;
  const connection = async (): Promise<void> => {
    while (performance.now() < until) {
      const body = bodies[next++ % bodies.length];
      if (!body) throw new Error('no bodies');
      const sent = performance.now();
      const { status, text } = await post(target, agent, body);
      load.latenciesMs.push(performance.now() - sent);
      const { accepted, rejected } =
        status === 202 ? answer.parse(JSON.parse(text)) : { accepted: 0, rejected: [text] };
      load.accepted += accepted;
      load.refused += rejected.length;
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  load.seconds = (performance.now() - begun) / 1_000;
  agent.destroy();
  return load;
};
