import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { expect, test } from 'vitest';
import { waitFor } from './foreground.ts';

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])(
  '%s sent to this process alone reaches the child, whose status is answered',
  async (signal) => {
    const script = `process.on('${signal}', () => process.exit(7)); setInterval(() => {}, 1_000); console.log('ready')`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const signals = new EventEmitter();
    const status = waitFor(child, signals, () => expect.unreachable());
    await once(child.stdout, 'data');
    signals.emit(signal);
    expect(await status).toBe(7);
  },
);

test('a child that somebody else kills is told of, with its signal, and its status is 1', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000)'], { stdio: 'ignore' });
  const told: string[] = [];
  const status = waitFor(child, new EventEmitter(), (signal) => told.push(signal));
  child.kill('SIGKILL');
  expect([await status, told]).toEqual([1, ['SIGKILL']]);
});
