export { createLiveTraffic, type LiveClock, type LiveOptions, type LiveTraffic } from './live.ts';
export { createSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
export { DEMO_STORES, type SimulatedStore } from './store.ts';
export type { Truth, TruthQuery } from './truth/truth.ts';
export type { SimulatedEvent } from './wire.ts';
