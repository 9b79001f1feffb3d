import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

// A worker thread: the main thread is inside the engine for good and runs no JavaScript. Reading blocks until the
// parent, which holds the other end of the pipe, closes it or dies.
parentPort?.postMessage('watching');
const buffer = Buffer.alloc(64);
try {
  while (readSync(0, buffer) > 0);
} catch (error) {
  process.stderr.write(`reading from the parent failed: ${String(error)}\n`);
}
process.kill(process.pid, 'SIGKILL');
