/**
 * Loaded before a service's own main.ts (node --import), which runs as it is: packages through which it reaches the
 * outside are replaced by the same with points to aim at (and a shorter lease).
 */
import { flushCompileCache, registerHooks } from 'node:module';

const REPLACED = new Map(
  ['clickhouse', 'control', 'event-log'].map((name) => [
    `@cartledger/${name}`,
    new URL(`./${name}.ts`, import.meta.url).href,
  ]),
);

registerHooks({
  resolve: (specifier, context, next) => {
    const url = REPLACED.get(specifier);
    const isOwn = url === undefined || [...REPLACED.values()].includes(context.parentURL ?? '');
    return isOwn ? next(specifier, context) : { url, format: 'module-typescript', shortCircuit: true };
  },
});

// The process ends with the one who started it, also with one that was killed.
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL'));
process.stdin.resume();
if ('unref' in process.stdin && typeof process.stdin.unref === 'function') process.stdin.unref();

// Node writes what it has compiled at a process's orderly end, which these rarely have: each would compile it all anew.
setTimeout(flushCompileCache, 4_000).unref();
