export { ComponentTooLarge, MAX_COMPONENT_EVENTS } from './error.ts';
export { createEvents, type EventCounts, type Events, type Hub, type LoadedEvent, propertiesOf } from './events.ts';
export { EVENTS_BEFORE, REBUILT_EVENTS } from './forget/event-tables.ts';
export { createForget, MAX_ERASED_VISITORS, type Visitors } from './forget/forget.ts';
export { createRetire } from './forget/retire.ts';
export { type Component, type Graph, isFrom } from './graph.ts';
export { createHistory, type History, type HistoryOptions, visitorsFrom } from './history.ts';
export { createLinks, type Links, type Touches } from './links.ts';
export { chunksOf, inPlaces, type Places, placesParams } from './places.ts';
