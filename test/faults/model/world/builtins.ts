/**
 * Time, timers, ids and chance of the product, which uses Node's own in many places, are held by replacing them once a
 * process. While a world is entered they are that world's; else they are what they were.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';

export type Clockwork = {
  /** ms UTC. */
  now(): number;
  /** Runs it later, as the code that is running now; answers how to take that back. */
  after(ms: number, label: string, run: () => void): () => void;
  uuid(): string;
  /** [0, 1) */
  chance(): number;
};

let present: Clockwork | null = null;
let epochOfPerformance = 0;

/** From now on the product lives in this world; null: in the real one. */
export const enter = (world: Clockwork | null): void => {
  present = world;
  epochOfPerformance = world?.now() ?? 0;
};

/** What was there before, for budgets of real time and for the scheduler itself. */
export const real = {
  now: Date.now,
  performanceNow: performance.now.bind(performance),
  setImmediate,
  setTimeout,
  setInterval,
};

type Handle = {
  cancel(): void;
  ref(): Handle;
  unref(): Handle;
  hasRef(): boolean;
  refresh(): Handle;
  close(): Handle;
  [Symbol.dispose](): void;
};

const isHandle = (given: unknown): given is Handle =>
  typeof given === 'object' && given !== null && 'cancel' in given && 'refresh' in given;

const start = (world: Clockwork, ms: number, label: string, run: () => void, again: boolean): Handle => {
  let cancel = (): void => {};
  const arm = (): void => {
    cancel = world.after(ms, label, () => {
      if (again) arm();
      run();
    });
  };
  arm();
  const handle: Handle = {
    cancel: () => cancel(),
    ref: () => handle,
    unref: () => handle,
    hasRef: () => true,
    refresh: () => {
      cancel();
      arm();
      return handle;
    },
    close: () => {
      cancel();
      return handle;
    },
    [Symbol.dispose]: () => cancel(),
  };
  return handle;
};

type Callback = (...args: unknown[]) => void;

const aborted = (signal: AbortSignal): Error =>
  Object.assign(new Error('The operation was aborted', { cause: signal.reason }), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  });

/** A wait that a signal ends. */
const wait = <T>(world: Clockwork, ms: number, label: string, value: T, signal: AbortSignal | undefined): Promise<T> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(aborted(signal));
      return;
    }
    const onAbort = (): void => {
      cancel();
      if (signal !== undefined) reject(aborted(signal));
    };
    const cancel = world.after(ms, label, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve(value);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });

const MIN_MS = 1;
const timerMs = (ms: unknown): number => Math.max(MIN_MS, typeof ms === 'number' && ms < 2 ** 31 ? ms : MIN_MS);

/** As much of WebAssembly as is replaced; it stands in no library of types we use. */
type Wasm = {
  Module: new (source: unknown) => object;
  Instance: new (module: object, imports: unknown) => object;
  instantiate: (source: unknown, imports: unknown) => Promise<object>;
};

let installed = false;

/** Before or after the product is imported: named imports of builtins follow. */
export const install = (): void => {
  if (installed) return;
  installed = true;
  const require = createRequire(import.meta.url);

  const timers: {
    clearTimeout: (h: never) => void;
    clearInterval: (h: never) => void;
    clearImmediate: (h: never) => void;
  } = { clearTimeout, clearInterval, clearImmediate };
  const clear =
    (before: (handle: never) => void) =>
    (handle: unknown): void => {
      if (isHandle(handle)) handle.cancel();
      else before(handle as never);
    };
  Object.assign(globalThis, {
    setTimeout: Object.assign(
      (run: Callback, ms?: number, ...args: unknown[]) =>
        present === null
          ? real.setTimeout(run, ms, ...args)
          : start(present, timerMs(ms), `timer ${timerMs(ms)}`, () => run(...args), false),
      real.setTimeout,
    ),
    setInterval: (run: Callback, ms?: number, ...args: unknown[]) =>
      present === null
        ? real.setInterval(run, ms, ...args)
        : start(present, timerMs(ms), `interval ${timerMs(ms)}`, () => run(...args), true),
    setImmediate: Object.assign(
      (run: Callback, ...args: unknown[]) =>
        present === null ? real.setImmediate(run, ...args) : start(present, 0, 'turn', () => run(...args), false),
      real.setImmediate,
    ),
    clearTimeout: clear(timers.clearTimeout),
    clearInterval: clear(timers.clearInterval),
    clearImmediate: clear(timers.clearImmediate),
  });

  const promises: Record<string, unknown> = require('node:timers/promises');
  const { setTimeout: realSleep, setImmediate: realTurn } = promises as typeof import('node:timers/promises');
  promises.setTimeout = <T>(ms?: number, value?: T, options: { signal?: AbortSignal } = {}) =>
    present === null
      ? realSleep(ms, value, options)
      : wait(present, timerMs(ms), `sleep ${timerMs(ms)}`, value, options.signal);
  promises.setImmediate = <T>(value?: T, options: { signal?: AbortSignal } = {}) =>
    present === null ? realTurn(value, options) : wait(present, 0, 'turn', value, options.signal);

  const crypto: Record<string, unknown> = require('node:crypto');
  const { randomUUID } = crypto as typeof import('node:crypto');
  crypto.randomUUID = (options?: Parameters<typeof randomUUID>[0]) => present?.uuid() ?? randomUUID(options);
  syncBuiltinESMExports();

  Date.now = () => present?.now() ?? real.now();
  // The clock of schedules: `new Date()` asks nobody else.
  globalThis.Date = new Proxy(Date, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 && present !== null ? [present.now()] : given, newTarget),
  });
  const realRandom = Math.random;
  Math.random = () => present?.chance() ?? realRandom();
  Object.defineProperty(performance, 'now', {
    configurable: true,
    value: () => (present === null ? real.performanceNow() : present.now() - epochOfPerformance),
  });

  // Node compiles off the thread, at its own pace: the one thing whose turn no scheduler decides.
  const wasm: Wasm = Reflect.get(globalThis, 'WebAssembly');
  wasm.instantiate = async (source, imports) => {
    const module = source instanceof wasm.Module ? source : new wasm.Module(source);
    const instance = new wasm.Instance(module, imports);
    return source instanceof wasm.Module ? instance : { module, instance };
  };
};
