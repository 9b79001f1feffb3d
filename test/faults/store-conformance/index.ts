import { describe } from 'vitest';
import { errorsSection } from './errors.ts';
import { eventsSection } from './events.ts';
import { fenceSection } from './fence.ts';
import { type MakeStore, openStore } from './harness.ts';
import { intakeSection } from './intake.ts';
import { ledgerSection } from './ledger.ts';
import { rollupsSection } from './rollups.ts';
import { statesSection } from './states.ts';
import { touchesSection } from './touches.ts';
import { untoldSection } from './untold.ts';

/** What ingest and the aggregator rely on in a store, of any that is made so. */
export const storeConformance = (name: string, make: MakeStore): void => {
  describe(name, () => {
    const suite = openStore(make);
    eventsSection(suite);
    touchesSection(suite);
    untoldSection(suite);
    intakeSection(suite);
    ledgerSection(suite);
    fenceSection(suite);
    rollupsSection(suite);
    statesSection(suite);
    errorsSection(suite);
  });
};
