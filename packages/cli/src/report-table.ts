import type { Cell, Column } from './output.ts';

/** One part of a report for people: formatted cells under a title. */
export type ReportTable = { title: string; columns: Column[]; rows: Cell[][] };

export const right = (...names: string[]): Column[] => names.map((name) => ({ name, align: 'right' }));

/** A title that says when a list is cut. */
export const firstOf = (title: string, shown: number, all: number): string =>
  all > shown ? `${title} (${shown} of ${all}; --format csv or json has all)` : title;
