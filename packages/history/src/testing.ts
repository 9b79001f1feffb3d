/** For tests that stand in for the store: what is asked of it. */
export { countsOfVisitors, eventsOfVisitors, eventsWithProperties, hubOfVisitors } from './events.ts';
export { linksOf } from './links.ts';
