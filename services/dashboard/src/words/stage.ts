const STAGES: Record<string, string> = {
  visit: 'Visit',
  product_view: 'Product view',
  add_to_cart: 'Add to cart',
  remove_from_cart: 'Remove from cart',
  cart_view: 'Cart view',
  cart: 'Cart',
  checkout: 'Checkout',
  'checkout.start': 'Checkout: start',
  'checkout.contact': 'Checkout: contact',
  'checkout.shipping': 'Checkout: shipping',
  'checkout.payment': 'Checkout: payment',
  purchase: 'Purchase',
};

/** `custom:quiz_done` and reason codes as words: "Quiz done". */
export const humanise = (code: string): string => {
  const words = code
    .replace(/^custom:/, '')
    .replaceAll(/[_.-]+/g, ' ')
    .trim();
  return words === '' ? code : words.charAt(0).toUpperCase() + words.slice(1);
};

export const stageLabel = (stage: string): string =>
  (Object.hasOwn(STAGES, stage) ? STAGES[stage] : null) ?? humanise(stage);

/** For axes, where the checkout's steps stand side by side: "Shipping". */
export const shortStageLabel = (stage: string): string =>
  stage.startsWith('checkout.') ? humanise(stage.slice('checkout.'.length)) : stageLabel(stage);

const UNITS: Record<string, { one: string; many: string }> = {
  visitor: { one: 'visitor', many: 'visitors' },
  session: { one: 'session', many: 'sessions' },
  cart: { one: 'cart', many: 'carts' },
};
export const unitWords = (unit: string): { one: string; many: string } => UNITS[unit] ?? { one: unit, many: unit };
