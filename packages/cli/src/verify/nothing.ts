/** That nothing differs proves nothing of days without events: what to say then, null when some event is of them. */
export const warningOfNothing = (
  { from, to }: { from: string; to: string },
  /** The store's local days that events are of. */
  days: ReadonlySet<string>,
): string | null => {
  const sorted = [...days].sort((a, b) => (a < b ? -1 : 1));
  if (sorted.length === 0) return 'The store has no events.';
  return sorted.some((day) => from <= day && day <= to)
    ? null
    : `No event is of these days: the store's first is of ${sorted[0]}, its last of ${sorted.at(-1)}. Name its days by --from and --to.`;
};
