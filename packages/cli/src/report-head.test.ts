import { expect, test } from 'vitest';
import { printHead } from './report-head.ts';
import { FUNNEL, REVENUE } from './sample-reports.ts';

const headOf = (head: Parameters<typeof printHead>[0]): string => {
  let said = '';
  printHead(head, 'table', (text) => {
    said += text;
  });
  return said;
};

test('revenue says on which day its refunds count, also where that is the default; other reports have none', () => {
  expect(headOf(REVENUE)).toContain(', refunds on their own day\n');
  expect(headOf({ ...REVENUE, refunds_on: 'order', open_from: '2026-11-20' })).toContain(
    ', refunds on the day of their order; days from 2026-11-20 on may still move\n',
  );
  expect(headOf(FUNNEL)).not.toContain('refunds');
});
