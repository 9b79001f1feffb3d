import { real } from './builtins.ts';
import { CALM } from './profiles.ts';
import { createWorld, type World } from './scheduler.ts';
import { replayTape } from './tape.ts';

/**
 * A world that runs by itself, in real time and without faults: in it the models are judged by the suites that judge
 * the real drivers. Builtins are left alone there, for those suites wait with real timers.
 */
export const createFreeWorld = (): { world: World; stop(): void } => {
  const world = createWorld(replayTape([]), CALM, { now: real.now, keepTrace: false });
  let stopped = false;
  const pump = (): void => {
    if (stopped) return;
    for (const step of world.ready()) world.take(step);
    // Nobody tells that a step was added: looking is cheap, and lasts no longer than a test.
    if (world.ready().length > 0) real.setImmediate(pump);
    else real.setTimeout(pump, 1);
  };
  pump();
  return {
    world,
    stop: () => {
      stopped = true;
    },
  };
};
