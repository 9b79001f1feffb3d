/** Answers ms UTC. Passed to everything that reads the time, so that a test decides what time it is. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
