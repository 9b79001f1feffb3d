/** Wall time of the store's zone, to the millisecond: `2026-11-22 10:00:03.120`. */
export const wallClock = (timeZone: string): ((at: string) => string) => {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return (at) => `${format.format(new Date(at))}${at.slice(19, 23)}`;
};
