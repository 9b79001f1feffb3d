import { beforeAll } from 'vitest';
import { answer, TOKEN } from './canned-answers.ts';
import { createCannedServer } from './canned-server.ts';

/** The data directory of a local instance whose canned answers are those of one store. */
export const createLocal = () => {
  const { serve, dir, file } = createCannedServer();
  let url = '';
  beforeAll(() => {
    url = serve(answer);
    file('instance.json', JSON.stringify({ url, admin_token: TOKEN, pid: 1 }));
  });
  return { dir, file, url: () => url };
};
