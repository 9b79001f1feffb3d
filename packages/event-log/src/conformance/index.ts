import { describe } from 'vitest';
import { goneConformance } from './gone.ts';
import { groupsConformance } from './groups.ts';
import { type LogUnderTest, useLog } from './harness.ts';
import { recordsConformance } from './records.ts';

/** What every driver of the port promises: to be called in a test file of the driver. */
export function eventLogConformance(name: string, make: () => Promise<LogUnderTest>): void {
  describe(`${name} keeps the promises of the event log`, () => {
    const context = useLog(make);
    recordsConformance(context);
    groupsConformance(context);
    goneConformance(context);
  });
}
