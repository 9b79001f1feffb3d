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
    const status = waitFor(child, signals);
    await once(child.stdout, 'data');
    signals.emit(signal);
    expect(await status).toBe(7);
  },
);
