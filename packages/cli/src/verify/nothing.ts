/** That nothing differs proves nothing of days without events: what to say then, null when there are some. */
export const warningOfNothing = (
  { from, to, timezone }: { from: string; to: string; timezone: string },
  { first, last }: { first: number; last: number },
): string | null => {
  if (first > last) return 'The store has no events.';
  const { format } = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, dateStyle: 'short' });
  const [firstDay, lastDay] = [format(first), format(last)];
  return firstDay > to || lastDay < from
    ? `No event is of these days: the store's are of ${firstDay} to ${lastDay}. Name its days by --from and --to.`
    : null;
};
