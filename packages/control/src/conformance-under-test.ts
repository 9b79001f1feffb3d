import type { Control } from './port.ts';

/** A migrated store on a new database, in a time of its own. */
export type ControlUnderTest = {
  readonly control: Control;
  /** One more on the same database. */
  open(): Control;
  now(): number;
  pass(ms: number): void;
};
