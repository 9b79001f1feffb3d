import type { KeyInfo } from '@cartledger/control';

/** What a request carries through the app. */
export type ApiEnv = { Variables: { caller: KeyInfo } };
