import { SOURCES } from '@cartledger/events';

/** The source of an event that names none, as its index in SOURCES. */
export const SERVER = SOURCES.indexOf('server');
