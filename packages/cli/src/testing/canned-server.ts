import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll } from 'vitest';

/** `body`: as it is when it is text, else as JSON. */
export type Answer = { status?: number; body: unknown; type?: string };
/** To `METHOD path?query` with this authorization. */
type Answerer = (request: string, token: string, body: string) => Answer;

/** Lines of JSON, as a stream brings them. */
export const lines = (...told: readonly object[]): Answer => ({
  body: told.map((line) => `${JSON.stringify(line)}\n`).join(''),
  type: 'application/x-ndjson',
});

export const refusal = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
});

/** For the tests of one file: a directory, and a server that is as many as are wanted. */
export const createCannedServer = () => {
  let dir = '';
  let server: Server;
  let origin = '';
  const answerers: Answerer[] = [];

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'cartledger-cli-'));
    server = createServer((request, response) => {
      void text(request).then((sent) => {
        const [, name, path = ''] = /^\/(\d+)(.*)$/.exec(request.url ?? '') ?? [];
        const {
          status = 200,
          body,
          type = 'application/json',
        } = answerers[Number(name)]?.(`${request.method} ${path}`, request.headers.authorization ?? '', sent) ??
        refusal(500, 'nobody', 'Nobody answers there.');
        response.writeHead(status, { 'content-type': type });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    origin = `http://127.0.0.1:${address.port}`;
  });
  afterAll(() => {
    server.close();
    rmSync(dir, { recursive: true });
  });

  return {
    dir: () => dir,
    /** Writes a file and answers its path. */
    file: (name: string, content: string): string => {
      const path = join(dir, name);
      writeFileSync(path, content);
      return path;
    },
    /** An address at which that is answered. */
    serve: (answerer: Answerer): string => `${origin}/${answerers.push(answerer) - 1}`,
  };
};
