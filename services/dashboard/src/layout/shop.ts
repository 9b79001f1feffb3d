import { createContext, use } from 'react';
import type { StoreInfo } from '../api/wire.ts';
import type { Day, Period } from '../period/day.ts';
import type { View } from '../url/view.ts';

/** What every report page knows: whose numbers, of which days. */
export type Shop = {
  store: StoreInfo;
  view: View;
  today: Day;
  period: Period;
  setView: (change: Partial<View>) => void;
};

export const ShopContext = createContext<Shop | null>(null);

export const useShop = (): Shop => {
  const shop = use(ShopContext);
  if (shop === null) throw new Error('useShop outside a store');
  return shop;
};
