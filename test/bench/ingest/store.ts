import { DEMO_STORES } from '@cartledger/simulator';

const [simulated] = DEMO_STORES;
if (!simulated) throw new Error('no simulated store');
/** The one store of the bench. */
export const STORE = simulated;
