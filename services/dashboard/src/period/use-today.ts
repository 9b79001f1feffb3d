import { useEffect, useState } from 'react';
import { type Day, dayAt } from './day.ts';

/** Today in the store's zone; a page left open over midnight moves on with it. */
export const useToday = (timeZone: string): Day => {
  const [today, setToday] = useState(() => dayAt(Date.now(), timeZone));
  useEffect(() => {
    const update = (): void => setToday(dayAt(Date.now(), timeZone));
    update();
    const timer = setInterval(update, 20_000);
    return () => clearInterval(timer);
  }, [timeZone]);
  return today;
};
