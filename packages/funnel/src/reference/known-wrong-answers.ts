/**
 * Small histories that tools in the field get wrong, each with the right answer. The tests run them through both
 * engines; whatever else makes reports of events can be held to them too.
 */
import type { KnownWrongAnswer } from './known-wrong-answer.ts';
import { CARTS } from './known-wrong-carts.ts';
import { ORDERS } from './known-wrong-orders.ts';
import { PERIODS } from './known-wrong-periods.ts';
import { VISITORS } from './known-wrong-visitors.ts';

export const KNOWN_WRONG_ANSWERS: readonly KnownWrongAnswer[] = [...CARTS, ...ORDERS, ...PERIODS, ...VISITORS];
